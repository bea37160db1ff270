import Foundation
import Geo
import Testing

@testable import Rooms

/// What one message may cause is bounded by its size, whatever numbers are in it.
@Suite("Work for a message")
struct BoundedWorkTests {
    var meeting = Meeting()

    /// A marker at a quarter of the earth's way around from one with the other parity.
    private func far(_ id: Int32, at time: Int64) -> IncomingMarker {
        IncomingMarker(
            id: id, coordinate: id.isMultiple(of: 2) ? place(10_000_000, 900_000_000) : place(10_000_000, 0),
            time: time)
    }

    private func kilometers(_ runner: Int) -> Int {
        meeting.room.runner(runner)?.run.odometer.kilometers.count ?? -1
    }

    @Test("markers dated from 1970 on and half a world apart cause no event", arguments: [20, 500])
    mutating func datedFrom1970(count: Int32) throws {
        let ana = try meeting.runner()
        let decisions = try meeting.send(ana, (1...count).map { far($0, at: Int64($0) * 1_610_000_000) })
        #expect(decisions.events.isEmpty)
        #expect(kilometers(ana) == 0)
        #expect(meeting.meters(ana) == 0)
        #expect(meeting.room.runner(ana)?.run.markerCount == Int(count), "they are stored")
    }

    @Test("nor do markers that are weeks apart and end now")
    mutating func weeksApart() throws {
        let ana = try meeting.runner()
        let decisions = try meeting.send(
            ana, (1...17).map { far($0, at: meeting.now - Int64(17 - $0) * 1_700_000_000) })
        #expect(decisions.events.isEmpty)
        #expect(kilometers(ana) == 0)
    }

    @Test("a time that has been run through once is not run through again")
    mutating func backInTime() throws {
        let ana = try meeting.runner()
        // Forth in half an hour, and back in time by three that agree with each other, which the filter follows.
        var markers: [IncomingMarker] = []
        for round in 0..<100 {
            for step in 0..<5 {
                let id = Int32(markers.count + 1)
                let metres = Double((round * 5 + step) * 19_900)
                let time = noon - 20 * hour + Int64(step) * 1_600 * second + Int64(round)
                markers.append(IncomingMarker(id: id, coordinate: east(metres), time: time))
            }
        }
        try meeting.send(ana, markers)
        // The hours of one round, and ten minutes that a clock may have gone back.
        #expect(meeting.meters(ana) <= 12.5 * 7_001)
        #expect(kilometers(ana) <= 87)
    }

    @Test("a message announces a bounded number of kilometres, the rest follow as time passes, and none is lost")
    mutating func announcedLater() throws {
        var settings = RoomSettings()
        settings.splitsAtOnce = 4
        meeting = Meeting(settings)
        let ana = try meeting.runner()
        meeting.wait(10 * hour)
        let away = (0...110).map { marker(Int32($0 + 1), Double($0) * 100, at: noon + Int64($0) * 30 * second) }
        var told = try meeting.send(ana, away).splits
        #expect(told.map(\.kilometer) == [1, 2, 3, 4])
        #expect(try meeting.send(ana, [marker(112, 11_050, at: meeting.now)]).splits.isEmpty, "not by more messages")
        for _ in 0..<2 {
            #expect(!meeting.room.isQuiescent)
            let due = try #require(meeting.room.nextDeadline)
            #expect(due <= meeting.now + second)
            meeting.now = max(meeting.now, due)
            let more = meeting.room.advance(to: meeting.now).splits
            #expect((1...4).contains(more.count))
            told += more
        }
        #expect(told.map(\.kilometer) == Array(1...11))
        #expect(told == meeting.room.runner(ana)?.run.splits)
        #expect(meeting.room.nextDeadline == nil)
    }

    /// A minute of running, of which every other second is sent later: there the way went to and fro.
    private mutating func toAndFro(_ runner: Int) throws -> [IncomingMarker] {
        let begun = meeting.now
        func at(_ second: Int, _ metres: Double) -> IncomingMarker {
            marker(Int32(second), metres, at: begun + Int64(second) * 1_000)
        }
        meeting.wait(2 * minute)
        try meeting.send(runner, (0...30).map { at(2 * $0 + 1, Double(8 * $0)) })
        return (1...30).map { at(2 * $0, Double(8 * $0) + 4.4) }
    }

