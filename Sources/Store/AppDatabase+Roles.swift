extension AppDatabase {
    /// Adds an account with a role.
    ///
    /// - Parameters:
    ///   - username: As its owner wrote it.
    ///   - usernameKey: As it is compared; two accounts never share one.
    ///   - passwordHash: Cost, salt and hash in one text.
    ///   - role: What it may do: `user`, `admin` or `root`.
    ///   - email: Where its owner is reached; nil if that was not told.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: The account as it is stored.
    /// - Throws: ``StoreError/nameTaken`` when an account has this key.
    public func insertAccount(
        username: String, usernameKey: String, passwordHash: String, role: String, email: String?, at time: Int64
    ) async throws(StoreError) -> StoredAccount {
        let account = StoredAccount(
            id: ids.next(), username: username, usernameKey: usernameKey, nickname: username,
            passwordHash: passwordHash, createdAt: time, updatedAt: time, role: role, email: email)
        let inserted = try await write { session throws(StoreError) in
            let inserted = try session.execute(
                """
                INSERT INTO accounts
                    (id, username, username_key, nickname, password_hash, created_at, updated_at, role, email)
                VALUES ($1, $2, $3, $2, $4, $5, $5, $6, $7) ON CONFLICT (username_key) DO NOTHING
                """,
                account.id, username, usernameKey, passwordHash, time, role, email)
            if inserted == 1 { try Self.insertProfile(of: account.id, in: session) }
            return inserted
        }
        guard inserted == 1 else { throw .nameTaken }
        return account
    }

    /// The accounts that are more than users, in the order of their making.
    public func administrators() async throws(StoreError) -> [StoredAccount] {
        try await read { session throws(StoreError) in
            try session.rows(Self.administratorsInOrder) { try StoredAccount($0) }
        }
    }

    /// Disables an account, or enables it again.
    ///
    /// Whoever disables deletes its tokens in the same transaction.
    ///
    /// - Parameters:
    ///   - disabledAt: Since when, in milliseconds since 1970; nil to enable it.
    ///   - account: Which.
    /// - Returns: Whether there is such an account.
    /// - Throws: What the database says.
    public func setDisabled(_ disabledAt: Int64?, account: Int64) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            if disabledAt != nil { try Self.deleteTokens(account: account, reason: .revoked, in: session) }
            return try session.execute(
                "UPDATE accounts SET disabled_at = $2 WHERE id = $1", account, disabledAt) == 1
        }
    }

    private static let administratorsInOrder = SQL(
        "SELECT \(StoredAccount.columns) FROM accounts a WHERE a.role <> 'user' ORDER BY a.id")
}
