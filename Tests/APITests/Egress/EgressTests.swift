import ActivityFiles
import Foundation
import Geo
import HTTPTypes
import Live
import Rooms
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

/// Everything by which somebody's place may leave the server over HTTP, and to whom it is told: viewer × zone × visibility.
///
/// The live protocol's messages have the like in `LiveTests`.
@Suite("Egress of places")
struct EgressTests {
    @Test("each route says whether it tells places, and whose: a new one has to be put into the table")
    func allRoutes() async throws {
        try await withAPI { api in
            let served = api.responder.routes.map { "\($0.endpoint.method) \($0.endpoint.pattern)" }
            let listed = EgressTable.ofOthers + EgressTable.ofOneself + EgressTable.ofCalls + EgressTable.none
            #expect(Set(served).subtracting(listed).sorted() == [], "are these to tell places, and to whom?")
            #expect(Set(listed).subtracting(served).sorted() == [], "are gone")
            #expect(Set(listed).count == listed.count)
        }
    }

    /// Who asks.
    private enum Viewer: CaseIterable {
        /// Whose the places are.
        case owner
        /// Somebody else in the room, who has it where it is somebody's.
        case other
        /// Anybody who gets at it.
        case stranger
    }

    /// Ana, who is at home in each of these rooms and has a run from there, and Ben, who has the rooms that are anybody's.
    private struct Scene {
        let api: TestAPI
        let ana: String
        let ben: String
        /// By visibility.
        let rooms: [RoomDetails.Visibility: String]
        let phones: [RoomDetails.Visibility: BridgedPhone]
        let home: Coordinate
        let scanner: PlaceScanner

