import Limits

/// When a run passed which distance, of its older markers: exact at first, thinned out the longer ago they were.
///
/// A gap to this run is as long as the time since the passing, so an error may be a small share of that time. What is
/// kept are markers as they came, with straight lines between them that are close to those left out: at most
/// ``capacity`` of 8 bytes each, however long the run.
///
/// At one marker a second most of the room goes to the last few minutes. The stillness radius makes steps of a second
/// or two of any way, and no line is close to these until a second is a small share. In such runs, of up to ten days,
/// 99 of 100 answers are right to 1/100 of the time since the passing, in steady ones without steps to 1/1000.
struct PassingTimes: Sendable {
    /// The most points that are kept; half as many double the errors, twice as many halve them.
    static let capacity = Limit.Run.passingTimes
    /// The share of the time since the passing by which a line may be wrong, unless that leaves too many points.
    static let smallestShare = 1.0 / 1024
    /// Milliseconds by which every passing counts as longer ago than it is.
    ///
    /// Between the newest point and the present lie the markers that are still there themselves, a minute of them at
    /// one a second. Without this the newest points would be kept as exactly as those, at the expense of all others.
    static let grace = 60_000.0
    /// By how much the share grows while too many points are left.
    private static let growth = 1.25
    /// So many points in a row that no line can end at, and the line is not sought farther.
    private static let patience = 16

    private struct Point: Sendable {
        var centimetres: UInt32
        /// Since ``PassingTimes/start``.
        var milliseconds: Int32

        /// Centimetres.
        func way(to other: Point) -> Double { Double(other.centimetres) - Double(centimetres) }
        /// Milliseconds, negative when the clock went back.
        func duration(to other: Point) -> Double { Double(other.milliseconds) - Double(milliseconds) }
    }

    /// In the order of the run; at most two, the first and the last of a wait, have the same distance.
    private var points: [Point] = []
    /// Unix milliseconds of the first point.
    private var start: Int64 = 0
    /// What the next thinning begins with.
    private var share = smallestShare

    init() {}

    var isEmpty: Bool { points.isEmpty }
    /// How many points are kept.
    var count: Int { points.count }

    /// The newest point, which is always exact: its distance in centimetres and its Unix milliseconds.
    var last: (centimetres: UInt32, time: Int64)? { points.last.map { ($0.centimetres, time(of: $0)) } }

    /// Adds a counted marker after all others.
    ///
    /// - Parameters:
    ///   - centimetres: the run's distance; less than before counts as no more than before.
    ///   - time: Unix milliseconds, also when a clock went back. What is more than 24 days from the first point is kept
    ///     as 24 days from it.
    /// - Complexity: O(1) amortised, about 0.1 µs; allocates until ``capacity`` is reached and not thereafter.
    mutating func append(centimetres: UInt32, time: Int64) {
        if points.isEmpty { start = time }
        let point = Point(
            centimetres: max(centimetres, points.last?.centimetres ?? 0), milliseconds: Int32(clamping: time &- start))
        // Of a wait nobody asks for more than its first and its last moment.
        if points.count > 1, points.suffix(2).allSatisfy({ $0.centimetres == point.centimetres }) {
            points[points.count - 1] = point
            return
        }
        if points.count == Self.capacity { thin() }
        // Not to twice as much, as arrays grow: a short run would leave half of it empty.
        if points.count == points.capacity { points.reserveCapacity(min(points.count + 32, Self.capacity)) }
        points.append(point)
    }

    /// When the run came to a distance, by linear interpolation between points.
    ///
    /// At the distance of a wait that is when the wait began; the way beyond begins with the wait's end.
    ///
    /// - Parameter goal: centimetres.
    /// - Returns: Unix milliseconds, with a fraction; the first point's for what lies before it, nil when the run has
    ///   not come so far.
    /// - Complexity: O(log *n*).
    func time(passing goal: Double) -> Double? {
        let reached = points.partitioningIndex { Double($0.centimetres) >= goal }
        guard reached < points.count else { return nil }
        let after = points[reached]
        guard reached > 0 else { return Double(time(of: after)) }
        let before = points[reached - 1]
        let share = (goal - Double(before.centimetres)) / before.way(to: after)
        return Double(time(of: before)) + share * before.duration(to: after)
    }

