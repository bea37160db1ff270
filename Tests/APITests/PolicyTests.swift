import HTTPTypes
import LWS
import Logging
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Clients behind proxies")
struct TrustedProxiesTests {
    private func client(
        _ proxies: TrustedProxies, from peer: String, _ name: String = "X-Forwarded-For", _ value: String? = nil
    ) throws -> String {
        var headers = HTTPFields()
        if let value { headers[try #require(HTTPField.Name(name))] = value }
        return proxies.client(
            of: HTTPRequestHead(
                method: .get, target: "/", path: [], query: [], headers: headers, remoteAddress: peer))
    }

    @Test("without trusted proxies nobody speaks for anybody")
    func nobody() throws {
        #expect(try client(TrustedProxies(), from: "10.0.0.1", "X-Forwarded-For", "198.51.100.7") == "10.0.0.1")
    }

    @Test(
        "the client is the right-most hop that is not trusted",
        arguments: [
            ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "6.6.6.6, 198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "6.6.6.6, 198.51.100.7, 10.9.9.9", "198.51.100.7"),
            ("10.0.0.1", "10.1.1.1, 10.2.2.2", "10.1.1.1"),
            ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
            ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
            ("10.0.0.1", "198.51.100.7, unknown", "10.0.0.1"),
            ("10.0.0.1", "198.51.100.7, unknown, 10.2.2.2", "10.2.2.2"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
            ("fd00::1", "198.51.100.7", "198.51.100.7"),
            ("11.0.0.1", "198.51.100.7", "11.0.0.1"),
        ])
    func forwardedFor(peer: String, value: String, expected: String) throws {
        let proxies = try TrustedProxies("10.0.0.0/8, fd00::1")
        #expect(try client(proxies, from: peer, "X-Forwarded-For", value) == expected)
    }

    @Test(
        "the standard's header is read where it is asked for",
        arguments: [
            ("for=198.51.100.7", "198.51.100.7"), ("For=\"[2001:db8::7]:4711\";proto=https", "2001:db8::7"),
            ("for=6.6.6.6, proto=http;for=198.51.100.7", "198.51.100.7"), ("for=_hidden", "10.0.0.1"),
            ("by=10.0.0.1", "10.0.0.1"),
        ])
    func forwarded(value: String, expected: String) throws {
        let proxies = try TrustedProxies("10.0.0.0/8", header: .forwarded)
        #expect(try client(proxies, from: "10.0.0.1", "Forwarded", value) == expected)
        #expect(try client(proxies, from: "10.0.0.1", "X-Forwarded-For", "198.51.100.7") == "10.0.0.1")
    }

    @Test(
        "what a client writes in front of a proxy's hop hides it from nobody, whatever characters that makes",
        arguments: ["6.6.6.6\u{600}", "6.6.6.6\u{110BD}", "\u{600}", "6.6.6.6\u{FF0C}", "6.6.6.6\u{37E}"])
    func looksAlike(written: String) throws {
        let proxies = try TrustedProxies("10.0.0.0/8")
        #expect(try client(proxies, from: "10.0.0.1", "X-Forwarded-For", written + ", 198.51.100.7") == "198.51.100.7")
        let standard = try TrustedProxies("10.0.0.0/8", header: .forwarded)
        for hop in [", for=198.51.100.7", ", proto=https;for=198.51.100.7", ", by=10.0.0.1; For=\"198.51.100.7:1\""] {
            #expect(try client(standard, from: "10.0.0.1", "Forwarded", "for=\(written)" + hop) == "198.51.100.7")
        }
        // A semicolon that is none ends no pair.
        #expect(try client(standard, from: "10.0.0.1", "Forwarded", "proto=a\u{37E}for=198.51.100.7") == "10.0.0.1")
    }

    @Test("networks that do not end at a byte are compared by bits")
    func bits() throws {
        let proxies = try TrustedProxies("192.168.16.0/20")
        #expect(try client(proxies, from: "192.168.31.1", "X-Forwarded-For", "198.51.100.7") == "198.51.100.7")
        #expect(try client(proxies, from: "192.168.32.1", "X-Forwarded-For", "198.51.100.7") == "192.168.32.1")
    }

    @Test(
        "what is no network is refused",
        arguments: ["", "10.0.0.0/33", "10.0.0/8", "::1/129", "proxy", "::1,", "::1/x"])
    func bad(list: String) {
        #expect(throws: TrustedProxies.BadNetwork.self) { try TrustedProxies(list) }
    }

    @Test("limits count the clients behind a proxy apart, and one who invents hops as one")
    func limits() async throws {
        var limits = RateLimits()
        limits.roomCreations = RateLimit(burst: 1, perMinute: 1)
        try await withAPI(limits: limits) { api in
            let policy = HTTPPolicy(trustedProxies: try TrustedProxies("192.0.2.1"))
            let responder = APIResponder(core: api.core, policy: policy, logger: .quiet)
            func create(_ room: String, _ forwarded: String) async throws -> Int {
                let target = try RequestTarget("/api/runRoom/create")
                let name = try #require(HTTPField.Name("X-Forwarded-For"))
                let head = HTTPRequestHead(
                    method: .post, target: "/api/runRoom/create", path: target.path, query: [],
                    headers: [name: forwarded], remoteAddress: "192.0.2.1")
                let body: JSONValue = ["runID": .string(room), "password": "pw"]
                return try await Answer(
                    await responder.respond(to: HTTPServerRequest(head: head, body: .bytes(body.bytes)))
                ).status
            }
            #expect(try await create("1", "198.51.100.7") == 201)
            #expect(try await create("2", "198.51.100.8") == 201)
            #expect(try await create("3", "203.0.113.1, 198.51.100.7") == 429)
        }
    }
}

@Suite("What every answer carries")
struct PolicyTests {
    private func send(
        _ policy: HTTPPolicy, _ method: HTTPRequest.Method, _ target: String, origin: String?
    ) async throws -> HTTPFields {
        try await withAPI { api in
            let responder = APIResponder(core: api.core, policy: policy, logger: .quiet)
            var headers = HTTPFields()
            headers[.origin] = origin
            let head = HTTPRequestHead(
                method: method, target: target, path: try RequestTarget(target).path, query: [], headers: headers,
                remoteAddress: "192.0.2.1")
            return await responder.respond(to: HTTPServerRequest(head: head, body: .bytes([]))).headers
        }
    }

    @Test("only pages of the given origins may call, and caches keep them apart")
    func origins() async throws {
        let policy = HTTPPolicy(origins: try #require(AllowedOrigins("https://a.example, https://b.example:8443")))
        let known = try await send(policy, .get, "/healthz", origin: "https://b.example:8443")
        #expect(known[.accessControlAllowOrigin] == "https://b.example:8443")
        #expect(known[.vary] == "Origin")
        for origin in ["https://evil.example", "https://a.example.evil", "null", nil] {
            let answer = try await send(policy, .get, "/healthz", origin: origin)
            #expect(answer[.accessControlAllowOrigin] == nil)
            #expect(answer[.vary] == "Origin")
            let preflight = try await send(policy, .options, "/api/users", origin: origin)
            #expect(preflight[.accessControlAllowMethods] == nil)
        }
        let preflight = try await send(policy, .options, "/api/users", origin: "https://a.example")
        #expect(preflight[.accessControlAllowMethods]?.contains("DELETE") == true)
    }

    @Test(
        "what is no origin is no setting",
        arguments: ["", "a.example", "https://", "https://a/path", "ftp://a", "https://a,*"])
    func badOrigins(text: String) {
        #expect(AllowedOrigins(text) == nil)
    }

    @Test("answers are not sniffed and tell no referrer; pages are not framed; TLS is kept to")
    func safety() async throws {
        let plain = try await send(HTTPPolicy(), .get, "/docs", origin: nil)
        #expect(plain[.xContentTypeOptions] == "nosniff")
        #expect(plain[.referrerPolicy] == "no-referrer")
        #expect(plain[.xFrameOptions] == "DENY")
        #expect(plain[.contentSecurityPolicy]?.contains("frame-ancestors 'none'") == true)
        #expect(plain[.strictTransportSecurity] == nil)
        let encrypted = try await send(HTTPPolicy(isTLS: true), .get, "/nowhere", origin: nil)
        #expect(encrypted[.strictTransportSecurity] == "max-age=31536000")
    }

    @Test("an account that changes too much has to wait, whatever addresses it comes from")
    func accountChanges() async throws {
        var limits = RateLimits()
        limits.accountChanges = RateLimit(burst: 2, perMinute: 1)
        try await withAPI(limits: limits) { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let run: JSONValue = ["runData": ["meters": 1]]
            var statuses: [Int] = []
            for number in 1...3 {
                statuses.append(
                    try await api.send(
                        .put, "/api/users/run/data", run, token: ana, from: "192.0.2.\(number)"
                    ).status)
            }
            #expect(statuses == [200, 200, 429])
            #expect(try await api.send(.put, "/api/users/run/data", run, token: ben).status == 200)
            #expect(try await api.send(.get, "/api/users/run/data/ana", token: ana).status == 200)
        }
    }
}
