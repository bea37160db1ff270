import Foundation
import Glibc
import TestKit
import Testing

/// The clip API against the real server: each route, as its document prints it and as its client sends it.
@Suite("The clip world", .inTurn)
struct ClipWorldTests {
    private struct Person {
        var token: String
        var id: Int
    }

    private func join(_ name: String, _ rest: REST) async throws -> Person {
        let answer = try await rest.post("/douyin/user/register/", ["username": name, "password": "230724"])
        guard let token = answer["token"] as? String, let id = answer["user_id"] as? Int else {
            throw Phone.Missing(description: "registration: \(answer.text)")
        }
        return Person(token: token, id: id)
    }

    private func upload(
        _ bytes: Data, title: String = "title", filename: String = "v.mp4", by person: Person, _ rest: REST
    ) async throws -> REST.Answer {
        let form = Multipart(["token": person.token, "title": title], file: ("data", filename, bytes))
        return try await rest.send("POST", "/douyin/publish/action/", Multipart.headers, form.body)
    }

    @Test("each route, with its successes and its refusals, always with the status 200")
    func everyRoute() async throws {
        let server = try await ServerProcess.start()
        let rest = REST(port: server.port)
        let ana = try await join("ocyss", rest), bob = try await join("musicc6", rest)
        let uploaded = try await upload(video(bytes: 1000), by: ana, rest)
        let clip = try #require(uploaded["vid"] as? Int)
        let bad = "eyJhbGciOiJIUJ9.eyJpZCI6Njc2MjQ3ODY2NzQ1fQ.L8wBmGzb8Tl-S8"
        let t = "token=\(ana.token)"
        /// Method, path, JSON body, outcome, words.
        let steps: [(String, String, [String: Any]?, Int, String)] = [
            ("POST", "/user/register/", ["username": "ocyss", "password": "230724"], 1, "该用户名已被使用!"),
            ("POST", "/user/register/", ["username": "ocyss"], 1, "参数不正确"),
            ("POST", "/user/login/", ["username": "ocyss", "password": "230724"], 0, "Success"),
            ("POST", "/user/login/?username=ocyss&password=230724", nil, 0, "Success"),
            ("POST", "/user/login/", ["username": "需法了电层它热", "password": "提对争派价术"], 1, "用户名或者密码不正确!"),
            ("POST", "/user/login/", ["username": "ocyss", "password": "wrong"], 1, "用户名或者密码不正确!"),
            ("GET", "/user/?user_id=ocyss&\(t)", nil, 0, "Success"),
            ("GET", "/user/?user_id=\(bob.id)&\(t)", nil, 0, "Success"),
            ("GET", "/user/?user_id=ocyss&token=\(bad)", nil, 1, "Token 认证失败"),
            ("GET", "/feed", nil, 0, "ok!"), ("GET", "/feed?latest_time=1234567891234567891&\(t)", nil, 0, "ok!"),
            ("GET", "/feed?token=\(bad)", nil, 1, "Token 错误,请重新登录"),
            ("GET", "/publish/list/?\(t)&user_id=\(ana.id)", nil, 0, "ok!"),
            ("GET", "/publish/list/", nil, 1, "参数不正确"), ("GET", "/publish/list/?token=\(bad)", nil, 1, "Token 错误"),
            ("POST", "/publish/action/?\(t)&title=a", nil, 1, "参数不正确"),
            ("POST", "/douyin/publish/action/?\(t)&title=a", nil, 1, "参数不正确"),
            ("POST", "/publish/actionUrl", ["token": ana.token, "url": "http://a/b", "title": "a"], 0, "ok!"),
            ("POST", "/publish/actionUrl", ["token": ana.token, "url": "x", "title": "a"], 1, "投稿失败.."),
            (
                "POST", "/favorite/action/", ["token": bob.token, "video_id": "\(clip)", "action_type": "1"], 0, "ok!"
            ),
            ("POST", "/favorite/action/?\(t)&video_id=\(clip)&action_type=1", nil, 0, "ok!"),
            ("POST", "/favorite/action/", ["token": ana.token, "video_id": 1, "action_type": 1], 1, "网卡了,再试一次吧"),
            ("GET", "/favorite/list/?\(t)&user_id=\(bob.id)", nil, 0, "ok!"),
            ("GET", "/favorite/list/?\(t)&user_id=.er", nil, 1, "参数不正确"),
            (
                "POST", "/comment/action/",
                ["token": ana.token, "video_id": clip, "action_type": 1, "comment_text": "第一"], 0, "ok!"
            ),
            ("POST", "/comment/action/", ["video_id": "x"], 1, "参数不正确"),
            ("GET", "/comment/list/?\(t)&video_id=\(clip)", nil, 0, "ok!"),
            ("GET", "/comment/list/?\(t)", nil, 1, "参数不正确"),
            (
                "POST", "/relation/action/", ["token": ana.token, "to_user_id": "\(bob.id)", "action_type": "1"], 0,
                "ok!"
            ),
            (
                "POST", "/relation/action/", ["token": ana.token, "to_user_id": ana.id, "action_type": 1], 1,
                "调皮~不可以关注自己哦."
            ),
            (
                "POST", "/relation/action/", ["token": bob.token, "to_user_id": ana.id, "action_type": 1], 0, "ok!"
            ),
            ("GET", "/relation/follow/list/?\(t)&user_id=\(bob.id)", nil, 0, "ok!"),
            ("GET", "/relation/follow/list/?\(t)&user_id=er", nil, 1, "参数不正确"),
            ("GET", "/relation/follower/list/?\(t)&user_id=\(bob.id)", nil, 0, "ok!"),
            ("GET", "/relation/follower/list/?\(t)&user_id=err", nil, 1, "参数不正确"),
            ("GET", "/relation/friend/list/?\(t)&user_id=\(ana.id)&\(t)", nil, 0, "ok!"),
            ("GET", "/relation/friend/list/?\(t)&user_id=\(bob.id)", nil, 1, "只能查看自己的朋友哦"),
            (
                "POST", "/message/action/",
                ["token": ana.token, "to_user_id": "\(bob.id)", "content": "线么院至", "action_type": 1], 0, "ok!"
            ),
            (
                "POST", "/message/action/",
                ["token": ana.token, "to_user_id": "\(bob.id)", "content": "线么院至", "action_type": 2], 1, "参数不正确"
            ),
            ("GET", "/message/chat/?\(t)&to_user_id=\(bob.id)&pre_msg_time=1691467224691", nil, 0, "ok!"),
            ("GET", "/message/chat/?\(t)", nil, 1, "参数不正确"),
            ("GET", "/nothing", nil, 1, "Not found"), ("DELETE", "/feed", nil, 1, "Not found"),
        ]
        for (method, path, body, code, words) in steps {
            let answer = try await rest.call(method, "/douyin" + path, body)
            #expect(answer.status == 200, "\(method) \(path): \(answer.text)")
            #expect(answer["status_code"] as? Int == code, "\(method) \(path): \(answer.text)")
            #expect(answer["status_msg"] as? String == words, "\(method) \(path): \(answer.text)")
            #expect((answer["errmsg"] != nil) == (code == 1))
        }
        // The path as its document prints it.
        let form = Multipart(["token": bob.token, "title": "doubled"], file: ("data", "v.mov", video(bytes: 500)))
        let doubled = try await rest.send("POST", "/douyin/douyin/publish/action/", Multipart.headers, form.body)
        #expect(doubled["status_code"] as? Int == 0 && doubled["vid"] as? Int != nil, "\(doubled.text)")
        let comments = try await rest.get("/douyin/comment/list/?\(t)&video_id=\(clip)")["comment_list"]
        let comment = try #require((comments as? [[String: Any]])?.first?["id"] as? Int)
        let deletion: [String: Any] = ["token": ana.token, "video_id": clip, "action_type": 2, "comment_id": comment]
        let deleted = try await rest.post("/douyin/comment/action/", deletion)
        #expect(deleted["status_code"] as? Int == 0 && deleted["comment"] is NSNull, "\(deleted.text)")
        #expect(try await rest.post("/douyin/comment/action/", deletion)["status_code"] as? Int == 1)
        let friends = try await rest.get("/douyin/relation/friend/list/?\(t)")["user_list"] as? [[String: Any]]
        #expect(friends?.first?["message"] as? String == "线么院至" && friends?.first?["msg_type"] as? Int == 1)
        #expect(!server.logText.contains(ana.token) && !server.logText.contains(bad))
    }

