import Foundation
import TestKit
import Testing

/// The entry task's API on a real server, with the requests of its document as they are written there.
@Suite("The entry task on a real server", .inTurn)
struct EntryTaskTests {
    /// MD5 of `secret`.
    private static let secret = "5ebe2294ecd0e0f08eab7690d2a6ee69"

    @Test("the document's story, route by route")
    func document() async throws {
        let server = try await ServerProcess.start()
        let client = WorldClient(port: server.port)
        let done = #"{"code":0,"coode":0,"msg":"","result":""}"#
        let registered = try await client.send(
            "POST", "/register", json: #"{"username": "lambo", "password": "\#(Self.secret)", "nickname": "亖狼何必装羴2"}"#)
        #expect(registered.text == done && registered.status == 200)

        // 1. The document's body, with a password in place of its x's; letters of either case.
        let login = try await client.send(
            "POST", "/login",
            json: """
                {
                    "username": "lambo",
                    "password" : "\(Self.secret.uppercased())"
                   
                }
                """)
        #expect(login.int("code") == 0 && login.int("coode") == 0 && login.text("msg") == "")
        #expect(login.text("result", "nickname") == "亖狼何必装羴2" && login.text("result", "username") == "lambo")
        #expect(login.text("result", "profilePicture") == "" && login.text("result", "profile_picture") == "")
        let token = try #require(login.text("result", "token"))
        #expect(token.wholeMatch(of: /[0-9a-f]{32}/) != nil)

        // 3. The nickname, as JSON and as a form.
        #expect(
            try await client.send(
                "PUT", "/user/update_user_info", json: "{\n\t\"nickname\":\"test\"\n}", authorization: token
            ).text == done)
        #expect(
            try await client.send(
                "PUT", "/user/update_user_info/", Data("nickname=%E6%B5%8B%E8%AF%95".utf8),
                type: "application/x-www-form-urlencoded", authorization: token
            ).text == done)
        // 4. The picture, twice; the first is gone then.
        var addresses: [String] = []
        for count in 0..<2 {
            let bytes = Data(Picture.png) + Data(repeating: 0, count: count)
            let set = try await client.send(
                "PUT", "/user/update_user_profile_picture",
                form: Multipart(file: ("file", "../../x", bytes)),
                authorization: token)
            #expect(set.text == done)
            // 5. The profile, with both spellings.
            let info = try await client.send("GET", "/user/get_user_info", authorization: "Bearer \(token)")
            let address = try #require(info.text("result", "profile_picture"))
            #expect(info.text("result", "profilePicture") == address && info.text("result", "nickname") == "测试")
            #expect(address.hasPrefix("http://127.0.0.1:\(server.port)/entrytask/upload/") && address.hasSuffix(".png"))
            let picture = try await client.send("GET", address)
            #expect(
                picture.data.starts(with: Data(Picture.png).prefix(8)) && picture.headers["content-type"] == "image/png"
            )
            addresses.append(address)
        }
        #expect(try await client.send("GET", addresses[0]).status == 404)

        // 2. Logging out ends this token and no other.
        let second = try await client.send(
            "POST", "/login", json: #"{"username":"lambo","password":"\#(Self.secret)"}"#)
        #expect(try await client.send("POST", "/user/logout", authorization: token).text == done)
        for path in ["/user/get_user_info", "/user/logout"] {
            let ended = try await client.send(path.hasSuffix("info") ? "GET" : "POST", path, authorization: token)
            #expect(ended.int("code") == 3 && ended.int("coode") == 3 && ended.text("result") == "")
        }
        let other = try #require(second.text("result", "token"))
        #expect(try await client.send("GET", "/user/get_user_info", authorization: other).int("code") == 0)
    }

    /// What is to go wrong: a request, with HTTP's and the entry task's answer.
    private static let refusals: [(method: String, path: String, body: String?, status: Int, code: Int)] = [
        ("POST", "/login", "{", 200, 1), ("POST", "/login", #"{"username":"x"}"#, 200, 1),
        ("POST", "/login", #"{"username":7,"password":"x"}"#, 200, 1),
        ("POST", "/login", #"{"username":"nobody","password":"5ebe2294ecd0e0f08eab7690d2a6ee69"}"#, 200, 2),
        ("POST", "/login", #"{"username":"nobody","password":"secret"}"#, 200, 2),
        ("POST", "/register", #"{"username":"x","password":"secret"}"#, 200, 1),
        ("POST", "/register", #"{"username":"","password":"5ebe2294ecd0e0f08eab7690d2a6ee69"}"#, 200, 1),
        ("POST", "/user/logout", nil, 200, 3), ("GET", "/user/get_user_info", nil, 200, 3),
        ("PUT", "/user/update_user_info", #"{"nickname":"x"}"#, 200, 3),
        ("PUT", "/user/update_user_profile_picture", "x", 200, 3), ("GET", "/user/nothing", nil, 404, 1),
        ("GET", "/login", nil, 404, 1), ("GET", "/entrytask/upload/x.png", nil, 404, 1),
        ("POST", "/login", String(repeating: "x", count: 70_000), 413, 1),
        ("PUT", "/user/update_user_profile_picture", String(repeating: "x", count: 6 << 20), 413, 5),
    ]

    @Test("each route refuses in the entry task's shape")
    func refuses() async throws {
        let server = try await ServerProcess.shared()
        let client = WorldClient(port: server.port)
        for (method, path, body, status, code) in Self.refusals {
            let answer = try await client.send(method, path, body.map { Data($0.utf8) })
            #expect(answer.status == status, "\(method) \(path): \(answer.text)")
            #expect(answer.int("code") == code && answer.int("coode") == code, "\(method) \(path): \(answer.text)")
            #expect(answer.text("result") == "" && answer.text("msg") != nil)
        }
    }

    @Test("accounts come from a file, and registration can be switched off")
    func accounts() async throws {
        let workshop = try Workshop()
        let file = try workshop.file(
            "accounts.json",
            holding:
                #"[{"username":"10340","password":"\#(Self.secret)","nickname":"test"},{"username":"10341","password":"\#(Self.secret)"}]"#
        )
        let flags = ["--entrytask-registration", "off", "--entrytask-accounts", file]
        let first = try await ServerProcess.start(flags)
        let client = WorldClient(port: first.port)
        // They are added while the server is open.
        var entered: REST.Answer?
        try await eventually("the account is there") {
            let answer = try await client.send(
                "POST", "/login", json: #"{"username":"10340","password":"\#(Self.secret)"}"#)
            guard answer.int("code") == 0 else { return false }
            entered = answer
            return true
        }
        let login = try #require(entered)
        #expect(login.text("result", "nickname") == "test")
        let closed = try await client.send("POST", "/register", json: #"{"username":"x","password":"\#(Self.secret)"}"#)
        #expect(closed.status == 200 && closed.int("code") == 7)
        // A start on the same directory leaves them as they are.
        let token = try #require(login.text("result", "token"))
        _ = try await client.send("PUT", "/user/update_user_info", json: #"{"nickname":"Ana"}"#, authorization: token)
        #expect(try await first.terminate() == .exit(0))
        first.leaveDirectory()
        let second = try await ServerProcess.start(flags, in: first.directory)
        let again = try await WorldClient(port: second.port).send(
            "POST", "/login", json: #"{"username":"10340","password":"\#(Self.secret)"}"#)
        #expect(again.text("result", "nickname") == "Ana")

        let broken = try workshop.file("broken.json", holding: #"[{"username":"x","password":"secret"}]"#)
        let refused = try await RunningProgram.run(
            ServerProcess.executable,
            ServerProcess.arguments(["--entrytask-accounts", broken], in: workshop.file("data")))
        #expect(refused.ending == .exit(1) && refused.errors.contains(broken))
    }
}
