import Rooms
import Testing

@Suite("Events")
struct EventTests {
    var meeting = Meeting()

    private mutating func cheer(_ count: Int) throws {
        for _ in 0..<count { _ = try meeting.room.cheer(from: nil, to: nil, text: "Go", at: meeting.now) }
    }

    @Test("events are numbered 1, 2, 3 without a gap, whatever they are, and carry the server's time")
    mutating func numbering() throws {
        var events: [RoomEvent] = []
        let (ana, joined) = try meeting.join(makePerson("ana", account: 1))
        events += joined.events
        meeting.wait(second)
        events += try meeting.start(ana).events
        events += try meeting.run(ana, from: 0, to: 1100).events
        events += try meeting.pause(ana).events
        events += try meeting.start(ana).events
        events += try meeting.finish(ana).events
        events += try meeting.leave(ana).events
        #expect(events.map(\.number) == Array(1...events.count))
        #expect(meeting.room.lastEvent == events.count)
        #expect(events[0].time == noon)
        #expect(events[1].time == noon + second)
        #expect(events.last?.time == meeting.now)
        #expect(meeting.room.events(after: 0, through: events.count) == events)
    }

    @Test("a client gets every event after the one it holds, without a gap, up to 256 back")
    mutating func recovery() throws {
        try cheer(300)
        #expect(meeting.room.firstRecoverableEvent == 45)
        #expect(meeting.room.events(after: 44, through: 300)?.map(\.number) == Array(45...300))
        #expect(meeting.room.events(after: 290, through: 295)?.map(\.number) == Array(291...295))
        #expect(meeting.room.events(after: 300, through: 300) == [])
        #expect(meeting.room.events(after: 43, through: 300) == nil, "too long ago")
        #expect(meeting.room.events(after: 0, through: 300) == nil, "too long ago")
        #expect(meeting.room.events(after: 301, through: 301) == nil, "never given")
        #expect(meeting.room.events(after: 301, through: 300) == nil, "never given")
        #expect(meeting.room.events(after: -1, through: 300) == nil, "never given")
        #expect(meeting.room.events(after: .max, through: 300) == nil, "never given")
    }

    @Test("in a new room nothing is missing after 0")
    func empty() {
        #expect(meeting.room.events(after: 0, through: 0) == [])
        #expect(meeting.room.events(after: 1, through: 1) == nil)
        #expect(meeting.room.firstRecoverableEvent == 1)
    }

    @Test("the number of a stored record is in the recovered event")
    mutating func recordNumber() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10])
        let finish = try #require(try meeting.finish(ana).finish)
        #expect(finish.runID == nil)
        meeting.room.recordStored(runKey: finish.runKey, as: 7)
        let last = try #require(meeting.room.events(after: 0, through: meeting.room.lastEvent)?.last)
        guard case .finished(let recovered) = last.kind else {
            Issue.record("the last event is the finish")
            return
        }
        #expect(recovered.runID == 7)
        #expect(recovered.meters == finish.meters)
    }

    @Test("a command that is refused leaves no event and no change")
    mutating func refused() throws {
        let ana = try meeting.join()
        let version = meeting.room.version
        #expect(throws: RoomError.notRunning) { try meeting.pause(ana) }
        #expect(throws: RoomError.notStarted) { try meeting.finish(ana) }
        #expect(meeting.room.lastEvent == 1)
        #expect(meeting.room.version == version)
    }
}
