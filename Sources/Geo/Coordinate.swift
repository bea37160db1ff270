/// A place on the WGS-84 ellipsoid in units of 1e-7 degrees (about 1 cm), so that what is computed live, stored and
/// computed again after a restart is the same to the last bit.
public struct Coordinate: Hashable, Sendable {
    /// Degrees north times 10⁷, -900,000,000 … 900,000,000.
    public let latitudeE7: Int32
    /// Degrees east times 10⁷, -1,800,000,000 … 1,800,000,000.
    ///
    /// Both ends name the antimeridian; they are different
    /// values (what a client sent is kept) but no metres apart.
    public let longitudeE7: Int32

    /// A place from its stored form.
    ///
    /// - Throws: `CoordinateError` if the latitude is beyond ±90° or the longitude beyond ±180°.
    public init(latitudeE7: Int32, longitudeE7: Int32) throws(CoordinateError) {
        guard abs(Int64(latitudeE7)) <= 900_000_000 else { throw .latitudeOutOfRange }
        guard abs(Int64(longitudeE7)) <= 1_800_000_000 else { throw .longitudeOutOfRange }
        self.latitudeE7 = latitudeE7
        self.longitudeE7 = longitudeE7
    }

    /// Rounds degrees to 1e-7° (half away from zero).
    ///
    /// - Throws: `CoordinateError` for NaN, infinities, |latitude| > 90, |longitude| > 180. The poles and ±180° are
    ///   places like any other.
    public init(latitude: Double, longitude: Double) throws(CoordinateError) {
        // Written so that NaN, which compares false with everything, fails.
        guard abs(latitude) <= 90 else { throw .latitudeOutOfRange }
        guard abs(longitude) <= 180 else { throw .longitudeOutOfRange }
        latitudeE7 = Int32((latitude * 1e7).rounded())
        longitudeE7 = Int32((longitude * 1e7).rounded())
    }

    /// Where the equator meets the prime meridian.
    static let origin = Coordinate()

    private init() { (latitudeE7, longitudeE7) = (0, 0) }

    /// Degrees north.
    public var latitude: Double { Double(latitudeE7) / 1e7 }
    /// Degrees east.
    public var longitude: Double { Double(longitudeE7) / 1e7 }
}

/// Why numbers are not a place.
public enum CoordinateError: Error, Hashable, Sendable {
    /// Beyond ±90°, or not a number.
    case latitudeOutOfRange
    /// Beyond ±180°, or not a number.
    case longitudeOutOfRange
}
