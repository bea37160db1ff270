import Limits
import Synchronization

/// Counts failures, such as those to log in, for each account and address.
///
/// Both, because by account alone a stranger could lock somebody out, and by address alone a whole school would; who
/// leaves the account empty counts by address alone.
final class LoginThrottle: Sendable {
    struct Key: Hashable, Sendable {
        let account: String
        let address: AddressKey

        init(account: String, address: String) {
            self.account = account
            self.address = AddressKey(address)
        }
    }

    /// So many failures...
    private let limit: Int
    /// ...within so many milliseconds close the door, until they no longer are that many.
    private let window: Int64
    /// So many keys are kept; above, those without recent failures go, and if there are none, the oldest half.
    private let capacity: Int
    private let failures = Mutex<[Key: [Int64]]>([:])

    init(
        limit: Int = Limit.Accounts.failures, window: Int64 = Limit.Accounts.failureWindow,
        capacity: Int = Limit.Accounts.remembered
    ) {
        self.limit = limit
        self.window = window
        self.capacity = capacity
    }

    // A password is verified between a check and a record. Both ask whether the door is closed: of a thousand guesses
    // at the same moment all get past the first question, and no more than the limit past the second, which lets them
    // learn their answer.

    /// Asks whether an attempt is to be heard.
    ///
    /// - Throws: ``ServicesError/throttled(retryAfter:)`` while the door is closed.
    func check(_ key: Key, at time: Int64) throws(ServicesError) {
        try failures.withLock { failures throws(ServicesError) in try check(failures[key] ?? [], at: time) }
    }

    /// Counts a failure.
    ///
    /// - Throws: ``ServicesError/throttled(retryAfter:)`` when others closed the door meanwhile.
    func recordFailure(_ key: Key, at time: Int64) throws(ServicesError) {
        try failures.withLock { failures throws(ServicesError) in
            try check(failures[key] ?? [], at: time)
            if failures.count >= capacity, failures[key] == nil { prune(&failures, at: time) }
            failures[key] = (failures[key] ?? []).filter { $0 > time - window } + [time]
        }
    }

    /// Forgets the failures before a success.
    ///
    /// - Throws: ``ServicesError/throttled(retryAfter:)`` when others closed the door meanwhile.
    func recordSuccess(_ key: Key, at time: Int64) throws(ServicesError) {
        try failures.withLock { failures throws(ServicesError) in
            try check(failures[key] ?? [], at: time)
            failures[key] = nil
        }
    }

    private func check(_ failures: [Int64], at time: Int64) throws(ServicesError) {
        let recent = failures.filter { $0 > time - window }
        guard recent.count >= limit else { return }
        let wait = recent[recent.count - limit] + window - time
        throw .throttled(retryAfter: max(1, Int((wait + 999) / 1000)))
    }

    private func prune(_ failures: inout [Key: [Int64]], at time: Int64) {
        failures = failures.filter { ($0.value.last ?? 0) > time - window }
        guard failures.count >= capacity else { return }
        let median = failures.values.map { $0.last ?? 0 }.sorted()[failures.count / 2]
        failures = failures.filter { ($0.value.last ?? 0) > median }
    }
}
