import Synchronization

/// A monotonic clock that is turned by hand.
final class Stopwatch: Sendable {
    private let elapsed = Mutex(Duration.zero)
    private let start = ContinuousClock.now

    var now: ContinuousClock.Instant { start + elapsed.withLock { $0 } }

    func advance(_ duration: Duration) { elapsed.withLock { $0 += duration } }
}
