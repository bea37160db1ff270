extension AppDatabase {
    /// Why a token is no longer one.
    public enum TokenEnd: String, Hashable, Sendable {
        case expired
        /// Its owner logged out or changed the password, or an administrator stepped in.
        case revoked
        /// Its account was deleted.
        case accountDeleted = "deleted"
    }

    /// Stores a token.
    ///
    /// - Parameters:
    ///   - hash: The token's hash, by which it is found again.
    ///   - account: Whose it is.
    ///   - kind: What it is for.
    ///   - session: What it shares with the other tokens of a login: they are deleted together. Nil for one that stands
    ///     alone.
    ///   - renewed: The hash of a token that must still be there; nil for none.
    ///   - createdAt: Milliseconds since 1970.
    ///   - expiresAt: Milliseconds since 1970.
    /// - Returns: Whether `renewed` was there, and so the token is stored.
    /// - Throws: ``StoreError/noSuchAccount``, when the account was deleted meanwhile.
    @discardableResult
    public func insertToken(
        hash: [UInt8], account: Int64, kind: String, session: Int64? = nil, renewing renewed: [UInt8]? = nil,
        createdAt: Int64, expiresAt: Int64
    ) async throws(StoreError) -> Bool {
        try await write { connection throws(StoreError) in
            guard try connection.exists("SELECT 1 FROM accounts WHERE id = $1", account) else { throw .noSuchAccount }
            if let renewed, try !connection.exists("SELECT 1 FROM tokens WHERE hash = $1", renewed) { return false }
            try connection.execute(
                """
                INSERT INTO tokens (hash, account, kind, session, created_at, expires_at)
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                hash, account, kind, session, createdAt, expiresAt)
            return true
        }
    }

    /// The token with this hash and its account, or nil.
    ///
    /// Expired ones are found until they are deleted.
    public func token(hash: [UInt8]) async throws(StoreError) -> StoredToken? {
        try await read { session throws(StoreError) in
            try session.one(Self.tokenByHash, hash) { row in
                StoredToken(
                    kind: try row.get(0), session: try row.get(1), createdAt: try row.get(2),
                    expiresAt: try row.get(3), account: try StoredAccount(row, from: 4))
            }
        }
    }

    /// What became of a token that is not there any more; nil for what was none, or is forgotten.
    public func endOfToken(hash: [UInt8]) async throws(StoreError) -> TokenEnd? {
        let reason = try await read { session throws(StoreError) in
            try session.one("SELECT reason FROM ended_tokens WHERE hash = $1", hash) { try $0.get(0) as String }
        }
        return reason.flatMap(TokenEnd.init)
    }

    /// Deletes a token and the others of its session.
    ///
    /// - Returns: Whether there was one.
    public func deleteToken(hash: [UInt8]) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            let found = try session.one("SELECT session FROM tokens WHERE hash = $1", hash) { row in
                try row.get(0) as Int64?
            }
            guard let found else { return false }
            try session.execute(Self.revokeTokens, hash, found)
            try session.execute("DELETE FROM tokens WHERE hash = $1 OR session = $2", hash, found)
            return true
        }
    }

    /// Deletes all tokens of an account.
    ///
    /// - Returns: How many there were.
    @discardableResult
    public func deleteTokens(account: Int64) async throws(StoreError) -> Int {
        try await write { session throws(StoreError) in
            try Self.deleteTokens(account: account, reason: .revoked, in: session)
        }
    }

    /// Deletes the tokens that have expired; what became of them is remembered for a while.
    ///
    /// - Parameters:
    ///   - time: Now, in milliseconds since 1970.
    ///   - memory: How long after its expiry it is known what became of a token, in milliseconds.
    /// - Returns: How many there were.
    /// - Throws: What the database says.
    @discardableResult
    public func deleteExpiredTokens(at time: Int64, memory: Int64 = 0) async throws(StoreError) -> Int {
        try await write { session throws(StoreError) in
            try session.execute(Self.expireTokens, time)
            try session.execute("DELETE FROM ended_tokens WHERE expires_at <= $1", time - memory)
            return try session.execute("DELETE FROM tokens WHERE expires_at <= $1", time)
        }
    }

    // MARK: Inside a transaction

    /// Deletes all tokens of an account, and remembers why.
    ///
    /// - Returns: How many there were.
    @discardableResult
    static func deleteTokens(account: Int64, reason: TokenEnd, in session: Session) throws(StoreError) -> Int {
        try session.execute(Self.endTokensOfAccount, account, reason.rawValue)
        return try session.execute("DELETE FROM tokens WHERE account = $1", account)
    }

    // MARK: Statements

    private static let tokenByHash = SQL(
        """
        SELECT t.kind, t.session, t.created_at, t.expires_at, \(StoredAccount.columns)
        FROM tokens t JOIN accounts a ON a.id = t.account WHERE t.hash = $1
        """)
    private static let revokeTokens = SQL(
        """
        INSERT INTO ended_tokens (hash, reason, expires_at)
        SELECT hash, 'revoked', expires_at FROM tokens WHERE hash = $1 OR session = $2
        ON CONFLICT (hash) DO NOTHING
        """)
    private static let endTokensOfAccount = SQL(
        """
        INSERT INTO ended_tokens (hash, reason, expires_at)
        SELECT hash, $2, expires_at FROM tokens WHERE account = $1
        ON CONFLICT (hash) DO NOTHING
        """)
    private static let expireTokens = SQL(
        """
        INSERT INTO ended_tokens (hash, reason, expires_at)
        SELECT hash, 'expired', expires_at FROM tokens WHERE expires_at <= $1
        ON CONFLICT (hash) DO NOTHING
        """)
}
