import Limits

/// What the owner of a run says of it, and who may see it.
public struct RunNotes: Hashable, Sendable {
    /// Who may see a run.
    public enum Visibility: String, Hashable, Sendable, CaseIterable {
        /// Its owner.
        case `private`
        /// Whoever has the link, too.
        case link
        case everybody
    }

    public var title: String?
    public var notes: String?
    public var visibility: Visibility
    /// The hash of the link's secret; nil for none.
    public var link: [UInt8]?
    /// Grows by one with each change; 0 where nothing was ever said.
    public var revision: Int64

    public init(
        title: String? = nil, notes: String? = nil, visibility: Visibility = .private, link: [UInt8]? = nil,
        revision: Int64 = 0
    ) {
        self.title = title
        self.notes = notes
        self.visibility = visibility
        self.link = link
        self.revision = revision
    }

    /// Of what people have written in it, in UTF-8.
    fileprivate var byteCount: Int { (title?.utf8.count ?? 0) + (notes?.utf8.count ?? 0) }
}

/// A run that is over, without its track, and what its owner says of it.
public struct NotedRecord: Hashable, Sendable, Identifiable {
    public var summary: RecordSummary
    public var notes: RunNotes
    /// What its file said; nil for a run that came in none.
    public var file: RunFile?
    /// How many points that had; nil for a run that came in none.
    public var filePoints: Int?

    public var id: Int64 { summary.id }

    /// Whether it counts among what its owner has run.
    public var isOnFoot: Bool { file?.isOnFoot ?? true }

    public init(summary: RecordSummary, notes: RunNotes, file: RunFile? = nil) {
        self.summary = summary
        self.notes = notes
        self.file = file
    }
}

/// Where a run stands in the list of its owner's.
public struct RunPlace: Hashable, Sendable {
    /// When it ended, or was stored where that is not known: milliseconds since 1970.
    public var ended: Int64
    /// Of two that ended at once, the one that was stored later is first.
    public var runID: Int64

    public init(ended: Int64, runID: Int64) {
        self.ended = ended
        self.runID = runID
    }
}

extension NotedRecord {
    public var place: RunPlace {
        RunPlace(ended: summary.endAt > 0 ? summary.endAt : summary.createdAt, runID: summary.runID)
    }
}

/// All runs of an account together.
public struct RecordTotals: Hashable, Sendable {
    public var count: Int
    public var meters: Double
    public var seconds: Double
}

extension RecordRepository {
    /// An account's runs with what is said of them, those first that ended last.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - before: Those behind this one; nil from the first on.
    ///   - limit: At most as many.
    /// - Returns: Fewer than `limit` at the end.
    /// - Throws: What the database says.
    public func notedRecords(
        account: Int64, before: RunPlace? = nil, limit: Int
    ) async throws(StoreError) -> [NotedRecord] {
        let place = before ?? RunPlace(ended: .max, runID: .max)
        return try await read { session throws(StoreError) in
            try session.rows(Self.byEnd, account, place.ended, place.runID, limit) { try NotedRecord($0) }
        }
    }

    private static let ended = "CASE WHEN end_at > 0 THEN end_at ELSE records.created_at END"
    private static let byEnd = SQL(
        """
        \(NotedRecord.select) WHERE account = $1 AND (\(ended), run_id) < ($2, $3)
        ORDER BY \(ended) DESC, run_id DESC LIMIT $4
        """)

    /// A run with what is said of it, or nil.
    public func notedRecord(id: Int64) async throws(StoreError) -> NotedRecord? {
        try await read { session throws(StoreError) in
            try session.one(SQL("\(NotedRecord.select) WHERE records.id = $1"), id) { try NotedRecord($0) }
        }
    }

    /// The same by its owner and its run ID.
    public func notedRecord(account: Int64, runID: Int64) async throws(StoreError) -> NotedRecord? {
        try await read { session throws(StoreError) in
            try session.one(SQL("\(NotedRecord.select) WHERE account = $1 AND run_id = $2"), account, runID) {
                try NotedRecord($0)
            }
        }
    }

