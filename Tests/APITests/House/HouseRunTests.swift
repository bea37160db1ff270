import Geo
import HTTPTypes
import LWS
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("/v1: runs")
struct HouseRunTests {
    private let linkHeader = HTTPField.Name("X-Run-Link")!

    /// Stores a run as the running app does.
    private func post(
        _ api: TestAPI, meters: Double, at start: String = "2024-12-09T10:00:00.000Z", token: String
    ) async throws {
        let answer = try await api.send(
            .post, "/api/users/run/record",
            [
                "runRecord": [
                    "meters": .double(meters), "seconds": 100, "markers": [["latitude": 1, "longitude": 2, "id": 1]],
                    "start": .string(start),
                ]
            ], token: token)
        try #require(answer.status == 200, "\(answer.text)")
    }

    @Test("one's own runs come in pages, the newest first, with all of them together")
    func list() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            for meters in 1...3 { try await post(api, meters: Double(meters) * 1000.5, token: ana) }
            try await post(api, meters: 7, token: ben)
            var numbers: [JSONValue] = [], target: String? = "/v1/runs?limit=2", pages = 0
            while let next = target, pages < 5 {
                pages += 1
                let page = try await api.send(.get, next, token: ana)
                #expect(page.json["totals"]?["runs"] == 3)
                #expect(page.json["totals"]?["meters"]?.number == 6003)
                #expect(page.json["totals"]?["seconds"]?.number == 300)
                numbers += page.json["runs"]?.array?.compactMap { $0["number"] } ?? []
                target = page.headers[.link].map { String($0.dropFirst().prefix { $0 != ">" }) }
            }
            #expect(pages == 2 && numbers == [3, 2, 1])
            #expect(try await api.send(.get, "/v1/runs").status == 401)
        }
    }

    @Test("a run is its owner's alone until they say something else")
    func visibility() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            try await post(api, meters: 5000, token: ana)
            let own = try await api.send(.get, "/v1/runs/1", token: ana)
            #expect(own.status == 200 && own.json["visibility"] == "private" && own.json["title"] == .null)
            #expect(own.json["markers"] == [["latitude": 1, "longitude": 2, "id": 1]])
            let path = "/v1/runs/\(try #require(own.json["id"]?.string))"
            #expect(try await api.send(.get, path, token: ana).json == own.json)
            func strangers(_ link: String? = nil) async throws -> [Int] {
                var headers: HTTPFields = [:]
                headers[linkHeader] = link
                return [
                    try await api.send(.get, path, headers: headers).status,
                    try await api.send(.get, path, token: ben, headers: headers).status,
                ]
            }
            #expect(try await strangers() == [404, 404])
            #expect(try await api.send(.get, "/v1/runs/1", token: ben).status == 404, "a number is of one's own")
            let linked = try await api.send(.patch, path, ["visibility": "link"], token: ana)
            let link = try #require(linked.json["link"]?.string)
            #expect(try await strangers() == [404, 404])
            #expect(try await strangers(link) == [200, 200])
            #expect(try await api.send(.get, path, token: ana).json["link"] == nil, "told once")
            let again = try await api.send(.patch, path, ["visibility": "link"], token: ana)
            #expect(try await strangers(link) == [404, 404])
            #expect(try await strangers(again.json["link"]?.string) == [200, 200])
            _ = try await api.send(.patch, path, ["visibility": "everybody"], token: ana)
            #expect(try await strangers() == [200, 200])
            _ = try await api.send(.patch, path, ["visibility": "private"], token: ana)
            #expect(try await strangers(again.json["link"]?.string) == [404, 404])
            for method in [HTTPRequest.Method.patch, .delete] {
                #expect(try await api.send(method, path, ["title": "x"], token: ben).status == 404)
            }
        }
    }

    @Test("title and notes are changed by who has seen them last, and taken away")
    func notes() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            try await post(api, meters: 5000, token: ana)
            let tag = try #require(try await api.send(.get, "/v1/runs/1", token: ana).headers[.eTag])
            let first = try await api.send(
                .patch, "/v1/runs/1", ["title": "River", "notes": "Too fast.\nAgain."], token: ana,
                headers: [.ifMatch: tag])
            #expect(first.json["title"] == "River" && first.json["notes"] == "Too fast.\nAgain.")
            let late = try await api.send(
                .patch, "/v1/runs/1", ["title": "x"], token: ana, headers: [.ifMatch: tag])
            #expect(late.status == 412)
            let second = try await api.send(
                .patch, "/v1/runs/1", ["title": "", "visibility": "everybody"], token: ana)
            #expect(second.json["title"] == .null && second.json["notes"] == "Too fast.\nAgain.")
            for body: JSONValue in [
                ["title": .string(String(repeating: "x", count: 201))], ["notes": "a\u{7}"], ["visibility": "friends"],
                ["notes": .string(String(repeating: "x", count: 1001))], ["title": 5],
            ] {
                #expect(try await api.send(.patch, "/v1/runs/1", body, token: ana).status == 400)
            }
            let id = try #require(second.json["id"]?.string)
            #expect(try await api.send(.patch, "/v1/runs/\(id)", ["title": "x"], token: ben).status == 403)
            let seen = try #require(second.headers[.eTag])
            let same = try await api.send(.get, "/v1/runs/1", token: ana, headers: [.ifNoneMatch: seen])
            #expect(same.status == 304 && same.bytes.isEmpty)
            let owner = try #require(try await api.core.accounts.account(named: "ana")).id
            let kept = try await api.database.keptBytes(account: owner)
            #expect(try await api.send(.delete, "/v1/runs/1", token: ana).status == 204)
            #expect(try await api.send(.delete, "/v1/runs/1", token: ana).status == 404)
            let left = try await api.database.keptBytes(account: owner)
            #expect(kept > "Too fast.\nAgain.".utf8.count && left == 0)
        }
    }

    @Test("a run that this server measured comes with its points in the degrees that are asked for")
    func points() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let account = try #require(try await api.core.accounts.account(named: "ana")).id
            let place = try Coordinate(latitude: 39.9, longitude: 116.397)
            let room = try await api.database.rooms.createRoom(
                runID: "1", passwordSalt: [], passwordHash: [], epoch: "e", at: 1)
            let track = TrackCodec.encode([
                TrackPoint(id: 1, time: 1_732_350_000_000, coordinate: place, altitude: 445, heartRate: 151)
            ])
            let record = LiveRecord(
                runKey: 5, account: account, meters: 1000, seconds: 300, startAt: 1_732_350_000_000,
                endAt: 1_732_350_300_000, createdAt: 3, splits: "[]", track: track)
            _ = try await api.database.rooms.commit(
                JournalBatch(rooms: [RoomChanges(room: room.id, term: 0, records: [record])]))
            let run = try await api.send(.get, "/v1/runs/1", token: ana)
            #expect(run.json["isMeasured"] == true && run.json["splits"] == [])
            #expect(
                run.json["columns"] == ["time", "latitude", "longitude", "altitude", "heartRate", "accuracy", "meters"])
            #expect(run.json["points"] == [[1_732_350_000_000, 39.9, 116.397, 44.5, 151, nil, 0]])
            let shifted = try await api.send(.get, "/v1/runs/1?crs=gcj02", token: ana)
            #expect(shifted.json["points"]?[0]?[1] != 39.9)
        }
    }

    @Test("what one's own runs come to is told by week and month, with the best that this server measured")
    func totals() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let none = try await api.send(.get, "/v1/me/totals", token: ben)
            #expect(none.status == 200 && none.json["runs"] == 0 && none.json["best"] == [])
            try await post(api, meters: 9000, at: "2023-01-09T10:00:00.000Z", token: ana)
            let account = try #require(try await api.core.accounts.account(named: "ana")).id
            let now = api.clock.now
            let splits = #"[{"kilometer":1,"seconds":300,"total":300},{"kilometer":2,"seconds":240.5,"total":540.5}]"#
            let room = try await api.database.rooms.createRoom(
                runID: "1", passwordSalt: [], passwordHash: [], epoch: "e", at: 1)
            let record = LiveRecord(
                runKey: 5, account: account, meters: 2500, seconds: 700, startAt: now - 1000, endAt: now,
                createdAt: now, splits: splits, track: TrackCodec.encode([]))
            _ = try await api.database.rooms.commit(
                JournalBatch(rooms: [RoomChanges(room: room.id, term: 0, records: [record])]))
            let all = try await api.send(.get, "/v1/me/totals?zone=Asia/Shanghai", token: ana)
            #expect(all.json["runs"] == 2 && all.json["meters"]?.number == 11_500)
            for list in ["weeks", "months"] {
                let periods = try #require(all.json[list]?.array)
                #expect(periods.count == 12 && periods.last?["runs"] == 1)
                #expect(periods.last?["meters"]?.number == 2500 && periods.first?["runs"] == 0)
            }
            #expect(all.json["best"]?.array?.count == 1)
            #expect(all.json["best"]?[0]?["meters"]?.number == 1000)
            #expect(all.json["best"]?[0]?["seconds"]?.number == 240.5 && all.json["best"]?[0]?["number"] == 2)
            #expect(try await api.send(.get, "/v1/me/totals?zone=Mars/Olympus", token: ana).status == 400)
            #expect(try await api.send(.get, "/v1/me/totals").status == 401)
        }
    }

    @Test("a way is neither read nor written for who has it already")
    func notModified() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let account = try #require(try await api.core.accounts.account(named: "ana")).id
            let room = try await api.database.rooms.createRoom(
                runID: "1", passwordSalt: [], passwordHash: [], epoch: "e", at: 1)
            // A way that cannot be read: who asks for it is told, who has it does not notice.
            let record = LiveRecord(
                runKey: 5, account: account, meters: 1000, seconds: 300, startAt: 1, endAt: 2, createdAt: 3,
                splits: "[]", track: [1, 2, 3])
            _ = try await api.database.rooms.commit(
                JournalBatch(rooms: [RoomChanges(room: room.id, term: 0, records: [record])]))
            #expect(try await api.send(.get, "/v1/runs/1", token: ana).status == 500)
            let patched = try await api.send(.patch, "/v1/runs/1", ["title": "x"], token: ana)
            let tag = try #require(patched.headers[.eTag])
            let same = try await api.send(.get, "/v1/runs/1", token: ana, headers: [.ifNoneMatch: tag])
            #expect(same.status == 304 && same.bytes.isEmpty && same.headers[.eTag] == tag)
        }
    }
}
