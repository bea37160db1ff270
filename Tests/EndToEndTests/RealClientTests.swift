import Foundation
import TestKit
import Testing

/// The calls of the running app 天天乐跑, page by page, as its mini-program makes them.
///
/// The test below is its call table in its own order. The app as published sends its token with `tokenCheck` alone and
/// is served where that was asked for (`--legacy-clients on`); one that was built anew sends it with every call.
@Suite("The running app", .inTurn)
struct RealClientTests {
    enum Build: String, CaseIterable, CustomTestStringConvertible {
        case published, withTokenHeader

        var flags: [String] { self == .published ? ["--legacy-clients", "on", "--cors-origins", "none"] : [] }
        var testDescription: String { rawValue }
    }

    /// The mini-program on one phone.
    private struct MiniProgram {
        let port: Int
        let sendsTokenAlways: Bool
        var token = ""

        /// `wx.request`: the content type is JSON unless the page says something else, and so is the body of a DELETE.
        func request(
            _ method: String, _ path: String, _ data: [String: Any]? = nil,
            headers: [(name: String, value: String)]? = nil
        ) async throws -> Caller.Answer {
            var fields = headers ?? []
            if !fields.contains(where: { $0.name == "content-type" }) {
                fields.append(("content-type", "application/json"))
            }
            let body = try data.map { Array(try JSONSerialization.data(withJSONObject: $0)) } ?? []
            return try await send(Caller.Request(method, path, headers: fields, body: body))
        }

        /// `wx.uploadFile`: fields first, then the file.
        func upload(
            _ path: String, file name: String, _ content: [UInt8], fields: [(String, String)], contentType: String
        ) async throws -> Caller.Answer {
            var form = MultipartBody()
            for (name, value) in fields { form.field(name, value) }
            form.file(name, content, filename: "wxfile_tmp_3f2.png")
            return try await send(
                Caller.Request("POST", path, headers: [("content-type", contentType)], body: form.whole))
        }

        /// An image tag.
        func image(_ path: String, method: String = "GET") async throws -> Caller.Answer {
            try await Caller(port: port).send(Caller.Request(method, path))
        }

        func tokenCheck() async throws -> Caller.Answer {
            try await request("POST", "/api/users/tokenCheck", headers: [("Authorization", "Bearer \(token)")])
        }

        private func send(_ request: Caller.Request) async throws -> Caller.Answer {
            var request = request
            if sendsTokenAlways, !token.isEmpty, !request.headers.contains(where: { $0.name == "Authorization" }) {
                request.headers.append(("Authorization", "Bearer \(token)"))
            }
            return try await Caller(port: port).send(request)
        }
    }

