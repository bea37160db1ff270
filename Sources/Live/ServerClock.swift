import Foundation

/// The server's time: the wall clock at start, carried on by the monotonic clock.
///
/// Phones measure their offset to this clock and running times are differences of it, so it must not jump when
/// somebody sets the machine's clock. How far the wall clock has gone away from it can be asked and is reported.
public struct ServerClock: Sendable {
    private let wall: @Sendable () -> Int64
    private let elapsed: @Sendable () -> Duration
    private let wallAtStart: Int64

    /// A clock that starts now.
    ///
    /// - Parameters:
    ///   - wall: the machine's clock, Unix milliseconds.
    ///   - elapsed: the time since some fixed moment, by a clock that nobody can set.
    public init(wall: @escaping @Sendable () -> Int64, elapsed: @escaping @Sendable () -> Duration) {
        self.wall = wall
        let start = elapsed()
        self.elapsed = { elapsed() - start }
        wallAtStart = wall()
    }

    /// The machine's clocks.
    public init() {
        let start = ContinuousClock.now
        self.init(
            wall: { Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)) },
            elapsed: { start.duration(to: .now) })
    }

    /// Unix milliseconds.
    public func now() -> Int64 { wallAtStart + elapsed().milliseconds }

    /// The wall clock less this one, in milliseconds.
    public var drift: Int64 { wall() - now() }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }

    /// Seconds with their fraction.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
