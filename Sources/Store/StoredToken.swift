/// A token that an account was given; of the token itself only the hash is stored.
public struct StoredToken: Hashable, Sendable {
    /// What the token is for, in the words of the layer above: `access`, `refresh`.
    public let kind: String
    /// Milliseconds since 1970.
    public let createdAt: Int64
    /// Milliseconds since 1970; the store hands out expired tokens as well.
    public let expiresAt: Int64
    /// Whose it is.
    public let account: StoredAccount

    public init(kind: String, createdAt: Int64, expiresAt: Int64, account: StoredAccount) {
        self.kind = kind
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.account = account
    }
}
