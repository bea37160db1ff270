import Limits
import Synchronization

/// From where wrong passwords have come lately: whoever guesses waits for a hash behind those who do not.
///
/// A right one clears nothing, since who guesses others' passwords knows their own.
final class RecentFailures: Sendable {
    private let until = Mutex<[AddressKey: ContinuousClock.Instant]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant

    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    /// Notes a wrong password.
    func note(_ address: AddressKey) {
        let moment = now()
        until.withLock { until in
            // What is over makes room, or else all do: a guesser who is forgotten is one like the others.
            if until.count >= Limit.Rates.remembered { until = until.filter { $0.value > moment } }
            if until.count >= Limit.Rates.remembered { until = [:] }
            until[address] = moment + .seconds(Limit.Accounts.suspicion)
        }
    }

    /// Whether one has come lately.
    func includes(_ address: AddressKey) -> Bool {
        let moment = now()
        return until.withLock { $0[address].map { $0 > moment } ?? false }
    }
}
