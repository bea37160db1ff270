import Store
import TestKit
import Testing

@testable import Services

/// What of a login counts when something else happens between the comparison of the password and the token.
@Suite("Logins that are overtaken") struct LoginRaceTests {
    let services: TestServices
    var accounts: Accounts { services.accounts }
    var tokens: Tokens { services.tokens }

    init() throws { services = try TestServices() }

    private func login(_ password: String = "secret") async throws -> Account {
        try await accounts.login(username: "ana", password: password, address: "a")
    }

    @Test("whoever has shown the old password gets no token once it is changed")
    func passwordChange() async throws {
        _ = try await services.makeAccount()
        let seen = try await login()
        _ = try await accounts.update(
            username: "ana", password: "secret", nickname: nil, newPassword: "other", address: "a")
        await #expect(throws: ServicesError.wrongPassword) { try await tokens.issue(for: seen) }
        await #expect(throws: ServicesError.wrongPassword) { try await tokens.startSession(for: seen) }
        _ = try await tokens.startSession(for: try await login("other"))
    }

    @Test("nor does an account that was disabled or deleted meanwhile, and a new nickname changes nothing")
    func end() async throws {
        let account = try await services.makeAccount().id
        let seen = try await login()
        _ = try await accounts.setNickname("Ana", account: account)
        _ = try await tokens.issue(for: seen)
        try await accounts.disable(account: account)
        await #expect(throws: ServicesError.accountDisabled) { try await tokens.issue(for: seen) }
        try await accounts.delete(account: account)
        await #expect(throws: ServicesError.unknownUser) { try await tokens.issue(for: seen) }
    }

    @Test("two logins that bring one hash up to date both get their tokens, and no third one with another password")
    func rehash() async throws {
        let hash = try await Passwords(cost: Passwords.Cost(logN: 9, r: 8, p: 1)).hash("secret", for: .operators)
        let outdated = try await services.store.accounts.insertAccount(
            username: "ana", usernameKey: "ana", nickname: "ana", passwordHash: hash, at: 1)
        let first = Account(try await accounts.rehash(.plain("secret"), of: outdated, address: "a"))
        let second = Account(try await accounts.rehash(.plain("secret"), of: outdated, address: "a"))
        for account in [first, second] { _ = try await tokens.issue(for: account) }
        await #expect(throws: ServicesError.wrongPassword) { try await tokens.issue(for: Account(outdated)) }
        try await accounts.setPassword("other", account: outdated.id)
        await #expect(throws: ServicesError.wrongPassword) {
            try await accounts.rehash(.plain("secret"), of: outdated, address: "a")
        }
        try await accounts.delete(account: outdated.id)
        await #expect(throws: ServicesError.unknownUser) {
            try await accounts.rehash(.plain("secret"), of: outdated, address: "a")
        }
    }

    @Test("a login from an address counts by the password that the account has")
    func recentLogins() async throws {
        let recent = RecentLogins(now: { [clock = services.clock] in clock.now })
        let account = try await services.makeAccount().id
        let seen = try await login(), token = try await tokens.issue(for: seen).token
        let identity = try await tokens.verify(token)
        func counts(from address: String) async throws -> Bool {
            recent.includes(try #require(try await accounts.account(id: account)), from: address)
        }
        recent.record(seen, from: "192.0.2.1")
        recent.record(identity, from: "192.0.2.2")
        #expect(try await counts(from: "192.0.2.1"))
        #expect(try await counts(from: "192.0.2.2"))
        #expect(try await !counts(from: "192.0.2.3"))
        try await accounts.setPassword("other", account: account)
        // Whoever was overtaken notes it only now.
        recent.record(seen, from: "192.0.2.1")
        recent.record(identity, from: "192.0.2.2")
        #expect(try await !counts(from: "192.0.2.1"))
        #expect(try await !counts(from: "192.0.2.2"))
        recent.record(try await login("other"), from: "192.0.2.1")
        #expect(try await counts(from: "192.0.2.1"))
        try await accounts.disable(account: account)
        #expect(try await !counts(from: "192.0.2.1"))
        try await accounts.enable(account: account)
        services.clock.advance(seconds: 7200)
        #expect(try await !counts(from: "192.0.2.1"))
    }

    @Test("what a session's token was exchanged for counts where the session does")
    func renewed() async throws {
        let account = try await services.makeAccount(), day: Int64 = 86_400_000
        func start() async throws -> Tokens.Session {
            try await tokens.startSession(
                for: account, accessLifetime: 14 * day, refreshLifetime: 14 * day, limit: (count: 3, world: "leaf"))
        }
        let first = try await start()
        services.clock.advance(seconds: 13 * 86_400)
        let renewed = try await tokens.renew(first.refresh.token, lifetime: 14 * day).get().token
        services.clock.advance(seconds: 2 * 86_400)
        try await tokens.removeExpired()
        for _ in 0..<2 { _ = try await start() }
        _ = try await tokens.verify(renewed)
        _ = try await start()
        #expect(try await tokens.inspect(renewed) == .refused(.revoked))
    }

    @Test("a token that is gone is exchanged for none, and it is told why")
    func renewing() async throws {
        let account = try await services.makeAccount()
        let session = try await tokens.startSession(for: account)
        // Remembered: only the database knows better.
        let other = Tokens(store: services.store, now: { [clock = services.clock] in clock.now })
        _ = try await other.inspect(session.refresh.token, kind: .refresh)
        try await accounts.setPassword("other", account: account.id)
        #expect(try await other.renew(session.refresh.token) == .failure(Tokens.Refused(refusal: .revoked)))
    }

    @Test("a hash is in no text")
    func hidden() async throws {
        let account = try await services.makeAccount()
        var text = ""
        dump(account, to: &text)
        #expect(text.contains("ana"))
        for text in [text, "\(account)", String(reflecting: account)] { #expect(!text.contains("scrypt")) }
    }
}
