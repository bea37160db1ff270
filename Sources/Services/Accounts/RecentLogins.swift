public import Limits
public import Store
import Synchronization

/// Who has logged in from where lately, for clients that show their token once a page and then name only the user.
///
/// It opens a user's runs to everybody behind the same address, for two hours: the reason why it is an option. A login
/// counts as long as the account has the password that was shown for it, or for its token.
public final class RecentLogins: Sendable {
    private struct Login: Hashable {
        var address: AddressKey
        var account: Int64
    }

    private struct Visit {
        var time: Int64
        var passwordHash: HiddenHash
    }

    /// Milliseconds.
    private static let lifetime: Int64 = 2 * 3_600_000

    private let capacity: Int
    private let now: @Sendable () -> Int64
    private let logins = Mutex<[Login: Visit]>([:])

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
        let login = Login(address: AddressKey(address), account: account), time = now()
        logins.withLock { logins in
            if logins.count >= capacity, logins[login] == nil {
                logins = logins.filter { $0.value.time > time - Self.lifetime }
                if logins.count >= capacity {
                    let median = logins.values.map(\.time).sorted()[logins.count / 2]
                    logins = logins.filter { $0.value.time > median }
                }
            }
            logins[login] = Visit(time: time, passwordHash: passwordHash)
        }
    }

    /// Who logged in last from an address; nil if nobody did lately.
    ///
    /// Whether that still counts, ``includes(_:from:)`` tells.
    public func last(from address: String) -> Int64? {
        let key = AddressKey(address)
        let newest = logins.withLock { logins in
            logins.filter { $0.key.address == key }.max { $0.value.time < $1.value.time }
        }
        guard let newest, newest.value.time > now() - Self.lifetime else { return nil }
        return newest.key.account
    }

    /// Whether an account has logged in from an address lately, by the password that it has.
    ///
    /// - Parameters:
    ///   - account: As it is at this moment.
    ///   - address: Where a request comes from.
    /// - Returns: False also for one that is disabled.
    public func includes(_ account: Account, from address: String) -> Bool {
        let login = Login(address: AddressKey(address), account: account.id)
        guard account.disabledAt == nil, let visit = logins.withLock({ $0[login] }) else { return false }
        return visit.time > now() - Self.lifetime && visit.passwordHash == account.passwordHash
    }
}
