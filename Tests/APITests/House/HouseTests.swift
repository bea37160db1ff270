import HTTPTypes
import LWS
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("/v1: accounts, sessions and oneself")
struct HouseTests {
    /// Registers somebody at `/v1`.
    private func register(
        _ api: TestAPI, _ name: String = "ana", key: String? = nil, password: String = "secret"
    ) async throws -> Answer {
        var headers: HTTPFields = [:]
        headers[.idempotencyKey] = key
        return try await api.send(
            .post, "/v1/accounts", ["name": .string(name), "password": .string(password)], headers: headers)
    }

    @Test("who registers is logged in, here and in every other world")
    func registration() async throws {
        try await withAPI { api in
            let answer = try await register(api)
            #expect(answer.status == 201)
            #expect(answer.headers[.location] == "/v1/me")
            #expect(answer.json["account"]?["name"] == "ana")
            let token = try #require(answer.json["token"]?.string)
            #expect(try await api.send(.get, "/v1/me", token: token).json["name"] == "ana")
            #expect(try await api.send(.post, "/api/users/tokenCheck", token: token).status == 200)
            let elsewhere = try await api.send(.post, "/api/users/login", ["username": "ana", "password": "secret"])
            #expect(elsewhere.status == 200)
        }
    }

    @Test("a token of a world that knows no logout is logged out here", arguments: ["lepao", "douyin"])
    func foreignLogout(world: String) async throws {
        try await withAPI { api in
            _ = try await register(api)
            func logIn() async throws -> String {
                let answer =
                    world == "lepao"
                    ? try await api.send(.post, "/api/users/login", ["username": "ana", "password": "secret"])
                    : try await api.send(.post, "/douyin/user/login/?username=ana&password=secret")
                return try #require(answer.json["token"]?.string, "\(answer.text)")
            }
            func isGood(_ token: String) async throws -> Bool {
                world == "lepao"
                    ? try await api.send(.post, "/api/users/tokenCheck", token: token).status == 200
                    : try await api.send(.get, "/douyin/publish/list?token=\(token)").json["status_code"] == 0
            }
            let first = try await logIn(), second = try await logIn(), third = try await logIn()
            for token in [first, second, third] { #expect(try await isGood(token)) }
            #expect(try await api.send(.delete, "/v1/session", token: first).status == 204)
            for (token, isLeft) in [(first, false), (second, true), (third, true)] {
                #expect(try await isGood(token) == isLeft)
            }
            #expect(try await api.send(.delete, "/v1/session", token: first).status == 401)
            // Or from another device, out of the list.
            let sessions = try await api.send(.get, "/v1/sessions", token: second).json["sessions"]?.array ?? []
            // The one of the registration is there too.
            #expect(sessions.count == 3)
            for session in sessions where session["isCurrent"] != true {
                let id = try #require(session["id"]?.string)
                #expect(try await api.send(.delete, "/v1/sessions/\(id)", token: second).status == 204)
            }
            #expect(try await !isGood(third))
            #expect(try await isGood(second))
        }
    }

    @Test("a name and a password in the address are none: they are taken from the body alone")
    func secretsInQuery() async throws {
        try await withAPI { api in
            let query = "name=ana&password=secret"
            #expect(try await api.send(.post, "/v1/accounts?\(query)").status == 400)
            #expect(try await register(api).status == 201)
            #expect(try await api.send(.post, "/v1/session?\(query)").status == 400)
            let described = try await api.send(.get, "/openapi.json").json["paths"]
            for path in ["/v1/accounts", "/v1/session"] {
                let operation = described?[path]?["post"]
                #expect(operation?["requestBody"]?["content"]?["application/json"] != nil)
                let places = operation?["parameters"]?.array?.compactMap { $0["in"]?.string } ?? []
                #expect(!places.contains("query"))
            }
        }
    }

    @Test("the same registration with the same key is one account and one answer")
    func idempotency() async throws {
        try await withAPI { api in
            let first = try await register(api, key: "k1"), again = try await register(api, key: "k1")
            #expect(first.status == 201)
            #expect(again.line == first.line)
            let other = try await register(api, "eva", key: "k1")
            #expect(other.status == 422)
            #expect(other.json["code"] == "idempotency_key_reused")
            #expect(try await register(api, key: "k2").json["code"] == "name_taken")
            #expect(try await register(api, "eva", key: "k2").status == 201, "what was refused is not kept")
            #expect(try await register(api, "bob", key: String(repeating: "k", count: 256)).status == 400)
        }
    }

    @Test("a problem is one of RFC 9457, with a code for programs")
    func problems() async throws {
        try await withAPI { api in
            let answer = try await api.send(.get, "/v1/me")
            #expect(answer.status == 401)
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(
                answer.json == [
                    "type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "A token is needed.",
                    "code": "unauthenticated",
                ])
            #expect(try await api.send(.get, "/v1/nonsense").json["code"] == "not_found")
            let wrong = try await api.send(.post, "/v1/session", ["name": "nobody", "password": "x"])
            #expect(wrong.json["code"] == "wrong_password")
        }
    }

    @Test("logins are listed in pages, and each can be ended from another")
    func sessions() async throws {
        try await withAPI { api in
            let first = try #require(try await register(api).json["token"]?.string)
            var tokens = [first]
            for _ in 0..<3 {
                api.clock.advance(seconds: 1)
                let answer = try await api.send(.post, "/v1/session", ["name": "ana", "password": "secret"])
                tokens.append(try #require(answer.json["token"]?.string))
            }
            var ids: [String] = [], target: String? = "/v1/sessions?limit=3"
            var isCurrent: [Bool] = [], pages = 0
            while let next = target, pages < 5 {
                pages += 1
                let page = try await api.send(.get, next, token: first)
                for session in page.json["sessions"]?.array ?? [] {
                    ids.append(try #require(session["id"]?.string))
                    isCurrent.append(session["isCurrent"] == true)
                }
                target = page.headers[.link].map { String($0.dropFirst().prefix { $0 != ">" }) }
            }
            #expect(pages == 2)
            #expect(Set(ids).count == 4)
            #expect(isCurrent == [false, false, false, true], "the newest first")

            #expect(try await api.send(.delete, "/v1/sessions/\(ids[0])", token: first).status == 204)
            #expect(try await api.send(.get, "/v1/me", token: tokens[3]).status == 401)
            #expect(try await api.send(.get, "/v1/me", token: tokens[2]).status == 200)
            #expect(try await api.send(.delete, "/v1/sessions/\(ids[0])", token: first).status == 404)
            for nonsense in ["x", "s", "s01", "t", "t00", "s99999999999999999999"] {
                #expect(try await api.send(.delete, "/v1/sessions/\(nonsense)", token: first).status == 404)
            }
            let stranger = try #require(try await register(api, "eva").json["token"]?.string)
            #expect(try await api.send(.delete, "/v1/sessions/\(ids[1])", token: stranger).status == 404)
            #expect(try await api.send(.get, "/v1/me", token: tokens[2]).status == 200, "another's are not ended")

            #expect(try await api.send(.delete, "/v1/session", token: first).status == 204)
            #expect(try await api.send(.get, "/v1/me", token: first).json["code"] == "unauthenticated")
        }
    }

    @Test("a login by mail address is that of its account, and a refresh token gives another token")
    func loginByAddress() async throws {
        try await withAPI { api in
            let answer = try await register(api)
            let account = try #require(try await api.core.accounts.account(named: "ana"))
            _ = try await api.core.profiles.edit(
                account.number, name: "ana", email: "ana@example.org", sign: nil,
                actor: try #require(try await root(api)))
            let login = try await api.send(
                .post, "/v1/session", ["name": "Ana@Example.org", "password": "secret"])
            #expect(login.json["account"]?["email"] == "ana@example.org")
            let refresh = try #require(answer.json["refreshToken"]?.string)
            let renewed = try await api.send(.put, "/v1/session", token: refresh)
            let token = try #require(renewed.json["token"]?.string)
            #expect(try await api.send(.get, "/v1/me", token: token).status == 200)
            #expect(try await api.send(.get, "/v1/me", token: refresh).status == 401)
        }
    }

    private func root(_ api: TestAPI) async throws -> Account? {
        _ = try await api.core.accounts.create(username: "root", password: "secret", role: .root)
        return try await api.core.accounts.account(named: "root")
    }

    @Test("who changes what another has changed meanwhile is told so, and changes nothing")
    func lostUpdates() async throws {
        try await withAPI { api in
            let token = try #require(try await register(api).json["token"]?.string)
            let seen = try await api.send(.get, "/v1/me", token: token)
            let tag = try #require(seen.headers[.eTag])
            let unchanged = try await api.send(.get, "/v1/me", token: token, headers: [.ifNoneMatch: tag])
            #expect(unchanged.status == 304)
            #expect(unchanged.bytes.isEmpty)

            let first = try await api.send(
                .patch, "/v1/me", ["nickname": "Ana", "sign": "Runs at dawn"], token: token,
                headers: [.ifMatch: tag])
            #expect(first.status == 200)
            #expect(first.json["nickname"] == "Ana")
            #expect(first.headers[.eTag] != tag)
            let second = try await api.send(
                .patch, "/v1/me", ["nickname": "Eva"], token: token, headers: [.ifMatch: tag])
            #expect(second.status == 412)
            #expect(second.json["code"] == "changed_meanwhile")
            let now = try await api.send(.get, "/v1/me", token: token)
            #expect(now.json["nickname"] == "Ana")
            #expect(now.json["sign"] == "Runs at dawn")
            let whatever = try await api.send(.patch, "/v1/me", ["nickname": "Eva"], token: token)
            #expect(whatever.json["nickname"] == "Eva")
            let renamed = try await api.send(.patch, "/v1/me", ["name": "eva", "nickname": nil], token: token)
            #expect(renamed.json["name"] == "eva")
            #expect(renamed.json["nickname"] == "Eva", "null is what is not there")
        }
    }

    @Test("a new password ends every login, and an account goes with its password only")
    func passwordAndEnd() async throws {
        try await withAPI { api in
            let token = try #require(try await register(api).json["token"]?.string)
            let wrong = try await api.send(
                .put, "/v1/me/password", ["password": "wrong", "newPassword": "other"], token: token)
            #expect(wrong.json["code"] == "wrong_password")
            let right = try await api.send(
                .put, "/v1/me/password", ["password": "secret", "newPassword": "other"], token: token)
            #expect(right.status == 204)
            #expect(try await api.send(.get, "/v1/me", token: token).status == 401)
            let login = try await api.send(.post, "/v1/session", ["name": "ana", "password": "other"])
            let again = try #require(login.json["token"]?.string)
            #expect(try await api.send(.delete, "/v1/me", ["password": "secret"], token: again).status == 401)
            #expect(try await api.send(.delete, "/v1/me", ["password": "other"], token: again).status == 204)
            #expect(try await api.send(.get, "/v1/me", token: again).status == 401)
            #expect(try await register(api).status == 201, "the name is free again")
        }
    }

    @Test("a picture that is one is shown, what is none is refused")
    func picture() async throws {
        try await withAPI { api in
            let token = try #require(try await register(api).json["token"]?.string)
            let answer = try await api.upload(
                "/v1/me/picture", files: [.make("picture", onePixel)], token: token, method: .put)
            #expect(answer.status == 200)
            #expect(try await api.core.accounts.account(named: "ana")?.picture != nil)
            let text = try await api.upload(
                "/v1/me/picture", files: [.make("picture", Array("text".utf8))], token: token, method: .put)
            #expect(text.json["code"] == "bad_picture")
        }
    }

    @Test("rooms with a password that is no secret stand first in the list, with what opens them and how many run")
    func publicRooms() async throws {
        let rooms = ["quiet", "gone", "busy", "empty"].map { PublicRoom(runID: $0, password: "pw") }
        try await withAPI(publicRooms: rooms) { api in
            try await api.makeRoom("quiet", runners: ["ana"])
            try await api.makeRoom("busy", runners: ["ben", "eva"])
            try await api.makeRoom("secret", runners: ["ida"])
            try await api.makeRoom("empty", runners: [])
            for room in [("busy", "eva"), ("secret", "ida")] {
                let started = try await api.update(room.0, room.1, ["running": true, "latitude": 1, "longitude": 1])
                #expect(started.status == 200, "\(started.text)")
            }
            let answer = try await api.send(.get, "/v1/rooms")
            let listed = try #require(answer.json["rooms"]?.array)
            #expect(
                listed.map { [$0["runID"], $0["password"], $0["people"], $0["running"]] } == [
                    ["quiet", "pw", 1, 0], ["busy", "pw", 2, 1], ["empty", "pw", 0, 0],
                ])
        }
        try await withAPI { api in
            let answer = try await api.send(.get, "/v1/rooms")
            #expect(answer.json == ["rooms": []])
        }
    }

    @Test("limits are told before they are reached")
    func limits() async throws {
        var limits = RateLimits()
        limits.registrations = RateLimit(burst: 2, perMinute: 1)
        try await withAPI(limits: limits) { api in
            let first = try await register(api)
            #expect(first.headers[.rateLimitPolicy] == "\"registrations\";q=2;w=120")
            #expect(first.headers[.rateLimit]?.hasPrefix("\"registrations\";r=1;t=") == true)
            #expect(try await register(api, "eva").headers[.rateLimit]?.hasPrefix("\"registrations\";r=0;t=") == true)
            let third = try await register(api, "bob")
            #expect(third.status == 429)
            #expect(third.json["code"] == "too_many_requests")
            #expect(third.headers[.retryAfter] != nil)
            #expect(third.headers[.rateLimit]?.hasPrefix("\"registrations\";r=0;t=") == true)
        }
    }
}
