public import Geo

/// What the file said of a run that came in one.
public struct RunFile: Hashable, Sendable {
    /// Of which form it was: `gpx`, `tcx`, `fit`, `kml`, `geojson`.
    public var format: String
    /// What somebody did: `running`, `walking`, `hiking`, `cycling`, `swimming`, `other`.
    public var sport: String
    /// The file's own reckoning; nil where it had none.
    public var meters: Double?
    /// Without pauses, as the file has it; nil where it has not.
    public var seconds: Double?

    public init(format: String, sport: String, meters: Double? = nil, seconds: Double? = nil) {
        self.format = format
        self.sport = sport
        self.meters = meters
        self.seconds = seconds
    }

    /// Whether it counts among what somebody has run: no ride, and no swim.
    public var isOnFoot: Bool { !Self.offFoot.contains(sport) }

    static let offFoot = ["cycling", "swimming"]
}

/// A run from a file, to be stored.
public struct ImportedRecord: Hashable, Sendable {
    /// By our rules; finite and not negative.
    public var meters: Double
    public var seconds: Double
    /// Milliseconds since 1970, of the first and the last point.
    public var startAt: Int64
    public var endAt: Int64
    public var pauses: RecordPauses
    /// Splits as JSON text.
    public var splits: String
    /// As `TrackCodec` writes it.
    public var track: [UInt8]
    /// How many points the track has, and where the first and the last are: by these it is known when it comes again.
    public var points: Int
    public var first: Coordinate
    public var last: Coordinate
    /// What it is called; nil for nothing.
    public var title: String?
    public var file: RunFile

    public init(
        meters: Double, seconds: Double, startAt: Int64, endAt: Int64, pauses: RecordPauses, splits: String,
        track: [UInt8], points: Int, first: Coordinate, last: Coordinate, title: String? = nil, file: RunFile
    ) {
        self.meters = meters
        self.seconds = seconds
        self.startAt = startAt
        self.endAt = endAt
        self.pauses = pauses
        self.splits = splits
        self.track = track
        self.points = points
        self.first = first
        self.last = last
        self.title = title
        self.file = file
    }
}

/// What has become of a run from a file.
public enum ImportOutcome: Hashable, Sendable {
    case created(RecordSummary)
    /// It is there already, whichever file it came in: the same start, as many points, the same first and last place.
    case duplicate(RecordSummary)
}
