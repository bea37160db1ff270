import Rooms
import Testing

@Suite("Offline and away")
struct PresenceTests {
    var meeting = Meeting()

    private mutating func advance() -> Decisions { meeting.room.advance(to: meeting.now) }

    @Test("a dropped connection shows after 10 s, and everybody is told once")
    mutating func offline() throws {
        let ana = try meeting.runner()
        #expect(meeting.room.nextDeadline == nil)
        meeting.room.disconnected(ana, at: meeting.now)
        #expect(meeting.room.nextDeadline == noon + 10 * second)
        meeting.wait(10 * second - 1)
        #expect(advance().isEmpty)
        #expect(meeting.state(ana) == .running)
        meeting.wait(1)
        let decisions = advance()
        #expect(decisions.kinds == [.offline(runner: ana)])
        #expect(decisions.changedRunners == [ana])
        #expect(meeting.state(ana) == .offline)
        #expect(advance().isEmpty)
        #expect(meeting.room.isRunning(ana), "the run goes on unseen")
    }

    @Test("a short drop does not flap")
    mutating func shortDrop() throws {
        let ana = try meeting.runner()
        meeting.room.disconnected(ana, at: meeting.now)
        meeting.wait(9 * second)
        #expect(try meeting.room.connected(ana, at: meeting.now).isEmpty)
        meeting.wait(hour)
        #expect(advance().isEmpty)
        #expect(meeting.room.nextDeadline == nil)
    }

    @Test("whoever comes back is online, stays in the ranking and has lost nothing")
    mutating func online() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 100)
        meeting.room.disconnected(ana, at: meeting.now)
        meeting.wait(minute)
        _ = advance()
        #expect(meeting.row(ana)?.state == .offline)
        #expect(meeting.row(ana)?.place == 1)
        let (_, decisions) = try meeting.join(makePerson("ana", account: 1))
        #expect(decisions.kinds == [.online(runner: ana)])
        #expect(meeting.state(ana) == .running)
        #expect(meeting.meters(ana).isNear(100))
        #expect(meeting.row(ana)?.seconds == 71)
    }

    @Test("any sign of life brings somebody back: markers, a command, a poll")
    mutating func signsOfLife() throws {
        let signs: [(inout Meeting, Int) throws -> Decisions] = [
            { try $0.send($1, [marker(1, 0, at: noon)]) }, { try $0.pause($1) }, { try $0.finish($1) },
            { try $0.report($1, PollReport(isInRoom: true)) }, { try $0.room.connected($1, at: $0.now) },
        ]
        for (index, sign) in signs.enumerated() {
            let runner = try meeting.runner("runner\(index)")
            meeting.room.disconnected(runner, at: meeting.now)
            meeting.wait(11 * second)
            _ = advance()
            #expect(meeting.state(runner) == .offline)
            #expect(try sign(&meeting, runner).kinds.first == .online(runner: runner))
            #expect(meeting.state(runner) != .offline)
            _ = try meeting.room.connected(runner, at: meeting.now)
        }
    }

    @Test("a paused or ready runner shows offline too, a finished or left one does not")
    mutating func whichStates() throws {
        let ready = try meeting.join("ana")
        let paused = try meeting.runner("bo")
        let finished = try meeting.runner("cy")
        let left = try meeting.join("di")
        try meeting.pause(paused)
        try meeting.finish(finished)
        try meeting.leave(left)
        for number in 1...4 { meeting.room.disconnected(number, at: meeting.now) }
        meeting.wait(minute)
        #expect(Set(advance().kinds) == [.offline(runner: ready), .offline(runner: paused)])
        #expect(meeting.state(finished) == .finished)
        #expect(meeting.state(left) == .left)
    }

    @Test("whoever never comes back is finished 30 min after they were last heard of, where they were last seen")
    mutating func autoFinish() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 100)
        let lastMarker = meeting.now
        meeting.wait(5 * second)
        meeting.room.disconnected(ana, at: meeting.now)
        meeting.wait(30 * minute - 1)
        #expect(advance().kinds == [.offline(runner: ana)])
        #expect(meeting.room.nextDeadline == meeting.now + 1)
        meeting.wait(1)
        let decisions = advance()
        let record = try #require(decisions.records.first)
        #expect(record.end == lastMarker)
        #expect(record.seconds == 11)
        #expect(record.meters == 100)
        #expect(decisions.finish?.isRecorded == true)
        #expect(meeting.state(ana) == .finished)
        meeting.wait(30 * second)
        #expect(advance().settledRuns.map(\.runKey) == [record.runKey])
        #expect(meeting.room.nextDeadline == nil)
        #expect(meeting.room.isQuiescent)
    }

    @Test("a run of fewer than two markers that nobody ended becomes no record", arguments: [0, 1])
    mutating func tooShort(markers: Int) throws {
        let ana = try meeting.runner()
        try meeting.run(ana, (0..<markers).map { Double($0) })
        meeting.room.disconnected(ana, at: meeting.now)
        meeting.wait(hour)
        let decisions = advance()
        #expect(decisions.records.isEmpty)
        #expect(decisions.finish?.isRecorded == false)
        #expect(decisions.settledRuns.count == 1)
    }

    @Test("somebody who paused and went home is finished too")
    mutating func pausedAndGone() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 100)
        try meeting.pause(ana)
        meeting.room.disconnected(ana, at: meeting.now)
        meeting.wait(hour)
        #expect(advance().records.first?.seconds == 11)
    }

    @Test("a connected runner is never finished, however long nothing comes")
    mutating func connectedStays() throws {
        let ana = try meeting.runner()
        meeting.wait(day)
        #expect(advance().isEmpty)
        #expect(meeting.state(ana) == .running)
    }

    @Test("an empty room rests, one with somebody in it or something to do does not")
    mutating func quiescence() throws {
        #expect(meeting.room.isQuiescent)
        let ana = try meeting.join()
        #expect(!meeting.room.isQuiescent)
        meeting.room.disconnected(ana, at: meeting.now)
        #expect(!meeting.room.isQuiescent, "has yet to show offline")
        meeting.wait(minute)
        _ = advance()
        #expect(meeting.room.isQuiescent)
        try meeting.send(ana, [marker(1, 0, at: noon)])
        meeting.wait(minute)
        _ = advance()
        #expect(!meeting.room.isQuiescent, "markers wait for the journal")
        _ = meeting.room.takeJournal()
        #expect(meeting.room.isQuiescent)
    }
}
