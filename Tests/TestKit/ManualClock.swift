internal import Synchronization

/// A time that stands still until it is told to go on; milliseconds since 1970.
package final class ManualClock: Sendable {
    private let milliseconds: Mutex<Int64>

    /// - Parameter milliseconds: When it stands at first: the 23rd of November 2024, 08:39:43.038 UTC.
    package init(_ milliseconds: Int64 = 1_732_351_183_038) { self.milliseconds = Mutex(milliseconds) }

    package var now: Int64 { milliseconds.withLock { $0 } }

    package func advance(seconds: Int64) { advance(milliseconds: seconds * 1000) }

    package func advance(milliseconds span: Int64) { milliseconds.withLock { $0 += span } }
}
