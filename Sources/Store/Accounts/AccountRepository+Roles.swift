extension AccountRepository {
    /// The accounts of administrators, in the order of their making.
    public func administrators() async throws(StoreError) -> [StoredAccount] {
        try await read { session throws(StoreError) in
            try session.rows(Self.administratorsInOrder) { try StoredAccount($0) }
        }
    }

    /// Gives an account a role; whose is above that of users is not known by the MD5 of the password any more.
    ///
    /// - Parameters:
    ///   - role: Which.
    ///   - account: Whose.
    ///   - condition: What must still be so; nil for nothing.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: The account after it, nil if there is none.
    /// - Throws: ``StoreError/conditionFailed``.
    public func setRole(
        _ role: String, account: Int64, if condition: AccountCondition? = nil, at time: Int64
    ) async throws(StoreError) -> StoredAccount? {
        try await write { session throws(StoreError) in
            try condition?.check(on: account, in: session)
            try session.execute(
                """
                UPDATE accounts SET role = $2, takes_digest = CASE WHEN $2 = 'user' THEN takes_digest ELSE 0 END,
                    updated_at = $3
                WHERE id = $1 AND is_leaving = 0
                """,
                account, role, time)
            return try session.one(Self.accountByID, account) { try StoredAccount($0) }
        }
    }

    /// Disables an account, or enables it again.
    ///
    /// Whoever disables deletes its tokens in the same transaction.
    ///
    /// - Parameters:
    ///   - disabledAt: Since when, in milliseconds since 1970; nil to enable it.
    ///   - account: Which.
    ///   - condition: What must still be so; nil for nothing.
    /// - Returns: Whether there is such an account.
    /// - Throws: ``StoreError/conditionFailed``.
    public func setDisabled(
        _ disabledAt: Int64?, account: Int64, if condition: AccountCondition? = nil
    ) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try condition?.check(on: account, in: session)
            if disabledAt != nil { try TokenRepository.deleteTokens(account: account, reason: .revoked, in: session) }
            return try session.execute(
                "UPDATE accounts SET disabled_at = $2 WHERE id = $1 AND is_leaving = 0", account, disabledAt) == 1
        }
    }

    /// Says whether the MD5 of a user's password is as good as the password.
    ///
    /// - Returns: The account after it, nil if there is none; whose role is above that of users is not changed.
    public func setTakesDigest(
        _ takesDigest: Bool, account: Int64, at time: Int64
    ) async throws(StoreError) -> StoredAccount? {
        try await write { session throws(StoreError) in
            try session.execute(
                """
                UPDATE accounts SET takes_digest = CASE WHEN role = 'user' THEN $2 ELSE 0 END, updated_at = $3
                WHERE id = $1 AND is_leaving = 0
                """,
                account, takesDigest ? 1 : 0, time)
            return try session.one(Self.accountByID, account) { try StoredAccount($0) }
        }
    }

    static let anyAdministrator: SQL = "SELECT 1 FROM accounts WHERE role IN ('admin', 'root') LIMIT 1"
    private static let administratorsInOrder = SQL(
        "SELECT \(StoredAccount.columns) FROM accounts a WHERE a.role IN ('admin', 'root') ORDER BY a.id")
}
