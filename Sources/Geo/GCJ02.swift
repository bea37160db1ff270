import Foundation

/// The shift of the Chinese coordinate system GCJ-02, in degrees, without regard to where it applies.
///
/// The formula was never published officially; this is the one known everywhere since 2010, with the axis and the
/// eccentricity of Krasovsky's ellipsoid of 1940, and waves of 13 m to 213 m around 105° E, 35° N.
enum GCJ02 {
    /// Krasovsky 1940: the greater half axis in metres and the first eccentricity squared.
    private static let a = 6_378_245.0
    private static let e2 = 0.006_693_421_622_965_943_23

    /// WGS-84 to GCJ-02.
    static func shifted(latitude: Double, longitude: Double) -> (latitude: Double, longitude: Double) {
        let x = longitude - 105
        let y = latitude - 35
        let waveX = Wave(x)
        let waveY = Wave(y)
        let ripple = 20 * waveX.six + 20 * waveX.two

        let polynomialNorth = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * abs(x).squareRoot()
        let wavesNorth = ripple + 20 * waveY.one + 40 * waveY.third + 160 * waveY.twelfth + 320 * waveY.thirtieth
        let north = polynomialNorth + wavesNorth * 2 / 3

        let polynomialEast = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * abs(x).squareRoot()
        let wavesEast = ripple + 20 * waveX.one + 40 * waveX.third + 150 * waveX.twelfth + 300 * waveX.thirtieth
        let east = polynomialEast + wavesEast * 2 / 3

        // Metres to degrees by the radii of curvature.
        let radians = latitude * (.pi / 180)
        let sine = sin(radians)
        let w2 = 1 - e2 * sine * sine
        let w = w2.squareRoot()
        let metresPerDegreeNorth = a * (1 - e2) / (w2 * w) * (.pi / 180)
        let metresPerDegreeEast = a / w * cos(radians) * (.pi / 180)
        return (latitude + north / metresPerDegreeNorth, longitude + east / metresPerDegreeEast)
    }

    /// GCJ-02 to WGS-84, within 1e-6 m.
    ///
    /// The shift changes by less than 1 % of the way one goes, so correcting by what is missing gains more than two
    /// digits each time; four or five times do. The roots at 105° E, whose slope has no bound, slow it down only
    /// within a micrometre of that meridian.
    static func unshifted(latitude: Double, longitude: Double) -> (latitude: Double, longitude: Double) {
        var place = (latitude: latitude, longitude: longitude)
        for _ in 0..<16 {
            let there = shifted(latitude: place.latitude, longitude: place.longitude)
            let missingNorth = latitude - there.latitude
            let missingEast = longitude - there.longitude
            place.latitude += missingNorth
            place.longitude += missingEast
            if abs(missingNorth) < 1e-10, abs(missingEast) < 1e-10 { break }
        }
        return place
    }

    /// The sines of one coordinate that the formula wants: sin 6πx, sin 2πx, sin πx, sin πx/3, sin πx/12, sin πx/30.
    ///
    /// All but the last follow from πx/12 by double and triple angles, which spares half of the time.
    private struct Wave {
        let six: Double
        let two: Double
        let one: Double
        let third: Double
        let twelfth: Double
        let thirtieth: Double

        init(_ x: Double) {
            thirtieth = sin(x * (.pi / 30))
            twelfth = sin(x * (.pi / 12))
            let cosTwelfth = cos(x * (.pi / 12))
            let sixth = 2 * twelfth * cosTwelfth
            let cosSixth = 1 - 2 * twelfth * twelfth
            third = 2 * sixth * cosSixth
            let cosThird = 1 - 2 * sixth * sixth
            one = third * (3 - 4 * third * third)
            let cosOne = cosThird * (4 * cosThird * cosThird - 3)
            two = 2 * one * cosOne
            six = two * (3 - 4 * two * two)
        }
    }
}
