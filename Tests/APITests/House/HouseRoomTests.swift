import Geo
import HTTPTypes
import LWS
import Limits
import Live
import Rooms
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

extension TestAPI {
    /// Makes a room at `/v1`.
    ///
    /// - Returns: Its run ID.
    func makeHouseRoom(
        _ visibility: String? = nil, password: String? = nil, token: String, name: String = "Sunday run"
    ) async throws -> String {
        var body: JSONObject = JSONObject()
        body["name"] = .string(name)
        if let visibility { body["visibility"] = .string(visibility) }
        if let password { body["password"] = .string(password) }
        let answer = try await send(.post, "/v1/rooms", .object(body), token: token)
        return try #require(answer.json["runID"]?.string, "\(answer.text)")
    }
}

@Suite("/v1: rooms")
struct HouseRoomTests {
    @Test("who makes a room has it, and it is by link unless something else is said")
    func creation() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let answer = try await api.send(
                .post, "/v1/rooms", ["name": "Sunday run", "when": 1_732_350_000_000], token: ana)
            #expect(answer.status == 201)
            let runID = try #require(answer.json["runID"]?.string)
            #expect(runID.count == 10)
            #expect(answer.headers[.location] == "/v1/rooms/\(runID)")
            #expect(answer.json["visibility"] == "link")
            #expect(answer.json["when"] == 1_732_350_000_000)
            let owner = try await api.core.accounts.account(named: "ana")?.objectID
            #expect(answer.json["owner"]?.string == owner)
            let shown = try await api.send(.get, "/v1/rooms/\(runID)", token: ana)
            #expect(shown.json == answer.json)
            #expect(shown.headers[.eTag] == answer.headers[.eTag])
            let tag = try #require(shown.headers[.eTag])
            let again = try await api.send(.get, "/v1/rooms/\(runID)", token: ana, headers: [.ifNoneMatch: tag])
            #expect(again.status == 304 && again.bytes.isEmpty)
        }
    }

    @Test(
        "a room that cannot be is refused with what is wrong",
        arguments: [
            (#"{}"#, "name"), (#"{"name":""}"#, "name"), (#"{"name":"\u200b"}"#, "name"), (#"{"name":"a\nb"}"#, "name"),
            (#"{"name":"x","visibility":"app"}"#, "visibility"), (#"{"name":"x","visibility":"secret"}"#, "visibility"),
            (#"{"name":"x","visibility":"password"}"#, "password"), (#"{"name":"x","password":"pw"}"#, "password"),
            (#"{"name":"x","visibility":"public","password":"pw"}"#, "password"), (#"{"name":"x","when":-1}"#, "when"),
            (#"{"name":"x","when":9999999999999}"#, "when"), (#"{"name":"x","when":"soon"}"#, "when"),
        ])
    func refusals(body: String, names: String) async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let answer = try await api.send(.post, "/v1/rooms", raw: Array(body.utf8), token: ana)
            #expect(answer.status == 400)
            #expect(answer.json["detail"]?.string?.contains("`\(names)`") == true, "\(answer.text)")
            #expect(try await api.send(.get, "/v1/me/rooms", token: ana).json["rooms"] == [])
        }
    }

    @Test("the same request with the same key makes one room")
    func idempotency() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            func make(_ token: String) async throws -> Answer {
                try await api.send(
                    .post, "/v1/rooms", ["name": "Ours"], token: token, headers: [.idempotencyKey: "k"])
            }
            let first = try await make(ana), again = try await make(ana), other = try await make(ben)
            #expect(first.line == again.line)
            #expect(first.json["runID"] != other.json["runID"])
            #expect(try await api.send(.get, "/v1/me/rooms", token: ana).json["rooms"]?.array?.count == 1)
        }
    }

    @Test("one's own rooms come in pages, the newest first")
    func pages() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            var made: [String] = []
            for _ in 0..<3 { made.append(try await api.makeHouseRoom(token: ana)) }
            _ = try await api.makeHouseRoom(token: ben)
            var found: [String] = [], target: String? = "/v1/me/rooms?limit=2", pages = 0
            while let next = target, pages < 5 {
                pages += 1
                let page = try await api.send(.get, next, token: ana)
                found += page.json["rooms"]?.array?.compactMap { $0["runID"]?.string } ?? []
                target = page.headers[.link].map { String($0.dropFirst().prefix { $0 != ">" }) }
            }
            #expect(pages == 2)
            #expect(found == made.reversed())
        }
    }

    @Test("public rooms in which somebody is are in the list, with how many run; no others are")
    func publicList() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let runID = try await api.makeHouseRoom("public", token: ana)
            let other = try await api.makeHouseRoom("password", password: "pw", token: ana)
            let linked = try await api.makeHouseRoom(token: ana)
            try await api.makeRoom("159", runners: [])
            #expect(try await api.send(.get, "/v1/rooms").json["rooms"] == [], "nobody is there yet")
            let account = try #require(try await api.core.accounts.account(named: "ana"))
            for room in [runID, other, linked, "159"] {
                _ = try await api.core.live.join(room, at: nil, isAuthenticated: true) { Person(account) }
            }
            _ = try await api.core.live.start(runID, account: account.id)
            let list = try await api.send(.get, "/v1/rooms")
            #expect(list.json["rooms"]?.array?.count == 1)
            let room = try #require(list.json["rooms"]?[0])
            #expect(room["runID"]?.string == runID)
            #expect(room["people"] == 1 && room["running"] == 1 && room["spectators"] == 0)
            #expect(try await api.send(.get, "/v1/rooms?limit=0").status == 400)
            let next = try await api.send(.get, "/v1/rooms?after=\(ObjectID.text(1))")
            #expect(next.json["rooms"] == [] && next.headers[.link] == nil)
        }
    }

    @Test("a room by link is nobody's to know but its owner's, its runners' and administrators'")
    func hidden() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let eva = try await api.register("eva")
            _ = try await api.core.accounts.create(username: "root", password: "secret", role: .root)
            let login = try await api.send(.post, "/v1/session", ["name": "root", "password": "secret"])
            let root = try #require(login.json["token"]?.string)
            let runID = try await api.makeHouseRoom(token: ana)
            let account = try #require(try await api.core.accounts.account(named: "ben"))
            _ = try await api.core.live.join(runID, at: nil, isAuthenticated: true) { Person(account) }
            for path in ["", "/state", "/tracks"] {
                for token in [ana, ben, root] {
                    #expect(try await api.send(.get, "/v1/rooms/\(runID)\(path)", token: token).status == 200)
                }
                for token in [nil, eva] {
                    let answer = try await api.send(.get, "/v1/rooms/\(runID)\(path)", token: token)
                    #expect(answer.status == 404 && answer.json["code"] == "not_found")
                    let none = try await api.send(.get, "/v1/rooms/nothing\(path)", token: token)
                    #expect(none.line == answer.line, "as if there were none")
                }
            }
            for (token, status) in [(eva, 404), (ben, 403)] {
                #expect(try await api.send(.patch, "/v1/rooms/\(runID)", ["name": "x"], token: token).status == status)
                #expect(try await api.send(.delete, "/v1/rooms/\(runID)", token: token).status == status)
                #expect(try await api.send(.get, "/v1/rooms/\(runID)/links", token: token).status == status)
            }
            // Nor does any list of another world have it, nor does its name alone open it.
            let all = try await api.send(.get, "/api/runRoom/all?page=1", token: ben)
            #expect(all.json["rooms"] == [] && all.json["pagination"]?["total"] == 0)
            #expect(try await api.send(.get, "/api/runRoom/\(runID)").status == 404)
            #expect(try await api.send(.get, "/api/runRoom/\(runID)", token: eva).status == 404)
            #expect(try await api.send(.get, "/api/runRoom/\(runID)", token: ben).status == 200)
            for path in ["join", "update", "leave", "start"] {
                let answer = try await api.send(
                    .post, "/api/runRoom/\(path)",
                    ["runID": .string(runID), "password": "x", "username": "eva", "running": true], token: eva)
                #expect([401, 403].contains(answer.status), "\(path): \(answer.line)")
            }
        }
    }

    @Test("a room by password is looked into with it, and wrong ones are counted")
    func password() async throws {
        var limits = RateLimits()
        limits.roomGuesses = RateLimit(burst: 2, perMinute: 1)
        try await withAPI(limits: limits) { api in
            let ana = try await api.register("ana")
            let runID = try await api.makeHouseRoom("password", password: "pw", token: ana)
            let state = "/v1/rooms/\(runID)/state"
            #expect(try await api.send(.get, state, token: ana).status == 200)
            #expect(try await api.send(.get, "/v1/rooms/\(runID)").json["visibility"] == "password")
            #expect(try await api.send(.get, state).json["code"] == "room_password_needed")
            #expect(try await api.send(.get, "/api/runRoom/\(runID)").status == 401)
            let header = HTTPField.Name("X-Room-Password")!
            #expect(try await api.send(.get, state, headers: [header: "pw"]).status == 200)
            #expect(try await api.send(.get, "/api/runRoom/\(runID)", headers: [header: "pw"]).status == 200)
            for _ in 0..<2 {
                let wrong = try await api.send(.get, state, headers: [header: "x"])
                #expect(wrong.status == 401 && wrong.json["code"] == "wrong_room_password")
            }
            let throttled = try await api.send(.get, state, headers: [header: "pw"])
            #expect(throttled.status == 429 && throttled.headers[.retryAfter] != nil)
        }
    }

    @Test("in the running app's API nobody acts in others' rooms without showing who they are, and nobody ends them")
    func otherWorlds() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            for (visibility, password) in [("public", nil), ("password", "pw")] as [(String, String?)] {
                let runID = try await api.makeHouseRoom(visibility, password: password, token: ana)
                let body: JSONValue = ["runID": .string(runID), "password": "pw", "username": "ben"]
                #expect(try await api.send(.post, "/api/runRoom/join", body).status == 401)
                #expect(try await api.send(.post, "/api/runRoom/join", body, token: ben).status == 200)
                #expect(try await api.send(.post, "/api/runRoom/leave", body).status == 403)
                #expect(try await api.send(.delete, "/api/runRoom/delete", body).status == 403)
                #expect(try await api.send(.delete, "/api/runRoom/delete", body, token: ben).status == 403)
                let listed = try await api.send(.get, "/api/runRoom/all", token: ben).json["rooms"]?.array?.count
                #expect(listed == (visibility == "public" ? 1 : 0))
                #expect(try await api.send(.delete, "/api/runRoom/delete", body, token: ana).status == 200)
            }
        }
    }

    @Test("who changes what another has changed meanwhile is told so, and changes nothing")
    func lostUpdates() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let runID = try await api.makeHouseRoom("password", password: "pw", token: ana)
            let path = "/v1/rooms/\(runID)"
            let tag = try #require(try await api.send(.get, path, token: ana).headers[.eTag])
            let first = try await api.send(
                .patch, path, ["name": "Ours", "when": 5], token: ana, headers: [.ifMatch: tag])
            #expect(first.json["name"] == "Ours" && first.json["when"] == 5)
            #expect(first.headers[.eTag] != tag)
            for (method, body) in [(HTTPRequest.Method.patch, ["name": "x"] as JSONValue?), (.delete, nil)] {
                let late = try await api.send(method, path, body, token: ana, headers: [.ifMatch: tag])
                #expect(late.status == 412 && late.json["code"] == "changed_meanwhile")
            }
            let cleared = try await api.send(.patch, path, ["when": 0, "visibility": "public"], token: ana)
            #expect(cleared.json["when"] == .null && cleared.json["name"] == "Ours")
            #expect(cleared.json["visibility"] == "public")
            #expect(try await api.send(.get, path + "/state").status == 200)
            #expect(try await api.send(.patch, path, ["visibility": "password"], token: ana).status == 400)
            let closed = try await api.send(.patch, path, ["visibility": "password", "password": "new"], token: ana)
            #expect(closed.status == 200)
            let header = HTTPField.Name("X-Room-Password")!
            #expect(try await api.send(.get, path + "/state", headers: [header: "pw"]).status == 401)
            #expect(try await api.send(.get, path + "/state", headers: [header: "new"]).status == 200)
            #expect(try await api.send(.delete, path, token: ana).status == 204)
            #expect(try await api.send(.get, path, token: ana).status == 404)
        }
    }

    @Test("state and ways are those of the live protocol, in the degrees that are asked for")
    func state() async throws {
        try await withAPI { api in
            try await api.makeRoom("159")
            for (index, longitude) in [116.3970, 116.3975].enumerated() {
                _ = try await api.update(
                    "159", "ana", ["latitude": 39.9, "longitude": .double(longitude), "running": .bool(index == 0)])
            }
            let state = try await api.send(.get, "/v1/rooms/159/state")
            #expect(state.json.names == ["runID", "epoch", "event", "time", "columns", "people", "runners"])
            #expect(state.json["columns"]?[0] == "runner")
            #expect(state.json["people"]?[0]?["username"] == "ana")
            #expect(state.json["runners"]?[0]?[0] == 1)
            #expect(state.json["runners"]?[0]?[1]?.number == 39.9)
            let other = try await api.send(.get, "/v1/rooms/159/state?crs=gcj02")
            let shifted = try #require(other.json["runners"]?[0]?[1]?.number)
            #expect(abs(shifted - 39.9) > 0.0005)
            let tracks = try await api.send(.get, "/v1/rooms/159/tracks")
            #expect(tracks.json["tracks"]?["1"]?.string?.isEmpty == false)
            #expect(try await api.send(.get, "/v1/rooms/159/state?crs=mars").status == 400)
        }
    }

    @Test("its owner takes somebody out of a room, and nobody else does")
    func removal() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let runID = try await api.makeHouseRoom("public", token: ana)
            let account = try #require(try await api.core.accounts.account(named: "ben"))
            _ = try await api.core.live.join(runID, at: nil, isAuthenticated: true) { Person(account) }
            let path = "/v1/rooms/\(runID)/people/1/remove"
            #expect(try await api.send(.post, path, token: ben).status == 403)
            #expect(try await api.send(.post, path).status == 401)
            #expect(try await api.send(.post, path, token: ana).status == 204)
            #expect(try await api.core.live.room(runID)?.runners.map(\.isInRoom) == [false])
            #expect(try await api.send(.post, path, token: ana).status == 204, "twice is once")
            for number in ["2", "x", "99999999999999999999"] {
                let none = try await api.send(.post, "/v1/rooms/\(runID)/people/\(number)/remove", token: ana)
                #expect(none.status == 404)
            }
        }
    }

    @Test("who was taken out of a room sees nothing of it any more, in the running app's API either")
    func removedReader() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let account = try #require(try await api.core.accounts.account(named: "ben"))
            for (visibility, status) in [("link", 404), ("password", 403)] {
                let runID = try await api.makeHouseRoom(
                    visibility, password: visibility == "password" ? "pw" : nil, token: ana)
                _ = try await api.core.live.join(runID, at: nil, isAuthenticated: true) { Person(account) }
                #expect(try await api.send(.get, "/api/runRoom/\(runID)", token: ben).status == 200)
                let removed = try await api.send(.post, "/v1/rooms/\(runID)/people/1/remove", token: ana)
                #expect(removed.status == 204)
                #expect(try await api.send(.get, "/api/runRoom/\(runID)", token: ben).status == status)
                #expect(try await api.send(.get, "/v1/rooms/\(runID)/state", token: ben).status >= 400)
            }
        }
    }

    @Test("an account has so many rooms, and is told so")
    func tooManyRooms() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let account = try #require(try await api.core.accounts.account(named: "ana")).id
            for number in 0..<Limit.Room.owned {
                _ = try await api.database.rooms.createRoom(
                    runID: "r\(number)", passwordSalt: [], passwordHash: [], epoch: "e",
                    details: .init(owner: account, visibility: .link), at: 1)
            }
            let answer = try await api.send(.post, "/v1/rooms", ["name": "x"], token: ana)
            #expect(answer.status == 507 && answer.json["code"] == "quota_exceeded")
        }
    }
}
