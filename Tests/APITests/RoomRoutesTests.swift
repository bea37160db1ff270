import Geo
import HTTPTypes
import Live
import Rooms
import Services
import Testing

@testable import API
@testable import Endpoints

@Suite("Run rooms") struct RoomRoutesTests {
    // MARK: Making and deleting

    @Test("a room is created with 201, without its password in the answer")
    func creates() async throws {
        try await withAPI { api in
            let answer = try await api.send(
                .post, "/api/runRoom/create", ["runID": "run-159", "password": "pw"])
            #expect(answer.status == 201)
            #expect(answer.json["message"] == "Room created successfully")
            let room = try #require(answer.json["room"])
            #expect(room.names == ["_id", "runID", "password", "runners", "createdAt", "updatedAt", "__v"])
            #expect(room["_id"]?.string?.count == 24)
            #expect(room["runID"] == "run-159")
            #expect(room["password"] == "")
            #expect(room["runners"] == [])
            #expect(room["__v"] == 0)
        }
    }

    @Test("numbers are taken for runID and password and turned into strings")
    func takesNumbers() async throws {
        try await withAPI { api in
            _ = try await api.register()
            let created = try await api.send(.post, "/api/runRoom/create", ["runID": 159, "password": 159])
            #expect(created.json["room"]?["runID"] == "159")
            let joined = try await api.send(
                .post, "/api/runRoom/join", ["runID": "159", "password": "159", "username": "ana"])
            #expect(joined.status == 200)
            let deleted = try await api.send(.delete, "/api/runRoom/delete", ["runID": 159.0, "password": 159])
            #expect(deleted.line == #"200 {"message":"RunRoom with ID 159 has been deleted successfully."}"#)
        }
    }

    @Test("a second room of one name is 400")
    func refusesDuplicates() async throws {
        try await withAPI { api in
            try await api.makeRoom("159", runners: [])
            let again = try await api.send(.post, "/api/runRoom/create", ["runID": "159", "password": "x"])
            #expect(again.line == #"400 {"error":"Room already exists"}"#)
        }
    }

    @Test(
        "a room that cannot be is 400",
        arguments: [
            #"{}"#, #"{"runID":"1"}"#, #"{"password":"1"}"#, #"{"runID":"","password":"1"}"#,
            #"{"runID":"1","password":""}"#, #"{"runID":null,"password":"1"}"#, #"{"runID":{},"password":"1"}"#,
            #"{"runID":true,"password":"1"}"#, #"{"runID":"a/b","password":"1"}"#, #"{"runID":"all","password":"1"}"#,
            #"{"runID":"deleteAll","password":"1"}"#, #"{"runID":"a\u0000","password":"1"}"#,
            #"{"runID":"a\nb","password":"1"}"#, #"{"runID":"  ","password":"1"}"#,
            #"{"runID":"12345678901234567890123456789012345678901234567890123456789012345","password":"1"}"#,
            #"{"runID":12345678908859744123,"password":"1"}"#, #"{"runID":159.5,"password":"1"}"#,
            #"{"runID":9007199254740992.0,"password":"1"}"#, #"{"runID":"1","password":12345678908859744123}"#,
            #"{"runID":"\ud800","password":"1"}"#, #"{"runID":"1","password":"1\udc00"}"#,
            #"{"runID":"\u3164","password":"1"}"#, #"{"runID":"\u2800\u2800","password":"1"}"#,
            #"{"runID":"a\u200bb","password":"1"}"#, #"{"runID":"a\udb40\udc61","password":"1"}"#,
            #"{"runID":"\u202eone","password":"1"}"#,
            #"{"runID":"1","password":[1]}"#, #"{"runID":"1","password":"1","crs":"mars"}"#, #"{"runID":"1","#,
        ])
    func refusesRooms(body: String) async throws {
        try await withAPI { api in
            let answer = try await api.send(.post, "/api/runRoom/create", raw: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.json["error"]?.string?.isEmpty == false)
        }
    }

