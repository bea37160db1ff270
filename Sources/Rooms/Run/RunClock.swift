/// The times at which a run went: from its start to its end, without the pauses.
///
/// All times are Unix milliseconds by the server's clock.
public struct RunClock: Hashable, Sendable, Codable {
    /// A stretch of running.
    ///
    /// Only the last one may be open.
    public struct Segment: Hashable, Sendable, Codable {
        public var start: Int64
        public var end: Int64?
    }

    public private(set) var segments: [Segment] = []
    /// When the run was finished.
    public private(set) var ended: Int64?
    /// Whether the phone itself said when it finished; its last markers then are dated by the same clock.
    private var isEndTold = false

    public init() {}

    public var start: Int64? { segments.first?.start }
    public var isRunning: Bool { segments.last.map { $0.end == nil } ?? false }
    /// The latest thing that happened: nothing later may be dated before it.
    public var lastChange: Int64? { ended ?? segments.last.map { $0.end ?? $0.start } }

    /// Opens a segment.
    /// - Precondition: the clock stands, is not ended, and `time` is not before ``lastChange``.
    mutating func resume(at time: Int64) {
        precondition(!isRunning && ended == nil && time >= lastChange ?? .min)
        segments.append(Segment(start: time, end: nil))
    }

    /// Closes the open segment.
    /// - Precondition: the clock runs, and `time` is not before ``lastChange``.
    mutating func stop(at time: Int64) {
        precondition(isRunning && time >= lastChange ?? .min)
        segments[segments.count - 1].end = time
    }

    /// Ends the run, which may be paused.
    /// - Precondition: it has begun, is not ended, and `time` is not before ``lastChange``.
    mutating func end(at time: Int64, told: Bool) {
        if isRunning { stop(at: time) }
        precondition(ended == nil && time >= lastChange ?? .max)
        ended = time
        isEndTold = told
    }

    /// Milliseconds of running from the start to `time`, 0 before the start.
    ///
    /// - Complexity: O(*s*) for *s* segments.
    public func elapsed(at time: Int64) -> Int64 {
        var sum: Int64 = 0
        for segment in segments where time > segment.start {
            sum += min(time, segment.end ?? time) - segment.start
        }
        return sum
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
        for index in segments.indices.reversed() where time >= segments[index].start {
            return time <= segments[index].end ?? .max ? index : nil
        }
        return nil
    }
}
