import Foundation

/// The distance of two places so near each other that the ellipsoid between them is a piece of one curved surface.
///
/// Gauss's mid-latitude method, written for the chord instead of the arc: with the radii of curvature M (along the
/// meridian) and N (across it) at the mean latitude φ, half the latitude difference h and half the longitude
/// difference k,
///
///     chord² = (2 M sin h)² + (2 N sin k)² cos φ₁ cos φ₂,   cos φ₁ cos φ₂ = cos² φ − sin² h
///     arc = chord (1 + chord² / 24 M N)
///
/// Chords, unlike the flat rectangle of the textbooks, stay right at the poles, where two places a metre apart may
/// have any longitude difference. What is left out grows with the square of the distance: the change of M and N
/// between mean and ends, and the difference between M, N and the radius in the direction of the way. The relative
/// error is below 1e-8 up to `limit`.
enum LocalDistance {
    /// Metres up to which the method holds what it promises.
    static let limit = 10_000.0

    /// Metres; meaningful below `limit`, and certainly not below it for places that are farther apart.
    ///
    /// Angles in radians, the differences not negative.
    static func metres(
        meanLatitude: Double, halfLatitudeDifference h: Double, halfLongitudeDifference k: Double
    ) -> Double {
        let sine = sin(meanLatitude)
        let cosine = cos(meanLatitude)
        let w2 = 1 - Ellipsoid.e2 * sine * sine
        let n = Ellipsoid.a / w2.squareRoot()
        let m = n * (1 - Ellipsoid.e2) / w2

        let sinH = smallSine(h)
        let sinK = smallSine(k)
        let along = m * sinH
        // Rounding may leave a trace below zero when one of the places is a pole.
        let across2 = n * n * max(0, cosine * cosine - sinH * sinH) * sinK * sinK
        let chord2 = 4 * (along * along + across2)
        return chord2.squareRoot() * (1 + chord2 / (24 * m * n))
    }

    /// The sine, by the first terms of its series where these suffice: markers are metres apart, and the library's
    /// function is the greater part of the whole distance.
    private static func smallSine(_ x: Double) -> Double {
        guard x < 0.01 else { return sin(x) }
        let x2 = x * x
        return x * (1 - x2 / 6 * (1 - x2 / 20 * (1 - x2 / 42)))
    }
}
