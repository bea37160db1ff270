import Foundation
import HTTPTypes
import LWS
import Live
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("The pages' login, a cookie")
struct CookieTests {
    private static let own: HTTPFields = [.host: "run.example.org", .origin: "https://run.example.org"]
    private static let foreign: HTTPFields = [.host: "run.example.org", .origin: "https://evil.example"]

    private func logIn(
        _ api: TestAPI, _ headers: HTTPFields = own, cookie: JSONValue? = true
    ) async throws -> Answer {
        var body: JSONObject = JSONObject()
        body["name"] = "ana"
        body["password"] = "secret"
        if let cookie { body["cookie"] = cookie }
        return try await api.send(.post, "/v1/session", .object(body), headers: headers)
    }

    /// What a browser sends back.
    private func cookie(of answer: Answer, _ headers: HTTPFields = own) throws -> HTTPFields {
        var headers = headers
        headers[.cookie] = try "language=en; " + #require(answer.headers[.setCookie]).prefix { $0 != ";" }
        return headers
    }

    @Test("a page that asks for it is logged in by a cookie that no script reads, and is told no token")
    func isSet() async throws {
        try await withAPI { api in
            _ = try await api.register()
            let answer = try await logIn(api)
            #expect(answer.status == 200)
            #expect(answer.json["account"]?["name"] == "ana")
            #expect(answer.json["token"] == nil)
            #expect(answer.json["refreshToken"] == nil)
            let set = try #require(answer.headers[.setCookie])
            #expect(set.wholeMatch(of: /runroom=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax/) != nil)
            #expect(answer.headers[.cacheControl] == "no-store")
            let registered = try await api.send(
                .post, "/v1/accounts", ["name": "eva", "password": "secret", "cookie": true], headers: Self.own)
            #expect(registered.status == 201)
            #expect(registered.json["token"] == nil)
            let who = try await api.send(.get, "/v1/session", headers: cookie(of: registered))
            #expect(who.json["account"]?["name"] == "eva")
        }
    }

    @Test("who does not ask for it gets tokens as ever and no cookie, from whatever origin", arguments: [nil, false])
    func isNotForced(_ asks: Bool?) async throws {
        try await withAPI { api in
            _ = try await api.register()
            for headers in [[:], Self.own, Self.foreign] {
                let answer = try await logIn(api, headers, cookie: asks.map { .bool($0) })
                #expect(answer.status == 200)
                #expect(answer.headers[.setCookie] == nil)
                let token = try #require(answer.json["token"]?.string)
                let changed = try await api.send(
                    .patch, "/v1/me", ["nickname": "Ana"], token: token, headers: Self.foreign)
                #expect(changed.status == 200, "a token in the header is good from everywhere")
            }
        }
    }

    @Test(
        "a cookie of another name brings no login, whatever is in its value; several of our name bring none",
        arguments: [
            ("__Host-runroom=good", "good"), ("a=b; __Host-runroom=good; c", "good"),
            ("a=b;__Host-runroom=good", "good"),
            ("__Host-runroom=a=b", "a=b"), ("a=b\u{37E} __Host-runroom=evil", nil),
            ("__Host-runroom=good; a=b\u{37E} __Host-runroom=evil", "good"), ("__Host-runroom\u{301}=evil", nil),
            ("__Host-runroom=good; __Host-runroom=evil", nil), ("__Host-runroom=; a=b", nil), ("__host-runroom=a", nil),
            ("x__Host-runroom=evil", nil), ("a=\"; __Host-runroom=good\"", "good\""), ("__Host-runroom", nil),
            ("", nil),
        ] as [(String, String?)])
    func isFoundByOctets(field: String, token: String?) {
        let cookie = SessionCookie(publicURL: nil, isTLS: true, origins: [])
        #expect(cookie.token(in: head(.get, [.cookie: field])) == token)
    }

    @Test("an origin that only looks like ours, or like one that may use a login, is another's")
    func isForeignByOctets() throws {
        let cookie = SessionCookie(publicURL: nil, isTLS: true, origins: ["https://kiosk.example"])
        func isOwn(_ origin: String) -> Bool {
            (try? cookie.checkOrigin(of: head(.post, [.host: "kilo.example", .origin: origin]))) != nil
        }
        #expect(isOwn("https://kilo.example") && isOwn("https://KILO.example") && isOwn("https://kiosk.example"))
        // The sign for Kelvin.
        #expect(!isOwn("https://\u{212A}ilo.example") && !isOwn("https://\u{212A}iosk.example"))
        let policy = HTTPPolicy(origins: .only(["https://Kiosk.example"]))
        #expect(policy.preflight(origin: "https://\u{212A}iosk.example").headers[.accessControlAllowMethods] == nil)
        #expect(policy.preflight(origin: "https://Kiosk.example").headers[.accessControlAllowMethods] != nil)
    }

