/// What others may see of where somebody is, or was, in a run.
///
/// Distance, time and place in the standings are everybody's: it says of places alone.
public struct PrivacyFilter: Hashable, Sendable {
    private let zones: [PrivacyZone]
    private let run: Int64

    /// - Parameters:
    ///   - zones: Of whose run it is.
    ///   - run: The run's identity, by which it is cut at the same places whoever asks, and as long as it is kept.
    public init(_ zones: [PrivacyZone], run: Int64) {
        self.zones = zones
        self.run = run
    }

    /// Whether nothing is ever hidden.
    public var isClear: Bool { zones.isEmpty }

    /// Whether a place is not for others.
    public func hides(_ place: Coordinate) -> Bool {
        // Nobody pays for what only some have.
        if zones.isEmpty { return false }
        return zones.contains { $0.hides(place, inRun: run) }
    }

    /// What others see of a way: its pieces outside, oldest first, between which nothing is known.
    ///
    /// - Complexity: O(n) in the places.
    public func pieces(of way: [Coordinate]) -> [[Coordinate]] {
        if zones.isEmpty { return way.isEmpty ? [] : [way] }
        return way.split(omittingEmptySubsequences: true, whereSeparator: hides).map(Array.init)
    }
}
