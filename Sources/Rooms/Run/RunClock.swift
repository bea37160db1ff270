import Limits

/// The times at which a run went: from its start to its end, without the pauses.
///
/// All times are Unix milliseconds by the server's clock.
public struct RunClock: Hashable, Sendable {
    /// The most pauses of one run.
    public static let mostPauses = Limit.Run.pauses

    /// A stretch of running.
    ///
    /// Only the last one may be open.
    public struct Segment: Hashable, Sendable {
        public let start: Int64
        public fileprivate(set) var end: Int64?
        /// Milliseconds of running before it.
        fileprivate let before: Int64
    }

    public private(set) var segments: [Segment] = []
    /// When the run was finished.
    public private(set) var ended: Int64?
    /// Whether the phone itself said when it finished; its last markers then are dated by the same clock.
    private var isEndTold = false
    /// It was told something out of its order, which is a flaw of who told it; the clock then is as it was.
    private(set) var isBroken = false

    public init() {}

    public var start: Int64? { segments.first?.start }
    public var isRunning: Bool { segments.last.map { $0.end == nil } ?? false }
    /// Whether a running clock may be stopped and go on once more.
    var mayPause: Bool { segments.count <= Self.mostPauses }
    /// The latest thing that happened: nothing later may be dated before it.
    public var lastChange: Int64? { ended ?? segments.last.map { $0.end ?? $0.start } }

    /// When it stood: from the last moment of running to the first one after it, or to the end.
    ///
    /// Stretches without any length are none.
    public var pauses: [Range<Int64>] {
        let ends = segments.compactMap(\.end)
        let starts = segments.dropFirst().map(\.start) + [ended].compactMap(\.self)
        return zip(ends, starts).compactMap { $0 < $1 ? $0..<$1 : nil }
    }

    /// Opens a segment.
    ///
    /// The clock stands, is not ended, and `time` is not before ``lastChange``.
    mutating func resume(at time: Int64) {
        guard !isRunning, ended == nil, time >= lastChange ?? .min else { return isBroken = true }
        segments.append(Segment(start: time, end: nil, before: elapsed(at: time)))
    }

    /// Closes the open segment.
    ///
    /// The clock runs, and `time` is not before ``lastChange``; else it is ``isBroken``.
    mutating func stop(at time: Int64) {
        guard isRunning, time >= lastChange ?? .min else { return isBroken = true }
        segments[segments.count - 1].end = time
    }

    /// Ends the run, which may be paused.
    ///
    /// It has begun, is not ended, and `time` is not before ``lastChange``; else it is ``isBroken``.
    mutating func end(at time: Int64, told: Bool) {
        guard ended == nil, time >= lastChange ?? .max else { return isBroken = true }
        if isRunning { stop(at: time) }
        ended = time
        isEndTold = told
    }

    /// Milliseconds of running from the start to `time`, 0 before the start.
    ///
    /// - Complexity: O(1) since the last start, O(log *s*) for *s* segments before it.
    public func elapsed(at time: Int64) -> Int64 {
        guard let last = segments.last else { return 0 }
        if time > last.start { return last.before + min(time, last.end ?? time) - last.start }
        let after = segments.partitioningIndex { $0.start >= time }
        guard after > 0 else { return 0 }
        let segment = segments[after - 1]
        return segment.before + min(time, segment.end ?? time) - segment.start
    }

    /// Which segment `time` lies in; nil in a pause, and more than `tolerance` milliseconds after the end.
    ///
    /// The last markers of a run that ended when its `finish` arrived may be dated a little later, by a phone whose
    /// clock is off.
    ///
    /// What lies before the start belongs to the first segment: a phone whose clock is behind must not lose its
    /// run. Whether it was sent before the start is another question, answered by the marker's flags.
    func segment(containing time: Int64, tolerance: Int64) -> Int? {
        guard let last = segments.indices.last else { return nil }
        if time >= segments[last].start {
            guard let end = segments[last].end else { return last }
            // Not after a pause: who finishes while pausing has not run since.
            return time <= end + (ended == end && !isEndTold ? tolerance : 0) ? last : nil
        }
        if time < segments[0].start { return 0 }
        let index = segments.partitioningIndex { $0.start > time } - 1
        return time <= segments[index].end ?? .max ? index : nil
    }
}

/// As it is stored; what no clock can have come to is not believed.
extension RunClock: Codable {
    private enum CodingKeys: CodingKey { case segments, ended, isEndTold }

    private struct StoredSegment: Codable {
        var start: Int64
        var end: Int64?
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        for segment in try values.decode([StoredSegment].self, forKey: .segments) {
            guard !isRunning, segments.count <= Self.mostPauses, isPossible(segment.start) else {
                throw Self.impossible(values)
            }
            resume(at: segment.start)
            guard let end = segment.end else { continue }
            guard isPossible(end) else { throw Self.impossible(values) }
            stop(at: end)
        }
        guard let end = try values.decodeIfPresent(Int64.self, forKey: .ended) else { return }
        guard lastChange != nil, !isRunning, isPossible(end) else { throw Self.impossible(values) }
        self.end(at: end, told: try values.decodeIfPresent(Bool.self, forKey: .isEndTold) ?? false)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(segments.map { StoredSegment(start: $0.start, end: $0.end) }, forKey: .segments)
        try values.encodeIfPresent(ended, forKey: .ended)
        try values.encode(isEndTold, forKey: .isEndTold)
    }

    /// Whether something may have happened at a time, after all before it; differences of such times do not overflow.
    private func isPossible(_ time: Int64) -> Bool {
        time >= lastChange ?? .min && time.magnitude <= RunnerSnapshot.farthestTime
    }

    private static func impossible(_ values: KeyedDecodingContainer<CodingKeys>) -> DecodingError {
        .dataCorruptedError(forKey: .segments, in: values, debugDescription: "no clock can have come to this")
    }
}
