import Endpoints
import HTTPTypes
import LWS
import Live
import Rooms
import Services
import TestKit
import Testing

@testable import API

@Suite("/v1: what others see of a name") struct HouseDiscretionTests {
    @Test("who hides their name is a nickname in rooms, for whoever looks, at once and until they say so")
    func alias() async throws {
        func shown(_ api: TestAPI, _ room: String, to token: String) async throws -> [JSONValue] {
            let house = try await api.send(.get, "/v1/rooms/\(room)/state", token: token)
            let first = try #require(house.json["people"]?[0])
            let lepao = try await api.send(.get, "/api/runRoom/\(room)")
            #expect(lepao.json["data"]?["runners"]?[0]?["username"] == first["username"], "\(lepao.text)")
            return [first["username"] ?? .null, first["nickname"] ?? .null, first["avatar"] ?? .null]
        }
        try await withAPI { api in
            let ana = try await api.register("ana")
            let room = try await api.makeHouseRoom("public", token: ana)
            let account = try #require(try await api.core.accounts.account(named: "ana"))
            _ = try await api.core.live.join(room, at: nil, isAuthenticated: true) { Person(account) }
            #expect(try await shown(api, room, to: ana) == ["ana", "ana", "/api/users/profilepic/ana"])

            let before = try await api.send(.get, "/v1/me", token: ana)
            #expect(before.json["showsName"] == true && before.json["alias"] == .null)
            let hidden = try await api.send(
                .patch, "/v1/me", ["showsName": false], token: ana,
                headers: [.ifMatch: try #require(before.headers[.eTag])])
            #expect(hidden.status == 200 && hidden.json["name"] == "ana" && hidden.json["showsName"] == false)
            #expect(hidden.headers[.eTag] != before.headers[.eTag])
            let alias = try #require(hidden.json["alias"])
            let text = try #require(alias.string)
            #expect(text.hasPrefix("runner-"))
            // A nickname that is the name would tell it.
            #expect(try await shown(api, room, to: ana) == [alias, alias, .string("/api/users/profilepic/" + text)])
            _ = try await api.send(.patch, "/v1/me", ["nickname": "A"], token: ana)
            #expect(try await shown(api, room, to: ana) == [alias, "A", .string("/api/users/profilepic/" + text)])
            // Said again, it is the same.
            let again = try await api.send(.patch, "/v1/me", ["showsName": false], token: ana)
            #expect(again.json["alias"] == alias)
            #expect(try await api.send(.get, "/api/users/" + text).status == 404)
            let picture = try await api.send(.get, "/api/users/profilepic/" + text)
            #expect(picture.status == 200 && picture.headers[.contentType] == "image/png", "that of the alias")

            // Others can tell administrators of them all the same.
            let ben = try await api.register("ben")
            let report = try await api.send(
                .post, "/v1/people/\(text)/report", ["reason": "spam"], token: ben)
            #expect(report.status == 204)

            let open = try await api.send(.patch, "/v1/me", ["showsName": true], token: ana)
            #expect(open.json["alias"] == .null)
            #expect(try await shown(api, room, to: ana) == ["ana", "A", "/api/users/profilepic/ana"])
        }
    }

    @Test("nothing that anybody may ask leads from an alias to the name, nor from the name to the alias")
    func noWayBack() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let own = try await api.send(.patch, "/v1/me", ["showsName": false, "nickname": "A"], token: ana)
            let alias = try #require(own.json["alias"]?.string), id = try #require(own.json["id"]?.string)
            let room = try await api.makeHouseRoom("public", token: ana)
            let owner = try #require(try await api.send(.get, "/v1/rooms/\(room)").json["owner"]?.string)
            #expect(owner == id)
            for form in [owner, owner.uppercased()] {
                #expect(try await api.send(.get, "/api/users/\(form)").status == 404)
            }
            #expect(try await api.send(.get, "/api/users/\(owner)", token: ana).status == 200)
            let byID = try await api.send(.get, "/users/images/files/default-\(owner)")
            let byName = try await api.send(.get, "/api/users/profilepic/ana")
            #expect(byID.status == 200 && byName.status == 200 && byID.bytes != byName.bytes, "the picture of the name")
            #expect(!(try await api.send(.get, "/api/users").text.contains("ana")), "although listed")
            let number = try #require(try await api.core.accounts.account(named: "ana")).number
            let other = try await api.send(.get, "/api/v1/user/info/other?uid=\(number)")
            #expect(!other.text.contains("ana"), "\(other.text)")

            // Nobody does anything in their name, so that the alias in the answer would be theirs.
            try await api.makeRoom("159", runners: [])
            for path in ["join", "update", "start", "leave"] {
                let answer = try await api.send(
                    .post, "/api/runRoom/\(path)",
                    [
                        "runID": "159", "password": "pw", "username": "ana", "meters": 1, "seconds": 1, "latitude": 1.5,
                        "longitude": 2.5, "running": true,
                    ])
                #expect(answer.status == 401 && !answer.text.contains(alias), "\(path): \(answer.line)")
            }
            let joined = try await api.send(
                .post, "/api/runRoom/join", ["runID": "159", "password": "pw", "username": "ana"], token: ana)
            #expect(joined.status == 200 && joined.text.contains(alias))

            // And nobody has the alias for a name.
            let taken = try await api.send(.post, "/v1/accounts", ["name": .string(alias), "password": "secret"])
            #expect(taken.status == 409)
            #expect(try await api.send(.patch, "/v1/me", ["name": .string(alias)], token: ben).status == 409)
        }
    }

    @Test("administrators find who is behind an alias")
    func administrators() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let alias = try #require(
                try await api.send(.patch, "/v1/me", ["showsName": false], token: ana).json["alias"]?.string)
            _ = try await api.core.accounts.create(username: "root", password: "secret", role: .root)
            let login = try await api.send(.post, "/v1/session", ["name": "root", "password": "secret"])
            let root = try #require(login.json["token"]?.string)
            let found = try await api.send(.get, "/v1/admin/people?search=\(alias)", token: root)
            #expect(found.json["people"]?.array?.map { $0["name"] } == ["ana"], "\(found.text)")
        }
    }

    @Test("who is in no list is not in that of all users, whole or by the page, and still found by name")
    func unlisted() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            _ = try await api.register("ben")
            #expect(try await api.send(.get, "/v1/me", token: ana).json["isListed"] == true)
            let gone = try await api.send(.patch, "/v1/me", ["isListed": false], token: ana)
            #expect(gone.json["isListed"] == false)
            for path in ["/api/users", "/api/users?page=1&limit=5"] {
                let list = try #require(try await api.send(.get, path).json.array)
                #expect(list.map { $0["username"] } == ["ben"], "\(path)")
            }
            #expect(try await api.send(.get, "/api/users/ana").status == 200)
            let export = try await api.send(.get, "/v1/me", token: ana)
            #expect(export.json["name"] == "ana")
            _ = try await api.send(.patch, "/v1/me", ["isListed": true], token: ana)
            #expect(try await api.send(.get, "/api/users").json.array?.count == 2)
            let wrong = try await api.send(.patch, "/v1/me", ["isListed": "perhaps"], token: ana)
            #expect(wrong.status == 400)
        }
    }
}
