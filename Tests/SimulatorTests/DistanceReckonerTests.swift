import Geo
import Testing

@testable import Simulator

@Suite("The simulator's own reckoning") struct DistanceReckonerTests {
    /// A place so many metres north of a point on the equator, where a degree is 110 574.276 m.
    func north(_ meters: Double) throws -> Coordinate {
        try Coordinate(latitude: meters / 110_574.2758, longitude: 10)
    }

    func marker(_ id: Int, at meters: Double, second: Double, accuracy: Double? = nil) throws -> Marker {
        Marker(
            id: id, time: Int64(second * 1000), place: try north(meters), accuracy: accuracy.map { Int($0 * 10) })
    }

    func reckon(_ markers: [Marker], pauses: [Range<Int64>] = []) -> DistanceReckoner {
        var reckoner = DistanceReckoner(start: 0, pauses: pauses)
        for marker in markers { reckoner.add(marker) }
        return reckoner
    }

    @Test("a straight way is as long as it is")
    func straight() throws {
        let reckoner = reckon(try (1...101).map { try marker($0, at: Double($0 - 1) * 5, second: Double($0)) })
        #expect(abs(reckoner.meters - 500) < 0.01)
        #expect(reckoner.seconds(finishedAt: 0) == 101)
    }

    @Test("standing still adds nothing")
    func standing() throws {
        let reckoner = reckon(
            try (1...100).map { try marker($0, at: $0.isMultiple(of: 2) ? 3.5 : 0, second: Double($0)) })
        #expect(reckoner.meters == 0)
        #expect(reckoner.seconds(finishedAt: 0) == 100)
    }

    @Test("a step must be more than half the accuracy")
    func inaccurate() throws {
        let steps = try (1...3).map { try marker($0, at: Double($0) * 9, second: Double($0) * 3, accuracy: 30) }
        #expect(abs(reckon(steps).meters - 18) < 0.01)  // 9 m is not more than 15 m, 18 m is
    }

    @Test("what is at 0,0, inaccurate, too fast or not later is not counted")
    func refused() throws {
        let reckoner = reckon([
            try marker(1, at: 100, second: 1),
            try marker(2, at: 500, second: 2),  // 400 m/s
            Marker(id: 3, time: 3000, place: try Coordinate(latitude: 0, longitude: 0)),
            try marker(4, at: 110, second: 4, accuracy: 50.1),
            try marker(5, at: 105, second: 1),
            try marker(6, at: 120, second: 6),
        ])
        #expect(abs(reckoner.meters - 20) < 0.03)
        #expect(reckoner.countedMarkers == 2)
    }

    @Test("three markers that agree move the anchor, and the jump is no distance")
    func anchor() throws {
        let reckoner = reckon([
            try marker(1, at: 1, second: 1),
            try marker(2, at: 10_000, second: 2),
            try marker(3, at: 10_005, second: 3),
            try marker(4, at: 10_010, second: 4),
            try marker(5, at: 10_020, second: 5),
        ])
        #expect(abs(reckoner.meters - 20) < 0.03)
    }

    @Test("the way in a pause and over it is not distance, and its time is no time")
    func pause() throws {
        let reckoner = reckon(
            [
                try marker(1, at: 1, second: 1), try marker(2, at: 11, second: 2), try marker(3, at: 30, second: 5),
                try marker(4, at: 200, second: 9), try marker(5, at: 210, second: 10),
            ], pauses: [3000..<8000])
        #expect(abs(reckoner.meters - 20) < 0.03)
        #expect(reckoner.seconds(finishedAt: 0) == 5)
    }

    @Test("a run whose places are all at 0,0, as a treadmill's, lasts from start to finish without the pauses")
    func treadmill() throws {
        let nowhere = try Coordinate(latitude: 0, longitude: 0)
        let markers = (1...60).map { Marker(id: $0, time: Int64($0) * 1000, place: nowhere) }
        let reckoner = reckon(markers, pauses: [5000..<15_000])
        #expect(reckoner.meters == 0 && reckoner.countedMarkers == 0)
        #expect(reckoner.seconds(finishedAt: 62_000) == 52)
        // So does one that is somewhere only at its start.
        let first = try marker(1, at: 0, second: 0)
        #expect(reckon([first] + markers, pauses: [5000..<15_000]).seconds(finishedAt: 62_000) == 52)
    }

    @Test("a step of more than 20 km or 24 hours is none, unless three that agree go on from there")
    func far() throws {
        let hour = 3600.0
        let markers = [
            try marker(1, at: 0, second: 0), try marker(2, at: 20_001, second: hour),
            try marker(3, at: 19_000, second: 2 * hour), try marker(4, at: 19_010, second: 27 * hour),
        ]
        #expect(abs(reckon(markers).meters - 19_000) < 0.5)
        let back = try [27.5, 28].map { try marker(Int($0 * 2), at: 19_010, second: $0 * hour) }
        #expect(reckon(markers + back).countedMarkers == 5)
    }
}
