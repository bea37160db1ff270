import Geo
import HTTPTypes
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Run data and records") struct RunRoutesTests {
    static let run: JSONValue = [
        "meters": 5000, "seconds": 1500.5,
        "markers": [["latitude": 39.905, "longitude": 116.407, "id": 1, "note": "x"], ["id": 2]],
        "start": "2024-12-09T10:00:00Z", "end": "2024-12-09T10:25:00.5Z", "pace": "5:30",
    ]

    @Test("run data is updated in part; unknown keys are ignored")
    func updatesRunData() async throws {
        try await withAPI { api in
            let token = try await api.register()
            let first = try await api.send(
                .put, "/api/users/run/data",
                [
                    "username": "ana",
                    "runData": [
                        "meters": 5000, "seconds": 1500, "latitude": 37.775, "longitude": -122.4195, "pace": 1,
                    ],
                ], token: token)
            #expect(first.status == 200)
            #expect(first.json["message"] == "Run data updated successfully")
            let second = try await api.send(
                .put, "/api/users/run/data", ["runData": ["running": true, "start": "2024-12-09T10:00:00Z"]],
                token: token)
            let expected: JSONValue = [
                "meters": 5000, "seconds": 1500, "latitude": 37.775, "longitude": -122.4195, "running": true,
                "markers": [], "start": "2024-12-09T10:00:00.000Z", "end": "1970-01-01T00:00:00.000Z",
            ]
            #expect(second.json["data"] == expected)
            let read = try await api.send(.get, "/api/users/run/data/ana", token: token)
            #expect(read.status == 200)
            #expect(read.json == expected)
        }
    }

    @Test("what is null in run data or a record is not there, and nothing is lost of the rest")
    func takesNull() async throws {
        try await withAPI { api in
            let token = try await api.register()
            func update(_ runData: JSONValue) async throws -> Answer {
                try await api.send(.put, "/api/users/run/data", ["runData": runData], token: token)
            }
            let first = try await update([
                "meters": 5, "seconds": 4, "latitude": 3, "longitude": 2, "running": true, "markers": [["id": 1]],
                "start": "2024-12-09T10:00:00.000Z", "end": "2024-12-09T10:25:00.000Z",
            ])
            #expect(first.status == 200)
            // What a phone sends that has no pace yet.
            let paceless = try await update(["pace": .null])
            #expect(paceless.json["data"] == first.json["data"])
            for name in try #require(first.json["data"]?.object).members.map(\.name) {
                var changes = JSONObject()
                changes[name] = .null
                changes["meters"] = changes["meters"] ?? 5
                let answer = try await update(.object(changes))
                #expect(answer.status == 200 && answer.json["data"] == first.json["data"], "\(name)")
            }
            let record = try await api.send(
                .post, "/api/users/run/record",
                [
                    "username": .null,
                    "runRecord": [
                        "meters": 7, "seconds": .null, "markers": .null, "start": .null, "end": .null, "pace": .null,
                    ],
                ], token: token)
            #expect(record.status == 200)
            let stored = try await api.send(.get, "/api/users/run/records/ana/1", token: token)
            #expect(stored.json["meters"] == 7 && stored.json["seconds"] == 0 && stored.json["markers"] == [])
        }
    }

    @Test("a fresh user has the defaults as run data")
    func showsDefaults() async throws {
        try await withAPI { api in
            let token = try await api.register()
            let answer = try await api.send(.get, "/api/users/run/data/ana", token: token)
            #expect(
                answer.line
                    == #"200 {"meters":0,"seconds":0,"latitude":0,"longitude":0,"running":false,"markers":[],"#
                    + #""start":"1970-01-01T00:00:00.000Z","end":"1970-01-01T00:00:00.000Z"}"#)
        }
    }

    @Test(
        "run data of a wrong type or out of range is 400",
        arguments: [
            #"{"runData":{"meters":"abc"}}"#, #"{"runData":{"meters":-1}}"#, #"{"runData":{"latitude":90.5}}"#,
            #"{"runData":{"longitude":-181}}"#, #"{"runData":{"running":"yes"}}"#, #"{"runData":{"markers":{}}}"#,
            #"{"runData":{"start":"yesterday"}}"#, #"{"runData":[]}"#, #"{"runData":null}"#, #"{}"#,
            #"{"runData":{"meters":1e999}}"#, #"{"username":5,"runData":{}}"#,
        ])
    func refusesRunData(body: String) async throws {
        try await withAPI { api in
            let token = try await api.register()
            let answer = try await api.send(.put, "/api/users/run/data", raw: Array(body.utf8), token: token)
            #expect(answer.status == 400)
            #expect(answer.json["message"]?.string?.isEmpty == false)
        }
    }

    @Test("a record is stored with the next run ID, echoed as sent, and resets the run data")
    func postsRecord() async throws {
        try await withAPI { api in
            let token = try await api.register()
            _ = try await api.send(.put, "/api/users/run/data", ["runData": ["meters": 7]], token: token)
            let answer = try await api.send(
                .post, "/api/users/run/record", ["username": "ana", "runRecord": Self.run], token: token)
            #expect(answer.status == 200)
            #expect(answer.json["message"] == "Run record saved successfully")
            var echo = try #require(Self.run.object)
            echo["runId"] = 1
            echo["timestamp"] = "2024-11-23T08:39:43.038Z"
            #expect(answer.json["record"] == .object(echo))
            let data = try await api.send(.get, "/api/users/run/data/ana", token: token)
            #expect(data.json["meters"] == 0)

            let record = try await api.send(.get, "/api/users/run/records/ana/1", token: token)
            #expect(
                record.text
                    == #"{"runId":1,"meters":5000,"seconds":1500.5,"markers":[{"latitude":39.905,"longitude":116.407,"#
                    + #""id":1,"note":"x"},{"id":2}],"start":"2024-12-09T10:00:00.000Z","#
                    + #""end":"2024-12-09T10:25:00.500Z","timestamp":"2024-11-23T08:39:43.038Z","#
                    + #""_id":"\#(record.json["_id"]?.string ?? "")"}"#)
            #expect(record.json["_id"]?.string?.count == 24)
        }
    }

    @Test("a record without members is one of zeros")
    func takesEmptyRecord() async throws {
        try await withAPI { api in
            let token = try await api.register()
            let answer = try await api.send(.post, "/api/users/run/record", ["runRecord": [:]], token: token)
            #expect(answer.status == 200)
            #expect(answer.json["record"]?["runId"] == 1)
            let record = try await api.send(.get, "/api/users/run/records/ana/1", token: token)
            #expect(record.json["meters"] == 0)
            #expect(record.json["markers"] == [])
            #expect(record.json["start"] == "1970-01-01T00:00:00.000Z")
        }
    }

    @Test(
        "a record that is none is 400",
        arguments: [
            #"{}"#, #"{"runRecord":5}"#, #"{"runRecord":[]}"#, #"{"runRecord":{"meters":"5"}}"#,
            #"{"runRecord":{"markers":[1]}}"#, #"{"runRecord":{"markers":5}}"#, #"{"runRecord":{"start":true}}"#,
        ])
    func refusesRecord(body: String) async throws {
        try await withAPI { api in
            let token = try await api.register()
            let answer = try await api.send(.post, "/api/users/run/record", raw: Array(body.utf8), token: token)
            #expect(answer.status == 400)
        }
    }

    @Test("20,000 markers are stored and come back as they were")
    func takesLongRuns() async throws {
        try await withAPI { api in
            let token = try await api.register()
            let markers = JSONValue.array(
                (1...20_000).map { id in
                    [
                        "latitude": .double(39.9 + Double(id) / 1e6), "longitude": .double(116.4 - Double(id) / 1e6),
                        "id": .int(Int64(id)),
                    ]
                })
            let body: JSONValue = ["username": "ana", "runRecord": ["meters": 1, "seconds": 1, "markers": markers]]
            #expect(body.bytes.count < 4 << 20)
            #expect(try await api.send(.post, "/api/users/run/record", body, token: token).status == 200)
            let record = try await api.send(.get, "/api/users/run/records/ana/1", token: token)
            #expect(record.json["markers"] == markers)
        }
    }

    @Test("records come all at once or in pages, ascending")
    func pages() async throws {
        try await withAPI { api in
            let token = try await api.register()
            let path = "/api/users/run/records/ana"
            let empty = try await api.send(.get, path, token: token)
            #expect(empty.line == #"200 {"records":[],"pagination":{"total":0,"page":1,"pages":1}}"#)
            for meters in 1...12 {
                _ = try await api.send(
                    .post, "/api/users/run/record", ["runRecord": ["meters": .int(Int64(meters))]], token: token)
            }
            func ids(_ query: String) async throws -> ([Int64], JSONValue?) {
                let answer = try await api.send(.get, path + query, token: token)
                let ids = answer.json["records"]?.array?.compactMap { $0["runId"]?.number.map { Int64($0) } }
                return (ids ?? [], answer.json["pagination"])
            }
            let all = try await ids("")
            #expect(all.0 == Array(1...12))
            #expect(all.1 == ["total": 12, "page": 1, "pages": 1])
            let second = try await ids("?page=2")
            #expect(second.0 == [11, 12])
            #expect(second.1 == ["total": 12, "page": 2, "pages": 2])
            let limited = try await ids("?page=2&limit=5")
            #expect(limited.0 == Array(6...10))
            #expect(limited.1 == ["total": 12, "page": 2, "pages": 3])
            #expect(try await ids("?page=9").0 == [])
            #expect(try await ids("?limit=1000").0 == Array(1...12))
            for query in ["?page=0", "?page=x", "?limit=-1", "?limit=99999999999999999999"] {
                #expect(try await api.send(.get, path + query, token: token).status == 400)
            }
        }
    }

    @Test("long lists come as a stream that is the same text")
    func streams() async throws {
        try await withAPI { api in
            let token = try await api.register()
            let markers = JSONValue.array((1...5000).map { ["latitude": 1.5, "longitude": 2.5, "id": .int($0)] })
            for _ in 0..<5 {
                _ = try await api.send(
                    .post, "/api/users/run/record", ["runRecord": ["markers": markers]], token: token)
            }
            let answer = try await api.send(.get, "/api/users/run/records/ana", token: token)
            #expect(answer.json["records"]?.array?.map { $0["runId"] } == [1, 2, 3, 4, 5])
            #expect(answer.json["records"]?.array?.allSatisfy { $0["markers"] == markers } == true)
            #expect(answer.json["pagination"] == ["total": 5, "page": 1, "pages": 1])
        }
    }

    @Test("a deleted record is gone and the others keep their run IDs")
    func deletes() async throws {
        try await withAPI { api in
            let token = try await api.register()
            for _ in 0..<3 {
                _ = try await api.send(.post, "/api/users/run/record", ["runRecord": Self.run], token: token)
            }
            let path = "/api/users/run/records/ana/"
            let deleted = try await api.send(.delete, path + "2", token: token)
            #expect(deleted.line == #"200 {"message":"Record deleted successfully"}"#)
            let again = try await api.send(.delete, path + "2", token: token)
            #expect(again.line == #"404 {"message":"Record not found"}"#)
            #expect(try await api.send(.get, path + "2", token: token).status == 404)
            #expect(try await api.send(.get, path + "3", token: token).json["runId"] == 3)
            let next = try await api.send(.post, "/api/users/run/record", ["runRecord": Self.run], token: token)
            #expect(next.json["record"]?["runId"] == 4)
            for id in ["x", "1.5", "-1", "99999999999999999999"] {
                let answer = try await api.send(.get, path + id, token: token)
                #expect(answer.line == #"404 {"message":"Record not found"}"#)
            }
        }
    }

    @Test(
        "every call needs its owner's token",
        arguments: [
            (HTTPRequest.Method.put, "/api/users/run/data"), (.post, "/api/users/run/record"),
            (.get, "/api/users/run/data/ana"), (.get, "/api/users/run/records/ana"),
            (.get, "/api/users/run/records/ana/1"), (.delete, "/api/users/run/records/ana/1"),
        ])
    func guardsOwners(method: HTTPRequest.Method, path: String) async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), bob = try await api.register("bob")
            _ = try await api.send(.post, "/api/users/run/record", ["runRecord": Self.run], token: ana)
            let body: JSONValue = ["username": "ana", "runData": [:], "runRecord": [:]]
            #expect(try await api.send(method, path, body).line == #"401 {"message":"No token provided"}"#)
            let invalid = try await api.send(method, path, body, token: "x")
            #expect(invalid.line == #"403 {"message":"Token is invalid or has expired"}"#)
            #expect(try await api.send(method, path, body, token: bob).status == 403)
            #expect(try await api.send(method, path, body, token: ana).status == 200)
            let nobody: JSONValue = ["username": "nobody", "runData": [:], "runRecord": [:]]
            let unknown = try await api.send(
                method, path.replacing("ana", with: "nobody"), nobody, token: ana)
            #expect(unknown.line == #"404 {"message":"User not found"}"#)
        }
    }

    @Test("for clients as they were published, a login from the same address within two hours stands for a token")
    func takesLegacyClients() async throws {
        try await withAPI(legacy: true) { api in
            let token = try await api.register("ana")
            let body: JSONValue = ["username": "ana", "runRecord": Self.run]
            func post(from address: String = "192.0.2.1") async throws -> Int {
                try await api.send(.post, "/api/users/run/record", body, from: address).status
            }
            #expect(try await post() == 401)
            _ = try await api.send(.post, "/api/users/tokenCheck", token: token)
            #expect(try await post() == 200)
            #expect(try await post(from: "198.51.100.1") == 401)
            let list = try await api.send(.get, "/api/users/run/records/ana")
            #expect(list.json["pagination"]?["total"] == 1)
            #expect(try await api.send(.post, "/api/users/run/record", body, token: "x").status == 403)
            _ = try await api.register("bob")
            #expect(try await api.send(.get, "/api/users/run/records/bob").status == 401)
            api.clock.advance(seconds: 2 * 3600)
            #expect(try await post() == 401)
            _ = try await api.send(.post, "/api/users/login", ["username": "ana", "password": "secret"])
            #expect(try await post() == 200)
        }
    }

    @Test("a page of another origin cannot have a browser speak for who logged in from where it is looked at")
    func refusesForeignPages() async throws {
        try await withAPI(legacy: true, pageOrigins: ["https://app.example"]) { api in
            _ = try await api.register("ana")
            _ = try await api.send(.post, "/api/users/login", ["username": "ana", "password": "secret"])
            let token = try await api.send(.post, "/api/users/login", ["username": "ana", "password": "secret"])
                .json["token"]?.string
            let body: JSONValue = ["username": "ana", "runRecord": Self.run]
            func post(_ headers: HTTPFields, token: String? = nil) async throws -> Int {
                // A form's type: no browser asks beforehand.
                var headers = headers
                headers[.contentType] = "text/plain"
                headers[.host] = "run.example:8000"
                return try await api.send(.post, "/api/users/run/record", body, token: token, headers: headers).status
            }
            let cases: [(HTTPFields, Int)] = [
                ([:], 200), ([.origin: "https://evil.example"], 401), ([.origin: "null"], 401),
                ([.origin: "http://run.example:8000.evil.example"], 401), ([.origin: "http://run.example"], 401),
                ([.origin: "http://run.example:8000"], 200), ([.origin: "HTTPS://Run.example:8000"], 200),
                ([.origin: "https://app.example", .secFetchSite: "cross-site"], 200),
                ([.secFetchSite: "cross-site"], 401), ([.secFetchSite: "same-site"], 401),
                ([.secFetchSite: "same-origin"], 200), ([.secFetchSite: "none"], 200),
            ]
            for (headers, status) in cases { #expect(try await post(headers) == status, "\(headers)") }
            #expect(try await post([.origin: "https://evil.example"], token: token) == 200, "with a token")
            // What knows its caller by the name alone, and what by nothing but the address.
            for (method, path, body) in [
                (HTTPRequest.Method.get, "/api/users/run/records/ana", nil),
                (.post, "/api/users/share/posts", ["username": "ana", "title": "t", "content": "c"]),
            ] as [(HTTPRequest.Method, String, JSONValue?)] {
                let foreign = try await api.send(method, path, body, headers: [.secFetchSite: "cross-site"])
                #expect(foreign.status == 401, "\(path)")
                #expect(try await api.send(method, path, body).status == 200, "\(path)")
            }
            try await api.makeRoom(runners: [])
            let start: JSONValue = ["runID": "159", "username": "ana"]
            let join: JSONValue = ["runID": "159", "username": "ana", "password": "pw"]
            _ = try await api.send(.post, "/api/runRoom/join", join)
            let foreign = try await api.send(.post, "/api/runRoom/start", start, headers: [.origin: "null"])
            #expect(foreign.status == 401)
            #expect(try await api.send(.post, "/api/runRoom/start", start).status == 200)
        }
    }

    @Test("a live record shows its track in the wanted coordinate system, with splits")
    func showsLiveRecords() async throws {
        try await withAPI(coordinateSystem: .gcj02) { api in
            let token = try await api.register()
            let account = try #require(try await api.core.accounts.account(named: "ana")).id
            let place = try Coordinate(latitude: 39.905, longitude: 116.407)
            let track = TrackCodec.encode([
                TrackPoint(id: 1, time: 1_732_350_000_000, coordinate: place),
                TrackPoint(
                    id: 2, time: 1_732_350_001_000, coordinate: place, accuracy: 65, altitude: 440, heartRate: 151),
            ])
            let records = [
                LiveRecord(
                    runKey: 9, account: account, meters: 1000.1, seconds: 300.2, startAt: 1_732_350_000_000,
                    endAt: 1_732_350_300_000, createdAt: 1_732_350_300_500,
                    splits: #"[{"kilometer":1,"seconds":300.1,"total":300.1}]"#, track: track)
            ]
            _ = try await api.database.rooms.commit(
                JournalBatch(rooms: [RoomChanges(room: 0, term: 0, records: records)]))
            let path = "/api/users/run/records/ana/1"
            let wgs84 = try await api.send(.get, path + "?crs=wgs84", token: token)
            #expect(
                wgs84.json["markers"] == [
                    ["id": 1, "latitude": 39.905, "longitude": 116.407, "time": 1_732_350_000_000],
                    [
                        "id": 2, "latitude": 39.905, "longitude": 116.407, "time": 1_732_350_001_000, "accuracy": 6.5,
                        "altitude": 44, "heartRate": 151,
                    ],
                ])
            #expect(wgs84.json["splits"] == [["kilometer": 1, "seconds": 300.1, "total": 300.1]])
            #expect(wgs84.json["meters"] == 1000.1)
            let shifted = try await api.send(.get, path, token: token)
            let expected = CoordinateSystem.gcj02.degrees(of: place)
            let latitude = try #require(shifted.json["markers"]?[0]?["latitude"]?.number)
            #expect(abs(latitude - expected.latitude) < 1e-7)
            #expect(abs(latitude - 39.905) > 1e-4)
            #expect(try await api.send(.get, path + "?crs=mars", token: token).status == 400)
        }
    }
}
