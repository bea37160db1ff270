import Geo
import HTTPTypes
import LWS
import Limits
import Rooms
import Services
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("/v1: privacy zones")
struct HouseZoneTests {
    private let zones = "/v1/me/zones"
    private let home: JSONValue = ["latitude": 48.1372, "longitude": 11.5755, "radius": 500]

    private func place(_ json: JSONValue?) throws -> Coordinate {
        try Coordinate(
            latitude: try #require(json?["latitude"]?.number), longitude: try #require(json?["longitude"]?.number))
    }

    @Test("a zone is made, listed, changed and removed, by its owner alone")
    func life() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            #expect(try await api.send(.get, zones).status == 401)
            #expect(try await api.send(.get, zones, token: ana).json == ["zones": []])
            let made = try await api.send(.post, zones, home, token: ana)
            #expect(made.status == 201 && made.json["radius"] == 500 && made.json["latitude"] == 48.1372)
            let distance = try place(made.json).distance(to: try place(made.json["center"]))
            #expect(distance > 0 && distance <= 255)
            let one = "\(zones)/\(try #require(made.json["id"]?.string))"
            #expect(made.headers[.location] == one)
            #expect(try await api.send(.get, zones, token: ana).json == ["zones": [made.json]])
            for method in [HTTPRequest.Method.get, .patch, .delete] {
                #expect(try await api.send(method, one, method == .patch ? [:] : nil, token: ben).status == 404)
            }

            let shown = try await api.send(.get, one, token: ana)
            let tag = try #require(shown.headers[.eTag])
            #expect(try await api.send(.get, one, token: ana, headers: [.ifNoneMatch: tag]).status == 304)
            let larger = try await api.send(.patch, one, ["radius": 600], token: ana, headers: [.ifMatch: tag])
            #expect(larger.status == 200 && larger.json["radius"] == 600)
            #expect(larger.json["center"] == made.json["center"], "it is moved once")
            for (method, body) in [(HTTPRequest.Method.patch, ["radius": 700] as JSONValue?), (.delete, nil)] {
                #expect(try await api.send(method, one, body, token: ana, headers: [.ifMatch: tag]).status == 412)
            }
            let there = try await api.send(.patch, one, ["latitude": 48.2, "longitude": 11.6], token: ana)
            #expect(there.json["latitude"] == 48.2 && there.json["center"] != made.json["center"])
            #expect(there.json["radius"] == 600)
            #expect(try await api.send(.delete, one, token: ana).status == 204)
            #expect(try await api.send(.delete, one, token: ana).status == 404)
            #expect(try await api.send(.get, zones, token: ana).json == ["zones": []])
        }
    }

    @Test("what is no zone, and one more than one may have, are refused")
    func refusals() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            for body: JSONValue in [
                [:], ["latitude": 1, "longitude": 2], ["latitude": 1, "radius": 500], ["longitude": 1, "radius": 500],
                ["latitude": 91, "longitude": 2, "radius": 500], ["latitude": 1, "longitude": 181, "radius": 500],
                ["latitude": 1, "longitude": 2, "radius": 99], ["latitude": 1, "longitude": 2, "radius": 2001],
                ["latitude": 1, "longitude": 2, "radius": 500.5], ["latitude": "x", "longitude": 2, "radius": 500],
                ["latitude": 1, "longitude": 2, "radius": 500, "crs": "mars"],
            ] {
                let answer = try await api.send(.post, zones, body, token: ana)
                #expect(answer.status == 400, "\(body): \(answer.text)")
            }
            var made: Answer?
            for _ in 0..<Limit.Accounts.zones { made = try await api.send(.post, zones, home, token: ana) }
            let last = "\(zones)/\(try #require(made?.json["id"]?.string))"
            let tooMany = try await api.send(.post, zones, home, token: ana)
            #expect(tooMany.status == 409 && tooMany.json["code"] == "too_many_zones")
            #expect(try await api.send(.patch, last, ["radius": 99], token: ana).status == 400)
            #expect(try await api.send(.patch, last, ["latitude": 9], token: ana).status == 400)
            #expect(try await api.send(.delete, last, token: ana).status == 204)
            #expect(try await api.send(.post, zones, home, token: ana).status == 201)
        }
    }

    @Test("the same request again makes no second zone; places are in the degrees that are asked for")
    func manners() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let key = HTTPField.Name("Idempotency-Key")!
            let body: JSONValue = ["latitude": 39.9, "longitude": 116.397, "radius": 300, "crs": "gcj02"]
            let first = try await api.send(.post, zones, body, token: ana, headers: [key: "k"])
            let again = try await api.send(.post, zones, body, token: ana, headers: [key: "k"])
            #expect(first.status == 201 && again.json == first.json)
            let shifted = try await api.send(.get, zones + "?crs=gcj02", token: ana)
            #expect(shifted.json["zones"]?.array?.count == 1)
            #expect(abs(try #require(shifted.json["zones"]?[0]?["latitude"]?.number) - 39.9) < 1e-6)
            let plain = try await api.send(.get, zones, token: ana)
            #expect(abs(try #require(plain.json["zones"]?[0]?["latitude"]?.number) - 39.9) > 1e-4)
        }
    }

    // MARK: - What others see

    /// Has Ana run away from home for two kilometres.
    ///
    /// - Returns: The path of her run, which everybody may see.
    private func run(_ api: TestAPI, token: String) async throws -> String {
        try await api.storeRun(
            from: try Coordinate(latitude: 48.1372, longitude: 11.5755), of: try await api.person("ana").account)
        let shown = try await api.send(.patch, "/v1/runs/1", ["visibility": "everybody"], token: token)
        return "/v1/runs/\(try #require(shown.json["id"]?.string))"
    }

    @Test("a run that is over has nulls for places inside, the same for all, and its owner sees all")
    func measured() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let path = try await run(api, token: ana)
            let own = try await api.send(.get, path, token: ana)
            #expect(try await api.send(.get, path).json == own.json, "nothing is hidden")
            let made = try await api.send(.post, zones, home, token: ana)
            let center = try place(made.json["center"])
            #expect(try await api.send(.get, path, token: ana).json == own.json)

            let shown = try await api.send(.get, path, token: ben)
            #expect(shown.headers[.cacheControl] == "no-store" && shown.headers[.eTag] == nil)
            #expect(try await api.send(.get, path).json == shown.json)
            let points = try #require(shown.json["points"]?.array), all = try #require(own.json["points"]?.array)
            #expect(points.count == all.count && shown.json["meters"] == own.json["meters"])
            var hidden = 0
            for (point, whole) in zip(points, all) {
                let place = try Coordinate(
                    latitude: try #require(whole[1]?.number), longitude: try #require(whole[2]?.number))
                for column in [0, 4, 5, 6] { #expect(point[column] == whole[column], "time, heart, metres go on") }
                if point[1] == .null {
                    hidden += 1
                    #expect(point[2] == .null && point[3] == .null)
                    #expect(center.distance(to: place) < 500 * 4 / 3)
                } else {
                    #expect(point == whole && center.distance(to: place) > 500)
                }
            }
            #expect((10...60).contains(hidden))
            let id = try #require(made.json["id"]?.string)
            #expect(try await api.send(.delete, "\(zones)/\(id)", token: ana).status == 204)
            #expect(try await api.send(.get, path, token: ben).json == own.json)
        }
    }

    @Test("of a run that a client measured, markers that may be inside are missing, and places by other names")
    func posted() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let markers: JSONValue = [
                ["latitude": 48.1372, "longitude": 11.5755, "id": 1],
                [
                    "latitude": 48.3, "longitude": 11.5755, "id": 2, "time": 5, "note": "48.1372",
                    "at": [48.1372, 11.5755],
                ],
                [48.1372, 11.5755], "48.1372,11.5755", ["lat": 48.1372, "lon": 11.5755], ["latitude": 48.3],
            ]
            let record: JSONValue = ["runRecord": ["meters": 5000, "seconds": 1500, "markers": markers]]
            #expect(try await api.send(.post, "/api/users/run/record", record, token: ana).status == 400)
            let account = try #require(try await api.core.accounts.account(named: "ana")).id
            _ = try await api.core.records.post(["meters": 5, "markers": markers], account: account)
            let shown = try await api.send(.patch, "/v1/runs/1", ["visibility": "everybody"], token: ana)
            let path = "/v1/runs/\(try #require(shown.json["id"]?.string))"
            #expect(try await api.send(.get, path).json["markers"] == markers)
            _ = try await api.send(.post, zones, home, token: ana)
            #expect(
                try await api.send(.get, path).json["markers"]
                    == [["id": 2, "time": 5, "latitude": 48.3, "longitude": 11.5755]])
            #expect(try await api.send(.get, path, token: ana).json["markers"] == markers)
        }
    }

    @Test("a poller who has shown who they are sees where they are; the others, and who has not, do not")
    func polled() async throws {
        try await withAPI { api in
            let token = try #require(try await api.makeRoom("159", runners: ["ana", "ben"]).first)
            _ = try await api.send(.post, zones, home, token: token)
            let update: JSONValue = [
                "runID": "159", "password": "pw", "username": "ana", "latitude": 48.1372, "longitude": 11.5755,
                "crs": "wgs84",
            ]
            func ana(_ answer: Answer, _ member: String) -> JSONValue? {
                answer.json[member]?["runners"]?.array?.first { $0["username"] == "ana" }
            }
            let unknown = try await api.send(.post, "/api/runRoom/update", update)
            #expect(unknown.status == 200 && !unknown.text.contains("48.1372"), "\(unknown.text)")
            let known = try await api.send(.post, "/api/runRoom/update", update, token: token)
            #expect(known.text.contains("48.1372"), "\(known.text)")
            let seen = try await api.send(.get, "/api/runRoom/159?crs=wgs84")
            #expect(ana(seen, "data")?["latitude"] == 0 && ana(seen, "data")?["longitude"] == 0)
            #expect(!seen.text.contains("48.1372"))
        }
    }
}
