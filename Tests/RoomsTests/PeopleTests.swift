import Rooms
import TestKit
import Testing

@Suite("People in a room")
struct PeopleTests {
    var meeting = Meeting()

    @Test("people are numbered 1, 2, 3 in the order of joining, and everybody is told who came")
    mutating func numbers() throws {
        for (index, name) in ["ana", "bo", "cy"].enumerated() {
            let person = makePerson(name, account: Int64(10 - index))
            let (number, decisions) = try meeting.join(person)
            #expect(number == index + 1)
            #expect(decisions.kinds == [.joined(runner: number, person: person)])
            #expect(decisions.changedRunners == [number])
            #expect(meeting.room.number(of: person.account) == number)
            #expect(meeting.state(number) == .ready)
        }
        #expect(meeting.room.runnerNumbers == [1, 2, 3])
        #expect(meeting.room.population == 3)
    }

    @Test("joining twice is no error, no event and no second number")
    mutating func twice() throws {
        let ana = makePerson("ana", account: 1)
        try meeting.join(ana)
        let (number, decisions) = try meeting.join(ana)
        #expect(number == 1)
        #expect(decisions.isEmpty)
    }

    @Test("a new nickname replaces the old one, without an event, and in those that can be recovered")
    mutating func rename() throws {
        var ana = makePerson("ana", account: 1)
        try meeting.join(ana)
        ana.nickname = "Anna"
        let (_, decisions) = try meeting.join(ana)
        #expect(decisions.isEmpty, "names are stored elsewhere")
        #expect(meeting.room.person(1)?.nickname == "Anna")
        ana.username = "anna"
        meeting.room.update(ana)
        meeting.room.update(makePerson("bo", account: 2))
        #expect(meeting.room.person(1)?.username == "anna")
        #expect(meeting.room.events(after: 0, through: 1)?.map(\.kind) == [.joined(runner: 1, person: ana)])
        #expect(meeting.room.runnerNumbers == [1])
    }

    @Test("a number is stable: whoever comes back has the old one, whoever is new the next one")
    mutating func stable() throws {
        let ana = makePerson("ana", account: 1)
        try meeting.join(ana)
        try meeting.join(makePerson("bo", account: 2))
        let left = try meeting.leave(1)
        #expect(left.kinds == [.left(runner: 1)])
        #expect(meeting.state(1) == .left)
        #expect(!meeting.room.isInRoom(1))
        #expect(try meeting.join(makePerson("cy", account: 3)).number == 3)
        let (number, decisions) = try meeting.join(ana)
        #expect(number == 1)
        #expect(decisions.kinds == [.joined(runner: 1, person: ana)])
        #expect(meeting.state(1) == .ready)
    }

    @Test("whoever has left is not listened to until they join again")
    mutating func left() throws {
        let ana = try meeting.runner()
        try meeting.leave(ana)
        #expect(throws: RoomError.hasLeft) { try meeting.start(ana) }
        #expect(throws: RoomError.hasLeft) { try meeting.pause(ana) }
        #expect(throws: RoomError.hasLeft) { try meeting.finish(ana) }
        #expect(throws: RoomError.hasLeft) { try meeting.leave(ana) }
        #expect(throws: RoomError.hasLeft) { try meeting.send(ana, [marker(1, 0, at: noon)]) }
        #expect(throws: RoomError.hasLeft) { try meeting.report(ana, PollReport(isRunning: true)) }
        #expect(throws: RoomError.hasLeft) { try meeting.room.connected(ana, at: noon) }
    }

