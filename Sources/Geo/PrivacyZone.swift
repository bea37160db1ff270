/// A circle in which nobody but its owner is shown where its owner is.
///
/// It must not tell what it hides: its middle lies a random part of the radius away from the place that its owner pointed
/// at, moved once, so that the middle of what is missing from many ways is not the door; and a way is cut at a random
/// distance before the edge, the same each time for a run and another for the next, so that its ends do not lie on a
/// circle.
/// ```text
///            ╭─────────╮
///          ╭─┼───────╮ │ ◄── the circle, around ``center``
///   ·····  │ │  ×    │ │     ×: the ``place``, at most half of the radius from it
///    way   │ ╰───────┼─╯
///     end ─┘◄───────►╰── ``margin(inRun:)``, up to a third of the radius
/// ```
public struct PrivacyZone: Hashable, Sendable {
    public let id: Int64
    /// What its owner pointed at.
    public let place: Coordinate
    /// In metres.
    public let radius: Int
    /// The middle of the circle.
    public let center: Coordinate
    /// Random bits of the zone, which are told to nobody.
    public let seed: UInt64

    /// A zone as it was stored.
    public init(id: Int64, place: Coordinate, radius: Int, center: Coordinate, seed: UInt64) {
        self.id = id
        self.place = place
        self.radius = radius
        self.center = center
        self.seed = seed
    }

    /// A new zone, whose middle is chosen at random.
    ///
    /// - Parameters:
    ///   - id: What it is known by.
    ///   - place: What is to be hidden.
    ///   - radius: In metres.
    ///   - generator: Where chance comes from.
    public init(
        id: Int64, hiding place: Coordinate, radius: Int, using generator: inout some RandomNumberGenerator
    ) {
        // The root spreads it evenly over the disc.
        let distance = Double(radius) * Self.farthestMove * Double.random(in: 0..<1, using: &generator).squareRoot()
        let center = place.moved(by: distance, toward: .random(in: 0..<(2 * .pi), using: &generator))
        self.init(
            id: id, place: place, radius: radius, center: center,
            seed: .random(in: .min ... .max, using: &generator))
    }

    /// The zone for a place and a radius that have changed.
    ///
    /// The middle stays as long as the place lies well within: circles around several middles would lead to what they
    /// have in common.
    ///
    /// - Parameters:
    ///   - place: What is to be hidden now.
    ///   - radius: In metres.
    ///   - generator: Where chance comes from.
    /// - Returns: The zone, with the same id.
    public func changed(
        place: Coordinate, radius: Int, using generator: inout some RandomNumberGenerator
    ) -> PrivacyZone {
        // A step on the sphere may be a little longer on the ellipsoid.
        guard place == self.place, center.distance(to: place) <= Double(radius) * Self.farthestMove * 1.01 else {
            return PrivacyZone(id: id, hiding: place, radius: radius, using: &generator)
        }
        return PrivacyZone(id: id, place: place, radius: radius, center: center, seed: seed)
    }

    /// The part of the radius by which the middle is moved at most.
    static let farthestMove = 0.5
    /// The part of the radius by which more is hidden in a run at most.
    static let widestMargin = 1.0 / 3

    /// Hides everything: what stands for zones that cannot be read.
    public static let everywhere: PrivacyZone = {
        let origin = Coordinate.origin
        return PrivacyZone(id: 0, place: origin, radius: 100_000_000, center: origin, seed: 0)
    }()

    /// How many metres beyond the circle are hidden in a run.
    public func margin(inRun run: Int64) -> Double {
        let bits = Self.mixed(Self.mixed(seed) ^ UInt64(bitPattern: run))
        return Double(bits >> 11) * 0x1p-53 * Self.widestMargin * Double(radius)
    }

    /// Whether a place must not be shown in a run.
    ///
    /// - Complexity: Some nanoseconds for a place that is far to the north or south, 60 for others; never allocates.
    public func hides(_ place: Coordinate, inRun run: Int64) -> Bool {
        // 1e-7 degrees along a meridian are nowhere less than this, in metres.
        let least = 0.011_057
        let north = Double(abs(Int64(place.latitudeE7) - Int64(center.latitudeE7))) * least
        guard north <= Double(radius) * (1 + Self.widestMargin) else { return false }
        return center.distance(to: place) <= Double(radius) + margin(inRun: run)
    }

    /// The last step of Vigna's SplitMix64: each bit of the result depends on all.
    private static func mixed(_ bits: UInt64) -> UInt64 {
        var z = bits &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
