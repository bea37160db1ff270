import Foundation
import TestKit
import Testing

/// The article API against the real server: each route, as its document prints it and as its client sends it.
@Suite("The article world", .inTurn)
struct ArticleWorldTests {
    /// A call and what comes back.
    private struct Step {
        var method: String
        var path: String
        /// Whose tokens go along; nil for none.
        var token: String?
        var form: String?
        var status: Int
        /// What the answer says; nil for whatever it says.
        var message: String?

        init(
            _ method: String, _ path: String, by token: String? = nil, form: String? = nil, _ status: Int = 200,
            _ message: String? = "success"
        ) {
            self.method = method
            self.path = path
            self.token = token
            self.form = form
            self.status = status
            self.message = message
        }
    }

    /// In this order: each builds on those before it; `access`, `refresh` and `other` are tokens.
    private static let steps: [Step] = [
        Step("GET", "/testmysql", 200, nil), Step("GET", "/testredis", 200, nil),
        Step("POST", "/users/register/?username=hjj&password=secret", 200, "成功注册"),
        Step("POST", "/users/register/?username=hjj&password=secret", 400, "该用户已存在"),
        Step("POST", "/users/register/?username=hjj", 400, "password error"),
        Step("POST", "/users/register/?username=other&password=secret", 200, "成功注册"),
        Step("POST", "/users/login/?username=hjj&password=wrong", 400, "密码错误"),
        Step("POST", "/users/login/?username=nobody&password=x", 404, "该用户不存在"),
        Step("POST", "/users/login/?username=other&password=secret"),
        Step("POST", "/users/login/?username=hjj&password=secret"),
        Step("GET", "/users/login/", by: "refresh"), Step("GET", "/users/login/", by: "access", 400, "Invalid token"),
        Step("GET", "/users/login/", 401, "Missing token"),
        Step("GET", "/users/information/", by: "access"), Step("GET", "/users/information/", 401, "Missing token"),
        Step("GET", "/users/information/", by: "nonsense", 400, "Invalid token"),
        Step("PUT", "/users/changes/username/?username=test", by: "access"),
        Step("PUT", "/users/changes/username/?username=other", by: "access", 400, "该用户已存在"),
        Step("PUT", "/users/changes/username/", by: "access", 400, "username error"),
        Step("PUT", "/users/changes/head/", by: "access", 400, "head_image error"),
        Step(
            "POST", "/articles/editor/?title=title&content=content&create_time=2024/2/6%2013:8:24", by: "access", 200,
            "添加成功"),
        Step("POST", "/articles/editor/?title=title&content=content", by: "access", 400, "create_time error"),
        Step("POST", "/articles/editor/?title=a&content=b&create_time=c", 401, "Missing token"),
        Step("POST", "/articles/editor/?title=mine&content=b&create_time=c", by: "other", 200, "添加成功"),
        Step("GET", "/articles/mine", by: "access"), Step("GET", "/articles/mine", 401, "Missing token"),
        Step("GET", "/articles/hot", by: "access"), Step("GET", "/articles/hot", 401, "Missing token"),
        Step("GET", "/articles/new", by: "access"), Step("GET", "/articles/new", 401, "Missing token"),
        Step("PUT", "/articles/1/likes/", by: "access", form: "status=1", 200, "点赞成功"),
        Step("PUT", "/articles/1/likes/", by: "access", form: "status=2", 400, "status error"),
        Step("PUT", "/articles/9/likes/", by: "access", form: "status=1", 404, "Article not found"),
        Step("GET", "/articles/likes", by: "access"), Step("GET", "/articles/likes", 401, "Missing token"),
        Step("PUT", "/articles/1/collections/", by: "access", form: "status=1", 200, "收藏成功"),
        Step("PUT", "/articles/1/collections/", by: "access", 400, "status error"),
        Step("PUT", "/articles/9/collections/", by: "access", form: "status=1", 404, "Article not found"),
        Step("GET", "/articles/collections", by: "access"), Step("GET", "/articles/collections", 401, "Missing token"),
        Step("PUT", "/articles/1/hits/", by: "access"), Step("PUT", "/articles/1/hits/"),
        Step("PUT", "/articles/9/hits/", 404, "Article not found"),
        Step("POST", "/articles/1/comments/?comment=comment&time=now&last_cid=0&level=1", by: "access", 200, "评论成功"),
        Step("POST", "/articles/1/comments/?comment=kid&time=now&last_cid=1&level=2", by: "other", 200, "评论成功"),
        Step(
            "POST", "/articles/1/comments/?comment=a&time=now&last_cid=9&level=2", by: "access", 400, "last_cid error"),
        Step(
            "POST", "/articles/9/comments/?comment=a&time=now&last_cid=0&level=1", by: "access", 404,
            "Article not found"),
        Step("POST", "/articles/1/comments/?comment=a&time=now&last_cid=0&level=1", 401, "Missing token"),
        Step("GET", "/articles/1/comments/"), Step("GET", "/articles/9/comments/", 404, "Article not found"),
        Step("DELETE", "/articles/1", by: "other", 403, "forbidden"),
        Step("DELETE", "/articles/1", 401, "Missing token"),
        Step("DELETE", "/articles/1", by: "access", 200, "删除成功"),
        Step("DELETE", "/articles/1", by: "access", 404, "Article not found"),
        Step("DELETE", "/articles/2/del/", by: "other", 200, "删除成功"),
        Step("PUT", "/users/changes/password/?old_password=x&new_password=y", by: "access", 400, "与原密码不同"),
        Step("POST", "/users/exit/", 401, "Missing token"), Step("POST", "/users/exit/", by: "access", 200, "退出成功"),
        Step("POST", "/users/exit/", by: "access", 401, "Token has been revoked"),
        Step("GET", "/users/login/", by: "refresh", 401, "Token has been revoked"),
        Step("PUT", "/users/changes/password/?old_password=secret&new_password=new", by: "other"),
        Step("GET", "/users/information/", by: "other", 401, "Token has been revoked"),
        Step("POST", "/users/login/?username=other&password=new"),
        Step("GET", "/users/images/files/nothing", 404, "Not found"),
        Step("PATCH", "/articles/1", 404, "Not found"), Step("GET", "/articles/", 404, "Not found"),
    ]

