import Geo
import Testing

@testable import Rooms

@Suite("Records and late markers")
struct RecordTests {
    var meeting = Meeting()

    @Test("a finish stores metres, seconds, start, end, splits and every marker, as the event says")
    mutating func record() throws {
        let ana = try meeting.runner()
        let start = meeting.now
        try meeting.run(ana, from: 0, to: 2015)
        try meeting.run(ana, [50_000])  // not counted, but stored
        meeting.wait(second)
        let decisions = try meeting.finish(ana)
        let record = try #require(decisions.records.first)
        let finish = try #require(decisions.finish)
        #expect(decisions.records.count == 1)
        #expect(record.account == 1)
        #expect(record.runner == ana)
        #expect(record.runKey == finish.runKey)
        #expect(record.meters == finish.meters && record.meters == 2010)
        #expect(record.seconds == finish.seconds && record.seconds == 202)
        #expect(finish.place == 1)
        #expect(record.start == start)
        #expect(record.end == meeting.now)
        #expect(record.splits == meeting.room.runner(ana)?.run.splits)
        #expect(record.splits.map(\.kilometer) == [1, 2])
        #expect(record.markers.map(\.id) == Array(1...203))
    }

    @Test("metres and seconds have one decimal in event and record")
    mutating func decimals() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 7.77])
        meeting.now += 123
        try meeting.send(ana, [marker(3, 7.77, at: meeting.now)])
        let finish = try #require(try meeting.finish(ana).finish)
        #expect(finish.meters == 7.8)
        #expect(finish.seconds == 2.1)
    }

    @Test("markers still under way are counted for 30 s, and the record follows")
    mutating func lateMarkers() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 100)
        let end = meeting.now
        meeting.wait(10 * second)
        let first = try #require(try meeting.finish(ana).records.first)
        #expect(first.meters == 100)
        meeting.wait(30 * second - 1)
        let late = try meeting.send(ana, [marker(12, 110, at: end + second), marker(13, 120, at: end + 2 * second)])
        let second = try #require(late.records.first)
        #expect(second.runKey == first.runKey)
        #expect(second.meters == 120)
        #expect(second.seconds == 13)
        #expect(second.end == first.end)
        #expect(second.markers.count == 13)
        #expect(late.kinds == [.corrected(runner: ana, from: 100, to: 120)], "the finish had said another distance")
        #expect(meeting.room.advance(to: meeting.now).settledRuns.isEmpty)
    }

    @Test("after these 30 s the run is closed, whether or not somebody has said so")
    mutating func afterLateMarkers() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 100)
        let key = try #require(try meeting.finish(ana).finish?.runKey)
        #expect(meeting.room.nextDeadline == meeting.now + 30 * second)
        meeting.wait(30 * second)
        #expect(throws: RoomError.alreadyFinished) { try meeting.send(ana, [marker(12, 110, at: meeting.now)]) }
        let decisions = meeting.room.advance(to: meeting.now)
        #expect(decisions.settledRuns.map(\.runKey) == [key])
        #expect(decisions.changedRunners == [ana])
        #expect(decisions.records.isEmpty)
        #expect(meeting.room.advance(to: meeting.now).isEmpty)
        #expect(throws: RoomError.alreadyFinished) { try meeting.send(ana, [marker(12, 110, at: meeting.now)]) }
    }

    @Test("late markers that are known already update nothing")
    mutating func repeatedLate() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 100)
        try meeting.finish(ana)
        #expect(try meeting.send(ana, [marker(11, 100, at: meeting.now)]).isEmpty)
    }

    @Test("what was passed after the finish does not count, though it comes within the 30 s")
    mutating func afterTheEnd() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 100)
        try meeting.finish(ana)
        try meeting.run(ana, from: 110, to: 300)
        // 5 s are for phones whose clocks are ahead.
        #expect(meeting.meters(ana).isNear(150))
        #expect(meeting.row(ana)?.seconds == 11)
    }

    @Test("late splits of a finished run are told and stored")
    mutating func lateSplit() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 990)
        let last = meeting.now
        meeting.wait(5 * second)
        #expect(try meeting.finish(ana).records.first?.splits == [])
        let late = try meeting.send(ana, [marker(101, 1000.5, at: last + 1_050), marker(102, 1011, at: last + 2_100)])
        #expect(late.splits.map(\.kilometer) == [1])
        #expect(late.records.first?.splits.map(\.total) == [late.splits[0].total])
    }
}
