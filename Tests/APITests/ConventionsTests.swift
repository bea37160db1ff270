import HTTPTypes
import LWS
import Services
import Store
import Testing

@testable import API
@testable import Endpoints

@Suite("What all routes have in common") struct ConventionsTests {
    @Test(
        "what is not routed is 404 in the shape of its group",
        arguments: [
            (HTTPRequest.Method.patch, "/api/users", #"{"message":"Not found"}"#),
            (.post, "/api/users/ana", #"{"message":"Not found"}"#),
            (.get, "/api/nothing", #"{"message":"Not found"}"#),
            (.get, "/api/runRoom/159/runners", #"{"error":"Not found"}"#),
            (.put, "/api/runRoom/update", #"{"error":"Not found"}"#), (.get, "/nothing", "Not found\n"),
        ])
    func answersUnknown(method: HTTPRequest.Method, path: String, body: String) async throws {
        try await withAPI { api in
            let answer = try await api.send(method, path)
            #expect(answer.status == 404)
            #expect(answer.text == body)
        }
    }

    @Test("every answer may be read by pages of any origin, and is what its type says")
    func carriesHeaders() async throws {
        try await withAPI { api in
            for path in ["/", "/healthz", "/api/users/nobody", "/api/runRoom/159", "/nothing"] {
                let answer = try await api.send(.get, path)
                #expect(answer.headers[.xContentTypeOptions] == "nosniff")
                #expect(answer.headers[.accessControlAllowOrigin] == "*")
                #expect(answer.headers[.contentType]?.hasSuffix("charset=utf-8") == true)
            }
        }
    }

    @Test("a browser's preflight is allowed, on any path")
    func answersPreflight() async throws {
        try await withAPI { api in
            let answer = try await api.send(.options, "/api/users/run/data")
            #expect(answer.status == 204)
            #expect(answer.bytes.isEmpty)
            #expect(answer.headers[.accessControlAllowOrigin] == "*")
            for method in ["GET", "POST", "PUT", "DELETE"] {
                #expect(answer.headers[.accessControlAllowMethods]?.contains(method) == true)
            }
            #expect(answer.headers[.accessControlAllowHeaders]?.contains("Authorization") == true)
        }
    }

    @Test("what the server refuses itself has the shape of the path's group")
    func refuses() async throws {
        try await withAPI { api in
            let room = try await Answer(api.responder.refusal(.contentTooLarge, path: "/api/runRoom/update"))
            #expect(room.line == #"413 {"error":"The body is too large"}"#)
            let user = try await Answer(api.responder.refusal(.badRequest, path: "/api/users?x=1"))
            #expect(user.line == #"400 {"message":"The request is not valid HTTP"}"#)
            let told = try await Answer(
                api.responder.refusal(.badRequest, path: "/api/users", sentence: "There is no Host"))
            #expect(told.line == #"400 {"message":"There is no Host"}"#)
            let full = try await Answer(api.responder.refusal(.serviceUnavailable, path: "/live"))
            #expect(full.headers[.retryAfter] != nil)
            #expect(full.headers[.xContentTypeOptions] == "nosniff")
        }
    }

    @Test("large bodies are taken where runs are sent, and nowhere else")
    func boundsBodies() async throws {
        try await withAPI { api in
            func limit(_ method: HTTPRequest.Method, _ path: [String]) -> Int {
                let head = HTTPRequestHead(
                    method: method, target: "/", path: path, query: [], headers: [:], remoteAddress: "192.0.2.1")
                return api.responder.bodyPolicy(for: head).maxBytes
            }
            #expect(limit(.post, ["api", "users", "run", "record"]) == 4 << 20)
            #expect(limit(.put, ["api", "users", "run", "data"]) == 4 << 20)
            #expect(limit(.post, ["api", "runRoom", "update"]) == 4 << 20)
            #expect(limit(.post, ["api", "users"]) == 64 << 10)
            #expect(limit(.post, ["nothing"]) == 64 << 10)
        }
    }

    @Test("a body nested too deep or of invalid UTF-8 is 400")
    func refusesHostileBodies() async throws {
        try await withAPI { api in
            let deep = Array(String(repeating: "[", count: 50_000).utf8)
            let nested = try await api.send(.post, "/api/users/login", raw: deep)
            #expect(nested.status == 400)
            let invalid = Array(#"{"username":""#.utf8) + [0xFF, 0xFE] + Array(#"","password":"x"}"#.utf8)
            let garbled = try await api.send(.post, "/api/users/login", raw: invalid)
            #expect(garbled.status == 400)
        }
    }

    @Test("a database that fails is 503 with Retry-After, without a word of its inside")
    func hidesFailures() async throws {
        try await withAPI { api in
            let token = try await api.register()
            try api.database.close()
            let answers = [
                try await api.send(.get, "/api/users/ana"),
                try await api.send(.post, "/api/users", ["username": "bob", "password": "x"]),
                try await api.send(.post, "/api/runRoom/create", ["runID": "1", "password": "x"]),
                try await api.send(.get, "/api/runRoom/1"),
                try await api.send(.get, "/api/users/run/data/ana", token: token),
            ]
            for answer in answers {
                #expect(answer.status == 503)
                #expect(answer.headers[.retryAfter] == "5")
                #expect(!answer.text.contains("SQLite"))
                #expect(!answer.text.contains("closed"))
            }
        }
    }

    @Test("a full disk is 507")
    func saysFullDisk() {
        let problem = Problem(ServicesError.store(.diskFull))
        #expect(problem.status.code == 507)
        #expect(problem.retryAfter == 5)
        #expect(Problem(StoreError.io("SQLite 778: at /secret/path")).message.contains("secret") == false)
    }
}
