import Rooms

/// What the live part has done since the start, for `/metrics`.
public struct LiveMetrics: Sendable {
    /// A histogram in the manner of Prometheus: how many samples were at most each bound.
    public struct Histogram: Sendable {
        /// Upper bounds in seconds.
        public let bounds: [Double]
        /// Samples per bucket, not cumulative; the last one has no bound.
        public private(set) var counts: [Int]
        public private(set) var sum = 0.0

        init(bounds: [Double]) {
            self.bounds = bounds
            counts = Array(repeating: 0, count: bounds.count + 1)
        }

        public var count: Int { counts.reduce(0, +) }

        mutating func record(_ seconds: Double, times: Int = 1) {
            let bucket = bounds.firstIndex { seconds <= $0 } ?? bounds.count
            counts[bucket] += times
            sum += seconds * Double(times)
        }

        fileprivate mutating func add(_ other: Histogram) {
            for index in counts.indices { counts[index] += other.counts[index] }
            sum += other.sum
        }
    }

    /// CPU time that the loop's thread has used, its database's and others' work not included; nil when the system does
    /// not tell.
    public internal(set) var busySeconds: Double?
    public internal(set) var connections = 0
    public internal(set) var spectators = 0
    public internal(set) var roomsAwake = 0
    public internal(set) var runners = 0
    public internal(set) var messagesIn = 0
    public internal(set) var markersIn = 0
    public internal(set) var framesOut = 0
    public internal(set) var rowsOut = 0
    public internal(set) var bytesOut = 0
    public internal(set) var eventsOut = 0
    public internal(set) var acksOut = 0
    /// Frames that a busy viewer did not get and made up for with a later one.
    public internal(set) var framesSkipped = 0
    public internal(set) var commits = 0
    public internal(set) var commitsFailed = 0
    public internal(set) var journalRowsDamaged = 0
    /// Runs whose older markers were read back for one that came late, and those where that failed.
    public internal(set) var recalls = 0
    public internal(set) var recallsFailed = 0
    /// Rooms that could not be brought back at the start.
    public internal(set) var roomsUnreadable = 0
    /// Rooms whose changes could not be stored while those of others could, and were dropped at last.
    public internal(set) var roomsSetAside = 0
    /// Rooms that were set aside because an invariant of theirs did not hold, by the invariant.
    public internal(set) var invariantViolations: [String: Int] = Dictionary(
        uniqueKeysWithValues: RoomViolation.allCases.map { ($0.rawValue, 0) })
    public internal(set) var closes: [UInt16: Int] = [:]
    /// From a marker's arrival to the sending of its `ack`; one sample an `ack`, of its oldest marker.
    public internal(set) var ackDelay = Histogram(bounds: [0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1, 2, 5, 10, 30])
    /// From a marker's arrival to its being on disk; one sample for each runner and commit, of the oldest marker.
    public internal(set) var storeDelay = Histogram(
        bounds: [0.005, 0.01, 0.02, 0.025, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30])
    /// From a tick's appointed time to its work.
    public internal(set) var tickDelay = Histogram(
        bounds: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1])
    /// What a commit takes, with its sync.
    public internal(set) var commitTime = Histogram(bounds: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5])

    init() {}

    /// Those of two loops together.
    public static func + (one: LiveMetrics, other: LiveMetrics) -> LiveMetrics {
        var sum = one
        sum.busySeconds = one.busySeconds.flatMap { busy in other.busySeconds.map { busy + $0 } }
        for number in [
            \LiveMetrics.connections, \.spectators, \.roomsAwake, \.runners, \.messagesIn, \.markersIn, \.framesOut,
            \.rowsOut, \.bytesOut, \.eventsOut, \.acksOut, \.framesSkipped, \.commits, \.commitsFailed,
            \.journalRowsDamaged, \.recalls, \.recallsFailed, \.roomsUnreadable, \.roomsSetAside,
        ] as [WritableKeyPath<LiveMetrics, Int>] {
            sum[keyPath: number] += other[keyPath: number]
        }
        sum.invariantViolations.merge(other.invariantViolations, uniquingKeysWith: +)
        sum.closes.merge(other.closes, uniquingKeysWith: +)
        for histogram in [
            \LiveMetrics.storeDelay, \.ackDelay, \.tickDelay, \.commitTime,
        ] as [WritableKeyPath<LiveMetrics, Histogram>] {
            sum[keyPath: histogram].add(other[keyPath: histogram])
        }
        return sum
    }
}
