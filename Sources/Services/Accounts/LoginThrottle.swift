import Synchronization

/// Counts the failures to log in, for each account and address.
///
/// Both, because by account alone a stranger could lock somebody out, and by address alone a whole school would.
final class LoginThrottle: Sendable {
    struct Key: Hashable, Sendable {
        let account: String
        let address: String
    }

    /// So many failures...
    private let limit: Int
    /// ...within so many milliseconds close the door.
    private let window: Int64
    /// So many keys are kept; above, those without recent failures go, and if there are none, the oldest half.
    private let capacity: Int
    private let failures = Mutex<[Key: [Int64]]>([:])

    init(limit: Int = 10, window: Int64 = 60_000, capacity: Int = 20_000) {
        self.limit = limit
        self.window = window
        self.capacity = capacity
    }

    /// - Throws: ``ServicesError/throttled(retryAfter:)`` while the door is closed.
    ///
    /// To be asked before *and after* a password is verified: of a thousand guesses at the same moment all pass the
    /// first question, and only as many as the limit get past the second to learn their answer.
    func check(_ key: Key, at time: Int64) throws(ServicesError) {
        let retryAfter = failures.withLock { failures -> Int64? in
            guard let recent = failures[key]?.filter({ $0 > time - window }), recent.count >= limit else { return nil }
            return recent[recent.count - limit] + window - time
        }
        if let retryAfter { throw .throttled(retryAfter: max(1, Int((retryAfter + 999) / 1000))) }
    }

    func recordFailure(_ key: Key, at time: Int64) {
        failures.withLock { failures in
            if failures.count >= capacity, failures[key] == nil { prune(&failures, at: time) }
            failures[key] = (failures[key] ?? []).filter { $0 > time - window }.suffix(limit - 1) + [time]
        }
    }

    func recordSuccess(_ key: Key) {
        failures.withLock { _ = $0.removeValue(forKey: key) }
    }

    private func prune(_ failures: inout [Key: [Int64]], at time: Int64) {
        failures = failures.filter { ($0.value.last ?? 0) > time - window }
        guard failures.count >= capacity else { return }
        let median = failures.values.map { $0.last ?? 0 }.sorted()[failures.count / 2]
        failures = failures.filter { ($0.value.last ?? 0) > median }
    }
}
