/// Random numbers that are the same for the same seed on every machine (SplitMix64).
///
/// Source: G. L. Steele, D. Lea, C. H. Flood, “Fast Splittable Pseudorandom Number Generators”, OOPSLA 2014.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A generator of its own for one of many things that one seed decides.
    init(seed: UInt64, stream: UInt64) {
        self.init(seed: seed ^ (stream &* 0xd134_2543_de82_ef95))
        state = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A standard normal deviate.
    mutating func gaussian() -> Double {
        // Irwin-Hall: twelve uniform deviates have variance 1, and no tails beyond 6, which no phone has either.
        var sum = -6.0
        for _ in 0..<12 { sum += Double.random(in: 0..<1, using: &self) }
        return sum
    }

    mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }
}

/// Noise that does not jump: a first-order autoregressive process, as the errors of a satellite receiver are.
struct DriftingNoise {
    private var value = 0.0
    private let persistence: Double
    private let innovation: Double

    /// - Parameters:
    ///   - deviation: The standard deviation in the long run.
    ///   - correlation: How much of the value is left after one step, 0..<1.
    init(deviation: Double, correlation: Double) {
        persistence = correlation
        innovation = deviation * (1 - correlation * correlation).squareRoot()
    }

    mutating func next(using generator: inout SeededGenerator) -> Double {
        value = persistence * value + innovation * generator.gaussian()
        return value
    }
}
