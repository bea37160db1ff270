public import Geo

/// The way so far in at most ``capacity`` points, evenly spaced over the counted markers.
///
/// It keeps every 2ⁿ-th point and doubles the stride when it is full: O(1) amortised, never more than
/// ``capacity`` coordinates of memory however long the run.
public struct TrackOutline: Sendable {
    public static let capacity = 200

    private var kept: [Coordinate] = []
    private var stride = 1
    private var seen = 0
    private var newest: Coordinate?

    public init() {}

    mutating func append(_ coordinate: Coordinate) {
        if seen % stride == 0 {
            // One place is reserved for the newest point.
            if kept.count == Self.capacity - 1 {
                kept = kept.enumerated().compactMap { $0.offset % 2 == 0 ? $0.element : nil }
                stride *= 2
            }
            if seen % stride == 0 { kept.append(coordinate) }
        }
        seen += 1
        newest = coordinate
    }

    /// Oldest first; the last one is the newest counted place.
    public var points: [Coordinate] {
        guard let newest, newest != kept.last else { return kept }
        return kept + [newest]
    }
}
