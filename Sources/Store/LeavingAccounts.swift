/// What a deletion of accounts leaves to be done.
public struct AccountDeletion: Hashable, Sendable {
    /// Those that are gone.
    public let accounts: [Int64]
    /// Hashes of pictures and videos that nothing refers to any more: their files are to be removed, by
    /// ``AppDatabase/removeFiles(of:_:)``.
    public let files: Set<[UInt8]>
}

/// Accounts that are about to be deleted, and what they leave where no foreign key takes it along.
struct LeavingAccounts: Sendable {
    private let value: Int64
    private let statements: Statements

    static func one(_ id: Int64) -> LeavingAccounts { LeavingAccounts(value: id, statements: ofOne) }

    /// All but those of administrators.
    static let users = LeavingAccounts(value: 0, statements: ofUsers)

    /// Removes the codes for their addresses, what is noted of those, and that they opened posts; to be called before
    /// they are deleted, in the same transaction.
    ///
    /// - Returns: The pictures and videos that they refer to, for a look once they are gone at which of them are nobody
    ///   else's.
    /// - Throws: What the database says.
    func removeLeavings(in session: Session) throws(StoreError) -> [Int64] {
        for statement in statements.removals { try session.execute(statement, value) }
        return try session.rows(statements.media, value) { try $0.get(0) }
    }

    /// The statements for the accounts of a condition, which takes the parameter `$1`.
    private struct Statements: Sendable {
        let removals: [SQL]
        let media: SQL

        init(where condition: String) {
            let ids = "SELECT id FROM accounts WHERE \(condition)"
            removals =
                ["mail_codes", "mail_sends"].map { table in
                    SQL("DELETE FROM \(table) WHERE email_key IN (SELECT email_key FROM accounts WHERE \(condition))")
                } + [
                    SQL(
                        """
                        DELETE FROM post_hits
                        WHERE reader IN (SELECT '\(PostReader.accountPrefix)' || id FROM accounts WHERE \(condition))
                        """)
                ]
            media = SQL(
                """
                SELECT picture FROM accounts WHERE \(condition) AND picture IS NOT NULL
                UNION SELECT cover FROM accounts WHERE \(condition) AND cover IS NOT NULL
                UNION SELECT i.media FROM post_images i JOIN posts p ON p.id = i.post WHERE p.author IN (\(ids))
                UNION SELECT media FROM videos WHERE media IS NOT NULL AND author IN (\(ids))
                UNION SELECT media FROM uploads WHERE account IN (\(ids))
                """)
        }
    }

    private static let ofOne = Statements(where: "id = $1")
    // Every id is greater than 0.
    private static let ofUsers = Statements(where: "id > $1 AND role NOT IN ('admin', 'root')")
}
