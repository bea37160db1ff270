import Foundation
import Synchronization

/// Makes the ids of rows: positive 63-bit numbers that grow with time.
///
/// ```text
///  62                                        21 20                 0
/// ┌────────────────────────────────────────────┬───────────────────┐
/// │ milliseconds since 1970 (until the year 2109) │ random, then +1 │
/// └────────────────────────────────────────────┴───────────────────┘
/// ```
/// The application makes them, so that a row is known before it is written, and a database on several machines needs no
/// common counter. They are unique within a process whatever the clock does, and across restarts because ``AppDatabase``
/// starts the generator above every id that it finds stored. They are *not* secret: never use one as a credential.
public final class IDGenerator: Sendable {
    private static let sequenceBits: Int64 = 21

    private let now: @Sendable () -> Int64
    private let last: Mutex<Int64>

    /// A generator whose first id is above `floor`.
    ///
    /// - Parameters:
    ///   - floor: The highest id in use, 0 if none is.
    ///   - now: The time in milliseconds since 1970; may jump, in both directions.
    public init(above floor: Int64 = 0, now: @escaping @Sendable () -> Int64) {
        self.now = now
        last = Mutex(max(floor, 0))
    }

    /// The next id, greater than all before it.
    ///
    /// From any thread; a lock and a few nanoseconds.
    public func next() -> Int64 {
        let start = now() << Self.sequenceBits
        return last.withLock { last in
            // Half of the range is left for the ids that follow within the same millisecond; were even that not enough,
            // the next millisecond is used up in advance.
            last = start > last ? start | Int64.random(in: 0..<1 << (Self.sequenceBits - 1)) : last + 1
            return last
        }
    }

    /// The system's clock, in milliseconds since 1970.
    public static let systemTime: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }

    /// When an id was made, in milliseconds since 1970; a little after that when the clock had been set back.
    public static func milliseconds(of id: Int64) -> Int64 { id >> sequenceBits }
}
