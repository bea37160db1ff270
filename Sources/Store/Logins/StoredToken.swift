/// A token that an account was given; of the token itself only the hash is stored.
public struct StoredToken: Hashable, Sendable {
    /// What the token is for, in the words of the layer above: `access`, `refresh`.
    public let kind: String
    /// What it shares with the other tokens of its login; nil for one that stands alone.
    public let session: Int64?
    /// Milliseconds since 1970.
    public let createdAt: Int64
    /// Milliseconds since 1970; the store hands out expired tokens as well.
    public let expiresAt: Int64
    /// Whose it is.
    public let account: StoredAccount

    public init(kind: String, session: Int64? = nil, createdAt: Int64, expiresAt: Int64, account: StoredAccount) {
        self.kind = kind
        self.session = session
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.account = account
    }
}
