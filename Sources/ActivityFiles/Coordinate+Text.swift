import Geo

extension Coordinate {
    /// A place from two texts; nil for what is no number or out of range.
    static func read(latitude: Double?, longitude: Double?) -> Coordinate? {
        guard let latitude, let longitude else { return nil }
        return try? Coordinate(latitude: latitude, longitude: longitude)
    }

    /// Degrees with seven decimals, without exponent.
    var latitudeText: String { Decimal.text(latitudeE7, decimals: 7) }
    var longitudeText: String { Decimal.text(longitudeE7, decimals: 7) }
}
