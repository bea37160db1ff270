extension MediaRepository {
    /// Takes note of who uploaded a picture.
    ///
    /// - Throws: ``StoreError/noSuchAccount``, ``StoreError/quotaExceeded``.
    public func insertUpload(media: Int64, account: Int64, at time: Int64) async throws(StoreError) {
        try await write { [quota] session throws(StoreError) in
            let inserted = try session.execute(
                """
                INSERT INTO uploads (media, account, created_at) SELECT $1, id, $3 FROM accounts
                WHERE id = $2 AND is_leaving = 0
                """,
                media, account, time)
            guard inserted == 1 else { throw .noSuchAccount }
            try quota.count(AccountQuota.bytes(ofMedia: [media], in: session), of: account, in: session)
        }
    }

    /// Whether an account uploaded a picture after a time, and it is still there.
    public func isUpload(media: Int64, of account: Int64, after time: Int64) async throws(StoreError) -> Bool {
        try await read { session throws(StoreError) in
            try session.exists(
                """
                SELECT 1 FROM uploads u JOIN media m ON m.id = u.media
                WHERE u.media = $1 AND u.account = $2 AND u.created_at > $3
                """,
                media, account, time)
        }
    }

    /// Forgets who uploaded what before a time.
    ///
    /// - Returns: How much that was.
    public func deleteUploads(before time: Int64) async throws(StoreError) -> Int {
        try await write { session throws(StoreError) in
            let shares = try session.rows(
                "SELECT u.account, m.bytes FROM uploads u JOIN media m ON m.id = u.media WHERE u.created_at < $1", time
            ) { AccountQuota.Share(account: try $0.get(0), bytes: try $0.get(1)) }
            try AccountQuota.giveBack(shares, in: session)
            return try session.execute("DELETE FROM uploads WHERE created_at < $1", time)
        }
    }
}
