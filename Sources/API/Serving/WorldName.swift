/// A world as settings name it: `--worlds lepao,juejin`.
public enum WorldName: String, Sendable, CaseIterable {
    /// The house's own API.
    case v1
    /// 天天乐跑.
    case lepao
    /// Articles.
    case juejin
    /// Clips.
    case douyin
    /// Users by mail address.
    case leaf
    /// Users by MD5.
    case entrytask
    /// Apps of others that report to a room.
    case bridges
}
