/// A run that is over, without its track.
public struct RecordSummary: Hashable, Sendable, Identifiable {
    /// Who measured a run.
    public enum Source: Hashable, Sendable {
        /// This server, in a room.
        case live
        /// The client, which posted the result.
        case posted
        /// This server, of what came in a file.
        case imported
    }

    public let id: Int64
    public let account: Int64
    /// 1, 2, 3, … per account; never given twice, deleted records included.
    public let runID: Int64
    /// The live run that it is of; nil for others.
    public let runKey: Int64?
    public let source: Source
    public let meters: Double
    public let seconds: Double
    /// Milliseconds since 1970.
    public let startAt: Int64
    /// Milliseconds since 1970.
    public let endAt: Int64
    /// When it was stored, in milliseconds since 1970.
    public let createdAt: Int64
    /// Splits as JSON text.
    public let splits: String?
    /// What else is kept of it, as text: ``RecordPauses``.
    public let extra: String?

    public init(
        id: Int64, account: Int64, runID: Int64, runKey: Int64?, source: Source, meters: Double, seconds: Double,
        startAt: Int64, endAt: Int64, createdAt: Int64, splits: String? = nil, extra: String? = nil
    ) {
        self.id = id
        self.account = account
        self.runID = runID
        self.runKey = runKey
        self.source = source
        self.meters = meters
        self.seconds = seconds
        self.startAt = startAt
        self.endAt = endAt
        self.createdAt = createdAt
        self.splits = splits
        self.extra = extra
    }
}

/// A run that is over, with its track.
public struct StoredRecord: Hashable, Sendable, Identifiable {
    public let summary: RecordSummary
    /// Opaque here: its form depends on ``RecordSummary/source``.
    public let track: [UInt8]

    public var id: Int64 { summary.id }

    public init(summary: RecordSummary, track: [UInt8]) {
        self.summary = summary
        self.track = track
    }
}

/// A run that a client measured itself and posts.
public struct PostedRecord: Hashable, Sendable {
    public var meters: Double
    public var seconds: Double
    /// Milliseconds since 1970.
    public var startAt: Int64
    /// Milliseconds since 1970.
    public var endAt: Int64
    public var splits: String?
    public var extra: String?
    public var track: [UInt8]

    public init(
        meters: Double, seconds: Double, startAt: Int64, endAt: Int64, splits: String? = nil, extra: String? = nil,
        track: [UInt8]
    ) {
        self.meters = meters
        self.seconds = seconds
        self.startAt = startAt
        self.endAt = endAt
        self.splits = splits
        self.extra = extra
        self.track = track
    }
}

/// Some records of an account, and how many it has in all at the same moment.
public struct RecordPage<Record: Hashable & Sendable>: Hashable, Sendable {
    /// Ascending by run ID.
    public let records: [Record]
    public let total: Int

    public init(records: [Record], total: Int) {
        self.records = records
        self.total = total
    }
}

extension RecordSummary {
    /// The columns that ``init(_:)`` reads; a track may follow as column 12.
    static let columns = """
        records.id, records.account, run_id, run_key, source, records.meters, records.seconds, start_at, end_at, \
        records.created_at, splits, extra
        """

    /// What the column has: runs from files are as those in rooms, but of none (`Migration.files`).
    var storedSource: String { source == .posted ? "posted" : "live" }

    init(_ row: SQLRow) throws {
        let runKey: Int64? = try row.get(3)
        let source: Source
        switch try row.get(4) as String {
        case "live": source = runKey == nil ? .imported : .live
        case "posted": source = .posted
        default: throw StoreError.corrupt("a record of an unknown source")
        }
        self.init(
            id: try row.get(0), account: try row.get(1), runID: try row.get(2), runKey: runKey, source: source,
            meters: try row.get(5), seconds: try row.get(6), startAt: try row.get(7), endAt: try row.get(8),
            createdAt: try row.get(9), splits: try row.get(10), extra: try row.get(11))
    }
}

/// The run that a client reports of itself, as it was at some moment.
public struct StoredRunData: Hashable, Sendable {
    /// JSON; nil before the first report and after a reset.
    public var text: String?
    /// Another one after each change.
    public var version: Int64

    public init(text: String?, version: Int64) {
        self.text = text
        self.version = version
    }
}
