import Limits

/// How many frames a second a viewer wants at most.
enum FrameRate: Hashable {
    /// None; events and acknowledgements come all the same.
    case quiet
    case perSecond(Double)
    /// One at each tick, as for a client that says nothing.
    case everyTick

    /// Nil for what no rate is.
    ///
    /// - Parameter rate: Frames a second, as a client writes it: 0, or from ``Limits/Limit/Live/slowestRate`` on.
    init?(_ rate: Double) {
        guard rate != 0 else {
            self = .quiet
            return
        }
        guard rate >= Limit.Live.slowestRate else { return nil }
        self = .perSecond(rate)
    }

    /// How many ticks there are from one frame to the next, rounded up; 0 for no frames.
    func interval(in tick: Duration) -> Int32 {
        switch self {
        case .quiet: return 0
        case .everyTick: return 1
        case .perSecond(let rate):
            // What is a whole number of ticks but for the last digits is one.
            let ticks = (1 / (rate * tick.inSeconds) - 1e-9).rounded(.up)
            return Int32(min(max(ticks, 1), Double(Int32.max)))
        }
    }

    /// The longest of intervals.
    static func longestInterval(in tick: Duration) -> Int32 { perSecond(Limit.Live.slowestRate).interval(in: tick) }
}