    @Test("markers that come late one by one correct the distance at once, then once a second, and lose nothing")
    mutating func corrections() throws {
        let ana = try meeting.runner()
        let late = try toAndFro(ana)
        let before = meeting.meters(ana)
        var told: [(from: Double, to: Double)] = []
        for marker in late.prefix(20) { told += try meeting.send(ana, [marker]).corrections }
        try #require(told.count == 1)
        #expect(told[0].from.isNear(before, within: 0.1))
        let due = try #require(meeting.room.nextDeadline)
        #expect(due > meeting.now && due <= meeting.now + second)
        meeting.now = due
        told += meeting.room.advance(to: due).corrections
        try #require(told.count == 2)
        #expect(told[1].from.isNear(told[0].to, within: 0.1))
        #expect(told[1].to.isNear(meeting.meters(ana), within: 0.1))
        #expect(told[1].to > before + 100)
        #expect(meeting.room.nextDeadline == nil)

        // A finish says it all; what comes afterwards corrects the finish.
        for marker in late.dropFirst(20).prefix(5) { told += try meeting.send(ana, [marker]).corrections }
        #expect(told.count == 2)
        let ended = try meeting.finish(ana)
        try #require(ended.corrections.count == 1)
        #expect(ended.corrections[0].to.isNear(meeting.meters(ana), within: 0.1))
        let final = meeting.meters(ana)
        var after = try late.suffix(5).flatMap { try meeting.send(ana, [$0]).corrections }
        meeting.wait(second)
        after += meeting.room.advance(to: meeting.now).corrections
        #expect(after.count == 1 && after[0].from.isNear(final, within: 0.1))
        #expect(after.last?.to.isNear(meeting.meters(ana), within: 0.1) == true)
    }

    @Test("with such markers in the journal a restart announces as little at once")
    mutating func restart() throws {
        let ana = try meeting.runner()
        var disk = Disk()
        var all = Decisions()
        all.changedRunners = [ana]
        disk.commit(all, of: meeting.room)
        meeting.wait(day)
        let markers = (1...500).map { marker(Int32($0), Double($0) * 1_000, at: noon + Int64($0) * 100 * second) }
        try meeting.send(ana, markers)
        _ = disk.commitJournal(of: &meeting.room)
        meeting.room = disk.restoredRoom(like: meeting.room, at: meeting.now)
        _ = try meeting.room.connected(ana, at: meeting.now)
        let next = try meeting.send(ana, [marker(501, 501_000, at: meeting.now)])
        let limit = meeting.room.settings.splitsAtOnce
        #expect(next.splits.count + meeting.room.advance(to: meeting.now).splits.count <= limit)
    }
}

/// A run may be paused often, but not for ever.
@Suite("Pauses of a run")
struct PausesTests {
    var meeting = Meeting()

    /// Ten seconds of running and five of pause, so often.
    private mutating func pauses(_ count: Int, of runner: Int) throws {
        for _ in 0..<count {
            meeting.wait(10 * second)
            try meeting.pause(runner)
            meeting.wait(5 * second)
            try meeting.start(runner)
        }
    }

    @Test("many runs at once announce no more kilometres than one")
    mutating func announcedOfManyRuns() throws {
        let ana = try meeting.runner()
        meeting.wait(10 * hour)
        var told = 0
        for run in 1...5 {
            if run > 1 { try meeting.start(ana, time: noon) }
            let away = (0...60).map { marker(Int32($0 + 1), Double($0) * 100, at: noon + Int64($0) * 30 * second) }
            told += try meeting.send(ana, away).splits.count
            try meeting.finish(ana)
        }
        #expect(told == meeting.room.settings.splitsAtOnce)
    }

    @Test("a run has at most a thousand pauses, and goes on to its finish without another")
    mutating func bounded() throws {
        let ana = try meeting.runner()
        try pauses(1_000, of: ana)
        let before = meeting.room
        #expect(throws: RoomError.tooManyPauses) { try meeting.pause(ana) }
        #expect(throws: RoomError.tooManyPauses) {
            try meeting.report(ana, PollReport(coordinate: east(1), isRunning: false))
        }
        #expect(meeting.room.version == before.version && meeting.room.lastEvent == before.lastEvent)
        meeting.wait(minute)
        #expect(meeting.row(ana)?.seconds == 10_060)
        #expect(try meeting.finish(ana).finish?.seconds == 10_060)
    }

    @Test("running time is right at every moment of a run with pauses, and after its way to disk and back")
    mutating func elapsed() throws {
        let ana = try meeting.runner()
        try pauses(7, of: ana)
        meeting.wait(3 * second)
        let clock = try #require(meeting.room.runner(ana)?.run.clock)
        let restored = try JSONDecoder().decode(RunClock.self, from: JSONEncoder().encode(clock))
        #expect(restored == clock)
        for moment in stride(from: noon - second, through: meeting.now, by: 250) {
            let naive = clock.segments.reduce(Int64(0)) { sum, segment in
                sum + max(0, min(moment, segment.end ?? moment) - segment.start)
            }
            #expect(clock.elapsed(at: moment) == naive)
            #expect(restored.elapsed(at: moment) == naive)
        }
    }

    @Test(
        "a stored clock that no clock can have come to is not believed",
        arguments: [
            #"{"segments":[{"start":2,"end":1}]}"#, #"{"segments":[{"start":5,"end":6},{"start":1}]}"#,
            #"{"segments":[{"start":1},{"start":2}]}"#, #"{"segments":[],"ended":1}"#,
            #"{"segments":[{"start":1}],"ended":2}"#, #"{"segments":[{"start":-9223372036854775808}]}"#,
            #"{"segments":[{"start":1,"end":9223372036854775807}]}"#,
        ])
    func impossible(state: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(RunClock.self, from: Data(state.utf8)) }
    }
}

