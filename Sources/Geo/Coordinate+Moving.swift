import Foundation

extension Coordinate {
    /// The place that lies some metres away in a direction.
    ///
    /// On the mean sphere, which is within 0.6 % of the ellipsoid for a step that is small beside the earth: for choosing a
    /// place, not for measuring. Right over the poles and the antimeridian; at a pole, which has one direction only, it
    /// leads down any meridian.
    ///
    /// - Parameters:
    ///   - metres: How far, 0 or more.
    ///   - direction: In radians, from north over east.
    /// - Returns: The place, within what a ``Coordinate`` may be.
    public func moved(by metres: Double, toward direction: Double) -> Coordinate {
        let meanRadius = 6_371_008.8
        let arc = metres / meanRadius
        let radians = latitude * (.pi / 180)
        let sine = sin(radians) * cos(arc) + cos(radians) * sin(arc) * cos(direction)
        let east = atan2(
            sin(direction) * sin(arc) * cos(radians), cos(arc) - sin(radians) * sine)
        let north = asin(max(-1, min(1, sine))) * (180 / .pi)
        // Into -180...180, whichever side the step came out at.
        let turned = (longitude + east * (180 / .pi)).remainder(dividingBy: 360)
        // Neither can be out of range; a place that is none stays where it is.
        return (try? Coordinate(latitude: north, longitude: turned)) ?? self
    }
}
