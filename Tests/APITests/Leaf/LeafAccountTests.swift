import HTTPTypes
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Leaf: registration, login and passwords by mail") struct LeafAccountTests {
    // MARK: - Registration

    @Test("who has read a mailed code registers, and has a made-up name")
    func registers() async throws {
        try await withAPI { api in
            let code = try await api.code(for: "ana@example.org")
            let answer = try await api.leaf(
                .post, "register", ["email": "ana@example.org", "password": "secret", "code": .string(code)])
            #expect(answer.line == #"200 {"code":200,"data":null,"msg":"ok"}"#)
            let token = try #require(try await api.loginByMail()["token"]?.string)
            let profile = try await api.profile(token: token)
            #expect(profile["uid"] == 1 && profile["role"] == 0 && profile["gender"] == 0)
            #expect(profile["email"] == "a****a@example.org")
            #expect(profile["sign"] == "这个人很懒，什么都没有留下")
            #expect(profile["birthday"] == "1970-01-01T00:00:00Z")
            #expect(profile["created_at"] == "2024-11-23T08:39:43.038Z")
            #expect(profile["name"]?.string?.hasPrefix("user_") == true)
        }
    }

    @Test("what is no registration is refused, in the document's order")
    func registrationRefusals() async throws {
        try await withAPI { api in
            try await api.registerByMail("ben@example.org")
            let code = try await api.code(for: "ana@example.org")
            for (email, password, code, line) in [
                ("ana", "secret", code, "4010 邮箱格式错误"), ("", "secret", code, "4010 邮箱格式错误"),
                ("ana@example.org\r\nBcc: x@example.org", "secret", code, "4010 邮箱格式错误"),
                ("<ana@example.org>", "secret", code, "4010 邮箱格式错误"),
                ("ana@example.org", "12345", code, "4010 密码长度至少6位"),
                ("ana@example.org", "", code, "4010 密码长度至少6位"),
                ("ana@example.org", "secret", "12345", "4010 邮箱验证码错误"),
                ("ana@example.org", "secret", "12345a", "4010 邮箱验证码错误"),
                ("ben@example.org", "secret", "123456", "6000 邮箱已存在"),
                ("BEN@Example.ORG", "secret", "123456", "6000 邮箱已存在"),
                ("ana@example.org", "secret", Self.other(than: code), "3010 邮箱验证码错误"),
                // The code of another address.
                ("carl@example.org", "secret", code, "3010 邮箱验证码错误"),
            ] {
                let answer = try await api.leaf(
                    .post, "register",
                    ["email": .string(email), "password": .string(password), "code": .string(code)])
                #expect(answer.leafLine == line)
                #expect(answer.json["data"] == .null && answer.json.names == ["code", "data", "msg"])
            }
            // Nothing of that has used the code up.
            let answer = try await api.leaf(
                .post, "register", ["email": "ana@example.org", "password": "secret", "code": .string(code)])
            #expect(answer.leafCode == 200)
        }
    }

    @Test(
        "a body that is none is refused",
        arguments: ["{", "[]", "null", "7", "\"x\"", #"{"email":7}"#, #"{"email":["ana@example.org"]}"#, ""])
    func badBodies(body: String) async throws {
        try await withAPI { api in
            for path in ["register", "login", "login/email", "code/email", "pwd/modify"] {
                let answer = try await api.send(.post, "/api/v1/user/" + path, raw: Array(body.utf8))
                #expect(answer.leafCode == 4010)
            }
        }
    }

    static func other(than code: String) -> String { code == "000000" ? "000001" : "000000" }

    // MARK: - Codes

    @Test("a code has six digits, is good for one use, and for the address in any case of letters")
    func codeIsUsedUp() async throws {
        try await withAPI { api in
            try await api.registerByMail()
            let code = try await api.code(for: "ana@example.org")
            #expect(code.utf8.count == 6 && code.allSatisfy(\.isNumber))
            let body: JSONValue = ["email": "Ana@Example.org", "code": .string(code)]
            #expect(try await api.leaf(.post, "login/email", body).leafCode == 200)
            #expect(try await api.leaf(.post, "login/email", body).leafLine == "3010 邮箱验证码错误")
        }
    }

    @Test("a code dies after ten minutes, with the next one, and after five wrong tries")
    func codeDies() async throws {
        try await withAPI { api in
            func register(_ code: String, _ email: String = "ana@example.org") async throws -> Int64? {
                try await api.leaf(
                    .post, "register", ["email": .string(email), "password": "secret", "code": .string(code)]
                ).leafCode
            }
            let late = try await api.code(for: "ana@example.org")
            api.clock.advance(seconds: 600)
            #expect(try await register(late) == 3010)

            let first = try await api.code(for: "ana@example.org")
            let second = try await api.code(for: "ana@example.org")
            if first != second { #expect(try await register(first) == 3010) }
            for _ in 0..<4 { #expect(try await register(Self.other(than: second)) == 3010) }
            if first == second { #expect(try await register(Self.other(than: second)) == 3010) }
            #expect(try await register(second) == 3010)

            // The fifth try is one still.
            let code = try await api.code(for: "ben@example.org")
            for _ in 0..<4 { #expect(try await register(Self.other(than: code), "ben@example.org") == 3010) }
            #expect(try await register(code, "ben@example.org") == 200)
        }
    }

    @Test("of many who use one code at the same moment, one does")
    func oneUse() async throws {
        try await withAPI { api in
            try await api.registerByMail()
            let code = try await api.code(for: "ana@example.org")
            let codes = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        try await api.leaf(
                            .post, "login/email", ["email": "ana@example.org", "code": .string(code)]
                        ).leafCode
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.count { $0 == 200 } <= 1)
            #expect(codes.allSatisfy { $0 == 200 || $0 == 3010 || $0 == -1 })
        }
    }

    @Test("an address gets five codes in ten minutes, whoever asks")
    func sendLimit() async throws {
        try await withAPI { api in
            for _ in 0..<5 { _ = try await api.code(for: "ana@example.org") }
            let refused = try await api.leaf(.post, "code/email", ["email": "ANA@example.org"])
            #expect(refused.leafLine == "4050 请求数量过多")
            #expect(refused.headers[.retryAfter] == "600")
            _ = try await api.code(for: "ben@example.org")
            api.clock.advance(seconds: 600)
            _ = try await api.code(for: "ana@example.org")
        }
    }

    @Test("an address of the network has so many codes mailed, and guesses so many in vain, whomever they are for")
    func addressLimits() async throws {
        var limits = RateLimits()
        limits.mailCodes = RateLimit(burst: 3, perMinute: 1)
        limits.wrongCodes = 4
        try await withAPI(limits: limits) { api in
            for number in 0..<3 { _ = try await api.code(for: "a\(number)@example.org") }
            #expect(try await api.leaf(.post, "code/email", ["email": "b@example.org"]).leafCode == 4050)
            for number in 0..<6 {
                let answer = try await api.leaf(
                    .post, "register",
                    ["email": .string("c\(number)@example.org"), "password": "secret", "code": "123456"])
                #expect(answer.leafCode == (number < 4 ? 3010 : 4050))
            }
        }
    }

    @Test("of guesses at the same moment no more are answered than of those one after the other, right ones included")
    func parallelCodes() async throws {
        var limits = RateLimits()
        limits.wrongCodes = 4
        try await withAPI(limits: limits) { api in
            let code = try await api.code(for: "ana@example.org")
            let codes = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for number in 0..<20 {
                    let isRight = number == 19
                    group.addTask {
                        try await api.leaf(
                            .post, "register",
                            [
                                "email": .string(isRight ? "ana@example.org" : "c\(number)@example.org"),
                                "password": "secret", "code": .string(isRight ? code : "123456"),
                            ]
                        ).leafCode
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            // One after the other it would be four wrong ones, and the right one if it came before the last of them.
            #expect(codes.count { $0 == 3010 } <= 4, "\(codes)")
            #expect(codes.count { $0 == 4050 } >= 15, "\(codes)")
        }
    }

    @Test("no answer tells a code")
    func secrecy() async throws {
        try await withAPI { api in
            let answer = try await api.leaf(.post, "code/email", ["email": "ana@example.org"])
            let code = try await api.postbox.code(for: "ana@example.org")
            #expect(answer.line == #"200 {"code":200,"data":null,"msg":"ok"}"#)
            #expect(!answer.text.contains(code))
        }
    }

    // MARK: - Login

    @Test("a login answers with the tokens of both versions of the document's server")
    func logsIn() async throws {
        try await withAPI { api in
            try await api.registerByMail()
            let answer = try await api.leaf(.post, "login", ["email": "ana@example.org", "password": "secret"])
            let data = try #require(answer.json["data"])
            #expect(data.names == ["access_token", "refresh_token", "token"])
            #expect(data["access_token"] == data["token"] && data["refresh_token"] != data["token"])
            #expect(answer.json["msg"] == "ok")
        }
    }

    @Test("an unknown address and a wrong password are the same")
    func sameWords() async throws {
        try await withAPI { api in
            try await api.registerByMail()
            let wrong = try await api.leaf(.post, "login", ["email": "ana@example.org", "password": "wrong!"])
            let unknown = try await api.leaf(.post, "login", ["email": "ben@example.org", "password": "wrong!"])
            #expect(wrong.leafLine == "3020 用户名或密码错误")
            #expect(unknown.line == wrong.line)
        }
    }

    @Test("after three failures not even the right password is heard, until half an hour has passed")
    func lock() async throws {
        try await withAPI { api in
            try await api.registerByMail()
            for email in ["ana@example.org", "nobody@example.org"] {
                func login(_ password: String) async throws -> String {
                    try await api.leaf(
                        .post, "login", ["email": .string(email), "password": .string(password)]
                    ).leafLine
                }
                // From wherever, in whatever letters, in either way.
                #expect(try await login("wrong!") == "3020 用户名或密码错误")
                #expect(
                    try await api.send(
                        .post, "/api/v1/user/login", ["email": .string(email.uppercased()), "password": "wrong!"],
                        from: "198.51.100.7"
                    ).leafCode == 3020)
                api.clock.advance(seconds: 1000)
                #expect(
                    try await api.leaf(.post, "login/email", ["email": .string(email), "code": "123456"]).leafCode
                        == 3010)
                let locked = try await api.leaf(.post, "login", ["email": .string(email), "password": "secret"])
                #expect(locked.line == #"200 {"code":-1,"data":null,"msg":"需要人机验证"}"#)
                let code = try await api.code(for: email)
                #expect(
                    try await api.leaf(.post, "login/email", ["email": .string(email), "code": .string(code)]).leafCode
                        == -1)
                api.clock.advance(seconds: 1799)
                #expect(try await login("secret") == "-1 需要人机验证")
                api.clock.advance(seconds: 1)
                let right = email.hasPrefix("ana") ? "200 ok" : "3020 用户名或密码错误"
                #expect(try await login("secret") == right)
            }
        }
    }

    @Test("a stranger keeps nobody out: who has not failed is heard, once, and is one of those who have failed then")
    func ownersComeIn() async throws {
        try await withAPI { api in
            try await api.registerByMail()
            func login(_ password: String, from address: String) async throws -> Int64? {
                try await api.send(
                    .post, "/api/v1/user/login", ["email": "ana@example.org", "password": .string(password)],
                    from: address
                ).leafCode
            }
            for _ in 0..<3 {
                for _ in 0..<3 { #expect(try await login("wrong!", from: "198.51.100.7") == 3020) }
                // Without knowing the password nobody learns anything, and with it neither.
                #expect(try await login("wrong!", from: "198.51.100.7") == -1)
                #expect(try await login("secret", from: "198.51.100.7") == -1)
                // Others who guess have one guess, not three.
                #expect(try await login("wrong!", from: "2001:db8::1") == 3020)
                #expect(try await login("secret", from: "2001:db8::2") == -1)
                // The owner comes in, and what was before is forgotten.
                #expect(try await login("secret", from: "192.0.2.1") == 200)
            }
        }
    }

    @Test("a success forgets the failures before it, and so does half an hour")
    func lockIsCleared() async throws {
        try await withAPI { api in
            try await api.registerByMail()
            func fail() async throws {
                let answer = try await api.leaf(.post, "login", ["email": "ana@example.org", "password": "wrong!"])
                #expect(answer.leafCode == 3020)
            }
            for _ in 0..<3 {
                try await fail()
                try await fail()
                try await api.loginByMail()
            }
            for _ in 0..<3 {
                try await fail()
                try await fail()
                api.clock.advance(seconds: 1800)
            }
        }
    }

    @Test("guesses at the same moment do not get around the lock")
    func parallelGuesses() async throws {
        try await withAPI { api in
            try await api.registerByMail()
            let codes = try await withThrowingTaskGroup(of: Int64?.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await api.leaf(.post, "login", ["email": "ana@example.org", "password": "wrong!"]).leafCode
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.count { $0 == 3020 } == 3)
            #expect(codes.count { $0 == -1 } == 17)
        }
    }

    @Test("by code: wrong 3010, right without an account 4040, right 200")
    func codeLogin() async throws {
        try await withAPI { api in
            let stranger = try await api.code(for: "ben@example.org")
            #expect(
                try await api.leaf(.post, "login/email", ["email": "ben@example.org", "code": .string(stranger)])
                    .leafLine
                    == "4040 用户不存在")
            try await api.registerByMail()
            let code = try await api.code(for: "ana@example.org")
            let wrong: JSONValue = ["email": "ana@example.org", "code": .string(Self.other(than: code))]
            #expect(try await api.leaf(.post, "login/email", wrong).leafCode == 3010)
            #expect(try await api.leaf(.post, "login/email", ["email": "ana", "code": "123456"]).leafCode == 4010)
            let right = try await api.leaf(.post, "login/email", ["email": "ana@example.org", "code": .string(code)])
            #expect(right.leafCode == 200 && right.json["data"]?["token"]?.string != nil)
        }
    }

    @Test("tokens are good for 14 days, and of three logins at a time")
    func tokens() async throws {
        try await withAPI { api in
            try await api.registerByMail()
            var tokens: [String] = []
            for _ in 0..<4 {
                tokens.append(try #require(try await api.loginByMail()["token"]?.string))
                api.clock.advance(seconds: 1)
            }
            #expect(try await api.leaf(.get, "info/get", token: tokens[0]).leafLine == "3030 用户未授权")
            for token in tokens.dropFirst() {
                #expect(try await api.leaf(.get, "info/get", token: token).leafCode == 200)
            }
            api.clock.advance(seconds: 14 * 86_400 - 5)
            #expect(try await api.leaf(.get, "info/get", token: tokens[3]).leafCode == 200)
            api.clock.advance(seconds: 5)
            #expect(try await api.leaf(.get, "info/get", token: tokens[3]).leafLine == "3000 token已过期")
        }
    }

    // MARK: - Refreshing

    @Test("a refresh token is exchanged for a token, and each is refused in the other's place")
    func refresh() async throws {
        try await withAPI { api in
            try await api.registerByMail()
            let data = try await api.loginByMail()
            let access = try #require(data["access_token"]?.string),
                refresh = try #require(data["refresh_token"]?.string)
            let answer = try await api.leaf(.get, "token/refresh", token: refresh)
            #expect(answer.leafCode == 200 && answer.json["data"]?.names == ["token"])
            let token = try #require(answer.json["data"]?["token"]?.string)
            #expect(try await api.leaf(.get, "info/get", token: token).leafCode == 200)
            #expect(try await api.leaf(.get, "info/get", token: "Bearer \(token)").leafCode == 200)
            #expect(try await api.leaf(.get, "token/refresh", token: access).leafLine == "3030 用户未授权")
            #expect(try await api.leaf(.get, "info/get", token: refresh).leafLine == "3030 用户未授权")
            for token in [nil, "", "x", "Bearer"] {
                #expect(try await api.leaf(.get, "token/refresh", token: token).leafCode == 3030)
            }
            api.clock.advance(seconds: 14 * 86_400)
            #expect(try await api.leaf(.get, "token/refresh", token: refresh).leafLine == "3000 token已过期")
        }
    }

    // MARK: - New passwords

    @Test("a password is replaced in two steps; all tokens of all worlds end, and the lock is open")
    func reset() async throws {
        try await withAPI { api in
            let token = try await api.leafToken()
            let name = try #require(try await api.profile(token: token)["name"]?.string)
            for _ in 0..<3 {
                _ = try await api.leaf(.post, "login", ["email": "ana@example.org", "password": "wrong!"])
            }
            let check = try await api.leaf(.get, "resetpwd/check?eamil=ana@example.org")
            #expect(check.line == #"200 {"code":200,"data":null,"msg":"ok"}"#)
            let code = try await api.code(for: "ana@example.org")
            let answer = try await api.leaf(
                .post, "pwd/modify", ["email": "ana@example.org", "password": "renewed", "code": .string(code)])
            #expect(answer.line == #"200 {"code":200,"data":null,"msg":"ok"}"#)
            #expect(try await api.leaf(.get, "info/get", token: token).leafCode == 3030)
            #expect(try await api.send(.post, "/api/users/tokenCheck", token: token).status == 403)
            try await api.loginByMail(password: "renewed")
            for (password, status) in [("secret", 401), ("renewed", 200)] {
                #expect(
                    try await api.send(
                        .post, "/api/users/login", ["username": .string(name), "password": .string(password)]
                    ).status == status)
            }
            // Once.
            let again = try await api.code(for: "ana@example.org")
            #expect(
                try await api.leaf(
                    .post, "pwd/modify", ["email": "ana@example.org", "password": "another", "code": .string(again)]
                ).leafCode == 4010)
        }
    }

    @Test("a new password wants the first step, within half an hour, and the right code")
    func resetRefusals() async throws {
        try await withAPI { api in
            try await api.registerByMail()
            #expect(try await api.leaf(.get, "resetpwd/check?eamil=ana").leafLine == "4010 邮箱格式错误")
            #expect(try await api.leaf(.get, "resetpwd/check").leafCode == 4010)
            #expect(try await api.leaf(.get, "resetpwd/check?email=ben@example.org").leafLine == "4040 用户不存在")
            func modify(_ code: String, password: String = "renewed") async throws -> String {
                try await api.leaf(
                    .post, "pwd/modify",
                    ["email": "ana@example.org", "password": .string(password), "code": .string(code)]
                ).leafLine
            }
            let early = try await api.code(for: "ana@example.org")
            #expect(try await modify(early) == "4010 请求参数有误")
            #expect(try await api.leaf(.get, "resetpwd/check?email=ana@example.org").leafCode == 200)
            #expect(try await modify(early, password: "12345") == "4010 密码长度至少6位")
            #expect(try await modify("abcdef") == "4010 邮箱验证码错误")
            #expect(try await modify(Self.other(than: early)) == "3010 邮箱验证码错误")
            api.clock.advance(seconds: 1800)
            let late = try await api.code(for: "ana@example.org")
            #expect(try await modify(late) == "4010 请求参数有误")
            try await api.loginByMail()
        }
    }

    // MARK: - Beside accounts

    @Test("a disabled account comes in no way")
    func disabled() async throws {
        try await withAPI { api in
            let token = try await api.leafToken()
            let account = try #require(try await api.core.accounts.account(number: 1))
            try await api.core.accounts.disable(account: account.id)
            #expect(try await api.leaf(.get, "info/get", token: token).leafCode == 3030)
            #expect(
                try await api.leaf(.post, "login", ["email": "ana@example.org", "password": "secret"]).leafLine
                    == "3030 用户未授权")
            let code = try await api.code(for: "ana@example.org")
            #expect(
                try await api.leaf(.post, "login/email", ["email": "ana@example.org", "code": .string(code)]).leafCode
                    == 3030)
        }
    }

    @Test("a path of nobody's is 404 in Leaf's shape, and what the server refuses itself is in it too")
    func shapes() async throws {
        try await withAPI { api in
            let unknown = try await api.leaf(.get, "nothing/here")
            #expect(unknown.line == #"404 {"code":404,"data":null,"msg":"接口不存在"}"#)
            #expect(try await api.leaf(.get, "register").status == 404)
            for (status, path, code) in [
                (413, "/api/v1/upload/image", 4030), (413, "/api/v1/user/login", 4030), (503, "/api/v1/user/uid", 500),
                (408, "/api/v1/user/login", 4010), (400, "/api/v1/user/login", 4010),
            ] {
                let answer = try await Answer(api.responder.refusal(.init(code: status), path: path))
                #expect(answer.status == status)
                #expect(answer.json["code"] == .int(Int64(code)) && answer.json["data"] == .null)
            }
        }
    }

    @Test("a database that fails is 503 with code 500, and tells nothing of it")
    func failure() async throws {
        try await withAPI { api in
            try api.database.close()
            let answer = try await api.leaf(.post, "login", ["email": "ana@example.org", "password": "secret"])
            #expect(answer.line == #"503 {"code":500,"data":null,"msg":"服务器异常"}"#)
        }
    }
}
