/// What a deletion, or a slice of one, has done.
public struct Deletion: Hashable, Sendable {
    /// The accounts that are gone for everybody.
    public var accounts: [Int64] = []
    /// Hashes of pictures and videos that nothing refers to any more: their files are to be removed, by
    /// ``MediaRepository/removeFiles(of:_:)``.
    public var files: Set<[UInt8]> = []
    /// Whether nothing is left to be removed.
    public var isComplete = true
}

// Deleting goes in slices, so that nobody who writes waits for long, however much there is. An account disappears with
// the first of them: its name is free, its tokens are worth nothing, and nothing can be found by it or done in its name.
// What it wrote stays, without a name, until a later slice removes it. A server that ends in the midst of it goes on at
// its next start.

extension AccountRepository {
    /// Deletes an account for everybody, and as much of what is its own as one slice takes.
    ///
    /// Its places in rooms stay, without an account.
    ///
    /// - Parameters:
    ///   - id: Which.
    ///   - condition: What must still be so; nil for nothing.
    /// - Returns: What is done; nil if there is no such account. If it is not complete, what is left is for
    ///   ``continueDeletion(of:)``.
    /// - Throws: ``StoreError/conditionFailed``.
    public func deleteAccount(id: Int64, if condition: AccountCondition? = nil) async throws(StoreError) -> Deletion? {
        try await deleteAccount(id: id, if: condition, Slice.Bounds())
    }

    func deleteAccount(
        id: Int64, if condition: AccountCondition? = nil, _ bounds: Slice.Bounds
    ) async throws(StoreError) -> Deletion? {
        try await write { session throws(StoreError) in
            try condition?.check(on: id, in: session)
            var slice = Slice(session, bounds)
            guard try Self.leave(id, in: &slice) else { return nil }
            let isComplete = try slice.removeAccount(id)
            return Deletion(accounts: [id], files: slice.files, isComplete: isComplete)
        }
    }

    /// Deletes all accounts but those of administrators for everybody, as many as one slice takes; what is their own is
    /// for ``continueDeletion(of:)``.
    ///
    /// - Parameters:
    ///   - after: Those with a greater id.
    ///   - last: The highest id.
    /// - Returns: What is done; if it is not complete, the next slice comes after the last of the accounts.
    /// - Throws: What the database says.
    public func deleteUsers(after: Int64 = 0, upTo last: Int64) async throws(StoreError) -> Deletion {
        try await write { session throws(StoreError) in
            var slice = Slice(session), deletion = Deletion()
            for id in try session.rows(Statements.users, after, last, as: { try $0.get(0) as Int64 }) {
                deletion.isComplete = false
                if slice.isOver { break }
                if try Self.leave(id, in: &slice) { deletion.accounts.append(id) }
            }
            deletion.files = slice.files
            return deletion
        }
    }

    /// Removes a slice more of what was an account's own.
    ///
    /// - Returns: What is done; complete also when there is no such account.
    public func continueDeletion(of account: Int64) async throws(StoreError) -> Deletion {
        try await continueDeletion(of: account, Slice.Bounds())
    }

    func continueDeletion(of account: Int64, _ bounds: Slice.Bounds) async throws(StoreError) -> Deletion {
        try await write { session throws(StoreError) in
            guard try session.exists(Statements.isLeaving, account) else { return Deletion() }
            var slice = Slice(session, bounds)
            let isComplete = try slice.removeAccount(account)
            return Deletion(files: slice.files, isComplete: isComplete)
        }
    }

    /// Accounts that are deleted, and of which something is still there, the oldest first, at most as many.
    public func leavingAccounts(limit: Int = 100) async throws(StoreError) -> [Int64] {
        try await read { session throws(StoreError) in
            try session.rows(Statements.leaving, limit) { try $0.get(0) }
        }
    }

    // MARK: Inside a transaction

    /// Marks an account as leaving, and removes what it is found by.
    ///
    /// - Returns: Whether there is one that was not leaving before.
    private static func leave(_ id: Int64, in slice: inout Slice) throws(StoreError) -> Bool {
        let session = slice.session
        let pictures = try session.one(Statements.pictures, id) { [try $0.get(0) as Int64?, try $0.get(1)] }
        guard let pictures else { return false }
        try slice.execute(Statements.deleteCode, id)
        try slice.execute(Statements.deleteSends, id)
        try slice.execute(Statements.deleteHits, PostReader.account(id).key)
        try slice.execute("DELETE FROM profiles WHERE account = $1", id)
        try slice.execute(DeviceRepository.leave, id)
        // Its zones stay with it, as long as anything of its ways does.
        // No name has a slash.
        try slice.execute(Statements.leave, id, "/\(id)")
        try slice.removeMedia(pictures.compactMap(\.self))
        return true
    }

    private enum Statements {
        static let leave = SQL(
            """
            UPDATE accounts SET is_leaving = 1, username = '', username_key = $2, nickname = '', password_hash = '',
                email = NULL, email_key = NULL, sign = NULL, gender = 0, birthday = 0, picture = NULL, cover = NULL,
                run_data = NULL, run_data_version = run_data_version + 1, preferences = NULL, kept_bytes = 0, role = 'user',
                disabled_at = NULL, reset_until = 0, takes_digest = 0
            WHERE id = $1
            """)
        static let pictures = SQL("SELECT picture, cover FROM accounts WHERE id = $1 AND is_leaving = 0")
        static let deleteCode = SQL(
            "DELETE FROM mail_codes WHERE email_key = (SELECT email_key FROM accounts WHERE id = $1)")
        static let deleteSends = SQL(
            "DELETE FROM mail_sends WHERE email_key = (SELECT email_key FROM accounts WHERE id = $1)")
        static let deleteHits = SQL("DELETE FROM post_hits WHERE reader = $1")
        static let users = SQL(
            """
            SELECT id FROM accounts WHERE id > $1 AND id <= $2 AND is_leaving = 0 AND role NOT IN ('admin', 'root')
            ORDER BY id LIMIT 100
            """)
        static let isLeaving = SQL("SELECT 1 FROM accounts WHERE id = $1 AND is_leaving = 1")
        static let leaving = SQL("SELECT id FROM accounts WHERE is_leaving = 1 ORDER BY id LIMIT $1")
    }
}
