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
        let meters = WayMeasure.meters(along: points, from: 1_000_000, to: 1_040_000)
        #expect(meters[0] == 0 && meters[3] == nil && meters[4] == nil)
        for (index, expected) in [(1, 30.0), (2, 60), (5, 120)] {
            #expect(abs((try #require(meters[index])) - expected) < 0.6, "\(index)")
        }
    }

    @Test("what comes after the end, before the start or out of its order adds nothing")
    func bounds() throws {
        let points = [
            try point(1, meters: 0, second: 0), try point(2, meters: 30, second: 10),
            try point(2, meters: 60, second: 20), try point(-1, meters: 60, second: 20),
            try point(3, meters: 90, second: 200),
        ]
        let meters = WayMeasure.meters(along: points, from: 1_000_000, to: 1_020_000)
        #expect(meters[2] == nil && meters[3] == nil && meters[4] == nil && meters[1] != nil)
        #expect(WayMeasure.meters(along: [], from: 0, to: 0) == [])
    }
}
