import HTTPTypes
import LWS
import Services
import Testing

@testable import API
@testable import Endpoints

@Suite("Logins by the MD5 of a password") struct DigestTests {
    /// MD5 of `secret`.
    private static let secret = "5ebe2294ecd0e0f08eab7690d2a6ee69"
    /// MD5 of `other`.
    private static let other = "795f3202b17cb6bc3d4b771d8c6c9eaf"

    private func login(_ api: TestAPI, _ name: String, _ digest: String = secret) async throws -> JSONValue? {
        try await api.send(.post, "/login", ["username": .string(name), "password": .string(digest)]).json["code"]
    }

    private func register(_ api: TestAPI, _ name: String) async throws {
        let answer = try await api.send(
            .post, "/register", ["username": .string(name), "password": .string(Self.secret)])
        try #require(answer.json["code"] == 0, "\(answer.text)")
    }

    @Test("a leaked MD5 opens nothing but an account that registered by one")
    func leaked() async throws {
        try await withAPI { api in
            try await register(api, "lambo")
            _ = try await api.register("lepao")
            _ = try await api.send(.post, "/users/register/?username=juejin&password=secret")
            _ = try await api.send(.post, "/douyin/user/register/?username=douyin1&password=secret")
            _ = try await api.send(.post, "/v1/accounts", ["name": "house", "password": "secret"])
            try await api.registerByMail("leaf@example.org")
            let leaf = try #require(try await api.core.accounts.account(email: "leaf@example.org")).username
            for role in [Account.Role.user, .auditor, .admin, .root] {
                _ = try await api.core.accounts.create(username: role.rawValue, password: "secret", role: role)
            }
            for name in ["lepao", "juejin", "douyin1", "house", leaf, "user", "auditor", "admin", "root"] {
                #expect(try await api.core.accounts.account(named: name) != nil, "\(name)")
                #expect(try await login(api, name) == 2, "\(name)")
                // The password itself is right.
                let answer = try await api.send(
                    .post, "/api/users/login", ["username": .string(name), "password": "secret"])
                #expect(answer.status == 200, "\(name): \(answer.text)")
            }
            #expect(try await login(api, "lambo") == 0)
            // The password that was meant is one at the other doors, and none of them ends the login by MD5.
            #expect(
                try await api.send(.post, "/api/users/login", ["username": "lambo", "password": "secret"]).status == 200
            )
            #expect(try await login(api, "lambo") == 0)
        }
    }

    @Test("who has another password, by whatever door, comes by MD5 no more")
    func changed() async throws {
        try await withAPI { api in
            for name in ["a1", "b1", "c1"] { try await register(api, name) }
            let changed = try await api.send(
                .put, "/api/users/update", ["username": "a1", "password": "secret", "newPassword": "other"])
            #expect(changed.status == 200)
            let b = try #require(try await api.core.accounts.account(named: "b1"))
            try await api.core.accounts.setPassword("other", account: b.id)
            for name in ["a1", "b1"] {
                for digest in [Self.secret, Self.other] { #expect(try await login(api, name, digest) == 2, "\(name)") }
                let answer = try await api.send(
                    .post, "/api/users/login", ["username": .string(name), "password": "other"])
                #expect(answer.status == 200)
            }
            #expect(try await login(api, "c1") == 0)
        }
    }

    @Test("a role ends it, the role's end does not bring it back, and an operator may")
    func roles() async throws {
        try await withAPI { api in
            try await register(api, "lambo")
            let account = try #require(try await api.core.accounts.account(named: "lambo"))
            for role in [Account.Role.auditor, .admin, .root] {
                #expect(try await login(api, "lambo") == 0)
                #expect(try await !api.core.accounts.setRole(role, account: account.id).takesDigest)
                #expect(try await login(api, "lambo") == 2, "\(role)")
                await #expect(throws: ServicesError.forbidden) {
                    try await api.core.accounts.setTakesDigest(true, account: account.id)
                }
                _ = try await api.core.accounts.setRole(.user, account: account.id)
                #expect(try await login(api, "lambo") == 2, "\(role)")
                #expect(try await api.core.accounts.setTakesDigest(true, account: account.id).takesDigest)
            }
            #expect(try await !api.core.accounts.setTakesDigest(false, account: account.id).takesDigest)
            #expect(try await login(api, "lambo") == 2)
        }
    }

    @Test("wrong passwords of an account are counted once for all doors, Leaf's among them")
    func oneThrottle() async throws {
        try await withAPI(limits: RateLimits()) { api in
            try await api.registerByMail()
            let account = try #require(try await api.core.accounts.account(email: "ana@example.org"))
            let name = JSONValue.string(account.username), wrong: JSONValue = "wrong!"
            let lepao = ["username": name, "password": wrong] as JSONValue
            // Two at Leaf's door, which closes after the third.
            for _ in 0..<2 {
                #expect(
                    try await api.leaf(.post, "login", ["email": "ana@example.org", "password": wrong]).leafCode == 3020
                )
            }
            for _ in 0..<7 { #expect(try await api.send(.post, "/api/users/login", lepao).status == 401) }
            #expect(try await login(api, account.username) == 2)
            // Ten.
            #expect(try await api.send(.post, "/api/users/login", lepao).status == 429)
            #expect(try await login(api, account.username) == 6)
            let right: JSONValue = ["email": "ana@example.org", "password": "secret"]
            #expect(try await api.leaf(.post, "login", right).leafCode == 4050)
            // From elsewhere the owner comes in.
            let elsewhere = try await api.send(.post, "/api/v1/user/login", right, from: "198.51.100.7")
            #expect(elsewhere.leafCode == 200)
        }
    }
}
