/// What the numbers of a client mean.
public enum CoordinateSystem: String, Sendable, CaseIterable, Codable {
    case wgs84
    case gcj02

    /// Numbers in this system to a place.
    ///
    /// Throws for what is out of range.
    public func coordinate(latitude: Double, longitude: Double) throws(CoordinateError) -> Coordinate { fatalError() }
    /// A place in the numbers of this system.
    public func degrees(of coordinate: Coordinate) -> (latitude: Double, longitude: Double) { fatalError() }
}
