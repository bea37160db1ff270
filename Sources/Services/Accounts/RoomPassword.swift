/// A room's password as it is stored: a salt and a hash.
///
/// HMAC-SHA256 rather than scrypt, because pollers send it with every request, once a second each, and because what it
/// guards is a shared word for an afternoon, not somebody's account.
public struct RoomPassword: Hashable, Sendable {
    /// 16 bytes.
    public let salt: [UInt8]
    /// 32 bytes.
    public let hash: [UInt8]

    /// Hashes a password with a new salt.
    public init(_ password: String) {
        let salt = Crypto.randomBytes(16)
        self.init(salt: salt, hash: Crypto.hmacSHA256(key: salt, Array(password.utf8)))
    }

    /// What is stored of a password.
    public init(salt: [UInt8], hash: [UInt8]) {
        self.salt = salt
        self.hash = hash
    }

    /// Whether this is the room's password; a microsecond, the same for a right and a wrong one.
    public func matches(_ password: String) -> Bool {
        Crypto.isEqual(hash, Crypto.hmacSHA256(key: salt, Array(password.utf8)))
    }
}
