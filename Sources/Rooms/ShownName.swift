/// What others in a room see of somebody's names.
///
/// Who does not want their username known has an alias: it stands in the username's place, and in that of a nickname that
/// is the username.
public struct ShownName: Hashable, Sendable {
    public let username: String
    public let nickname: String

    /// The names to show; an alias of nil is of who shows the username.
    public init(username: String, nickname: String, alias: String?) {
        self.username = alias ?? username
        self.nickname = nickname == username ? self.username : nickname
    }
}
