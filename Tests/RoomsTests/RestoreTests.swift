import Foundation
import Geo
import Testing

@testable import Rooms

/// Live protocol, section 6: after a restart.
@Suite("Restoring a room")
struct RestoreTests {
    var meeting = Meeting()
    var disk = Disk()

    private mutating func keep(_ decisions: Decisions) { disk.commit(decisions, of: meeting.room) }

    /// Joins, starts and comes this far, all of it on disk.
    private mutating func runner(_ account: Int64, metres: Double) throws -> Int {
        let (number, joined) = try meeting.join(makePerson("runner\(account)", account: account))
        keep(joined)
        keep(try meeting.start(number))
        keep(try meeting.run(number, from: 0, to: metres))
        _ = disk.commitJournal(of: &meeting.room)
        return number
    }

    private mutating func restart(after milliseconds: Int64 = 0) {
        meeting.wait(milliseconds)
        meeting.room = disk.restoredRoom(like: meeting.room, at: meeting.now)
    }

    @Test("people, places, clocks, splits and events come back with the same epoch")
    mutating func everything() throws {
        let ana = try runner(1, metres: 1200)
        let bo = try runner(2, metres: 500)
        keep(try meeting.pause(bo))
        let before = meeting.room
        restart()
        #expect(meeting.room.epoch == before.epoch)
        #expect(before.differences(to: meeting.room, at: meeting.now).isEmpty)
        #expect(meeting.room.events(after: 0, through: meeting.room.lastEvent)?.count == before.lastEvent)
        #expect(meeting.room.number(of: 2) == bo)
        #expect(meeting.state(ana) == .running)
        #expect(meeting.state(bo) == .paused)
        #expect(meeting.room.durableMarker(of: ana) == 121)
        #expect(!meeting.room.isConnected(ana))
        #expect(meeting.room.unjournaledCount == 0)
    }

    @Test("putting markers back measures nothing, so that it can be done where nobody waits for it")
    mutating func measuring() throws {
        let ana = try runner(1, metres: 1200)
        _ = try runner(2, metres: 500)
        var room = Room(
            restoring: meeting.room.id, epoch: meeting.room.epoch, people: disk.people, events: [], lastEvent: 0)
        #expect(!room.hasUnmeasuredMarkers)
        for chunk in disk.chunks { room.restoreMarkers(chunk) }
        #expect(room.hasUnmeasuredMarkers)
        #expect(room.runner(ana)?.run.markerCount == 0)
        room.measure()
        #expect(!room.hasUnmeasuredMarkers)
        let measured = try #require(room.runner(ana)?.run.odometer.meters)
        #expect(measured.isNear(1200))
        // The rest is for the moment in which somebody may come in.
        room.restored(at: meeting.now)
        #expect(room.runner(ana)?.run.odometer.meters == measured)
    }

    @Test("a running clock has gone on meanwhile, and the run goes on")
    mutating func clock() throws {
        let ana = try runner(1, metres: 100)
        restart(after: minute)
        #expect(meeting.row(ana)?.seconds == 71)
        try meeting.run(ana, from: 110, to: 1100)
        #expect(meeting.meters(ana) > 700, "after the gap the filter finds its way")
        #expect(meeting.room.runner(ana)?.run.ids.contiguous == 111)
    }

    @Test("what was not committed is asked for again, and nothing else")
    mutating func resend() throws {
        let ana = try runner(1, metres: 100)
        try meeting.run(ana, from: 110, to: 200)
        restart()
        #expect(meeting.room.durableMarker(of: ana) == 11)
        #expect(meeting.meters(ana).isNear(100))
        let rest = (12...21).map { marker(Int32($0), Double($0 - 1) * 10, at: noon + Int64($0) * second) }
        try meeting.send(ana, rest)
        #expect(meeting.meters(ana).isNear(200))
    }

    @Test("splits that were told are not told again, nor does an event get a number twice")
    mutating func told() throws {
        let ana = try runner(1, metres: 990)
        let decisions = try meeting.run(ana, [1002])
        #expect(decisions.splits.count == 1)
        keep(decisions)
        let lastEvent = meeting.room.lastEvent
        restart()
        #expect(meeting.room.runner(ana)?.run.splits.isEmpty == true, "its marker is lost")
        let again = try meeting.send(ana, [marker(101, 1002, at: meeting.now)])
        #expect(again.splits.isEmpty)
        #expect(meeting.room.runner(ana)?.run.splits.count == 1)
        #expect(try meeting.pause(ana).events.first?.number == lastEvent + 1)
    }

    @Test("the time while the server was down is held against nobody")
    mutating func downtime() throws {
        let ana = try runner(1, metres: 100)
        restart(after: 6 * hour)
        #expect(meeting.room.advance(to: meeting.now).isEmpty)
        #expect(meeting.room.nextDeadline == meeting.now + 10 * second)
        meeting.wait(10 * second)
        #expect(meeting.room.advance(to: meeting.now).kinds == [.offline(runner: ana)])
        #expect(meeting.room.nextDeadline == meeting.now - 10 * second + 30 * minute)
    }

