import Store
import TestKit
import Testing

@testable import Services

@Suite("Tokens", .serialized) struct TokensTests {
    @Test("a token says whose it is until it expires", arguments: [0, 100])
    func life(cacheCapacity: Int) async throws {
        let services = try TestServices(cacheCapacity: cacheCapacity)
        let account = try await services.makeAccount()
        let issued = try await services.tokens.issue(for: account)
        #expect(issued.token.count == 43)
        #expect(issued.expiresAt - issued.issuedAt == 2 * 3_600_000)
        let identity = try await services.tokens.verify(issued.token)
        #expect(identity.account == account.id && identity.username == "ana")
        #expect(identity.issuedAt == issued.issuedAt && identity.expiresAt == issued.expiresAt)
        #expect(identity.objectID == account.objectID)
        services.clock.advance(seconds: 7199)
        #expect(try await services.tokens.verify(issued.token) == identity)
        services.clock.advance(seconds: 1)
        await #expect(throws: ServicesError.badToken) { try await services.tokens.verify(issued.token) }
        #expect(try await services.tokens.removeExpired() == 1)
    }

    @Test(
        "the word before the token may be there or not, in any case",
        arguments: ["Bearer ", "bearer ", "BEARER   ", "", " ", "Bearer\t"])
    func bearer(prefix: String) async throws {
        let services = try TestServices()
        let token = try await services.tokens.issue(for: try await services.makeAccount()).token
        #expect(try await services.tokens.verify(prefix + token + " ").username == "ana")
    }

    @Test("no token is another error than a wrong one", arguments: [nil, "", " ", "Bearer", "bearer "])
    func missing(credential: String?) async throws {
        let services = try TestServices()
        await #expect(throws: ServicesError.unauthenticated) { try await services.tokens.verify(credential) }
        await #expect(throws: ServicesError.badToken) { try await services.tokens.verify("Bearer x") }
        await #expect(throws: ServicesError.badToken) { try await services.tokens.verify("bearerx") }
    }

    @Test("a refresh token is no access token")
    func kinds() async throws {
        let services = try TestServices()
        let token = try await services.tokens.issue(.refresh, for: try await services.makeAccount()).token
        await #expect(throws: ServicesError.badToken) { try await services.tokens.verify(token) }
        #expect(try await services.tokens.verify(token, kind: .refresh).kind == .refresh)
        await #expect(throws: ServicesError.badToken) { try await services.tokens.verify(token) }
    }

    @Test("a revoked token is worthless at once, though it was remembered")
    func revocation() async throws {
        let services = try TestServices()
        let account = try await services.makeAccount()
        let one = try await services.tokens.issue(for: account).token
        let other = try await services.tokens.issue(for: account).token
        _ = try await services.tokens.verify(one)
        _ = try await services.tokens.verify(other)
        try await services.tokens.revoke("Bearer \(one)")
        try await services.tokens.revoke(one)
        await #expect(throws: ServicesError.badToken) { try await services.tokens.verify(one) }
        _ = try await services.tokens.verify(other)
        try await services.tokens.revoke(other)
        await #expect(throws: ServicesError.badToken) { try await services.tokens.verify(other) }
    }

    @Test("a deleted account's tokens are worthless at once, and it gets no new ones")
    func deletion() async throws {
        let services = try TestServices()
        let account = try await services.makeAccount()
        let token = try await services.tokens.issue(for: account).token
        _ = try await services.tokens.verify(token)
        try await services.accounts.delete(account: account.id)
        await #expect(throws: ServicesError.badToken) { try await services.tokens.verify(token) }
        await #expect(throws: ServicesError.unknownUser) { try await services.tokens.issue(for: account) }
    }

    @Test("a small cache forgets and asks again")
    func eviction() async throws {
        let services = try TestServices(cacheCapacity: 2)
        let account = try await services.makeAccount()
        var tokens: [String] = []
        for _ in 0..<10 { tokens.append(try await services.tokens.issue(for: account).token) }
        for _ in 0..<2 {
            for token in tokens { #expect(try await services.tokens.verify(token).account == account.id) }
        }
        try await services.tokens.revoke(tokens[9])
        await #expect(throws: ServicesError.badToken) { try await services.tokens.verify(tokens[9]) }
    }

    @Test("the tokens of a login end together, and so does what they were exchanged for")
    func sessions() async throws {
        let services = try TestServices()
        let account = try await services.makeAccount()
        let session = try await services.tokens.startSession(for: account)
        let other = try await services.tokens.startSession(for: account)
        #expect(session.access.expiresAt - session.access.issuedAt == 2 * 3_600_000)
        #expect(session.refresh.expiresAt - session.refresh.issuedAt == 30 * 86_400_000)
        let renewed = try await services.tokens.renew("Bearer \(session.refresh.token)", lifetime: 1000).get()
        #expect(renewed.expiresAt - renewed.issuedAt == 1000)
        for token in [session.access.token, renewed.token] { _ = try await services.tokens.verify(token) }
        try await services.tokens.revoke(renewed.token)
        for token in [session.access.token, renewed.token] {
            #expect(try await services.tokens.inspect(token) == .refused(.revoked))
        }
        #expect(
            try await services.tokens.renew(session.refresh.token) == .failure(Tokens.Refused(refusal: .revoked)))
        _ = try await services.tokens.verify(other.access.token)
    }

    @Test("it is told why a credential is none")
    func refusals() async throws {
        let services = try TestServices()
        let account = try await services.makeAccount()
        let session = try await services.tokens.startSession(for: account, refreshLifetime: 90 * 86_400_000)
        #expect(try await services.tokens.inspect(nil) == .refused(.missing))
        #expect(try await services.tokens.inspect("Bearer x") == .refused(.unknown))
        #expect(try await services.tokens.inspect(session.refresh.token) == .refused(.wrongKind))
        #expect(try await services.tokens.inspect(session.access.token, kind: .refresh) == .refused(.wrongKind))
        services.clock.advance(seconds: 7200)
        #expect(try await services.tokens.inspect(session.access.token) == .refused(.expired))
        #expect(try await services.tokens.removeExpired() == 1)
        // Another service, which remembers nothing.
        let fresh = Tokens(store: services.store, now: { [clock = services.clock] in clock.now })
        #expect(try await fresh.inspect(session.access.token) == .refused(.expired))
        try await services.accounts.delete(account: account.id)
        #expect(try await services.tokens.inspect(session.refresh.token, kind: .refresh) == .refused(.accountDeleted))
        services.clock.advance(seconds: 31 * 86_400)
        try await services.tokens.removeExpired()
        #expect(try await fresh.inspect(session.access.token) == .refused(.unknown))
    }

    @Test("a password change revokes, and so does disabling")
    func reasons() async throws {
        let services = try TestServices()
        let account = try await services.makeAccount()
        let one = try await services.tokens.issue(for: account).token
        try await services.accounts.setPassword("other", account: account.id)
        #expect(try await services.tokens.inspect(one) == .refused(.revoked))
        let again = try await services.accounts.login(username: "ana", password: "other", address: "a")
        let other = try await services.tokens.issue(for: again, lifetime: 1).token
        try await services.accounts.disable(account: account.id)
        #expect(try await services.tokens.inspect(other) == .refused(.revoked))
    }
}
