public import Geo
import Limits

/// The way so far in at most ``capacity`` points, evenly spaced over the counted markers.
///
/// It keeps every 2ⁿ-th point and doubles the stride when it is full: O(1) amortised, never more than
/// ``capacity`` coordinates of memory however long the run.
public struct TrackOutline: Sendable {
    public static let capacity = Limit.Run.outline

    private var kept: [Coordinate] = []
    private var stride = 1
    private var seen = 0
    private var newest: Coordinate?
    /// What was kept before the stride was doubled last, while somebody may wind back to before that.
    private var beforeThinning: [Coordinate] = []

    public init() {}

    /// One that is complete.
    init(_ points: [Coordinate]) {
        kept = points
        newest = points.last
    }

    mutating func append(_ coordinate: Coordinate) {
        if seen % stride == 0 {
            // One place is reserved for the newest point.
            if kept.count == Self.capacity - 1 {
                beforeThinning = kept
                kept = kept.enumerated().compactMap { $0.offset % 2 == 0 ? $0.element : nil }
                stride *= 2
            }
            if seen % stride == 0 {
                if kept.count == kept.capacity { kept.reserveCapacity(min(kept.count + 40, Self.capacity - 1)) }
                kept.append(coordinate)
            }
        }
        seen += 1
        newest = coordinate
    }

    /// Oldest first; the last one is the newest counted place.
    public var points: [Coordinate] {
        guard let newest, newest != kept.last else { return kept }
        return kept + [newest]
    }

    /// A moment to which an outline can be wound back: before fewer than ``capacity`` - 1 counted markers.
    struct Mark: Sendable {
        fileprivate var stride: Int
        fileprivate var seen: Int
        fileprivate var newest: Coordinate?
    }

    var mark: Mark { Mark(stride: stride, seen: seen, newest: newest) }

    /// Forgets what was appended since.
    mutating func rewind(to mark: Mark) {
        if mark.stride < stride {
            precondition(mark.stride * 2 == stride && !beforeThinning.isEmpty, "the mark is too old")
            kept = beforeThinning
            beforeThinning = []
        }
        kept.removeLast(kept.count - (mark.seen + mark.stride - 1) / mark.stride)
        (stride, seen, newest) = (mark.stride, mark.seen, mark.newest)
    }

    /// Nobody winds back to a moment before this one any more.
    mutating func release(before mark: Mark) {
        if mark.stride == stride { beforeThinning = [] }
    }
}

// MARK: - Bytes

extension TrackOutline {
    func write(to writer: inout MarkWriter) {
        writer.write(stride)
        writer.write(seen)
        writer.write(kept)
        writer.write(newest)
    }

    init(from reader: inout MarkReader) throws(RunMark.Damage) {
        stride = try reader.read(in: 1...MarkerHistory.capacity)
        seen = try reader.read(in: 0...MarkerHistory.capacity)
        kept = try reader.readCoordinates(atMost: Self.capacity - 1)
        newest = try reader.readCoordinate()
        // Whoever winds it back reckons with this.
        guard stride.nonzeroBitCount == 1, kept.count == (seen + stride - 1) / stride, (newest == nil) == (seen == 0)
        else { throw .malformed }
    }
}
