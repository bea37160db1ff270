import Histogram

/// What is counted on the way; the difference of two is what happened in between.
struct Counters: Sendable, Codable {
    var connects = 0
    var reconnects = 0
    /// Connections that did not come to be.
    var refusals = 0
    /// Connections that ended though nobody here wanted it.
    var lostConnections = 0
    var messagesSent = 0
    var markersSent = 0
    var markersResent = 0
    var cheersSent = 0
    var frames = 0
    var rows = 0
    /// Of their payload.
    var frameBytes = 0
    var events = 0
    var acks = 0
    /// Of everything that came.
    var bytesReceived = 0
    /// Of messages.
    var bytesSent = 0
    var pings = 0

    static func - (later: Counters, earlier: Counters) -> Counters {
        Counters(
            connects: later.connects - earlier.connects, reconnects: later.reconnects - earlier.reconnects,
            refusals: later.refusals - earlier.refusals,
            lostConnections: later.lostConnections - earlier.lostConnections,
            messagesSent: later.messagesSent - earlier.messagesSent,
            markersSent: later.markersSent - earlier.markersSent,
            markersResent: later.markersResent - earlier.markersResent,
            cheersSent: later.cheersSent - earlier.cheersSent, frames: later.frames - earlier.frames,
            rows: later.rows - earlier.rows, frameBytes: later.frameBytes - earlier.frameBytes,
            events: later.events - earlier.events, acks: later.acks - earlier.acks,
            bytesReceived: later.bytesReceived - earlier.bytesReceived,
            bytesSent: later.bytesSent - earlier.bytesSent, pings: later.pings - earlier.pings)
    }
}

/// Durations up to a minute, to three digits.
struct Latencies: Sendable {
    private var histogram = Histogram<UInt32>(
        lowestDiscernibleValue: 1, highestTrackableValue: Latencies.longest, numberOfSignificantValueDigits: .three)
    private static let longest: UInt64 = 60_000_000

    /// Takes a duration; more than a minute counts as a minute, less than nothing as nothing.
    @inline(__always)
    mutating func record(_ duration: Nanoseconds) {
        histogram.record(min(Self.longest, UInt64(max(0, duration) / 1000)))
    }

    mutating func add(_ other: Latencies) { histogram.add(other.histogram) }
    mutating func reset() { histogram.reset() }

    var count: Int { Int(histogram.totalCount) }

    /// Milliseconds that this percentage did not exceed; nil before the first.
    func milliseconds(percentile: Double) -> Double? {
        histogram.totalCount == 0 ? nil : Double(histogram.valueAtPercentile(percentile)) / 1000
    }

    /// How many durations lie in each of the classes that begin at these milliseconds; the last has no end.
    func counts(from bounds: [Double]) -> [Int] {
        zip(bounds, bounds.dropFirst() + [60_001]).map { lower, upper in
            let first = UInt64(lower * 1000)
            let last = min(Self.longest, max(first, UInt64(upper * 1000) - 1))
            return first > Self.longest ? 0 : Int(histogram.count(within: first...last))
        }
    }
}
