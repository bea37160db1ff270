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
    public var settledRuns: [RunReference] = []
    /// Runners of whose blocks none is needed any more: of those with a settled run, but for whom the blocks on disk are
    /// of another run, to which late markers may come.
    public var voidBlocks: Set<Int> = []
    /// Runs of which all blocks are needed, once they are stored: ``Room/recall(_:of:runKey:at:)`` takes them.
    public var recalls: Set<RunReference> = []
    /// How many markers came that were not known; ``Room/takeJournal()`` has them.
    public var newMarkers = 0
    /// Who has not moved for a while and wants others to be called then; to be done at once, and not stored here.
    public var still: [Stillness] = []

    public init() {}

    /// Nothing is to be stored or told.
    public var isEmpty: Bool { newMarkers == 0 && isEmptyBesideMarkers }

    /// New markers are to be stored, and nothing else.
    public var isOnlyMarkers: Bool { newMarkers > 0 && isEmptyBesideMarkers }

    /// Whatever the markers are, nothing else is to be stored.
    public var isEmptyBesideMarkers: Bool {
        events.isEmpty && changedRunners.isEmpty && records.isEmpty && settledRuns.isEmpty && recalls.isEmpty
    }
}

extension Decisions {
    /// Adds what was decided after this.
    public mutating func merge(_ later: Decisions) {
        events += later.events
        changedRunners.formUnion(later.changedRunners)
        for record in later.records {
            // A run is written once, as it is now: each of these holds all of its markers.
            if let known = records.firstIndex(where: { $0.runKey == record.runKey }) {
                records[known] = record
            } else {
                records.append(record)
            }
        }
        settledRuns += later.settledRuns
        voidBlocks.formUnion(later.voidBlocks)
        recalls.formUnion(later.recalls)
        newMarkers += later.newMarkers
        still += later.still
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
    /// When it stood: ``RunClock/pauses``.
    public var pauses: [Range<Int64>] = []
    public var splits: [Split]
    /// How many markers the run has, counted or not.
    public var markerCount: Int
    /// How many blocks of older markers the run has.
    public var blockCount: Int
    /// The newest of them, which the journal that is taken with this record brings to the disk; those before are there.
    public var unstoredBlocks: [[UInt8]]
    /// All markers that are in no block, counted or not; in `id` order and after those in blocks, unless `unmeasured`.
    public var looseMarkers: [TrackPoint]
    /// Says how to measure the run when some of its markers are not part of these figures yet.
    public var unmeasured: Unmeasured?

    public struct Unmeasured: Sendable {
        var clock: RunClock
        var report: Run.Report?
        var settings: RoomSettings
    }

    /// The blocks that must be on disk already.
    public var storedBlocks: Range<Int> { 0..<(blockCount - unstoredBlocks.count) }
}

extension FinishedRun {
    /// The run's whole track as ``Geo/TrackCodec`` writes it.
    ///
    /// Of a run that is `unmeasured` this also brings the figures up to date, if all of it is there.
    ///
    /// - Parameter stored: the blocks of ``storedBlocks``, in order, as far as they can be had.
    /// - Returns: The track.
    /// - Throws: for a block that cannot be read. Only those of an `unmeasured` run are read at all: of others they are
    ///   put one after the other, which costs next to nothing.
    public mutating func completeTrack(with stored: [[UInt8]]) throws(TrackCodecError) -> [UInt8] {
        let blocks = stored + unstoredBlocks
        guard let unmeasured else {
            if blocks.isEmpty { return TrackCodec.encode(looseMarkers) }
            return TrackCodec.join(blocks + (looseMarkers.isEmpty ? [] : [TrackCodec.encode(looseMarkers)]))
        }
        var points = looseMarkers
        for block in blocks { points += try TrackCodec.decode(block) }
        if stored.count == storedBlocks.count {
            var run = Run(key: runKey, settings: unmeasured.settings)
            run.clock = unmeasured.clock
            run.report = unmeasured.report
            run.restore(points)
            run.restored()
            meters = run.meters.toOneDecimal
            seconds = run.seconds(at: end).toOneDecimal
            splits = run.splits
        }
        return TrackCodec.encode(points.sorted { $0.id < $1.id })
    }
}

extension FinishedRun {
    /// The run's whole track when blocks of it are lost, from what there is beside them; the figures are as they were.
    ///
    /// - Parameters:
    ///   - stored: those blocks that are sound.
    ///   - journaled: the run's markers as the journal has them, in any order, with repeats.
    /// - Returns: The markers, of which there are ``markerCount`` if none is lost.
    public func rebuiltTrack(with stored: [[UInt8]], journaled: [TrackPoint]) -> [TrackPoint] {
        var points: [Int32: TrackPoint] = [:]
        for point in journaled where points[point.id] == nil { points[point.id] = point }
        for block in stored + unstoredBlocks {
            for point in (try? TrackCodec.decode(block)) ?? [] { points[point.id] = point }
        }
        for point in looseMarkers { points[point.id] = point }
        return points.values.sorted { $0.id < $1.id }
    }
}

/// A run in a room, by its runner and its identity.
public struct RunReference: Hashable, Sendable {
    public var runner: Int
    public var runKey: Int64

    public init(runner: Int, runKey: Int64) {
        self.runner = runner
        self.runKey = runKey
    }
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

/// Older markers of a runner's present run, as ``Geo/TrackCodec`` writes them.
///
/// They are in the journal too: a block is kept so that they need not be in memory until the run ends.
public struct TrackBlock: Hashable, Sendable {
    public var runner: Int
    public var runKey: Int64
    /// 0, 1, 2 and so on along the run; with 0 all blocks of the runner that were stored before become void.
    public var number: Int
    public var bytes: [UInt8]

    public init(runner: Int, runKey: Int64, number: Int, bytes: [UInt8]) {
        self.runner = runner
        self.runKey = runKey
        self.number = number
        self.bytes = bytes
    }
}

/// What of a room's markers is to be stored next.
public struct MarkerBatch: Sendable {
    /// The new markers, of each runner at most once.
    public var chunks: [JournalChunk] = []
    /// What may be promised when all this is on disk.
    public var acknowledgements: [Acknowledgement] = []
    /// New blocks, ascending for each runner.
    public var blocks: [TrackBlock] = []
}

/// The promise that markers 1...marker of a run are on disk.
public struct Acknowledgement: Hashable, Sendable {
    public var runner: Int
    public var runKey: Int64
    public var marker: Int32
    /// The same in the numbers of the runner's phone, of a run whose markers are numbered by their times.
    var numbered: Int32?

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
