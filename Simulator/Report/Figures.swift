import Histogram

/// What is counted and timed on the way.
struct Figures: Sendable {
    var connects = 0
    var reconnects = 0
    var messagesSent = 0
    var markersSent = 0
    var cheersSent = 0
    var frames = 0
    var rows = 0
    var events = 0
    var acks = 0
    var bytesReceived = 0
    var duration = Duration.zero

    /// Microseconds from the sending of a marker to its row at another viewer, up to a minute.
    private(set) var latencies = Histogram<UInt32>(
        lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000, numberOfSignificantValueDigits: .three)

    mutating func record(latency: Duration) {
        latencies.record(UInt64(max(0, min(60_000_000, latency / .microseconds(1)))))
    }

    /// How many markers were seen on another screen.
    var latencyCount: UInt64 { latencies.totalCount }

    /// Milliseconds that this percentage of markers did not exceed; nil before the first.
    func latency(percentile: Double) -> Double? {
        latencies.totalCount == 0 ? nil : Double(latencies.valueAtPercentile(percentile)) / 1000
    }
}
