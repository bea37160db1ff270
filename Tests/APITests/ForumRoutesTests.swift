import HTTPTypes
import LWS
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Posts") struct ForumRoutesTests {
    static let posts = "/api/users/share/posts"
    static let words = [("title", "Morning"), ("content", "Five"), ("username", "ana")]

    @Test("a post is answered with ids, and read with its author and comments")
    func publishes() async throws {
        try await withAPI { api in
            let token = try await api.register()
            let written = try await api.send(
                .post, Self.posts, ["title": "Morning", "content": "Five", "username": "ana"], token: token)
            let post = try #require(written.json["post"])
            let id = post["_id"]?.string ?? "", author = post["author"]?.string ?? ""
            #expect(id.count == 24 && author.count == 24)
            let now = "2024-11-23T08:39:43.038Z"
            #expect(
                written.line
                    == #"200 {"message":"Post created successfully","post":{"_id":"\#(id)","postId":1,"#
                    + #""title":"Morning","content":"Five","author":"\#(author)","images":[],"commentCount":0,"#
                    + #""comments":[],"likes":0,"createdAt":"\#(now)","updatedAt":"\#(now)","__v":0}}"#)
            let comment = try await api.makeComment(token: token)
            let read = try await api.send(.get, Self.posts + "/1")
            let who = #"{"_id":"\#(author)","id":"\#(author)","nickname":"ana"}"#
            let commentID = comment["_id"]?.string ?? ""
            #expect(
                read.line
                    == #"200 {"message":"Post retrieved successfully","post":{"_id":"\#(id)","postId":1,"#
                    + #""title":"Morning","content":"Five","author":\#(who),"images":[],"commentCount":1,"#
                    + #""comments":[{"_id":"\#(commentID)","commentId":1,"content":"Well done","author":\#(who),"#
                    + #""post":"\#(id)","likes":0,"createdAt":"\#(now)","updatedAt":"\#(now)","__v":0}],"likes":0,"#
                    + #""createdAt":"\#(now)","updatedAt":"\#(now)","__v":0}}"#)
            #expect(try await api.send(.get, Self.posts + "/\(id)/").text == read.text)
            let owner = try await api.send(.get, "/api/users/ana", token: token)
            #expect(owner.json["posts"] == [.string(id)])
        }
    }

    @Test("whoever writes is who they say: 401, 403 and 404, in that order of what is known")
    func authenticates() async throws {
        try await withAPI { api in
            let token = try await api.register("ana")
            _ = try await api.register("ben")
            func post(_ username: JSONValue, token: String?) async throws -> String {
                try await api.send(
                    .post, Self.posts, ["title": "x", "content": "y", "username": username], token: token
                ).line
            }
            #expect(try await post("ana", token: nil) == #"401 {"message":"No token provided"}"#)
            #expect(try await post("ana", token: "x") == #"403 {"message":"Token is invalid or has expired"}"#)
            #expect(try await post("ben", token: token).hasPrefix("403"))
            #expect(try await post("nobody", token: token) == #"404 {"message":"User not found"}"#)
            #expect(try await post(5, token: token).hasPrefix("400"))
            #expect(try await post(.null, token: token).hasPrefix("200"))
            api.clock.advance(seconds: 7201)
            #expect(try await post("ana", token: token).hasPrefix("403"))
        }
    }

    @Test("in legacy mode a recent login from the same address is enough, from another it is not")
    func takesLegacyClients() async throws {
        try await withAPI(legacy: true) { api in
            _ = try await api.register()
            let login = try await api.send(.post, "/api/users/login", ["username": "ana", "password": "secret"])
            #expect(login.status == 200)
            let body: JSONValue = ["title": "x", "content": "y", "username": "ana"]
            #expect(try await api.send(.post, Self.posts, body).status == 200)
            #expect(try await api.send(.post, Self.posts, body, from: "192.0.2.2").status == 401)
            let comment: JSONValue = ["username": "ana", "content": "x"]
            #expect(try await api.send(.post, Self.posts + "/1/comments", comment).status == 200)
            let like: JSONValue = ["postId": "1", "username": "ana"]
            #expect(try await api.send(.post, Self.posts + "/1/likePost", like).status == 200)
            #expect(try await api.send(.post, Self.posts + "/1/unlikePost", like).status == 200)
            #expect(try await api.send(.post, Self.posts + "/1/likeComment").status == 401)
            let form = try await api.sendForm(.post, Self.posts, Self.words, images: [TestAPI.gif])
            #expect(form.status == 200)
        }
    }

    @Test(
        "a post that says nothing, too much or the wrong thing is 400",
        arguments: [
            #"{}"#, #"{"title":"x"}"#, #"{"content":"x"}"#, #"{"title":"","content":"x"}"#,
            #"{"title":"x","content":""}"#,
            #"{"title":" ","content":"x"}"#, #"{"title":"x","content":"\n"}"#, #"{"title":5,"content":"x"}"#,
            #"{"title":"x","content":["x"]}"#, #"{"title":"a\u0000b","content":"x"}"#,
            #"{"title":"x","content":"a\u0000b"}"#, #"{"title":"a\u0007b","content":"x"}"#, #"[]"#, #"{"title""#,
            #"{"title":"\#(String(repeating: "x", count: 201))","content":"x"}"#,
            #"{"title":"x","content":"\#(String(repeating: "x", count: 1_000_001))"}"#,
        ].map(Abridged.init))
    func refusesBadPosts(body: Abridged<String>) async throws {
        let body = body.value
        try await withAPI { api in
            let token = try await api.register()
            let post = try await api.send(.post, Self.posts, raw: Array(body.utf8), token: token)
            #expect(post.status == 400)
            #expect(post.json["message"]?.string?.isEmpty == false)
            try await api.makePost(token: token)
            #expect(try await api.send(.put, Self.posts + "/1", raw: Array(body.utf8), token: token).status == 400)
            #expect(try await api.send(.get, Self.posts).json["posts"]?.array?.count == 1)
        }
    }

    @Test("invalid UTF-8 is 400, SQL and HTML are text")
    func takesText() async throws {
        try await withAPI { api in
            let token = try await api.register()
            let broken = Array(#"{"title":"a"#.utf8) + [0xFF] + Array(#"","content":"x"}"#.utf8)
            #expect(try await api.send(.post, Self.posts, raw: broken, token: token).status == 400)
            for text in ["'; DROP TABLE posts; --", "<script>alert(1)</script>", "$1 ?1 \\ \" %00", "跑步 🏃‍♀️"] {
                let post = try await api.makePost(text, token: token)
                #expect(post["title"] == .string(text))
            }
            #expect(try await api.send(.get, Self.posts).json["posts"]?.array?.count == 4)
        }
    }

    @Test("more JSON than any post needs is 413")
    func refusesLongBodies() async throws {
        try await withAPI { api in
            let token = try await api.register()
            let body = [UInt8](repeating: UInt8(ascii: " "), count: 4 << 20 | 1)
            #expect(try await api.send(.post, Self.posts, raw: body, token: token).status == 413)
        }
    }

    @Test("posts come oldest first, all at once, in pages, or of one user")
    func lists() async throws {
        try await withAPI { api in
            #expect(
                try await api.send(.get, Self.posts).line
                    == #"200 {"message":"Posts retrieved successfully","posts":[]}"#)
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            #expect(try await api.send(.get, "/api/users/share/ana/posts").line == "200 []")
            for index in 1...12 { try await api.makePost("\(index)", token: index == 3 ? ben : ana) }
            func ids(_ path: String) async throws -> [JSONValue?] {
                let json = try await api.send(.get, path).json
                return (json["posts"] ?? json).array?.map { $0["postId"] } ?? []
            }
            #expect(try await ids(Self.posts) == (1...12).map { .int($0) })
            #expect(try await ids(Self.posts + "?page=2") == [11, 12])
            #expect(try await ids(Self.posts + "?page=2&limit=5") == [6, 7, 8, 9, 10])
            #expect(try await ids(Self.posts + "?page=9") == [])
            let page = try await api.send(.get, Self.posts + "?limit=5")
            #expect(page.json["pagination"] == ["total": 12, "page": 1, "pages": 3])
            #expect(page.json["posts"]?[2]?["author"]?["nickname"] == "ben")
            for query in ["?page=0", "?page=x", "?limit=-1", "?limit=99999999999999999999"] {
                #expect(try await api.send(.get, Self.posts + query).status == 400)
            }
            #expect(try await ids("/api/users/share/ben/posts") == [3])
            #expect(try await ids("/api/users/share/ana/posts/").count == 11)
            #expect(
                try await api.send(.get, "/api/users/share/nobody/posts").line == #"404 {"message":"User not found"}"#)
        }
    }

    @Test("a long list comes as a stream that is one JSON text")
    func streams() async throws {
        try await withAPI { api in
            let token = try await api.register()
            let content = JSONValue.string(String(repeating: "x", count: 20_000))
            for _ in 0..<60 {
                let answer = try await api.send(.post, Self.posts, ["title": "x", "content": content], token: token)
                #expect(answer.status == 200)
            }
            let list = try await api.send(.get, Self.posts)
            #expect(list.bytes.count > 1_200_000)
            #expect(list.json["posts"]?.array?.map { $0["postId"] } == (1...60).map { .int($0) })
            let bare = try await api.send(.get, "/api/users/share/ana/posts")
            #expect(bare.json.array?.count == 60)
        }
    }

    @Test("posts and comments of more text than is read at one go come whole, in their order, on each page")
    func streamsThreads() async throws {
        try await withAPI { api in
            let token = try await api.register()
            let long = JSONValue.string(String(repeating: "x", count: 700_000))
            for index in 1...4 {
                let answer = try await api.send(
                    .post, Self.posts, ["title": .string("\(index)"), "content": long], token: token)
                #expect(answer.status == 200)
            }
            // 1.6 MB of comments on the second one, beside its own text.
            let comment = String(repeating: "\u{1F3C3}\u{200D}\u{2640}\u{FE0F}", count: 1000)
            let author = try #require(try await api.core.accounts.account(named: "ana")).id
            for _ in 0..<130 {
                _ = try await api.core.forum.comment(on: .number(2), content: comment, author: author)
            }
            for path in [Self.posts, Self.posts + "?limit=3&page=1"] {
                let list = try await api.send(.get, path)
                let posts = try #require(list.json["posts"]?.array)
                #expect(posts.map { $0["postId"] } == (1...(path == Self.posts ? 4 : 3)).map { .int($0) })
                #expect(posts[1]["comments"]?.array?.map { $0["commentId"] } == (1...130).map { .int($0) })
                #expect(posts.allSatisfy { $0["content"] == long && $0["__v"] == 0 })
            }
            #expect(try await api.send(.get, Self.posts + "?limit=3&page=2").json["posts"]?.array?.count == 1)
            let alone = try await api.send(.get, Self.posts + "/2")
            #expect(alone.json["post"]?["commentCount"] == 130)
            #expect(alone.json["post"]?["comments"]?.array?.count == 130)
            #expect(try await api.send(.get, Self.posts + "/2/comments").json == alone.json["post"]?["comments"])
        }
    }

    @Test(
        "what is no post is 404",
        arguments: ["9", "0", "-1", "x", "1.0", "ffffffffffffffffffffffff", "99999999999999999999", "..%2F1", "1%2F"])
    func knowsNoPost(key: String) async throws {
        try await withAPI { api in
            let token = try await api.register()
            try await api.makePost(token: token)
            let path = Self.posts + "/" + key
            let body: JSONValue = ["title": "x", "content": "y", "username": "ana"]
            let expected = #"404 {"message":"Post not found"}"#
            #expect(try await api.send(.get, path).line == expected)
            #expect(try await api.send(.put, path, body, token: token).line == expected)
            #expect(try await api.send(.delete, path, token: token).line == expected)
            #expect(try await api.send(.get, path + "/comments").line == expected)
            for action in ["comments", "likePost", "unlikePost", "ifLikedPost"] {
                #expect(try await api.send(.post, path + "/" + action, body, token: token).line == expected)
            }
            for action in ["likeComment", "unlikeComment"] {
                let answer = try await api.send(.post, path + "/" + action, body, token: token)
                #expect(answer.line == #"404 {"message":"Comment not found"}"#)
            }
            let comment = try await api.send(.delete, "/api/users/share/comments/" + key, token: token)
            #expect(comment.line == #"404 {"message":"Comment not found"}"#)
        }
    }

    @Test("a post is changed by its author only; its images stay unless there are new ones")
    func edits() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let post = try await api.sendForm(
                .post, Self.posts, Self.words, images: [TestAPI.gif, TestAPI.gif], token: ana
            ).json["post"]
            let path = Self.posts + "/1", body: JSONValue = ["title": "Noon", "content": "Six", "username": "ana"]
            #expect(try await api.send(.put, path, body).status == 401)
            #expect(try await api.send(.put, path, body, token: ben).status == 403)
            #expect(try await api.send(.put, path, ["title": "x", "content": "y"], token: ben).status == 403)
            api.clock.advance(seconds: 60)
            let edited = try await api.send(.put, path, body, token: ana)
            #expect(edited.status == 200)
            #expect(edited.json["message"] == "Post updated successfully")
            #expect(edited.json["post"]?["title"] == "Noon" && edited.json["post"]?["content"] == "Six")
            #expect(edited.json["post"]?["images"] == post?["images"])
            #expect(edited.json["post"]?["updatedAt"] == "2024-11-23T08:40:43.038Z")
            #expect(edited.json["post"]?["createdAt"] == post?["createdAt"])
            let id = post?["_id"]?.string ?? ""
            let pictured = try await api.sendForm(
                .put, Self.posts + "/" + id, Self.words, images: [TestAPI.gif], token: ana)
            #expect(pictured.json["post"]?["images"]?.array?.count == 1)
            #expect(pictured.json["post"]?["images"]?[0] != post?["images"]?[0])
        }
    }

    @Test("a post is deleted by its author or an administrator, with all that hangs on it")
    func deletes() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let root = try await api.makeAdministrator()
            for _ in 0..<2 { try await api.makePost(token: ana) }
            let comment = try await api.makeComment(token: ben)
            _ = try await api.send(.post, Self.posts + "/1/likePost", token: ben)
            #expect(try await api.send(.delete, Self.posts + "/1").status == 401)
            #expect(try await api.send(.delete, Self.posts + "/1", token: ben).status == 403)
            let deleted = try await api.send(.delete, Self.posts + "/1", [:], token: ana)
            #expect(deleted.line == #"200 {"message":"Post deleted successfully"}"#)
            #expect(try await api.send(.get, Self.posts + "/1").status == 404)
            #expect(try await api.send(.get, Self.posts + "/1/comments").status == 404)
            let path = "/api/users/share/comments/" + (comment["_id"]?.string ?? "")
            #expect(try await api.send(.delete, path, token: ben).status == 404)
            #expect(try await api.send(.delete, Self.posts + "/2", token: root).status == 200)
            #expect(try await api.makePost(token: ana)["postId"] == 3)
        }
    }

    // MARK: - Images

    @Test("a form with images makes a post, whose images are served")
    func takesImages() async throws {
        try await withAPI { api in
            let token = try await api.register()
            let answer = try await api.sendForm(
                .post, Self.posts, Self.words, images: [TestAPI.gif, TestAPI.gif, TestAPI.gif], token: token)
            #expect(answer.status == 200)
            let images = answer.json["post"]?["images"]?.array?.compactMap(\.string) ?? []
            #expect(images.count == 3 && Set(images).count == 3)
            for image in images {
                let served = try await api.send(.get, "/api/users/posts/images/" + image)
                #expect(served.status == 200 && served.bytes == TestAPI.gif)
            }
            let bare = try await api.sendForm(.post, Self.posts, Self.words, token: token)
            #expect(bare.json["message"] == "Post created successfully" && bare.json["post"]?["images"] == [])
        }
    }

    @Test("a fourth image, what is no image, an SVG and a foreign field are 400, and nothing is written")
    func refusesImages() async throws {
        try await withAPI { api in
            let token = try await api.register()
            let svg = Array("<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>".utf8)
            let four = [[UInt8]](repeating: TestAPI.gif, count: 4)
            for images in [four, [Array("text".utf8)], [svg], [[]], [TestAPI.gif, svg]] {
                let answer = try await api.sendForm(.post, Self.posts, Self.words, images: images, token: token)
                #expect(answer.status == 400)
                #expect(answer.json["message"]?.string?.isEmpty == false)
            }
            let foreign = try await api.sendForm(
                .post, Self.posts, Self.words, images: [TestAPI.gif], field: "video", token: token)
            #expect(foreign.status == 400)
            let untitled = try await api.sendForm(
                .post, Self.posts, [("content", "x")], images: [TestAPI.gif], token: token)
            #expect(untitled.line == #"400 {"message":"title is required."}"#)
            let stranger = try await api.sendForm(.post, Self.posts, Self.words, images: [TestAPI.gif])
            #expect(stranger.status == 401)
            #expect(try await api.send(.get, Self.posts).json["posts"] == [])
        }
    }

    @Test("three uploads of one image each, at once, are one post of three images", arguments: 0..<5)
    func mergesUploads(round: Int) async throws {
        try await withAPI { api in
            let token = try await api.register()
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        try await api.sendForm(.post, Self.posts, Self.words, images: [TestAPI.gif], token: token)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 200 })
            let messages = answers.compactMap { $0.json["message"]?.string }.sorted()
            let added = "Image added to existing post"
            #expect(messages == [added, added, "Post created successfully"])
            let posts = try await api.send(.get, Self.posts).json["posts"]?.array ?? []
            #expect(posts.count == 1 && posts[0]["images"]?.array?.count == 3)

            // A fourth, the same later, and the same without an image.
            let fourth = try await api.sendForm(.post, Self.posts, Self.words, images: [TestAPI.gif], token: token)
            #expect(fourth.status == 400)
            let json: JSONValue = ["title": "Morning", "content": "Five"]
            #expect(try await api.send(.post, Self.posts, json, token: token).json["post"]?["postId"] == 2)
            api.clock.advance(seconds: 5)
            let later = try await api.sendForm(.post, Self.posts, Self.words, images: [TestAPI.gif], token: token)
            #expect(later.json["message"] == "Post created successfully")
        }
    }

    @Test("the uploads of 50 people at once are 50 posts of three images")
    func mergesUploadsOfMany() async throws {
        try await withAPI { api in
            var tokens: [String] = []
            for index in 0..<50 { tokens.append(try await api.register("runner\(index)")) }
            try await withThrowingTaskGroup(of: Int.self) { group in
                for token in tokens {
                    for _ in 0..<3 {
                        group.addTask {
                            try await api.sendForm(
                                .post, Self.posts, [("title", "Morning"), ("content", "Five")], images: [TestAPI.gif],
                                token: token
                            ).status
                        }
                    }
                }
                for try await status in group { #expect(status == 200) }
            }
            let posts = try await api.send(.get, Self.posts).json["posts"]?.array ?? []
            #expect(posts.count == 50)
            #expect(posts.allSatisfy { $0["images"]?.array?.count == 3 })
            #expect(Set(posts.map { $0["author"]?["_id"] }).count == 50)
        }
    }
}
