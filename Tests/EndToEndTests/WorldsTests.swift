import Foundation
import GRDB
import TestKit
import Testing

/// One person in five worlds.
@Suite("Five worlds, one person", .inTurn)
struct WorldsTests {
    /// MD5 of `secret`.
    private static let secret = "5ebe2294ecd0e0f08eab7690d2a6ee69"

    @Test("a runner lives in all worlds, and after the removal nothing is left in any of them")
    func story() async throws {
        let workshop = try Workshop()
        let (server, data) = try await ServerProcess.startWithRoot(in: workshop)
        let client = WorldClient(port: server.port), rest = REST(port: server.port)
        func leaf(_ method: String, _ path: String, _ json: String? = nil, token: String? = nil) async throws
            -> REST.Answer
        {
            try await client.send(
                method, "/api/v1/user/" + path, json.map { Data($0.utf8) }, authorization: token)
        }

        // Leaf: she registers by mail, and calls herself wanda.
        #expect(try await leaf("POST", "code/email", #"{"email":"wanda@example.org"}"#).int("code") == 200)
        let code = try await server.code(for: "wanda@example.org")
        #expect(
            try await leaf(
                "POST", "register", #"{"email":"wanda@example.org","password":"secret","code":"\#(code)"}"#
            ).int("code") == 200)
        let login = try await leaf("POST", "login", #"{"email":"wanda@example.org","password":"secret"}"#)
        let leafToken = try #require(login.text("data", "token"))
        let upload = try await client.send(
            "POST", "/api/v1/upload/image", form: Multipart(file: ("image", "a.png", Data(Picture.png))),
            authorization: leafToken)
        let picture = try #require(upload.text("data", "url"))
        #expect(
            try await leaf(
                "POST", "info/modify", #"{"name":"wanda","avatar":"\#(picture)","sign":"sign of wanda"}"#,
                token: leafToken
            ).int("code") == 200)
        let number = try #require(try await leaf("GET", "uid?name=wanda").int("data", "uid"))

