import Limits
import Rooms
import Store

/// What there is of a room's markers on disk, and what of it nobody needs any more: it is removed some at a time.
struct RoomLedger {
    /// The number of the next journal row.
    private(set) var nextSequence: Int64
    /// The journal rows that runs need, by the runs' keys.
    private var spans: [Int64: JournalSpan] = [:]
    /// How many markers have been put into the journal.
    private var markerCount = 0
    /// From how many on it is looked for laggards.
    private var nextLook = 0
    /// The first row that was needed when it was last seen that some are not.
    private var firstKept: Int64 = 0
    /// Whether journal rows are of no use any more.
    private(set) var hasJournalToRemove: Bool
    /// Runners whose blocks are of no use any more.
    private(set) var blocksToRemove: Set<Int>
    /// Runs whose records lack markers that could not be read, by their keys.
    private(set) var unread: [Int64: UnreadRun] = [:]

    /// A run whose record is stored, without markers that could not be read.
    struct UnreadRun {
        var run: FinishedRun
        /// How often it was tried.
        var tries: Int
        /// When it is tried again.
        var due: ContinuousClock.Instant
    }

    /// That of a room whose journal rows follow by ``note(_:at:)``.
    init(nextSequence: Int64, blocksToRemove: Set<Int> = []) {
        self.nextSequence = nextSequence
        hasJournalToRemove = false
        self.blocksToRemove = blocksToRemove
    }

    var hasSomethingToRemove: Bool { hasJournalToRemove || !blocksToRemove.isEmpty }

    /// The first journal row that is still needed.
    private var firstNeeded: Int64 { spans.values.lazy.compactMap(\.first).min() ?? nextSequence }

    /// Numbers a journal row.
    mutating func number(_ chunks: [JournalChunk]) -> Int64 {
        let sequence = nextSequence
        nextSequence += 1
        for chunk in chunks { note(chunk, at: sequence) }
        return sequence
    }

    /// Numbers a row of the log of all rooms, whose markers get into a journal row of their own before long.
    mutating func numberOfLog() -> Int64 {
        defer { nextSequence += 1 }
        return nextSequence
    }

    /// Notes what a journal row holds of a run that is not settled; rows come in their order.
    mutating func note(_ chunk: JournalChunk, at sequence: Int64) {
        spans[chunk.runKey, default: JournalSpan(runner: chunk.runner)].add(
            chunk.markers, in: sequence, after: markerCount)
        markerCount += chunk.markers.count
    }

    /// Notes that the journal begins at a row.
    mutating func noteFirst(_ sequence: Int64) {
        firstKept = sequence
        hasJournalToRemove = sequence < firstNeeded
    }

    // MARK: - Checkpoints

    /// The newest row that there is.
    var lastSequence: Int64 { nextSequence - 1 }

    /// Runs that keep far more of the journal than the others need, by their keys: of who stands, while the others run.
    var laggards: Set<Int64> {
        let enough = Limit.Room.journaledMarkers * (spans.count + 1)
        guard markerCount > enough else { return [] }
        return Set(spans.lazy.filter { markerCount - ($0.value.markersBefore ?? markerCount) > enough }.map(\.key))
    }

    /// The ``laggards``, now and then: to look for them takes time with each run.
    mutating func takeLaggards() -> Set<Int64> {
        guard markerCount >= nextLook else { return [] }
        nextLook = markerCount + 8 * spans.count
        return laggards
    }

    /// Notes that the next row has all of a run that is in no block.
    mutating func carry(_ runKey: Int64) { spans[runKey]?.beginAnew() }

    /// Notes that a checkpoint is on disk.
    ///
    /// - Parameters:
    ///   - checkpoint: It.
    ///   - sequence: The newest row of when it was taken.
    mutating func passed(_ checkpoint: Checkpoint, at sequence: Int64) {
        let key = checkpoint.run.runKey
        spans[key]?.remove(through: checkpoint.marker, upTo: sequence)
        if checkpoint.loose != nil { spans[key]?.remove(through: .max, upTo: sequence - 1) }
        // Some at a time: it is looked for what may go.
        guard firstNeeded >= firstKept + 8 else { return }
        firstKept = firstNeeded
        hasJournalToRemove = true
    }

    // MARK: - What is needless

    /// Notes what a room's decisions and new blocks make needless.
    mutating func note(_ decisions: Decisions, _ blocks: [TrackBlock]) {
        for run in decisions.settledRuns {
            spans[run.runKey] = nil
            hasJournalToRemove = true
        }
        blocksToRemove.formUnion(decisions.voidBlocks)
        // The first block takes the place of all that there were.
        blocksToRemove.subtract(blocks.filter { $0.number == 0 }.map(\.runner))
    }

    /// Says in a room's changes what they are to remove.
    func removeNeedless(by changes: inout RoomChanges) {
        changes.blocksRemoved = blocksToRemove.subtracting(unreadRunners).sorted()
        if hasJournalToRemove, unread.isEmpty { changes.journalBelow = firstNeeded }
    }

    /// What a commit was not allowed to remove is for the next one.
    mutating func purged(_ unpurged: CommitResult.Unpurged?) {
        guard unread.isEmpty else { return }
        hasJournalToRemove = unpurged?.hasJournal ?? false
        blocksToRemove = Set(unpurged?.blocks ?? [])
    }

    // MARK: - Runs that could not be read

    /// Whose they are: the blocks that are on disk stay there, and no other run's take their place.
    var unreadRunners: Set<Int> { Set(unread.values.lazy.map(\.run.runner)) }

    /// The runs whose records are to be written once more.
    func toReadAgain(at moment: ContinuousClock.Instant) -> [FinishedRun] {
        unread.values.filter { $0.due <= moment }.map(\.run)
    }

    func isReadingDue(at moment: ContinuousClock.Instant) -> Bool { unread.values.contains { $0.due <= moment } }

    /// Notes that the record of a run has all of its markers.
    mutating func hasRead(_ run: FinishedRun) { unread[run.runKey] = nil }

    /// Notes that markers of a run could not be read: its record is stored again later, and until it is whole, or it is
    /// given up, what there is of them stays on the disk.
    ///
    /// - Returns: Whether it is given up.
    mutating func failedToRead(_ run: FinishedRun, _ settings: LiveSettings) -> Bool {
        let tries = (unread[run.runKey]?.tries ?? 0) + 1
        guard tries < settings.storeTries else {
            unread[run.runKey] = nil
            return true
        }
        unread[run.runKey] = UnreadRun(run: run, tries: tries, due: .now + settings.wait(after: tries))
        return false
    }
}
