import Glibc

/// A moment by the clock that nobody can set, which goes on while the machine sleeps.
///
/// As `ContinuousClock.Instant`, in half the room: its differences are one subtraction, where a `Duration` of 128 bits
/// is divided by library calls. For what is asked with every message.
struct Moment: Comparable {
    /// Since the machine was started.
    let nanoseconds: Int64

    /// Before and behind all others.
    static let distantPast = Moment(nanoseconds: .min)
    static let distantFuture = Moment(nanoseconds: .max)

    static var now: Moment {
        var time = timespec()
        // It cannot fail: the clock is there since Linux 2.6.39.
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Moment(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Seconds from here to a later moment, negative to an earlier one.
    func seconds(to other: Moment) -> Double { Double(other.nanoseconds - nanoseconds) / 1e9 }

    static func < (one: Moment, other: Moment) -> Bool { one.nanoseconds < other.nanoseconds }

    static func + (moment: Moment, duration: Duration) -> Moment {
        let (seconds, attoseconds) = duration.components
        return Moment(nanoseconds: moment.nanoseconds + seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
