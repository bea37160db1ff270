import Geo
import Testing

@testable import Rooms

@Suite("Standings")
struct StandingsTests {
    var meeting = Meeting()

    /// Starts so many runners at once.
    private mutating func start(_ count: Int) throws {
        for number in 1...count { _ = try meeting.runner("runner\(number)") }
    }

    /// Each runner by number: where they are now, sent in one moment.
    private mutating func pass(_ metres: [Double]) throws {
        meeting.wait(second)
        for (index, place) in metres.enumerated() {
            try meeting.send(index + 1, [marker(meeting.nextID(index + 1), place, at: meeting.now)])
        }
    }

    private func places() -> [Int?] { meeting.room.runnerNumbers.map { meeting.row($0)?.place } }

    @Test("places are by distance, 1-based, and null before the first metre")
    mutating func byDistance() throws {
        try start(4)
        try pass([0, 0, 0, 0])
        #expect(places() == [nil, nil, nil, nil])
        try pass([5, 12, 8, 0])
        #expect(places() == [3, 1, 2, nil])
        #expect(meeting.row(4)?.gapMeters == nil)
        #expect(meeting.row(4)?.gapSeconds == nil)
        #expect(meeting.row(2)?.gapMeters == 0)
        #expect(meeting.row(2)?.gapSeconds == 0)
    }

    @Test("of two who have come equally far the one with less time is ahead, then the lower number")
    mutating func ties() throws {
        _ = try meeting.runner("ana")
        meeting.wait(10 * second)
        _ = try meeting.runner("bo")
        _ = try meeting.runner("cy")
        try pass([0, 0, 0])
        try pass([10, 10, 10])
        #expect(places() == [3, 1, 2])
    }

    @Test("finished runners come first, by finishing time, whatever others have come since")
    mutating func finished() throws {
        try start(3)
        try pass([0, 0, 0])
        for step in 1...10 { try pass([Double(step) * 8, Double(step) * 10, Double(step) * 6]) }
        try meeting.finish(3)
        #expect(places() == [3, 2, 1])
        meeting.wait(second)
        #expect(try meeting.finish(1).finish?.place == 2)
        #expect(places() == [2, 3, 1])
        #expect(meeting.row(2)?.gapMeters == 0, "nobody is behind by less than nothing")
        #expect(meeting.row(2)?.gapSeconds == 0)
        #expect(meeting.row(1)?.gapMeters == 0)
    }

    @Test("gaps are the metres to the first now, and the seconds since they passed where this one is")
    mutating func gaps() throws {
        // Ana 10 m/s, Bo 8 m/s. After 100 s Bo is at 800 m, where Ana was at 80 s: 20 s and 200 m behind.
        try start(2)
        for step in 0...100 { try pass([Double(step) * 10, Double(step) * 8]) }
        let row = try #require(meeting.row(2))
        #expect(try #require(row.gapMeters).isNear(200))
        #expect(try #require(row.gapSeconds).isNear(20, within: 0.01))
        // 7.5 s later Ana is 75 m farther; Bo has not been seen since: the time of their last marker is their now.
        meeting.wait(6_500)
        try pass([1075])
        let later = try #require(meeting.row(2))
        #expect(try #require(later.gapMeters).isNear(275))
        #expect(try #require(later.gapSeconds).isNear(20, within: 0.01))
    }

    @Test("the gap in seconds is interpolated between the first runner's markers")
    mutating func gapBetweenMarkers() throws {
        try start(2)
        try pass([0, 0])
        meeting.wait(9 * second)
        try pass([100])  // Ana: 0-100 m from second 1 to second 11
        meeting.wait(9 * second)
        try pass([200, 25])  // Bo is at 25 m in second 21; Ana was there at 3.5 s
        #expect(try #require(meeting.row(2)?.gapSeconds).isNear(17.5, within: 0.01))
        #expect(try #require(meeting.row(2)?.gapMeters).isNear(175))
    }

    @Test("a gap of less than a centimetre has its seconds too")
    mutating func smallGap() throws {
        try start(2)
        // By geographiclib 2.1: 5.6393 m north and 5.6328 m east, the same whole centimetre.
        try pass([0, 0])
        meeting.wait(second)
        for (number, spot) in [(1, place(510, 300_000_000)), (2, place(0, 300_000_506))] {
            try meeting.send(number, [IncomingMarker(id: 2, coordinate: spot, time: meeting.now)])
        }
        let row = try #require(meeting.row(2))
        #expect(row.place == 2)
        #expect(try #require(row.gapMeters) < 0.02)
        #expect(try #require(row.gapSeconds).isNear(0, within: 0.01))
    }

    @Test("the first runner's pause is part of the gap: it is a race against the clock on the wall")
    mutating func gapOverPause() throws {
        try start(2)
        for step in 0...50 { try pass([Double(step) * 10, Double(step) * 5]) }
        try meeting.pause(1)
        for step in 51...110 { try pass([500, Double(step) * 5]) }
        #expect(places() == [2, 1])
        #expect(try #require(meeting.row(1)?.gapMeters).isNear(50))
        // Bo passed 500 m at 101 s; Ana's last counted marker is of second 51.
        #expect(meeting.row(1)?.gapSeconds == 0)
    }

    @Test("a row changes with its runner's markers, state or place, and only then")
    mutating func changes() throws {
        try start(3)
        try pass([0, 0, 0])
        try pass([10, 9, 8])
        let rows = { (meeting: inout Meeting, version: UInt64) in
            meeting.room.refreshStandings()
            var numbers: [Int] = []
            meeting.room.rows(changedAfter: version, at: meeting.now) { numbers.append($0.runner) }
            return numbers
        }
        #expect(rows(&meeting, 0) == [1, 2, 3])
        var version = meeting.room.version
        #expect(rows(&meeting, version) == [])
        meeting.wait(second)
        try meeting.send(1, [marker(meeting.nextID(1), 20, at: meeting.now)])
        #expect(rows(&meeting, version) == [1])
        version = meeting.room.version
        meeting.wait(5 * second)
        try meeting.send(3, [marker(meeting.nextID(3), 30, at: meeting.now)])
        #expect(rows(&meeting, version) == [1, 2, 3], "overtaking changes everybody's place")
        version = meeting.room.version
        try meeting.pause(2)
        #expect(rows(&meeting, version) == [2])
        version = meeting.room.version
        try meeting.join(makePerson("runner2", account: 2))
        _ = try meeting.room.cheer(from: 1, to: 2, text: "Go", at: meeting.now)
        #expect(rows(&meeting, version).allSatisfy { $0 == 2 })
    }

    @Test("nobody sees the row of somebody who has not been introduced")
    mutating func introduction() throws {
        let person = makePerson("ana", account: 1)
        let ana = try meeting.room.join(person, newRunKey: 1, at: noon).number
        var seen: [Int] = []
        meeting.room.rows(changedAfter: 0, at: noon) { seen.append($0.runner) }
        #expect(seen.isEmpty)
        let version = meeting.room.version
        meeting.room.introduce(ana)
        meeting.room.introduce(.min)
        meeting.room.rows(changedAfter: version, at: noon) { seen.append($0.runner) }
        #expect(seen == [ana])
    }

    @Test("somebody who left stays in the ranking with what they came to")
    mutating func left() throws {
        try start(2)
        try pass([0, 0])
        try pass([10, 8])
        try meeting.leave(2)
        #expect(places() == [2, 1], "their run was finished by leaving")
        #expect(meeting.row(2)?.state == .left)
    }
}