    /// The bodies of the document, as it prints them: ids and tokens of another server.
    private static let printed: [(path: String, body: String)] = [
        (
            "/douyin/publish/actionUrl",
            #"""
            {
            	"id": 8795259707917331,
            	"url": "https://byte-hunters.oss.aliyuncs.com/t/test2.mp4",
            	"title": "况该位观广",
            	"cover_url": "https://byte-hunters.oss.aliyuncs.com/t/test2.jpg",
            	"user_creations": "条形江积局不"
            }
            """#
        ),
        (
            "/douyin/favorite/action/",
            #"""
            {
            	"token": "eyJhbGciOiJIUJ9.eyJpZCI6Njc2MjQ3ODY2NzQ1fQ.L8wBmGzb8Tl-S8",
            	"video_id": "5074202302310375752",
            	"action_type": "1"
            }
            """#
        ),
        (
            "/douyin/comment/action/",
            #"""
            {
            	"token": "eyJhbGciOiJIUJ9.eyJpZCI6Njc2MjQ3ODY2NzQ1fQ.L8wBmGzb8Tl-S8",
            	"video_id": 5074202322353033216,
            	"action_type": 1,
            	"comment_text": "第一",
            	"comment_id": "3382937143857520084"
            }
            """#
        ),
        (
            "/douyin/relation/action/",
            #"""
            {
            	"token": "eyJhbGciOiJIUJ9.eyJpZCI6Njc2MjQ3ODY2NzQ1fQ.L8wBmGzb8Tl-S8",
            	"to_user_id": "3382800950603989432",
            	"action_type": "1"
            }
            """#
        ),
        (
            "/douyin/message/action/",
            #"""
            {
            	"token": "eyJhbGciOiJIUJ9.eyJpZCI6Njc2MjQ3ODY2NzQ1fQ.L8wBmGzb8Tl-S8",
            	"to_user_id": "3382802237327496156",
            	"content": "线么院至",
            	"action_type": 1
            }
            """#
        ),
    ]

    /// The addresses of the document, without its host.
    private static let addresses = [
        "/douyin/publish/list/?{token}&user_id=3382802237327496156",
        "/douyin/favorite/list/?{token}&user_id=3382802237327496192",
        "/douyin/comment/list/?{token}&video_id=5074202322353033506",
        "/douyin/relation/follow/list/?{token}&user_id=3382802237327496156",
        "/douyin/relation/follower/list/?{token}&user_id=3382802237327496156",
        "/douyin/relation/friend/list/?{token}&user_id=3382802237327496156",
        "/douyin/message/chat/?{token}&to_user_id=3382802237327496156&pre_msg_time=1691467224691",
    ]

    @Test("the document's own requests: as printed, and with ids and tokens of this server")
    func examples() async throws {
        let server = try await ServerProcess.start()
        let rest = REST(port: server.port)
        let json = ["Content-Type": "application/json"]
        let register = try await rest.send(
            "POST", "/douyin/user/register/", json,
            Data(
                #"""
                {
                	"username": "ocyss",
                	"password": "230724",
                	"avatar": "http://fkrnvcfxq.dz/rwuedjos",
                	"background_image": "http://paj.edu/gayenukqbl",
                	"signature": "此人巨懒"
                }
                """#.utf8))
        #expect(
            Set((register.json as? [String: Any] ?? [:]).keys) == ["status_code", "status_msg", "token", "user_id"])
        let ana = Person(
            token: try #require(register["token"] as? String), id: try #require(register["user_id"] as? Int))
        let bob = try await join("musicc6", rest)
        let user = try await rest.get("/douyin/user/?user_id=ocyss&token=\(ana.token)")["user"] as? [String: Any]
        #expect(user?["avatar"] as? String == "http://fkrnvcfxq.dz/rwuedjos")
        #expect(user?["background_image"] as? String == "http://paj.edu/gayenukqbl")

        let printedToken = "token=eyJhbGciOiJIUJ9.eyJpZCI6Njc2MjQ3ODY2NzQ1fQ.L8wBmGzb8Tl-S8"
        for (path, body) in Self.printed {
            // Somebody else's token.
            let foreign = try await rest.send("POST", path, json, Data(body.utf8))
            let words = path.hasSuffix("actionUrl") ? "参数不正确" : "Token 错误"
            #expect(foreign["status_msg"] as? String == words, "\(path): \(foreign.text)")
            // The own token: the ids are nobody's here.
            let token = "\"token\": \"\(ana.token)\","
            let own = body.replacing(
                #""token": "eyJhbGciOiJIUJ9.eyJpZCI6Njc2MjQ3ODY2NzQ1fQ.L8wBmGzb8Tl-S8","#, with: token)
            let answer = try await rest.send(
                "POST", path + (own == body ? "?token=\(ana.token)" : ""), json, Data(own.utf8))
            #expect(answer["status_code"] as? Int == 1, "\(path): \(answer.text)")
        }
        for address in Self.addresses {
            let foreign = try await rest.get(address.replacing("{token}", with: printedToken))
            #expect(foreign["status_msg"] as? String == "Token 错误", "\(address): \(foreign.text)")
            let own = try await rest.get(address.replacing("{token}", with: "token=\(ana.token)"))
            #expect(own["status_code"] as? Int == 1, "\(address): \(own.text)")
        }
        // With ids of this server everything is as the document shows it.
        let action = Self.printed[0].body.replacing("8795259707917331", with: "\(ana.id)")
        let published = try await rest.send(
            "POST", "/douyin/publish/actionUrl?token=\(ana.token)", json, Data(action.utf8))
        let clip = try #require(published["vid"] as? Int)
        for (path, body) in Self.printed.dropFirst() {
            var text = body.replacing("eyJhbGciOiJIUJ9.eyJpZCI6Njc2MjQ3ODY2NzQ1fQ.L8wBmGzb8Tl-S8", with: ana.token)
            for id in ["5074202302310375752", "5074202322353033216"] { text = text.replacing(id, with: "\(clip)") }
            for id in ["3382800950603989432", "3382802237327496156"] { text = text.replacing(id, with: "\(bob.id)") }
            let answer = try await rest.send("POST", path, json, Data(text.utf8))
            #expect(answer["status_code"] as? Int == 0, "\(path): \(answer.text)")
        }
        for address in Self.addresses {
            var path = address.replacing("{token}", with: "token=\(ana.token)")
            path = path.replacing("3382802237327496192", with: "\(ana.id)")
            path = path.replacing("5074202322353033506", with: "\(clip)")
            path = path.replacing("3382802237327496156", with: "\(address.contains("friend") ? ana.id : bob.id)")
            path = path.replacing("1691467224691", with: "0")
            let answer = try await rest.get(path)
            #expect(answer["status_code"] as? Int == 0, "\(path): \(answer.text)")
        }
        let liked = try await rest.get("/douyin/favorite/list/?token=\(ana.token)")["video_list"] as? [[String: Any]]
        #expect(liked?.first?["play_url"] as? String == "https://byte-hunters.oss.aliyuncs.com/t/test2.mp4")
        #expect(liked?.first?["title"] as? String == "况该位观广" && liked?.first?["is_favorite"] as? Bool == true)
    }

    // MARK: - Videos

    private func entries(_ folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    /// Files of videos and pictures, whole or being written.
    private func mediaFiles(_ directory: String) -> [String] {
        (FileManager.default.enumerator(atPath: directory + "/media")?.allObjects ?? []).compactMap { $0 as? String }
            .filter { name in
                var isDirectory: ObjCBool = false
                let path = directory + "/media/" + name
                return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
            }
    }

    @Test("a video is played from this server: whole, in pieces, and not again when it is known")
    func playing() async throws {
        let server = try await ServerProcess.start()
        let rest = REST(port: server.port)
        let ana = try await join("ocyss", rest)
        let bytes = video(bytes: 3_000_000)
        let uploaded = try await upload(bytes, title: "run", filename: "../../x.mp4", by: ana, rest)
        #expect(uploaded["status_code"] as? Int == 0, "\(uploaded.text)")
        let list = try await rest.get("/douyin/feed")["video_list"] as? [[String: Any]]
        let base = "http://127.0.0.1:\(server.port)"
        let play = try #require(list?.first?["play_url"] as? String)
        #expect(play.hasPrefix(base))
        let path = String(play.dropFirst(base.count))
        let whole = try await rest.get(path)
        #expect(whole.status == 200 && whole.data == bytes)
        #expect(whole.headers["content-type"] == "video/mp4" && whole.headers["accept-ranges"] == "bytes")
        #expect(whole.headers["x-content-type-options"] == "nosniff")
        let piece = try await rest.send("GET", path, ["Range": "bytes=1000000-1999999"])
        #expect(piece.status == 206 && piece.data == bytes[1_000_000..<2_000_000])
        #expect(piece.headers["content-range"] == "bytes 1000000-1999999/3000000")
        let tail = try await rest.send("GET", path, ["Range": "bytes=-24"])
        #expect(tail.status == 206 && tail.data == bytes.suffix(24))
        #expect(try await rest.send("GET", path, ["Range": "bytes=3000000-"]).status == 416)
        let known = try await rest.send("GET", path, ["If-None-Match": try #require(whole.headers["etag"])])
        #expect(known.status == 304 && known.data.isEmpty)
        let head = try await rest.send("HEAD", path)
        #expect(head.status == 200 && head.data.isEmpty)
        #expect(entries(server.directory).sorted().contains("media") && entries(server.directory + "/uploads").isEmpty)
        #expect(mediaFiles(server.directory).count == 1)
    }

    @Test("what is too large, or is no video, leaves nothing behind, and is told in the world's shape")
    func refusedUploads() async throws {
        let server = try await ServerProcess.start(["--max-video", "1MiB"])
        let rest = REST(port: server.port)
        let ana = try await join("ocyss", rest)
        let page = Data("<!DOCTYPE html><html><script>alert(1)</script>".utf8) + Data(count: 600_000)
        for bytes in [page, Data(), Data(count: 300_000)] {
            let answer = try await upload(bytes, by: ana, rest)
            #expect(answer.status == 200 && answer["status_code"] as? Int == 1, "\(answer.text)")
        }
        let socket = try RawSocket.connect(port: server.port)
        try await socket.write(
            Array(
                """
                POST /douyin/publish/action/ HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\n\
                Content-Length: 9000000\r\n\r\n
                """.utf8))
        let head = try await socket.readHead()
        #expect(head.status == 200 && head.body.contains(#""status_code":1"#), "\(head)")
        #expect(try await upload(video(bytes: 1 << 20), by: ana, rest)["status_code"] as? Int == 0)
        #expect(entries(server.directory + "/uploads").isEmpty)
        #expect(mediaFiles(server.directory).count == 1)
    }

    @Test("a video of nobody in particular never reaches the disk, and one whose token comes first does")
    func anonymousUploads() async throws {
        let server = try await ServerProcess.start()
        let rest = REST(port: server.port)
        let ana = try await join("ocyss", rest)
        let film = video(bytes: 20 << 20)
        func head(_ count: Int, _ more: String = "") -> [UInt8] {
            Array(
                """
                POST /douyin/publish/action/ HTTP/1.1\r\nHost: a\r\nContent-Length: \(count)\r\n\(more)\
                Content-Type: \(Multipart.headers["Content-Type"] ?? "")\r\n\r\n
                """.utf8)
        }
        let nobody = Multipart(["title": "a"], file: ("data", "v.mp4", film))
        let late = Multipart(["title": "a"], file: ("data", "v.mp4", film), then: ["token": ana.token])
        let wrong = Multipart(["token": "x", "title": "a"], file: ("data", "v.mp4", film))
        for (form, words) in [
            (nobody, "`token` must stand before the file"), (late, "`token` must stand before the file"),
            (wrong, "Token 错误"),
        ] {
            let socket = try RawSocket.connect(port: server.port)
            // The rest never comes: who waits for it would not answer.
            try await socket.write(head(form.body.count) + Array(form.body.prefix(1 << 20)))
            let answer = try await socket.readHead()
            #expect(answer.status == 200 && answer.body.contains(words), "\(answer)")
            #expect(entries(server.directory + "/uploads").isEmpty)
        }
        let taken = try await upload(film, by: ana, rest)
        #expect(taken["status_code"] as? Int == 0, "\(taken.text)")
        let socket = try RawSocket.connect(port: server.port)
        try await socket.write(
            head(nobody.body.count, "Authorization: Bearer \(ana.token)\r\n") + Array(nobody.body))
        let answer = try await socket.readHead()
        #expect(answer.body.contains(#""status_code":0"#), "\(answer)")
        // What is small enough for memory is judged when it is whole, wherever its token stands.
        let small = Multipart(
            ["title": "b"], file: ("data", "v.mp4", video(bytes: 200_000)), then: ["token": ana.token])
        let published = try await rest.send("POST", "/douyin/publish/action/", Multipart.headers, small.body)
        #expect(published["status_code"] as? Int == 0, "\(published.text)")
        #expect(entries(server.directory + "/uploads").isEmpty)
    }

    /// Begins an upload, of which the server has so many bytes on its disk when this returns.
    private func begin(_ server: ServerProcess, _ person: Person) async throws -> RawSocket {
        let socket = try RawSocket.connect(port: server.port)
        let form = Multipart(["token": person.token, "title": "a"], file: ("data", "v.mp4", video(bytes: 2 << 20)))
        let head = """
            POST /douyin/publish/action/ HTTP/1.1\r\nHost: a\r\nContent-Length: \(form.body.count)\r\n\
            Content-Type: \(Multipart.headers["Content-Type"] ?? "")\r\n\r\n
            """
        try await socket.write(Array(head.utf8) + Array(form.body.prefix(1 << 20)))
        try await eventually("a file of the upload") { !entries(server.directory + "/uploads").isEmpty }
        return socket
    }

    @Test("an upload that breaks off leaves nothing behind, and neither does a server that is killed during one")
    func abortedUploads() async throws {
        let server = try await ServerProcess.start()
        let ana = try await join("ocyss", REST(port: server.port))
        var socket: RawSocket? = try await begin(server, ana)
        #expect(socket != nil)
        socket = nil
        try await eventually("the file to go") { entries(server.directory + "/uploads").isEmpty }
        #expect(mediaFiles(server.directory).isEmpty)

        socket = try await begin(server, ana)
        try await server.killHard()
        #expect(!entries(server.directory + "/uploads").isEmpty)
        server.leaveDirectory()
        let next = try await ServerProcess.start(in: server.directory)
        #expect(entries(next.directory + "/uploads").isEmpty)
        let list = try await REST(port: next.port).get("/douyin/publish/list/?token=\(ana.token)")
        #expect((list["video_list"] as? [Any])?.isEmpty == true)
    }

    @Test(
        "a disk that fills up during an upload keeps nothing of it, and takes the next when there is room",
        .enabled(if: SmallDisk.isPossible, "file systems cannot be mounted here"))
    func fullDisk() async throws {
        let disk = try SmallDisk(megabytes: 12)
        let server = try await ServerProcess.start(["--disk-reserve", "0"], in: disk.path + "/data")
        let rest = REST(port: server.port)
        let ana = try await join("ocyss", rest)
        try disk.fill()
        let refused = try await upload(video(bytes: 2 << 20), by: ana, rest)
        #expect(refused.status == 200 && refused["status_code"] as? Int == 1, "\(refused.text)")
        #expect(!refused.text.contains("SQLite") && !refused.text.contains(disk.path))
        disk.free()
        // Its copy beside it does not fit: that one is found when it is already whole.
        let large = try await upload(video(bytes: 8 << 20), by: ana, rest)
        #expect(large["status_code"] as? Int == 1, "\(large.text)")
        #expect(entries(server.directory + "/uploads").isEmpty && mediaFiles(server.directory).isEmpty)
        let taken = try await upload(video(bytes: 1 << 20), by: ana, rest)
        #expect(taken["status_code"] as? Int == 0, "\(taken.text)")
        try await server.killHard()
    }
}
