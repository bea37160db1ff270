import Store
import TestKit
import Testing

@testable import Services

@Suite("Accounts") struct AccountsTests {
    let services: TestServices
    var accounts: Accounts { services.accounts }

    init() throws { services = try TestServices() }

    @Test("an account is found by name and by both forms of its id")
    func register() async throws {
        let account = try await accounts.register(username: "天天 乐跑", password: "p", for: .operators)
        #expect(account.nickname == "天天 乐跑" && account.createdAt == services.clock.now && account.lastRunID == 0)
        #expect(try await accounts.account(named: "天天 乐跑") == account)
        #expect(try await accounts.account(id: account.id) == account)
        #expect(try await accounts.account(objectID: account.objectID) == account)
        #expect(try await accounts.account(named: account.objectID) == nil)
        #expect(try await accounts.account(objectID: "00") == nil)
        #expect(try await accounts.account(id: account.id) == account)
        #expect(try await accounts.accounts(limit: 10, unlisted: true) == [account])
    }

    @Test("a name is taken in each of its encodings, and free in another case")
    func taken() async throws {
        _ = try await services.makeAccount("caf\u{e9}")
        await #expect(throws: ServicesError.nameTaken) { try await services.makeAccount("caf\u{e9}") }
        await #expect(throws: ServicesError.nameTaken) { try await services.makeAccount("cafe\u{301}") }
        _ = try await services.makeAccount("Caf\u{e9}")
        #expect(try await accounts.account(named: "cafe\u{301}")?.username == "caf\u{e9}")
    }

