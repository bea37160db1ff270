import HTTPTypes
import LWS
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("/v1: the forum")
struct HousePostTests {
    private func write(
        _ api: TestAPI, _ title: String = "Sunday", token: String, key: String? = nil
    ) async throws -> Answer {
        var headers: HTTPFields = [:]
        headers[.idempotencyKey] = key
        return try await api.send(
            .post, "/v1/posts", ["title": .string(title), "content": "Ten kilometres."], token: token,
            headers: headers)
    }

    @Test("a post is written once for a key, and is the same in other worlds")
    func writing() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let first = try await write(api, token: ana, key: "k")
            #expect(first.status == 201)
            #expect(try await write(api, token: ana, key: "k").line == first.line)
            let id = try #require(first.json["id"]?.string)
            #expect(first.headers[.location] == "/v1/posts/\(id)")
            #expect(first.json["author"]?["name"] == "ana")
            #expect(try await api.core.forum.postCount() == 1)
            let elsewhere = try await api.send(.get, "/api/users/share/posts/1")
            #expect(elsewhere.text.contains("Ten kilometres."))
            for path in ["/v1/posts/\(id)", "/v1/posts/1"] {
                #expect(try await api.send(.get, path).json == first.json)
            }
            #expect(try await api.send(.get, "/v1/posts/x").status == 404)
            #expect(try await api.send(.post, "/v1/posts", ["title": "x", "content": "x"]).status == 401)
            #expect(try await api.send(.post, "/v1/posts", ["title": "x"], token: ana).status == 400)
        }
    }

    @Test("a post takes pictures in a form")
    func pictures() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let answer = try await api.upload(
                "/v1/posts", fields: ["title": "x", "content": "y\r\n\r\nz"], files: [.make("images", onePixel)],
                token: ana)
            #expect(answer.status == 201 && answer.json["content"] == "y\n\nz")
            let image = try #require(answer.json["images"]?[0]?.string)
            #expect(try await api.send(.get, image).status == 200)
        }
    }

    @Test("a list has so much of each text as is asked for, and ends a page with what is too much for it")
    func excerpts() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            for title in ["1", "2", "3"] {
                let post: JSONValue = [
                    "title": .string(title), "content": .string(String(repeating: "跑", count: 300_000)),
                ]
                #expect(try await api.send(.post, "/v1/posts", post, token: ana).status == 201)
            }
            var titles: [JSONValue] = [], target: String? = "/v1/posts?limit=200&excerpt=5", pages = 0
            while let next = target, pages < 9 {
                let page = try await api.send(.get, next)
                #expect(page.json["posts"]?.array?.allSatisfy { $0["content"] == "跑跑跑跑跑" } == true)
                titles += page.json["posts"]?.array?.compactMap { $0["title"] } ?? []
                target = page.headers[.link].map { String($0.dropFirst().prefix { $0 != ">" }) }
                #expect(target?.contains("excerpt=5") != false)
                pages += 1
            }
            #expect(titles == ["3", "2", "1"] && pages == 2)
            #expect(try await api.send(.get, "/v1/posts?excerpt=0").status == 400)
        }
    }

    @Test("posts come in pages, the newest first")
    func pages() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            for title in ["1", "2", "3"] { _ = try await write(api, title, token: ana) }
            var titles: [JSONValue] = [], target: String? = "/v1/posts?limit=2", pages = 0
            while let next = target, pages < 5 {
                pages += 1
                let page = try await api.send(.get, next)
                titles += page.json["posts"]?.array?.compactMap { $0["title"] } ?? []
                target = page.headers[.link].map { String($0.dropFirst().prefix { $0 != ">" }) }
            }
            #expect(pages == 2 && titles == ["3", "2", "1"])
        }
    }

    @Test("its author changes a post that nobody has changed since, and administrators may only delete it")
    func changes() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            _ = try await api.core.accounts.create(username: "root", password: "secret", role: .root)
            let login = try await api.send(.post, "/v1/session", ["name": "root", "password": "secret"])
            let root = try #require(login.json["token"]?.string)
            let first = try await write(api, token: ana)
            let tag = try #require(first.headers[.eTag])
            api.clock.advance(seconds: 1)
            let changed = try await api.send(
                .patch, "/v1/posts/1", ["title": "Monday"], token: ana, headers: [.ifMatch: tag])
            #expect(changed.json["title"] == "Monday" && changed.json["content"] == "Ten kilometres.")
            let late = try await api.send(
                .patch, "/v1/posts/1", ["title": "x"], token: ana, headers: [.ifMatch: tag])
            #expect(late.status == 412)
            for token in [ben, root] {
                #expect(try await api.send(.patch, "/v1/posts/1", ["title": "x"], token: token).status == 403)
            }
            #expect(try await api.send(.delete, "/v1/posts/1", token: ben).status == 403)
            #expect(try await api.send(.delete, "/v1/posts/1", token: root).status == 204)
            #expect(try await api.send(.get, "/v1/posts/1").status == 404)
        }
    }

    @Test("liking twice is liking once, and everybody sees how many do")
    func likes() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            _ = try await write(api, token: ana)
            for _ in 0..<2 {
                let liked = try await api.send(.put, "/v1/posts/1/like", token: ben)
                #expect(liked.status == 200 && liked.json["likes"] == 1 && liked.json["isLiked"] == true)
            }
            #expect(try await api.send(.get, "/v1/posts/1", token: ana).json["isLiked"] == false)
            let unliked = try await api.send(.delete, "/v1/posts/1/like", token: ben)
            #expect(unliked.json["likes"] == 0 && unliked.json["isLiked"] == false)
            #expect(try await api.send(.put, "/v1/posts/9/like", token: ben).status == 404)
        }
    }

    @Test("comments are written, answered, listed in pages and deleted")
    func comments() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            _ = try await write(api, token: ana)
            let path = "/v1/posts/1/comments"
            let first = try await api.send(.post, path, ["content": "Well done!"], token: ben)
            #expect(first.status == 201 && first.json["replyTo"] == .null)
            let id = try #require(first.json["id"]?.string)
            let reply = try await api.send(
                .post, path, ["content": "Thanks", "replyTo": .string(id)], token: ana,
                headers: [.idempotencyKey: "k"])
            #expect(reply.json["replyTo"]?.string == id)
            for body: JSONValue in [
                ["content": ""], ["content": "x", "replyTo": "x"],
                ["content": "x", "replyTo": .string(ObjectID.text(5))],
            ] {
                #expect(try await api.send(.post, path, body, token: ana).status == 400)
            }
            let page = try await api.send(.get, path + "?limit=1")
            #expect(page.json["comments"]?.array?.map { $0["content"] ?? .null } == ["Well done!"])
            let next = try #require(page.headers[.link].map { String($0.dropFirst().prefix { $0 != ">" }) })
            #expect(
                try await api.send(.get, next).json["comments"]?.array?.map { $0["content"] ?? .null } == ["Thanks"])
            let answer = try #require(reply.json["id"]?.string)
            #expect(try await api.send(.delete, "/v1/comments/\(answer)", token: ben).status == 403)
            #expect(try await api.send(.delete, "/v1/comments/\(id)", token: ben).status == 204)
            #expect(try await api.send(.get, path).json["comments"] == [])
            #expect(try await api.send(.delete, "/v1/comments/\(id)", token: ben).status == 404)
            #expect(try await api.send(.get, "/v1/posts/9/comments").status == 404)
        }
    }
}
