import Geo
import Testing

@testable import Rooms

@Suite("Start, pause, finish")
struct RunCommandTests {
    @Test("a finish dated like the last marker takes nothing off, however slow the sample of the phone's clock was")
    func slowSample() throws {
        var meeting = Meeting()
        let ana = try meeting.join()
        // The join was 4 s on its way: by what is known, this phone's clock is 4 s behind.
        meeting.clockSample(4 * second, from: ana)
        try meeting.start(ana, time: meeting.now)
        for id in 1...10 {
            meeting.wait(second)
            try meeting.send(ana, [marker(Int32(id), Double(id) * 5, at: meeting.now)])
        }
        let before = meeting.meters(ana)
        #expect(before.isNear(45))
        let decisions = try meeting.finish(ana, time: meeting.now)
        #expect(decisions.corrections.isEmpty)
        #expect(decisions.finish?.meters == before.toOneDecimal)
        #expect(meeting.counted(ana) == Array(1...10))
        // Who finishes before that means it.
        var other = Meeting()
        let ben = try other.runner("ben")
        try other.run(ben, from: 0, to: 100)
        #expect(try other.finish(ben, time: other.now - 5 * second).finish?.meters ?? 0 < 60)
    }

    var meeting = Meeting()

    @Test("a run goes from ready over running and paused to finished")
    mutating func states() throws {
        let ana = try meeting.join()
        #expect(meeting.state(ana) == .ready)
        #expect(try meeting.start(ana).kinds == [.started(runner: ana, run: 1)])
        #expect(meeting.state(ana) == .running)
        #expect(meeting.room.isRunning(ana))
        #expect(try meeting.pause(ana).kinds == [.paused(runner: ana)])
        #expect(meeting.state(ana) == .paused)
        #expect(!meeting.room.isRunning(ana))
        #expect(try meeting.start(ana).kinds == [.started(runner: ana, run: 1)])
        #expect(meeting.state(ana) == .running)
        let finished = try meeting.finish(ana)
        #expect(finished.finish?.runner == ana)
        #expect(finished.changedRunners == [ana])
        #expect(meeting.state(ana) == .finished)
    }

    @Test("what makes no sense in a state is refused")
    mutating func refusals() throws {
        let ana = try meeting.join()
        #expect(throws: RoomError.notRunning) { try meeting.pause(ana) }
        #expect(throws: RoomError.notStarted) { try meeting.finish(ana) }
        try meeting.start(ana)
        #expect(throws: RoomError.alreadyRunning) { try meeting.start(ana) }
        try meeting.pause(ana)
        #expect(throws: RoomError.notRunning) { try meeting.pause(ana) }
        try meeting.finish(ana)
        #expect(throws: RoomError.alreadyFinished) { try meeting.pause(ana) }
        #expect(throws: RoomError.alreadyFinished) { try meeting.finish(ana) }
    }

    @Test("seconds run from start to now, without pauses")
    mutating func seconds() throws {
        let ana = try meeting.join()
        #expect(meeting.row(ana)?.seconds == 0)
        meeting.wait(minute)
        try meeting.start(ana)
        meeting.wait(90 * second)
        #expect(meeting.row(ana)?.seconds == 90)
        try meeting.pause(ana)
        meeting.wait(hour)
        #expect(meeting.row(ana)?.seconds == 90)
        try meeting.start(ana)
        meeting.wait(2_500)
        #expect(meeting.row(ana)?.seconds == 92.5)
    }

