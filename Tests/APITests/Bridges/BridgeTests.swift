import Geo
import HTTPTypes
import LWS
import Limits
import Live
import Logging
import Rooms
import Services
import Store
import TestKit
import Testing
import Text

@testable import API
@testable import Endpoints

/// A phone of somebody in a room, as its app comes with requests.
struct BridgedPhone: Sendable {
    let api: TestAPI
    let path: String
    /// The address of the next request.
    var address = "192.0.2.9"

    func post(_ body: String, query: String = "", suffix: String = "") async throws -> Answer {
        try await api.send(.post, path + suffix + query, raw: Array(body.utf8), from: address)
    }

    func get(_ query: String, suffix: String = "") async throws -> Answer {
        try await api.send(.get, path + suffix + query, from: address)
    }
}

extension TestAPI {
    /// Makes a device of an account.
    func makePhone(
        _ app: String, token: String, runID: String? = nil, more: [(String, JSONValue)] = []
    ) async throws -> BridgedPhone {
        var body = JSONObject()
        body["app"] = .string(app)
        if let runID { body["runID"] = .string(runID) }
        for (name, value) in more { body[name] = value }
        let made = try await send(.post, "/v1/devices", .object(body), token: token)
        let address = try #require(made.json["address"]?.string, "\(made.text)")
        return BridgedPhone(api: self, path: String(address.prefix { $0 != "?" }))
    }

    /// Somebody's runner in a room.
    func runner(_ username: String = "ana", in runID: String = "159") async throws -> RoomView.RunnerView {
        try #require(try await core.live.room(runID)?.runners.first { $0.person.username == username })
    }

    func start(_ username: String = "ana", in runID: String = "159") async throws {
        let account = try #require(try await core.accounts.account(named: username))
        _ = try await core.live.start(runID, account: account.id, isAuthenticated: true)
    }

    /// Seconds since 1970 by the clock of the rooms.
    var seconds: Int64 { core.live.now / 1000 }
}

/// `shared/bridges.md`, the matrix of section A12, line by line.
@Suite("Bridges: apps of others run in a room")
struct BridgeTests {
    /// So many metres east of 116.407 on 39.905.
    private func longitude(_ metres: Double) -> Double { 116.407 + metres / 85_500 }

    private func location(_ metres: Double, _ second: Int64, more: String = "") -> String {
        #"{"_type":"location","lat":39.905,"lon":\#(longitude(metres)),"tid":"JJ","tst":\#(second)\#(more)}"#
    }

    @Test("line 1: OwnTracks says a position twice, and it is one marker")
    func ownTracksTwice() async throws {
        try await withAPI { api in
            let tokens = try await api.makeRoom()
            let phone = try await api.makePhone("owntracks", token: tokens[0])
            try await api.start()
            let time = api.seconds
            for second in [time, time, time + 4, time + 4] {
                let answer = try await phone.post(location(Double(second - time) * 3, second))
                #expect(answer.line == "200 []")
            }
            let runner = try await api.runner()
            #expect(runner.outline.count == 2)
            #expect(abs(runner.row.meters - 12) < 0.1)
        }
    }

