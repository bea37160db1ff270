/// The constants of WGS-84 (NGA.STND.0036, table 3.1) and what follows from them.
enum Ellipsoid {
    /// Equatorial radius in metres.
    static let a = 6_378_137.0
    /// Flattening.
    static let f = 1 / 298.257223563
    /// Polar radius in metres.
    static let b = a * (1 - f)
    /// First eccentricity, squared.
    static let e2 = f * (2 - f)
    /// Second eccentricity, squared.
    static let ep2 = e2 / (1 - e2)
    /// Third flattening.
    static let n = f / (2 - f)
}