    @Test("with TLS, its own or a proxy's, the cookie is one that no other host can set")
    func isHostsOwn() {
        for (url, isTLS, isSecure) in [
            (nil, true, true), (nil, false, false), ("https://run.example.org", false, true),
            ("http://run.example.org:8000", true, false),
        ] as [(String?, Bool, Bool)] {
            let cookie = SessionCookie(publicURL: url, isTLS: isTLS, origins: [])
            #expect(cookie.name == (isSecure ? "__Host-runroom" : "runroom"))
            #expect(cookie.keeping("t").hasSuffix("; HttpOnly; SameSite=Lax; Secure") == isSecure)
            let other = head(.get, [.cookie: (isSecure ? "runroom" : "__Host-runroom") + "=t"])
            #expect(cookie.token(in: other) == nil)
        }
    }

    @Test("a page of another origin can neither log a browser in, nor change anything with its login")
    func refusesForeign() async throws {
        try await withAPI { api in
            _ = try await api.register()
            let silent: HTTPFields = [.host: "run.example.org"]
            let sameSite: HTTPFields = [.host: "run.example.org", .secFetchSite: "same-site"]
            let opaque: HTTPFields = [.host: "run.example.org", .origin: "null", .secFetchSite: "same-origin"]
            for headers in [Self.foreign, silent, sameSite, opaque] {
                let refused = try await logIn(api, headers)
                #expect(refused.status == 403)
                #expect(refused.json["code"] == "foreign_origin")
                #expect(refused.headers[.setCookie] == nil)
            }
            let good = try await cookie(of: logIn(api))
            for headers in [Self.foreign, silent, sameSite, opaque] {
                var headers = headers
                headers[.cookie] = good[.cookie]
                for (method, path, body) in [
                    (.patch, "/v1/me", ["nickname": "Evil"]), (.delete, "/v1/session", nil),
                    (.put, "/v1/me/password", ["password": "secret", "newPassword": "evil"]),
                    (.delete, "/v1/me", ["password": "secret"]), (.delete, "/v1/sessions/s1", nil),
                ] as [(HTTPRequest.Method, String, JSONValue?)] {
                    let refused = try await api.send(method, path, body, headers: headers)
                    #expect(refused.status == 403, "\(method) \(path) \(headers)")
                    #expect(refused.json["code"] == "foreign_origin")
                }
                let picture = try await api.upload(
                    "/v1/me/picture", files: [.make("picture", onePixel)], method: .put, headers: headers)
                #expect(picture.status == 403)
            }
            let me = try await api.send(.get, "/v1/me", headers: good)
            #expect(me.json["nickname"] == "ana")
            #expect(me.headers[.init("Access-Control-Allow-Credentials")!] == nil)
            let changed = try await api.send(.patch, "/v1/me", ["nickname": "Ana"], headers: good)
            #expect(changed.json["nickname"] == "Ana")
        }
    }

    @Test("an origin that is named may use the login, and --public-url is our own behind a proxy that hides the host")
    func takesNamed() async throws {
        try await withAPI(pageOrigins: ["https://app.example"]) { api in
            _ = try await api.register()
            var headers = Self.own
            headers[.origin] = "https://app.example"
            #expect(try await logIn(api, headers).status == 200)
        }
        let cookie = SessionCookie(publicURL: "https://Run.example.org", isTLS: false, origins: [])
        for (origin, isOwn) in [
            ("https://run.example.org", true), ("https://run.example.org.evil", false), ("https://inner:8000", true),
            // Whoever is on the way can write a page without TLS.
            ("http://run.example.org", false), ("http://inner:8000", false), ("null", false),
        ] {
            let refused = cookie.refusesUpgrade(
                head(.get, [.host: "inner:8000", .origin: origin, .cookie: "__Host-runroom=t"]))
            #expect(refused != isOwn, "\(origin)")
        }
    }

    @Test("no other world takes the cookie")
    func isOfHouseAlone() async throws {
        try await withAPI { api in
            _ = try await api.register()
            let headers = try await cookie(of: logIn(api))
            #expect(try await api.send(.get, "/v1/me", headers: headers).status == 200)
            #expect(try await api.send(.post, "/api/users/tokenCheck", headers: headers).status == 401)
            #expect(try await api.send(.get, "/api/runRoom/all", headers: headers).status == 401)
            let leaf = try await api.send(.get, "/api/v1/user/info/get", headers: headers)
            #expect(leaf.json["code"] == 3030)
        }
    }