    @Test("every call of every page works, in the app's order, with its headers and bodies", arguments: Build.allCases)
    func callTable(build: Build) async throws {
        let server = try await ServerProcess.start(build.flags)
        var app = MiniProgram(port: server.port, sendsTokenAlways: build == .withTokenHeader)

        // The login page asks about a token that it does not have yet.
        #expect([401, 403].contains(try await app.tokenCheck().status))
        try await signUp(&app, as: "小跑")
        try await showMyPage(app, as: "小跑")
        try await runAlone(app, as: "小跑")
        var other = MiniProgram(port: server.port, sendsTokenAlways: build == .withTokenHeader)
        try await signUp(&other, as: "ben")
        try await runTogether(app, as: "小跑", with: other, as: "ben")
        try await readAndWrite(app, as: "小跑")

        // The assistant.
        let asked = try await app.request(
            "POST", "/api/chat", ["messages": [["role": "user", "content": "跑步前怎么热身？"]]])
        #expect(asked.status == 200, "\(asked)")
        let choices = try #require(asked["choices"] as? [[String: Any]])
        let message = try #require(choices.first?["message"] as? [String: Any])
        #expect(message["role"] as? String == "assistant" && (message["content"] as? String)?.isEmpty == false)

        if build == .published {
            // Somebody who has only registered has shown nothing that would stand for a token.
            let cyd = MiniProgram(port: server.port, sendsTokenAlways: false)
            #expect(
                try await cyd.request("POST", "/api/users", ["username": "cyd", "password": "secret"]).status == 200)
            let refused = try await cyd.request(
                "PUT", "/api/users/update/nickname", ["username": "cyd", "nickname": "C"])
            #expect(refused.status == 401, "\(refused)")
        }
        #expect(!server.logText.contains(" error "), "\(server.logText)")
        #expect(try await server.terminate() == .exit(0))
    }

    // MARK: - Pages

    private func signUp(_ app: inout MiniProgram, as name: String) async throws {
        let credentials = ["username": name, "password": "跑步123"]
        #expect(try await app.request("POST", "/api/users/login", credentials).status == 404)
        #expect(try await app.request("POST", "/api/users", credentials).status == 200)
        let taken = try await app.request("POST", "/api/users", credentials)
        #expect(taken.status == 400 && taken["message"] as? String == "Username already exists")
        let wrong = try await app.request("POST", "/api/users/login", ["username": name, "password": "x"])
        #expect(wrong.status == 401)

        let login = try await app.request("POST", "/api/users/login", credentials)
        #expect(login.status == 200)
        app.token = try #require(login["token"] as? String)
        let user = try #require(login["user"] as? [String: Any])
        #expect(user["username"] as? String == name && user["nickname"] as? String == name)
        #expect((user["profilepic"] as? String)?.hasPrefix("/api/users/profilepic/") == true)
        #expect(try await app.tokenCheck().status == 200)
    }

    private func showMyPage(_ app: MiniProgram, as name: String) async throws {
        #expect(try await app.tokenCheck().status == 200)
        let path = "/api/users/profilepic/" + (name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
        let generated = try await app.image(path)
        #expect(generated.status == 200 && generated.head.headers["content-type"] == "image/png")

        let renamed = try await app.request(
            "PUT", "/api/users/update/nickname", ["username": name, "nickname": "跑者一号"])
        #expect(renamed.status == 200, "\(renamed)")
        #expect(
            try await app.request(
                "PUT", "/api/users/update/nickname", ["username": "nobody", "nickname": "x"]
            ).status != 200)

        // The content type is set by hand, and one platform then leaves the boundary out.
        for (picture, type) in [(Picture.gif, MultipartBody().contentType), (Picture.png, "multipart/form-data")] {
            let uploaded = try await app.upload(
                "/api/users/update/profilepic", file: "profilePicture", picture, fields: [("username", name)],
                contentType: type)
            #expect(uploaded.status == 200, "\(uploaded)")
            #expect(uploaded["profilepic"] as? String == path)
            let shown = try await app.image(path + "?t=1732350000000")
            #expect(shown.status == 200 && shown.head.bytes == picture)
        }
        let asked = try await app.image(path, method: "HEAD")
        #expect(asked.status == 200 && asked.head.headers["content-length"] == "\(Picture.png.count)")
    }

    private func runAlone(_ app: MiniProgram, as name: String) async throws {
        #expect(try await app.tokenCheck().status == 200)
        let reported = try await app.request(
            "PUT", "/api/users/run/data",
            ["username": name, "runData": ["meters": 1200, "seconds": 400, "running": true, "pace": "5:33"]])
        #expect(reported.status == 200, "\(reported)")

        // A long run is more than the 100 KB that the original server took.
        let markers = (1...3000).map { id in
            ["latitude": 40.0 + Double(id) / 100_000, "longitude": 116.326, "id": id] as [String: Any]
        }
        for meters in [5000, 3200] {
            let record: [String: Any] = [
                "meters": meters, "seconds": 1500.5, "markers": markers, "start": "2024-12-09T10:00:00.000Z",
                "end": "2024-12-09T10:25:00.500Z",
            ]
            let stored = try await app.request(
                "POST", "/api/users/run/record", ["username": name, "runRecord": record], headers: [])
            #expect(stored.status == 200, "\(stored)")
        }

        let path = "/api/users/run/records/" + (name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
        let records = try #require(try await app.request("GET", path)["records"] as? [[String: Any]])
        #expect(records.map { $0["runId"] as? Int } == [1, 2])
        #expect(records.map { $0["meters"] as? Int } == [5000, 3200])
        let shown = try #require(records.first)
        #expect(shown["seconds"] as? Double == 1500.5 && shown["start"] as? String == "2024-12-09T10:00:00.000Z")
        #expect(shown["end"] as? String == "2024-12-09T10:25:00.500Z" && shown["timestamp"] is String)
        #expect((shown["_id"] as? String)?.count == 24)
        let kept = try #require(shown["markers"] as? [[String: Any]])
        #expect(kept.count == 3000 && kept.first?["id"] as? Int == 1)

        let paged = try await app.request("GET", path + "?page=2&limit=1")
        let pagination = try #require(paged["pagination"] as? [String: Int])
        #expect(pagination == ["total": 2, "page": 2, "pages": 2])
        let detail = try await app.request("GET", path + "/2")
        #expect(detail.status == 200 && detail["meters"] as? Int == 3200)
        #expect(try await app.request("DELETE", path + "/2").status == 200)
        #expect(try await app.request("GET", path + "/2").status == 404)
        #expect(try await app.request("DELETE", path + "/2").status == 404)
    }

    private func runTogether(
        _ app: MiniProgram, as name: String, with other: MiniProgram, as otherName: String
    ) async throws {
        #expect(try await app.tokenCheck().status == 200)
        let room: [String: Any] = ["runID": "159", "password": "159"]
        let created = try await app.request("POST", "/api/runRoom/create", room)
        #expect(created.status == 201, "\(created)")
        let again = try await app.request("POST", "/api/runRoom/create", room)
        #expect(again.status == 400 && again["error"] as? String == "Room already exists")

        for (phone, who) in [(app, name), (other, otherName)] {
            let mine = room.merging(["username": who]) { $1 }
            #expect(try await phone.request("POST", "/api/runRoom/join", mine).status == 200)
            for update: [String: Any] in [
                [
                    "longitude": 116.326, "latitude": 40.003, "meters": 0, "seconds": 0, "running": false,
                    "in_room": true,
                ], ["longitude": 116.3261, "latitude": 40.0031, "in_room": true],
            ] {
                let updated = try await phone.request("POST", "/api/runRoom/update", mine.merging(update) { $1 })
                #expect(updated.status == 200 && (updated["message"] as? String)?.isEmpty == false, "\(updated)")
            }
        }
        // The start button sends no password.
        let started = try await app.request("POST", "/api/runRoom/start", ["runID": "159", "username": name])
        #expect(started.status == 200, "\(started)")
        let mine = room.merging(["username": name]) { $1 }
        let progress = try await app.request(
            "POST", "/api/runRoom/update", mine.merging(["meters": 120.5, "seconds": 40, "running": true]) { $1 })
        #expect(progress.status == 200 && progress["message"] is String, "\(progress)")

        let seen = try await app.request("GET", "/api/runRoom/159")
        #expect(seen["success"] as? Bool == true && seen["code"] as? String == "ROOM_FOUND")
        let runners = try #require((seen["data"] as? [String: Any])?["runners"] as? [[String: Any]])
        #expect(runners.map { $0["username"] as? String } == [name, otherName])
        let me = try #require(runners.first)
        #expect(me["nickname"] as? String == "跑者一号" && me["marathon_place"] as? String == "1")
        #expect(me["meters"] as? Double == 120.5 && me["running"] as? Bool == true && me["in_room"] as? Bool == true)
        #expect(abs((me["latitude"] as? Double ?? 0) - 40.0031) < 1e-5)
        #expect(abs((me["longitude"] as? Double ?? 0) - 116.3261) < 1e-5)
        #expect(runners.last?["marathon_place"] as? String == "N/A" && me["seconds"] is NSNumber)

        let paused = try await app.request(
            "POST", "/api/runRoom/update",
            mine.merging([
                "running": false, "meters": 121, "seconds": 42, "longitude": 116.3262, "latitude": 40.0032,
            ]) { $1 })
        #expect(paused.status == 200)
        // The end of a run, as of one alone.
        let record: [String: Any] = [
            "meters": 121, "seconds": 42, "markers": [], "start": "2024-12-09T10:00:00.000Z",
            "end": "2024-12-09T10:00:42.000Z",
        ]
        #expect(
            try await app.request("POST", "/api/users/run/record", ["username": name, "runRecord": record]).status
                == 200)

        // Who leaves looks first whether somebody is left, and deletes the room behind themselves if not.
        for (phone, who, left) in [(app, name, 2), (other, otherName, 1)] {
            let looked = try await phone.request("GET", "/api/runRoom/159")
            let there = (looked["data"] as? [String: Any])?["runners"] as? [[String: Any]] ?? []
            #expect(there.count { $0["in_room"] as? Bool == true } == left)
            if left > 1 {
                let gone = try await phone.request("POST", "/api/runRoom/leave", room.merging(["username": who]) { $1 })
                #expect(gone.status == 200, "\(gone)")
            } else {
                #expect(try await phone.request("DELETE", "/api/runRoom/delete", room).status == 200)
            }
        }
        #expect(try await app.request("GET", "/api/runRoom/159").status == 404)
    }

    private func readAndWrite(_ app: MiniProgram, as name: String) async throws {
        #expect(try await app.tokenCheck().status == 200)
        let posts = "/api/users/share/posts"
        #expect((try await app.request("GET", posts)["posts"] as? [Any])?.isEmpty == true)
        let plain = try await app.request(
            "POST", posts, ["title": "早上好", "content": "今天跑了五公里", "username": name])
        #expect(plain.status == 200, "\(plain)")

        // A request for each image, all at the same moment.
        let pictures = [Picture.png, Picture.gif, Picture.webP]
        let fields = [("title", "公园"), ("content", "三张照片"), ("username", name)]
        let answers = try await withThrowingTaskGroup(of: (Int, String?).self) { group in
            for picture in pictures {
                group.addTask {
                    let answer = try await app.upload(
                        posts, file: "images", picture, fields: fields, contentType: MultipartBody().contentType)
                    return (answer.status, answer["message"] as? String)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.0 == 200 })
        #expect(answers.count { $0.1 == "Post created successfully" } == 1)
        #expect(answers.count { $0.1 == "Image added to existing post" } == 2)

        let listed = try #require(try await app.request("GET", posts)["posts"] as? [[String: Any]])
        #expect(listed.map { $0["title"] as? String } == ["早上好", "公园"], "oldest first: the page reverses them")
        let post = try #require(listed.last)
        let images = try #require(post["images"] as? [String])
        #expect(images.count == 3 && post["commentCount"] as? Int == 0 && post["likes"] as? Int == 0)
        var shown: [[UInt8]] = []
        for image in images { shown.append(try await app.image("/api/users/posts/images/\(image)").head.bytes) }
        #expect(Set(shown) == Set(pictures))

        let id = try #require(post["postId"] as? Int)
        let path = "\(posts)/\(id)"
        func liked() async throws -> Bool? {
            try await app.request("POST", path + "/ifLikedPost", ["username": name])["liked"] as? Bool
        }
        #expect(try await liked() == false)
        #expect(try await app.request("POST", path + "/likePost", ["postId": id, "username": name]).status == 200)
        #expect(try await liked() == true)
        #expect(try await app.request("POST", path + "/unlikePost", ["postId": id, "username": name]).status == 200)
        #expect(try await liked() == false)
        #expect(
            try await app.request("POST", path + "/comments", ["username": name, "content": "加油！"]).status == 200)

        let detail = try #require(try await app.request("GET", path)["post"] as? [String: Any])
        #expect((detail["author"] as? [String: Any])?["nickname"] as? String == "跑者一号")
        #expect(detail["createdAt"] is String && detail["title"] as? String == "公园")
        #expect(detail["content"] as? String == "三张照片" && detail["likes"] as? Int == 0)
        let comments = try #require(detail["comments"] as? [[String: Any]])
        #expect(detail["commentCount"] as? Int == 1 && comments.count == 1)
        #expect(comments.first?["content"] as? String == "加油！" && comments.first?["createdAt"] is String)
        #expect((comments.first?["author"] as? [String: Any])?["nickname"] as? String == "跑者一号")
    }
}
