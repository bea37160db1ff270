import Store
import TestKit
import Testing

@testable import Services

@Suite("Who has logged in lately") struct RecentLoginsTests {
    private func account(_ id: Int64, hash: String = "hash") -> Account {
        Account(
            StoredAccount(
                id: id, username: "\(id)", usernameKey: "\(id)", nickname: "\(id)", passwordHash: hash, createdAt: 1,
                updatedAt: 1, number: id))
    }

    @Test("the last from an address is whoever came last, and whoever came before counts as well, for two hours")
    func last() {
        let clock = ManualClock(), recent = RecentLogins(now: { clock.now })
        #expect(recent.last(from: "a") == nil)
        for id in [Int64(1), 2, 1, 3] {
            recent.record(account(id), from: "192.0.2.1")
            clock.advance(seconds: 1)
            #expect(recent.last(from: "::ffff:192.0.2.1") == id)
        }
        recent.record(account(4), from: "192.0.2.2")
        #expect(recent.last(from: "192.0.2.1") == 3 && recent.last(from: "192.0.2.2") == 4 && recent.count == 4)
        for id in Int64(1)...3 { #expect(recent.includes(account(id), from: "192.0.2.1")) }
        #expect(!recent.includes(account(4), from: "192.0.2.1"))
        #expect(!recent.includes(account(1, hash: "new"), from: "192.0.2.1"))
        clock.advance(seconds: 7199)
        #expect(recent.last(from: "192.0.2.1") == nil && !recent.includes(account(3), from: "192.0.2.1"))
        #expect(recent.last(from: "192.0.2.2") == 4)
    }

    @Test("with more than it may remember the older half goes, and who came last from each address is the last to go")
    func bounded() {
        let clock = ManualClock(), recent = RecentLogins(capacity: 10, now: { clock.now })
        for id in Int64(0)..<1000 {
            recent.record(account(id), from: "192.0.2.\(id % 7)")
            clock.advance(seconds: 1)
            #expect(recent.count <= 10)
            #expect(recent.last(from: "192.0.2.\(id % 7)") == id)
        }
        let known = (Int64(0)..<1000).count { recent.includes(account($0), from: "192.0.2.\($0 % 7)") }
        #expect(known == recent.count && known >= 5)
    }
}