    @Test("deleting needs both fields, a room, and its password, in this order")
    func deletes() async throws {
        try await withAPI { api in
            try await api.makeRoom("159")
            func delete(_ body: JSONValue) async throws -> String {
                try await api.send(.delete, "/api/runRoom/delete", body).line
            }
            #expect(try await delete(["runID": "159"]) == #"400 {"error":"runID and password are required."}"#)
            #expect(try await delete(["runID": "1", "password": "x"]) == #"404 {"error":"RunRoom not found."}"#)
            #expect(
                try await delete(["runID": "159", "password": "x"])
                    == #"403 {"error":"Invalid password for the room."}"#)
            #expect(
                try await delete(["runID": "159", "password": "pw"])
                    == #"200 {"message":"RunRoom with ID 159 has been deleted successfully."}"#)
            #expect(try await api.send(.get, "/api/runRoom/159").status == 404)
            // The name is free again.
            try await api.makeRoom("159", runners: [])
        }
    }

    @Test("deleting takes its fields from the query when there is no body, and prefers the body")
    func deletesByQuery() async throws {
        try await withAPI { api in
            try await api.makeRoom("159", runners: [])
            let wrong = try await api.send(.delete, "/api/runRoom/delete?runID=159&password=pw", ["password": "x"])
            #expect(wrong.status == 403)
            #expect(try await api.send(.delete, "/api/runRoom/delete?runID=159&password=pw").status == 200)
        }
    }

    // MARK: Guessing

    @Test("wrong passwords for a room are heard only so often from an address, whichever request they come with")
    func guesses() async throws {
        var limits = RateLimits()
        limits.roomGuesses = RateLimit(burst: 4, perMinute: 1)
        try await withAPI(limits: limits) { api in
            try await api.makeRoom("159", runners: ["ana"])
            try await api.makeRoom("160", runners: [])
            func body(_ password: String) -> JSONValue {
                ["runID": "159", "password": .string(password), "username": "ana", "meters": 1]
            }
            #expect(try await api.send(.post, "/api/runRoom/join", body("1")).status == 401)
            #expect(try await api.send(.post, "/api/runRoom/update", body("2")).status == 401)
            #expect(try await api.send(.post, "/api/runRoom/leave", body("3")).status == 403)
            #expect(try await api.send(.delete, "/api/runRoom/delete", body("4")).status == 403)
            for password in ["5", "pw"] {
                let answer = try await api.send(.post, "/api/runRoom/join", body(password))
                #expect(answer.line == #"429 {"error":"Too many failed attempts. Try again later."}"#)
                let wait = try #require(answer.headers[.retryAfter].flatMap { Int($0) })
                #expect((1...60).contains(wait))
            }
            // From elsewhere, and elsewhere, it is nobody's fault.
            #expect(try await api.send(.post, "/api/runRoom/join", body("pw"), from: "198.51.100.7").status == 200)
            let other = try await api.send(
                .post, "/api/runRoom/join", ["runID": "160", "password": "pw", "username": "ana"])
            #expect(other.status == 200)
        }
    }

    @Test("so are those with which a run is started, or a closed room is looked into")
    func otherGuesses() async throws {
        var limits = RateLimits()
        limits.roomGuesses = RateLimit(burst: 3, perMinute: 1)
        try await withAPI(limits: limits, roomsAreOpen: false) { api in
            try await api.makeRoom("159")
            let start: JSONValue = ["runID": "159", "password": "1", "username": "ana"]
            #expect(try await api.send(.post, "/api/runRoom/start", start).status == 401)
            #expect(try await api.send(.get, "/api/runRoom/159?password=2").status == 403)
            #expect(try await api.send(.get, "/api/runRoom/159", headers: [.roomPassword: "3"]).status == 403)
            let right = try await api.send(.get, "/api/runRoom/159?password=pw")
            #expect(right.status == 429 && right.json["code"] == "TOO_MANY_REQUESTS")
        }
    }

