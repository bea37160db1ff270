public import Store

/// The way of a run, in the form in which it was stored.
public enum RecordTrack: Hashable, Sendable {
    /// Of a run in a room, or from a file: a track as `TrackCodec` writes it.
    case live([UInt8])
    /// Of a posted run: the client's markers as they were sent, a JSON array in UTF-8.
    case posted([UInt8])
}

/// A run that is over.
public struct Record: Hashable, Sendable, Identifiable {
    public let id: Int64
    public let account: Int64
    /// 1, 2, 3, … per account, never given twice.
    public let runID: Int64
    public let meters: Double
    public let seconds: Double
    /// Milliseconds since 1970; 0 if the client did not say.
    public let start: Int64
    /// Milliseconds since 1970; 0 if the client did not say.
    public let end: Int64
    /// When it was stored, in milliseconds since 1970.
    public let timestamp: Int64
    /// When it stood, in milliseconds since 1970: ``Store/RecordPauses``.
    public let pauses: [Range<Int64>]
    /// The seconds of each full kilometre and the like, as JSON text; live runs have it.
    public let splits: String?
    public let track: RecordTrack

    /// The id as clients see it: 24 hexadecimal digits.
    public var objectID: String { ObjectID.text(id) }

    /// What is stored of a run.
    public init(_ stored: StoredRecord) {
        self.init(stored.summary, track: stored.track)
    }

    init(_ summary: RecordSummary, track: [UInt8]) {
        id = summary.id
        account = summary.account
        runID = summary.runID
        meters = summary.meters
        seconds = summary.seconds
        start = summary.startAt
        end = summary.endAt
        timestamp = summary.createdAt
        pauses = summary.pauses
        splits = summary.splits
        self.track =
            switch summary.source {
            case .live, .imported: .live(track)
            case .posted: .posted(track)
            }
    }
}
