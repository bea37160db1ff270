import HTTPTypes
import LWS
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Users") struct UserRoutesTests {
    @Test("registering answers 200 with a token and the user, nested and flat")
    func registers() async throws {
        try await withAPI { api in
            let answer = try await api.send(.post, "/api/users", ["username": "ana", "password": "secret"])
            #expect(answer.status == 200)
            #expect(
                answer.json.names == [
                    "message", "token", "newUser", "username", "password", "_id", "createdAt", "updatedAt", "__v",
                ])
            #expect(answer.json["message"] == "Register successful")
            #expect(answer.json["password"] == "")
            let user = try #require(answer.json["newUser"])
            let id = try #require(user["_id"]?.string)
            #expect(id.count == 24)
            #expect(
                user == [
                    "_id": .string(id), "id": .string(id), "username": "ana", "password": "", "nickname": "ana",
                    "profilePicture": .null, "profilepic": "/api/users/profilepic/ana",
                    "createdAt": "2024-11-23T08:39:43.038Z", "updatedAt": "2024-11-23T08:39:43.038Z", "__v": 0,
                    "lastRunId": 0, "data": RunData().json, "record": [], "posts": [],
                ])
        }
    }

    @Test("a username is taken once")
    func refusesTakenName() async throws {
        try await withAPI { api in
            _ = try await api.register("ana")
            let answer = try await api.send(.post, "/api/users", ["username": "ana", "password": "x"])
            #expect(answer.line == #"400 {"message":"Username already exists"}"#)
        }
    }

    @Test(
        "a registration that breaks a rule is 400 with a message",
        arguments: [
            #"{}"#, #"{"username":"ana"}"#, #"{"password":"x"}"#, #"{"username":"","password":"x"}"#,
            #"{"username":"ana","password":""}"#, #"{"username":7,"password":"x"}"#,
            #"{"username":"ana","password":["x"]}"#, #"{"username":null,"password":"x"}"#,
            #"{"username":"a/b","password":"x"}"#, #"{"username":"login","password":"x"}"#,
            #"{"username":"a\u0000b","password":"x"}"#, #"{"username":"   ","password":"x"}"#,
            #"{"username":"123456789012345678901234567890123","password":"x"}"#,
            #"{"username":"ana","password":"x""#, #"["ana"]"#, "", "\u{FEFF}{}",
            #"{"username":"\#u{7F}","password":"x"}"#, #"{"username":"\u3164","password":"x"}"#,
            #"{"username":"ana\u200b","password":"x"}"#, #"{"username":"ana\udb40\udc61","password":"x"}"#,
            #"{"username":"\ud800","password":"x"}"#, #"{"username":"ana","password":"x\udfff"}"#,
        ])
    func refusesRegistration(body: String) async throws {
        try await withAPI { api in
            let answer = try await api.send(.post, "/api/users", raw: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.json["message"]?.string?.isEmpty == false)
        }
    }

    @Test("logging in answers with a token that works, and the user")
    func logsIn() async throws {
        try await withAPI { api in
            _ = try await api.register("ana", password: "secret")
            let answer = try await api.send(.post, "/api/users/login", ["username": "ana", "password": "secret"])
            #expect(answer.status == 200)
            #expect(answer.json["message"] == "Login successful")
            #expect(answer.json["user"]?["username"] == "ana")
            #expect(answer.json["user"]?["nickname"] == "ana")
            #expect(answer.json["user"]?["profilepic"] == "/api/users/profilepic/ana")
            let token = try #require(answer.json["token"]?.string)
            #expect(try await api.send(.post, "/api/users/tokenCheck", token: token).status == 200)
        }
    }

    @Test("a wrong password is 401, an unknown user 404, a missing field 400")
    func refusesLogin() async throws {
        try await withAPI { api in
            _ = try await api.register("ana", password: "secret")
            func login(_ body: JSONValue) async throws -> String {
                try await api.send(.post, "/api/users/login", body).line
            }
            #expect(
                try await login(["username": "ana", "password": "Secret"]) == #"401 {"message":"Invalid password"}"#)
            #expect(try await login(["username": "bob", "password": "secret"]) == #"404 {"message":"User not found"}"#)
            #expect(try await login(["username": "ana"]).hasPrefix("400"))
            #expect(try await login([:]).hasPrefix("400"))
        }
    }

    @Test("the eleventh failure within a minute is 429, and another address is not affected")
    func throttlesFailures() async throws {
        try await withAPI(limits: RateLimits()) { api in
            _ = try await api.register("ana", password: "secret")
            let wrong: JSONValue = ["username": "ana", "password": "wrong"]
            for _ in 0..<10 {
                #expect(try await api.send(.post, "/api/users/login", wrong).status == 401)
            }
            let answer = try await api.send(.post, "/api/users/login", wrong)
            #expect(answer.status == 429)
            #expect(answer.headers[.retryAfter] == "60")
            #expect(answer.json["message"] != nil)
            let right: JSONValue = ["username": "ana", "password": "secret"]
            #expect(try await api.send(.post, "/api/users/login", right).status == 429)
            #expect(try await api.send(.post, "/api/users/login", right, from: "198.51.100.7").status == 200)
            api.clock.advance(seconds: 60)
            #expect(try await api.send(.post, "/api/users/login", right).status == 200)
        }
    }

    @Test("a token is checked with and without Bearer, and says whose it is")
    func checksToken() async throws {
        try await withAPI { api in
            let token = try await api.register("ana")
            let bare = try await api.send(
                .post, "/api/users/tokenCheck", headers: [.authorization: token])
            #expect(bare.status == 200)
            let answer = try await api.send(.post, "/api/users/tokenCheck", token: token)
            #expect(answer.json["message"] == "Token is valid")
            let decoded = try #require(answer.json["decoded"])
            #expect(decoded["id"]?.string?.count == 24)
            #expect(decoded["username"] == "ana")
            #expect(decoded["loginTime"] == "2024-11-23T08:39:43.038Z")
            #expect(decoded["iat"] == 1_732_351_183)
            #expect(decoded["exp"] == 1_732_358_383)
        }
    }

    @Test("no token is 401; an unknown or expired one is 403")
    func refusesToken() async throws {
        try await withAPI { api in
            let none = try await api.send(.post, "/api/users/tokenCheck")
            #expect(none.line == #"401 {"message":"No token provided"}"#)
            let unknown = try await api.send(.post, "/api/users/tokenCheck", token: "invalidtoken")
            #expect(unknown.line == #"403 {"message":"Token is invalid or has expired"}"#)
            let token = try await api.register("ana")
            api.clock.advance(seconds: 2 * 3600)
            let expired = try await api.send(.post, "/api/users/tokenCheck", token: token)
            #expect(expired.line == #"403 {"message":"Token is invalid or has expired"}"#)
        }
    }

    @Test("a user is found by name and by id, without secrets, and its owner sees more")
    func showsUser() async throws {
        try await withAPI { api in
            let token = try await api.register("ana")
            let byName = try await api.send(.get, "/api/users/ana")
            #expect(byName.status == 200)
            #expect(
                byName.json.names == [
                    "_id", "id", "username", "password", "nickname", "profilePicture", "profilepic", "createdAt",
                    "updatedAt", "__v",
                ])
            let id = try #require(byName.json["_id"]?.string)
            #expect(try await api.send(.get, "/api/users/\(id)/").json == byName.json)
            #expect(try await api.send(.get, "/api/users/ana", [:]).json == byName.json)
            let own = try await api.send(.get, "/api/users/ana", token: token)
            #expect(own.json["lastRunId"] == 0)
            #expect(own.json["data"] == RunData().json)
            let other = try await api.register("bob")
            #expect(try await api.send(.get, "/api/users/ana", token: other).json == byName.json)
            #expect(try await api.send(.get, "/api/users/ana", token: "nonsense").json == byName.json)
            #expect(try await api.send(.get, "/api/users/carl").line == #"404 {"message":"User not found"}"#)
            #expect(try await api.send(.get, "/api/users/0123456789abcdef01234567").status == 404)
        }
    }

    @Test("names of any script work in bodies and paths, and in the picture's address")
    func takesUnicode() async throws {
        try await withAPI { api in
            _ = try await api.register("小明 é")
            let answer = try await api.send(.get, "/api/users/%E5%B0%8F%E6%98%8E%20e%CC%81")
            #expect(answer.json["username"] == "小明 é")
            #expect(answer.json["profilepic"] == "/api/users/profilepic/%E5%B0%8F%E6%98%8E%20%C3%A9")
        }
    }

    @Test("a username is registered once, however many try at the same moment")
    func registersOnce() async throws {
        try await withAPI { api in
            let statuses = await withTaskGroup(of: Int?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try? await api.send(.post, "/api/users", ["username": "ana", "password": "x"]).status
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1)
            #expect(statuses.count { $0 == 400 } == 7)
        }
    }
}
