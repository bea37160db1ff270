import Geo
import Testing

@testable import Rooms

/// Live protocol, section 5: polling clients act on the same room.
@Suite("Reports of polling clients")
struct ReportTests {
    var meeting = Meeting()

    @Test("a place counts as a marker taken at the server's clock while its runner runs")
    mutating func marker() throws {
        let ana = try meeting.join()
        let started = try meeting.report(ana, PollReport(coordinate: east(0), isRunning: true))
        #expect(started.kinds == [.started(runner: ana, run: 1)])
        for step in 1...10 {
            meeting.wait(second)
            try meeting.report(ana, PollReport(coordinate: east(Double(step) * 10)))
        }
        #expect(meeting.meters(ana).isNear(100))
        #expect(meeting.row(ana)?.seconds == 10)
        #expect(meeting.row(ana)?.position == east(100))
        #expect(meeting.room.runner(ana)?.run.history.entries.last?.time == meeting.now)
        #expect(meeting.room.takeJournal().acknowledgements.first?.marker == 11)
    }

    @Test("the phone's clock has no part in a place that is dated by the server")
    mutating func offset() throws {
        let ana = try meeting.join()
        meeting.clockSample(-7_200_000, from: ana)
        try meeting.report(ana, PollReport(coordinate: east(0), isRunning: true))
        #expect(meeting.room.runner(ana)?.run.history.entries.last?.time == meeting.now)
    }

    @Test("a place of somebody who is not running moves them on the map and adds nothing")
    mutating func notRunning() throws {
        let ana = try meeting.join()
        let version = meeting.room.version
        let decisions = try meeting.report(ana, PollReport(coordinate: east(30)))
        #expect(meeting.row(ana)?.position == east(30))
        #expect(meeting.room.version > version)
        #expect(decisions.changedRunners == [ana])
        #expect(decisions.events.isEmpty)
        #expect(meeting.room.runner(ana)?.run.markerCount == 0)
        try meeting.report(ana, PollReport(coordinate: place(0, 0)))
        #expect(meeting.row(ana)?.position == east(30), "0,0 is what a client says that knows no place")
    }

    @Test("a poller that reports metres and seconds is shown with what it reports")
    mutating func reported() throws {
        let ana = try meeting.join()
        try meeting.report(ana, PollReport(meters: 0, seconds: 0, isRunning: false))
        #expect(meeting.room.runner(ana)?.run.report == nil, "zeroes before the start clear a page")
        try meeting.report(ana, PollReport(meters: 512.5, seconds: 200, isRunning: true))
        #expect(meeting.row(ana)?.meters == 512.5)
        #expect(meeting.row(ana)?.seconds == 200)
        meeting.wait(minute)
        #expect(meeting.row(ana)?.seconds == 200)
        try meeting.report(ana, PollReport(meters: 600))
        #expect(meeting.row(ana)?.meters == 600)
        #expect(meeting.row(ana)?.seconds == 200)
        #expect(meeting.row(ana)?.place == 1)
        try meeting.report(ana, PollReport(coordinate: east(5), meters: -5, seconds: .nan))
        #expect(meeting.row(ana)?.meters == 0)
        #expect(meeting.row(ana)?.seconds == 0)
    }

    @Test("a poller and a runner with markers are ranked together")
    mutating func ranked() throws {
        let ana = try meeting.runner("ana")
        let bo = try meeting.join("bo")
        try meeting.run(ana, from: 0, to: 100)
        try meeting.report(bo, PollReport(meters: 150, seconds: 20, isRunning: true))
        #expect(meeting.row(bo)?.place == 1)
        #expect(meeting.row(ana)?.place == 2)
        #expect(try #require(meeting.row(ana)?.gapMeters).isNear(50))
        #expect(meeting.row(ana)?.gapSeconds == nil, "nobody knows when they were where")
    }

