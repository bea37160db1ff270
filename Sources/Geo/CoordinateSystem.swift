/// What the numbers of a client mean.
public enum CoordinateSystem: String, Sendable, CaseIterable, Codable {
    /// Degrees as satellites give them, and as everything here is kept.
    case wgs84
    /// The shifted degrees of maps of mainland China, WeChat's among them; elsewhere the same numbers as `wgs84`.
    case gcj02

    /// Numbers in this system to a place.
    ///
    /// The place is right to the rounding of a `Coordinate`. At the border of the shifted area GCJ-02 numbers are
    /// ambiguous over some hundred metres: those that a shifted place has are taken for that place, all others as they
    /// are. What `degrees(of:)` gave comes back as the same numbers, always.
    ///
    /// - Throws: `CoordinateError` for what is out of range or not a number.
    public func coordinate(latitude: Double, longitude: Double) throws(CoordinateError) -> Coordinate {
        let unshifted = try Coordinate(latitude: latitude, longitude: longitude)
        switch self {
        case .wgs84:
            return unshifted
        case .gcj02:
            guard ShiftedArea.mayShow(unshifted) else { return unshifted }
            let degrees = GCJ02.unshifted(latitude: latitude, longitude: longitude)
            // Asked of the rounded place, as `degrees(of:)` does, lest the two disagree on the area's very edge.
            let place = try Coordinate(latitude: degrees.latitude, longitude: degrees.longitude)
            return ShiftedArea.contains(place) ? place : unshifted
        }
    }

    /// A place in the numbers of this system.
    ///
    /// About 100 ns in the shifted area, some nanoseconds elsewhere.
    public func degrees(of coordinate: Coordinate) -> (latitude: Double, longitude: Double) {
        switch self {
        case .gcj02 where ShiftedArea.contains(coordinate):
            GCJ02.shifted(latitude: coordinate.latitude, longitude: coordinate.longitude)
        case .wgs84, .gcj02:
            (coordinate.latitude, coordinate.longitude)
        }
    }
}
