import Foundation
import Geo

/// A lap in a park: two straights joined by two half circles, turned by an angle.
struct Loop {
    private let latitude: Double
    private let longitude: Double
    private let straight: Double
    private let radius: Double
    private let heading: Double
    /// Metres of one degree there.
    private let metersPerLatitude: Double
    private let metersPerLongitude: Double

    /// - Parameters:
    ///   - latitude: The middle, WGS-84, at most 85 degrees from the equator.
    ///   - longitude: The middle, WGS-84.
    ///   - length: Metres of a lap.
    ///   - heading: Radians by which the straights are turned from the east.
    init(latitude: Double, longitude: Double, length: Double, heading: Double) {
        self.latitude = latitude
        self.longitude = longitude
        self.heading = heading
        radius = length / 2 / (.pi + 2)
        straight = length / 2 - .pi * radius
        // The radii of curvature of the WGS-84 ellipsoid along the meridian and across it.
        let (axis, eccentricity) = (6_378_137.0, 6.694_379_990_141_316e-3)
        let sine = sin(latitude * .pi / 180)
        let across = axis / (1 - eccentricity * sine * sine).squareRoot()
        let along = across * (1 - eccentricity) / (1 - eccentricity * sine * sine)
        metersPerLatitude = along * .pi / 180
        metersPerLongitude = across * cos(latitude * .pi / 180) * .pi / 180
    }

    /// Metres of a lap.
    var length: Double { 2 * (straight + .pi * radius) }

    /// The place `distance` metres along the loop, moved by an error in metres.
    func place(at distance: Double, east: Double = 0, north: Double = 0) throws(CoordinateError) -> Coordinate {
        let along = distance.truncatingRemainder(dividingBy: length)
        let bend = .pi * radius
        let (x, y): (Double, Double)
        switch along {
        case ..<straight: (x, y) = (along - straight / 2, -radius)
        case ..<(straight + bend):
            let angle = (along - straight) / radius
            (x, y) = (straight / 2 + radius * sin(angle), -radius * cos(angle))
        case ..<(2 * straight + bend): (x, y) = (straight / 2 - (along - straight - bend), radius)
        default:
            let angle = (along - 2 * straight - bend) / radius
            (x, y) = (-straight / 2 - radius * sin(angle), radius * cos(angle))
        }
        let (eastward, northward) = (
            x * cos(heading) - y * sin(heading) + east, x * sin(heading) + y * cos(heading) + north
        )
        return try Coordinate(
            latitude: latitude + northward / metersPerLatitude, longitude: longitude + eastward / metersPerLongitude)
    }
}
