import Synchronization

/// A value that is dear to make and may be a little old: whoever asks within a while gets what was made before, and who
/// asks while it is being made waits for that.
package final class Brief<Value: Sendable>: Sendable {
    private struct Made {
        var at: ContinuousClock.Instant
        var value: Task<Value, Never>
    }

    private let lifetime: Duration
    private let make: @Sendable () async -> Value
    private let made = Mutex<Made?>(nil)

    /// - Parameters:
    ///   - lifetime: How old the value may be.
    ///   - make: Makes it.
    package init(for lifetime: Duration, _ make: @escaping @Sendable () async -> Value) {
        self.lifetime = lifetime
        self.make = make
    }

    /// The value, as it was at some moment within the lifetime.
    package var value: Value {
        get async {
            let now = ContinuousClock.now
            let task = made.withLock { made in
                if let made, made.at.duration(to: now) < lifetime { return made.value }
                let task = Task { [make] in await make() }
                made = Made(at: now, value: task)
                return task
            }
            return await task.value
        }
    }
}
