import Foundation
import HTTPTypes
import LWS
import Logging
import TestKit
import Testing

@testable import API
@testable import Endpoints
@testable import Services

/// Passwords are the dear part of a login: what happens when many come at once, and what they tell by how long they take.
@Suite("Logins and the work of passwords")
struct PasswordLoadTests {
    private struct Login {
        let world: String
        let method: HTTPRequest.Method
        /// With a name or an address in place of `WHO`.
        let target: String
        let body: String
        /// How an overloaded server says no here.
        let overload: String
        /// Whether the document of the world wants nobody told which of the two was wrong.
        var isSilent = true
    }

    private static let busy = "The server is busy. Try again later."
    private static let md5 = "5ebe2294ecd0e0f08eab7690d2a6ee68"
    private static let logins = [
        Login(
            world: "天天乐跑", method: .post, target: "/api/users/login", body: #"{"username":"WHO","password":"wrong"}"#,
            overload: #"503 {"message":"\#(busy)"}"#, isSilent: false),
        Login(
            world: "天天乐跑, an update", method: .put, target: "/api/users/update",
            body: #"{"username":"WHO","password":"wrong"}"#, overload: #"503 {"message":"\#(busy)"}"#, isSilent: false),
        Login(
            world: "天天乐跑, a deletion", method: .delete, target: "/api/users/delete",
            body: #"{"username":"WHO","password":"wrong"}"#, overload: #"503 {"message":"\#(busy)"}"#, isSilent: false),
        Login(
            world: "Juejin", method: .post, target: "/users/login/?username=WHO&password=wrong", body: "",
            overload: #"503 {"code":503,"msg":"\#(busy)"}"#, isSilent: false),
        Login(
            world: "Douyin", method: .post, target: "/douyin/user/login/?username=WHO&password=wrong", body: "",
            overload: #"200 {"status_code":1,"status_msg":"\#(busy)","errmsg":["\#(busy)"]}"#),
        Login(
            world: "Leaf", method: .post, target: "/api/v1/user/login",
            body: #"{"email":"WHO@example.org","password":"wrong one"}"#,
            overload: #"503 {"code":500,"data":null,"msg":"服务器异常"}"#),
        Login(
            world: "Leaf, by code", method: .post, target: "/api/v1/user/login/email",
            body: #"{"email":"WHO@example.org","code":"000000"}"#,
            overload: #"503 {"code":500,"data":null,"msg":"服务器异常"}"#),
        Login(
            world: "EntryTask", method: .post, target: "/login", body: #"{"username":"WHO","password":"\#(md5)"}"#,
            overload: #"200 {"code":9,"coode":9,"msg":"internal error","result":""}"#),
    ]

    @Test("a name that nobody has costs what a wrong password costs, and is told in the same words where it must be")
    func enumeration() async throws {
        let gate = HashingGate()
        let passwords = Passwords(cost: .low, deriving: gate.derive)
        try await withAPI(passwords: passwords) { api in
            _ = try await api.core.accounts.create(
                username: "known", password: "secret", role: .root, email: "known@example.org")
            // The only one of the codes that is mailed.
            _ = try await api.code(for: "known@example.org")
            for login in Self.logins {
                var counts: [Int] = [], answers: [String] = []
                for who in ["known", "nobody"] {
                    let before = gate.count
                    let answer = try await api.send(
                        login.method, login.target.replacing("WHO", with: who),
                        raw: Array(login.body.replacing("WHO", with: who).utf8))
                    counts.append(gate.count - before)
                    answers.append(answer.line)
                }
                #expect(counts == [1, 1], "\(login.world): \(answers)")
                #expect(!login.isSilent || answers[0] == answers[1], "\(login.world): \(answers)")
            }
            // Who has a code mailed learns nothing either.
            let before = gate.count
            _ = try await api.code(for: "known@example.org")
            let between = gate.count
            _ = try await api.code(for: "nobody@example.org")
            #expect(between - before == 1 && gate.count - between == 1)
        }
    }

    @Test(
        "when no more passwords may wait, logins are refused at once with Retry-After in each world's shape, and all else is answered",
        .timeLimit(.minutes(5)))
    func overload() async throws {
        let gate = HashingGate(), log = RecordingLog()
        let passwords = Passwords(cost: .low, threads: 1, queueLimit: 1, deriving: gate.derive)
        try await withAPI(passwords: passwords, logger: log.logger) { api in
            _ = try await api.register()
            let server = Server(
                configuration: ServerConfiguration(), loop: api.loops[0], responder: api.responder, endpoints: [],
                logger: log.logger)
            let port = try await server.start()
            let http = RawHTTP(port: port)
            @Sendable func login() async throws -> RawHTTP.Answer {
                try await http.send(
                    "POST", "/api/users/login", [], Array(#"{"username":"ana","password":"secret"}"#.utf8))
            }
            gate.shut()
            // Whatever goes wrong, nobody waits behind it for ever.
            defer { gate.open() }
            let before = gate.count
            let first = Task { try await login() }
            while gate.count == before { await Task.yield() }
            // The one is being hashed, another waits, and so many do not.
            let (answers, continuation) = AsyncStream.makeStream(of: Result<RawHTTP.Answer, any Error>.self)
            for _ in 0..<6 {
                Task {
                    do {
                        continuation.yield(.success(try await login()))
                    } catch {
                        continuation.yield(.failure(error))
                    }
                }
            }
            var iterator = answers.makeAsyncIterator()
            for _ in 0..<5 {
                let refused = try #require(await iterator.next()).get()
                #expect(refused.status == 503 && refused.header("retry-after") == "5")
            }
            for login in Self.logins {
                let answer = try await http.send(
                    login.method.rawValue, login.target.replacing("WHO", with: "ana"), [],
                    Array(login.body.replacing("WHO", with: "ana").utf8))
                let line = "\(answer.status) \(String(decoding: answer.bytes, as: UTF8.self))"
                #expect(line == login.overload, "\(login.world)")
                #expect(answer.header("retry-after") == "5", "\(login.world)")
            }
            #expect(try await http.send("GET", "/healthz").status == 200)
            #expect(try await http.send("GET", "/api/users/ana").status == 200)
            gate.open()
            #expect(try await first.value.status == 200)
            #expect(try await iterator.next()?.get().status == 200)
            await server.stop()
            // Once for each route, however often that was.
            #expect(log.lines.filter { $0.hasPrefix("info refused ") }.count == Self.logins.count)
        }
    }
}
