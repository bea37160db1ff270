extension AppDatabase {
    /// Changes the name by which somebody logs in; a nickname that was the old name becomes the new one.
    ///
    /// - Parameters:
    ///   - username: As its owner wrote it.
    ///   - usernameKey: As it is compared.
    ///   - account: Whose.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: The account after it, nil if there is none.
    /// - Throws: ``StoreError/nameTaken`` when another account has this key.
    public func setUsername(
        _ username: String, usernameKey: String, account: Int64, at time: Int64
    ) async throws(StoreError) -> StoredAccount? {
        try await write { session throws(StoreError) in
            let isTaken = try session.exists(
                "SELECT 1 FROM accounts WHERE username_key = $1 AND id <> $2", usernameKey, account)
            guard !isTaken else { throw .nameTaken }
            try session.execute(
                """
                UPDATE accounts SET nickname = CASE WHEN nickname = username THEN $2 ELSE nickname END,
                    username = $2, username_key = $3, updated_at = $4
                WHERE id = $1
                """,
                account, username, usernameKey, time)
            return try session.one(Self.accountByID, account) { try StoredAccount($0) }
        }
    }
}
