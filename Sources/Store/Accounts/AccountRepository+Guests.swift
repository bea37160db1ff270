extension StoredAccount {
    /// What a guest has in place of a password's hash.
    public static let noPassword = "!"
}

extension AccountRepository {
    /// Accounts without a password that have no token any more, and a place in no room.
    ///
    /// - Parameters:
    ///   - time: Those that were made before.
    ///   - limit: At most as many.
    /// - Returns: The oldest first.
    /// - Throws: What the database says.
    public func endedGuests(madeBefore time: Int64, limit: Int) async throws(StoreError) -> [Int64] {
        try await read { session throws(StoreError) in
            try session.rows(
                """
                SELECT id FROM accounts WHERE password_hash = '!' AND created_at < $1
                    AND NOT EXISTS (SELECT 1 FROM tokens WHERE tokens.account = accounts.id)
                    AND NOT EXISTS (
                        SELECT 1 FROM people p JOIN rooms r ON r.id = p.room AND r.is_leaving = 0
                        WHERE p.account = accounts.id)
                ORDER BY id LIMIT $2
                """,
                time, limit
            ) { try $0.get(0) }
        }
    }
}
