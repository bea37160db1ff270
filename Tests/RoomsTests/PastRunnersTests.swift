import Geo
import Testing

@testable import Rooms

/// Who left long ago costs those who come now little.
@Suite("Past runners")
struct PastRunnersTests {
    var meeting = Meeting()

    @Test("the way of who left is not told after an hour, and nothing of who has no place once events are over")
    mutating func past() throws {
        var settings = RoomSettings()
        settings.recoverableEvents = 4
        meeting = Meeting(settings)
        let ana = try meeting.runner("ana")
        try meeting.run(ana, from: 0, to: 100)
        try meeting.finish(ana)
        try meeting.leave(ana)
        let bo = try meeting.join("bo")
        try meeting.leave(bo)
        let cy = try meeting.runner("cy")
        meeting.wait(minute)
        _ = meeting.room.advance(to: meeting.now)
        meeting.room.refreshStandings()
        #expect(meeting.room.numbersToShow(at: meeting.now) == [ana, bo, cy])
        #expect(meeting.room.outlines(at: meeting.now).map(\.runner) == [ana, bo, cy])

        meeting.wait(hour)
        #expect(meeting.room.numbersToShow(at: meeting.now) == [ana, bo, cy], "a recoverable event names bo")
        #expect(meeting.room.outlines(at: meeting.now).map(\.runner) == [cy])
        for _ in 0..<4 { _ = try meeting.room.cheer(from: cy, to: nil, text: "Go", at: meeting.now) }
        #expect(meeting.room.numbersToShow(at: meeting.now) == [ana, cy], "ana is in the standings")
        #expect(meeting.meters(ana).isNear(100))

        // Whoever comes back is there again.
        try meeting.join(makePerson("ana", account: 1))
        #expect(meeting.room.outlines(at: meeting.now).map(\.runner) == [ana, cy])
    }

    @Test("of who is past the figures stay and the way goes, but when the first of all passed which distance")
    mutating func ways() throws {
        let ana = try meeting.runner("ana")
        try meeting.run(ana, from: 0, to: 1_200)
        try meeting.finish(ana)
        let bo = try meeting.runner("bo")
        try meeting.run(bo, from: 0, to: 500)
        try meeting.finish(bo)
        for number in [ana, bo] { try meeting.leave(number) }
        let cy = try meeting.runner("cy")
        try meeting.run(cy, from: 0, to: 300)
        _ = meeting.room.advance(to: meeting.now + minute)
        func kept(_ number: Int) throws -> (points: Int, passings: Int, markers: Int) {
            let run = try #require(meeting.room.runner(number)?.run)
            return (run.outline.points.count, run.history.passingTimes.count, run.markerCount)
        }
        let rows = [meeting.row(ana), meeting.row(bo)]
        #expect(rows[0]?.meters.isNear(1_200) == true && rows[0]?.place == 1)

        meeting.wait(hour / 2)
        meeting.room.forgetPastWays(at: meeting.now)
        #expect(try kept(ana).points > 2 && kept(bo).points > 2, "not past yet")
        meeting.wait(hour)
        let gap = meeting.row(cy)?.gapSeconds
        meeting.room.forgetPastWays(at: meeting.now)
        for number in [ana, bo] {
            #expect(try kept(number).points == 0 && kept(number).markers == 0)
            #expect(meeting.room.outline(of: number).isEmpty)
        }
        #expect(try kept(ana).passings > 0 && kept(bo).passings == 0)
        #expect(try kept(cy).points > 2 && kept(cy).markers > 2)
        #expect([meeting.row(ana), meeting.row(bo)] == rows)
        #expect(gap != nil && meeting.row(cy)?.gapSeconds == gap)
        #expect(meeting.room.violation == nil)

        // From disk they are what they were, and so is who comes back.
        let people = try [ana, bo, cy].map { number in
            (try #require(meeting.room.person(number)), try #require(meeting.room.snapshot(of: number)))
        }
        var restored = Room(restoring: "159", epoch: "e1", people: people, events: [], lastEvent: 0)
        for number in [ana, bo] {
            restored.restoreWay(try SettledWay(try #require(meeting.room.settledWay(of: number)).bytes), of: number)
        }
        restored.restored(at: meeting.now)
        #expect(restored.violation == nil)
        #expect([ana, bo].map { restored.row(of: $0, at: meeting.now)?.meters } == rows.map { $0?.meters })
        #expect(restored.row(of: bo, at: meeting.now)?.position == rows[1]?.position)
        try meeting.join(makePerson("bo", account: 2))
        try meeting.start(bo)
        try meeting.run(bo, [0, 10])
        #expect(meeting.meters(bo).isNear(10))
    }

    @Test("joining and renaming change who is there, and nothing else does")
    mutating func peopleVersion() throws {
        let ana = try meeting.runner("ana")
        let first = meeting.room.peopleVersion
        try meeting.run(ana, from: 0, to: 50)
        try meeting.pause(ana)
        #expect(meeting.room.peopleVersion == first)
        meeting.room.update(makePerson("anna", account: 1))
        let second = meeting.room.peopleVersion
        #expect(second > first)
        _ = try meeting.join("bo")
        let third = meeting.room.peopleVersion
        #expect(third > second)
        _ = meeting.room.forget(ana, newRunKey: 99, at: meeting.now)
        #expect(meeting.room.peopleVersion > third)
    }
}