    @Test("each route, with its successes and its refusals, without the server being asked for anything else between")
    func everyRoute() async throws {
        let server = try await ServerProcess.start()
        let rest = REST(port: server.port)
        var tokens = ["nonsense": "Bearer eyJhbGciOiJIUzI1NiJ9"]
        for step in Self.steps {
            var headers: [String: String] = [:]
            if let token = step.token { headers["Authorization"] = tokens[token] ?? "nobody logged in" }
            if step.form != nil { headers["Content-Type"] = "application/x-www-form-urlencoded" }
            let answer = try await rest.send(step.method, step.path, headers, step.form.map { Data($0.utf8) })
            #expect(answer.status == step.status, "\(step): \(answer.text)")
            if let message = step.message {
                #expect(answer["code"] as? Int == step.status, "\(step): \(answer.text)")
                #expect(answer["msg"] as? String == message, "\(step): \(answer.text)")
            }
            if step.method == "POST", step.path.hasPrefix("/users/login"), answer.status == 200 {
                let name = step.path.contains("username=other") ? "other" : "access"
                tokens[name] = answer["access_token"] as? String
                if name == "access" { tokens["refresh"] = answer["refresh_token"] as? String }
            }
        }
        #expect(try await rest.get("/").text.contains("hello world"))
        #expect(try await rest.get("/testheadimages").headers["content-type"] == "image/png")
        #expect(!server.logText.contains("secret") && !server.logText.contains("error"), "\(server.logText)")
    }

    /// Each request of the document, in its spelling, with `{}` as the body where it prints one.
    private static let printed: [(method: String, path: String, body: String?, keys: Set<String>)] = [
        ("GET", "/users/information/", nil, ["code", "msg", "data"]),
        ("GET", "/articles/mine", "{}", ["code", "msg", "data"]),
        ("GET", "/articles/collections", "{}", ["code", "msg", "data"]),
        ("GET", "/articles/likes", nil, ["code", "msg", "data"]),
        ("GET", "/articles/hot", "{}", ["code", "msg", "data"]),
        ("GET", "/articles/new", "{}", ["code", "msg", "data"]),
        ("GET", "/articles/1/comments/", nil, ["code", "msg", "data"]),
        ("PUT", "/articles/1/hits/", nil, ["code", "msg"]),
    ]

