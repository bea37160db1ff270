import Foundation

/// The server's time: the wall clock at start, carried on by the monotonic clock.
///
/// Phones measure their offset to this clock and running times are differences of it, so it must not jump when
/// somebody sets the machine's clock. How far the wall clock has gone away from it can be asked and is reported.
public struct ServerClock: Sendable {
    private let wallAtStart: Int64
    private let monotonicAtStart: ContinuousClock.Instant

    public init() {
        wallAtStart = Self.wall()
        monotonicAtStart = .now
    }

    /// Unix milliseconds.
    public func now() -> Int64 {
        let elapsed = monotonicAtStart.duration(to: .now)
        return wallAtStart + elapsed.milliseconds
    }

    /// The wall clock less this one, in milliseconds.
    public var drift: Int64 { Self.wall() - now() }

    private static func wall() -> Int64 { Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)) }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }

    /// Seconds with their fraction.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
