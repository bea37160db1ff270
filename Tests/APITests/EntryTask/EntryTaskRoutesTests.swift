import HTTPTypes
import LWS
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints
@testable import Store

@Suite("The entry task") struct EntryTaskRoutesTests {
    /// MD5 of `secret`.
    static let secret = "5ebe2294ecd0e0f08eab7690d2a6ee69"

    private func send(
        _ api: TestAPI, _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue? = nil, token: String? = nil
    ) async throws -> Answer {
        var headers = HTTPFields()
        headers[.authorization] = token
        return try await api.send(method, path, body, headers: headers)
    }

    private func register(_ api: TestAPI, _ username: String = "lambo") async throws {
        let answer = try await send(
            api, .post, "/register", ["username": .string(username), "password": .string(Self.secret)])
        try #require(answer.line == #"200 {"code":0,"coode":0,"msg":"","result":""}"#)
    }

    private func login(_ api: TestAPI, _ username: String = "lambo") async throws -> String {
        let answer = try await send(
            api, .post, "/login", ["username": .string(username), "password": .string(Self.secret)])
        return try #require(answer.json["result"]?["token"]?.string, "\(answer.text)")
    }

    @Test("names have 1 to 64 characters, nicknames too, and a name that is taken is code 4 in any composition")
    func registration() async throws {
        try await withAPI { api in
            try await register(api, String(repeating: "界", count: 64))
            try await register(api, "caf\u{e9}")
            for (username, nickname, password, code) in [
                ("", "x", Self.secret, 1), (String(repeating: "x", count: 65), "x", Self.secret, 1),
                ("a\nb", "x", Self.secret, 1), ("x", "", Self.secret, 1),
                ("x", String(repeating: "x", count: 65), Self.secret, 1), ("x", "x", "secret", 1),
                ("x", "x", Self.secret + "0", 1), ("x", "x", "ge" + Self.secret.dropFirst(2), 1),
                ("cafe\u{301}", "x", Self.secret, 4), ("login", "x", Self.secret, 1),
            ] {
                let answer = try await send(
                    api, .post, "/register",
                    ["username": .string(username), "nickname": .string(nickname), "password": .string(password)])
                #expect(answer.status == 200 && answer.json["code"] == .int(Int64(code)), "\(username)")
                #expect(answer.json["coode"] == answer.json["code"] && answer.json["result"] == "")
            }
            for body in [["username": 7, "password": "x"], [:], ["username": "x", "password": ["x"]]] as [JSONValue] {
                #expect(try await send(api, .post, "/register", body).json["code"] == 1)
            }
        }
    }

