import Glibc

/// Nanoseconds of the machine's monotonic clock: a number, since it is compared and subtracted at every message.
typealias Nanoseconds = Int64

extension Nanoseconds {
    /// The monotonic clock now.
    static var now: Nanoseconds {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    static func seconds(_ seconds: Double) -> Nanoseconds { Int64(seconds * 1e9) }
    static func milliseconds(_ milliseconds: Double) -> Nanoseconds { Int64(milliseconds * 1e6) }

    var inSeconds: Double { Double(self) / 1e9 }
}

/// Unix milliseconds, carried on by the monotonic clock so that setting the machine's clock does not disturb a run.
struct WallClock: Sendable {
    private let unix: Int64
    private let monotonic: Nanoseconds

    init() {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        unix = Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        monotonic = .now
    }

    /// Unix milliseconds at a moment of the monotonic clock.
    func milliseconds(at moment: Nanoseconds) -> Int64 { unix + (moment - monotonic) / 1_000_000 }
}
