import Foundation
import Synchronization

/// The server's time: the wall clock at start, carried on by the monotonic clock.
///
/// Phones measure their offset to this clock and running times are differences of it, so it must not jump when
/// somebody sets the machine's clock. It follows slowly instead, a hundredth faster or slower than time goes: a machine
/// that came up with a wrong time is right some minutes after it was told the right one, and never goes backwards.
public struct ServerClock: Sendable {
    private let wall: @Sendable () -> Int64
    private let elapsed: @Sendable () -> Int64
    private let state: State

    /// Since ``ServerClock/follow()`` was called last.
    fileprivate final class State: Sendable {
        struct Line {
            /// Nanoseconds of the monotonic clock.
            var elapsed: Int64
            /// Unix milliseconds, and nanoseconds beyond them.
            var time: Int64
            var nanoseconds: Int64
            /// By how much more than time goes it goes on.
            var share: Int64
        }

        let line: Mutex<Line>

        init(_ line: Line) { self.line = Mutex(line) }
    }

    /// One part in so many is what it goes faster or slower while it follows.
    fileprivate static let slowness: Int64 = 100
    /// Milliseconds that are not worth following.
    private static let tolerance: Int64 = 20

    /// A clock that starts now.
    ///
    /// - Parameters:
    ///   - wall: the machine's clock, Unix milliseconds.
    ///   - elapsed: nanoseconds since some fixed moment, by a clock that nobody can set.
    public init(wall: @escaping @Sendable () -> Int64, elapsed: @escaping @Sendable () -> Int64) {
        self.wall = wall
        self.elapsed = elapsed
        state = State(State.Line(elapsed: elapsed(), time: wall(), nanoseconds: 0, share: 0))
    }

    /// The machine's clocks.
    public init() {
        self.init(
            wall: { Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)) },
            elapsed: { Moment.now.nanoseconds })
    }

    /// Unix milliseconds.
    ///
    /// From any thread; a lock that is free but for an instant each second.
    public func now() -> Int64 {
        let elapsed = elapsed()
        return state.line.withLock { $0.time(at: elapsed) }
    }

    /// Goes on faster or slower from now on if the wall clock is ahead or behind; to be called each second.
    public func follow() {
        let (elapsed, wall) = (elapsed(), wall())
        state.line.withLock { line in
            let passed = line.nanoseconds(at: elapsed)
            line.time += passed / 1_000_000
            line.nanoseconds = passed % 1_000_000
            line.elapsed = elapsed
            let drift = wall - line.time
            line.share = abs(drift) <= Self.tolerance ? 0 : drift.signum()
        }
    }

    /// The wall clock less this one, in milliseconds.
    public var drift: Int64 { wall() - now() }
}

extension ServerClock.State.Line {
    /// Nanoseconds since `time`.
    fileprivate func nanoseconds(at elapsed: Int64) -> Int64 {
        let passed = max(0, elapsed - self.elapsed)
        return nanoseconds + passed + share * (passed / ServerClock.slowness)
    }

    fileprivate func time(at elapsed: Int64) -> Int64 { time + nanoseconds(at: elapsed) / 1_000_000 }
}
