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

    @Test("joining and renaming change who is there, and nothing else does")
    mutating func peopleVersion() throws {
        let ana = try meeting.runner("ana")
        let first = meeting.room.peopleVersion
        try meeting.run(ana, from: 0, to: 50)
        try meeting.pause(ana)
        #expect(meeting.room.peopleVersion == first)
        meeting.room.rename(makePerson("anna", account: 1))
        let second = meeting.room.peopleVersion
        #expect(second > first)
        _ = try meeting.join("bo")
        let third = meeting.room.peopleVersion
        #expect(third > second)
        _ = meeting.room.forget(ana, newRunKey: 99, at: meeting.now)
        #expect(meeting.room.peopleVersion > third)
    }
}
