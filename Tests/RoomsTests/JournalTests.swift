import Geo
import Testing

@testable import Rooms

@Suite("Journal and acknowledgements")
struct JournalTests {
    var meeting = Meeting()

    private mutating func stored(_ acknowledgement: Acknowledgement) throws -> Bool {
        meeting.room.stored(acknowledgement)
    }

    @Test("each marker goes to the journal once, with its run, as it is kept")
    mutating func once() throws {
        let ana = try meeting.runner("ana")
        let bo = try meeting.runner("bo")
        #expect(meeting.room.unjournaledCount == 0)
        try meeting.run(ana, [0, 10, 20])
        try meeting.run(bo, [0])
        #expect(meeting.room.unjournaledCount == 4)
        let journal = meeting.room.takeJournal()
        let chunks = journal.chunks
        #expect(chunks.map(\.runner) == [ana, bo])
        #expect(chunks.map(\.runKey) == [meeting.room.runKey(of: ana), meeting.room.runKey(of: bo)])
        #expect(chunks[0].markers == meeting.room.runner(ana)?.run.history.points)
        #expect(journal.acknowledgements.map(\.marker) == [3, 1])
        #expect(meeting.room.takeJournal().chunks.isEmpty)
        try meeting.send(ana, [marker(2, 10, at: noon), marker(4, 30, at: meeting.now)])
        #expect(meeting.room.takeJournal().chunks.first?.markers.map(\.id) == [4])
    }

    @Test("nothing is promised before it is stored, and nothing twice")
    mutating func promises() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10, 20])
        let promise = try #require(meeting.room.takeJournal().acknowledgements.first)
        #expect(meeting.room.durableMarker(of: ana) == 0)
        #expect(try stored(promise))
        #expect(meeting.room.durableMarker(of: ana) == 3)
        #expect(try !stored(promise))
        try meeting.run(ana, [30])
        #expect(meeting.room.durableMarker(of: ana) == 3)
    }

    @Test("an ack ends at the first gap, and goes over it once it is filled")
    mutating func gap() throws {
        let ana = try meeting.runner()
        meeting.wait(minute)
        try meeting.send(ana, [1, 2, 5, 6].map { marker($0, Double($0) * 5, at: noon + Int64($0) * second) })
        let first = try #require(meeting.room.takeJournal().acknowledgements.first)
        #expect(first.marker == 2)
        #expect(try stored(first))
        try meeting.send(ana, [marker(4, 20, at: noon + 4 * second)])
        let more = try #require(meeting.room.takeJournal().acknowledgements.first)
        #expect(more.marker == 2)
        #expect(try !stored(more), "no news")
        try meeting.send(ana, [marker(3, 15, at: noon + 3_000)])
        let third = try #require(meeting.room.takeJournal().acknowledgements.first)
        #expect(third.marker == 6)
        #expect(try stored(third))
    }

    @Test("commits that overtake each other do not take a promise back")
    mutating func overtaking() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0])
        let first = try #require(meeting.room.takeJournal().acknowledgements.first)
        try meeting.run(ana, [10])
        let second = try #require(meeting.room.takeJournal().acknowledgements.first)
        #expect(try stored(second))
        #expect(try !stored(first))
        #expect(meeting.room.durableMarker(of: ana) == 2)
    }

    @Test("a promise for an earlier run says nothing of the present one")
    mutating func earlierRun() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10])
        let promise = try #require(meeting.room.takeJournal().acknowledgements.first)
        try meeting.finish(ana)
        try meeting.start(ana)
        #expect(try !stored(promise))
        #expect(meeting.room.durableMarker(of: ana) == 0)
        #expect(try !stored(Acknowledgement(runner: 99, runKey: 1, marker: 1)))
    }

    @Test("a run that is settled has nothing left for the journal, and is told once")
    mutating func settled() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10])
        let key = try #require(meeting.room.runKey(of: ana))
        #expect(meeting.room.unsettledRunKeys == [key])
        try meeting.finish(ana)
        #expect(meeting.room.unsettledRunKeys == [key])
        try meeting.start(ana)
        meeting.wait(30 * second)
        #expect(meeting.room.advance(to: meeting.now).settledRuns.map(\.runKey) == [key])
        #expect(meeting.room.advance(to: meeting.now).settledRuns.isEmpty)
        #expect(meeting.room.unjournaledCount == 0)
        #expect(!meeting.room.unsettledRunKeys.contains(key))
    }

    @Test("blocks stay while late markers may come to their run, also when the run behind it is over before that")
    func blocksOfAnEarlierRun() throws {
        var settings = RoomSettings()
        settings.blockLength = 8
        settings.filter.agreementSpan = 8
        var meeting = Meeting(settings)
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 400)
        #expect(!meeting.room.takeJournal().blocks.isEmpty)
        try meeting.finish(ana)
        try meeting.start(ana)
        let second = try #require(meeting.room.runKey(of: ana))
        let left = try meeting.leave(ana)
        #expect(left.settledRuns.map(\.runKey) == [second])
        #expect(left.voidBlocks.isEmpty)
        meeting.wait(30 * RoomsTests.second)
        #expect(meeting.room.advance(to: meeting.now).voidBlocks == [ana])
    }

    @Test("blocks that wait for others to go come later, all of them in their order, and count as taken back meanwhile")
    func keptBlocks() throws {
        var settings = RoomSettings()
        settings.blockLength = 8
        settings.filter.agreementSpan = 8
        var meeting = Meeting(settings)
        let ana = try meeting.runner()
        let run = RunReference(runner: ana, runKey: try #require(meeting.room.runKey(of: ana)))
        try meeting.run(ana, from: 0, to: 400)
        let first = meeting.room.takeJournal()
        #expect(!first.blocks.isEmpty)
        try meeting.run(ana, from: 410, to: 800)
        let kept = meeting.room.takeJournal(keepingBlocksOf: [ana])
        #expect(kept.blocks.isEmpty && !kept.chunks.isEmpty)
        // They were taken and not stored.
        let second = meeting.room.takeJournal()
        #expect(second.blocks.first.map { $0.number == first.blocks.count } ?? false)
        meeting.room.putBack(second.blocks)
        meeting.room.putBack(second.blocks)
        let late = try meeting.room.finish(ana, time: noon + 1, at: meeting.now)
        #expect(late.recalls == [run])
        // What is on disk is not all of them.
        let stored = try first.blocks.flatMap { try TrackCodec.decode($0.bytes) }
        #expect(meeting.room.recall(stored, of: ana, runKey: run.runKey, at: meeting.now) != nil)
        let all = meeting.room.takeJournal().blocks
        #expect(all.map(\.number) == Array(0..<all.count))
        #expect(all.count >= first.blocks.count + second.blocks.count)
    }

    @Test("the runs whose markers are in their records are those that have ended")
    mutating func settledRuns() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10])
        try meeting.finish(ana)
        #expect(meeting.room.finishedRunKeys.map(\.runner) == [ana], "the record was stored at once")
        #expect(meeting.room.unsettledRunKeys.count == 1, "while the journal is still needed")
        meeting.wait(30 * second)
        _ = meeting.room.advance(to: meeting.now)
        #expect(meeting.room.finishedRunKeys.map(\.runner) == [ana])
        #expect(meeting.room.unsettledRunKeys.isEmpty)
    }
}
