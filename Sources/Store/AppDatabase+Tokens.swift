extension AppDatabase {
    /// Stores a token.
    ///
    /// - Parameters:
    ///   - hash: The token's hash, by which it is found again.
    ///   - account: Whose it is.
    ///   - kind: What it is for.
    ///   - createdAt: Milliseconds since 1970.
    ///   - expiresAt: Milliseconds since 1970.
    /// - Throws: ``StoreError/noSuchAccount``, when the account was deleted meanwhile.
    public func insertToken(
        hash: [UInt8], account: Int64, kind: String, createdAt: Int64, expiresAt: Int64
    ) async throws(StoreError) {
        let inserted = try await write { session throws(StoreError) in
            try session.execute(
                """
                INSERT INTO tokens (hash, account, kind, created_at, expires_at)
                SELECT $1, id, $3, $4, $5 FROM accounts WHERE id = $2
                """,
                hash, account, kind, createdAt, expiresAt)
        }
        guard inserted == 1 else { throw .noSuchAccount }
    }

    /// The token with this hash and its account, or nil.
    ///
    /// Expired ones are found until they are deleted.
    public func token(hash: [UInt8]) async throws(StoreError) -> StoredToken? {
        try await read { session throws(StoreError) in
            try session.one(Self.tokenByHash, hash) { row in
                StoredToken(
                    kind: try row.get(0), createdAt: try row.get(1), expiresAt: try row.get(2),
                    account: try StoredAccount(row, from: 3))
            }
        }
    }

    /// Deletes a token.
    ///
    /// - Returns: Whether there was one.
    public func deleteToken(hash: [UInt8]) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try session.execute("DELETE FROM tokens WHERE hash = $1", hash) == 1
        }
    }

    /// Deletes all tokens of an account.
    ///
    /// - Returns: How many there were.
    @discardableResult
    public func deleteTokens(account: Int64) async throws(StoreError) -> Int {
        try await write { session throws(StoreError) in
            try session.execute("DELETE FROM tokens WHERE account = $1", account)
        }
    }

    /// Deletes the tokens that have expired.
    ///
    /// - Parameter time: Now, in milliseconds since 1970.
    /// - Returns: How many there were.
    /// - Throws: What the database says.
    @discardableResult
    public func deleteExpiredTokens(at time: Int64) async throws(StoreError) -> Int {
        try await write { session throws(StoreError) in
            try session.execute("DELETE FROM tokens WHERE expires_at <= $1", time)
        }
    }

    private static let tokenByHash = SQL(
        """
        SELECT t.kind, t.created_at, t.expires_at, \(StoredAccount.columns)
        FROM tokens t JOIN accounts a ON a.id = t.account WHERE t.hash = $1
        """)
}