    /// All of an account's runs together, without rides and swims that came in files.
    ///
    /// - Complexity: O(n) in their number; their tracks are not read.
    public func totals(account: Int64) async throws(StoreError) -> RecordTotals {
        try await read { session throws(StoreError) in
            try session.one(Self.totalsOnFoot, account, Limit.Content.amount) { row in
                RecordTotals(count: try row.get(0), meters: try row.get(1), seconds: try row.get(2))
            } ?? RecordTotals(count: 0, meters: 0, seconds: 0)
        }
    }

    private static let totalsOnFoot = SQL(
        """
        SELECT COUNT(*), COALESCE(SUM(MIN(records.meters, $2)), 0.0), COALESCE(SUM(MIN(records.seconds, $2)), 0.0)
        FROM records LEFT JOIN run_files ON run_files.record = records.id
        WHERE account = $1 AND COALESCE(sport, '') NOT IN (\(RunFile.offFoot.map { "'\($0)'" }.joined(separator: ", ")))
        """)

    /// Says something else of a run.
    ///
    /// - Parameters:
    ///   - notes: What; its revision is that of what was read.
    ///   - record: Of which.
    /// - Returns: What is stored then; nil when it has been changed since, or there is no such record.
    /// - Throws: ``StoreError/quotaExceeded``.
    public func setNotes(_ notes: RunNotes, on record: Int64) async throws(StoreError) -> RunNotes? {
        try await write { [quota] session throws(StoreError) in
            guard let old = try Self.noteBytes(record, in: session) else { return nil }
            let changed = try session.execute(
                """
                INSERT INTO run_notes (record, title, notes, visibility, link, revision)
                SELECT id, $2, $3, $4, $5, 1 FROM records WHERE id = $1
                ON CONFLICT (record) DO UPDATE SET title = excluded.title, notes = excluded.notes,
                    visibility = excluded.visibility, link = excluded.link, revision = run_notes.revision + 1
                WHERE run_notes.revision = $6
                """,
                record, notes.title, notes.notes, notes.visibility.rawValue, notes.link, notes.revision)
            guard changed == 1 else { return nil }
            try quota.count(notes.byteCount - old.bytes, of: old.account, in: session)
            var stored = notes
            stored.revision += 1
            return stored
        }
    }

    // MARK: Inside a transaction

    /// The owner of a record, and how many bytes are said of it; nil if there is no such record.
    static func noteBytes(_ record: Int64, in session: Session) throws(StoreError) -> AccountQuota.Share? {
        try session.one(
            """
            SELECT account, COALESCE(OCTET_LENGTH(title), 0) + COALESCE(OCTET_LENGTH(notes), 0)
            FROM records LEFT JOIN run_notes ON record = id WHERE id = $1
            """, record
        ) { (try $0.get(0), try $0.get(1)) }
    }
}

extension NotedRecord {
    /// A query for ``init(_:)``, to be continued with a condition.
    static let select = """
        SELECT \(RecordSummary.columns), title, notes, visibility, link, revision, format, sport, run_files.meters,
            run_files.seconds, run_files.points
        FROM records LEFT JOIN run_notes ON run_notes.record = records.id
            LEFT JOIN run_files ON run_files.record = records.id
        """

    init(_ row: SQLRow) throws {
        summary = try RecordSummary(row)
        if let format: String = try row.get(17) {
            file = RunFile(
                format: format, sport: try row.get(18), meters: try row.get(19), seconds: try row.get(20))
            filePoints = try row.get(21)
        }
        guard let word: String = try row.get(14) else {
            notes = RunNotes()
            return
        }
        guard let visibility = RunNotes.Visibility(rawValue: word) else {
            throw StoreError.corrupt("a run of an unknown visibility")
        }
        notes = RunNotes(
            title: try row.get(12), notes: try row.get(13), visibility: visibility, link: try row.get(15),
            revision: try row.get(16))
    }
}
