import Services
import Synchronization

/// Who has logged in from where lately, for clients that show their token once a page and then name only the user.
///
/// It opens a user's runs to everybody behind the same address, for two hours: the reason why it is an option.
final class RecentLogins: Sendable {
    private struct Login: Hashable {
        var address: AddressKey
        var account: Int64
    }

    /// Milliseconds.
    private static let lifetime: Int64 = 2 * 3_600_000

    private let capacity: Int
    private let now: @Sendable () -> Int64
    private let logins = Mutex<[Login: Int64]>([:])

    /// - Parameters:
    ///   - capacity: How many are remembered; above, the older half goes.
    ///   - now: The clock, in milliseconds since 1970.
    init(capacity: Int = 20_000, now: @escaping @Sendable () -> Int64) {
        self.capacity = capacity
        self.now = now
    }

    /// Notes a successful login or token check.
    func record(_ account: Int64, from address: String) {
        let login = Login(address: AddressKey(address), account: account), time = now()
        logins.withLock { logins in
            if logins.count >= capacity, logins[login] == nil {
                logins = logins.filter { $0.value > time - Self.lifetime }
                if logins.count >= capacity {
                    let median = logins.values.sorted()[logins.count / 2]
                    logins = logins.filter { $0.value > median }
                }
            }
            logins[login] = time
        }
    }

    /// Forgets the logins of accounts whose password has changed, or that are gone.
    func forget(_ accounts: Set<Int64>) {
        logins.withLock { logins in logins = logins.filter { !accounts.contains($0.key.account) } }
    }

    /// Who logged in last from an address; nil if nobody did lately.
    func last(from address: String) -> Int64? {
        let key = AddressKey(address)
        let newest = logins.withLock { logins in
            logins.filter { $0.key.address == key }.max { $0.value < $1.value }
        }
        guard let newest, newest.value > now() - Self.lifetime else { return nil }
        return newest.key.account
    }

    func includes(_ account: Int64, from address: String) -> Bool {
        let login = Login(address: AddressKey(address), account: account)
        return logins.withLock { $0[login] }.map { $0 > now() - Self.lifetime } ?? false
    }
}