    @Test("the document's own requests answer what the document's own answers hold")
    func examples() async throws {
        let server = try await ServerProcess.start()
        var rest = REST(port: server.port)
        let picture = Multipart(file: ("head_image", "C:\\Users\\72947\\Desktop\\R-C.jpg", Data(Picture.png)))
        let registered = try await rest.send(
            "POST", "/users/register/?username=admin&password=test", Multipart.headers, picture.body)
        #expect(registered.text == #"{"code":200,"msg":"成功注册"}"#)
        let login = try await rest.send("POST", "/users/login/?username=admin&password=test")
        #expect(Set((login.json as? [String: Any] ?? [:]).keys) == ["access_token", "code", "msg", "refresh_token"])
        let authorization = ["Authorization": try #require(login["access_token"] as? String)]
        let written = try await rest.send(
            "POST", "/articles/editor/?title=title&content=content&create_time=2024%2F2%2F6+13%3A8%3A24", authorization)
        #expect(written.status == 200)
        for (number, level, parent) in [(1, 1, 0), (2, 1, 0), (3, 1, 0), (4, 2, 1), (5, 2, 1)] {
            let answer = try await rest.send(
                "POST",
                "/articles/1/comments/?comment=comment&time=2024%2F2%2F11+20%3A49%3A24&last_cid=\(parent)&level=\(level)",
                authorization)
            #expect(answer["msg"] as? String == "评论成功", "\(number)")
        }
        for status in ["likes", "collections"] {
            // As its YAML prints it, and as a form.
            let answer = try await rest.send(
                "PUT", "/articles/1/\(status)/",
                authorization.merging(["Content-Type": "application/x-www-form-urlencoded"]) { $1 },
                Data("status=1".utf8))
            #expect(answer.status == 200)
            let bad = try await rest.send(
                "PUT", "/articles/1/\(status)/",
                authorization.merging(["Content-Type": "application/x-www-form-urlencoded"]) { $1 },
                Data("status=string".utf8))
            #expect(bad.text == #"{"code":400,"msg":"status error"}"#)
        }
        for call in Self.printed {
            // By hand: the system's client sends no body with a GET.
            let socket = try RawSocket.connect(port: server.port)
            let body = call.body ?? ""
            let type =
                call.body == nil ? "" : "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
            try await socket.write(
                Array(
                    """
                    \(call.method) \(call.path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
                    Authorization: \(authorization["Authorization"] ?? "")\r\n\(type)\r\n\(body)
                    """.utf8))
            let head = try await socket.readHead()
            #expect(head.status == 200, "\(call): \(head.body)")
            let json = try JSONSerialization.jsonObject(with: Data(head.body.utf8)) as? [String: Any]
            #expect(Set((json ?? [:]).keys) == call.keys)
        }
        rest.token = String((authorization["Authorization"] ?? "").dropFirst(7))
        let articles = try await rest.get("/articles/mine")["data"] as? [[String: Any]]
        let article = try #require(articles?.first)
        #expect(
            Set(article.keys) == [
                "author", "collect_status", "collects", "comments", "content", "hits", "id", "like_status", "likes",
                "time", "title",
            ])
        #expect(article["time"] as? String == "2024/2/6 13:8:24" && article["comments"] as? Int == 5)
        let comments = try await rest.get("/articles/1/comments/")["data"] as? [[String: Any]] ?? []
        #expect(comments.map { $0["cid"] as? Int } == [1, 2, 3])
        #expect((comments[0]["kid_comments"] as? [[String: Any]])?.map { $0["cid"] as? Int } == [4, 5])
        let changed = try await rest.send(
            "PUT", "/users/changes/head/", Multipart.headers,
            Multipart(file: ("head_image", "a", Data(Picture.png))).body)
        #expect(changed.text == #"{"code":200,"msg":"success"}"#)
        let broken = try await rest.send(
            "PUT", "/users/changes/head/", Multipart.headers,
            Multipart(file: ("head_image", "a.png", Data("<html>".utf8))).body)
        #expect(broken.status == 400 && broken["code"] as? Int == 400)
        // The picture is where the article says it is, for whoever asks.
        let author = try #require(article["author"] as? [String: Any])
        let image = try #require(author["head_image"] as? String)
        #expect(image.hasPrefix("http://127.0.0.1:\(server.port)/users/images/files/"))
        let shown = try await REST(port: server.port).get(
            String(image.dropFirst("http://127.0.0.1:\(server.port)".count)))
        #expect(shown.data == Data(Picture.png) && shown.headers["content-type"] == "image/png")
    }

    @Test("a query of 64 KiB is taken whole, a longer one refused in the world's shape, and neither is logged")
    func longQueries() async throws {
        let server = try await ServerProcess.start(["--log-level", "trace", "--public-url", "https://run.example.org"])
        let rest = REST(port: server.port)
        _ = try await rest.send("POST", "/users/register/?username=ana&password=unspeakable")
        let login = try await rest.send("POST", "/users/login/?username=ana&password=unspeakable")
        let headers = ["Authorization": try #require(login["access_token"] as? String)]
        let start = "title=t&create_time=now&content="
        let content = String(repeating: "%E8%B7%91%0A", count: 5000) + "diary"
        let query = start + content + String(repeating: "x", count: (64 << 10) - start.utf8.count - content.utf8.count)
        #expect(query.utf8.count == 64 << 10)
        let written = try await rest.send("POST", "/articles/editor/?\(query)", headers)
        #expect(written.status == 200, "\(written.text.prefix(200))")
        let articles = try await rest.send("GET", "/articles/new", headers)["data"] as? [[String: Any]]
        #expect((articles?.first?["content"] as? String)?.hasPrefix("跑\n跑\n") == true)
        let author = articles?.first?["author"] as? [String: Any]
        #expect((author?["head_image"] as? String)?.hasPrefix("https://run.example.org/users/images/files/") == true)
        let long = try await rest.send(
            "POST", "/articles/editor/?\(query)\(String(repeating: "x", count: 2048))", headers)
        #expect(long.status == 414 && long["code"] as? Int == 414)
        for secret in ["unspeakable", "diary", headers["Authorization"] ?? ""] {
            #expect(!server.logText.contains(secret))
        }
    }
}
