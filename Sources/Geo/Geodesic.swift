import Foundation

/// The shortest way between any two places of the ellipsoid.
///
/// The formulation is that of C. F. F. Karney, “Algorithms for geodesics”, Journal of Geodesy 87 (2013), 43-55
/// (doi:10.1007/s00190-012-0578-z), whose equation numbers are cited below. A geodesic is a great circle of the
/// auxiliary sphere, on which places have reduced latitudes β and the way an azimuth α and an arc length σ. It keeps
/// sin α₀ = sin α cos β (Clairaut), so the first azimuth α₁ decides everything, among it the longitude λ(α₁) at which
/// the second latitude is reached. λ grows with α₁ once the places are put in canonical order, hence the way sought
/// is the root of λ(α₁) = λ₁₂. Karney finds it by Newton's method from a good guess; we do by a bracketing method, which
/// needs no guess, cannot fail near antipodes as Vincenty's iteration does, and is quick enough for the few pairs that
/// are beyond `LocalDistance.limit`.
enum Geodesic {
    /// Metres between two latitudes that are `longitudeDifference` (0 … π) apart.
    ///
    /// Angles in radians.
    static func metres(latitude1: Double, latitude2: Double, longitudeDifference: Double) -> Double {
        // Canonical order: the first place is the farther one from the equator, and south of it. (44)
        let (far, near) = abs(latitude1) >= abs(latitude2) ? (latitude1, latitude2) : (latitude2, latitude1)
        let from = ReducedLatitude(-abs(far))
        let to = ReducedLatitude(far > 0 ? -near : near)

        if longitudeDifference == 0 || longitudeDifference == .pi || from.cosine < 1e-15 {
            // Along a meridian, over the nearer pole if the places are on opposite ones.
            let isSame = longitudeDifference == 0 || from.cosine < 1e-15
            let arc1 = atan2(from.sine, isSame ? from.cosine : -from.cosine)
            return length(Arc(sinAlpha0: 0, sigma1: arc1, sigma2: atan2(to.sine, to.cosine)))
        }
        if from.sine == 0, longitudeDifference <= (1 - Ellipsoid.f) * .pi {
            return Ellipsoid.a * longitudeDifference  // along the equator; beyond, ways off it are shorter
        }
        return length(arc(from: from, to: to, longitudeDifference: longitudeDifference))
    }

    /// Solves λ(α₁) = λ₁₂ by false position with Anderson's and Björck's weights, and by halving where that is slow.
    private static func arc(from: ReducedLatitude, to: ReducedLatitude, longitudeDifference: Double) -> Arc {
        // The unknown is π/2 − α₁, as doubles are densest at 0: ways near the equator need that.
        var low = -Double.pi / 2  // starting south: λ = π
        var high = Double.pi / 2  // starting north: λ = 0
        var lowExcess = Double.pi - longitudeDifference
        var highExcess = -longitudeDifference
        var best = Arc(sinAlpha0: 0, sigma1: 0, sigma2: 0)
        for step in 0..<200 {
            var guess = low + (high - low) * (lowExcess / (lowExcess - highExcess))
            // Halving each third step bounds the work; the function may be a step 1e-9 wide.
            if step % 3 == 2 || !(guess > low && guess < high) { guess = low + (high - low) / 2 }
            guard guess > low, guess < high else { break }

            best = Arc(from: from, to: to, sinAlpha1: cos(guess), cosAlpha1: sin(guess))
            let excess = best.longitude - longitudeDifference
            if abs(excess) < 1e-13 { break }
            if excess > 0 {
                let weight = 1 - excess / lowExcess
                highExcess *= weight > 0 ? weight : 0.5
                (low, lowExcess) = (guess, excess)
            } else {
                let weight = 1 - excess / highExcess
                lowExcess *= weight > 0 ? weight : 0.5
                (high, highExcess) = (guess, excess)
            }
        }
        return best
    }

