/// A room's password as it is kept: salted and hashed.
public struct RoomSecret: Sendable, Hashable {
    public var salt: [UInt8]
    public var hash: [UInt8]

    public init(salt: [UInt8], hash: [UInt8]) {
        self.salt = salt
        self.hash = hash
    }
}
