import Geo

/// A repeatable source of randomness: Vigna's SplitMix64.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Any place of the Earth.
    mutating func place() throws -> Coordinate {
        try Coordinate(
            latitudeE7: .random(in: -900_000_000...900_000_000, using: &self),
            longitudeE7: .random(in: -1_800_000_000...1_800_000_000, using: &self))
    }
}
