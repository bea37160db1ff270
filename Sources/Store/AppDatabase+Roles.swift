extension AppDatabase {
    /// The accounts of administrators, in the order of their making.
    public func administrators() async throws(StoreError) -> [StoredAccount] {
        try await read { session throws(StoreError) in
            try session.rows(Self.administratorsInOrder) { try StoredAccount($0) }
        }
    }

    /// Gives an account a role.
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
                "UPDATE accounts SET role = $2, updated_at = $3 WHERE id = $1 AND is_leaving = 0", account, role, time)
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
    /// - Returns: Whether there is such an account.
    /// - Throws: What the database says.
    public func setDisabled(_ disabledAt: Int64?, account: Int64) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            if disabledAt != nil { try Self.deleteTokens(account: account, reason: .revoked, in: session) }
            return try session.execute(
                "UPDATE accounts SET disabled_at = $2 WHERE id = $1 AND is_leaving = 0", account, disabledAt) == 1
        }
    }

    private static let administratorsInOrder = SQL(
        "SELECT \(StoredAccount.columns) FROM accounts a WHERE a.role IN ('admin', 'root') ORDER BY a.id")
}
