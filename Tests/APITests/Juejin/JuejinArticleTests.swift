import Foundation
import HTTPTypes
import LWS
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Articles: lists, reactions and comments")
struct JuejinArticleTests {
    @Test("an article is a post, and a post is an article")
    func oneForum() async throws {
        try await withAPI { api in
            let access = try await api.enter().access
            let id = try await api.writeArticle(access, "标题", content: "one\ntwo")
            let post = try await api.send(.get, "/api/users/share/posts/\(id)")
            #expect(post.json["post"]?["title"] == "标题" && post.json["post"]?["content"] == "one\ntwo")
            try await api.makePost("Morning", token: String(access.dropFirst(7)))
            let mine = try await api.call(.get, "/articles/mine", access)
            #expect(mine.json["code"] == 200 && mine.json["msg"] == "success")
            #expect(mine.json["data"]?[0]?["time"] == "2024/2/6 13:8:24")
            #expect(mine.json["data"]?[1]?["title"] == "Morning")
            #expect(
                mine.json["data"]?[1]?["time"] == .string(JuejinJSON.time(api.clock.now)),
                "a post of another world gets a time in the client's format")
            #expect(
                mine.json["data"]?[0]?.names == [
                    "id", "title", "content", "hits", "likes", "like_status", "collects", "collect_status", "comments",
                    "author", "time",
                ])
            // Deleted there, gone here.
            _ = try await api.send(.delete, "/api/users/share/posts/\(id)", [:], token: String(access.dropFirst(7)))
            #expect(try await api.articleIDs("/articles/mine", access) == [2])
        }
    }

    @Test("times without padding, as the client writes them")
    func times() {
        setenv("TZ", "UTC", 1)
        tzset()
        #expect(JuejinJSON.time(1_707_224_904_999) == "2024/2/6 13:8:24")
        #expect(JuejinJSON.time(0) == "1970/1/1 0:0:0")
    }

    @Test("articles of 64 KiB travel in the query, line breaks and all")
    func long() async throws {
        try await withAPI { api in
            let access = try await api.enter().access
            let content = String(repeating: "跑步\r\n", count: 2000)
            let id = try await api.writeArticle(access, content: content)
            let mine = try await api.call(.get, "/articles/mine", access)
            #expect(mine.json["data"]?[0]?["content"] == .string(content))
            #expect(id == 1)
            // A megabyte in a form.
            let body = "title=t&create_time=now&content=" + String(repeating: "x", count: 1_000_000)
            #expect(try await api.call(.post, "/articles/editor/", access, form: body).status == 200)
            #expect(try await api.call(.post, "/articles/editor/", access, form: body + "x").status == 400)
        }
    }

    @Test("each list in its order")
    func lists() async throws {
        try await withAPI { api in
            let ana = try await api.enter().access, bob = try await api.enter("bob").access
            for number in 1...3 { try await api.writeArticle(ana, "\(number)") }
            try await api.writeArticle(bob, "4")
            for (id, reader) in [(2, ana), (3, ana), (3, bob)] {
                #expect(try await api.call(.put, "/articles/\(id)/hits/", reader).status == 200)
            }
            for id in [2, 4, 1] {
                api.clock.advance(seconds: 1)
                #expect(try await api.call(.put, "/articles/\(id)/likes/", bob, form: "status=1").status == 200)
                #expect(
                    try await api.call(.put, "/articles/\(5 - id)/collections/?status=1", bob).line
                        == #"200 {"code":200,"msg":"收藏成功"}"#)
            }
            #expect(try await api.articleIDs("/articles/mine", ana) == [1, 2, 3])
            #expect(try await api.articleIDs("/articles/new/", ana) == [4, 3, 2, 1])
            #expect(try await api.articleIDs("/articles/hot", ana) == [3, 2, 4, 1])
            #expect(try await api.articleIDs("/articles/likes", bob) == [1, 4, 2])
            #expect(try await api.articleIDs("/articles/collections", bob) == [4, 1, 3])
            #expect(try await api.articleIDs("/articles/likes", ana) == [])
            #expect(try await api.articleIDs("/articles/new?page=2&page_size=3", ana) == [1])
            #expect(try await api.articleIDs("/articles/new?page_size=2", ana) == [4, 3])
            #expect(try await api.articleIDs("/articles/new?page=9", ana) == [])
            // Deleted articles vanish from everybody's lists.
            #expect(try await api.call(.delete, "/articles/4/del/", bob).status == 200)
            #expect(try await api.articleIDs("/articles/likes", bob) == [1, 2])
        }
    }

    @Test("a long list comes whole")
    func manyArticles() async throws {
        try await withAPI { api in
            let access = try await api.enter().access
            for number in 1...45 { try await api.writeArticle(access, "\(number)") }
            #expect(try await api.articleIDs("/articles/mine", access) == Array(1...45))
        }
    }

    @Test("likes and collections are each reader's own, and repeating changes nothing")
    func reactions() async throws {
        try await withAPI { api in
            let ana = try await api.enter().access, bob = try await api.enter("bob").access
            try await api.writeArticle(ana)
            for _ in 0..<3 {
                let liked = try await api.call(.put, "/articles/1/likes/", bob, form: "status=1")
                #expect(liked.line == #"200 {"code":200,"msg":"点赞成功"}"#)
                _ = try await api.call(.put, "/articles/1/collections/", bob, form: "status=1")
            }
            func states(_ reader: String) async throws -> [JSONValue?] {
                let article = try await api.call(.get, "/articles/new", reader).json["data"]?[0]
                return ["likes", "like_status", "collects", "collect_status"].map { article?[$0] }
            }
            #expect(try await states(bob) == [1, 1, 1, 1])
            #expect(try await states(ana) == [1, 0, 1, 0])
            for _ in 0..<2 {
                _ = try await api.send(
                    .put, "/articles/1/likes", ["status": 0], headers: [.authorization: bob])
                _ = try await api.call(.put, "/articles/1/collections", bob, form: "status=0")
            }
            #expect(try await states(bob) == [0, 0, 0, 0])
            // Liked there, liked here.
            _ = try await api.send(
                .post, "/api/users/share/posts/1/likePost", [:], token: String(bob.dropFirst(7)))
            #expect(try await states(bob) == [1, 1, 0, 0])
            _ = try await api.call(.put, "/articles/1/collections", bob, form: "status=1")
            _ = try await api.send(.delete, "/api/users/delete", ["username": "bob", "password": "secret"])
            #expect(try await states(ana) == [0, 0, 0, 0], "what a deleted account liked is no longer counted")
        }
    }

    @Test("a reader counts once in thirty seconds, a stranger by address")
    func hits() async throws {
        try await withAPI { api in
            let access = try await api.enter().access
            try await api.writeArticle(access)
            func hit(_ authorization: String? = nil, from address: String = "192.0.2.1") async throws -> JSONValue? {
                let answer = try await api.call(.put, "/articles/1/hits/", authorization, from: address)
                #expect(answer.line == #"200 {"code":200,"msg":"success"}"#)
                return try await api.call(.get, "/articles/new", access).json["data"]?[0]?["hits"]
            }
            #expect(try await hit(access) == 1)
            #expect(try await hit(access, from: "192.0.2.9") == 1)
            #expect(try await hit() == 2)
            #expect(try await hit() == 2)
            #expect(try await hit(from: "2001:db8::1") == 3)
            #expect(try await hit(from: "2001:db8::2") == 3, "a subscriber has many addresses")
            api.clock.advance(seconds: 29)
            #expect(try await hit(access) == 3)
            api.clock.advance(seconds: 1)
            #expect(try await hit(access) == 4)
            // The clock is set back: nobody waits for it.
            api.clock.advance(seconds: -3600)
            #expect(try await hit(access) == 5)
            #expect(try await hit(access) == 5)
            #expect(try await api.call(.put, "/articles/1/hits/", "Bearer x").status == 400)
        }
    }

    @Test("a stranger counts no oftener than an account may change something")
    func strangers() async throws {
        var limits = RateLimits()
        limits.accountChanges = RateLimit(burst: 2, perMinute: 1)
        try await withAPI(limits: limits) { api in
            let access = try await api.enter().access
            try await api.writeArticle(access)
            for expected in [200, 200, 429] {
                let answer = try await api.call(.put, "/articles/1/hits", from: "192.0.2.7")
                #expect(answer.status == expected)
            }
            #expect(try await api.call(.put, "/articles/1/hits", from: "192.0.2.8").status == 200)
        }
    }

    @Test("every parsed form is taken: a reaction in a multipart one too")
    func multipart() async throws {
        try await withAPI { api in
            let access = try await api.enter().access
            try await api.writeArticle(access)
            let token = String(access.dropFirst(7))
            let answer = try await api.sendForm(.put, "/articles/1/likes/", [("status", "1")], token: token)
            #expect(answer.line == #"200 {"code":200,"msg":"点赞成功"}"#)
            for (method, path) in [
                (HTTPRequest.Method.put, "/articles/1/likes"), (.post, "/users/login"), (.post, "/douyin/user/login"),
            ] {
                let head = HTTPRequestHead(
                    method: method, target: path, path: path.split(separator: "/").map(String.init), query: [],
                    headers: [:], remoteAddress: "")
                #expect(api.responder.bodyPolicy(for: head).parsesMultipart)
            }
        }
    }

    @Test("comments form a tree, each level oldest first")
    func comments() async throws {
        try await withAPI { api in
            let ana = try await api.enter().access, bob = try await api.enter("bob").access
            try await api.writeArticle(ana)
            func comment(_ text: String, below parent: Int = 0, _ reader: String) async throws -> Answer {
                try await api.call(
                    .post,
                    "/articles/1/comments/?comment=\(encoded(text))&time=2024%2F2%2F11+20:49:24&last_cid=\(parent)"
                        + "&level=\(parent == 0 ? 1 : 2)", reader)
            }
            for (text, parent) in [("a", 0), ("b", 0), ("a1", 1), ("a2", 1), ("a1x", 3)] {
                let answer = try await comment(text, below: parent, bob)
                #expect(answer.json["msg"] == "评论成功")
            }
            let answer = try await api.call(.get, "/articles/1/comments/")
            func outline(_ comments: JSONValue?) -> String {
                (comments?.array ?? []).map { comment in
                    let kids = outline(comment["kid_comments"])
                    return (comment["comment"]?.string ?? "?") + (kids.isEmpty ? "" : "(\(kids))")
                }.joined(separator: " ")
            }
            #expect(outline(answer.json["data"]) == "a(a1(a1x) a2) b")
            #expect(
                answer.json["data"]?[0]?.names == ["cid", "comment", "head_image", "username", "time", "kid_comments"])
            #expect(answer.json["data"]?[0]?["time"] == "2024/2/11 20:49:24")
            #expect(answer.json["data"]?[0]?["username"] == "bob")
            #expect(try await api.call(.get, "/articles/new", ana).json["data"]?[0]?["comments"] == 5)
            // A comment of the forum is one here.
            _ = try await api.makeComment("from there", token: String(ana.dropFirst(7)))
            let seen = try await api.call(.get, "/articles/1/comments").json["data"]
            #expect(seen?[2]?["comment"] == "from there")
            #expect(seen?[2]?["time"] == .string(JuejinJSON.time(api.clock.now)))
        }
    }

    @Test("a comment that contradicts itself is refused")
    func badComments() async throws {
        try await withAPI { api in
            let access = try await api.enter().access
            try await api.writeArticle(access)
            try await api.writeArticle(access)
            let ok = "comment=a&time=now&last_cid=0&level=1"
            #expect(try await api.call(.post, "/articles/2/comments?\(ok)", access).status == 200)
            for (query, message) in [
                ("time=now&last_cid=0&level=1", "comment error"), ("comment=a&last_cid=0&level=1", "time error"),
                ("comment=a&time=now&level=1", "last_cid error"), ("comment=a&time=now&last_cid=0", "level error"),
                ("comment=&time=now&last_cid=0&level=1", "comment error"),
                ("comment=a&time=now&last_cid=x&level=1", "last_cid error"),
                ("comment=a&time=now&last_cid=-1&level=2", "last_cid error"),
                ("comment=a&time=now&last_cid=9&level=2", "last_cid error"),
                ("comment=a&time=now&last_cid=1&level=2", "last_cid error"),
                ("comment=a&time=now&last_cid=1&level=1", "level error"),
                ("comment=a&time=now&last_cid=0&level=2", "level error"),
                ("comment=a&time=now&last_cid=0&level=0", "level error"),
                ("comment=a&time=now&last_cid=0&level=1.5", "level error"),
            ] {
                let answer = try await api.call(.post, "/articles/1/comments?\(query)", access)
                #expect(answer.line == #"400 {"code":400,"msg":"\#(message)"}"#, "\(query)")
            }
            let long = String(repeating: "x", count: 1001)
            #expect(
                try await api.call(.post, "/articles/1/comments?comment=\(long)&time=n&last_cid=0&level=1", access)
                    .status == 400)
            #expect(
                try await api.call(.get, "/articles/1/comments").line
                    == #"200 {"code":200,"msg":"success","data":[]}"#)
        }
    }

    @Test("only its author deletes an article")
    func deletion() async throws {
        try await withAPI { api in
            let ana = try await api.enter().access, bob = try await api.enter("bob").access
            try await api.writeArticle(ana)
            try await api.writeArticle(ana)
            let refused = try await api.call(.delete, "/articles/1", bob)
            #expect(refused.line == #"403 {"code":403,"msg":"forbidden"}"#)
            #expect(try await api.call(.delete, "/articles/1").status == 401)
            let gone = try await api.call(.delete, "/articles/1", ana)
            #expect(gone.line == #"200 {"code":200,"msg":"删除成功"}"#)
            #expect(try await api.call(.delete, "/articles/1/", ana).status == 404)
            // Who moderates does it in the forum.
            let root = try await api.makeAdministrator()
            #expect(try await api.call(.delete, "/articles/2", root).status == 403)
            #expect(try await api.send(.delete, "/api/users/share/posts/2", token: root).status == 200)
            #expect(try await api.call(.delete, "/articles/2/comments", ana).status == 404)
        }
    }

    @Test(
        "what is no article is none, whatever it is", arguments: ["9", "0", "-1", "x", "99999999999999999999"])
    func unknown(id: String) async throws {
        try await withAPI { api in
            let access = try await api.enter().access
            for (method, path) in [
                (HTTPRequest.Method.delete, ""), (.put, "/likes?status=1"), (.put, "/collections?status=1"),
                (.put, "/hits"), (.get, "/comments"), (.post, "/comments?comment=a&time=t&last_cid=0&level=1"),
            ] {
                let answer = try await api.call(method, "/articles/\(id)\(path)", access)
                #expect(answer.line == #"404 {"code":404,"msg":"Article not found"}"#)
            }
        }
    }

    @Test("neither another key of a post nor a comment's number is an article's")
    func otherKeys() async throws {
        try await withAPI { api in
            let access = try await api.enter().access
            let post = try await api.makePost(token: String(access.dropFirst(7)))
            let key = try #require(post["_id"]?.string)
            #expect(try await api.call(.put, "/articles/\(key)/hits", access).status == 404)
            for _ in 0..<3 { try await api.makeComment(token: String(access.dropFirst(7))) }
            #expect(try await api.call(.put, "/articles/3/hits", access).status == 404)
        }
    }

    @Test("an article that breaks a rule is refused")
    func badArticles() async throws {
        try await withAPI { api in
            let access = try await api.enter().access
            for (query, message) in [
                ("content=a&create_time=b", "title error"), ("title=a&create_time=b", "content error"),
                ("title=a&content=b", "create_time error"), ("title=&content=a&create_time=b", "title error"),
            ] {
                let answer = try await api.call(.post, "/articles/editor/?\(query)", access)
                #expect(answer.line == #"400 {"code":400,"msg":"\#(message)"}"#)
            }
            let long = String(repeating: "x", count: 201), time = String(repeating: "1", count: 65)
            for query in [
                "title=\(long)&content=a&create_time=b", "title=a&content=+&create_time=b",
                "title=a%0Ab&content=a&create_time=b", "title=a&content=b&create_time=\(time)",
            ] {
                let answer = try await api.call(.post, "/articles/editor/?\(query)", access)
                #expect(answer.status == 400 && answer.json["code"] == 400)
            }
            for body in ["nonsense", "{", "[]", "7"] {
                let answer = try await api.send(
                    .post, "/articles/editor/", raw: Array(body.utf8), headers: [.authorization: access])
                #expect(answer.line == #"400 {"code":400,"msg":"body error"}"#)
            }
            #expect(try await api.articleIDs("/articles/new", access) == [])
        }
    }

    @Test("a status other than 1 and 0 is none", arguments: ["2", "", "-1", "true", "01", "1.0", " 1"])
    func badStatus(status: String) async throws {
        try await withAPI { api in
            let access = try await api.enter().access
            try await api.writeArticle(access)
            for path in ["likes", "collections"] {
                let form = "status=\(encoded(status))"
                let answer = try await api.call(.put, "/articles/1/\(path)/", access, form: form)
                #expect(answer.line == #"400 {"code":400,"msg":"status error"}"#)
            }
        }
    }

    @Test(
        "every list and change takes a token",
        arguments: [
            (HTTPRequest.Method.get, "/articles/mine"), (.get, "/articles/likes"), (.get, "/articles/collections"),
            (.get, "/articles/hot"), (.get, "/articles/new"), (.post, "/articles/editor/"), (.delete, "/articles/1"),
            (.post, "/articles/1/comments/"), (.put, "/articles/1/likes/"), (.put, "/articles/1/collections/"),
            (.get, "/users/information/"), (.put, "/users/changes/head/"), (.put, "/users/changes/username/"),
            (.put, "/users/changes/password/"), (.post, "/users/exit/"), (.get, "/users/login/"),
        ])
    func tokens(method: HTTPRequest.Method, path: String) async throws {
        try await withAPI { api in
            let missing = try await api.call(method, path), wrong = try await api.call(method, path, "Bearer x")
            #expect(missing.line == #"401 {"code":401,"msg":"Missing token"}"#)
            #expect(wrong.line == #"400 {"code":400,"msg":"Invalid token"}"#)
        }
    }

    @Test("readers who come at the same moment are counted exactly")
    func races() async throws {
        try await withAPI { api in
            let access = try await api.enter().access
            try await api.writeArticle(access)
            var readers: [String] = []
            for number in 0..<8 { readers.append(try await api.enter("reader\(number)").access) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    for reader in readers {
                        for path in ["likes", "collections"] {
                            group.addTask {
                                let answer = try await api.call(.put, "/articles/1/\(path)", reader, form: "status=1")
                                #expect(answer.status == 200)
                            }
                        }
                        group.addTask { _ = try await api.call(.put, "/articles/1/hits", reader) }
                    }
                }
                try await group.waitForAll()
            }
            let article = try await api.call(.get, "/articles/new", access).json["data"]?[0]
            #expect(["likes", "collects", "hits"].map { article?[$0] } == [8, 8, 8])
        }
    }
}