    @Test("a finished run takes its late markers after the restart as well, and its record is stored again")
    mutating func lateMarkers() throws {
        let ana = try runner(1, metres: 100)
        let end = meeting.now
        meeting.wait(5 * second)
        keep(try meeting.finish(ana))
        restart(after: minute)
        #expect(meeting.state(ana) == .finished)
        let late = try meeting.send(ana, [marker(12, 110, at: end + second)])
        #expect(late.records.first?.meters == 110)
        meeting.wait(30 * second)
        let settled = meeting.room.advance(to: meeting.now)
        #expect(settled.settledRuns.count == 1)
        #expect(settled.records.first?.meters == 110)
    }

    @Test("markers that only a record holds are part of the run")
    mutating func recordAhead() throws {
        let ana = try runner(1, metres: 100)
        try meeting.run(ana, from: 110, to: 150)
        keep(try meeting.finish(ana))
        restart()
        #expect(meeting.meters(ana).isNear(150))
        #expect(meeting.room.durableMarker(of: ana) == 16)
    }

    @Test("a settled run shows what it came to, even if its record is gone")
    mutating func withoutRecord() throws {
        let ana = try runner(1, metres: 100)
        keep(try meeting.finish(ana))
        meeting.wait(30 * second)
        keep(meeting.room.advance(to: meeting.now))
        let snapshot = try #require(meeting.room.snapshot(of: ana))
        let person = try #require(meeting.room.person(ana))
        var restored = Room(restoring: "159", epoch: "e1", people: [(person, snapshot)], events: [], lastEvent: 9)
        restored.restored(at: meeting.now)
        restored.refreshStandings()
        let row = try #require(restored.row(of: ana, at: meeting.now))
        #expect(row.meters == meeting.meters(ana))
        #expect(row.seconds == 11)
        #expect(row.place == 1)
        #expect(restored.finishedRunKeys.map(\.runKey) == [snapshot.runKey])
        // The second time as well.
        var again = Room(
            restoring: "159", epoch: "e1", people: [(person, try #require(restored.snapshot(of: ana)))], events: [],
            lastEvent: 9)
        again.restored(at: meeting.now)
        #expect(again.row(of: ana, at: meeting.now)?.meters == row.meters)
    }

    @Test("what a poller reported is not forgotten, with a place and without")
    mutating func poller() throws {
        let (ana, joined) = try meeting.join(makePerson("ana", account: 1))
        keep(joined)
        keep(try meeting.report(ana, PollReport(coordinate: east(77))))
        keep(try meeting.report(ana, PollReport(meters: 512.5, seconds: 200, isRunning: true)))
        restart()
        #expect(meeting.row(ana)?.meters == 512.5)
        #expect(meeting.row(ana)?.seconds == 200)
        #expect(meeting.row(ana)?.place == 1)
    }

    @Test("a place on the map without a run comes back")
    mutating func reportedPlace() throws {
        let (ana, joined) = try meeting.join(makePerson("ana", account: 1))
        keep(joined)
        keep(try meeting.report(ana, PollReport(coordinate: east(77))))
        restart()
        #expect(meeting.row(ana)?.position == east(77))
    }

    @Test("markers of another run or another person's are passed over")
    mutating func foreignMarkers() throws {
        let ana = try runner(1, metres: 100)
        let point = TrackPoint(id: 12, time: meeting.now, coordinate: east(110))
        meeting.room.restoreMarkers(JournalChunk(runner: ana, runKey: 999, markers: [point]))
        meeting.room.restoreMarkers(JournalChunk(runner: 7, runKey: 2, markers: [point]))
        #expect(meeting.room.runner(ana)?.run.markerCount == 11)
    }

    @Test("of stored events with a gap only those after it can be recovered")
    func eventGap() {
        let events = [1, 2, 4, 5].map { RoomEvent(number: $0, time: noon, kind: .closed) }
        let room = Room(restoring: "1", epoch: "e", people: [], events: events, lastEvent: 5)
        #expect(room.firstRecoverableEvent == 4)
        #expect(room.events(after: 3, through: 5)?.map(\.number) == [4, 5])
        #expect(room.events(after: 2, through: 5) == nil)
        let shorter = Room(restoring: "1", epoch: "e", people: [], events: events, lastEvent: 8)
        #expect(shorter.lastEvent == 8)
        #expect(shorter.events(after: 5, through: 8) == nil)
        #expect(shorter.events(after: 8, through: 8) == [])
    }

    @Test("a snapshot is the same after its way to disk and back")
    mutating func coding() throws {
        let ana = try runner(1, metres: 100)
        meeting.clockSample(-1234, from: ana)
        try meeting.pause(ana, time: meeting.now - 500)
        try meeting.start(ana)
        try meeting.finish(ana, time: meeting.now)
        let snapshot = try #require(meeting.room.snapshot(of: ana))
        let bytes = try JSONEncoder().encode(snapshot)
        #expect(try JSONDecoder().decode(RunnerSnapshot.self, from: bytes) == snapshot)
    }
}