    /// Metres of a piece of a geodesic.
    ///
    /// (7), (15), (17), (18), to the fourth order in ε.
    private static func length(_ arc: Arc) -> Double {
        let e = arc.epsilon
        let e2 = e * e
        let scale = (1 + e2 / 4 * (1 + e2 / 16)) / (1 - e)
        let c1 = e * (-1.0 / 2 + 3.0 / 16 * e2)
        let c2 = e2 * (-1.0 / 16 + 1.0 / 32 * e2)
        let c3 = e2 * e * (-1.0 / 48)
        let c4 = e2 * e2 * (-5.0 / 512)
        func periodic(_ sigma: Double) -> Double {
            c1 * sin(2 * sigma) + c2 * sin(4 * sigma) + c3 * sin(6 * sigma) + c4 * sin(8 * sigma)
        }
        let sum = (arc.sigma2 - arc.sigma1) + (periodic(arc.sigma2) - periodic(arc.sigma1))
        return Ellipsoid.b * scale * sum
    }
}

/// The latitude of a place on the auxiliary sphere: tan β = (1 − f) tan φ. (6)
private struct ReducedLatitude {
    let sine: Double
    let cosine: Double

    init(_ latitude: Double) {
        let y = (1 - Ellipsoid.f) * sin(latitude)
        let x = max(0, cos(latitude))
        let length = (x * x + y * y).squareRoot()
        sine = y / length
        cosine = x / length
    }
}

/// A piece of a great circle of the auxiliary sphere, between two arc lengths counted from its northward crossing of
/// the equator.
private struct Arc {
    let sinAlpha0: Double
    let sigma1: Double
    let sigma2: Double
    /// The difference of spherical longitudes.
    private let omega: Double

    init(sinAlpha0: Double, sigma1: Double, sigma2: Double) {
        self.sinAlpha0 = sinAlpha0
        self.sigma1 = sigma1
        self.sigma2 = sigma2
        omega = 0
    }

    /// The great circle that leaves `from` at an azimuth, up to where it reaches `to`'s latitude going north.
    init(from: ReducedLatitude, to: ReducedLatitude, sinAlpha1: Double, cosAlpha1: Double) {
        sinAlpha0 = sinAlpha1 * from.cosine  // (5)
        // (45), whose difference of squared cosines is taken so that it does not cancel.
        let difference = (from.sine - to.sine) * (from.sine + to.sine)
        let north1 = cosAlpha1 * from.cosine
        let north2 = max(0, north1 * north1 + difference).squareRoot()
        sigma1 = atan2(from.sine, north1)  // (11)
        sigma2 = atan2(to.sine, north2)
        let omega1 = atan2(sinAlpha0 * from.sine, north1)  // (12)
        let omega2 = atan2(sinAlpha0 * to.sine, north2)
        omega = omega2 - omega1
    }

    /// The small parameter of the series. (9), (16)
    var epsilon: Double {
        let k2 = Ellipsoid.ep2 * (1 - sinAlpha0 * sinAlpha0)
        let root = 1 + (1 + k2).squareRoot()
        return k2 / (root * root)
    }

    /// The difference of geographic longitudes.
    ///
    /// (8), (23), (24), (25), to the third order.
    var longitude: Double {
        let n = Ellipsoid.n
        let e = epsilon
        let a3 =
            1 - e
            * ((1.0 / 2 - n / 2)
                + e * ((1.0 / 4 + n / 8 - 3.0 / 8 * n * n) + e * (1.0 / 16 + 3.0 / 16 * n + 1.0 / 16 * n * n)))
        let c1 =
            e * ((1.0 / 4 - n / 4) + e * ((1.0 / 8 - n * n / 8) + e * (3.0 / 64 + 3.0 / 64 * n - 1.0 / 64 * n * n)))
        let c2 =
            e * e * ((1.0 / 16 - 3.0 / 32 * n + n * n / 32) + e * (3.0 / 64 - 1.0 / 32 * n - 3.0 / 64 * n * n))
        let c3 = e * e * e * (5.0 / 192 - 3.0 / 64 * n + 5.0 / 192 * n * n)
        func periodic(_ sigma: Double) -> Double {
            c1 * sin(2 * sigma) + c2 * sin(4 * sigma) + c3 * sin(6 * sigma)
        }
        let sum = (sigma2 - sigma1) + (periodic(sigma2) - periodic(sigma1))
        return omega - Ellipsoid.f * sinAlpha0 * a3 * sum
    }
}