        init(_ api: TestAPI, hasZone: Bool) async throws {
            self.api = api
            home = try Coordinate(latitude: 48.1372, longitude: 11.5755)
            (ana, ben) = (try await api.register("ana"), try await api.register("ben"))
            let people = try await [api.person("ana"), api.person("ben")]
            var rooms: [RoomDetails.Visibility: String] = [.app: "159"]
            var phones: [RoomDetails.Visibility: BridgedPhone] = [:]
            try await api.makeRoom("159", runners: [])
            rooms[.everybody] = try await api.makeHouseRoom("public", token: ben)
            rooms[.password] = try await api.makeHouseRoom("password", password: "pw", token: ben)
            rooms[.link] = try await api.makeHouseRoom("link", token: ben)
            var center = home
            if hasZone {
                let zone = try await api.send(
                    .post, "/v1/me/zones", ["latitude": 48.1372, "longitude": 11.5755, "radius": 500], token: ana)
                let middle = try #require(zone.json["center"])
                center = try Coordinate(
                    latitude: try #require(middle["latitude"]?.number),
                    longitude: try #require(middle["longitude"]?.number))
            }
            scanner = PlaceScanner(center: center, radius: 500)
            for (visibility, room) in rooms {
                for person in people {
                    _ = try await api.core.live.join(room, at: nil, isAuthenticated: true) { person }
                }
                // Read anew, with the zone.
                let person = try await api.person("ana")
                _ = try await api.core.live.join(room, at: nil, isAuthenticated: true) { person }
                _ = try await api.core.live.start(room, account: person.account, isAuthenticated: true)
                // With a way, and where they say that they are.
                let phone = try await api.makePhone("owntracks", token: ana, runID: room, more: [("password", "pw")])
                let time = api.seconds
                for second in [Int64(0), 4] {
                    let latitude = 48.1372 + Double(second) * 3 / 111_200
                    let answer = try await phone.post(
                        #"{"_type":"location","lat":\#(latitude),"lon":11.5755,"tst":\#(time + second)}"#)
                    #expect(answer.status == 200)
                }
                #expect(try await api.runner(in: room).outline.count == (hasZone ? 0 : 2))
                _ = try await api.core.live.update(
                    room, account: person.account, isAuthenticated: true, PollReport(coordinate: home))
                phones[visibility] = try await api.makePhone(
                    "owntracks", token: ben, runID: room, more: [("password", "pw")])
            }
            (self.rooms, self.phones) = (rooms, phones)
            try await api.storeRun(from: home, of: people[0].account)
            _ = try await api.core.records.updateRunData(
                ["latitude": 48.1372, "longitude": 11.5755], account: people[0].account)
        }

        private func token(_ viewer: Viewer) -> String? {
            switch viewer {
            case .owner: ana
            case .other: ben
            case .stranger: nil
            }
        }

        /// What a viewer is answered; with what opens the door to them, where there is something.
        func ask(_ route: String, as viewer: Viewer, _ visibility: RoomDetails.Visibility) async throws -> [Answer] {
            let room = try #require(rooms[visibility]), token = token(viewer)
            let words = route.split(separator: " ").map(String.init)
            let method = try #require(HTTPRequest.Method(words[0]))
            var doors: HTTPFields = [:]
            if visibility == .password { doors[HTTPField.Name("X-Room-Password")!] = "pw" }
            let name = viewer == .owner ? "ana" : "ben"
            var body: JSONValue = ["runID": .string(room), "password": "pw", "username": .string(name), "crs": "wgs84"]
            switch words[1] {
            case "/api/runRoom/all": return [try await api.send(.get, "/api/runRoom/all?crs=wgs84", token: token)]
            case "/api/runRoom/{runID}":
                return [try await api.send(.get, "/api/runRoom/\(room)?crs=wgs84", token: token)]
            case "/api/runRoom/update":
                var object = body.object ?? JSONObject()
                object["meters"] = 1
                body = .object(object)
                fallthrough
            case "/api/runRoom/join", "/api/runRoom/start":
                return [try await api.send(method, words[1], body, token: token)]
            case "/api/runRoom/leave":
                // They come back.
                let left = try await api.send(method, words[1], body, token: token)
                let person = try await api.person(name)
                _ = try await api.core.live.join(room, at: viewer == .owner ? home : nil, isAuthenticated: true) {
                    person
                }
                return [left]
            case "/v1/rooms/{runID}/state", "/v1/rooms/{runID}/tracks", "/v1/rooms/{runID}/course.gpx",
                "/v1/rooms/{runID}/course.fit":
                let path = words[1].replacing("{runID}", with: room)
                return [try await api.send(.get, path, token: token, headers: doors)]
            case let path where path.hasPrefix("/v1/runs/{id}"):
                var answers: [Answer] = []
                for visibility in RunNotes.Visibility.allCases {
                    let told = try await api.send(
                        .patch, "/v1/runs/1", ["visibility": .string(visibility.rawValue)], token: ana)
                    var headers: HTTPFields = [:]
                    headers[HTTPField.Name("X-Run-Link")!] = told.json["link"]?.string
                    let path = path.replacing("{id}", with: try #require(told.json["id"]?.string))
                    answers.append(try await api.send(.get, path, token: token, headers: headers))
                }
                return answers
            default:
                guard words[1].hasPrefix("/bridge/"), let phone = phones[visibility] else {
                    Issue.record("nobody asks \(route)")
                    return []
                }
                // A phone is its person's: the other one's.
                guard viewer == .other else { return [] }
                let suffix = words[1].dropFirst("/bridge/{app}/{token}".count).filter { !"{}".contains($0) }
                let report = #"{"_type":"location","lat":10,"lon":10,"tst":\#(api.seconds)}"#
                return [
                    try await api.send(method, phone.path + suffix, raw: Array(report.utf8), from: "192.0.2.9")
                ]
            }
        }
    }

    /// An answer as text; a file of bytes by the places that are in it.
    private static func text(of answer: Answer, to route: String) -> String {
        guard route.hasSuffix(".fit") else { return answer.text }
        var places: [Coordinate] = []
        ActivityFile.read(Data(answer.bytes)) { item in
            guard case .success(let contents) = item.result else { return }
            places += contents.activities.flatMap { $0.points.compactMap(\.place) }
            places += contents.courses.flatMap { $0.points.map(\.place) }
        }
        return places.map { "\($0.latitude),\($0.longitude)" }.joined(separator: "\n")
    }

    @Test("a place inside a zone is told to nobody but whose it is; without one, to whom the visibility lets")
    func matrix() async throws {
        var told: [String: Set<String>] = [:]
        for hasZone in [false, true] {
            try await withAPI { api in
                let scene = try await Scene(api, hasZone: hasZone)
                for route in EgressTable.ofOthers {
                    for viewer in Viewer.allCases {
                        for visibility in RoomDetails.Visibility.allCases {
                            for answer in try await scene.ask(route, as: viewer, visibility) {
                                let isTold = scene.scanner.scan(Self.text(of: answer, to: route)).inside > 0
                                if isTold { told[route, default: []].insert("\(viewer)\(hasZone ? ", zone" : "")") }
                                #expect(
                                    !isTold || !hasZone || viewer == .owner,
                                    "\(route), \(viewer), \(visibility): \(answer.text)")
                            }
                        }
                    }
                }
                for route in EgressTable.ofOneself {
                    let path = String(route.split(separator: " ")[1]).replacing("{username}", with: "ana")
                        .replacing("{id}", with: route.contains("/records/") ? "1" : "ana")
                    for token in [scene.ben, nil] where route.hasPrefix("GET ") {
                        let answer = try await api.send(.get, path, token: token)
                        #expect(scene.scanner.scan(answer.text).inside == 0, "\(route): \(answer.text)")
                    }
                }
            }
        }
        // What is told to nobody belongs into another list; a course of a room takes somebody who has gone somewhere.
        for route in EgressTable.ofOthers where !route.contains("{runID}/course.") {
            #expect(told[route]?.contains("other") == true, "\(route) tells others no place, even without a zone")
        }
        // Who has shown to be whose they are sees them.
        for route in ["GET /v1/rooms/{runID}/tracks", "GET /v1/runs/{id}", "POST /api/runRoom/update"] {
            #expect(told[route]?.contains("owner, zone") == true, "\(route)")
        }
    }
}

extension TestAPI {
    /// Somebody as a room knows them.
    func person(_ username: String) async throws -> Rooms.Person {
        Rooms.Person(try #require(try await core.accounts.account(named: username)))
    }

    /// Stores a run of somebody's from a place northwards, a marker each 20 m, which becomes their next.
    func storeRun(from place: Coordinate, of account: Int64) async throws {
        let room = try await database.rooms.createRoom(
            runID: "of a run", passwordSalt: [], passwordHash: [], epoch: "e", at: 1)
        let points = (1...101 as ClosedRange<Int32>).map { id in
            TrackPoint(
                id: id, time: 1_732_350_000_000 + Int64(id) * 4_000,
                coordinate: place.moved(by: Double(id - 1) * 20, toward: 0), accuracy: 50, altitude: 5_200,
                heartRate: 150)
        }
        let record = LiveRecord(
            runKey: 5, account: account, meters: 2000, seconds: 400, startAt: 1_732_350_000_000,
            endAt: 1_732_350_404_000, createdAt: 3, splits: "[]", track: TrackCodec.encode(points))
        _ = try await database.rooms.commit(
            JournalBatch(rooms: [RoomChanges(room: room.id, term: 0, records: [record])]))
    }
}