        // 天天乐跑: she logs in by that name and the same password, runs in a room over WebSocket, and posts about it.
        let lepaoLogin = try await rest.post("/api/users/login", ["username": "wanda", "password": "secret"])
        let wanda = REST(port: server.port, token: try #require(lepaoLogin["token"] as? String), username: "wanda")
        let room = try await REST.newRoom(port: server.port)
        let runner = try await Runner.enter(room, by: wanda)
        runner.phone.send(["type": "start", "time": Way.now - 60_000])
        try await runner.sendAndAwaitAck(Way.markers(1...13, from: Way.now - 60_000, stride: 15, interval: 5))
        runner.phone.send(["type": "finish"])
        _ = try await runner.phone.event("finished")
        #expect(try await wanda.records().count == 1)
        let post = try await wanda.post(
            "/api/users/share/posts", ["title": "wanda ran", "content": "All of 180 metres."])
        #expect(post.status == 200, "\(post.text)")

        // 稀土掘金: what she posted is an article, which a reader likes and comments on.
        let juejin = try await REST.registered("reader", port: server.port)
        let reader = try await client.send(
            "POST", "/users/login/?username=\(juejin.username)&password=secret")
        let readerToken = try #require(reader.text("access_token"))
        let articles = try await client.send("GET", "/articles/new?page=1&size=10", authorization: readerToken)
        #expect(articles.text.contains("wanda ran"), "\(articles.text)")
        let article = try #require((articles.value("data", 0, "id") as? NSNumber)?.intValue, "\(articles.text)")
        let like = try await client.send("PUT", "/articles/\(article)/likes/?status=1", authorization: readerToken)
        #expect(like.int("code") == 200, "\(like.text)")
        let liked = try await rest.get("/api/users/share/posts/\(article)")
        #expect((liked.value("post", "likes") as? NSNumber)?.intValue == 1, "\(liked.text)")

        // 抖音: somebody follows her and writes to her; she sees both.
        let fan = try await client.send("POST", "/douyin/user/register/?username=fanny&password=secret")
        let fanToken = try #require(fan.text("token")), fanID = try #require(fan.int("user_id"))
        let douyin = try await client.send("POST", "/douyin/user/login/?username=wanda&password=secret")
        let wandaToken = try #require(douyin.text("token")), wandaID = try #require(douyin.int("user_id"))
        for path in [
            "relation/action/?token=\(fanToken)&to_user_id=\(wandaID)&action_type=1",
            "message/action/?token=\(fanToken)&to_user_id=\(wandaID)&action_type=1&content=well%20run%20wanda",
        ] {
            let answer = try await client.send("POST", "/douyin/" + path)
            #expect(answer.int("status_code") == 0, "\(answer.text)")
        }
        let followers = try await client.send("GET", "/douyin/relation/follower/list/?token=\(wandaToken)")
        #expect(followers.value("user_list", 0, "name") as? String == "fanny")
        let chat = try await client.send(
            "GET", "/douyin/message/chat/?token=\(wandaToken)&to_user_id=\(fanID)&pre_msg_time=0")
        #expect(chat.value("message_list", 0, "content") as? String == "well run wanda")

        // The entry task: the MD5 of that password lets nobody in who has not registered by one, until an operator says
        // that it does. She gives herself another nickname.
        let digest = #"{"username":"wanda","password":"\#(Self.secret)"}"#
        #expect(try await client.send("POST", "/login", json: digest).int("code") == 2)
        let allowed = try await Workshop.runroom(
            "admin", "set-md5-login", "--username", "wanda", "--allowed", "on", "--data", data)
        #expect(allowed.ending == .exit(0), "\(allowed.errors)")
        let entry = try await client.send("POST", "/login", json: digest)
        let entryToken = try #require(entry.text("result", "token"), "\(entry.text)")
        #expect(entry.text("result", "profile_picture")?.isEmpty == false)
        let renamed = try await client.send(
            "PUT", "/user/update_user_info", json: #"{"nickname":"Wanda the Swift"}"#, authorization: entryToken)
        #expect(renamed.int("code") == 0)
        #expect(try await rest.get("/api/users/nickname/wanda")["nickname"] as? String == "Wanda the Swift")

        // An administrator removes her, in Leaf.
        let root = try #require(
            try await leaf("POST", "login", #"{"email":"rita@example.org","password":"root secret"}"#)
                .text("data", "token"))
        #expect(try await leaf("POST", "manage/delete", #"{"id":\#(number)}"#, token: root).int("code") == 200)

        // Her connection to the room ends, and so does her place in it.
        #expect(try await runner.phone.closed().code == 4001)
        // Leaf knows nobody of that number, name and address, and no token of hers.
        #expect(try await leaf("GET", "info/other?uid=\(number)").int("code") == 4040)
        #expect(try await leaf("GET", "uid?name=wanda").int("data", "uid") == 0)
        #expect(try await leaf("GET", "info/get", token: leafToken).int("code") == 3030)
        #expect(
            try await leaf("POST", "login", #"{"email":"wanda@example.org","password":"secret"}"#).int("code") == 3020)
        #expect(try await leaf("GET", "resetpwd/check?eamil=wanda@example.org").int("code") == 4040)
        #expect(try await leaf("GET", "manage/list", token: root).text.contains("anda") == false)
        // The room, whoever looks into it, by REST or on the live wire.
        let shown = try await rest.get("/api/runRoom/\(room)")
        #expect(shown.status == 200 && !shown.text.contains("anda"), "\(shown.text)")
        let registered = try await REST.registered("onlooker", port: server.port)
        let rooms = try await registered.get("/api/runRoom/all")
        #expect(rooms.text.contains(room) && !rooms.text.contains("anda"), "\(rooms.text)")
        let onlooker = try await Runner.enter(room, by: registered)
        #expect(!"\(onlooker.joined)".contains("anda"), "\(onlooker.joined)")
        // 天天乐跑
        for path in ["/api/users/wanda", "/api/users/nickname/wanda", "/api/users/profilepic/wanda"] {
            #expect(try await rest.get(path).status == 404)
        }
        #expect(try await rest.get("/api/users/share/posts/\(article)").status == 404)
        #expect(try await rest.get("/api/users/share/posts").text.contains("anda") == false)
        #expect(try await wanda.get("/api/users/run/records/wanda").status == 403)
        #expect(try await wanda.post("/api/users/tokenCheck", [:]).status == 403)
        #expect(try await rest.post("/api/users/login", ["username": "wanda", "password": "secret"]).status == 404)
        // 稀土掘金
        for path in ["/articles/new?page=1&size=10", "/articles/likes?page=1&size=10"] {
            let list = try await client.send("GET", path, authorization: readerToken)
            #expect(list.int("code") == 200 && !list.text.contains("wanda"), "\(list.text)")
        }
        #expect(try await client.send("POST", "/users/login/?username=wanda&password=secret").int("code") == 404)
        // 抖音
        for path in [
            "user/?user_id=\(wandaID)&token=\(fanToken)",
            "relation/follow/list/?token=\(wandaToken)",
            "message/chat/?token=\(fanToken)&to_user_id=\(wandaID)&pre_msg_time=0",
        ] {
            let answer = try await client.send("GET", "/douyin/" + path)
            #expect(answer.int("status_code") != 0 || !answer.text.contains("wanda"), "\(path): \(answer.text)")
        }
        let following = try await client.send("GET", "/douyin/relation/follow/list/?token=\(fanToken)")
        #expect(following.int("status_code") == 0 && (following.value("user_list") as? [Any])?.isEmpty == true)
        // The entry task
        #expect(
            try await client.send("POST", "/login", json: #"{"username":"wanda","password":"\#(Self.secret)"}"#)
                .int("code") == 2)
        #expect(try await client.send("GET", "/user/get_user_info", authorization: entryToken).int("code") == 3)

        // Her name and her address are free again.
        #expect(try await rest.post("/api/users", ["username": "wanda", "password": "other"]).status == 200)
        #expect(try await server.terminate() == .exit(0))
        try await checkDatabase(data)
    }

    /// Looks at every text of every table for words that were hers alone.
    private func checkDatabase(_ directory: String) async throws {
        let database = try DatabaseQueue(path: directory + "/runroom.sqlite")
        try await database.read { database in
            let tables = try String.fetchAll(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
            #expect(Set(tables).isSuperset(of: ["accounts", "posts", "people", "events"]))
            for table in tables {
                for row in try Row.fetchAll(database, sql: "SELECT * FROM \"\(table)\"") {
                    for (column, value) in row {
                        let text = String.fromDatabaseValue(value) ?? ""
                        // Somebody else has the name by now, but has been in no room.
                        let names = ["people", "events"].contains(table) ? ["wanda"] : []
                        for word in names + ["wanda@", "wanda ran", "Wanda the", "sign of wanda", "well run"] {
                            #expect(!text.contains(word), "\(table).\(column): \(text)")
                        }
                    }
                }
            }
        }
        try database.close()
    }

    @Test("whoever registers in one world comes in by name and password in the others")
    func everywhere() async throws {
        let server = try await ServerProcess.shared()
        let client = WorldClient(port: server.port), rest = REST(port: server.port)
        let names = (1...4).map { _ in REST.newName("person").replacingOccurrences(of: "-", with: "") }
        #expect(try await rest.post("/api/users", ["username": names[0], "password": "secret"]).status == 200)
        #expect(
            try await client.send("POST", "/users/register/?username=\(names[1])&password=secret").int("code") == 200)
        #expect(
            try await client.send("POST", "/douyin/user/register/?username=\(names[2])&password=secret")
                .int("status_code") == 0)
        #expect(
            try await client.send(
                "POST", "/register", json: #"{"username":"\#(names[3])","password":"\#(Self.secret)"}"#
            )
            .int("code") == 0)
        for name in names {
            func lepao(_ password: String) async throws -> Int {
                try await rest.post("/api/users/login", ["username": name, "password": password]).status
            }
            #expect(try await lepao("secret") == 200)
            #expect(
                try await client.send("POST", "/users/login/?username=\(name)&password=secret").int("code") == 200)
            #expect(
                try await client.send("POST", "/douyin/user/login/?username=\(name)&password=secret")
                    .int("status_code") == 0)
            // By MD5 comes who has registered by one.
            #expect(
                try await client.send("POST", "/login", json: #"{"username":"\#(name)","password":"\#(Self.secret)"}"#)
                    .int("code") == (name == names[3] ? 0 : 2))
            // The MD5 is the password nowhere else, and the password is none here.
            #expect(try await lepao(Self.secret) == 401)
            #expect(
                try await client.send("POST", "/login", json: #"{"username":"\#(name)","password":"secret"}"#)
                    .int("code") == 2)
            // The name is taken everywhere.
            #expect(try await rest.post("/api/users", ["username": name, "password": "x"]).status == 400)
            #expect(
                try await client.send("POST", "/users/register/?username=\(name)&password=secret").int("code") == 400)
            #expect(
                try await client.send("POST", "/douyin/user/register/?username=\(name)&password=secret")
                    .int("status_code") == 1)
            #expect(
                try await client.send(
                    "POST", "/register", json: #"{"username":"\#(name)","password":"\#(Self.secret)"}"#
                )
                .int("code") == 4)
        }
        // A new password in one world is the password in all, and ends the tokens of all.
        let entry = try await client.send(
            "POST", "/login", json: #"{"username":"\#(names[3])","password":"\#(Self.secret)"}"#)
        let token = try #require(entry.text("result", "token"))
        let changed = try await rest.call(
            "PUT", "/api/users/update", ["username": names[3], "password": "secret", "newPassword": "other"])
        #expect(changed.status == 200)
        #expect(try await client.send("GET", "/user/get_user_info", authorization: token).int("code") == 3)
        #expect(
            try await client.send("POST", "/login", json: #"{"username":"\#(names[3])","password":"\#(Self.secret)"}"#)
                .int("code") == 2)
        // MD5 of `other`: that was no password by MD5 any more.
        #expect(
            try await client.send(
                "POST", "/login", json: #"{"username":"\#(names[3])","password":"795f3202b17cb6bc3d4b771d8c6c9eaf"}"#
            ).int("code") == 2)
    }
}
