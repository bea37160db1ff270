import Foundation

/// The server's time: the wall clock at start, carried on by the monotonic clock.
///
/// Phones measure their offset to this clock and running times are differences of it, so it must not jump when
/// somebody sets the machine's clock. How far the wall clock has gone away from it can be asked and is reported.
public struct ServerClock: Sendable {
    private let wall: @Sendable () -> Int64
    private let elapsed: @Sendable () -> Int64
    private let elapsedAtStart: Int64
    private let wallAtStart: Int64

    /// A clock that starts now.
    ///
    /// - Parameters:
    ///   - wall: the machine's clock, Unix milliseconds.
    ///   - elapsed: nanoseconds since some fixed moment, by a clock that nobody can set.
    public init(wall: @escaping @Sendable () -> Int64, elapsed: @escaping @Sendable () -> Int64) {
        self.wall = wall
        self.elapsed = elapsed
        elapsedAtStart = elapsed()
        wallAtStart = wall()
    }

    /// The machine's clocks.
    public init() {
        self.init(
            wall: { Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)) },
            elapsed: { Moment.now.nanoseconds })
    }

    /// Unix milliseconds.
    public func now() -> Int64 { wallAtStart + (elapsed() - elapsedAtStart) / 1_000_000 }

    /// The wall clock less this one, in milliseconds.
    public var drift: Int64 { wall() - now() }
}

extension Duration {
    /// Seconds with their fraction.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