    @Test("line 2: what is no position is answered with an empty list, whatever its size, up to 4 MiB")
    func ownTracksOthers() async throws {
        try await withAPI { api in
            let tokens = try await api.makeRoom()
            let phone = try await api.makePhone("owntracks", token: tokens[0])
            let waypoint = #"{"_type":"waypoint","desc":"finish","lat":1.5,"lon":2.5,"rad":50,"tst":1732350000},"#
            let waypoints = #"{"_type":"waypoints","waypoints":["# + String(repeating: waypoint, count: 7000) + "0]}"
            #expect(waypoints.utf8.count > 500_000)
            for body in ["[]", "", #"{"_type":"lwt","tst":1}"#, #"{"_type":"encrypted","data":"x"}"#, waypoints] {
                #expect(try await phone.post(body).line == "200 []")
            }
            let picture = location(0, api.seconds, more: #","image":""# + String(repeating: "A", count: 3 << 20) + "\"")
            #expect(try await phone.post(picture).status == 200)
            #expect(try await phone.post(String(repeating: " ", count: 4 << 20 + 1)).status == 413)
        }
    }

    @Test("line 3: OwnTracks sees the others, each by a name of its own, and not itself")
    func friends() async throws {
        try await withAPI { api in
            let tokens = try await api.makeRoom(runners: ["ana", "ben", "cyd", "dan"])
            let phone = try await api.makePhone("owntracks", token: tokens[0])
            for (index, name) in ["ben", "cyd", "dan"].enumerated() {
                _ = try await api.update("159", name, ["isRunning": true, "latitude": 39.905, "longitude": 116.4])
                let other = try await api.makePhone("traccar", token: tokens[index + 1])
                try await api.start(name)
                let answer = try await other.post(
                    "", query: "?id=1&lat=39.905&lon=\(116.407 + Double(index))&timestamp=\(api.seconds)")
                #expect(answer.status == 200)
            }
            let answer = try await phone.post(location(0, api.seconds))
            let list = try #require(answer.json.array)
            let places = list.filter { $0["_type"] == "location" }, cards = list.filter { $0["_type"] == "card" }
            #expect(places.compactMap { $0["tid"]?.string }.sorted() == ["2", "3", "4"])
            #expect(places.allSatisfy { $0.names == ["_type", "tid", "lat", "lon", "tst"] })
            for place in places {
                guard case .int(let second)? = place["tst"] else {
                    Issue.record("a time that is no integer: \(place)")
                    continue
                }
                #expect(second > 0)
            }
            #expect(cards.compactMap { $0["name"]?.string }.sorted() == ["ben 0.0 km", "cyd 0.0 km", "dan 0.0 km"])
            #expect(!answer.text.contains("null"))
            let next = try #require(try await phone.post(location(0, api.seconds + 1)).json.array)
            #expect(next.count == 3, "who they are is told again when it has changed")
        }
    }

    @Test("lines 5, 6, 7: Traccar Client of three generations, and a heartbeat")
    func traccar() async throws {
        try await withAPI { api in
            let tokens = try await api.makeRoom()
            let phone = try await api.makePhone("traccar", token: tokens[0], runID: "159")
            try await api.start()
            let time = api.seconds
            let date = ISODate.text((time + 4) * 1000)
            let answers = [
                try await phone.post("", query: "?id=1&timestamp=\(time)&lat=39.905&lon=\(longitude(0))&speed=4.86"),
                try await phone.post("id=1&timestamp=\(time + 2)&lat=39.905&lon=\(longitude(12))&speed=-1&batt=50"),
                try await phone.post(
                    #"{"location":{"timestamp":"\#(date)","coords":{"latitude":39.905,"longitude":\#(longitude(24)),"#
                        + #""accuracy":5,"speed":-1},"battery":{"level":0.79}},"device_id":"1"}"#),
                try await phone.post("", query: "?id=1&timestamp=\(time + 9)"),
            ]
            #expect(answers.map(\.line) == Array(repeating: #"200 {"status":"success"}"#, count: 4))
            let runner = try await api.runner()
            #expect(runner.outline.count == 3)
            #expect(abs(runner.row.meters - 24) < 0.1)
            #expect(runner.row.state == .running)
            let list = try await api.send(.get, "/v1/devices", token: tokens[0])
            #expect(list.json["devices"]?[0]?["battery"] == 79)
            #expect(list.json["devices"]?[0]?["heardAt"]?.number != nil)
        }
    }

    @Test("lines 8, 9: OsmAnd, to a room that is deleted, a device that is revoked, and an address of nobody's")
    func osmAnd() async throws {
        var limits = RateLimits()
        limits.registrations = RateLimit(burst: 1000, perMinute: 1000)
        try await withAPI(limits: limits) { api in
            let tokens = try await api.makeRoom(runners: ["ana", "ben"])
            let ana = try await api.makePhone("osmand", token: tokens[0], runID: "159")
            let ben = try await api.makePhone("osmand", token: tokens[1])
            try await api.start()
            let query =
                "?lat=39.905&lon=116.4069977&timestamp=\(api.seconds * 1000)&hdop=10.0&altitude=0.0&speed=0.0"
            #expect(try await ana.get(query).status == 200)
            #expect(try await api.runner().outline.count == 1)
            let list = try await api.send(.get, "/v1/devices", token: tokens[1])
            let id = try #require(list.json["devices"]?[0]?["id"]?.string)
            #expect(try await api.send(.delete, "/v1/devices/\(id)", token: tokens[1]).status == 204)
            try await api.core.live.deleteRoom("159")
            for _ in 0..<100 {
                #expect(try await ana.get(query).status == 200)
                #expect(try await ben.get(query).status == 200)
            }
            let nobody = BridgedPhone(api: api, path: "/bridge/osmand/" + String(repeating: "A", count: 22))
            var statuses: [Int] = []
            for _ in 0...Limit.Devices.strangers.burst { statuses.append(try await nobody.get(query).status) }
            #expect(statuses.first == 403)
            #expect(statuses.last == 429)
            #expect(try await ana.get(query).status == 200, "who is known is not held responsible for others")
        }
    }

    @Test("the devices of one account report as often as a queue on a phone may, and not at anybody else's cost")
    func posts() async throws {
        var limits = RateLimits()
        limits.registrations = RateLimit(burst: 1000, perMinute: 1000)
        try await withAPI(limits: limits) { api in
            let tokens = try await api.makeRoom(runners: ["ana", "ben"])
            let ana = try await api.makePhone("osmand", token: tokens[0])
            let other = try await api.makePhone("traccar", token: tokens[0])
            let ben = try await api.makePhone("osmand", token: tokens[1])
            // Nothing that could count.
            var refused: Answer?, taken = 0
            while refused == nil, taken < 10 * Limit.Devices.posts.burst {
                let answer = try await (taken % 2 == 0 ? ana : other).get("?id=1")
                if answer.status == 200 { taken += 1 } else { refused = answer }
            }
            #expect(taken >= Limit.Devices.posts.burst)
            #expect(refused?.status == 429 && refused?.headers[.retryAfter] == "1")
            #expect(try await ben.get("?id=1").status == 200)
        }
    }

    @Test("lines 10, 11: GPSLogger in any order, again, and without a place")
    func gpsLogger() async throws {
        try await withAPI { api in
            let tokens = try await api.makeRoom()
            let phone = try await api.makePhone("gpslogger", token: tokens[0])
            let begun = api.seconds - 60
            for round in 0..<2 {
                for index in [4, 9, 0, 2, 7, 1, 8, 3, 6, 5] {
                    let answer = try await phone.get(
                        "?lat=39.905&lon=\(longitude(Double(index) * 10))&timestamp=\(begun + Int64(index) * 4)&acc=5.0"
                            + "&alt=0.0&start=\(begun)&bat=80.0")
                    #expect(answer.status == 200)
                }
                let runner = try await api.runner()
                #expect(abs(runner.row.meters - 90) < 0.3, "round \(round)")
                #expect(runner.start == begun * 1000)
            }
            let none = try await phone.get("?lat=0.0&lon=0.0&acc=0.0&timestamp=\(api.seconds)&start=\(begun)")
            #expect(none.status == 200)
            #expect(abs(try await api.runner().row.meters - 90) < 0.3)
        }
    }

    @Test("line 12: RunnerUp begins, pauses, goes on and finishes, and a record has all of it")
    func runnerUp() async throws {
        try await withAPI { api in
            let tokens = try await api.makeRoom()
            let phone = try await api.makePhone("runnerup", token: tokens[0])
            var states: [String] = []
            for event in [0, 1, 1, 2, 0, 1, 3] {
                let body =
                    #"{"userName":"a","password":"b","lat":39.905,"long":116.407,"altitude":0,"runningEventType":\#(event),"#
                    + #""TotalDistance":"1 m","TotalTime":"1","Pace":"1"}"#
                #expect(try await phone.post(body).status == 200)
                states.append(try await api.runner().row.state.rawValue)
            }
            #expect(states == ["running", "running", "running", "paused", "running", "running", "finished"])
            let runs = try await api.send(.get, "/v1/runs", token: tokens[0])
            #expect(runs.json["runs"]?.array?.count == 1)
        }
    }

    @Test("line 13: an Overland batch of 200 with the end of its trip")
    func overland() async throws {
        try await withAPI { api in
            let tokens = try await api.makeRoom()
            let phone = try await api.makePhone("overland", token: tokens[0])
            let begun = api.seconds - 300
            func feature(_ index: Int64) -> String {
                let time = ISODate.text((begun + index) * 1000), trip = ISODate.text(begun * 1000)
                return
                    #"{"type":"Feature","geometry":{"type":"Point","coordinates":[\#(longitude(Double(index) * 5)),39.905]},"#
                    + #""properties":{"timestamp":"\#(time)","horizontal_accuracy":5,"trip_id":"\#(trip)"}}"#
            }
            let trip =
                #"{"type":"Feature","properties":{"type":"trip","end":"\#(ISODate.text((begun + 197) * 1000))"}}"#
            let features = (0..<198).reversed().map { feature($0) } + [trip, #"{"properties":{"action":"visit"}}"#]
            let answer = try await phone.post(
                #"{"locations":[\#(features.joined(separator: ","))],"current":\#(feature(197))}"#)
            #expect(answer.line == #"200 {"result":"ok"}"#)
            #expect(answer.headers[.contentType]?.hasPrefix("application/json") == true)
            let runner = try await api.runner()
            #expect(abs(runner.row.meters - 985) < 1)
            #expect(runner.row.state == .finished)
            #expect(runner.row.seconds == 197)
            #expect(try await phone.get("").json["name"] != nil)
        }
    }

    @Test("line 15: uLogger logs in, adds a track and positions")
    func uLogger() async throws {
        try await withAPI { api in
            let tokens = try await api.makeRoom()
            let phone = try await api.makePhone("ulogger", token: tokens[0])
            let suffix = "/client/index.php"
            #expect(try await phone.post("action=auth&user=a&pass=b", suffix: suffix).line == #"200 {"error":false}"#)
            let track = try await phone.post("action=addtrack&track=Run", suffix: suffix)
            #expect(track.json["error"] == false)
            let id = try #require(track.json["trackid"]?.number)
            #expect(id > 0)
            for step in 0..<2 {
                let answer = try await phone.post(
                    "action=addpos&time=\(api.seconds + Int64(step) * 4)&lat=39.905&lon=\(longitude(Double(step) * 12))"
                        + "&altitude=30&speed=3&bearing=90&accuracy=5&provider=gps&trackid=\(Int64(id))",
                    suffix: suffix)
                #expect(answer.line == #"200 {"error":false}"#)
            }
            #expect(try await api.send(.head, phone.path + suffix).status == 200)
            #expect(abs(try await api.runner().row.meters - 12) < 0.1)
        }
    }

    @Test("line 16: MapMyTracks starts, updates and stops")
    func mapMyTracks() async throws {
        try await withAPI { api in
            let tokens = try await api.makeRoom()
            let phone = try await api.makePhone("mapmytracks", token: tokens[0])
            let start = try await phone.post("request=start_activity&title=Run")
            #expect(start.text.contains("<type>activity_started</type><activity_id>"))
            let id = start.text.split(separator: ">").first { $0.hasSuffix("</activity_id") }?.prefix { $0.isNumber }
            let time = api.seconds
            let update = try await phone.post(
                "request=update_activity&activity_id=\(try #require(id))"
                    + "&points=7.72E-4 10.0 30 \(time) 7.72E-4 10.0001 30 \(time + 4)")
            #expect(update.text.hasSuffix("<message><type>activity_updated</type></message>"))
            #expect(abs(try await api.runner().row.meters - 11.1) < 0.1)
            let stop = try await phone.post("request=stop_activity&activity_id=\(try #require(id))")
            #expect(stop.text.contains("<type>activity_stopped</type>"))
            #expect(try await api.runner().row.state == .finished)
        }
    }

    @Test("PhoneTrack and Colota: each runs")
    func others() async throws {
        try await withAPI { api in
            let tokens = try await api.makeRoom(runners: ["ana", "ben"])
            let ana = try await api.makePhone("phonetrack", token: tokens[0])
            let ben = try await api.makePhone("colota", token: tokens[1])
            for name in ["ana", "ben"] { try await api.start(name) }
            let time = api.seconds
            let points = (0..<50).map { "[39.905,\(longitude(Double($0) * 3)),\(time + Int64($0))]" }
            #expect(
                try await ana.post(#"{"points":[\#(points.joined(separator: ","))]}"#, suffix: "/logPostMultiple").line
                    == #"200 {"done":1,"friends":[]}"#)
            for step in 0..<3 {
                let answer = try await ben.post(
                    #"{"lat":39.905,"lon":\#(longitude(Double(step) * 12)),"acc":5,"alt":30,"vel":3,"batt":80,"bs":2,"#
                        + #""tst":\#(time + Int64(step) * 2)}"#)
                #expect(answer.status == 200)
            }
            #expect(try await api.runner("ana").outline.count >= 3)
            #expect(abs(try await api.runner("ben").row.meters - 24) < 0.2)
        }
    }

    @Test("line 19: a position of an hour ahead is taken, and neither counts nor is the latest")
    func ahead() async throws {
        try await withAPI { api in
            let tokens = try await api.makeRoom()
            let phone = try await api.makePhone("owntracks", token: tokens[0])
            try await api.start()
            let time = api.seconds
            #expect(try await phone.post(location(0, time)).status == 200)
            #expect(try await phone.post(location(900, time + 3600)).status == 200)
            #expect(try await api.runner().row.position?.longitude == 116.407)
            #expect(try await api.runner().row.meters == 0)
        }
    }

    @Test("line 20: the secret stands in no line of the log, and in no metric")
    func silence() async throws {
        let log = RecordingLog()
        try await withAPI(logger: log.logger) { api in
            let tokens = try await api.makeRoom()
            let phone = try await api.makePhone("owntracks", token: tokens[0])
            let secret = try #require(phone.path.split(separator: "/").last)
            for body in [location(0, api.seconds), "{", String(repeating: " ", count: 5 << 20)] {
                _ = try await phone.post(body)
            }
            let wrong = String(repeating: "B", count: 22)
            _ = try await BridgedPhone(api: api, path: "/bridge/any/\(wrong)").get("?lat=1&lon=2")
            _ = try await BridgedPhone(api: api, path: "/bridge/none/\(secret)").get("?lat=1&lon=2")
            let metrics = try await api.send(.get, "/metrics").text
            let everything = log.lines.joined(separator: "\n") + metrics
            #expect(!log.lines.isEmpty)
            #expect(!everything.contains(secret) && !everything.contains(wrong))
            #expect(metrics.contains("/bridge/{app}/{token}"))
        }
    }

    @Test("who is in no room is answered that all is well, and runs in the one that they join next")
    func presentRoom() async throws {
        try await withAPI { api in
            try await api.makeRoom(runners: [])
            let token = try await api.register("eva")
            let phone = try await api.makePhone("traccar", token: token)
            let query = { "?id=1&lat=39.905&lon=116.407&timestamp=\(api.seconds)" }
            #expect(try await phone.post("", query: query()).status == 200)
            _ = try await api.send(
                .post, "/api/runRoom/join", ["runID": "159", "password": "pw", "username": "eva"])
            try await api.start("eva")
            #expect(try await phone.post("", query: query()).status == 200)
            #expect(try await api.runner("eva").row.position?.latitude == 39.905)
        }
    }

    @Test("what is posted goes on after the database is opened again")
    func onDisk() async throws {
        try await withAPI { api in
            let tokens = try await api.makeRoom()
            let phone = try await api.makePhone("owntracks", token: tokens[0])
            try await api.start()
            let time = api.seconds
            for step in 0..<5 { _ = try await phone.post(location(Double(step) * 12, time + Int64(step) * 4)) }
            // Whatever is answered is in the log or in the journal.
            let stored = try await api.database.rooms.room(runID: "159")
            #expect(stored?.journal.isEmpty == false)
        }
    }
}
