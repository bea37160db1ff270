import Foundation
import Geo
import TestKit
import Testing

/// With a privacy zone around the start, no byte that leaves a real server for others has a place inside.
@Suite("Privacy zones", .inTurn)
struct PrivacyZoneTests {
    /// Somewhere to run from, and what the running app's API takes degrees for there.
    struct Home: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let latitude: Double
        let longitude: Double

        /// So many metres north of it.
        func latitude(at meters: Double) -> Double { latitude + meters / 111_150 }
    }

    private static let homes = [
        Home(testDescription: "in Munich", latitude: 48.1372, longitude: 11.5755),
        // Where the maps of the country are shifted.
        Home(testDescription: "in Beijing", latitude: 39.9553, longitude: 116.4471),
    ]

    /// A server, a room, and Ana, who has a zone around her home.
    private struct Scene {
        let server: ServerProcess
        let home: Home
        let room: String
        let ana: Runner
        var scanner: PlaceScanner

        init(_ home: Home) async throws {
            self.home = home
            server = try await ServerProcess.start()
            room = try await REST.newRoom(port: server.port)
            let rest = try await REST.registered("ana", port: server.port)
            let zone = try await rest.post(
                "/v1/me/zones", ["latitude": home.latitude, "longitude": home.longitude, "radius": 500])
            guard zone.status == 201, let latitude = zone.value("center", "latitude") as? Double,
                let longitude = zone.value("center", "longitude") as? Double
            else { throw Phone.Missing(description: "a zone: \(zone.text)") }
            scanner = PlaceScanner(
                system: .wgs84, center: try Coordinate(latitude: latitude, longitude: longitude), radius: 500)
            ana = try await Runner.enter(room, by: rest)
        }

        func scan(_ text: String, in system: CoordinateSystem = .wgs84) -> PlaceScanner.Finding {
            var scanner = scanner
            scanner.system = system
            return scanner.scan(text)
        }

        /// A run of Ana's: out of her zone, and home again.
        func run(_ number: Int, of count: Int) async throws {
            let start = Way.now - Int64(count - number + 1) * 600_000
            ana.phone.send(["type": "start", "time": start])
            let out = stride(from: 0.0, through: 1_500, by: 25)
            let way = Array(out) + out.reversed().dropFirst()
            ana.send(
                way.enumerated().map { index, meters in
                    [
                        "id": index + 1, "latitude": home.latitude(at: meters), "longitude": home.longitude,
                        "time": start + Int64(index) * 4_000, "accuracy": 5.0,
                    ]
                })
            try await ana.phone.next("ack") { ($0.int("marker") ?? 0) >= way.count }
            ana.phone.send(["type": "finish", "time": start + Int64(way.count) * 4_000])
            _ = try await ana.phone.next("event", "finished")
        }
    }

    @Test("ten runs from one's door: frames, ways, polls, friends, records and exports", arguments: homes)
    func tenRuns(home: Home) async throws {
        let scene = try await Scene(home)
        let port = scene.server.port
        var told: [(what: String, text: String, system: CoordinateSystem)] = []
        let ben = try await Runner.enter(scene.room, as: "ben", port: port, ["crs": "gcj02"])
        let (spectator, _) = try await Phone.joined(port: port, room: scene.room, ["role": "spectator"])
        let friend = try await friendsPhone(of: ben.rest, in: scene.room, port: port)

        /// What others are told who ask at a moment.
        func ask() async throws {
            let doors = ["X-Room-Password": "pw"]
            for path in ["/api/runRoom/\(scene.room)", "/api/runRoom/all"] {
                told.append(("GET \(path)", try await ben.rest.get(path).text, .gcj02))
            }
            for path in ["state", "tracks"].map({ "/v1/rooms/\(scene.room)/\($0)" }) {
                told.append(("GET \(path)", try await REST(port: port).send("GET", path, doors).text, .wgs84))
                told.append((path, try await ben.rest.send("GET", path + "?crs=gcj02").text, .gcj02))
            }
            let update: [String: Any] = [
                "runID": scene.room, "password": "pw", "username": ben.rest.username,
                "latitude": home.latitude(at: 3_000), "longitude": home.longitude,
            ]
            told.append(("update", try await ben.rest.post("/api/runRoom/update", update).text, .gcj02))
            let report = """
                {"_type":"location","lat":\(home.latitude(at: 3_000)),"lon":\(home.longitude),\
                "tst":\(Way.now / 1000),"acc":5}
                """
            told.append(
                ("friends", try await WorldClient(port: port).send("POST", friend, json: report).text, .wgs84))
            let (late, _) = try await Phone.joined(port: port, room: scene.room, ["role": "spectator"])
            told += late.messages.map { ("joined", $0.text, .wgs84) }
            late.hangUp()
        }

        for number in 1...10 {
            try await scene.run(number, of: 10)
            try await ask()
        }
        // Somewhere on the way, where she is seen.
        let start = Way.now - 130_000
        scene.ana.phone.send(["type": "start", "time": start])
        scene.ana.send(
            (0...40).map { index in
                [
                    "id": index + 1, "latitude": home.latitude(at: Double(index) * 30), "longitude": home.longitude,
                    "time": start + Int64(index) * 3_000, "accuracy": 5.0,
                ]
            })
        try await spectator.row(of: scene.ana.number, "a place outside") {
            $0.latitude != nil && $0.meters ?? 0 > 1_100
        }
        try await ask()

        for number in 1...10 {
            let path = "/v1/runs/\(number)"
            let shown = try await scene.ana.rest.call("PATCH", path, ["visibility": "everybody"])
            let id = try #require(shown.text("id"))
            told.append(("a run", try await REST(port: port).get("/v1/runs/\(id)").text, .wgs84))
            told.append(("a run", try await ben.rest.get("/v1/runs/\(id)?crs=gcj02").text, .gcj02))
            for format in ["gpx", "tcx", "kml", "geojson", "csv"] {
                told.append((format, try await ben.rest.get("/v1/runs/\(id).\(format)").text, .wgs84))
            }
        }
        told.append(("an export of another", try await ben.rest.get("/v1/me/export").text, .wgs84))
        told += spectator.messages.map { ("a spectator's socket", $0.text, .wgs84) }
        told += ben.phone.messages.map { ("a runner's socket", $0.text, .gcj02) }
        told.append(("the log", scene.server.logText, .wgs84))

        var around: [String: Int] = [:]
        for (what, text, system) in told {
            let finding = scene.scan(text, in: system)
            #expect(finding.inside == 0, "\(what): \(text.prefix(2_000))")
            around[what, default: 0] += finding.around
        }
        for what in [
            "a spectator's socket", "a runner's socket", "joined", "friends", "a run", "gpx", "tcx", "kml", "geojson",
            "csv", "GET /api/runRoom/\(scene.room)",
            "GET /v1/rooms/\(scene.room)/state", "GET /v1/rooms/\(scene.room)/tracks",
        ] {
            #expect(around[what] ?? 0 > 0, "\(what) tells nothing at all")
        }
        // The figures are whole, and she herself is told all of it.
        #expect(abs(try await spectator.row(of: scene.ana.number).meters! - 1_200) < 15)
        let own = try await scene.ana.rest.get("/v1/runs/1")
        #expect(scene.scan(own.text).inside > 15)
        #expect(abs(try #require(own.value("meters") as? Double) - 3_000) < 30)
        #expect(scene.scan(scene.ana.phone.messages.map(\.text).joined(separator: "\n")).inside > 0)
        let (_, again) = try await Phone.joined(port: port, room: scene.room, token: scene.ana.rest.token)
        #expect(scene.scan(again.text).inside > 5)
        // On a screen that others see with her, she wants what they are told.
        let ways = "/v1/rooms/\(scene.room)/tracks"
        #expect(scene.scan(try await scene.ana.rest.get(ways).text).inside > 5)
        let cut = try await scene.ana.rest.get(ways + "?as=anybody")
        #expect(cut.status == 200 && scene.scan(cut.text).inside == 0)
        #expect(try await ben.rest.get(ways).text == cut.text)
    }

    /// A phone of somebody's with an app that asks for the others.
    private func friendsPhone(of rest: REST, in room: String, port: Int) async throws -> String {
        let made = try await rest.post("/v1/devices", ["app": "owntracks", "runID": room, "password": "pw"])
        let address = try #require(made.text("address"), "\(made)")
        return String(address[try #require(address.firstRange(of: "/bridge/")).lowerBound...])
    }

    @Test("a zone hides from the moment of its answer on, for who watches and in runs that are over, after a crash too")
    func atOnce() async throws {
        let server = try await ServerProcess.start()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let (spectator, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        ana.phone.send(["type": "start", "time": Way.now - 60_000])
        try await ana.sendAndAwaitAck(Way.markers(1...5, from: Way.now - 50_000, stride: 10, interval: 3))
        try await spectator.row(of: ana.number, "a place") { $0.latitude != nil }
        let made = try await ana.rest.post(
            "/v1/me/zones", ["latitude": Way.latitude, "longitude": Way.longitude, "radius": 500])
        #expect(made.status == 201)
        try await spectator.row(of: ana.number, "no place") { $0.latitude == nil && $0.meters ?? 0 > 30 }
        let shown = try await ana.rest.runner(ana.rest.username, in: room)
        #expect(shown["latitude"] as? Double == 0 && (shown["markers"] as? [Any])?.isEmpty == true)
        try await server.killHard()
        server.leaveDirectory()

        let next = try await ServerProcess.start(in: server.directory)
        let (late, joined) = try await Phone.joined(port: next.port, room: room, ["role": "spectator"])
        #expect(joined.row(ana.number)?.latitude == nil && joined.row(ana.number)?.meters ?? 0 > 30)
        let rest = REST(port: next.port, token: ana.rest.token, username: ana.rest.username)
        let id = try #require(made.text("id"))
        #expect(try await rest.delete("/v1/me/zones/\(id)").status == 204)
        try await late.row(of: ana.number, "a place again") { $0.latitude != nil }
    }
}