    @Test("a wrong password and an unknown name are the same, and ten of them close the door for a while")
    func failures() async throws {
        try await withAPI(limits: RateLimits()) { api in
            try await register(api)
            let wrong: JSONValue = ["username": "lambo", "password": "00000000000000000000000000000000"]
            let answer = try await send(api, .post, "/login", wrong)
            let unknown = try await send(
                api, .post, "/login", ["username": "nobody", "password": .string(Self.secret)])
            #expect(answer.line == #"200 {"code":2,"coode":2,"msg":"wrong username or password","result":""}"#)
            #expect(unknown.line == answer.line)
            for _ in 0..<9 { _ = try await send(api, .post, "/login", wrong) }
            let right: JSONValue = ["username": "lambo", "password": .string(Self.secret)]
            let refused = try await send(api, .post, "/login", right)
            #expect(refused.json["code"] == 6 && refused.headers[.retryAfter] == "60")
            // The same account by another world's door, from the same address.
            #expect(
                try await api.send(.post, "/api/users/login", ["username": "lambo", "password": "secret"]).status == 429
            )
            api.clock.advance(seconds: 60)
            #expect(try await send(api, .post, "/login", right).json["code"] == 0)
        }
    }

    @Test("a token is good for a day, and a login does not end the one before")
    func tokens() async throws {
        try await withAPI { api in
            try await register(api)
            let first = try await login(api), second = try await login(api)
            #expect(first != second && first.utf8.count == 32)
            for token in [first, second, "Bearer " + first] {
                #expect(try await send(api, .get, "/user/get_user_info", token: token).json["code"] == 0)
            }
            api.clock.advance(seconds: 86_400)
            let late = try await send(api, .get, "/user/get_user_info", token: first)
            #expect(late.line == #"200 {"code":3,"coode":3,"msg":"not logged in","result":""}"#)
            for token in [nil, "", "x", String(repeating: "0", count: 32)] {
                #expect(try await send(api, .post, "/user/logout", token: token).json["code"] == 3)
            }
        }
    }

    @Test("of a profile only the nickname and the picture change")
    func escalation() async throws {
        try await withAPI { api in
            try await register(api)
            let token = try await login(api)
            _ = try await send(
                api, .put, "/user/update_user_info",
                ["nickname": "x", "username": "root", "role": 3, "email": "x@example.org", "password": "x"],
                token: token)
            let account = try #require(try await api.core.accounts.account(named: "lambo"))
            #expect(account.nickname == "x" && account.role == .user && account.email == nil)
            #expect(try await login(api) != token)
            for nickname in ["", " ", "a\nb", JSONValue.string(String(repeating: "x", count: 65)), 7, .null] {
                let answer = try await send(api, .put, "/user/update_user_info", ["nickname": nickname], token: token)
                #expect(answer.json["code"] == 1)
            }
        }
    }

    @Test("a new picture is shown even if the old one cannot be removed, and otherwise the old one goes at once")
    func oldPicture() async throws {
        try await withAPI { api in
            try await register(api)
            let token = try await login(api)
            func upload(_ bytes: [UInt8]) async throws -> JSONValue? {
                try await api.upload(
                    "/user/update_user_profile_picture", files: [.make("file", bytes)], token: token, method: .put
                ).json["code"]
            }
            func address() async throws -> String? {
                try await send(api, .get, "/user/get_user_info", token: token).json["result"]?["profile_picture"]?
                    .string
            }
            #expect(try await upload(onePixel) == 0)
            let first = try #require(try await address())
            _ = try api.core.database.administer(
                "CREATE TRIGGER stuck BEFORE DELETE ON media BEGIN SELECT RAISE(ABORT, 'stuck'); END")
            #expect(try await upload(onePixel) == 0)
            let second = try #require(try await address())
            #expect(second != first)
            _ = try api.core.database.administer("DROP TRIGGER stuck")
            #expect(try await upload(onePixel) == 0)
            #expect(try api.core.database.administer("SELECT COUNT(*) FROM media") == ["2"])
        }
    }

    @Test("what is no picture is code 5, and no file is code 1")
    func pictures() async throws {
        try await withAPI { api in
            try await register(api)
            let token = try await login(api)
            func put(_ files: [MultipartForm.File]) async throws -> JSONValue? {
                try await api.upload("/user/update_user_profile_picture", files: files, token: token, method: .put)
                    .json["code"]
            }
            #expect(try await put([.make("file", Array("<html>".utf8))]) == 5)
            #expect(try await put([]) == 1)
            #expect(try await put([.make("other", onePixel)]) == 1)
            #expect(try await put([.make("file", onePixel)]) == 0)
            let tooLarge = try await Answer(
                api.responder.refusal(.contentTooLarge, path: "/user/update_user_profile_picture"))
            #expect(tooLarge.status == 413 && tooLarge.json["code"] == 5)
        }
    }

    @Test("where registration is closed it says so")
    func closed() async throws {
        try await withAPI(entryTaskRegistration: false) { api in
            let answer = try await send(
                api, .post, "/register", ["username": "x", "password": .string(Self.secret)])
            #expect(answer.line == #"200 {"code":7,"coode":7,"msg":"registration is closed","result":""}"#)
            #expect(try await api.core.accounts.account(named: "x") == nil)
        }
    }

    @Test("a database that fails is code 9, and tells nothing of it")
    func failure() async throws {
        try await withAPI { api in
            try api.database.close()
            let answer = try await send(api, .post, "/login", ["username": "x", "password": .string(Self.secret)])
            #expect(answer.line == #"200 {"code":9,"coode":9,"msg":"internal error","result":""}"#)
        }
    }

    @Test("an account whose hash takes no digest does not come in here, also when its password was used elsewhere")
    func olderAccount() async throws {
        try await withAPI { api in
            // `secret` as version 6 kept it, at a low cost.
            let old = "$scrypt$ln=10,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$MAQg4JGLPMRqJFBEKf8fQ+4nhhombI56iCi1UYs3wDs"
            _ = try await api.database.accounts.insertAccount(
                username: "old", usernameKey: "old", nickname: "old", passwordHash: old, at: 1)
            let body: JSONValue = ["username": "old", "password": .string(Self.secret)]
            #expect(try await send(api, .post, "/login", body).json["code"] == 2)
            let login = try await api.send(.post, "/api/users/login", ["username": "old", "password": "secret"])
            #expect(login.status == 200)
            #expect(try await send(api, .post, "/login", body).json["code"] == 2)
        }
    }
}
