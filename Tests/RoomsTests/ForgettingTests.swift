import Geo
import Testing

@testable import Rooms

/// What is left in a room of somebody whose account was deleted.
@Suite("Being forgotten")
struct ForgettingTests {
    @Test(
        "whoever had a number is nobody, whatever a damaged row says that it was", arguments: [Int.min, -7, 0, 1, .max])
    func nobody(number: Int) {
        #expect(Person.nobody(number).isNobody)
    }

    @Test("a runner who is forgotten leaves no name, no words and no place, and keeps number, distance and rank")
    func nameless() throws {
        var meeting = Meeting()
        let ana = try meeting.runner("ana"), ben = try meeting.runner("ben")
        try meeting.run(ana, from: 0, to: 300)
        try meeting.run(ben, from: 0, to: 200)
        _ = try meeting.room.cheer(from: ana, to: ben, text: "I am Ana", at: meeting.now)
        try meeting.finish(ana)
        let before = try #require(meeting.row(ana))

        let decisions = meeting.room.forget(ana, newRunKey: 99, at: meeting.now)
        #expect(decisions.kinds == [.left(runner: ana)])
        #expect(decisions.changedRunners == [ana])
        #expect(decisions.settledRuns.map(\.runKey) == [1], "the journal keeps nothing of hers")
        let after = try #require(meeting.row(ana))
        #expect(after.position == nil)
        #expect(after.state == .left)
        #expect(after.meters == before.meters && after.seconds == before.seconds && after.place == 1)
        #expect(meeting.row(ben)?.place == 2, "a race is not decided anew")
        #expect(meeting.room.outline(of: ana).isEmpty)
        #expect(meeting.room.person(ana) == .nobody(ana))
        #expect(meeting.room.number(of: 1) == nil, "who gets the account's number is somebody else")

        let events = try #require(meeting.room.events(after: 0, through: meeting.room.lastEvent))
        #expect(events.contains { $0.kind == .joined(runner: ana, person: .nobody(ana)) })
        #expect(events.contains { $0.kind == .cheer(from: ana, to: ben, text: "…") })
        #expect(events.contains { $0.kind == .joined(runner: ben, person: makePerson("ben", account: 2)) })
        #expect(events.contains { if case .finished(let finish) = $0.kind { finish.runner == ana } else { false } })
    }

    @Test("the run of somebody who is forgotten while running ends, and becomes no record")
    func running() throws {
        var meeting = Meeting()
        let ana = try meeting.runner("ana")
        try meeting.run(ana, from: 0, to: 100)
        let decisions = meeting.room.forget(ana, newRunKey: 99, at: meeting.now)
        #expect(decisions.finish?.runner == ana)
        #expect(decisions.records.isEmpty)
        #expect(meeting.room.runKey(of: ana) == 99)
        #expect(meeting.room.unjournaledCount == 0)
        #expect(meeting.room.isQuiescent)
        let late = Acknowledgement(runner: ana, runKey: 1, marker: 5)
        let isAckDue = meeting.room.stored(late)
        #expect(!isAckDue, "a commit that was under way promises nothing")
    }

    @Test("being forgotten twice changes nothing the second time, and a number that nobody has is nobody's")
    func twice() throws {
        var meeting = Meeting()
        let ana = try meeting.runner("ana")
        try meeting.run(ana, from: 0, to: 100)
        _ = meeting.room.forget(ana, newRunKey: 99, at: meeting.now)
        let version = meeting.room.version
        for number in [ana, 7, 0, .min, .max] {
            let decisions = meeting.room.forget(number, newRunKey: 100, at: meeting.now)
            #expect(decisions.isEmpty)
        }
        #expect(meeting.room.version == version)
    }

    @Test("somebody new with the same name is another runner")
    func sameName() throws {
        var meeting = Meeting()
        let ana = try meeting.join("ana")
        _ = meeting.room.forget(ana, newRunKey: 99, at: meeting.now)
        let other = try meeting.join(makePerson("ana", account: 77)).number
        #expect(other == 2)
        #expect(meeting.room.person(ana)?.username.isEmpty == true)
    }

    @Test("who has come is told of by the name that they have by then")
    func renamed() throws {
        var meeting = Meeting()
        let (ana, joined) = try meeting.join(makePerson("ana", account: 1))
        let event = try #require(joined.events.first)
        let alias = makePerson("runner-x", account: 1)
        meeting.room.update(alias)
        #expect(
            meeting.room.tellable(event)
                == RoomEvent(
                    number: event.number, time: event.time, kind: .joined(runner: ana, person: alias)))
    }

    @Test("an event that was decided before its author was forgotten is told without the name")
    func tellable() throws {
        var meeting = Meeting()
        let (ana, joined) = try meeting.join(makePerson("ana", account: 1))
        let event = try #require(joined.events.first)
        #expect(meeting.room.tellable(event) == event)
        _ = meeting.room.forget(ana, newRunKey: 99, at: meeting.now)
        #expect(meeting.room.tellable(event).kind == .joined(runner: ana, person: .nobody(ana)))
        #expect(meeting.room.tellable(event).number == event.number)
    }

    @Test("what happened to a room that was deleted meanwhile is forgotten too")
    func closed() throws {
        var meeting = Meeting()
        let ana = try meeting.runner("ana")
        try meeting.run(ana, from: 0, to: 100)
        _ = try meeting.room.close(at: meeting.now)
        let decisions = meeting.room.forget(ana, newRunKey: 99, at: meeting.now)
        #expect(decisions.events.isEmpty, "after `closed` there is no event")
        #expect(meeting.room.person(ana) == .nobody(ana))
        #expect(meeting.row(ana)?.position == nil)
    }
}
