import Geo
import Testing

@testable import Rooms

/// What a person's clients know is theirs: who streams numbers the markers, and a connection has a clock.
@Suite("One truth has one author")
struct AuthorTests {
    var meeting = Meeting()

    // MARK: - A poller beside a phone

    @Test("a poller's places take no ids from a phone that streams, and are no markers")
    mutating func idsOfThePhone() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10])
        let before = meeting.row(ana)
        meeting.wait(second)
        let decisions = try meeting.report(ana, PollReport(coordinate: east(5_000)))
        #expect(decisions.isEmpty)
        #expect(meeting.row(ana)?.position == before?.position)
        try meeting.send(ana, [marker(3, 20, at: meeting.now)])
        let run = try #require(meeting.room.runner(ana)?.run)
        #expect(run.history.points.map(\.coordinate) == [east(0), east(10), east(20)])
        #expect(meeting.meters(ana).isNear(20))
    }

    @Test("a phone that begins after a poller numbers from 1, and neither's places are lost, also after a restart")
    mutating func afterAPoller() throws {
        let ana = try meeting.join()
        var disk = Disk()
        var everything = Decisions()
        everything.changedRunners = [ana]
        for step in 0...4 {
            try meeting.report(ana, PollReport(coordinate: east(Double(step) * 10), isRunning: true))
            meeting.wait(second)
        }
        _ = disk.commitJournal(of: &meeting.room)
        #expect(meeting.room.durableMarker(of: ana) == 0, "a phone has no markers yet")
        let first = try meeting.send(ana, [marker(1, 50, at: meeting.now)])
        #expect(first.newMarkers == 1 && first.changedRunners == [ana])
        meeting.wait(second)
        try meeting.send(ana, [marker(2, 60, at: meeting.now)])
        #expect(try meeting.send(ana, [marker(1, 0, at: noon), marker(2, 0, at: noon)]).isEmpty)
        #expect(meeting.meters(ana).isNear(60))
        _ = disk.commitJournal(of: &meeting.room)
        #expect(meeting.room.durableMarker(of: ana) == 2)
        disk.commit(everything, of: meeting.room)
        meeting.room = disk.restoredRoom(like: meeting.room, at: meeting.now)
        _ = try meeting.room.connected(ana, at: meeting.now)
        #expect(meeting.room.durableMarker(of: ana) == 2)
        meeting.wait(second)
        #expect(try meeting.send(ana, [marker(2, 0, at: noon), marker(3, 70, at: meeting.now)]).newMarkers == 1)
        #expect(meeting.meters(ana).isNear(70))
        let record = try #require(try meeting.finish(ana).records.first)
        #expect(record.markers.count == 8 && record.meters == 70)
    }

    @Test("the page load of a poller changes nothing in a run with markers, nor do made-up figures")
    mutating func figuresOfAPoller() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 300)
        let before = meeting.row(ana)
        let load = PollReport(coordinate: east(0), meters: 0, seconds: 0, isRunning: false, isInRoom: true)
        #expect(try meeting.report(ana, load).isEmpty)
        #expect(meeting.row(ana) == before)
        try meeting.report(ana, PollReport(meters: 99_999, seconds: 1))
        #expect(meeting.row(ana) == before)
        let finish = try meeting.finish(ana)
        #expect(finish.finish?.meters == 300 && finish.records.first?.meters == 300)
    }

    @Test("the first marker of a phone ends what a poller has reported")
    mutating func endOfAReport() throws {
        let ana = try meeting.join()
        try meeting.report(ana, PollReport(meters: 4_000, seconds: 1_000, isRunning: true))
        #expect(meeting.meters(ana) == 4_000)
        try meeting.run(ana, [0, 10, 20])
        #expect(meeting.meters(ana).isNear(20))
        #expect(meeting.row(ana)?.seconds == 3)
    }

    @Test("what somebody reports of a run without markers does not go into the record of who finishes it")
    mutating func reportInARecord() throws {
        let ana = try meeting.runner()
        try meeting.report(ana, PollReport(meters: 99_999, seconds: 1))
        meeting.wait(minute)
        let decisions = try meeting.finish(ana)
        #expect(decisions.finish?.meters == 0 && decisions.finish?.seconds == 60)
        #expect(decisions.records.first?.meters == 0)
    }

    @Test("a poller has a run of its own again after the phone's is finished")
    mutating func pollerAfterwards() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 50)
        try meeting.finish(ana)
        let decisions = try meeting.report(ana, PollReport(coordinate: east(0), meters: 10, isRunning: true))
        #expect(decisions.kinds == [.started(runner: ana, run: 2)])
        #expect(meeting.meters(ana) == 10)
    }

    // MARK: - Clocks

    @Test("another phone of the same person is not corrected by the clock of the first")
    mutating func anotherPhone() throws {
        let ana = try meeting.join()
        meeting.clockSample(-hour, from: ana)
        meeting.newPhone(ana)
        meeting.clockSample(0, from: ana)
        try meeting.start(ana)
        try meeting.run(ana, from: 0, to: 50)
        let finish = try #require(try meeting.finish(ana, time: meeting.now).finish)
        #expect(finish.meters == 50 && finish.seconds == 6)
    }

    @Test("a phone that is set right in the middle of a run goes on running")
    mutating func setRight() throws {
        let ana = try meeting.join()
        meeting.clockSample(-hour, from: ana)
        try meeting.start(ana)
        for step in 1...5 {
            meeting.wait(second)
            try meeting.send(ana, [marker(Int32(step), Double(step) * 10, at: meeting.now + hour)])
        }
        meeting.newPhone(ana)
        meeting.clockSample(20, from: ana)
        for step in 6...10 {
            meeting.wait(second)
            try meeting.send(ana, [marker(Int32(step), Double(step) * 10, at: meeting.now)])
        }
        #expect(meeting.counted(ana) == Array(1...10))
        #expect(meeting.meters(ana).isNear(90))
    }

    @Test(
        "a place from more than 5 s before the start is stale if the phone's clock is known, and counts otherwise",
        arguments: [(5_000, true, true), (5_001, true, false), (5_001, false, true), (hour, false, true)])
    mutating func stale(before: Int64, isMeasured: Bool, counts: Bool) throws {
        let ana = try meeting.join()
        if isMeasured { meeting.clockSample(0, from: ana) }
        try meeting.start(ana)
        try meeting.send(ana, [marker(1, 500, at: noon - before)])
        #expect(meeting.counted(ana) == (counts ? [1] : []))
        #expect((meeting.row(ana)?.position == nil) != counts)
    }

    // MARK: - The run before

    /// Finished at 100 m, with 20 m under way, and another begun.
    private mutating func secondRun() throws -> Int {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 100)
        let end = meeting.now + 2 * second
        meeting.wait(5 * second)
        try meeting.finish(ana, time: end)
        try meeting.start(ana)
        return ana
    }

    @Test("late markers of the run before are its own")
    mutating func lateMarkers() throws {
        let ana = try secondRun()
        let first = meeting.now - 5 * second
        let late = [marker(12, 110, at: first + second), marker(13, 120, at: first + 2 * second)]
        let decisions = try meeting.send(ana, late, run: 1)
        #expect(decisions.kinds == [.corrected(runner: ana, from: 100, to: 120, run: 1)])
        #expect(decisions.records.first?.meters == 120)
        #expect(decisions.records.first?.markers.count == 13)
        #expect(meeting.room.runner(ana)?.run.markerCount == 0)
        let journal = meeting.room.takeJournal()
        #expect(journal.chunks.map(\.markers.count) == [13])
        #expect(try meeting.send(ana, late, run: 1).isEmpty, "known")
        try meeting.run(ana, [0, 10])
        #expect(meeting.counted(ana) == [1, 2], "its own ids 12 and 13 are free")
        #expect(meeting.meters(ana).isNear(10))
        #expect(throws: RoomError.alreadyFinished) { try meeting.finish(ana, run: 1) }
        #expect(throws: RoomError.noSuchRun) { try meeting.send(ana, late, run: 3) }
        #expect(try meeting.finish(ana, run: 2).finish?.meters == 10)
    }

    @Test("after 30 s they are too late, and so are those of an older run at once")
    mutating func tooLate() throws {
        let ana = try secondRun()
        let key = try #require(meeting.room.runner(ana)?.earlier.first?.key)
        meeting.wait(29 * second)
        #expect(meeting.room.advance(to: meeting.now).settledRuns.isEmpty)
        #expect(!meeting.room.isQuiescent)
        meeting.wait(second)
        let late = [marker(12, 110, at: noon)]
        #expect(throws: RoomError.runSettled) { try meeting.send(ana, late, run: 1) }
        #expect(meeting.room.advance(to: meeting.now).settledRuns == [RunReference(runner: ana, runKey: key)])
        #expect(throws: RoomError.runSettled) { try meeting.send(ana, late, run: 1) }
        try meeting.finish(ana)
        try meeting.start(ana)
        #expect(throws: RoomError.runSettled) { try meeting.send(ana, late, run: 1) }
        #expect(throws: RoomError.runSettled) { try meeting.pause(ana, run: 1) }
    }

    @Test("of three runs the oldest is over when the third begins, and numbers go on after a restart")
    mutating func threeRuns() throws {
        let ana = try secondRun()
        let oldest = try #require(meeting.room.runner(ana)?.earlier.first?.key)
        try meeting.finish(ana)
        let decisions = try meeting.start(ana)
        #expect(decisions.kinds == [.started(runner: ana, run: 3)])
        #expect(decisions.settledRuns.map(\.runKey) == [oldest])
        let snapshot = try #require(meeting.room.snapshot(of: ana))
        let person = try #require(meeting.room.person(ana))
        var restored = Room(restoring: "159", epoch: "e1", people: [(person, snapshot)], events: [], lastEvent: 0)
        restored.restored(at: meeting.now)
        #expect(restored.runNumber(of: ana) == 3)
    }

    @Test("the run before is over when the present one has blocks: those on disk are one run's")
    mutating func blocks() throws {
        let ana = try secondRun()
        let key = try #require(meeting.room.runner(ana)?.earlier.first?.key)
        let start = meeting.now
        let decisions = try meeting.send(
            ana, (1...150).map { marker(Int32($0), 0, at: start - 5_000 + Int64($0) * 10) })
        #expect(decisions.settledRuns.map(\.runKey) == [key])
        #expect(meeting.room.takeJournal().blocks.map(\.number) == [0])
        #expect(throws: RoomError.runSettled) { try meeting.send(ana, [marker(12, 110, at: start)], run: 1) }
    }

    @Test("who is forgotten leaves nothing of the run before either")
    mutating func forgotten() throws {
        let ana = try secondRun()
        let key = meeting.newKey()
        let decisions = meeting.room.forget(ana, newRunKey: key, at: meeting.now)
        #expect(decisions.settledRuns.count == 2 && decisions.records.isEmpty)
        #expect(meeting.room.runner(ana)?.earlier.isEmpty ?? false)
        #expect(meeting.room.takeJournal().chunks.isEmpty)
    }
}