    /// All points, as ``append(centimetres:time:)`` takes them.
    var all: [(centimetres: UInt32, time: Int64)] { points.map { ($0.centimetres, time(of: $0)) } }

    private func time(of point: Point) -> Int64 { start &+ Int64(point.milliseconds) }

    /// Leaves out points until at most three quarters are left.
    ///
    /// The share that this took is what the next thinning begins with, down to half of it if more than needed were left
    /// out: there are about 1.3 rounds in one. With times in any disorder it ends, after ninety: a share that allows
    /// for twice the difference between any two of them leaves the first and the last point.
    private mutating func thin() {
        let enough = Self.capacity * 3 / 4
        thin(to: share)
        if points.count <= enough {
            share = max(Self.smallestShare, share * max(0.5, Double(points.count) / Double(enough)))
            return
        }
        repeat {
            share *= Self.growth
            thin(to: share)
        } while points.count > enough
    }

    /// Leaves out points that are close to a line between others, which is as long as it can be, from the oldest on.
    ///
    /// Only points are compared that are still there, so each time the errors may grow by as much as is allowed. But a
    /// line changes when it has become much older, and what it was wrong by is little then: runs of ten days, thinned
    /// out ten thousand times, have no larger errors than those of two hours.
    private mutating func thin(to share: Double) {
        var kept = 1
        var index = 0
        while index < points.count - 1 {
            index = endOfLine(from: index, share: share)
            points[kept] = points[index]
            kept += 1
        }
        points.removeLast(points.count - kept)
    }

    /// The farthest point to which a line is close enough, by time, to all points in between.
    private func endOfLine(from index: Int, share: Double) -> Int {
        let from = points[index]
        let newest = points[points.count - 1]
        // Milliseconds a centimetre that keep a line close to the points passed.
        var least = -Double.infinity
        var most = Double.infinity
        var end = index + 1
        var next = index + 2
        while next < points.count, next - end <= Self.patience {
            let passed = points[next - 1]
            let error = share * (max(0, passed.duration(to: newest)) + Self.grace)
            let way = from.way(to: passed)
            let duration = from.duration(to: passed)
            if way > 0 {
                least = max(least, (duration - error) / way)
                most = min(most, (duration + error) / way)
                if least > most { break }
            } else if abs(duration) > error {
                // The end of a wait.
                break
            }
            let pace = from.duration(to: points[next]) / from.way(to: points[next])
            if least <= pace && pace <= most { end = next }
            next += 1
        }
        return end
    }
}

// MARK: - Bytes

extension PassingTimes {
    func write(to writer: inout MarkWriter) {
        writer.write(share)
        writer.write(start)
        writer.write(points.count)
        var last = Point(centimetres: 0, milliseconds: 0)
        for point in points {
            writer.write(Int64(point.centimetres) - Int64(last.centimetres))
            writer.write(Int64(point.milliseconds) - Int64(last.milliseconds))
            last = point
        }
    }

    init(from reader: inout MarkReader) throws(RunMark.Damage) {
        // With a smaller share, or none, no thinning would end.
        share = try reader.readDouble(in: Self.smallestShare...1e15)
        start = try reader.readTime()
        var last: (centimetres: Int64, milliseconds: Int64) = (0, 0)
        let count = try reader.read(in: 0...Self.capacity)
        points.reserveCapacity(count)
        for index in 0..<count {
            last.centimetres += try reader.read(in: 0...Int64(UInt32.max))
            last.milliseconds += try reader.read(in: -Int64(UInt32.max)...Int64(UInt32.max))
            guard let centimetres = UInt32(exactly: last.centimetres),
                let milliseconds = Int32(exactly: last.milliseconds), index > 0 || milliseconds == 0
            else { throw .malformed }
            points.append(Point(centimetres: centimetres, milliseconds: milliseconds))
            // Of a wait there are its first and its last moment.
            guard index < 2 || points[index - 2].centimetres < centimetres else { throw .malformed }
        }
    }
}
