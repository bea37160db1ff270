import HTTPTypes
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints
@testable import Store

@Suite("Comments and likes") struct ForumReactionTests {
    static let post = "/api/users/share/posts/1"
    static let comments = "/api/users/share/comments"

    @Test("a comment is answered with ids, counted, and read oldest first with its author")
    func comments() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let post = try await api.makePost(token: ana)
            let answer = try await api.send(
                .post, Self.post + "/comments", ["content": "Well done", "username": "ben"], token: ben)
            #expect(answer.status == 200)
            #expect(answer.json["message"] == "Comment created successfully")
            let comment = try #require(answer.json["comment"])
            #expect(
                comment.names
                    == ["_id", "commentId", "content", "author", "post", "likes", "createdAt", "updatedAt", "__v"])
            #expect(comment["commentId"] == 1 && comment["post"] == post["_id"] && comment["likes"] == 0)
            #expect(comment["author"]?.string?.count == 24)
            let id = post["_id"]?.string ?? ""
            let second = try await api.send(
                .post, "/api/users/share/posts/\(id)/comments", ["content": "Thanks"], token: ana)
            #expect(second.json["comment"]?["commentId"] == 2)
            let list = try await api.send(.get, Self.post + "/comments/")
            #expect(list.json.array?.map { $0["content"] } == ["Well done", "Thanks"])
            #expect(list.json[0]?["author"]?["nickname"] == "ben")
            let read = try await api.send(.get, Self.post)
            #expect(read.json["post"]?["commentCount"] == 2)
            #expect(read.json["post"]?["comments"] == list.json)
        }
    }

    @Test(
        "a comment that says nothing, too much or the wrong thing is 400",
        arguments: [
            #"{}"#, #"{"content":""}"#, #"{"content":"  "}"#, #"{"content":5}"#, #"{"content":null}"#,
            #"{"content":"\u0000"}"#, #"{"content":"\u001b[0m"}"#, #"{"content""#, #""x""#,
            #"{"content":"\#(String(repeating: "x", count: 1001))"}"#, #"{"content":"x","username":[]}"#,
        ].map(Abridged.init))
    func refusesComments(body: Abridged<String>) async throws {
        let body = body.value
        try await withAPI { api in
            let token = try await api.register()
            try await api.makePost(token: token)
            let answer = try await api.send(.post, Self.post + "/comments", raw: Array(body.utf8), token: token)
            #expect(answer.status == 400)
            #expect(answer.json["message"]?.string?.isEmpty == false)
            #expect(try await api.send(.get, Self.post).json["post"]?["commentCount"] == 0)
        }
    }

    @Test("who comments and likes is who they say")
    func authenticates() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            _ = try await api.register("ben")
            try await api.makePost(token: ana)
            try await api.makeComment(token: ana)
            for action in ["comments", "likePost", "unlikePost", "likeComment", "unlikeComment"] {
                func post(_ username: String, token: String?) async throws -> Int {
                    try await api.send(
                        .post, Self.post + "/" + action, ["content": "x", "username": .string(username)], token: token
                    ).status
                }
                #expect(try await post("ana", token: nil) == 401)
                #expect(try await post("ana", token: "x") == 403)
                #expect(try await post("ben", token: ana) == 403)
                #expect(try await post("nobody", token: ana) == 404)
            }
        }
    }

    @Test("a comment is deleted by its author, the post's author or an administrator, and no longer counted")
    func deletesComments() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let eve = try await api.register("eve"), root = try await api.makeAdministrator()
            try await api.makePost(token: ana)
            for _ in 0..<3 { try await api.makeComment(token: ben) }
            #expect(try await api.send(.delete, Self.comments + "/1").status == 401)
            #expect(try await api.send(.delete, Self.comments + "/1", token: eve).status == 403)
            let deleted = try await api.send(.delete, Self.comments + "/1", token: ben)
            #expect(deleted.status == 200)
            #expect(deleted.json["message"] == "Comment deleted successfully")
            #expect(deleted.json["comment"]?["commentId"] == 1 && deleted.json["comment"]?["content"] == "Well done")
            #expect(
                try await api.send(.delete, Self.comments + "/1", token: ben).line
                    == #"404 {"message":"Comment not found"}"#)
            #expect(try await api.send(.get, Self.post).json["post"]?["commentCount"] == 2)
            #expect(try await api.send(.delete, Self.comments + "/2", token: ana).status == 200)
            #expect(try await api.send(.delete, Self.comments + "/3", token: root).status == 200)
            #expect(try await api.send(.get, Self.post + "/comments").line == "200 []")
        }
    }

    @Test("a post is liked once by each, and unliked once")
    func likesPosts() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let id = try await api.makePost(token: ana)["_id"]?.string ?? ""
            let comment = try await api.makeComment(token: ana)
            let liked = try await api.send(
                .post, Self.post + "/likePost", ["postId": "1", "username": "ana"], token: ana)
            #expect(liked.status == 200 && liked.json["message"] == "Post liked successfully")
            #expect(liked.json["post"]?["likes"] == 1)
            #expect(liked.json["post"]?["comments"] == [comment["_id"] ?? .null])
            #expect(
                try await api.send(.post, Self.post + "/likePost", token: ana).line
                    == #"400 {"message":"Post already liked by user"}"#)
            let bens = try await api.send(.post, "/api/users/share/posts/\(id)/likePost", token: ben)
            #expect(bens.json["post"]?["likes"] == 2)
            for (token, count) in [(ana, 1), (ben, 0)] {
                let unliked = try await api.send(.post, Self.post + "/unlikePost", token: token)
                #expect(unliked.json["message"] == "Post unliked successfully")
                #expect(unliked.json["post"]?["likes"] == .int(Int64(count)))
            }
            #expect(
                try await api.send(.post, Self.post + "/unlikePost", token: ben).line
                    == #"400 {"message":"Post not liked by user"}"#)
        }
    }

    @Test("whether somebody likes a post is open to all, by POST and by GET")
    func tellsLikes() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            _ = try await api.register("ben")
            try await api.makePost(token: ana)
            _ = try await api.send(.post, Self.post + "/likePost", token: ana)
            let path = Self.post + "/ifLikedPost"
            let yes = #"200 {"message":"Post liked by user","liked":true}"#
            let no = #"200 {"message":"Post not liked by user","liked":false}"#
            #expect(try await api.send(.post, path, ["username": "ana"]).line == yes)
            #expect(try await api.send(.post, path, ["username": "ben"]).line == no)
            #expect(try await api.send(.get, path + "?username=ana").line == yes)
            #expect(try await api.send(.get, path, ["username": "ana"]).line == yes)
            #expect(try await api.send(.get, path + "?username=ben").line == no)
            #expect(try await api.send(.get, path, token: ana).line == yes)
            #expect(try await api.send(.get, path).status == 400)
            #expect(try await api.send(.post, path, ["username": 5]).status == 400)
            #expect(
                try await api.send(.post, path, ["username": "nobody"]).line == #"404 {"message":"User not found"}"#)
        }
    }

    @Test("a comment is liked once by each, and never less than not at all")
    func likesComments() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            try await api.makePost(token: ana)
            try await api.makePost(token: ana)
            let id = try await api.makeComment(on: 2, token: ana)["_id"]?.string ?? ""
            let liked = try await api.send(.post, Self.post + "/likeComment", token: ana)
            #expect(liked.json["message"] == "Comment liked successfully")
            #expect(liked.json["comment"]?["likes"] == 1 && liked.json["comment"]?["_id"] == .string(id))
            let path = "/api/users/share/posts/\(id)/"
            #expect(
                try await api.send(.post, path + "likeComment", token: ana).line
                    == #"400 {"message":"Comment already liked by user"}"#)
            let unliked = try await api.send(.post, path + "unlikeComment", ["username": "ana"], token: ana)
            #expect(unliked.json["message"] == "Comment unliked successfully" && unliked.json["comment"]?["likes"] == 0)
            #expect(
                try await api.send(.post, path + "unlikeComment", token: ana).line
                    == #"400 {"message":"Comment not liked by user"}"#)
        }
    }

    @Test("a user goes with their posts, comments and likes, and the counts of the others follow")
    func followsDeletedUsers() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            try await api.makePost(token: ana)
            try await api.makePost(token: ben)
            try await api.makeComment(token: ben)
            _ = try await api.send(.post, Self.post + "/likePost", token: ben)
            let deleted = try await api.send(
                .delete, "/api/users/delete", ["username": "ben", "password": "secret"])
            #expect(deleted.status == 200)
            let posts = try await api.send(.get, "/api/users/share/posts").json["posts"]?.array ?? []
            #expect(posts.count == 1)
            #expect(posts.first?["likes"] == 0 && posts.first?["commentCount"] == 0 && posts.first?["comments"] == [])
            #expect(try await api.send(.post, Self.post + "/likePost", token: ben).status == 403)
        }
    }

    @Test("1,000 likes, unlikes, comments and deletions of 50 clients end with the counts of the rows")
    func countsUnderLoad() async throws {
        try await withAPI { api in
            var tokens: [String] = []
            for index in 0..<50 { tokens.append(try await api.register("runner\(index)")) }
            for index in 0..<2 { try await api.makePost(token: tokens[index]) }
            for _ in 0..<2 { try await api.makeComment(token: tokens[0]) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (client, token) in tokens.enumerated() {
                    group.addTask {
                        for step in 0..<20 {
                            let post = "/api/users/share/posts/\(1 + (client + step / 5) % 2)/"
                            let comment = "/api/users/share/posts/\(1 + step % 2)/"
                            let answer =
                                switch (client + step) % 5 {
                                case 0: try await api.send(.post, post + "likePost", token: token)
                                case 1: try await api.send(.post, post + "unlikePost", token: token)
                                case 2: try await api.send(.post, post + "comments", ["content": "x"], token: token)
                                case 3: try await api.send(.post, comment + "likeComment", token: token)
                                default:
                                    try await api.send(
                                        .delete, Self.comments + "/\(3 + (client * 7 + step) % 200)", token: token)
                                }
                            #expect([200, 400, 403, 404].contains(answer.status), "\(answer.line)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            let wrong = try api.database.administer(
                """
                SELECT 'post ' || number FROM posts p
                WHERE like_count <> (SELECT COUNT(*) FROM post_likes WHERE post = p.id)
                    OR comment_count <> (SELECT COUNT(*) FROM comments WHERE post = p.id)
                UNION ALL
                SELECT 'comment ' || number FROM comments c
                WHERE like_count <> (SELECT COUNT(*) FROM comment_likes WHERE comment = c.id)
                """)
            #expect(wrong == [])
            let posts = try await api.send(.get, "/api/users/share/posts").json["posts"]?.array ?? []
            #expect(posts.count == 2)
            for post in posts {
                #expect(post["comments"]?.array?.count == post["commentCount"]?.number.map { Int($0) })
            }
        }
    }
}
