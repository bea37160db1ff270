public import Limits
public import Store
import Synchronization

/// Who has logged in from where lately, for clients that show their token once a page and then name only the user.
///
/// It opens a user's runs to everybody behind the same address, for two hours: the reason why it is an option. A login
/// counts as long as the account has the password that was shown for it, or for its token.
public final class RecentLogins: Sendable {
    private struct Visit {
        var time: Int64
        var passwordHash: HiddenHash
    }

    /// Who came from one address.
    private struct Visitors {
        var visits: [Int64: Visit] = [:]
        /// The account that came last.
        var last: Int64
    }

    private struct State {
        var byAddress: [AddressKey: Visitors] = [:]
        /// Visits, from all addresses.
        var count = 0

        /// Forgets visits up to a time.
        mutating func forget(upTo time: Int64) {
            count = 0
            byAddress = byAddress.compactMapValues { visitors in
                var visitors = visitors
                visitors.visits = visitors.visits.filter { $0.value.time > time }
                count += visitors.visits.count
                // The last visit is the newest, and goes with or after the others.
                return visitors.visits.isEmpty ? nil : visitors
            }
        }
    }

    /// Milliseconds.
    private static let lifetime: Int64 = 2 * 3_600_000

    private let capacity: Int
    private let now: @Sendable () -> Int64
    private let state = Mutex(State())

    /// Remembers nobody yet.
    ///
    /// - Parameters:
    ///   - capacity: How many are remembered; above, the older half goes.
    ///   - now: The clock, in milliseconds since 1970.
    public init(
        capacity: Int = Limit.Accounts.remembered, now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) {
        self.capacity = capacity
        self.now = now
    }

    /// Notes a login.
    ///
    /// - Parameters:
    ///   - account: As it was when its password was checked.
    ///   - address: Where the login came from.
    public func record(_ account: Account, from address: String) {
        record(account.id, account.passwordHash, from: address)
    }

    /// Notes that a token was shown.
    ///
    /// - Parameters:
    ///   - identity: Of the token.
    ///   - address: Where it came from.
    public func record(_ identity: Tokens.Identity, from address: String) {
        record(identity.account, identity.passwordHash, from: address)
    }

    private func record(_ account: Int64, _ passwordHash: HiddenHash, from address: String) {
        let key = AddressKey(address), time = now()
        state.withLock { state in
            let isNew = state.byAddress[key]?.visits[account] == nil
            if isNew, state.count >= capacity {
                state.forget(upTo: time - Self.lifetime)
                if state.count >= capacity {
                    let times = state.byAddress.values.flatMap { $0.visits.values.map(\.time) }.sorted()
                    state.forget(upTo: times[times.count / 2])
                }
            }
            if isNew { state.count += 1 }
            state.byAddress[key, default: Visitors(last: account)].last = account
            state.byAddress[key]?.visits[account] = Visit(time: time, passwordHash: passwordHash)
        }
    }

    /// Who logged in last from an address; nil if nobody did lately.
    ///
    /// Whether that still counts, ``includes(_:from:)`` tells.
    ///
    /// - Complexity: O(1), since it is asked for each request without a token.
    public func last(from address: String) -> Int64? {
        let key = AddressKey(address)
        let found = state.withLock { state in
            state.byAddress[key].flatMap { visitors in visitors.visits[visitors.last].map { (visitors.last, $0.time) } }
        }
        guard let (account, time) = found, time > now() - Self.lifetime else { return nil }
        return account
    }

    /// How many visits are remembered.
    var count: Int { state.withLock { $0.count } }

    /// Whether an account has logged in from an address lately, by the password that it has.
    ///
    /// - Parameters:
    ///   - account: As it is at this moment.
    ///   - address: Where a request comes from.
    /// - Returns: False also for one that is disabled.
    public func includes(_ account: Account, from address: String) -> Bool {
        let key = AddressKey(address)
        guard account.disabledAt == nil, let visit = state.withLock({ $0.byAddress[key]?.visits[account.id] })
        else { return false }
        return visit.time > now() - Self.lifetime && visit.passwordHash == account.passwordHash
    }
}
