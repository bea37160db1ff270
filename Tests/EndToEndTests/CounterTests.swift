import Foundation
import GRDB
import TestKit
import Testing

/// What many do at the same moment, and what is counted of it.
@Suite("Counters", .inTurn)
struct CounterTests {
    /// One of fifty people, each with a connection of their own.
    private struct Client: Sendable {
        let number: Int
        let port: Int
        let token: String

        /// Whether this one ends with a like and a comment on a post.
        func stays(on post: Int) -> Bool { (number + post) % 2 == 0 }
    }

    private static let clientCount = 50
    private static let share = "/api/users/share"

    @Test(
        "a thousand likes, unlikes, comments and deletions each, from fifty clients at once, leave counters that are true"
    )
    func forum() async throws {
        let server = try await ServerProcess.start()
        let author = try await REST.registered("author", port: server.port)
        let posts = try await Self.posts(20, by: author)
        let clients = try await Self.clients(server)
        let refused = try await withThrowingTaskGroup(of: [String].self) { group in
            for client in clients { group.addTask { try await Self.work(client, on: posts) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(refused == [])

        for post in posts {
            let expected = clients.count { $0.stays(on: post) }
            let read = try await REST(port: server.port).get(Self.share + "/posts/\(post)")
            let shown = try #require(read["post"] as? [String: Any])
            #expect(shown["likes"] as? Int == expected && shown["commentCount"] as? Int == expected)
            #expect((shown["comments"] as? [Any])?.count == expected)
        }
        try await Self.expectTrueCounters(in: server, likes: 500, comments: 500)

        // The same like from all of somebody's devices at once counts once, and so does taking it back.
        for (verb, count) in [("likePost", 1), ("unlikePost", 1)] {
            let client = try #require(clients.first { !$0.stays(on: posts[0]) })
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await Self.send("POST", "/posts/\(posts[0])/\(verb)", "{}", by: client, on: nil).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == count && statuses.count { $0 == 400 } == 20 - count)
        }
        // With an account go its likes and comments, and no others.
        let gone = clients[0]
        let rest = REST(port: server.port)
        #expect(
            try await rest.delete("/api/users/delete", ["username": "client-0", "password": "secret"]).status == 200)
        let kept = 500 - posts.count { gone.stays(on: $0) }
        try await Self.expectTrueCounters(in: server, likes: kept, comments: kept)
    }

    @Test("likes of one comment by fifty clients at once, half of them taken back, are counted")
    func comments() async throws {
        let server = try await ServerProcess.start()
        let author = try await REST.registered("author", port: server.port)
        let number = try #require(try await Self.posts(1, by: author).first)
        let made = try await author.post(Self.share + "/posts/\(number)/comments", ["content": "."])
        let comment = try #require((made["comment"] as? [String: Any])?["commentId"] as? Int)
        let clients = try await Self.clients(server)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in clients {
                group.addTask {
                    let caller = Caller(port: client.port)
                    for verb in ["likeComment"] + (client.number % 2 == 0 ? ["unlikeComment"] : []) {
                        let answer = try await Self.send(
                            "POST", "/posts/\(comment)/\(verb)", "{}", by: client, on: caller)
                        #expect(answer.status == 200, "\(answer)")
                    }
                }
            }
            try await group.waitForAll()
        }
        let comments = try await REST(port: server.port).get(Self.share + "/posts/\(number)/comments")
        #expect((comments.json as? [[String: Any]])?.first?["likes"] as? Int == 25)
        try await Self.expectTrueCounters(in: server, likes: 0, comments: 1)
    }

