import Geo
import Testing

@testable import Rooms

/// The rules of the live protocol, section 4, one by one.
@Suite("Which markers count")
struct MarkerFilterTests {
    var meeting = Meeting()

    /// Sends markers by distance, seconds after noon and accuracy, at a moment when all of them lie in the past.
    private mutating func send(_ places: [(metres: Double, seconds: Double)]) throws -> Int {
        let ana = try meeting.runner()
        meeting.now = noon + day
        try meeting.send(
            ana,
            places.enumerated().map { index, place in
                marker(Int32(index + 1), place.metres, at: noon + Int64(place.seconds * 1000))
            })
        return ana
    }

    @Test("the first marker counts and adds nothing")
    mutating func first() throws {
        let ana = try send([(0, 1)])
        #expect(meeting.counted(ana) == [1])
        #expect(meeting.meters(ana) == 0)
    }

    @Test(
        "not counted when its accuracy is worse than 50 m",
        arguments: [
            (nil, true), (0, true), (6.5, true), (50, true), (50.01, false), (50.1, false), (1e300, false),
            (-1, false), (-1e300, false), (.nan, false),
        ] as [(Double?, Bool)])
    mutating func accuracy(accuracy: Double?, counts: Bool) throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10, 20])
        try meeting.run(ana, [30], accuracy: accuracy)
        #expect(meeting.counted(ana) == (counts ? [1, 2, 3, 4] : [1, 2, 3]))
        #expect(meeting.room.runner(ana)?.run.markerCount == 4, "stored whatever happens to it")
    }

    @Test("not counted when it is at 0,0")
    mutating func nullIsland() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10])
        for _ in 0..<5 {
            meeting.wait(second)
            let nowhere = IncomingMarker(id: meeting.nextID(ana), coordinate: place(0, 0), time: meeting.now)
            try meeting.send(ana, [nowhere])
        }
        #expect(meeting.row(ana)?.position == east(10), "nor is it where the runner is")
        try meeting.run(ana, [20])
        #expect(meeting.counted(ana) == [1, 2, 8])
        #expect(meeting.meters(ana).isNear(20))
    }

    @Test("0,0 is no place even when nothing better is known")
    mutating func nothingButNullIsland() throws {
        let ana = try meeting.runner()
        try meeting.send(ana, [IncomingMarker(id: 1, coordinate: place(0, 0), time: noon)])
        #expect(meeting.row(ana)?.position == nil)
    }

    @Test(
        "not counted when it would need more than 12.5 m/s from the last counted one",
        arguments: [(12.4, 1, true), (12.6, 1, false), (124.9, 10, true), (125.1, 10, false), (6.2, 0.5, true)])
    mutating func speed(metres: Double, seconds: Double, counts: Bool) throws {
        let ana = try send([(0, 0), (metres, seconds)])
        #expect(meeting.counted(ana) == (counts ? [1, 2] : [1]))
        #expect(meeting.meters(ana).isNear(counts ? metres : 0))
    }

    @Test("the speed is that from the last counted marker, not from an uncounted one between")
    mutating func speedFromLastCounted() throws {
        // 200 m away needs 16 s; what was passed in between does not help.
        let ana = try send([(0, 0), (200, 1), (-150, 2), (100, 9)])
        #expect(meeting.counted(ana) == [1, 4])
        #expect(meeting.meters(ana).isNear(100))
    }

    @Test("after three markers that agree with each other the filter re-anchors on them")
    mutating func reanchors() throws {
        let ana = try send([(0, 0), (10, 1), (1000, 2), (1010, 3), (1020, 4), (1030, 5)])
        #expect(meeting.counted(ana) == [1, 2, 3, 4, 5, 6])
        #expect(meeting.meters(ana).isNear(10 + 20 + 10), "the jump adds nothing")
    }

    @Test("two that agree are not enough, and a return to the way throws them away")
    mutating func twoAreNotEnough() throws {
        let ana = try send([(0, 0), (10, 1), (1000, 2), (1010, 3), (40, 4), (1020, 5), (1030, 6), (70, 7)])
        #expect(meeting.counted(ana) == [1, 2, 5, 8])
        #expect(meeting.meters(ana).isNear(70))
    }

    @Test("three that do not agree with each other re-anchor nothing")
    mutating func disagreeing() throws {
        let ana = try send([(0, 0), (1000, 1), (2000, 2), (3000, 3), (4000, 4), (50, 5)])
        #expect(meeting.counted(ana) == [1, 6])
    }

    @Test("one that disagrees begins a new three")
    mutating func newThree() throws {
        let ana = try send([(0, 0), (1000, 1), (1010, 2), (3000, 3), (3010, 4), (3020, 5)])
        #expect(meeting.counted(ana) == [1, 4, 5, 6])
        #expect(meeting.meters(ana).isNear(20))
    }

    @Test("markers that cannot be judged pass without breaking up three that agree")
    mutating func interleaved() throws {
        let ana = try meeting.runner()
        meeting.now = noon + day
        try meeting.send(
            ana,
            [
                marker(1, 0, at: noon), marker(2, 1000, at: noon + 1000),
                marker(3, 0, at: noon + 2000, accuracy: 80), marker(4, 1010, at: noon + 3000),
                IncomingMarker(id: 5, coordinate: place(0, 0), time: noon + 4000), marker(6, 1020, at: noon + 5000),
            ])
        #expect(meeting.counted(ana) == [1, 2, 4, 6])
        #expect(meeting.meters(ana).isNear(20))
        let distances = meeting.room.runner(ana)?.run.history.entries.map(\.centimetres) ?? []
        #expect(distances == distances.sorted())
    }

    @Test("a marker whose time is not after the one before is none of the three")
    mutating func timeAmongThree() throws {
        let ana = try send([(0, 0), (10, 1), (1000, 1), (1010, 2), (1020, 3), (30, 4)])
        #expect(meeting.counted(ana) == [1, 2, 6])
    }

    @Test("a filter that began on a wrong place finds its way")
    mutating func wrongStart() throws {
        let ana = try send([(100_000, 0), (0, 1), (10, 2), (20, 3), (30, 4)])
        #expect(meeting.counted(ana) == [1, 2, 3, 4, 5])
        #expect(meeting.meters(ana).isNear(30))
    }

    @Test("not counted when its time is not after the one before", arguments: [0, -1, -500])
    mutating func time(later: Double) throws {
        let ana = try send([(0, 0), (10, 1), (12, 1 + later / 1000), (30, 3)])
        #expect(meeting.counted(ana) == [1, 2, 4])
        #expect(meeting.meters(ana).isNear(30))
    }

    @Test("a phone's clock that goes back costs three markers, not the run", arguments: [2, 60, 3600.0])
    mutating func clockBack(by seconds: Double) throws {
        let before = (0...100).map { (Double($0) * 10, 4000 + Double($0)) }
        let after = (101...200).map { (Double($0) * 10, 4000 + Double($0) - seconds) }
        let ana = try send(before + after)
        let lost = (1...201).filter { !meeting.counted(ana).contains(Int32($0)) }
        #expect(lost.count <= 3)
        #expect(meeting.meters(ana).isNear(2000, within: 40))
        #expect(meeting.row(ana)?.position == east(2000), "the place shown follows")
    }

    @Test("a clock that goes back again and again never locks the filter up")
    mutating func clockBackAgain() throws {
        var places: [(Double, Double)] = []
        for stretch in 0..<10 {
            for step in 0..<20 {
                places.append((Double(stretch * 20 + step) * 10, 50_000 - Double(stretch) * 600 + Double(step)))
            }
        }
        let ana = try send(places)
        #expect(meeting.counted(ana).count >= 180)
        #expect(meeting.meters(ana) > 1600)
    }

    @Test("a wrong marker far away in time does not lock the filter up either")
    mutating func wrongTime() throws {
        let ana = try send([(0, 0), (10, 1), (20, 80_000), (30, 3), (40, 4), (50, 5), (60, 6), (70, 7)])
        #expect(meeting.counted(ana) == [1, 2, 3, 5, 6, 7, 8])
        #expect(meeting.meters(ana).isNear(20 + 30))
    }

    @Test(
        "more than 5 s ahead of the server: stored, never counted, never the latest",
        arguments: [(0, true), (4_999, true), (5_000, true), (5_001, false), (day, false), (.max - noon - hour, false)])
    mutating func ahead(by milliseconds: Int64, counts: Bool) throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10])
        meeting.wait(second)
        try meeting.send(ana, [marker(3, 20, at: meeting.now + milliseconds)])
        #expect(meeting.counted(ana) == (counts ? [1, 2, 3] : [1, 2]))
        #expect(meeting.row(ana)?.position == east(counts ? 20 : 10))
        #expect(meeting.room.runner(ana)?.run.markerCount == 3)
        // Its time does not stand in the way of those that come after, and it stays uncounted.
        meeting.wait(6 * second)
        try meeting.send(ana, [marker(4, 30, at: meeting.now)])
        #expect(meeting.counted(ana) == (counts ? [1, 2, 3, 4] : [1, 2, 4]))
        meeting.wait(2 * day)
        try meeting.pause(ana, time: meeting.now)
        #expect(meeting.counted(ana) == (counts ? [1, 2, 3, 4] : [1, 2, 4]))
    }

    @Test("times and ids beyond all bounds harm nobody", arguments: [Int64.min, .min + 1, -1, 0, .max])
    mutating func absurdTimes(time: Int64) throws {
        let ana = try meeting.runner()
        for extreme in [time, .max, .min, noon, time] {
            let id = meeting.nextID(ana)
            try meeting.send(
                ana,
                [IncomingMarker(id: id, coordinate: east(Double(id)), time: extreme, accuracy: .nan, altitude: .nan)])
        }
        try meeting.send(ana, [marker(0, 0, at: noon), marker(-5, 0, at: noon), marker(.min, 0, at: noon)])
        try meeting.pause(ana)
        try meeting.finish(ana)
        #expect(meeting.room.runner(ana)?.run.markerCount == 5)
        #expect(throws: RoomError.self) { try meeting.send(ana, [marker(.max, 0, at: noon)]) }
    }

    @Test("figures of every size are kept within what their fields hold")
    mutating func figures() throws {
        let ana = try meeting.runner()
        let wild = IncomingMarker(
            id: 1, coordinate: east(0), time: noon, accuracy: 1e9, altitude: -1e300, heartRate: .max)
        let tame = IncomingMarker(
            id: 2, coordinate: east(0), time: noon + 1, accuracy: 6.5, altitude: 44.04, heartRate: 151)
        try meeting.send(ana, [wild, tame])
        let points = meeting.room.runner(ana)?.run.history.points ?? []
        #expect(points[0].accuracy == 65_534)
        #expect(points[0].altitude == -1_000_000_000)
        #expect(points[0].heartRate == 65_534)
        #expect(
            points[1]
                == TrackPoint(id: 2, time: noon + 1, coordinate: east(0), accuracy: 65, altitude: 440, heartRate: 151))
    }

    @Test("markers before the start show where somebody is, and do not count")
    mutating func beforeStart() throws {
        let ana = try meeting.join()
        try meeting.run(ana, [0, 10, 20])
        #expect(meeting.row(ana)?.position == east(20))
        #expect(meeting.meters(ana) == 0)
        meeting.wait(second)
        try meeting.start(ana)
        try meeting.run(ana, [30, 40])
        #expect(meeting.counted(ana) == [4, 5])
        #expect(meeting.meters(ana).isNear(10))
    }

    @Test("while paused nothing counts, but everybody sees the runner move")
    mutating func paused() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10, 20])
        try meeting.pause(ana)
        try meeting.run(ana, [30, 40, 50])
        #expect(meeting.meters(ana).isNear(20))
        #expect(meeting.row(ana)?.position == east(50))
    }

    @Test("the way between pause and the next start is not bridged")
    mutating func notBridged() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 10, 20])
        try meeting.pause(ana)
        meeting.wait(hour)
        try meeting.start(ana)
        try meeting.run(ana, [500, 510])
        #expect(meeting.counted(ana) == [1, 2, 3, 4, 5], "nor is a taxi in the pause a reason for doubt")
        #expect(meeting.meters(ana).isNear(30))
    }

    @Test("poor accuracy is a place while there is no better one")
    mutating func vague() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, [0, 30], accuracy: 80)
        #expect(meeting.row(ana)?.position == east(30))
        try meeting.run(ana, [60], accuracy: 10)
        try meeting.run(ana, [90], accuracy: 80)
        #expect(meeting.row(ana)?.position == east(60))
    }
}