/// How far apart two markers may be.
@Suite("Reach of the filter")
struct FilterReachTests {
    var meeting = Meeting()

    @Test(
        "a marker more than 24 h before its run's start does not count",
        arguments: [(24 * hour, true), (24 * hour + 1, false)])
    mutating func beforeStart(early: Int64, counts: Bool) throws {
        let ana = try meeting.runner()
        meeting.wait(minute)
        try meeting.send(
            ana,
            [marker(1, 0, at: noon - early), marker(2, 10, at: noon - 12 * hour), marker(3, 20, at: meeting.now)])
        #expect(meeting.counted(ana) == (counts ? [1, 2, 3] : [2, 3]))
        #expect(meeting.meters(ana).isNear(counts ? 20 : 10))
    }

    @Test("a place of days ago is not where the runner is")
    mutating func staleFix() throws {
        let ana = try meeting.runner()
        try meeting.send(ana, [marker(1, 0, at: noon - 3 * day)])
        #expect(meeting.row(ana)?.position == nil)
    }

    @Test(
        "a marker more than 24 h after the last counted one does not count; three that agree go on from there",
        arguments: [(24 * hour, [1, 2, 3, 4]), (24 * hour + 1, [1, 2, 3, 4])])
    mutating func gap(milliseconds: Int64, counted: [Int32]) throws {
        let ana = try meeting.runner()
        meeting.wait(3 * day)
        let isBridged = milliseconds == 24 * hour
        let back = noon + milliseconds
        try meeting.send(ana, [marker(1, 0, at: noon), marker(2, 100, at: back)])
        #expect(meeting.counted(ana) == (isBridged ? [1, 2] : [1]))
        try meeting.send(ana, [marker(3, 110, at: back + second), marker(4, 120, at: back + 2 * second)])
        #expect(meeting.counted(ana) == counted)
        #expect(meeting.meters(ana).isNear(isBridged ? 120 : 20))
    }

    @Test(
        "a step longer than 20 km is too far off however long it took", arguments: [(19_990.0, true), (20_010, false)])
    mutating func step(metres: Double, counts: Bool) throws {
        let ana = try meeting.runner()
        meeting.wait(10 * hour)
        try meeting.send(ana, [marker(1, 0, at: noon), marker(2, metres, at: noon + 5 * hour)])
        #expect(meeting.counted(ana) == (counts ? [1, 2] : [1]))
        #expect(meeting.meters(ana).isNear(counts ? metres : 0, within: 0.1))
    }

    @Test("a pause or a start of long ago, for which all of a run is measured anew, waits until that may be")
    mutating func commandsOfLongAgo() throws {
        let ana = try meeting.runner()
        meeting.now = noon + hour
        try meeting.send(
            ana, (1...301).map { marker($0, Double($0 - 1) * 10, at: noon + Int64($0) * second) })
        let (long, now) = (noon + 51 * second, meeting.now)
        var room = meeting.room
        func expectsRefusal(_ command: (inout Room, () -> Bool) throws -> Decisions) {
            var questions = 0
            let before = room.row(of: ana, at: now)
            #expect(throws: RoomError.tooManyLateCommands) {
                try command(&room) {
                    questions += 1
                    return false
                }
            }
            #expect(questions == 1)
            #expect(room.row(of: ana, at: now) == before)
        }
        func takes(_ command: (inout Room) throws -> Decisions) throws {
            let decisions = try command(&room)
            let run = try #require(decisions.recalls.first)
            let sealed = try #require(room.runner(ana)?.run.sealedPoints())
            let recalled = room.recall(sealed, of: ana, runKey: run.runKey, at: now)
            _ = try #require(recalled)
        }
        expectsRefusal { try $0.pause(ana, time: long, at: now, mayRemeasure: $1) }
        try takes { try $0.pause(ana, time: long, at: now) { true } }
        #expect(try #require(room.row(of: ana, at: now)).meters.isNear(500))
        expectsRefusal { try $0.start(ana, time: long, newRunKey: 99, at: now, mayRemeasure: $1) }
        try takes { try $0.start(ana, time: long, newRunKey: 99, at: now) { true } }
        // What changes nothing of what has been run is nobody's to ask.
        _ = try room.pause(ana, at: now) {
            Issue.record("it is now")
            return false
        }
        // Nor is the end, of which there is one.
        meeting.room = room
        _ = try meeting.room.start(ana, newRunKey: 99, at: now)
        #expect(try meeting.finish(ana, time: long).finish != nil)
    }
}