    @Test("three images each, sent at once in a request each by fifty clients, make fifty posts of three images")
    func merge() async throws {
        let server = try await ServerProcess.start()
        let clients = try await Self.clients(server)
        let pictures = [Picture.png, Picture.gif, Picture.webP]
        let statuses = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for client in clients {
                for picture in pictures {
                    group.addTask {
                        var form = MultipartBody()
                        // All say the same: only the author tells their posts apart.
                        form.field("title", "公园")
                        form.field("content", "三张照片")
                        form.file("images", picture)
                        let answer = try await Caller(port: client.port).send(
                            Caller.Request(
                                "POST", Self.share + "/posts",
                                headers: [
                                    ("Authorization", "Bearer \(client.token)"),
                                    ("Content-Type", MultipartBody().contentType),
                                ], body: form.whole))
                        return (answer.status, answer["message"] as? String ?? "")
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.allSatisfy { $0.0 == 200 }, "\(statuses)")
        #expect(statuses.count { $0.1 == "Post created successfully" } == Self.clientCount)
        #expect(statuses.count { $0.1 == "Image added to existing post" } == 2 * Self.clientCount)
        let listed = try await REST(port: server.port).get(Self.share + "/posts")
        let posts = try #require(listed["posts"] as? [[String: Any]])
        #expect(posts.count == Self.clientCount)
        let authors = Set(posts.compactMap { ($0["author"] as? [String: Any])?["id"] as? String })
        #expect(authors.count == Self.clientCount)
        let rest = REST(port: server.port)
        for post in posts {
            let images = try #require(post["images"] as? [String])
            #expect(Set(images).count == 3)
        }
        for image in posts[0]["images"] as? [String] ?? [] {
            #expect(try await rest.get("/api/users/posts/images/\(image)").status == 200)
        }
    }

    // MARK: - Work

    private static func posts(_ count: Int, by author: REST) async throws -> [Int] {
        var posts: [Int] = []
        for number in 0..<count {
            let made = try await author.post(share + "/posts", ["title": "Post \(number)", "content": "."])
            posts.append(try #require((made["post"] as? [String: Any])?["postId"] as? Int))
        }
        return posts
    }

    private static func clients(_ server: ServerProcess) async throws -> [Client] {
        try await withThrowingTaskGroup(of: Client.self) { group in
            for number in 0..<clientCount {
                group.addTask {
                    let answer = try await REST(port: server.port).post(
                        "/api/users", ["username": "client-\(number)", "password": "secret"])
                    guard let token = answer["token"] as? String else {
                        throw Phone.Missing(description: "a token: \(answer.text)")
                    }
                    return Client(number: number, port: server.port, token: token)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.number < $1.number }
        }
    }

    /// Likes and comments everywhere and takes both back, in an order of its own; on half of the posts it then does so
    /// once more.
    ///
    /// - Returns: What was refused.
    private static func work(_ client: Client, on posts: [Int]) async throws -> [String] {
        let caller = Caller(port: client.port)
        var refused: [String] = []
        func send(_ method: String, _ target: String, _ body: String = "{}") async throws -> Caller.Answer {
            let answer = try await Self.send(method, target, body, by: client, on: caller)
            if answer.status != 200 { refused.append("\(method) \(target): \(answer)") }
            return answer
        }
        for index in posts.indices {
            // Seven steps on each time is everywhere once in twenty.
            let post = posts[(client.number + 7 * index) % posts.count]
            let path = "/posts/\(post)"
            _ = try await send("POST", path + "/likePost")
            let made = try await send("POST", path + "/comments", #"{"content":"加油"}"#)
            let comment = (made["comment"] as? [String: Any])?["commentId"] as? Int ?? 0
            _ = try await send("POST", path + "/unlikePost")
            _ = try await send("DELETE", "/comments/\(comment)")
            if client.stays(on: post) {
                _ = try await send("POST", path + "/comments", #"{"content":"加油！"}"#)
                _ = try await send("POST", path + "/likePost")
            }
        }
        return refused
    }

    private static func send(
        _ method: String, _ target: String, _ body: String, by client: Client, on caller: Caller?
    ) async throws -> Caller.Answer {
        try await (caller ?? Caller(port: client.port)).send(
            Caller.Request(
                method, share + target,
                headers: [("Authorization", "Bearer \(client.token)"), ("Content-Type", "application/json")],
                body: Array(body.utf8)))
    }

    /// Compares all counters with the rows that they count.
    private static func expectTrueCounters(in server: ServerProcess, likes: Int, comments: Int) async throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        let database = try DatabaseQueue(path: server.directory + "/runroom.sqlite", configuration: configuration)
        defer { try? database.close() }
        let (wrong, found) = try await database.read { database in
            let wrong = try String.fetchAll(database, sql: TrueCounts.wrongOnes)
            let found = try ["post_likes", "comments"].map {
                try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM \($0)")
            }
            return (wrong, found)
        }
        #expect(wrong == [])
        #expect(found == [likes, comments])
    }
}
