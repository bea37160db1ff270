import Geo
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

    private func chunk(_ key: Int64, _ ids: ClosedRange<Int32>) -> JournalChunk {
        JournalChunk(
            runner: 1, runKey: key,
            markers: ids.compactMap { id in
                (try? Coordinate(latitudeE7: 1, longitudeE7: 1)).map { TrackPoint(id: id, time: 1, coordinate: $0) }
            })
    }

    private func checkpoint(_ key: Int64, through marker: Int32, loose: [TrackPoint]? = nil) -> Checkpoint {
        Checkpoint(run: RunReference(runner: 1, runKey: key), marker: marker, mark: nil, loose: loose)
    }

    @Test("journal rows go when a checkpoint has passed all that they hold, but not those with what came late")
    mutating func checkpoints() {
        for row in 0..<Int32(20) { _ = ledger.number([chunk(10, (row * 40 + 1)...(row * 40 + 40))]) }
        #expect(ledger.lastSequence == 26)
        // It came late, before the checkpoint was taken; and one after it.
        _ = ledger.number([chunk(10, 3...3)])
        let taken = ledger.lastSequence
        _ = ledger.number([chunk(10, 5...5)])
        ledger.passed(checkpoint(10, through: 400), at: taken)
        #expect(removed().journalBelow == 17, "ten rows of forty")
        ledger.purged(nil)
        ledger.passed(checkpoint(10, through: 410), at: taken)
        #expect(removed().journalBelow == nil, "some at a time")
        ledger.passed(checkpoint(10, through: 2_000), at: taken)
        #expect(removed().journalBelow == 27, "what came since is needed")
        #expect(ledger.lastSequence == 28)
    }

    @Test("who stands keeps no more of the journal than others need: what they have of it is written anew")
    mutating func laggards() {
        _ = ledger.number([chunk(10, 1...20)])
        for row in 0..<Int32(60) { _ = ledger.number([chunk(20, (row * 40 + 1)...(row * 40 + 40))]) }
        #expect(ledger.laggards == [10, 20])
        ledger.passed(checkpoint(20, through: 2_300), at: ledger.lastSequence)
        #expect(removed().journalBelow == nil)
        #expect(ledger.laggards == [10])
        let loose = chunk(10, 1...20)
        ledger.carry(10)
        let row = ledger.number([loose])
        ledger.passed(checkpoint(10, through: 0, loose: loose.markers), at: row)
        #expect(ledger.laggards.isEmpty)
        #expect(removed().journalBelow.map { $0 > 60 } ?? false)
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
