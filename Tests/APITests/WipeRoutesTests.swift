import HTTPTypes
import Services
import Store
import Testing

@testable import API
@testable import Endpoints

@Suite("Wiping") struct WipeRoutesTests {
    static let paths = [
        "/api/users/deleteAll", "/api/users/posts/deleteAll", "/api/posts/deleteAll", "/api/runRoom/deleteAll",
    ]

    @Test("who is no administrator wipes nothing", arguments: paths)
    func guards(path: String) async throws {
        try await withAPI(legacy: true) { api in
            let token = try await api.makeRoom()[0]
            try await api.makePost(token: token)
            _ = try await api.send(.post, "/api/users/login", ["username": "ana", "password": "secret"])
            let root = try await api.makeAdministrator()
            #expect(try await api.send(.delete, path).status == 401)
            #expect(try await api.send(.delete, path, ["username": "ana"]).status == 401)
            #expect(try await api.send(.delete, path, token: "x").status == 403)
            let refused = try await api.send(.delete, path, token: token)
            #expect(refused.status == 403)
            #expect(refused.json[path.contains("runRoom") ? "error" : "message"]?.string?.isEmpty == false)
            let account = try #require(try await api.core.accounts.account(named: "root"))
            try await api.core.accounts.disable(account: account.id)
            #expect(try await api.send(.delete, path, token: root).status == 403)

            #expect(try await api.send(.get, "/api/users/ana").status == 200)
            #expect(try await api.send(.get, "/api/users/share/posts/1").status == 200)
            #expect(try await api.send(.get, "/api/runRoom/159").status == 200)
        }
    }

    @Test("an administrator wipes the posts, by either path", arguments: ["/api/posts", "/api/users/posts"])
    func wipesPosts(path: String) async throws {
        try await withAPI { api in
            let token = try await api.register(), root = try await api.makeAdministrator()
            for _ in 0..<2 { try await api.makePost(token: token) }
            try await api.makeComment(token: token)
            let answer = try await api.send(.delete, path + "/deleteAll", token: root)
            #expect(answer.line == #"200 {"success":true,"message":"All posts deleted","deletedCount":2}"#)
            #expect(try await api.send(.get, "/api/users/share/posts").json["posts"] == [])
            #expect(try await api.send(.get, "/api/users/ana").status == 200)
            #expect(try await api.makePost(token: token)["postId"] == 3)
            #expect(try await api.makeComment(on: 3, token: token)["commentId"] == 2)
        }
    }

    @Test("an administrator wipes the users, and stays")
    func wipesUsers() async throws {
        try await withAPI { api in
            let token = try await api.register("ana"), root = try await api.makeAdministrator()
            _ = try await api.register("ben")
            try await api.makePost(token: token)
            let answer = try await api.send(.delete, "/api/users/deleteAll", token: root)
            #expect(answer.line == #"200 {"success":true,"message":"All users deleted","deletedCount":2}"#)
            #expect(try await api.send(.get, "/api/users/ana").status == 404)
            #expect(try await api.send(.get, "/api/users/share/posts").json["posts"] == [])
            let check = try await api.send(.post, "/api/users/tokenCheck", token: token)
            #expect(check.status == 403)
            #expect(try await api.send(.post, "/api/users/tokenCheck", token: root).status == 200)
            _ = try await api.register("ana")
        }
    }

    @Test("an administrator wipes the rooms")
    func wipesRooms() async throws {
        try await withAPI { api in
            try await api.makeRoom("1")
            try await api.makeRoom("2", runners: [])
            let root = try await api.makeAdministrator()
            let answer = try await api.send(.delete, "/api/runRoom/deleteAll", token: root)
            #expect(answer.line == #"200 {"success":true,"message":"All rooms deleted","deletedCount":2}"#)
            #expect(try await api.send(.get, "/api/runRoom/all", token: root).json["rooms"] == [])
            #expect(try await api.send(.get, "/api/runRoom/1").status == 404)
            let again = try await api.send(.delete, "/api/runRoom/deleteAll", token: root)
            #expect(again.json["deletedCount"] == 0)
        }
    }
}
