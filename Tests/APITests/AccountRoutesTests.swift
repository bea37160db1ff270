import HTTPTypes
import LWS
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Accounts") struct AccountRoutesTests {
    /// What no text of a name may be, as it stands in JSON.
    static let badNames = [
        #""""#, #""   ""#, #""a\u0000b""#, #""a\nb""#, #""\u001b[31m""#, #""\u202Eabc""#, "7", "true", #"["a"]"#,
        #"{"a":1}"#, "null", "\"" + String(repeating: "x", count: 65) + "\"",
    ]

    // MARK: - Update

    @Test("who knows the password changes nickname and password, and gets the user, flat")
    func updates() async throws {
        try await withAPI { api in
            let token = try await api.register("ana", password: "old")
            let answer = try await api.send(
                .put, "/api/users/update",
                [
                    "username": "ana", "password": "old", "nickname": "Ana 🏃", "newPassword": "new",
                    "email": "a@example.org", "lastRunId": 99, "role": "root", "profilePicture": "x",
                ])
            #expect(answer.status == 200)
            #expect(answer.json["username"] == "ana")
            #expect(answer.json["nickname"] == "Ana 🏃")
            #expect(answer.json["password"] == "")
            #expect(answer.json["lastRunId"] == 0)
            #expect(answer.json["profilePicture"] == .null)
            // The tokens of the old password are worthless.
            #expect(try await api.send(.post, "/api/users/tokenCheck", token: token).status == 403)
            func login(_ password: JSONValue) async throws -> Int {
                try await api.send(.post, "/api/users/login", ["username": "ana", "password": password]).status
            }
            #expect(try await login("old") == 401)
            #expect(try await login("new") == 200)
        }
    }

    @Test("an update without changes is the user, and keeps the tokens")
    func updatesNothing() async throws {
        try await withAPI { api in
            let token = try await api.register("ana", password: "x")
            let answer = try await api.send(.put, "/api/users/update", ["username": "ana", "password": "x"])
            #expect(answer.json == (try await api.send(.get, "/api/users/ana", token: token).json))
            let renamed = try await api.send(
                .put, "/api/users/update", ["username": "ana", "password": "x", "nickname": "A"])
            #expect(renamed.json["nickname"] == "A")
            #expect(try await api.send(.post, "/api/users/tokenCheck", token: token).status == 200)
        }
    }

    @Test(
        "an update or a deletion with a wrong password is 400, of nobody 404",
        arguments: [(HTTPRequest.Method.put, "/api/users/update"), (.delete, "/api/users/delete")])
    func refusesCredentials(method: HTTPRequest.Method, path: String) async throws {
        try await withAPI { api in
            let token = try await api.register("ana", password: "x")
            func answer(_ body: JSONValue, token: String? = nil) async throws -> String {
                try await api.send(method, path, body, token: token).line
            }
            let wrong = #"400 {"message":"Invalid password"}"#
            #expect(try await answer(["username": "ana", "password": "y"]) == wrong)
            // A token does not replace the password.
            #expect(try await answer(["username": "ana", "password": "y"], token: token) == wrong)
            #expect(
                try await answer(["username": "bob", "password": "x"]) == #"404 {"message":"User not found"}"#)
            for body: JSONValue in [
                [:], ["username": "ana"], ["password": "x"], ["username": "", "password": "x"],
                ["username": "ana", "password": ""], ["username": 7, "password": "x"],
                ["username": "ana", "password": ["x"]], ["username": .null, "password": "x"],
            ] {
                #expect(try await answer(body).hasPrefix("400 {\"message\":\""), "\(body)")
            }
            #expect(try await answer(["username": "a\0b", "password": "x"]).hasPrefix("4"))
            #expect(try await answer(["username": "' OR 1=1 --", "password": "x"]).hasPrefix("404"))
            #expect(
                try await answer(["username": .string(String(repeating: "x", count: 9000)), "password": "x"])
                    .hasPrefix("404"))
            #expect(try await api.send(.get, "/api/users/ana").status == 200)
        }
    }

    @Test("a bad nickname or new password is 400, and changes nothing")
    func refusesUpdate() async throws {
        try await withAPI { api in
            let token = try await api.register("ana", password: "x")
            for field in ["nickname", "newPassword"] {
                var values = Self.badNames
                values.removeAll { $0 == "null" }
                if field == "newPassword" {
                    values = [#""""#, "7", "[1]", "\"" + String(repeating: "x", count: 129) + "\""]
                }
                for value in values {
                    let body = #"{"username":"ana","password":"x","\#(field)":\#(value)}"#
                    let answer = try await api.send(.put, "/api/users/update", raw: Array(body.utf8))
                    #expect(answer.status == 400, "\(body)")
                    #expect(answer.json["message"]?.string?.isEmpty == false)
                }
            }
            // Both or neither.
            let half: JSONValue = ["username": "ana", "password": "x", "nickname": "A", "newPassword": ""]
            #expect(try await api.send(.put, "/api/users/update", half).status == 400)
            #expect(try await api.send(.get, "/api/users/ana").json["nickname"] == "ana")
            #expect(try await api.send(.post, "/api/users/tokenCheck", token: token).status == 200)
        }
    }

    @Test("guesses at the password are counted here as at the login")
    func throttles() async throws {
        try await withAPI(limits: RateLimits()) { api in
            _ = try await api.register("ana", password: "x")
            let wrong: JSONValue = ["username": "ana", "password": "y"]
            for round in 0..<10 {
                let (method, path): (HTTPRequest.Method, String) =
                    round % 2 == 0 ? (.put, "/api/users/update") : (.delete, "/api/users/delete")
                #expect(try await api.send(method, path, wrong).status == 400)
            }
            let answer = try await api.send(.put, "/api/users/update", wrong)
            #expect(answer.status == 429)
            #expect(answer.headers[.retryAfter] == "60")
            #expect(try await api.send(.post, "/api/users/login", wrong).status == 429)
        }
    }

    @Test(
        "who comes by password is counted among the logins of the address",
        arguments: [(HTTPRequest.Method.put, "/api/users/update"), (.delete, "/api/users/delete")])
    func limitsLogins(method: HTTPRequest.Method, path: String) async throws {
        var limits = RateLimits()
        limits.logins = RateLimit(burst: 3, perMinute: 0.01)
        try await withAPI(limits: limits) { api in
            // Each of nobody, and thus none of them throttled for the name.
            func status(_ number: Int, from address: String = "192.0.2.1") async throws -> Int {
                try await api.send(
                    method, path, ["username": .string("nobody \(number)"), "password": "x"], from: address
                ).status
            }
            for number in 0..<3 { #expect(try await status(number) == 404) }
            let refused = try await api.send(method, path, ["username": "nobody", "password": "x"])
            #expect(refused.status == 429)
            #expect(refused.headers[.retryAfter] != nil)
            let login = try await api.send(.post, "/api/users/login", ["username": "nobody", "password": "x"])
            #expect(login.status == 429)
            #expect(try await status(4, from: "198.51.100.7") == 404)
        }
    }

    @Test("a new password is a change of the account, however often it is the old one")
    func limitsChanges() async throws {
        var limits = RateLimits()
        limits.accountChanges = RateLimit(burst: 2, perMinute: 0.01)
        try await withAPI(limits: limits) { api in
            _ = try await api.register("ana", password: "x")
            func update(_ new: JSONValue) async throws -> Answer {
                try await api.send(
                    .put, "/api/users/update", ["username": "ana", "password": "x", "newPassword": new])
            }
            for _ in 0..<2 { #expect(try await update("x").status == 200) }
            let refused = try await update("y")
            #expect(refused.status == 429 && refused.headers[.retryAfter] != nil)
            // Refused before it was done.
            let login: JSONValue = ["username": "ana", "password": "x"]
            let token = try #require(try await api.send(.post, "/api/users/login", login).json["token"]?.string)
            // Whichever way the account is changed.
            let rename = try await api.send(.put, "/api/users/update/nickname", ["nickname": "A"], token: token)
            #expect(rename.status == 429)
            #expect(try await api.send(.put, "/api/users/update", login).status == 200)
        }
    }

    @Test("who has a long name from another world has it here, too")
    func takesLongNames() async throws {
        try await withAPI { api in
            let name = String(repeating: "n", count: 64)
            _ = try await api.core.accounts.register(
                username: name, password: "x", rules: .veryLongNames, for: .operators)
            let credentials: JSONValue = ["username": .string(name), "password": "x"]
            let login = try await api.send(.post, "/api/users/login", credentials)
            let token = try #require(login.json["token"]?.string)
            let named: JSONValue = [
                "username": .string(name), "nickname": "N", "runData": ["meters": 1], "runRecord": ["meters": 1],
            ]
            for (method, path) in [
                (HTTPRequest.Method.put, "update/nickname"), (.put, "run/data"), (.post, "run/record"),
                (.put, "\(name)/preferences"), (.get, "run/records/\(name)"), (.get, name),
            ] {
                #expect(try await api.send(method, "/api/users/\(path)", named, token: token).status == 200, "\(path)")
            }
            let picture = try await api.upload(
                "/api/users/update/profilepic", fields: ["username": name],
                files: [.make("profilePicture", onePixel)], token: token)
            #expect(picture.status == 200)
            #expect(try await api.send(.put, "/api/users/update", credentials).status == 200)
            #expect(try await api.send(.delete, "/api/users/delete", credentials).status == 200)
        }
    }

    // MARK: - Delete

    @Test("a deleted account is gone with tokens, run data, records and picture, and from its rooms")
    func deletes() async throws {
        try await withAPI { api in
            let token = try await api.makeRoom("159", runners: ["ana", "bob"])[0]
            let record: JSONValue = ["username": "ana", "runRecord": ["meters": 5, "seconds": 1, "markers": []]]
            #expect(try await api.send(.post, "/api/users/run/record", record, token: token).status == 200)
            let picture = try await api.upload(
                "/api/users/update/profilepic", files: [.make("profilePicture", onePixel)], token: token)
            #expect(picture.status == 200)
            let credentials: JSONValue = ["username": "ana", "password": "secret"]
            let answer = try await api.send(.delete, "/api/users/delete", credentials)
            #expect(answer.status == 200)
            #expect(answer.json["message"] == "User deleted successfully")
            #expect(answer.json["username"] == "ana")
            #expect(answer.json["password"] == "")
            #expect(answer.json["__v"] == 0)
            #expect(try await api.send(.post, "/api/users/login", credentials).status == 404)
            #expect(try await api.send(.post, "/api/users/tokenCheck", token: token).status == 403)
            for path in ["", "/nickname", "/profilepic"] {
                #expect(try await api.send(.get, "/api/users\(path)/ana").status == 404)
            }
            #expect(try await api.send(.get, "/api/users/run/records/ana", token: token).status == 403)
            let room = try await api.send(.get, "/api/runRoom/159")
            #expect(room.json["data"]?["runners"]?[0]?["username"] == "bob")
            #expect(!room.text.contains("ana"))
            // At once, not with the next sweep.
            let image = try #require(picture.json["profilePictureId"]?.string)
            #expect(try await api.send(.get, "/api/users/posts/images/\(image)").status == 404)
            api.clock.advance(seconds: 3601)
            #expect(try await api.core.media.sweep() == 0)
            // The name is free again, for somebody else.
            let next = try await api.register("ana")
            let records = try await api.send(.get, "/api/users/run/records/ana", token: next)
            #expect(records.json["pagination"]?["total"] == 0)
            #expect(
                try await api.send(.delete, "/api/users/delete", ["username": "bob", "password": "x"]).status == 400)
        }
    }

    @Test("of many deletions at the same moment one succeeds")
    func deletesOnce() async throws {
        try await withAPI { api in
            _ = try await api.register("ana", password: "x")
            let statuses = await withTaskGroup(of: Int?.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try? await api.send(.delete, "/api/users/delete", ["username": "ana", "password": "x"]).status
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1)
            #expect(statuses.count { $0 == 404 } == 7)
        }
    }

    // MARK: - Nicknames

    @Test("a nickname changes, is read by anybody, and is in the room at the next join")
    func setsNickname() async throws {
        try await withAPI { api in
            let token = try await api.makeRoom("159", runners: ["ana"])[0]
            let answer = try await api.send(
                .put, "/api/users/update/nickname", ["username": "ana", "nickname": "<b>'Ana'; --</b>"], token: token)
            #expect(answer.status == 200)
            #expect(answer.json["message"] == "Nickname updated successfully")
            #expect(answer.json["user"]?["nickname"] == "<b>'Ana'; --</b>")
            #expect(answer.json["user"]?["data"] != nil)
            let read = try await api.send(.get, "/api/users/nickname/ana/")
            #expect(read.line == #"200 {"nickname":"<b>'Ana'; --</b>"}"#)
            let own = try await api.send(.put, "/api/users/update/nickname", ["nickname": "小明"], token: token)
            #expect(own.json["user"]?["nickname"] == "小明")
            _ = try await api.send(
                .post, "/api/runRoom/join", ["runID": "159", "password": "pw", "username": "ana"])
            let room = try await api.send(.get, "/api/runRoom/159")
            #expect(room.json["data"]?["runners"]?[0]?["nickname"] == "小明")
        }
    }

    @Test("a bad nickname is 400, nobody's is 404, somebody else's 403, without a token 401")
    func refusesNickname() async throws {
        try await withAPI { api in
            let token = try await api.register("ana")
            _ = try await api.register("bob")
            func answer(_ body: String, token: String?) async throws -> String {
                try await api.send(.put, "/api/users/update/nickname", raw: Array(body.utf8), token: token).line
            }
            for name in Self.badNames {
                let line = try await answer(#"{"username":"ana","nickname":\#(name)}"#, token: token)
                #expect(line.hasPrefix(#"400 {"message":""#), "\(name)")
            }
            #expect(try await answer(#"{"username":"ana"}"#, token: token).hasPrefix("400"))
            #expect(try await answer(#"{"username":["ana"],"nickname":"x"}"#, token: token).hasPrefix("400"))
            #expect(try await answer("{", token: token).hasPrefix("400"))
            let good = #"{"username":"ana","nickname":"x"}"#
            #expect(try await answer(good, token: nil) == #"401 {"message":"No token provided"}"#)
            #expect(try await answer(good, token: "x") == #"403 {"message":"Token is invalid or has expired"}"#)
            #expect(try await answer(#"{"username":"bob","nickname":"x"}"#, token: token).hasPrefix("403"))
            #expect(
                try await answer(#"{"username":"carl","nickname":"x"}"#, token: token)
                    == #"404 {"message":"User not found"}"#)
            api.clock.advance(seconds: 7200)
            #expect(try await answer(good, token: token).hasPrefix("403"))
            #expect(try await api.send(.get, "/api/users/nickname/carl").line == #"404 {"message":"User not found"}"#)
            for path in ["..%2Fetc", "%27%20OR%201=1"] {
                let status = try await api.send(.get, "/api/users/nickname/\(path)").status
                #expect(status == 404 || status == 400)
            }
        }
    }

    @Test("clients without headers change nickname and picture from where their user has logged in")
    func takesLegacyClients() async throws {
        try await withAPI(legacy: true) { api in
            _ = try await api.register("ana", password: "x")
            let body: JSONValue = ["username": "ana", "nickname": "A"]
            func rename() async throws -> Int {
                try await api.send(.put, "/api/users/update/nickname", body).status
            }
            #expect(try await rename() == 401)
            let login: JSONValue = ["username": "ana", "password": "x"]
            #expect(try await api.send(.post, "/api/users/login", login).status == 200)
            #expect(try await rename() == 200)
            let upload = try await api.upload(
                "/api/users/update/profilepic", fields: ["username": "ana"],
                files: [.make("profilePicture", onePixel)])
            #expect(upload.status == 200)
            #expect(
                try await api.send(.put, "/api/users/update/nickname", body, from: "198.51.100.7").status == 401)
            // A new password ends that, too.
            let change: JSONValue = ["username": "ana", "password": "x", "newPassword": "y"]
            #expect(try await api.send(.put, "/api/users/update", change).status == 200)
            #expect(try await rename() == 401)
        }
    }

    // MARK: - All users

    @Test("all users are listed in the order of their making, with what anybody may see")
    func lists() async throws {
        try await withAPI { api in
            #expect(try await api.send(.get, "/api/users").line == "200 []")
            let token = try await api.register("ana")
            for name in ["bob", "carl"] { _ = try await api.register(name) }
            let answer = try await api.send(.get, "/api/users/", token: token)
            #expect(answer.json.array?.map { $0["username"] } == ["ana", "bob", "carl"])
            #expect(answer.json[0] == (try await api.send(.get, "/api/users/ana").json))
            func page(_ query: String) async throws -> [JSONValue?] {
                try await api.send(.get, "/api/users?\(query)").json.array?.map { $0["username"] } ?? []
            }
            #expect(try await page("page=1&limit=2") == ["ana", "bob"])
            #expect(try await page("page=2&limit=2") == ["carl"])
            #expect(try await page("page=3&limit=2") == [])
            #expect(try await page("limit=1") == ["ana"])
            #expect(try await page("page=1000000000&limit=1000000000") == [])
            for query in ["page=0", "page=-1", "limit=0", "limit=x", "page=", "page=1e9", "limit=99999999999999999999"]
            {
                let answer = try await api.send(.get, "/api/users?\(query)")
                #expect(answer.status == 400 && answer.json["message"] != nil, "\(query)")
            }
        }
    }

    @Test("more users than a piece are one array, each once")
    func listsMany() async throws {
        try await withAPI { api in
            for number in 0..<405 {
                _ = try await api.database.accounts.insertAccount(
                    username: "\(number)", usernameKey: "\(number)", nickname: "\(number)", passwordHash: "", at: 1)
            }
            let users = try #require(try await api.send(.get, "/api/users").json.array)
            #expect(users.map { $0["username"]?.string } == (0..<405).map { "\($0)" })
        }
    }

    // MARK: - Preferences

    @Test("preferences are the default until they are set, and what is not sent is the default again")
    func preferences() async throws {
        try await withAPI { api in
            let token = try await api.register("ana")
            let path = "/api/users/ana/preferences"
            let defaults =
                #"200 {"success":true,"preferences":{"theme":"system","notifications":true,"language":"en"}}"#
            #expect(try await api.send(.get, path).line == defaults)
            let set = try await api.send(
                .put, path, ["theme": "dark", "notifications": false, "language": "zh", "unknown": 1], token: token)
            let changed = #"200 {"success":true,"preferences":{"theme":"dark","notifications":false,"language":"zh"}}"#
            #expect(set.line == changed)
            #expect(try await api.send(.get, path).line == changed)
            #expect(try await api.send(.put, path, ["theme": .null], token: token).line == defaults)
            #expect(try await api.send(.put, path, token: token).line == defaults)
            #expect(try await api.send(.get, path).line == defaults)
        }
    }

    @Test("preferences that are none are 400, of nobody 404, of somebody else 403, without a token 401")
    func refusesPreferences() async throws {
        try await withAPI { api in
            let token = try await api.register("ana")
            _ = try await api.register("bob")
            func put(_ body: String, _ name: String = "ana", token: String?) async throws -> String {
                try await api.send(.put, "/api/users/\(name)/preferences", raw: Array(body.utf8), token: token).line
            }
            let theme = #"400 {"success":false,"message":"Invalid theme"}"#
            for value in [#""pink""#, "1", #""""#, "[]", #""dark\u0000""#] {
                #expect(try await put(#"{"theme":\#(value)}"#, token: token) == theme)
            }
            #expect(
                try await put(#"{"language":"de"}"#, token: token)
                    == #"400 {"success":false,"message":"Invalid language"}"#)
            #expect(try await put(#"{"notifications":"yes"}"#, token: token).hasPrefix("400"))
            #expect(try await put("[]", token: token).hasPrefix(#"400 {"success":false"#))
            #expect(try await put("{}", token: nil).hasPrefix(#"401 {"success":false"#))
            #expect(try await put("{}", token: "x").hasPrefix("403"))
            #expect(try await put("{}", "bob", token: token).hasPrefix("403"))
            let unknown = #"404 {"success":false,"message":"User not found"}"#
            #expect(try await put("{}", "carl", token: token) == unknown)
            #expect(try await api.send(.get, "/api/users/carl/preferences").line == unknown)
        }
    }
}
