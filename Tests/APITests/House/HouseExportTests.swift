import Endpoints
import Foundation
import HTTPTypes
import LWS
import Limits
import Services
import Store
import TestKit
import Testing

@testable import API

@Suite("/v1: everything of one's own")
struct HouseExportTests {
    /// The parts of an archive by their names, as another program unpacks them.
    private func unpack(_ answer: Answer) throws -> [String: Data] {
        let directory = try TemporaryDirectory.made()
        let url = URL(filePath: directory.path)
        let archive = url.appending(path: "archive.zip")
        try Data(answer.bytes).write(to: archive)
        let python = Process()
        python.executableURL = URL(filePath: "/usr/bin/python3")
        python.arguments = ["-m", "zipfile", "-e", archive.path, url.appending(path: "out").path]
        try python.run()
        python.waitUntilExit()
        #expect(python.terminationStatus == 0)
        let root = url.appending(path: "out")
        var parts: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: root.path) {
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: root.appending(path: path).path, isDirectory: &isDirectory)
            if !isDirectory.boolValue { parts[path] = try Data(contentsOf: root.appending(path: path)) }
        }
        return parts
    }

    private func json(_ parts: [String: Data], _ name: String) throws -> JSONValue {
        try JSONValue(parsing: String(decoding: try #require(parts[name]), as: UTF8.self))
    }

    @Test("the archive has what an account wrote, ran and uploaded, and nothing of another's")
    func all() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let written = try await api.upload(
                "/v1/posts", fields: ["title": "<Sunday>", "content": "加油"], files: [.make("images", onePixel)],
                token: ana)
            #expect(written.status == 201)
            _ = try await api.send(.post, "/v1/posts", ["title": "Ben's", "content": "secret"], token: ben)
            for (token, text) in [(ana, "one"), (ben, "two"), (ana, "three")] {
                let comment = try await api.send(
                    .post, "/v1/posts/2/comments", ["content": .string(text)], token: token)
                #expect(comment.status == 201)
            }
            _ = try await api.send(.put, "/v1/posts/2/like", token: ana)
            let liked = try await api.send(.get, "/v1/posts/2/comments", token: ana)
            let comment = try #require(liked.json["comments"]?[1]?["id"]?.string)
            _ = try await api.core.database.forum.setLike(
                true, comment: .id(try #require(ObjectID.id(comment))),
                account: try #require(try await api.core.accounts.account(named: "ana")).id, at: 1)
            _ = try await api.send(
                .put, "/v1/me/confidants", ["names": ["ben"], "whenStill": true], token: ana)
            _ = try await api.send(.post, "/v1/rooms", ["name": "Club"], token: ana)
            let me = try #require(try await api.core.accounts.account(named: "ana"))
            let other = try #require(try await api.core.accounts.account(named: "ben"))
            for (sender, recipient) in [(me, other), (other, me)] {
                _ = try await api.core.database.social.insertMessage(
                    "hello", from: sender.id, to: recipient.id, at: 5)
            }
            let run: JSONValue = ["meters": 1000, "seconds": 300, "markers": [["x": 1]], "start": 1, "end": 2]
            _ = try await api.core.records.post(run, account: me.id)

            let answer = try await api.send(.get, "/v1/me/export", token: ana)
            #expect(answer.status == 200 && answer.headers[.contentType] == "application/zip")
            #expect(answer.headers[.contentDisposition] == "attachment; filename=\"runroom.zip\"")
            let parts = try unpack(answer)
            #expect(try json(parts, "account.json")["name"] == "ana")
            #expect(try json(parts, "posts.json")[0]?["title"] == "<Sunday>")
            #expect(try json(parts, "posts.json").array?.count == 1)
            let comments = try json(parts, "comments.json")
            #expect(comments.array?.map { $0["content"] } == ["one", "three"])
            #expect(try json(parts, "likes.json").array?.count == 1)
            #expect(try json(parts, "comment-likes.json") == [.string(comment)])
            #expect(try json(parts, "account.json")["confidants"] == ["ben"])
            #expect(try json(parts, "account.json")["callsWhenStill"] == true)
            #expect(try json(parts, "rooms.json")[0]?["name"] == "Club")
            #expect(try json(parts, "runs.json")[0]?["markers"]?[0]?["x"] == 1)
            #expect(try json(parts, "messages.json").array?.count == 2)
            #expect(try json(parts, "following.json").array?.isEmpty == true)
            #expect(parts.keys.filter { $0.hasPrefix("pictures/") && $0.hasSuffix(".png") }.count == 1)
            #expect(!parts.values.contains { String(decoding: $0, as: UTF8.self).contains("secret") })
        }
    }

    @Test("lists of more than a page are whole")
    func pages() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let me = try #require(try await api.core.accounts.account(named: "ana"))
            for index in 0..<230 {
                let post = try await api.core.forum.publish(
                    title: "\(index)", content: "x", images: [], author: me.id)
                _ = try await api.core.forum.comment(
                    on: .id(post.post.id), replyingTo: nil, content: "c\(index)", author: me.id)
                _ = try await api.core.database.social.insertMessage(
                    "m\(index)", from: me.id, to: me.id, at: Int64(index))
                _ = try await api.core.records.post(["meters": 1], account: me.id)
            }
            let parts = try unpack(try await api.send(.get, "/v1/me/export", token: ana))
            for (name, member) in [
                ("posts.json", "title"), ("comments.json", "content"), ("messages.json", "content"),
                ("runs.json", "number"),
            ] {
                let values = try #require(try json(parts, name).array?.compactMap { $0[member] })
                #expect(values.count == 230 && Set(values.map(\.text)).count == 230, "\(name)")
            }
        }
    }

    @Test("so many exports of one are under way, and another when one of them has ended")
    func atOnce() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let me = try #require(try await api.core.accounts.account(named: "ana"))
            let places = try (0..<Limit.Files.exportsOfOne).map { _ in
                try api.core.exports.take(1, for: "account \(me.id)")
            }
            #expect(try await api.send(.get, "/v1/me/export", token: ana).status == 503)
            places[0].keep(0)
            #expect(try await api.send(.get, "/v1/me/export", token: ana).status == 200)
            #expect(api.core.exports.count == places.count - 1)
        }
    }

    @Test("it is for who is logged in alone")
    func access() async throws {
        try await withAPI { api in
            let answer = try await api.send(.get, "/v1/me/export")
            #expect(answer.status == 401)
        }
    }
}