    @Test("who sends the right password is never limited by it")
    func rightPasswords() async throws {
        var limits = RateLimits()
        limits.roomGuesses = RateLimit(burst: 1, perMinute: 1)
        limits.allRoomGuesses = RateLimit(burst: 1, perMinute: 1)
        try await withAPI(limits: limits) { api in
            try await api.makeRoom("159", runners: ["ana"])
            for address in ["198.51.100.1", "198.51.100.2"] {
                let wrong = try await api.send(
                    .post, "/api/runRoom/join", ["runID": "159", "password": "x", "username": "ana"], from: address)
                #expect(wrong.status == 401)
            }
            for meters in 0..<50 {
                let answer = try await api.send(
                    .post, "/api/runRoom/update",
                    ["runID": "159", "password": "pw", "username": "ana", "meters": .int(Int64(meters))])
                #expect(answer.status == 200)
            }
        }
    }

    // MARK: Reading

    @Test("a room is readable by its name, with its runners in the order of joining")
    func reads() async throws {
        try await withAPI { api in
            try await api.makeRoom("159", runners: ["ana", "bob"])
            _ = try await api.update("159", "ana", ["latitude": 37.7749, "longitude": -122.4194])
            let answer = try await api.send(.get, "/api/runRoom/159/")
            #expect(answer.status == 200)
            #expect(answer.json.names == ["success", "code", "message", "data"])
            #expect(answer.json["success"] == true)
            #expect(answer.json["code"] == "ROOM_FOUND")
            #expect(answer.json["message"] == "Run room retrieved successfully")
            let data = try #require(answer.json["data"])
            #expect(data.names == ["runID", "runners", "createdAt", "updatedAt"])
            #expect(data["runners"]?.array?.count == 2)
            #expect(
                data["runners"]?[0] == [
                    "username": "ana", "nickname": "ana", "profile_pic": "/api/users/profilepic/ana", "meters": 0,
                    "seconds": 0, "latitude": 37.7749, "longitude": -122.4194, "running": false, "markers": [],
                    "start": "1970-01-01T00:00:00.000Z", "end": "1970-01-01T00:00:00.000Z", "marathon_place": "N/A",
                    "in_room": true,
                ])
            #expect(data["runners"]?[1]?["username"] == "bob")
            #expect(data["runners"]?[1]?["latitude"] == 0)
        }
    }

    @Test("no room is 404, no name is 400, each with its code")
    func readsNothing() async throws {
        try await withAPI { api in
            let notFound = #"404 {"success":false,"code":"ROOM_NOT_FOUND","message":"Run room not found"}"#
            for name in ["159", "create", String(repeating: "x", count: 100)] {
                let answer = try await api.send(.get, "/api/runRoom/\(name)")
                #expect(answer.line == notFound)
            }
            #expect(
                try await api.send(.get, "/api/runRoom/").line
                    == #"400 {"success":false,"code":"MISSING_RUNID","message":"Run ID is required"}"#)
        }
    }

    @Test("all rooms are for whoever has a token")
    func readsAll() async throws {
        try await withAPI { api in
            let token = try await api.register("eve")
            let none = try await api.send(.get, "/api/runRoom/all", token: token)
            #expect(none.line == #"200 {"message":"Rooms retrieved successfully.","rooms":[]}"#)
            try await api.makeRoom("b", runners: [])
            try await api.makeRoom("a", runners: ["ana"])
            #expect(try await api.send(.get, "/api/runRoom/all").line == #"401 {"error":"No token provided"}"#)
            #expect(try await api.send(.get, "/api/runRoom/all", token: "x").status == 403)
            let all = try await api.send(.get, "/api/runRoom/all", token: token)
            #expect(all.json["rooms"]?.array?.map { $0["runID"] } == ["b", "a"])
            #expect(all.json["rooms"]?[1]?["password"] == "")
            #expect(all.json["rooms"]?[1]?["runners"]?[0]?["username"] == "ana")
            #expect(all.json["rooms"]?[1]?["runners"]?[0]?["_id"]?.string?.count == 24)
        }
    }

    @Test("where rooms are closed, reading takes the password or a runner's token")
    func closesRooms() async throws {
        try await withAPI(roomsAreOpen: false) { api in
            let ana = try await api.makeRoom("159")[0], bob = try await api.register("bob")
            let path = "/api/runRoom/159"
            let stranger = try await api.send(.get, path)
            #expect(stranger.line == #"401 {"success":false,"code":"UNAUTHORIZED","message":"No token provided"}"#)
            #expect(try await api.send(.get, path, token: bob).status == 403)
            #expect(try await api.send(.get, path, token: ana).status == 200)
            #expect(try await api.send(.get, path + "?password=pw").status == 200)
            #expect(try await api.send(.get, path + "?password=x").status == 403)
            #expect(try await api.send(.get, path, headers: [.roomPassword: "pw"]).status == 200)
        }
    }

    // MARK: Joining and leaving

    @Test("joining checks the room, then its password, then the user")
    func joinsInOrder() async throws {
        try await withAPI { api in
            try await api.makeRoom("159", runners: [])
            _ = try await api.register("ana")
            func join(_ runID: String, _ password: String, _ username: String) async throws -> String {
                try await api.send(
                    .post, "/api/runRoom/join",
                    ["runID": .string(runID), "password": .string(password), "username": .string(username)]
                ).line
            }
            #expect(try await join("1", "x", "nobody") == #"404 {"error":"Room not found"}"#)
            #expect(try await join("159", "x", "nobody") == #"401 {"error":"Invalid password"}"#)
            #expect(try await join("159", "pw", "nobody") == #"404 {"error":"User not found"}"#)
            #expect(try await join("159", "pw", "").hasPrefix("400"))
            #expect(try await join("159", "pw", "ana").hasPrefix("200"))
        }
    }

    @Test("joining shows the runner as the document has it, at 0,0 when no place is known")
    func joins() async throws {
        try await withAPI { api in
            try await api.makeRoom("159", runners: [])
            _ = try await api.register("ana")
            let answer = try await api.send(
                .post, "/api/runRoom/join", ["runID": "159", "password": "pw", "username": "ana"])
            #expect(answer.json["message"] == "Joined room successfully")
            let runner = try #require(answer.json["room"]?["runners"]?[0])
            #expect(
                runner.names == [
                    "username", "nickname", "profile_pic", "meters", "seconds", "latitude", "longitude", "running",
                    "markers", "start", "end", "marathon_place", "in_room", "_id",
                ])
            #expect(runner["latitude"] == 0)
            #expect(runner["longitude"] == 0)
        }
    }

    @Test("joining twice keeps one runner; coming back after leaving sets in_room again")
    func joinsTwice() async throws {
        try await withAPI { api in
            try await api.makeRoom("159")
            let join: JSONValue = [
                "runID": "159", "password": "pw", "username": "ana", "latitude": 48.2, "longitude": 16.4,
            ]
            let again = try await api.send(.post, "/api/runRoom/join", join)
            #expect(again.status == 200)
            #expect(again.json["room"]?["runners"]?.array?.count == 1)
            #expect(again.json["room"]?["runners"]?[0]?["latitude"] == 48.2)
            let left = try await api.send(.post, "/api/runRoom/leave", join)
            #expect(left.json["message"] == "Runner ana has left the room.")
            #expect(left.json["updatedRoom"]?["runners"]?[0]?["in_room"] == false)
            let back = try await api.send(.post, "/api/runRoom/join", join)
            #expect(back.json["room"]?["runners"]?.array?.count == 1)
            #expect(back.json["room"]?["runners"]?[0]?["in_room"] == true)
        }
    }

    @Test("leaving checks its fields, the room, its password, the runner, in this order")
    func leavesInOrder() async throws {
        try await withAPI { api in
            try await api.makeRoom("159")
            _ = try await api.register("bob")
            func leave(_ body: JSONValue) async throws -> String {
                try await api.send(.post, "/api/runRoom/leave", body).line
            }
            #expect(
                try await leave(["runID": "159", "password": "pw"])
                    == #"400 {"error":"runID, username, and password are required."}"#)
            #expect(
                try await leave(["runID": "1", "password": "x", "username": "ana"])
                    == #"404 {"error":"RunRoom not found."}"#)
            #expect(
                try await leave(["runID": "159", "password": "x", "username": "ana"])
                    == #"403 {"error":"Invalid password for the room."}"#)
            for stranger in ["bob", "nobody"] {
                #expect(
                    try await leave(["runID": "159", "password": "pw", "username": .string(stranger)])
                        == #"404 {"error":"Runner not found in the specified room."}"#)
            }
            let ana: JSONValue = ["runID": "159", "password": "pw", "username": "ana"]
            #expect(try await leave(ana).hasPrefix("200"))
            #expect(try await leave(ana).hasPrefix("200"))
        }
    }

    @Test("a full room is 409")
    func fills() async throws {
        var live = LiveSettings()
        live.room.capacity = 1
        try await withAPI(live: live) { api in
            try await api.makeRoom("159")
            _ = try await api.register("bob")
            let answer = try await api.send(
                .post, "/api/runRoom/join", ["runID": "159", "password": "pw", "username": "bob"])
            #expect(answer.line == #"409 {"error":"Room is full"}"#)
        }
    }

    // MARK: Starting

    @Test("starting needs the password or the runner's token")
    func starts() async throws {
        try await withAPI { api in
            let ana = try await api.makeRoom("159")[0]
            let bob = try await api.register("bob")
            func start(_ body: JSONValue, _ token: String? = nil) async throws -> Answer {
                try await api.send(.post, "/api/runRoom/start", body, token: token)
            }
            let bare: JSONValue = ["runID": "159", "username": "ana"]
            #expect(try await start(bare).status == 401)
            #expect(try await start(bare, bob).status == 403)
            #expect(try await start(bare, "x").status == 403)
            #expect(try await start(["runID": "159"], ana).status == 400)
            #expect(
                try await start(["runID": "1", "username": "ana"], ana).line == #"404 {"error":"Room not found"}"#)
            #expect(
                try await start(["runID": "159", "username": "bob"], bob).line
                    == #"404 {"error":"Runner not found in the room"}"#)
            let wrong: JSONValue = ["runID": "159", "username": "ana", "password": "x"]
            #expect(try await start(wrong).line == #"401 {"error":"Invalid password"}"#)
            let started = try await start(bare, ana)
            #expect(started.status == 200)
            #expect(started.json["message"] == "Run started")
            #expect(started.json["room"]?["runners"]?[0]?["running"] == true)
            #expect(started.json["room"]?["runners"]?[0]?["start"] != "1970-01-01T00:00:00.000Z")
            let again = try await start(["runID": "159", "username": "ana", "password": "pw"])
            #expect(again.status == 200)
        }
    }

    // MARK: Tokens

    @Test("a token that is sent with a room's password must be valid and the runner's")
    func checksTokens() async throws {
        try await withAPI { api in
            let ana = try await api.makeRoom("159")[0]
            let bob = try await api.register("bob")
            let body: JSONValue = ["runID": "159", "password": "pw", "username": "ana", "in_room": true]
            for path in ["join", "update", "start", "leave"] {
                #expect(try await api.send(.post, "/api/runRoom/\(path)", body, token: bob).status == 403)
                #expect(try await api.send(.post, "/api/runRoom/\(path)", body, token: "x").status == 403)
                #expect(try await api.send(.post, "/api/runRoom/\(path)", body, token: ana).status == 200)
            }
            let room: JSONValue = ["runID": "160", "password": "pw"]
            #expect(try await api.send(.post, "/api/runRoom/create", room, token: "x").status == 403)
            #expect(try await api.send(.post, "/api/runRoom/create", room, token: bob).status == 201)
            #expect(try await api.send(.delete, "/api/runRoom/delete", room, token: "x").status == 403)
            #expect(try await api.send(.delete, "/api/runRoom/delete", room, token: bob).status == 200)
        }
    }

    // MARK: One truth

    @Test("a runner who leaves with a run of two places or more has a record of it, having shown a token in it")
    func recordsPolledRuns() async throws {
        try await withAPI { api in
            let token = try await api.makeRoom("159")[0]
            _ = try await api.send(
                .post, "/api/runRoom/start", ["runID": "159", "username": "ana", "password": "pw"], token: token)
            for step in 0..<3 {
                _ = try await api.update(
                    "159", "ana", ["latitude": .double(48.2 + Double(step) * 1e-5), "longitude": 16.4])
            }
            let read = try await api.send(.get, "/api/runRoom/159")
            let markers = try #require(read.json["data"]?["runners"]?[0]?["markers"])
            #expect(markers[0] == ["id": 1, "latitude": 48.2, "longitude": 16.4])
            let left = try await api.update("159", "ana", ["in_room": false])
            #expect(left.json["room"]?["runners"]?[0]?["running"] == false)
            #expect(left.json["room"]?["runners"]?[0]?["markers"] == [])
            let records = try await api.send(.get, "/api/users/run/records/ana", token: token)
            #expect(records.json["pagination"]?["total"] == 1)
            let record = try #require(records.json["records"]?[0])
            #expect(record["runId"] == 1)
            #expect(record["markers"]?.array?.count == 3)
            #expect(record["markers"]?[0]?["latitude"] == 48.2)
            #expect(record["splits"] == [])
        }
    }

    /// Runs as somebody by the room's password alone.
    ///
    /// - Returns: How many records they have then.
    private func runAsAna(_ api: TestAPI, token: String, from address: String) async throws -> JSONValue? {
        let ana: JSONValue = ["runID": "159", "password": "pw", "username": "ana"]
        for path in ["join", "start"] {
            #expect(try await api.send(.post, "/api/runRoom/\(path)", ana, from: address).status == 200)
        }
        for step in 0..<3 {
            var update = try #require(ana.object)
            update["latitude"] = .double(48.2 + Double(step) * 1e-5)
            update["longitude"] = 16.4
            #expect(try await api.send(.post, "/api/runRoom/update", .object(update), from: address).status == 200)
        }
        let left = try await api.send(.post, "/api/runRoom/leave", ana, from: address)
        #expect(left.json["updatedRoom"]?["runners"]?[0]?["in_room"] == false)
        #expect(left.json["updatedRoom"]?["runners"]?[0]?["end"] != "1970-01-01T00:00:00.000Z")
        let records = try await api.send(.get, "/api/users/run/records/ana", token: token)
        return records.json["pagination"]?["total"]
    }

    @Test("whoever knows a room's password may run there as anybody, and leaves nothing in that person's records")
    func forgesNoRecords() async throws {
        try await withAPI { api in
            let token = try await api.makeRoom("159")[0]
            #expect(try await runAsAna(api, token: token, from: "198.51.100.7") == 0)
        }
    }

    @Test("in legacy mode a recent login from the same address is as good as a token")
    func recordsLegacyRuns() async throws {
        try await withAPI(legacy: true) { api in
            let token = try await api.makeRoom("159")[0]
            let login: JSONValue = ["username": "ana", "password": "secret"]
            #expect(try await api.send(.post, "/api/users/login", login, from: "198.51.100.7").status == 200)
            #expect(try await runAsAna(api, token: token, from: "198.51.100.8") == 0)
            #expect(try await runAsAna(api, token: token, from: "198.51.100.7") == 1)
        }
    }

    @Test("in legacy mode nobody is started who has not joined that room, wherever they have logged in")
    func legacyStarts() async throws {
        try await withAPI(legacy: true) { api in
            let ben = try await api.makeRoom("159", runners: ["ben"])[0]
            try await api.makeRoom("160", runners: ["ana"])
            for name in ["ana", "ben"] {
                let login: JSONValue = ["username": .string(name), "password": "secret"]
                #expect(try await api.send(.post, "/api/users/login", login, from: "198.51.100.7").status == 200)
            }
            func start(_ name: String, in room: String, from address: String = "198.51.100.7") async throws -> Int {
                let body: JSONValue = ["runID": .string(room), "username": .string(name)]
                return try await api.send(.post, "/api/runRoom/start", body, from: address).status
            }
            func isRunning(_ name: String, in room: String) async throws -> Bool? {
                try await api.core.live.room(room)?.runners.first { $0.person.username == name }?.isRunning
            }
            #expect(try await start("ana", in: "159") == 404)
            #expect(try await start("ben", in: "159", from: "198.51.100.8") == 401)
            let left: JSONValue = ["runID": "159", "password": "pw", "username": "ben"]
            #expect(try await api.send(.post, "/api/runRoom/leave", left, token: ben).status == 200)
            #expect(try await start("ben", in: "159") == 404)
            #expect(try await isRunning("ben", in: "159") != true)
            #expect(try await api.send(.post, "/api/runRoom/join", left, token: ben).status == 200)
            #expect(try await start("ben", in: "159") == 200)
            #expect(try await start("ana", in: "160") == 200)
        }
    }

    @Test("a name of 40 characters, which another world has given, runs like any other")
    func takesLongNames() async throws {
        try await withAPI { api in
            let name = String(repeating: "跑", count: 40)
            let account = try await api.core.accounts.register(
                username: name, password: "secret", rules: .longNames, for: .operators)
            let token = try await api.core.tokens.issue(for: account).token
            try await api.makeRoom("159", runners: [])
            let body: JSONValue = ["runID": "159", "password": "pw", "username": .string(name), "in_room": true]
            for path in ["join", "update", "start", "leave"] {
                let answer = try await api.send(.post, "/api/runRoom/\(path)", body, token: token)
                #expect(answer.status == 200, "\(path): \(answer.line)")
            }
            let long: JSONValue = [
                "runID": "159", "password": "pw", "username": .string(String(repeating: "x", count: 65)),
            ]
            #expect(
                try await api.send(.post, "/api/runRoom/join", long).line
                    == #"400 {"error":"`username` must have 1 to 64 characters."}"#)
        }
    }

    @Test("all rooms come as a stream in the order of their making, or as a page")
    func pagesRooms() async throws {
        try await withAPI { api in
            let token = try await api.register("eve")
            for index in 1...23 { try await api.makeRoom("r\(index)", runners: []) }
            func ids(_ query: String) async throws -> [JSONValue?] {
                let answer = try await api.send(.get, "/api/runRoom/all" + query, token: token)
                return answer.json["rooms"]?.array?.map { $0["runID"] } ?? []
            }
            #expect(try await ids("") == (1...23).map { .string("r\($0)") })
            #expect(try await ids("?page=3") == ["r21", "r22", "r23"])
            #expect(try await ids("?page=2&limit=11") == (12...22).map { .string("r\($0)") })
            #expect(try await ids("?page=9") == [])
            let page = try await api.send(.get, "/api/runRoom/all?limit=5", token: token)
            #expect(page.json["pagination"] == ["total": 23, "page": 1, "pages": 5])
            #expect(try await api.send(.get, "/api/runRoom/all?page=0", token: token).status == 400)
        }
    }
}