    @Test("a picture comes with the account, and one that is gone leaves no account behind and the name free")
    func picture() async throws {
        let picture = try await services.media.store(.bytes(Pictures.png()))
        let account = try await accounts.register(username: "ana", password: "p", picture: picture, for: .operators)
        #expect(account.picture == picture)
        #expect(try await accounts.account(named: "ana") == account)
        let gone = try await services.media.store(.bytes(Pictures.gif()))
        try await services.media.remove(gone)
        await #expect(throws: ServicesError.foreignPicture) {
            try await accounts.register(username: "ben", password: "p", picture: gone, for: .operators)
        }
        #expect(try await accounts.account(named: "ben") == nil)
        #expect(try await accounts.accounts(limit: 10, unlisted: true) == [account])
        _ = try await accounts.register(username: "ben", password: "p", for: .operators)
    }

    @Test("of many registrations of one name at the same moment, one succeeds")
    func race() async throws {
        let won = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do {
                        _ = try await services.makeAccount("same")
                        return true
                    } catch {
                        #expect(error as? ServicesError == .nameTaken)
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(won == 1)
    }

    @Test(
        "names that break a rule are refused",
        arguments: [
            "", " ", "\t", "\u{3000}", "a/b", "a\nb", "a\u{0}b", "a\u{85}b", "\u{202e}ana", "login", "deleteAll",
            "Posts",
            ".", "..", "\u{3164}", "\u{115F}\u{1160}", "\u{FFA0}", "\u{2800}\u{2800}", "\u{200B}", "\u{E0061}",
            "ana\u{200B}", "a\u{AD}na", "ana\u{3164}", "ana\u{E0061}", "a\u{200D}na", "ana\u{FE0F}", "\u{2060}ana",
            String(repeating: "a", count: 33), "a" + String(repeating: "\u{301}", count: 5000),
        ].map(Abridged.init))
    func badNames(name: Abridged<String>) async throws {
        let error = await #expect(throws: ServicesError.self) { try await services.makeAccount(name.value) }
        guard case .invalid(field: "username", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(
        "names that break none are not",
        arguments: [
            "a", String(repeating: "界", count: 32), "🏃🏽👩", "e\u{301}", "O'Neil; DROP TABLE", "logins", "0", "a.b", "a b",
            "%2F",
        ])
    func goodNames(name: String) async throws {
        #expect(try await services.makeAccount(name).username == name)
    }

    @Test("passwords have 1 to 128 characters")
    func passwords() async throws {
        _ = try await services.makeAccount("one", password: "x")
        _ = try await services.makeAccount("many", password: String(repeating: "界", count: 128))
        for password in ["", String(repeating: "x", count: 129), "e" + String(repeating: "\u{301}", count: 1000)] {
            let error = await #expect(throws: ServicesError.self) {
                try await services.makeAccount("bad", password: password)
            }
            guard case .invalid(field: "password", _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("login wants the name and the password")
    func login() async throws {
        let account = try await services.makeAccount()
        #expect(try await accounts.login(username: "ana", password: "secret", address: "a") == account)
        await #expect(throws: ServicesError.wrongPassword) {
            try await accounts.login(username: "ana", password: "Secret", address: "a")
        }
        await #expect(throws: ServicesError.unknownUser) {
            try await accounts.login(username: "ben", password: "secret", address: "a")
        }
        await #expect(throws: ServicesError.unknownUser) {
            try await accounts.login(username: String(repeating: "x", count: 1000), password: "", address: "a")
        }
        await #expect(throws: ServicesError.wrongPassword) {
            try await accounts.login(username: "ana", password: String(repeating: "x", count: 100_000), address: "a")
        }
    }

    @Test("after ten failures in a minute not even the right password is heard, from that address")
    func throttling() async throws {
        let account = try await services.makeAccount()
        for _ in 0..<10 {
            await #expect(throws: ServicesError.wrongPassword) {
                try await accounts.login(username: "ana", password: "x", address: "1.2.3.4")
            }
            services.clock.advance(seconds: 1)
        }
        await #expect(throws: ServicesError.throttled(retryAfter: 50)) {
            try await accounts.login(username: "ana", password: "secret", address: "1.2.3.4")
        }
        #expect(try await accounts.login(username: "ana", password: "secret", address: "5.6.7.8") == account)
        services.clock.advance(seconds: 50)
        #expect(try await accounts.login(username: "ana", password: "secret", address: "1.2.3.4") == account)
    }

    @Test("guesses at the same moment do not get around the limit")
    func parallelGuesses() async throws {
        _ = try await services.makeAccount()
        let answers = await withTaskGroup(of: ServicesError?.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    do throws(ServicesError) {
                        _ = try await accounts.login(username: "ana", password: "guess", address: "a")
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0 == .wrongPassword } == 10)
        #expect(answers.count { $0 == .throttled(retryAfter: 60) } == 30)
    }

    @Test("a login replaces a hash of an outdated cost")
    func rehash() async throws {
        let old = Passwords(cost: Passwords.Cost(logN: 9, r: 8, p: 1))
        let hash = try await old.hash("secret", for: .operators)
        let stored = try await services.store.accounts.insertAccount(
            username: "ana", usernameKey: "ana", nickname: "ana", passwordHash: hash, at: 1)
        _ = try await accounts.login(username: "ana", password: "secret", address: "a")
        let updated = try #require(try await services.store.accounts.account(id: stored.id)?.passwordHash)
        #expect(updated.hasPrefix("$scrypt-md5$ln=1,r=1,p=1$"))
        _ = try await accounts.login(username: "ana", password: "secret", address: "a")
        #expect(try await services.store.accounts.account(id: stored.id)?.passwordHash == updated)
    }

    @Test("a new password replaces the old one and every token")
    func newPassword() async throws {
        let account = try await services.makeAccount()
        let token = try await services.tokens.issue(for: account).token
        try await accounts.setPassword("other", account: account.id)
        await #expect(throws: ServicesError.badToken) { try await services.tokens.verify(token) }
        await #expect(throws: ServicesError.wrongPassword) {
            try await accounts.login(username: "ana", password: "secret", address: "a")
        }
        _ = try await accounts.login(username: "ana", password: "other", address: "a")
        await #expect(throws: ServicesError.unknownUser) { try await accounts.setPassword("x", account: 1) }
    }

    @Test("a nickname has 1 to 64 characters that can be seen, and no controls")
    func nickname() async throws {
        let account = try await services.makeAccount().id
        #expect(try await accounts.setNickname("天天", account: account).nickname == "天天")
        for nickname in ["👩‍👩‍👧‍👦🏃🏽‍♀️", "❤️ 安娜", "می‌خواهم"] {
            #expect(try await accounts.setNickname(nickname, account: account).nickname == nickname)
        }
        for nickname in [
            "", "  ", "a\nb", String(repeating: "a", count: 65), "\u{3164}", "\u{2800}", "\u{200B}", "\u{200D}",
            "a\u{200B}b", "ana\u{E0061}", "\u{2066}ana", "\u{202E}ana\u{202C}",
        ] {
            await #expect(throws: ServicesError.self) { try await accounts.setNickname(nickname, account: account) }
        }
        await #expect(throws: ServicesError.unknownUser) { try await accounts.setNickname("a", account: 1) }
    }

    @Test("after the deletion of an account there is no such user")
    func deletion() async throws {
        let account = try await services.makeAccount().id
        try await accounts.delete(account: account)
        await #expect(throws: ServicesError.unknownUser) { try await accounts.delete(account: account) }
        await #expect(throws: ServicesError.unknownUser) {
            try await accounts.login(username: "ana", password: "secret", address: "a")
        }
        #expect(try await services.makeAccount().id != account)
    }

    @Test("failures from all addresses that a subscriber of IPv6 has count together")
    func throttleSubscriber() throws {
        let throttle = LoginThrottle(limit: 2)
        func key(_ address: String) -> LoginThrottle.Key { .init(account: "ana", address: address) }
        try throttle.recordFailure(key("2001:db8:1:2::1"), at: 0)
        try throttle.recordFailure(key("2001:db8:1:2:ffff::9"), at: 1)
        #expect(throws: ServicesError.self) { try throttle.check(key("2001:db8:1:2:3::4"), at: 2) }
        #expect(throws: Never.self) { try throttle.check(key("2001:db8:1:3::1"), at: 2) }
    }

    @Test("the throttle's memory is bounded, and forgets the oldest")
    func throttleBound() throws {
        let throttle = LoginThrottle(limit: 1, capacity: 100)
        func key(_ number: Int) -> LoginThrottle.Key { LoginThrottle.Key(account: "\(number)", address: "") }
        for number in 0..<1000 { try throttle.recordFailure(key(number), at: Int64(number)) }
        #expect(throws: ServicesError.self) { try throttle.check(key(999), at: 1000) }
        #expect(throws: Never.self) { try throttle.check(key(0), at: 1000) }
    }
}
