/// Finished runs.
public struct RecordRepository: Repository {
    public let database: AppDatabase
}

extension RecordRepository {
    /// Stores a run that a client posts, gives it the account's next run ID, and resets the account's run data: one
    /// transaction.
    ///
    /// - Parameters:
    ///   - record: The run; meters and seconds are finite and not negative.
    ///   - account: Whose.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: The record as it is stored.
    /// - Throws: ``StoreError/noSuchAccount``, ``StoreError/quotaExceeded``.
    public func insertPostedRecord(
        _ record: PostedRecord, account: Int64, at time: Int64
    ) async throws(StoreError) -> RecordSummary {
        let id = ids.next()
        return try await write { [quota] session throws(StoreError) in
            guard let runID = try Self.allotRunID(account: account, in: session) else { throw .noSuchAccount }
            let reset =
                try session.one("SELECT COALESCE(OCTET_LENGTH(run_data), 0) FROM accounts WHERE id = $1", account) {
                    try $0.get(0) as Int
                } ?? 0
            try session.execute(
                "UPDATE accounts SET run_data = NULL, run_data_version = run_data_version + 1 WHERE id = $1", account)
            let summary = RecordSummary(
                id: id, account: account, runID: runID, runKey: nil, source: .posted, meters: record.meters,
                seconds: record.seconds, startAt: record.startAt, endAt: record.endAt, createdAt: time,
                splits: record.splits, extra: record.extra)
            try Self.insert(summary, track: record.track, in: session)
            try quota.count(record.track.count - reset, of: account, in: session)
            return summary
        }
    }

    /// Records of an account, ascending by run ID, without their tracks, and without reading those from the disk.
    ///
    /// - Parameters:
    ///   - account: Whose; one that does not exist has none.
    ///   - offset: How many to skip. Costs as much as reading their index entries.
    ///   - limit: At most as many; nil for all.
    /// - Returns: The records, and how many the account has in all.
    /// - Throws: What the database says.
    public func recordSummaries(
        account: Int64, offset: Int = 0, limit: Int? = nil
    ) async throws(StoreError) -> RecordPage<RecordSummary> {
        try await read { session throws(StoreError) in
            RecordPage(
                records: try session.rows(Self.recordsWithoutTracks, account, limit ?? Int.max, offset) { row in
                    try RecordSummary(row)
                },
                total: try Self.countRecords(account: account, in: session))
        }
    }

    /// One record, or nil.
    public func record(account: Int64, runID: Int64) async throws(StoreError) -> StoredRecord? {
        try await read { session throws(StoreError) in
            try session.one(
                SQL("SELECT \(RecordSummary.columns), track FROM records WHERE account = $1 AND run_id = $2"),
                account, runID
            ) { row in
                StoredRecord(summary: try RecordSummary(row), track: try row.get(12))
            }
        }
    }

    /// The tracks of live runs by run key; without those that have no record, or no longer, and with no bytes of those that
    /// cannot be read.
    public func liveTracks(runKeys: [Int64]) async throws(StoreError) -> [Int64: [UInt8]] {
        if runKeys.isEmpty { return [:] }
        return try await read { session throws(StoreError) in
            var tracks: [Int64: [UInt8]] = [:]
            for key in runKeys {
                do throws(StoreError) {
                    tracks[key] = try session.one("SELECT track FROM records WHERE run_key = $1", key) { try $0.get(0) }
                } catch {
                    guard error.mayBeOfSomeRows else { throw error }
                    tracks[key] = []
                }
            }
            return tracks
        }
    }

    /// Deletes one record.
    ///
    /// The others keep their run IDs, and this one's is not given again; a live run does not come back by a later
    /// commit of it.
    ///
    /// - Returns: Whether there was one.
    public func deleteRecord(account: Int64, runID: Int64) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try session.execute(
                """
                INSERT INTO deleted_runs (run_key, account, run_id)
                SELECT run_key, account, run_id FROM records
                WHERE account = $1 AND run_id = $2 AND run_key IS NOT NULL
                """,
                account, runID)
            let id = try session.one("SELECT id FROM records WHERE account = $1 AND run_id = $2", account, runID) {
                try $0.get(0) as Int64
            }
            guard let id, let notes = try Self.noteBytes(id, in: session) else { return false }
            let bytes = try session.one("DELETE FROM records WHERE id = $1 RETURNING LENGTH(track)", id) {
                try $0.get(0) as Int
            }
            try AccountQuota.countAnyway(-(bytes ?? 0) - notes.bytes, of: account, in: session)
            return true
        }
    }

    // MARK: Inside a transaction

    /// The account's next run ID, or nil if there is no such account.
    static func allotRunID(account: Int64, in session: Session) throws(StoreError) -> Int64? {
        try session.one(
            "UPDATE accounts SET last_run_id = last_run_id + 1 WHERE id = $1 AND is_leaving = 0 RETURNING last_run_id",
            account
        ) { try $0.get(0) }
    }

    static func insert(_ summary: RecordSummary, track: [UInt8], in session: Session) throws(StoreError) {
        try session.execute(
            insertRecord, summary.id, summary.account, summary.runID, summary.runKey, summary.storedSource,
            summary.meters, summary.seconds, summary.startAt, summary.endAt, summary.createdAt, summary.splits,
            summary.extra, track)
    }

    static func countRecords(account: Int64, in session: Session) throws(StoreError) -> Int {
        try session.one("SELECT COUNT(*) FROM records WHERE account = $1", account) { try $0.get(0) } ?? 0
    }

    private static let insertRecord = SQL(
        """
        INSERT INTO records (
            id, account, run_id, run_key, source, meters, seconds, start_at, end_at, created_at, splits, extra, track)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """)
    private static let recordsWithoutTracks = SQL(
        "SELECT \(RecordSummary.columns) FROM records WHERE account = $1 ORDER BY run_id LIMIT $2 OFFSET $3")
}
