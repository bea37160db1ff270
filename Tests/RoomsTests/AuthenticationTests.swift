import Geo
import Testing

@testable import Rooms

/// Whoever knows a room's password may run there as anybody; in that person's records it leaves nothing.
@Suite("Runs that nobody has shown to be theirs")
struct AuthenticationTests {
    var meeting = Meeting()

    /// Somebody who comes without a connection and runs 50 m.
    private mutating func stranger() throws -> Int {
        let key = meeting.newKey()
        let number = try meeting.room.join(makePerson("ana", account: 1), newRunKey: key, at: noon).number
        try poll(number)
        return number
    }

    private mutating func poll(_ number: Int) throws {
        for step in 0...5 {
            meeting.wait(second)
            try meeting.report(number, PollReport(coordinate: east(Double(step) * 10), isRunning: true))
        }
    }

    @Test("such a run ends in the room, and is no record when its runner leaves")
    mutating func leave() throws {
        let ana = try stranger()
        let left = try meeting.leave(ana)
        #expect(left.records.isEmpty)
        #expect(left.finish?.meters == 50 && left.finish?.isRecorded == false)
        #expect(left.settledRuns.count == 1, "its journal is not needed any more")
        #expect(meeting.meters(ana).isNear(50))
    }

    @Test("nor is it when the room is closed, or when its runner does not come back")
    mutating func otherEnds() throws {
        _ = try stranger()
        var abandoned = meeting
        #expect(try meeting.room.close(at: meeting.now).records.isEmpty)
        abandoned.wait(day)
        let ended = abandoned.room.advance(to: abandoned.now)
        #expect(ended.records.isEmpty && ended.finish?.isRecorded == false)
    }

    @Test("with a proof at any time before its end it is a record, wherever it was begun")
    mutating func proof() throws {
        let ana = try stranger()
        #expect(meeting.room.authenticated(ana).changedRunners == [ana])
        #expect(meeting.room.authenticated(ana).isEmpty, "known already")
        #expect(try meeting.leave(ana).records.first?.meters == 50)
    }

    @Test("a connection, which takes a token, is a proof")
    mutating func connection() throws {
        let ana = try stranger()
        #expect(try meeting.room.connected(ana, at: meeting.now).changedRunners == [ana])
        #expect(try meeting.leave(ana).records.count == 1)
    }

    @Test("a proof is one of the present run: another begun without one is none, nor does it help one that is over")
    mutating func nextRun() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 100)
        try meeting.finish(ana)
        try poll(ana)
        #expect(!meeting.room.isAuthenticated(ana))
        let left = try meeting.leave(ana)
        #expect(left.records.isEmpty && left.finish?.isRecorded == false)
        #expect(meeting.room.authenticated(ana).isEmpty)
        #expect(meeting.room.authenticated(7).isEmpty, "nobody")
    }

    @Test("it is known after a restart; of a state that is older than the question it is taken for granted")
    mutating func restores() throws {
        let ana = try stranger()
        func restored(_ change: (inout RunnerSnapshot) -> Void = { _ in }) throws -> Room {
            var snapshot = try #require(meeting.room.snapshot(of: ana))
            change(&snapshot)
            var room = Room(
                restoring: "159", epoch: "e1", people: [(makePerson("ana", account: 1), snapshot)], events: [],
                lastEvent: 0)
            room.restored(at: meeting.now)
            return room
        }
        #expect(try !restored().isAuthenticated(ana))
        #expect(try restored { $0.isUnauthenticated = nil }.isAuthenticated(ana))
        _ = meeting.room.authenticated(ana)
        #expect(try restored().isAuthenticated(ana))
    }
}