    @Test("nobody has the numbers 0, -1 or one more than there are", arguments: [0, -1, 2, .max, .min])
    mutating func unknown(number: Int) throws {
        _ = try meeting.join()
        #expect(throws: RoomError.noSuchRunner(number)) { try meeting.start(number) }
        #expect(throws: RoomError.noSuchRunner(number)) { try meeting.send(number, []) }
        #expect(throws: RoomError.noSuchRunner(number)) { try meeting.report(number, PollReport()) }
        #expect(throws: RoomError.noSuchRunner(number)) {
            try meeting.room.cheer(from: 1, to: number, text: "Go", at: noon)
        }
        meeting.room.disconnected(number, at: noon)
        #expect(meeting.row(number) == nil)
        #expect(meeting.room.durableMarker(of: number) == 0)
    }

    @Test("a room takes as many runners as it may, and those who leave make room")
    mutating func capacity() throws {
        var settings = RoomSettings()
        settings.capacity = 2
        meeting = Meeting(settings)
        let people = ["ana", "bo", "cy"].enumerated().map { makePerson($1, account: Int64($0)) }
        try meeting.join(people[0])
        try meeting.join(people[1])
        let lastEvent = meeting.room.lastEvent
        #expect(throws: RoomError.roomFull) { try meeting.join(people[2]) }
        #expect(meeting.room.lastEvent == lastEvent)
        #expect(meeting.room.runnerNumbers == [1, 2])
        try meeting.join(people[0])  // is in already
        try meeting.leave(1)
        #expect(try meeting.join(people[2]).number == 3)
        #expect(throws: RoomError.roomFull) { try meeting.join(people[0]) }
        #expect(throws: RoomError.roomFull) { try meeting.report(1, PollReport(isInRoom: true)) }
        #expect(meeting.state(1) == .left)
    }

    @Test("two hundred runners by default")
    mutating func defaultCapacity() throws {
        for account in 1...200 { try meeting.join(makePerson("u", account: Int64(account))) }
        #expect(throws: RoomError.roomFull) { try meeting.join(makePerson("u", account: 201)) }
    }

    @Test("leaving stores an unfinished run of two markers as finish does", arguments: [0, 1, 2, 3])
    mutating func leaveStores(markers: Int) throws {
        let ana = try meeting.runner()
        let key = try #require(meeting.room.runKey(of: ana))
        try meeting.run(ana, (0..<markers).map { Double($0) * 10 })
        meeting.wait(second)
        let decisions = try meeting.leave(ana)
        #expect(decisions.records.count == (markers >= 2 ? 1 : 0))
        if markers >= 2 {
            #expect(decisions.finish?.isRecorded == true)
            #expect(decisions.records.first?.markers.count == markers)
            #expect(decisions.kinds.last == .left(runner: ana))
        } else {
            #expect(decisions.kinds == [.left(runner: ana)])
            #expect(decisions.settledRuns.map(\.runKey) == [key])
        }
        // Whoever comes back after a run finds it finished, and starts anew after less.
        try meeting.join(makePerson("ana", account: 1))
        #expect(meeting.state(ana) == (markers >= 2 ? .finished : .ready))
        #expect((meeting.room.runKey(of: ana) == key) == (markers >= 2))
        try meeting.start(ana)
        #expect(meeting.state(ana) == .running)
        #expect(meeting.room.runKey(of: ana) != key)
    }

    @Test("the clock of somebody who left with too little for a record stands")
    mutating func clockStands() throws {
        let ana = try meeting.runner()
        meeting.wait(5 * second)
        try meeting.leave(ana)
        meeting.wait(hour)
        #expect(meeting.row(ana)?.seconds == 5)
        #expect(!meeting.room.isRunning(ana))
    }

    @Test("a cheer goes to one runner or to the room, from a runner or a spectator")
    mutating func cheer() throws {
        let ana = try meeting.join()
        let one = try meeting.room.cheer(from: nil, to: ana, text: "加油", at: noon)
        #expect(one.kinds == [.cheer(from: nil, to: ana, text: "加油")])
        let all = try meeting.room.cheer(from: ana, to: nil, text: "Go!", at: noon)
        #expect(all.kinds == [.cheer(from: ana, to: nil, text: "Go!")])
        #expect(all.changedRunners.isEmpty)
    }

    @Test(
        "a cheer has 1-200 characters that can be seen",
        arguments: [
            ("", false), ("a", true), (String(repeating: "加", count: 200), true),
            (String(repeating: "a", count: 201), false), (" \u{3000} ", false),
            ("\u{2800}\u{3164}", false), ("\u{202E}\u{200B}", false), ("a\nb", false), ("a\u{0}", false),
            (String(repeating: "👨‍👩‍👧‍👦", count: 200), true),
            ("e" + String(repeating: "\u{301}", count: 10_000), false),
        ].map { (text: String, isGood: Bool) in (Abridged(text), isGood) })
    mutating func cheerLength(text: Abridged<String>, isGood: Bool) throws {
        let text = text.value
        if isGood {
            let decisions = try meeting.room.cheer(from: nil, to: nil, text: text, at: noon)
            #expect(decisions.kinds == [.cheer(from: nil, to: nil, text: text)])
        } else {
            #expect(throws: RoomError.badCheer) { try meeting.room.cheer(from: nil, to: nil, text: text, at: noon) }
            #expect(meeting.room.lastEvent == 0)
        }
    }

    @Test("a cheer turns nobody else's line around")
    mutating func cheerDirections() throws {
        let turned = try meeting.room.cheer(from: nil, to: nil, text: "\u{202E}oG \u{2067}加油", at: noon)
        #expect(turned.kinds == [.cheer(from: nil, to: nil, text: "oG 加油")])
        let right = "Go \u{2067}שרה\u{2069}!"
        #expect(
            try meeting.room.cheer(from: nil, to: nil, text: right, at: noon).kinds
                == [.cheer(from: nil, to: nil, text: right)])
    }

    @Test("closing stores what is unfinished, says so last, and ends the room")
    mutating func close() throws {
        let ana = try meeting.runner("ana")
        let bo = try meeting.join("bo")
        try meeting.run(ana, [0, 10, 20])
        meeting.wait(second)
        let decisions = try meeting.room.close(at: meeting.now)
        #expect(decisions.records.map(\.runner) == [ana])
        #expect(decisions.kinds.last == .closed)
        #expect(meeting.room.isClosed)
        #expect(meeting.room.nextDeadline == nil)
        #expect(meeting.room.advance(to: meeting.now + hour).isEmpty)
        #expect(throws: RoomError.roomClosed) { try meeting.room.close(at: noon) }
        #expect(throws: RoomError.roomClosed) { try meeting.start(bo) }
        #expect(throws: RoomError.roomClosed) { try meeting.send(ana, []) }
        #expect(throws: RoomError.roomClosed) { try meeting.leave(bo) }
        #expect(throws: RoomError.roomClosed) { try meeting.report(bo, PollReport()) }
        #expect(throws: RoomError.roomClosed) { try meeting.join(makePerson("cy", account: 9)) }
        #expect(throws: RoomError.roomClosed) { try meeting.room.cheer(from: nil, to: nil, text: "a", at: noon) }
    }
}
