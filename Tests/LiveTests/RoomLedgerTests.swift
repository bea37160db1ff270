import Testing

@testable import Live
@testable import Rooms
@testable import Store

/// What of a room's markers may be removed from the disk.
@Suite("The ledger of a room") struct RoomLedgerTests {
    private var ledger = RoomLedger(nextSequence: 7)

    private func chunk(_ runner: Int, _ key: Int64) -> JournalChunk {
        JournalChunk(runner: runner, runKey: key, markers: [])
    }

    private func settled(_ runner: Int, _ key: Int64) -> Decisions {
        var decisions = Decisions()
        decisions.settledRuns = [RunReference(runner: runner, runKey: key)]
        decisions.voidBlocks = [runner]
        return decisions
    }

    private func removed() -> RoomChanges {
        var changes = RoomChanges(room: 1, term: 1, updatedAt: 1)
        ledger.removeNeedless(by: &changes)
        return changes
    }

    private func run(_ runner: Int, _ key: Int64) -> FinishedRun {
        FinishedRun(
            runKey: key, account: 1, runner: runner, meters: 0, seconds: 0, start: 0, end: 0, splits: [],
            markerCount: 0, blockCount: 0, unstoredBlocks: [], looseMarkers: [])
    }

    @Test("journal rows go up to the first that a run still needs")
    mutating func journal() {
        #expect(ledger.number([chunk(1, 10)]) == 7)
        #expect(ledger.number([chunk(1, 10), chunk(2, 20)]) == 8)
        #expect(removed().journalBelow == nil, "all are needed")
        ledger.note(settled(1, 10), [])
        #expect(removed().journalBelow == 8)
        ledger.note(settled(2, 20), [])
        #expect(removed().journalBelow == 9)
        ledger.purged(nil)
        #expect(removed().journalBelow == nil && !ledger.hasSomethingToRemove)
    }

    @Test("blocks of a settled run go, but not those of a run that began since")
    mutating func blocks() {
        ledger.note(settled(1, 10), [])
        ledger.note(settled(2, 20), [TrackBlock(runner: 1, runKey: 0, number: 0, bytes: [])])
        #expect(removed().blocksRemoved == [2])
        ledger.note(Decisions(), [TrackBlock(runner: 2, runKey: 0, number: 1, bytes: [])])
        #expect(removed().blocksRemoved == [2], "only the first block takes the place of others")
    }

    @Test("while a run could not be read nothing is removed that it may need, until it is read or given up")
    mutating func unread() {
        var settings = LiveSettings()
        settings.storeTries = 2
        settings.storeRetry = .zero
        ledger.note(settled(1, 10), [])
        ledger.note(settled(2, 20), [])
        #expect(ledger.failedToRead(run(1, 10), settings) == false)
        #expect(removed().journalBelow == nil)
        #expect(removed().blocksRemoved == [2])
        ledger.purged(nil)
        #expect(ledger.hasSomethingToRemove, "it is not forgotten meanwhile")
        #expect(ledger.toReadAgain(at: .now).map(\.runKey) == [10])
        ledger.hasRead(run(1, 10))
        #expect(removed().blocksRemoved == [1, 2])
        #expect(ledger.failedToRead(run(1, 10), settings) == false)
        #expect(ledger.failedToRead(run(1, 10), settings) == true, "given up")
        #expect(ledger.unread.isEmpty)
    }
}
