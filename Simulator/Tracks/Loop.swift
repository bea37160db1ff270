import Foundation
import Geo

/// A lap in a park, as a path around a pond is: a closed curve without corners, longer than it is wide, turned by an
/// angle.
struct Loop: Sendable {
    /// A point of the lap in metres from its middle, and which way is out there.
    private struct Sample {
        var east: Double
        var north: Double
        var outEast: Double
        var outNorth: Double
    }

    /// Metres of a lap.
    let length: Double
    private let latitude: Double
    private let longitude: Double
    /// Equally far from each other along the lap; the last is the first again.
    private let samples: [Sample]
    /// Metres of one degree there.
    private let metersPerLatitude: Double
    private let metersPerLongitude: Double

    /// What the distance from the middle adds to a circle: how often a turn, how much of the radius, and where.
    ///
    /// With these no bend is sharper than that of a circle of half the mean radius, so that there is place beside the
    /// path everywhere.
    private static let bends: [(count: Double, depth: Double, phase: Double)] = [
        (2, 0.24, 0), (3, 0.09, 0.7), (5, 0.02, 2.1),
    ]
    private static let sampleCount = 1024

    /// - Parameters:
    ///   - latitude: The middle, WGS-84, at most 85 degrees from the equator.
    ///   - longitude: The middle, WGS-84.
    ///   - length: Metres of a lap.
    ///   - heading: Radians by which the long side is turned from the east.
    init(latitude: Double, longitude: Double, length: Double, heading: Double) {
        self.latitude = latitude
        self.longitude = longitude
        self.length = length
        samples = Self.samples(length: length, heading: heading)
        // The radii of curvature of the WGS-84 ellipsoid along the meridian and across it.
        let (axis, eccentricity) = (6_378_137.0, 6.694_379_990_141_316e-3)
        let sine = sin(latitude * .pi / 180)
        let across = axis / (1 - eccentricity * sine * sine).squareRoot()
        let along = across * (1 - eccentricity) / (1 - eccentricity * sine * sine)
        metersPerLatitude = along * .pi / 180
        metersPerLongitude = across * cos(latitude * .pi / 180) * .pi / 180
    }

    private static func samples(length: Double, heading: Double) -> [Sample] {
        func point(_ index: Int) -> (x: Double, y: Double) {
            let angle = Double(index) / Double(2 * sampleCount) * 2 * .pi
            let radius = bends.reduce(1) { $0 + $1.depth * cos($1.count * angle + $1.phase) }
            return (radius * cos(angle + heading), radius * sin(angle + heading))
        }
        // Twice as many as are kept, so that what is taken from between two of them is as good.
        let curve = (0...2 * sampleCount).map(point)
        var way = [0.0]
        for (one, other) in zip(curve, curve.dropFirst()) {
            way.append(way[way.count - 1] + hypot(other.x - one.x, other.y - one.y))
        }
        let around = way[way.count - 1]
        let scale = length / around
        var next = 1
        return (0...sampleCount).map { index in
            let distance = around * Double(index) / Double(sampleCount)
            while next < curve.count - 1, way[next] < distance { next += 1 }
            let (from, to, step) = (curve[next - 1], curve[next], way[next] - way[next - 1])
            let share = (distance - way[next - 1]) / step
            let (x, y) = ((to.x - from.x) / step, (to.y - from.y) / step)
            // The curve turns to the left, so out is to the right.
            return Sample(
                east: scale * (from.x + share * (to.x - from.x)), north: scale * (from.y + share * (to.y - from.y)),
                outEast: y, outNorth: -x)
        }
    }

    /// A place along the loop.
    ///
    /// - Parameters:
    ///   - distance: Metres from where the lap begins, along the middle of the path; not less than 0.
    ///   - aside: Metres outwards from the middle of the path.
    ///   - east: Metres of an error.
    ///   - north: Metres of an error.
    /// - Returns: The place, WGS-84.
    /// - Throws: ``CoordinateError`` beyond a pole.
    func place(
        at distance: Double, aside: Double = 0, east: Double = 0, north: Double = 0
    ) throws(CoordinateError) -> Coordinate {
        let position = distance.truncatingRemainder(dividingBy: length) / length * Double(Self.sampleCount)
        let index = min(Int(position), Self.sampleCount - 1)
        let share = position - Double(index)
        let (from, to) = (samples[index], samples[index + 1])
        func between(_ value: (Sample) -> Double) -> Double { value(from) + share * (value(to) - value(from)) }
        let eastward = between(\.east) + aside * between(\.outEast) + east
        let northward = between(\.north) + aside * between(\.outNorth) + north
        return try Coordinate(
            latitude: latitude + northward / metersPerLatitude, longitude: longitude + eastward / metersPerLongitude)
    }
}