    @Test("running and not running are start and pause")
    mutating func running() throws {
        let ana = try meeting.join()
        #expect(try meeting.report(ana, PollReport(isRunning: true)).kinds == [.started(runner: ana, run: 1)])
        #expect(try meeting.report(ana, PollReport(isRunning: true)).kinds == [])
        #expect(try meeting.report(ana, PollReport(isRunning: false)).kinds == [.paused(runner: ana)])
        #expect(try meeting.report(ana, PollReport(isRunning: false)).kinds == [])
        #expect(try meeting.report(ana, PollReport(isRunning: true)).kinds == [.started(runner: ana, run: 1)])
    }

    @Test("in_room leaves and comes back")
    mutating func inRoom() throws {
        let ana = try meeting.join()
        #expect(try meeting.report(ana, PollReport(isInRoom: false)).kinds == [.left(runner: ana)])
        #expect(try meeting.report(ana, PollReport(isInRoom: false)).isEmpty)
        #expect(throws: RoomError.hasLeft) { try meeting.report(ana, PollReport(meters: 1)) }
        let back = try meeting.report(ana, PollReport(isInRoom: true))
        #expect(back.kinds == [.joined(runner: ana, person: makePerson("ana", account: 1))])
        #expect(meeting.state(ana) == .ready)
    }

    @Test("a poller that reckons for itself stores its record itself")
    mutating func noRecord() throws {
        let ana = try meeting.join()
        for step in 0...5 {
            meeting.wait(second)
            let metres = Double(step) * 10
            try meeting.report(ana, PollReport(coordinate: east(metres), meters: metres, seconds: 1, isRunning: true))
        }
        let decisions = try meeting.report(ana, PollReport(isInRoom: false))
        #expect(decisions.records.isEmpty)
        #expect(decisions.settledRuns.count == 1)
    }

    @Test("a poller whose places were measured gets a record when they leave")
    mutating func measured() throws {
        let ana = try meeting.join()
        for step in 0...5 {
            meeting.wait(second)
            try meeting.report(ana, PollReport(coordinate: east(Double(step) * 10), isRunning: true))
        }
        #expect(try meeting.report(ana, PollReport(isInRoom: false)).records.first?.meters == 50)
    }

    @Test("a poller who falls silent shows offline after the grace")
    mutating func silent() throws {
        let ana = try meeting.room.join(makePerson("ana", account: 1), newRunKey: 1, at: noon).number
        #expect(meeting.room.nextDeadline == noon + 10 * second)
        meeting.wait(8 * second)
        try meeting.report(ana, PollReport(coordinate: east(1)))
        #expect(meeting.room.nextDeadline == noon + 18 * second)
        meeting.wait(10 * second)
        #expect(meeting.room.advance(to: meeting.now).kinds == [.offline(runner: ana)])
        #expect(try meeting.report(ana, PollReport(isInRoom: true)).kinds == [.online(runner: ana)])
    }

    @Test("of a run of which its runner reports with their token, a stranger has no say")
    mutating func strangers() throws {
        let ana = try meeting.join()
        let own = { (room: inout Room, report: PollReport, now: Int64) in
            try room.report(report, from: ana, isAuthenticated: true, newRunKey: { 99 }, at: now)
        }
        _ = try own(&meeting.room, PollReport(coordinate: east(0), isRunning: true), meeting.now)
        _ = meeting.room.authenticated(ana)
        for step in 1...10 {
            meeting.wait(second)
            _ = try own(&meeting.room, PollReport(coordinate: east(Double(step) * 10)), meeting.now)
        }
        meeting.wait(second)
        let foreign = try meeting.report(
            ana, PollReport(coordinate: east(500), meters: 1, seconds: 1, isRunning: false))
        #expect(foreign.events.isEmpty && foreign.changedRunners.isEmpty)
        #expect(meeting.room.isRunning(ana) && meeting.meters(ana).isNear(100))
        #expect(meeting.room.runner(ana)?.run.report == nil)
        let left = try meeting.leave(ana)
        #expect(left.records.map(\.meters) == [100])

        // Of one in which the runner never showed who they are, whoever knows the password reports.
        let bo = try meeting.join("bo")
        try meeting.report(bo, PollReport(isRunning: true))
        try meeting.report(bo, PollReport(meters: 70, seconds: 9))
        #expect(meeting.row(bo)?.meters == 70)
    }
}
