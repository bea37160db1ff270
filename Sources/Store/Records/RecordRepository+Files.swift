import Geo

extension RecordRepository {
    /// Stores a run from a file with the account's next run ID, unless it is there already: one transaction.
    ///
    /// The account's run data stays as it is: what is imported is not what somebody runs now.
    ///
    /// - Parameters:
    ///   - record: The run.
    ///   - account: Whose.
    ///   - limit: So many runs they may have by then.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: The record as it is stored.
    /// - Throws: ``StoreError/noSuchAccount``, ``StoreError/quotaExceeded``.
    public func insertImportedRecord(
        _ record: ImportedRecord, account: Int64, limit: Int = .max, at time: Int64
    ) async throws(StoreError) -> ImportOutcome {
        let id = ids.next()
        return try await write { [quota] session throws(StoreError) in
            if let known = try Self.duplicate(of: record, account: account, in: session) { return .duplicate(known) }
            guard let runID = try Self.allotRunID(account: account, in: session) else { throw .noSuchAccount }
            // Nobody has more runs than they were given numbers.
            if runID > limit, try Self.countRecords(account: account, in: session) >= limit { throw .quotaExceeded }
            let summary = RecordSummary(
                id: id, account: account, runID: runID, runKey: nil, source: .imported, meters: record.meters,
                seconds: record.seconds, startAt: record.startAt, endAt: record.endAt, createdAt: time,
                splits: record.splits, extra: record.pauses.text)
            try Self.insert(summary, track: record.track, in: session)
            try session.execute(
                """
                INSERT INTO run_files (record, format, sport, meters, seconds, points, first_latitude_e7,
                    first_longitude_e7, last_latitude_e7, last_longitude_e7)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                """,
                id, record.file.format, record.file.sport, record.file.meters, record.file.seconds, record.points,
                Int64(record.first.latitudeE7), Int64(record.first.longitudeE7), Int64(record.last.latitudeE7),
                Int64(record.last.longitudeE7))
            if let title = record.title {
                try session.execute(
                    "INSERT INTO run_notes (record, title, visibility, revision) VALUES ($1, $2, $3, 1)", id, title,
                    RunNotes.Visibility.private.rawValue)
            }
            try quota.count(record.track.count + (record.title?.utf8.count ?? 0), of: account, in: session)
            return .created(summary)
        }
    }

    /// Runs of an account in rooms that began within some time, the newest first, with what is said of them.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - times: Milliseconds since 1970.
    ///   - limit: At most as many.
    /// - Returns: The runs.
    /// - Throws: What the database says.
    public func liveRecords(
        account: Int64, startingIn times: ClosedRange<Int64>, limit: Int
    ) async throws(StoreError) -> [NotedRecord] {
        try await read { session throws(StoreError) in
            try session.rows(Self.liveByStart, account, times.lowerBound, times.upperBound, limit) {
                try NotedRecord($0)
            }
        }
    }

    // MARK: Inside a transaction

    /// A run that came in a file before, with the same start within a second, as many points, and the same first and last
    /// place within a metre: formats round.
    private static func duplicate(
        of record: ImportedRecord, account: Int64, in session: Session
    ) throws(StoreError) -> RecordSummary? {
        try session.one(
            SQL(
                """
                SELECT \(RecordSummary.columns) FROM records JOIN run_files ON run_files.record = records.id
                WHERE account = $1 AND start_at BETWEEN $2 AND $3 AND points = $4
                    AND ABS(first_latitude_e7 - $5) <= $9 AND ABS(first_longitude_e7 - $6) <= $9
                    AND ABS(last_latitude_e7 - $7) <= $9 AND ABS(last_longitude_e7 - $8) <= $9
                ORDER BY run_id LIMIT 1
                """),
            account, record.startAt - 1000, record.startAt + 1000, record.points, Int64(record.first.latitudeE7),
            Int64(record.first.longitudeE7), Int64(record.last.latitudeE7), Int64(record.last.longitudeE7), 90
        ) { try RecordSummary($0) }
    }

    private static let liveByStart = SQL(
        """
        \(NotedRecord.select) WHERE account = $1 AND run_key IS NOT NULL AND start_at BETWEEN $2 AND $3
        ORDER BY start_at DESC LIMIT $4
        """)
}
