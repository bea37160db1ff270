import ActivityFiles
import Foundation
import Geo
import HTTPTypes
import LWS
import Limits
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("/v1: runs, results and ways as files")
struct HouseFileTests {
    private static let start: Int64 = 1_732_350_000_000
    /// A kilometre in 400 s, a pause of two minutes within it, and 250 m more.
    private static let points: [TrackPoint] = (0...50).map { index -> TrackPoint in
        let pause: Int64 = index > 20 ? 120_000 : 0
        let latitude = 39.9 + Double(index) * 25 / 111_034
        return TrackPoint(
            id: Int32(index + 1), time: start + Int64(index) * 10_000 + pause,
            coordinate: try! Coordinate(latitude: latitude, longitude: 116.397),
            accuracy: index == 30 ? 5000 : 50, altitude: Int32(440 + index), heartRate: Int32(120 + index))
    }

    /// Stores a run in a room as the room itself does.
    private func run(_ api: TestAPI, of name: String, _ points: [TrackPoint] = points) async throws -> String {
        let account = try #require(try await api.core.accounts.account(named: name)).id
        let room = try await api.database.rooms.createRoom(
            runID: "1", passwordSalt: [], passwordHash: [], epoch: "e", at: 1)
        let pause = Self.start + 200_000..<Self.start + 330_000
        let record = LiveRecord(
            runKey: 5, account: account, meters: 1250, seconds: 490, startAt: Self.start,
            endAt: Self.start + 640_000, createdAt: 3,
            splits: #"[{"kilometer":1,"seconds":390,"total":390}]"#, extra: RecordPauses([pause]).text,
            track: TrackCodec.encode(points))
        _ = try await api.database.rooms.commit(
            JournalBatch(rooms: [RoomChanges(room: room.id, term: 0, records: [record])]))
        let runs = try await api.core.records.runs(of: account, limit: 1)
        return "/v1/runs/\(ObjectID.text(try #require(runs.first).id))"
    }