    @Test("logging out ends the login and clears the cookie; a token in the header goes before the cookie")
    func logsOut() async throws {
        try await withAPI { api in
            _ = try await api.register()
            let first = try await cookie(of: logIn(api)), second = try await cookie(of: logIn(api))
            let sessions = try await api.send(.get, "/v1/sessions", headers: first).json["sessions"]?.array ?? []
            #expect(sessions.count(where: { $0["isCurrent"] == true }) == 1)
            let answer = try await api.send(.delete, "/v1/session", headers: first)
            #expect(answer.status == 204)
            let gone = "runroom=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
            #expect(answer.headers[.setCookie] == gone)
            #expect(try await api.send(.get, "/v1/me", headers: first).status == 401)
            #expect(try await api.send(.get, "/v1/me", headers: second).status == 200)
            // Who asks who they are is no error, and need not send it again.
            let who = try await api.send(.get, "/v1/session", headers: first)
            #expect(who.line == #"200 {"account":null}"#)
            #expect(who.headers[.setCookie] == gone)
            let nobody = try await api.send(.get, "/v1/session")
            #expect(nobody.line == #"200 {"account":null}"#)
            #expect(nobody.headers[.setCookie] == nil)

            let eva = try await api.register("eva")
            #expect(try await api.send(.get, "/v1/me", token: eva, headers: second).json["name"] == "eva")
            #expect(try await api.send(.get, "/v1/me", token: "nonsense", headers: second).status == 401)
        }
    }

    @Test("the cookie lasts thirty days, and ends with the password")
    func ends() async throws {
        try await withAPI { api in
            _ = try await api.register()
            let headers = try await cookie(of: logIn(api))
            api.clock.advance(seconds: 30 * 86_400 - 1)
            #expect(try await api.send(.get, "/v1/me", headers: headers).status == 200)
            api.clock.advance(seconds: 2)
            #expect(try await api.send(.get, "/v1/me", headers: headers).json["code"] == "token_expired")
            let again = try await cookie(of: logIn(api))
            _ = try await api.send(
                .put, "/v1/me/password", ["password": "secret", "newPassword": "other"], headers: again)
            #expect(try await api.send(.get, "/v1/me", headers: again).status == 401)
        }
    }

    @Test(
        "a live connection with the cookie is that account's from our own pages, and refused from others",
        .timeLimit(.minutes(5)))
    func opensLive() async throws {
        let directory = TemporaryDirectory()
        var configuration = ApplicationConfiguration(dataDirectory: directory.path, passwordCost: .low)
        configuration.server.port = 0
        configuration.live.joinTimeout = .milliseconds(200)
        let application = try Application(configuration: configuration, logger: .quiet)
        let client = try await RawHTTP(port: application.start())
        let host = "127.0.0.1:\(client.port)"
        let registered = try await client.send(
            "POST", "/v1/accounts", ["Origin: http://\(host)", "Content-Type: application/json"],
            Array(#"{"name":"ana","password":"x","cookie":true}"#.utf8))
        #expect(registered.status == 201, "\(registered.body)")
        let cookie = try #require(registered.header("set-cookie")).prefix { $0 != ";" }
        let created = try await client.send(
            "POST", "/api/runRoom/create", json: #"{"runID":"159","password":"pw"}"#)
        #expect(created.status == 201)
        func upgrade(_ fields: String...) async throws -> Int {
            try await RawHTTP(port: client.port).send(
                "GET", "/live",
                [
                    "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                ] + fields
            ).status
        }
        #expect(try await upgrade("Cookie: \(cookie)", "Origin: http://evil.example") == 403)
        #expect(try await upgrade("Cookie: \(cookie)", "Origin: null") == 403)
        #expect(try await upgrade("Cookie: \(cookie)") == 403)
        #expect(try await upgrade("Cookie: \(cookie)", "Origin: http://\(host)") == 101)
        #expect(try await upgrade("Cookie: language=en", "Origin: http://evil.example") == 101, "nobody's")
        #expect(try await upgrade() == 101)
        await application.stop()
    }

    private func head(_ method: HTTPRequest.Method, _ headers: HTTPFields) -> HTTPRequestHead {
        HTTPRequestHead(
            method: method, target: "/", path: [], query: [], headers: headers, remoteAddress: "192.0.2.1")
    }
}
