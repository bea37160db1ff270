import Rooms
import Store

/// What there is of a room's markers on disk, and what of it nobody needs any more: it is removed some at a time.
struct RoomLedger {
    /// The number of the next journal row.
    private(set) var nextSequence: Int64
    /// The first journal row that holds markers of a run, by its key.
    private var firstSequence: [Int64: Int64]
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

    init(
        nextSequence: Int64, firstSequence: [Int64: Int64], hasJournalToRemove: Bool, blocksToRemove: Set<Int>
    ) {
        self.nextSequence = nextSequence
        self.firstSequence = firstSequence
        self.hasJournalToRemove = hasJournalToRemove
        self.blocksToRemove = blocksToRemove
    }

    var hasSomethingToRemove: Bool { hasJournalToRemove || !blocksToRemove.isEmpty }

    /// The first journal row that is still needed.
    private var firstNeeded: Int64 { firstSequence.values.min() ?? nextSequence }

    /// Numbers a journal row.
    mutating func number(_ chunks: [JournalChunk]) -> Int64 {
        let sequence = nextSequence
        nextSequence += 1
        for chunk in chunks where firstSequence[chunk.runKey] == nil { firstSequence[chunk.runKey] = sequence }
        return sequence
    }

    /// Notes what a room's decisions and new blocks make needless.
    mutating func note(_ decisions: Decisions, _ blocks: [TrackBlock]) {
        for run in decisions.settledRuns {
            firstSequence[run.runKey] = nil
            hasJournalToRemove = true
        }
        blocksToRemove.formUnion(decisions.voidBlocks)
        // The first block takes the place of all that there were.
        blocksToRemove.subtract(blocks.filter { $0.number == 0 }.map(\.runner))
    }

    /// Says in a room's changes what they are to remove.
    func removeNeedless(by changes: inout RoomChanges) {
        let unread = Set(unread.values.map(\.run.runner))
        changes.blocksRemoved = blocksToRemove.subtracting(unread).sorted()
        if hasJournalToRemove, unread.isEmpty { changes.journalBelow = firstNeeded }
    }

    /// What a commit was not allowed to remove is for the next one.
    mutating func purged(_ unpurged: CommitResult.Unpurged?) {
        guard unread.isEmpty else { return }
        hasJournalToRemove = unpurged?.hasJournal ?? false
        blocksToRemove = Set(unpurged?.blocks ?? [])
    }

    // MARK: - Runs that could not be read

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