    @Test("a run is the same in each format: its points that count, its pause, its kilometre and its figures")
    func formats() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let path = try await run(api, of: "ana")
            let types = [
                "gpx": "application/gpx+xml", "tcx": "application/vnd.garmin.tcx+xml", "fit": "application/vnd.ant.fit",
                "kml": "application/vnd.google-earth.kml+xml", "geojson": "application/geo+json",
                "csv": "text/csv; charset=utf-8",
            ]
            #expect(Set(FileFormat.allCases.map(\.rawValue)) == Set(types.keys))
            for (format, type) in types {
                let answer = try await api.send(.get, "\(path).\(format)", token: ana)
                try #require(answer.status == 200, "\(format): \(answer.line.prefix(100))")
                #expect(answer.headers[.contentType] == type)
                #expect(
                    answer.headers[.contentDisposition] == "attachment; filename=\"run-2024-11-23-1.\(format)\"")
                guard format != "csv" else {
                    let lines = answer.text.split(separator: "\r\n")
                    #expect(lines.count == 51 && lines[21].hasSuffix(",1") && lines[22].hasSuffix(",2"))
                    continue
                }
                let contents = try ActivityFile.contents(of: Data(answer.bytes))
                let activity = try #require(contents.activities.first)
                #expect(contents.activities.count == 1)
                #expect(activity.segments.map(\.points.count) == [21, 29], "\(format)")
                let expected = Self.points.filter { $0.accuracy == 50 }
                for (point, wanted) in zip(activity.points, expected) {
                    #expect(point.time == wanted.time && point.heartRate == wanted.heartRate.map { Int($0) })
                    let place = try #require(point.place)
                    #expect(place.distance(to: wanted.coordinate) < 0.02)
                    #expect(abs((try #require(point.elevation)) - Double(wanted.altitude ?? 0) / 10) < 0.11)
                }
                guard ["fit", "tcx"].contains(format) else { continue }
                #expect(activity.totals.distance == 1250 && activity.totals.moving == 490_000)
                #expect(activity.laps.map(\.totals.distance) == [1000, 250])
                #expect(activity.laps.map(\.totals.moving) == [390_000, 100_000])
                // The pause lies in the first kilometre.
                #expect(activity.laps.map(\.start) == [Self.start, Self.start + 520_000])
            }
        }
    }

    @Test("who may not see a run gets no file of it, and who has one already is told so")
    func privacy() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let path = try await run(api, of: "ana")
            let files = FileFormat.allCases.map { "\(path).\($0)" } + ["\(path)/course.gpx", "\(path)/course.fit"]
            for file in files {
                #expect(try await api.send(.get, file).status == 404, "\(file)")
                #expect(try await api.send(.get, file, token: ben).status == 404, "\(file)")
            }
            let linked = try await api.send(
                .patch, path, ["visibility": "link", "title": "周日/Sunday \"run\""], token: ana)
            let header = HTTPField.Name("X-Run-Link")!, link = try #require(linked.json["link"]?.string)
            for file in files {
                let answer = try await api.send(.get, file, headers: [header: link])
                #expect(answer.status == 200, "\(file)")
                let name = try #require(answer.headers[.contentDisposition])
                #expect(name.hasPrefix("attachment; filename=\"run-2024-11-23-1"), "\(name)")
                #expect(name.contains("filename*=UTF-8''%E5%91%A8%E6%97%A5-Sunday%20-run-."), "\(name)")
                // What others are shown changes with its owner's privacy zones, of which no tag tells.
                #expect(answer.headers[.eTag] == nil && answer.headers[.cacheControl] == "no-store", "\(file)")
                let own = try await api.send(.get, file, token: ana), tag = try #require(own.headers[.eTag])
                let again = try await api.send(.get, file, token: ana, headers: [.ifNoneMatch: tag])
                #expect(again.status == 304 && again.bytes.isEmpty, "\(file)")
                #expect(try await api.send(.get, file, headers: [header: "x"]).status == 404, "\(file)")
            }
            #expect(api.core.downloads.count == 0, "nothing is held when all is sent")
        }
    }

    @Test("the clock on the wall stands in FIT, by the zone that is asked for")
    func zone() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let path = try await run(api, of: "ana")
            let plain = try await api.send(.get, "\(path).fit", token: ana)
            let shifted = try await api.send(.get, "\(path).fit?zone=Asia/Shanghai", token: ana)
            #expect(plain.bytes.count == shifted.bytes.count && plain.bytes != shifted.bytes)
            #expect(try await api.send(.get, "\(path).fit?zone=Mars", token: ana).status == 400)
        }
    }

    @Test("runs are read only where there is room for them, as files and as JSON, and hold it until they are sent")
    func room() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let path = try await run(api, of: "ana")
            let files = FileFormat.allCases.map { "\(path).\($0)" } + ["\(path)/course.gpx", path]
            let lease = try api.core.downloads.take(Limit.Files.downloadsOfOne, for: "somebody")
            let others = (1..<Limit.Files.downloads / Limit.Files.downloadsOfOne).map { "other \($0)" }
            let all = try [lease] + others.map { try api.core.downloads.take(Limit.Files.downloadsOfOne, for: $0) }
            for file in files { #expect(try await api.send(.get, file, token: ana).status == 503, "\(file)") }
            for lease in all { lease.keep(0) }
            for file in files { #expect(try await api.send(.get, file, token: ana).status == 200, "\(file)") }
            #expect(api.core.downloads.count == 0)
        }
    }

    @Test("a run without times or without points has no file")
    func noWay() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), _ = try await api.register("ben")
            let account = try #require(try await api.core.accounts.account(named: "ana")).id
            _ = try await api.core.records.post(["meters": 5, "markers": [["latitude": 1]]], account: account)
            let answer = try await api.send(.get, "/v1/runs/1.gpx", token: ana)
            #expect(answer.status == 404 && answer.json["code"] == "no_way")
            _ = try await run(api, of: "ana", [])
            for file in FileFormat.allCases.map({ "2.\($0)" }) + ["2/course.fit"] {
                #expect(try await api.send(.get, "/v1/runs/\(file)", token: ana).json["code"] == "no_way", "\(file)")
            }
        }
    }

    @Test("too many points at once are refused, one's own share before everybody's")
    func budget() throws {
        let budget = PointBudget(limit: 100, share: 60)
        var first: PointBudget.Lease? = try budget.take(60, for: "a")
        #expect(throws: ServicesError.overloaded) { try budget.take(1, for: "a") }
        let second = try budget.take(40, for: "b")
        #expect(throws: ServicesError.overloaded) { try budget.take(1, for: "c") }
        #expect(budget.count == 100)
        withExtendedLifetime(first) {}
        first = nil
        #expect(budget.count == 40)
        second.keep(10)
        #expect(budget.count == 10, "what turned out not to be needed is others'")
        second.keep(20)
        #expect(budget.count == 10)
        withExtendedLifetime(second) {}
    }

    @Test("a room's results are a table in the order of places, whatever its people are called")
    func results() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let room = try await api.send(.post, "/v1/rooms", ["name": "Club", "visibility": "public"], token: ana)
            let path = "/v1/rooms/\(try #require(room.json["runID"]?.string))"
            let empty = try await api.send(.get, path + "/results.csv", token: ana)
            #expect(empty.status == 200 && empty.text.split(separator: "\r\n").count == 1)
            #expect(try await api.send(.get, path + "/course.gpx", token: ana).json["code"] == "no_way")
            let name = try #require(room.json["runID"]?.string)
            for (token, nickname, meters) in [(ana, "=1+2,\"A\"", 900.0), (ben, "Ben", 1500)] {
                _ = try await api.send(.patch, "/v1/me", ["nickname": .string(nickname)], token: token)
                let who = token == ana ? "ana" : "ben"
                for target in ["/api/runRoom/join", "/api/runRoom/start"] {
                    let answer = try await api.send(
                        .post, target, ["runID": .string(name), "password": "pw", "username": .string(who)],
                        token: token)
                    #expect(answer.status == 200, "\(answer.line)")
                }
                let update = try await api.send(
                    .post, "/api/runRoom/update",
                    [
                        "runID": .string(name), "password": "pw", "username": .string(who), "meters": .double(meters),
                        "seconds": 300,
                        "latitude": 39.9, "longitude": 116.397,
                    ], token: token)
                #expect(update.status == 200, "\(update.line)")
            }
            let answer = try await api.send(.get, path + "/results.csv")
            #expect(answer.headers[.contentType] == "text/csv; charset=utf-8")
            #expect(
                answer.headers[.contentDisposition] == "attachment; filename=\"results.csv\"; filename*=UTF-8''Club.csv"
            )
            let lines = answer.text.split(separator: "\r\n").map(String.init)
            try #require(lines.count == 3, "\(answer.text)")
            #expect(lines[0].hasPrefix("place,runner,name,state,distance_m,time_s,time,"))
            #expect(lines[1].hasPrefix("1,2,Ben,running,1500.0,300.0,0:05:00,200.0,20"), "\(lines[1])")
            #expect(lines[2].hasPrefix("2,1,\"'=1+2,\"\"A\"\"\",running,900.0,300.0,"), "\(lines[2])")
            _ = try await api.send(.patch, path, ["visibility": "link"], token: ana)
            for file in ["results.csv", "course.gpx", "course.fit"] {
                #expect(try await api.send(.get, "\(path)/\(file)").status == 404)
            }
        }
    }
}
