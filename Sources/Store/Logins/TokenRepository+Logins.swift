/// The tokens of one login, or a token that stands alone.
public struct StoredLogin: Hashable, Sendable {
    /// Of one of its tokens.
    public let hash: [UInt8]
    /// Nil for a token that stands alone.
    public let session: Int64?
    /// Milliseconds since 1970.
    public let createdAt: Int64
    /// Milliseconds since 1970, of the token that lives longest.
    public let expiresAt: Int64
}

extension TokenRepository {
    /// The logins of an account, the newest first.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - time: Now, in milliseconds since 1970: what has expired is left out.
    ///   - limit: So many tokens are looked at, the newest ones.
    /// - Returns: One entry a session, and one for each token that stands alone.
    /// - Throws: What the database says.
    public func logins(account: Int64, at time: Int64, limit: Int) async throws(StoreError) -> [StoredLogin] {
        let tokens = try await read { session throws(StoreError) in
            try session.rows(Self.tokensOfAccount, account, time, limit) { row in
                StoredLogin(
                    hash: try row.get(0), session: try row.get(1), createdAt: try row.get(2), expiresAt: try row.get(3))
            }
        }
        var logins: [StoredLogin] = [], places: [Int64: Int] = [:]
        for token in tokens {
            guard let session = token.session, let place = places[session] else {
                if let session = token.session { places[session] = logins.count }
                logins.append(token)
                continue
            }
            logins[place] = StoredLogin(
                hash: token.hash, session: session, createdAt: min(logins[place].createdAt, token.createdAt),
                expiresAt: max(logins[place].expiresAt, token.expiresAt))
        }
        return logins
    }

    /// Deletes the tokens of an account's session, and remembers that they were revoked.
    ///
    /// - Returns: Whether there were any.
    public func endLogin(session number: Int64, account: Int64) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try session.execute(Self.revokeSession, number, account)
            return try session.execute("DELETE FROM tokens WHERE session = $1 AND account = $2", number, account) > 0
        }
    }

    /// Deletes a token of an account that stands alone, and remembers that it was revoked.
    ///
    /// - Returns: Whether there was one.
    public func endLogin(hash: [UInt8], account: Int64) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try session.execute(Self.revokeLoneToken, hash, account)
            return try session.execute(
                "DELETE FROM tokens WHERE hash = $1 AND account = $2 AND session IS NULL", hash, account) > 0
        }
    }

    /// Deletes all tokens of an account, and remembers that they were revoked.
    public func endLogins(account: Int64) async throws(StoreError) {
        try await write { session throws(StoreError) in
            _ = try Self.deleteTokens(account: account, reason: .revoked, in: session)
        }
    }

    private static let tokensOfAccount = SQL(
        """
        SELECT hash, session, created_at, expires_at FROM tokens
        WHERE account = $1 AND expires_at > $2 ORDER BY created_at DESC, hash LIMIT $3
        """)
    private static let revokeSession = SQL(
        """
        INSERT INTO ended_tokens (hash, reason, expires_at)
        SELECT hash, 'revoked', expires_at FROM tokens WHERE session = $1 AND account = $2
        ON CONFLICT (hash) DO NOTHING
        """)
    private static let revokeLoneToken = SQL(
        """
        INSERT INTO ended_tokens (hash, reason, expires_at)
        SELECT hash, 'revoked', expires_at FROM tokens WHERE hash = $1 AND account = $2 AND session IS NULL
        ON CONFLICT (hash) DO NOTHING
        """)
}