    @Test("at the finish the seconds end with the last counted marker")
    mutating func finishSeconds() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 100)
        meeting.wait(30 * second)
        #expect(meeting.row(ana)?.seconds == 41)
        let finish = try #require(try meeting.finish(ana).finish)
        #expect(finish.seconds == 11)
        #expect(finish.meters == 100)
        meeting.wait(hour)
        #expect(meeting.row(ana)?.seconds == 11)
    }

    @Test("without a counted marker the finish itself ends the seconds")
    mutating func finishWithoutMarkers() throws {
        let ana = try meeting.runner()
        meeting.wait(30 * second)
        let decisions = try meeting.finish(ana)
        #expect(decisions.finish?.seconds == 30)
        #expect(decisions.finish?.place == nil)
        #expect(decisions.finish?.isRecorded == true)
        #expect(decisions.records.first?.seconds == 30)
    }

    @Test("a phone whose clock is hours behind loses neither its way nor its time")
    mutating func clockBehind() throws {
        let ana = try meeting.runner()
        for id in 1...11 {
            meeting.wait(second)
            try meeting.send(ana, [marker(Int32(id), Double(id - 1) * 10, at: meeting.now - 3 * hour)])
        }
        let finish = try #require(try meeting.finish(ana).finish)
        #expect(finish.meters == 100)
        #expect(finish.seconds == 11)
    }

    @Test(
        "start carries the phone's time: at most 24 h back, never ahead of now",
        arguments: [
            (noon - 5_000, noon - 5_000), (noon - day, noon - day), (noon - day - 1, noon - day), (0, noon - day),
            (noon, noon), (noon + 1, noon), (noon + day, noon), (.min, noon - day), (.max, noon),
        ] as [(Int64, Int64)])
    mutating func startTime(told: Int64, held: Int64) throws {
        let ana = try meeting.join()
        try meeting.start(ana, time: told)
        #expect(meeting.room.times(of: ana).start == held)
    }

    @Test("a finish that arrives on time takes the last markers of a phone that is up to 5 s ahead")
    mutating func phoneAhead() throws {
        let ana = try meeting.runner()
        for id in 1...11 {
            meeting.wait(second)
            try meeting.send(ana, [marker(Int32(id), Double(id - 1) * 10, at: meeting.now + 4 * second)])
        }
        let finish = try #require(try meeting.finish(ana).finish)
        #expect(finish.meters == 100)
        #expect(finish.seconds == 11)
    }

    @Test("finishing out of a pause does not bring in what was passed in the pause")
    mutating func finishPaused() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10])
        try meeting.pause(ana)
        try meeting.run(ana, [20, 30, 40])
        #expect(try meeting.finish(ana, time: meeting.now - 2 * second).finish?.meters == 10)
        #expect(meeting.counted(ana) == [1, 2])
    }

    @Test("pause, resumption and finish never come before what happened earlier in the run")
    mutating func orderOfTimes() throws {
        let ana = try meeting.join()
        try meeting.start(ana)
        meeting.wait(10 * second)
        try meeting.pause(ana, time: noon - 1)
        #expect(meeting.row(ana)?.seconds == 0)
        meeting.wait(10 * second)
        try meeting.start(ana, time: noon + 5 * second)
        #expect(meeting.row(ana)?.seconds == 15)
        try meeting.pause(ana, time: noon + 8 * second)
        #expect(meeting.row(ana)?.seconds == 3)
        try meeting.finish(ana, time: noon)
        #expect(meeting.room.times(of: ana).end == noon + 8 * second)
        #expect(meeting.row(ana)?.seconds == 3)
    }

    @Test("a new run may begin before the end of the one before it: it is another run")
    mutating func newRunTime() throws {
        let ana = try meeting.runner()
        meeting.wait(minute)
        try meeting.finish(ana)
        try meeting.start(ana, time: noon + 5)
        #expect(meeting.room.times(of: ana).start == noon + 5)
    }

    @Test("the phone's times are corrected by its clock's offset, the smallest of the samples")
    mutating func offset() throws {
        let ana = try meeting.join()
        meeting.clockSample(-60_000 + 900, from: ana)
        meeting.clockSample(-60_000 + 40, from: ana)
        meeting.clockSample(-60_000 + 300, from: ana)
        try meeting.start(ana, time: noon + 50_000)
        #expect(meeting.room.times(of: ana).start == noon - 9_960)
        try meeting.send(ana, [marker(1, 0, at: noon + 59_960)])
        #expect(meeting.room.runner(ana)?.run.history.entries[0].time == noon)
        #expect(meeting.counted(ana) == [1])
    }

    @Test("a sample that is no clock's is passed over", arguments: [Int64.min, .max, -9_000_000_000_000_000])
    mutating func absurdOffset(sample: Int64) throws {
        let ana = try meeting.join()
        meeting.clockSample(sample, from: ana)
        try meeting.report(ana, PollReport(coordinate: east(0), isRunning: true))
        try meeting.start(try meeting.join("bo"), time: noon)
        #expect(meeting.counted(ana) == [1])
    }

    @Test("a start that is told late brings in the markers since, and says that the distance changed")
    mutating func lateStart() throws {
        let ana = try meeting.join()
        try meeting.run(ana, from: 0, to: 100)
        #expect(meeting.meters(ana) == 0)
        let decisions = try meeting.start(ana, time: meeting.now - 5 * second)
        #expect(meeting.meters(ana).isNear(50))
        #expect(decisions.kinds == [.started(runner: ana, run: 1), .corrected(runner: ana, from: 0, to: 50)])
        #expect(meeting.row(ana)?.seconds == 5)
    }

    @Test("a pause that is told late takes the way since back, and says so")
    mutating func latePause() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 100)
        let decisions = try meeting.pause(ana, time: meeting.now - 4 * second)
        #expect(meeting.meters(ana).isNear(60))
        #expect(decisions.kinds == [.paused(runner: ana), .corrected(runner: ana, from: 100, to: 60)])
    }

    @Test("a resumption at the very time of a marker includes it, also after everything is reckoned anew")
    mutating func resumeAtMarker() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10])
        try meeting.pause(ana)
        try meeting.run(ana, [20])
        let time = meeting.now
        meeting.wait(second)
        try meeting.start(ana, time: time)
        #expect(meeting.counted(ana) == [1, 2, 3])
        #expect(meeting.meters(ana).isNear(10), "the pause is not bridged")
    }

    @Test("a finish that is told late ends the run when it happened")
    mutating func lateFinish() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 200)
        let end = meeting.now - 10 * second
        let decisions = try meeting.finish(ana, time: end)
        #expect(decisions.records.first?.end == end)
        #expect(decisions.finish?.meters == 100)
        #expect(decisions.finish?.seconds == 11)
        #expect(decisions.kinds.first == .corrected(runner: ana, from: 200, to: 100))
    }

    @Test("after a finish, start begins a new run whose markers count from 1 again")
    mutating func secondRun() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 100)
        let first = try #require(try meeting.finish(ana).records.first)
        meeting.wait(second)
        let decisions = try meeting.start(ana)
        #expect(decisions.settledRuns.isEmpty, "its last markers may be under way")
        #expect(decisions.kinds == [.started(runner: ana, run: 2)])
        #expect(meeting.room.runNumber(of: ana) == 2)
        #expect(meeting.meters(ana) == 0)
        #expect(meeting.room.durableMarker(of: ana) == 0)
        #expect(meeting.row(ana)?.place == nil)
        #expect(meeting.nextID(ana) == 1)
        try meeting.run(ana, from: 500, to: 530)
        let second = try #require(try meeting.finish(ana).records.first)
        #expect(first.runKey != second.runKey)
        #expect(first.account == second.account)
        #expect(second.meters == 30)
        #expect(second.markers.map(\.id) == [1, 2, 3, 4])
    }

    @Test("a resumption is the same run")
    mutating func resumption() throws {
        let ana = try meeting.runner()
        let key = meeting.room.runKey(of: ana)
        try meeting.run(ana, [0, 10])
        try meeting.pause(ana)
        try meeting.start(ana)
        #expect(meeting.room.runKey(of: ana) == key)
        #expect(meeting.nextID(ana) == 3)
    }

    @Test("a server's clock that goes back breaks nothing")
    mutating func serverClockBack() throws {
        let ana = try meeting.runner()
        meeting.wait(-minute)
        try meeting.pause(ana)
        meeting.wait(-minute)
        try meeting.start(ana)
        #expect(meeting.row(ana)?.seconds == 0)
        meeting.room.disconnected(ana, at: meeting.now)
        meeting.now = noon + hour
        #expect(meeting.room.advance(to: meeting.now).finish != nil)
    }
}
