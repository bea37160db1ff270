import Geo
import HTTPTypes
import Live
import Rooms
import Services
import Testing

@testable import API
@testable import Endpoints

@Suite("Updates of runners in run rooms") struct RoomUpdateTests {
    @Test("updating checks its fields, the room, its password, the runner, in this order")
    func updatesInOrder() async throws {
        try await withAPI { api in
            try await api.makeRoom("159")
            _ = try await api.register("bob")
            func update(_ body: JSONValue) async throws -> String {
                try await api.send(.post, "/api/runRoom/update", body).line
            }
            let missing = #"400 {"error":"Missing required fields"}"#
            #expect(try await update(["runID": "159", "password": "pw"]) == missing)
            #expect(try await update(["runID": "159", "password": "pw", "username": "ana"]) == missing)
            #expect(
                try await update(["runID": "159", "password": "pw", "username": "ana", "latitude": 1, "meters": 2])
                    == missing)
            #expect(
                try await update(["runID": "1", "password": "x", "username": "x", "in_room": true])
                    == #"404 {"error":"Room not found"}"#)
            #expect(
                try await update(["runID": "159", "password": "x", "username": "x", "in_room": true])
                    == #"401 {"error":"Invalid password"}"#)
            for stranger in ["bob", "nobody"] {
                #expect(
                    try await update(["runID": "159", "password": "pw", "username": .string(stranger), "meters": 1])
                        == #"404 {"error":"Runner not found in the room"}"#)
            }
        }
    }

    @Test("who starts and pauses again and again is told to wait, and whatever is no change is taken all the while")
    func limitsChanges() async throws {
        var live = LiveSettings()
        live.messageBurst = 4
        live.commandsPerSecond = 0.001
        try await withAPI(live: live) { api in
            try await api.makeRoom("159", runners: ["ana", "bob"])
            for isRunning in [true, false, true, false] {
                let answer = try await api.update("159", "ana", ["running": .bool(isRunning)])
                #expect(answer.status == 200)
                #expect(answer.json["room"]?["runners"]?[0]?["running"] == .bool(isRunning))
            }
            let start: JSONValue = ["runID": "159", "password": "pw", "username": "ana"]
            for refused in [
                try await api.update("159", "ana", ["running": true, "meters": 9]),
                try await api.send(.post, "/api/runRoom/start", start),
            ] {
                #expect(refused.line == #"429 {"error":"Too many changes of a runner. Try again later."}"#)
                #expect(refused.headers[.retryAfter] == "1")
            }
            let still = try await api.update("159", "ana", ["running": false, "meters": 7])
            #expect(still.status == 200)
            #expect(still.json["room"]?["runners"]?[0]?["running"] == false)
            #expect(still.json["room"]?["runners"]?[0]?["meters"] == 7)
            // Another runner has an allowance of his own.
            #expect(try await api.update("159", "bob", ["running": true]).status == 200)
        }
    }

    @Test("the client's three calls work: with a place, with progress alone, and with a pause")
    func takesClientCalls() async throws {
        try await withAPI { api in
            try await api.makeRoom("159", runners: ["ana", "bob"])
            let load = try await api.update(
                "159", "ana",
                [
                    "longitude": 116.407, "latitude": 39.905, "meters": 0, "seconds": 0, "running": false,
                    "in_room": true,
                ])
            #expect(load.status == 200)
            #expect(load.json["message"] == "Room updated successfully")
            let progress = try await api.update("159", "ana", ["meters": 120.04, "seconds": 31.26, "running": true])
            #expect(progress.status == 200)
            let runner = try #require(progress.json["room"]?["runners"]?[0])
            #expect(runner["meters"] == 120)
            #expect(runner["seconds"] == 31.3)
            #expect(runner["running"] == true)
            #expect(runner["marathon_place"] == "1")
            #expect(runner["start"] != "1970-01-01T00:00:00.000Z")
            _ = try await api.update("159", "bob", ["meters": 300, "seconds": 60, "running": true])
            let paused = try await api.update(
                "159", "ana",
                ["running": false, "meters": 130, "seconds": 33, "longitude": 116.4071, "latitude": 39.9051])
            let ana = try #require(paused.json["room"]?["runners"]?[0])
            #expect(ana["running"] == false)
            #expect(ana["meters"] == 130)
            #expect(ana["latitude"] == 39.9051)
            #expect(ana["longitude"] == 116.4071)
            #expect(ana["marathon_place"] == "2")
            #expect(paused.json["room"]?["runners"]?[1]?["marathon_place"] == "1")
            let read = try await api.send(.get, "/api/runRoom/159")
            #expect(read.json["data"]?["runners"]?[0]?["meters"] == 130)
        }
    }

    @Test(
        "a wrong type or range is 400 and names the field",
        arguments: [
            (#""latitude":"1","longitude":1"#, "latitude"), (#""latitude":91,"longitude":1"#, "latitude"),
            (#""latitude":1,"longitude":-180.5"#, "longitude"), (#""meters":-1"#, "meters"),
            (#""meters":"5""#, "meters"), (#""seconds":[]"#, "seconds"), (#""seconds":1e12"#, "seconds"),
            (#""running":"true""#, "running"), (#""in_room":1"#, "in_room"), (#""markers":{}"#, "markers"),
            (#""markers":[1]"#, "markers"), (#""markers":[{"latitude":1}]"#, "markers"),
            (#""markers":[{"latitude":91,"longitude":0}]"#, "latitude"), (#""start":"soon""#, "start"),
            (#""end":true"#, "end"), (#""meters":1,"crs":"mars""#, "crs"), (#""meters":1,"crs":4"#, "crs"),
        ])
    func refusesUpdates(fields: String, name: String) async throws {
        try await withAPI { api in
            try await api.makeRoom("159")
            let body = #"{"runID":"159","password":"pw","username":"ana",\#(fields)}"#
            let answer = try await api.send(.post, "/api/runRoom/update", raw: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.json["error"]?.string?.contains(name) == true)
        }
    }

    @Test("an update may have megabytes of markers, and nothing else of that size, whoever sends it")
    func boundsUpdates() async throws {
        try await withAPI { api in
            try await api.makeRoom()
            func update(_ members: String) async throws -> Answer {
                try await api.send(
                    .post, "/api/runRoom/update",
                    raw: Array(
                        #"{"runID":"159","password":"pw","username":"ana","latitude":39.9,"longitude":116.4,\#(members)}"#
                            .utf8))
            }
            let marker = #"{"id":1,"latitude":39.9,"longitude":116.4,"time":1732351183038,"accuracy":5.5}"#
            func markers(_ last: String) -> String {
                #""markers":["# + String(repeating: marker + ",", count: 40_000) + last + "]"
            }
            #expect(try await update(markers(marker)).status == 200)
            // The last of forty thousand is looked at as the first is.
            let bad = try await update(markers(#"{"latitude":1}"#))
            #expect(bad.status == 400 && bad.text.contains("markers"))
            let zeros = String(repeating: "0,", count: 1_000_000) + "0"
            for members in [#""markers":[[\#(zeros)]]"#, #""x":[\#(zeros)]"#, #""markers":{"a":[\#(zeros)]}"#] {
                let answer = try await update(members)
                #expect(answer.status == 400 && answer.text.contains("too many values"))
            }
        }
    }

    @Test("markers, start and end are taken with an update")
    func takesWholeRuns() async throws {
        try await withAPI { api in
            try await api.makeRoom("159")
            let answer = try await api.update(
                "159", "ana",
                [
                    "markers": [["id": 1, "latitude": 39.9, "longitude": 116.4]], "start": "2024-12-09T10:00:00Z",
                    "end": 1_733_738_400_000,
                ])
            #expect(answer.status == 200)
        }
    }

    @Test("in_room false is a leave, and an update of somebody who left needs in_room true")
    func leavesByUpdate() async throws {
        try await withAPI { api in
            try await api.makeRoom("159")
            let left = try await api.update("159", "ana", ["in_room": false])
            #expect(left.json["room"]?["runners"]?[0]?["in_room"] == false)
            let straggler = try await api.update("159", "ana", ["meters": 5])
            #expect(straggler.line == #"404 {"error":"Runner not found in the room"}"#)
            let back = try await api.update("159", "ana", ["in_room": true])
            #expect(back.json["room"]?["runners"]?[0]?["in_room"] == true)
        }
    }

    @Test("degrees are in the server's system, or in the one that a request names")
    func convertsCoordinates() async throws {
        try await withAPI(coordinateSystem: .gcj02) { api in
            try await api.makeRoom("159")
            let shown = try await api.update("159", "ana", ["latitude": 39.905, "longitude": 116.407, "crs": "wgs84"])
            #expect(shown.json["room"]?["runners"]?[0]?["latitude"] == 39.905)
            #expect(shown.json["room"]?["runners"]?[0]?["longitude"] == 116.407)
            let place = try Coordinate(latitude: 39.905, longitude: 116.407)
            let shifted = CoordinateSystem.gcj02.degrees(of: place)
            let read = try await api.send(.get, "/api/runRoom/159")
            let latitude = try #require(read.json["data"]?["runners"]?[0]?["latitude"]?.number)
            #expect(abs(latitude - shifted.latitude) < 1e-6)
            let same = try await api.send(.get, "/api/runRoom/159?crs=wgs84")
            #expect(same.json["data"]?["runners"]?[0]?["latitude"] == 39.905)
            #expect(try await api.send(.get, "/api/runRoom/159?crs=x").status == 400)
            // What a client sends in the server's system comes back as it was.
            let echoed = try await api.update("159", "ana", ["latitude": 39.906401, "longitude": 116.413242])
            #expect(echoed.json["room"]?["runners"]?[0]?["latitude"] == 39.906401)
            #expect(echoed.json["room"]?["runners"]?[0]?["longitude"] == 116.413242)
        }
    }
}
