import Geo
import Testing

@testable import Rooms

@Suite("The way along a track") struct WayMeasureTests {
    private func point(_ id: Int32, meters: Double, second: Int64, accuracy: Int32? = 80) throws -> TrackPoint {
        TrackPoint(
            id: id, time: 1_000_000 + second * 1000,
            coordinate: try Coordinate(latitude: 39.9 + meters / 111_320, longitude: 116.397), accuracy: accuracy)
    }

    @Test("metres grow from marker to marker, and what does not count has none")
    func measures() throws {
        let points = [
            try point(1, meters: 0, second: 0), try point(2, meters: 30, second: 10),
            try point(3, meters: 60, second: 20), try point(4, meters: 5000, second: 21),
            try point(5, meters: 80, second: 30, accuracy: 900), try point(6, meters: 120, second: 40),
        ]
        let meters = WayMeasure.measure(points, from: 1_000_000, to: 1_040_000).meters
        #expect(meters[0] == 0 && meters[3] == nil && meters[4] == nil)
        for (index, expected) in [(1, 30.0), (2, 60), (5, 120)] {
            #expect(abs((try #require(meters[index])) - expected) < 0.6, "\(index)")
        }
    }

    @Test("a pause adds neither way nor time, wherever its runner went")
    func pause() throws {
        let points = [
            try point(1, meters: 0, second: 0), try point(2, meters: 600, second: 100),
            try point(3, meters: 700, second: 200), try point(4, meters: 900, second: 300),
            try point(5, meters: 1500, second: 400),
        ]
        let measured = WayMeasure.measure(
            points, from: 1_000_000, to: 1_400_000, pauses: [1_100_000..<1_300_000, 1_400_000..<1_400_001])
        #expect(measured.meters[2] == nil)
        #expect(abs(measured.total - 1200) < 5 && measured.seconds == 200)
        #expect(measured.splits.map(\.kilometer) == [1] && abs(measured.splits[0].total - 166.7) < 1)
        let whole = WayMeasure.measure(points, from: 1_000_000, to: 1_400_000)
        #expect(abs(whole.total - 1500) < 5 && whole.seconds == 400)
    }

    @Test("a clock's pauses are the times between its stretches, and the one at its end")
    func pauses() {
        var clock = RunClock()
        #expect(clock.pauses == [])
        clock.resume(at: 10)
        clock.stop(at: 20)
        #expect(clock.pauses == [])
        clock.resume(at: 20)
        clock.stop(at: 30)
        clock.resume(at: 35)
        clock.stop(at: 40)
        clock.end(at: 50, told: true)
        #expect(clock.pauses == [30..<35, 40..<50])
    }

    @Test("what comes after the end, before the start or out of its order adds nothing")
    func bounds() throws {
        let points = [
            try point(1, meters: 0, second: 0), try point(2, meters: 30, second: 10),
            try point(2, meters: 60, second: 20), try point(-1, meters: 60, second: 20),
            try point(3, meters: 90, second: 200),
        ]
        let meters = WayMeasure.measure(points, from: 1_000_000, to: 1_020_000).meters
        #expect(meters[2] == nil && meters[3] == nil && meters[4] == nil && meters[1] != nil)
        #expect(WayMeasure.measure([], from: 0, to: 0).meters == [])
    }
}
