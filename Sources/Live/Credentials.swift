public import Rooms

/// What the live part needs of accounts and passwords, given by the floor above.
public struct Credentials: Sendable {
    /// Who a token belongs to; nil for one that is not valid.
    ///
    /// Throws when that cannot be found out now.
    public var person: @Sendable (_ token: String) async throws -> Person?
    /// Where the picture of whoever has a name is, relative to the server.
    public var avatar: @Sendable (_ username: String) -> String
    /// A new secret for a room password.
    public var makeSecret: @Sendable (_ password: String) -> RoomSecret
    /// Compares in constant time; quick, since pollers send the password every second.
    public var matches: @Sendable (_ password: String, RoomSecret) -> Bool
    /// A new id: 63 bits, in the order of time, never given before.
    public var newID: @Sendable () -> Int64

    public init(
        person: @escaping @Sendable (String) async throws -> Person?,
        avatar: @escaping @Sendable (String) -> String,
        makeSecret: @escaping @Sendable (String) -> RoomSecret,
        matches: @escaping @Sendable (String, RoomSecret) -> Bool, newID: @escaping @Sendable () -> Int64
    ) {
        self.person = person
        self.avatar = avatar
        self.makeSecret = makeSecret
        self.matches = matches
        self.newID = newID
    }
}
