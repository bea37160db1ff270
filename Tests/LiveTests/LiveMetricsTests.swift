import Testing

@testable import Live

@Suite("What was done, of several loops together")
struct LiveMetricsTests {
    @Test("counts and durations of each are in the sum, how long markers wait for the disk too")
    func sums() {
        var one = LiveMetrics()
        one.markersIn = 2
        one.storeDelay.record(0.01)
        var other = LiveMetrics()
        other.markersIn = 3
        for histogram in [\LiveMetrics.storeDelay, \.ackDelay, \.tickDelay, \.commitTime] {
            other[keyPath: histogram].record(0.02)
        }
        let both = one + other
        #expect(both.markersIn == 5)
        #expect(both.storeDelay.count == 2)
        #expect([both.ackDelay, both.tickDelay, both.commitTime].map(\.count) == [1, 1, 1])
    }
}
