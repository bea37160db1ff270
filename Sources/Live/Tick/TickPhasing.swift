/// The phases of the tick, numbered from a fixed moment on.
///
/// Their starts are reckoned from their numbers, exactly, so that they neither drift nor depend on how long the server
/// has been up, whatever the length of the tick.
struct TickPhasing {
    let tick: Duration
    /// Phases in a tick.
    let count: Int

    private var tickNanoseconds: Int64 { max(1, tick.components.seconds * 1_000_000_000 + nanoseconds(of: tick)) }

    private func nanoseconds(of duration: Duration) -> Int64 { duration.components.attoseconds / 1_000_000_000 }

    /// When a phase begins.
    func start(of phase: Int64) -> Duration {
        // Whole ticks apart, lest the product overflow.
        let (ticks, rest) = phase.quotientAndRemainder(dividingBy: Int64(count))
        // Rounded up, so that a phase has begun at its start.
        return .nanoseconds(ticks * tickNanoseconds + (rest * tickNanoseconds + Int64(count) - 1) / Int64(count))
    }

    /// The phase that a moment lies in.
    func phase(at elapsed: Duration) -> Int64 {
        let moment = elapsed.components.seconds * 1_000_000_000 + nanoseconds(of: elapsed)
        let (ticks, rest) = moment.quotientAndRemainder(dividingBy: tickNanoseconds)
        return ticks * Int64(count) + rest * Int64(count) / tickNanoseconds
    }

    /// What is to be served at a moment when `next` is the first phase not served yet.
    ///
    /// After a delay every phase of the tick is served once at most.
    func due(from next: Int64, at elapsed: Duration) -> ClosedRange<Int64> {
        let current = max(next, phase(at: elapsed))
        return max(next, current - Int64(count) + 1)...current
    }
}
