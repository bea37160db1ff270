/// What is to be changed of an account; what is nil stays as it is.
public struct ProfileChange: Hashable, Sendable {
    /// Goes with ``usernameKey``; a nickname that was the old name becomes the new one.
    public var username: String?
    public var usernameKey: String?
    public var nickname: String?
    public var email: StoredEmail?
    public var sign: String?
    /// 0 unknown, 1 male, 2 female.
    public var gender: Int?
    /// Midnight UTC in milliseconds since 1970.
    public var birthday: Int64?
    /// Among the media.
    public var picture: Int64?
    /// Among the media.
    public var cover: Int64?
    public var isUnlisted: Bool?
    /// Whether rooms show the username; who has an ``alias`` already keeps it until then.
    public var showsUsername: Bool?
    /// What rooms show in its place; goes with ``showsUsername``.
    public var alias: String?

    /// Nothing.
    public init() {}
}
