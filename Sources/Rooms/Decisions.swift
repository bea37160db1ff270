public import Geo

/// What a room has decided: for its driver to store, then to tell.
///
/// A room changes itself and says here what must become durable and what must be sent. It does neither.
public struct Decisions: Sendable {
    /// New events, in order.
    ///
    /// To be stored before anybody is told.
    public var events: [RoomEvent] = []
    /// Runners whose ``RunnerSnapshot`` changed in a way that must survive a restart.
    public var changedRunners: Set<Int> = []
    /// Runs that ended, or ended earlier and whose figures changed since.
    public var records: [FinishedRun] = []
    /// Runs that need their journal rows no longer: they are stored as records, or were too short to be kept.
    public var settledRuns: [Int64] = []
    /// How many markers came that were not known; ``Room/takeJournal()`` has them.
    public var newMarkers = 0

    public init() {}

    /// Nothing is to be stored or told, beside markers.
    public var isEmpty: Bool {
        events.isEmpty && changedRunners.isEmpty && records.isEmpty && settledRuns.isEmpty
    }
}

/// A run as it goes into its runner's records.
public struct FinishedRun: Sendable {
    public var runKey: Int64
    public var account: Int64
    public var runner: Int
    /// Metres and seconds to one decimal, exactly as in the `finished` event.
    public var meters: Double
    public var seconds: Double
    /// Unix milliseconds by the server's clock.
    public var start: Int64
    public var end: Int64
    public var splits: [Split]
    /// Every marker that came, counted or not, in `id` order.
    public var markers: [TrackPoint]
}

/// One full kilometre of a run.
public struct Split: Hashable, Sendable, Codable {
    /// Which one: 1, 2, 3 and so on.
    public var kilometer: Int
    /// Seconds of running for this kilometre, to one decimal.
    public var seconds: Double
    /// Seconds of running since the start, to one decimal.
    public var total: Double

    public init(kilometer: Int, seconds: Double, total: Double) {
        self.kilometer = kilometer
        self.seconds = seconds
        self.total = total
    }
}

/// New markers of one run, for the journal.
public struct JournalChunk: Hashable, Sendable {
    public var runner: Int
    public var runKey: Int64
    public var markers: [TrackPoint]

    public init(runner: Int, runKey: Int64, markers: [TrackPoint]) {
        self.runner = runner
        self.runKey = runKey
        self.markers = markers
    }
}

/// The promise that markers 1...marker of a run are on disk.
public struct Acknowledgement: Hashable, Sendable {
    public var runner: Int
    public var runKey: Int64
    public var marker: Int32

    public init(runner: Int, runKey: Int64, marker: Int32) {
        self.runner = runner
        self.runKey = runKey
        self.marker = marker
    }
}

extension Double {
    /// Rounded to one decimal, half away from zero: how metres and seconds stand on every wire and in every record.
    public var toOneDecimal: Double { (self * 10).rounded() / 10 }
}
