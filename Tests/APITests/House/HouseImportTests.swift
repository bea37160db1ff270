import ActivityFiles
import Foundation
import Geo
import HTTPTypes
import LWS
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("/v1: runs from files")
struct HouseImportTests {
    private static let start: Int64 = 1_732_350_000_000

    /// A run north at 3 m/s, a point each ten seconds, with a pause of two minutes in its middle.
    private static func run(
        _ count: Int = 120, at start: Int64 = start, speed: Double = 3, sport: Activity.Sport = .running,
        name: String? = nil, meters: Double? = nil
    ) -> Activity {
        let points = (0..<count).map { index -> Activity.Point in
            let pause: Int64 = index >= count / 2 ? 120_000 : 0
            let latitude = 39.9 + Double(index) * 10 * speed / 111_034
            return Activity.Point(
                time: start + Int64(index) * 10_000 + pause,
                place: try! Coordinate(latitude: latitude, longitude: 116.397),
                elevation: 44 + Double(index) / 10, heartRate: 120 + index % 60)
        }
        return Activity(
            name: name, sport: sport,
            segments: [
                Activity.Segment(Array(points[..<(count / 2)])), Activity.Segment(Array(points[(count / 2)...])),
            ], totals: Activity.Totals(distance: meters))
    }

    private func file(_ name: String, _ text: String) -> MultipartForm.File {
        .make("file", Array(text.utf8), filename: name)
    }

    private func answers(_ answer: Answer) throws -> [JSONValue] {
        try #require(answer.status == 200, "\(answer.line)")
        return try #require(answer.json["files"]?.array)
    }

    @Test("a run comes in once, in whichever format it comes again")
    func duplicates() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana"), ben = try await api.register("ben")
            let run = Self.run()
            let files: [MultipartForm.File] = [
                file("a.gpx", GPX.text(run)), file("a.tcx", try TCX.text(run)), file("a.kml", KML.text(run)),
                file("a.geojson", GeoJSON.text(run)), .make("file", try FIT.bytes(run), filename: "a.fit"),
                file("called.fit", GPX.text(run)),
            ]
            let first = try answers(try await api.upload("/v1/runs", files: files, token: ana))
            #expect(
                first.compactMap { $0["name"]?.string }
                    == ["a.gpx", "a.tcx", "a.kml", "a.geojson", "a.fit", "called.fit"])
            #expect(first.map { $0["outcome"] } == ["created"] + Array(repeating: "duplicate", count: 5))
            #expect(Set(first.compactMap { $0["id"]?.string }).count == 1)
            #expect(first.allSatisfy { $0["number"] == 1 })
            let other = try answers(try await api.upload("/v1/runs", files: [files[4]], token: ben))
            #expect(other.map { $0["outcome"] } == ["created"], "another's runs are none of one's own")
            #expect(try await api.send(.get, "/v1/runs", token: ana).json["totals"]?["runs"] == 1)
            _ = try await api.send(.delete, "/v1/runs/1", token: ana)
            let again = try answers(try await api.upload("/v1/runs", files: [files[0]], token: ana))
            #expect(again.map { $0["outcome"] } == ["created"] && again[0]["number"] == 2)
        }
    }

    @Test("an imported run is measured by our rules, with the file's own beside it, its pause, and its points")
    func measured() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let run = Self.run(name: "Along\n the  river", meters: 4321)
            _ = try answers(
                try await api.upload("/v1/runs", files: [.make("file", try FIT.bytes(run))], token: ana))
            let shown = try await api.send(.get, "/v1/runs/1", token: ana)
            #expect(shown.json["isMeasured"] == true && shown.json["visibility"] == "private")
            #expect(shown.json["file"]?["format"] == "fit" && shown.json["file"]?["sport"] == "running")
            #expect(shown.json["file"]?["meters"]?.number == 4321)
            // 118 steps of 30 m: the one over the pause is none.
            let meters = try #require(shown.json["meters"]?.number)
            #expect(abs(meters - 3540) < 8, "\(meters)")
            #expect(shown.json["seconds"]?.number == 1180)
            #expect(shown.json["splits"]?.array?.count == 3 && shown.json["points"]?.array?.count == 120)
            #expect(shown.json["start"] == .int(Self.start) && shown.json["end"] == .int(Self.start + 1_310_000))
            let exported = try await api.send(.get, "/v1/runs/1.gpx", token: ana)
            let back = try #require(try ActivityFile.contents(of: Data(exported.bytes)).activities.first)
            #expect(back.segments.map(\.points.count) == [60, 60])
            #expect(back.points.map(\.time) == run.points.map(\.time))
            #expect(back.points.map(\.heartRate) == run.points.map(\.heartRate))
            let lepao = try await api.send(.get, "/api/users/run/records/ana/1", token: ana)
            #expect(lepao.json["markers"]?.array?.count == 120, "as any other run in the app's own API")
        }
    }

    /// A way north of a few places, far from each other.
    private static func sparse(_ count: Int, every milliseconds: Int64, degrees: Double) -> Activity {
        let points = (0..<count).map { index in
            Activity.Point(
                time: start + Int64(index) * milliseconds,
                place: try! Coordinate(latitude: 39 + Double(index) * degrees, longitude: 116.397))
        }
        return Activity(segments: [Activity.Segment(points)])
    }

    @Test("a run that lasts for months is refused, and one of fewer places than kilometres has no splits")
    func sparse() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let months = Self.sparse(3, every: 60 * 86_400_000, degrees: 0.01)
            let coarse = Self.sparse(3, every: 1_900_000, degrees: 0.17)
            let told = try answers(
                try await api.upload(
                    "/v1/runs", files: [file("a.gpx", GPX.text(months)), file("b.gpx", GPX.text(coarse))], token: ana))
            #expect(told.map { $0["outcome"] } == ["refused", "created"] && told[0]["code"] == "too_large")
            let shown = try await api.send(.get, "/v1/runs/1", token: ana)
            #expect(shown.json["meters"]?.number ?? 0 > 37_000 && shown.json["splits"]?.array?.isEmpty == true)
        }
    }

    @Test("what a file has beyond so many runs is refused once, and the others are stored in their order")
    func manyRuns() async throws {
        try await withAPI { api in
            _ = try await api.register("ana")
            let account = try #require(try await api.core.accounts.account(named: "ana")).id
            let all = (0..<9).map { Self.run(at: Self.start + Int64($0) * 3 * 86_400_000) }
            // Tracks of different days are different runs.
            let tracks = all.map { GPX.text($0) }
            let first = try #require(tracks[0].firstRange(of: "<trk>"))
            var text = String(tracks[0][..<first.lowerBound])
            for track in tracks {
                let begin = try #require(track.firstRange(of: "<trk>"))
                let end = try #require(track.firstRange(of: "</trk>"))
                text += track[begin.lowerBound..<end.upperBound]
            }
            text += "</gpx>"
            var bounds = FileBounds()
            bounds.runs = 7
            let told = try await api.core.imports.take(
                .bytes(Array(text.utf8)), named: "all.gpx", account: account, bounds: bounds)
            let numbers = told.compactMap { answer -> Int64? in
                if case .created(let run) = answer.outcome { run.runID } else { nil }
            }
            #expect(numbers == Array(1...7) && told.count == 8)
            guard case .refused(_, "too_large")? = told.last?.outcome else {
                Issue.record("\(told)")
                return
            }
        }
    }

    @Test("a file is read with a bound, and what is no file is not waited for")
    func regularFiles() async throws {
        try await withAPI { api in
            _ = try await api.register("ana")
            let account = try #require(try await api.core.accounts.account(named: "ana")).id
            let folder = try TemporaryDirectory.made()
            let pipe = folder.path + "/pipe", large = folder.path + "/large.gpx"
            #expect(mkfifo(pipe, 0o600) == 0)
            try Data(GPX.text(Self.run()).utf8).write(to: URL(filePath: large))
            var bounds = FileBounds()
            bounds.archive = 100
            for (path, code) in [(pipe, "unreadable"), (folder.path, "unreadable"), (large, "too_large")] {
                let told = try await api.core.imports.take(
                    .file(path: path), named: "a", account: account, bounds: bounds)
                guard case .refused(_, code)? = told.first?.outcome, told.count == 1 else {
                    Issue.record("\(path): \(told)")
                    continue
                }
            }
            let whole = try await api.core.imports.take(.file(path: large), named: "a", account: account)
            guard case .created? = whole.first?.outcome else {
                Issue.record("\(whole)")
                return
            }
        }
    }

    @Test("a title that a file has is the run's, on one line")
    func titles() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let names = ["Along\n the  river", String(repeating: "x", count: 300), "\u{7}", " "]
            for (index, name) in names.enumerated() {
                let run = Self.run(at: Self.start + Int64(index) * 86_400_000, name: name)
                _ = try answers(try await api.upload("/v1/runs", files: [file("a.gpx", GPX.text(run))], token: ana))
            }
            let shown = try await api.send(.get, "/v1/runs", token: ana).json["runs"]?.array?.map { $0["title"] }
            #expect(shown == [.null, .null, .string(String(repeating: "x", count: 200)), "Along the river"])
        }
    }

    @Test("each run of a file and each file of an archive has an answer, and what is none a reason")
    func answersForEach() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            var zip = ZipWriter(at: Self.start)
            var archive: [UInt8] = []
            for (name, text) in [
                ("export/one.gpx", GPX.text(Self.run(at: Self.start + 1_000_000_000))),
                ("export/two.tcx", try TCX.text(Self.run(at: Self.start + 2_000_000_000))),
                ("export/picture.png", "not of any format"), ("export/bad.gpx", "<gpx><trk>"),
            ] {
                archive += try zip.begin(name)
                archive += zip.add(Array(text.utf8))
                archive += try zip.end()
            }
            archive += zip.finish()
            let course = Course(
                name: "Loop", points: Self.run().points.compactMap(\.place).map { Course.Point(place: $0) })
            let inside = Activity(segments: [
                Activity.Segment([
                    Activity.Point(time: 1_700_000_000_000, heartRate: 99),
                    Activity.Point(time: 1_700_000_001_000, heartRate: 99),
                ])
            ])
            let files: [MultipartForm.File] = [
                .make("file", archive, filename: "export.zip"), file("loop.gpx", GPX.text(course)),
                file("words.txt", "hello"), .make("file", try FIT.bytes(inside), filename: "treadmill.fit"),
                file("bomb.gpx", "<!DOCTYPE x [<!ENTITY a 'b'>]><gpx/>"),
            ]
            let told = try answers(try await api.upload("/v1/runs", files: files, token: ana))
            let lines = told.map {
                "\($0["name"]?.string ?? "") \($0["outcome"]?.string ?? "") \($0["code"]?.string ?? "")"
            }
            #expect(
                lines == [
                    "export.zip/one.gpx created ", "export.zip/two.tcx created ", "export.zip/bad.gpx refused damaged",
                    "loop.gpx refused no_times", "words.txt refused unknown_format",
                    "treadmill.fit refused no_places", "bomb.gpx refused document_type",
                ])
            #expect(told.allSatisfy { ($0["outcome"] == "refused") == ($0["reason"] != nil) })
        }
    }

    @Test("a file may be the body itself; without one, or without a token, nothing is taken")
    func bare() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            func send(_ target: String, _ body: HTTPBody, token: String?) async throws -> Answer {
                let parsed = try RequestTarget(target)
                var headers: HTTPFields = [:]
                headers[.authorization] = token.map { "Bearer \($0)" }
                return try await api.take(
                    HTTPRequestHead(
                        method: .post, target: target, path: parsed.path, query: parsed.query, headers: headers,
                        remoteAddress: "192.0.2.1"), body)
            }
            let bytes = try FIT.bytes(Self.run())
            #expect(try await send("/v1/runs", .bytes(bytes), token: nil).status == 401)
            let told = try answers(try await send("/v1/runs?name=mine.fit", .bytes(bytes), token: ana))
            #expect(told.map { $0["outcome"] } == ["created"] && told[0]["name"] == "mine.fit")
            // JSON of its own, not of the API's.
            let json = GeoJSON.text(Self.run(at: Self.start + 86_400_000))
            let other = try answers(try await send("/v1/runs", .bytes(Array(json.utf8)), token: ana))
            #expect(other.map { $0["outcome"] } == ["created"] && other[0]["name"] == "")
            #expect(try await send("/v1/runs", .bytes([]), token: ana).status == 400)
            #expect(try await api.upload("/v1/runs", token: ana).status == 400)
            let long = "/v1/runs?name=" + String(repeating: "x", count: 201)
            #expect(try await send(long, .bytes(bytes), token: ana).status == 400)
        }
    }

    @Test("a ride or a swim is kept as such, and is neither in totals nor a best effort")
    func sports() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let ride = Self.run(speed: 20, sport: .cycling),
                walk = Self.run(at: Self.start + 86_400_000, sport: .hiking)
            let files = [file("ride.gpx", GPX.text(ride)), file("walk.gpx", GPX.text(walk))]
            #expect(try answers(try await api.upload("/v1/runs", files: files, token: ana)).count == 2)
            let runs = try await api.send(.get, "/v1/runs", token: ana)
            #expect(runs.json["runs"]?.array?.map { $0["file"]?["sport"] } == ["hiking", "cycling"])
            let meters = try #require(runs.json["runs"]?[1]?["meters"]?.number)
            #expect(abs(meters - 118 * 200) < 60, "nobody runs so fast, and who rides does: \(meters)")
            #expect(runs.json["totals"]?["runs"] == 1)
            let totals = try await api.send(.get, "/v1/me/totals", token: ana)
            #expect(totals.json["runs"] == 1 && totals.json["best"]?.array?.count == 1)
            #expect(totals.json["best"]?[0]?["number"] == 2)
        }
    }

    @Test("a run in a room that was exported is there already when it is imported")
    func live() async throws {
        try await withAPI { api in
            let ana = try await api.register("ana")
            let account = try #require(try await api.core.accounts.account(named: "ana")).id
            let room = try await api.database.rooms.createRoom(
                runID: "1", passwordSalt: [], passwordHash: [], epoch: "e", at: 1)
            let points = Self.run().points.enumerated().compactMap { index, point in
                point.place.map {
                    TrackPoint(
                        id: Int32(index + 1), time: point.time ?? 0, coordinate: $0, accuracy: index == 7 ? 900 : 50)
                }
            }
            let record = LiveRecord(
                runKey: 5, account: account, meters: 3500, seconds: 1300, startAt: Self.start - 90_000,
                endAt: Self.start + 1_400_000, createdAt: 3, splits: "[]", track: TrackCodec.encode(points))
            _ = try await api.database.rooms.commit(
                JournalBatch(rooms: [RoomChanges(room: room.id, term: 0, records: [record])]))
            for format in FileFormat.allCases where format != .csv {
                let exported = try await api.send(.get, "/v1/runs/1.\(format)", token: ana)
                let told = try answers(
                    try await api.upload("/v1/runs", files: [.make("file", exported.bytes)], token: ana))
                #expect(told.map { $0["outcome"] } == ["duplicate"] && told[0]["number"] == 1, "\(format)")
            }
            let shorter = Self.run(118)
            let told = try answers(
                try await api.upload("/v1/runs", files: [file("a.gpx", GPX.text(shorter))], token: ana))
            #expect(told.map { $0["outcome"] } == ["created"])
        }
    }

    /// Recordings of others, which are not ours to hand on: named by an environment variable, or beside the checkout.
    private static let shared: URL? = {
        let checkout = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../..")
        let folder =
            ProcessInfo.processInfo.environment["RUNROOM_SHARED"].map { URL(filePath: $0) }
            ?? checkout.appending(path: "shared").standardizedFileURL
        return FileManager.default.fileExists(atPath: folder.appending(path: "samples").path) ? folder : nil
    }()

    @Test(
        "runs of other people's watches come to what these say, and to as many points",
        .enabled(if: shared != nil, "there are no recordings"),
        arguments: [
            ("samples/activity-small-fenix2-run.fit", 9008.22, 2832.0, 2809),
            ("samples/garmin-fenix-5-run.fit", 157.56, 56.887, 21),
            ("tracks/amazfit-9km.gpx", 8732.4, 2531, 1216), ("tracks/garmin-14km.gpx", 14168.6, 4989, 4967),
            ("tracks/garmin-4km.gpx", 4400.2, nil, 502),
        ] as [(String, Double, Double?, Int)])
    func recordings(path: String, meters: Double, seconds: Double?, points: Int) async throws {
        let bytes = Array(try Data(contentsOf: try #require(Self.shared).appending(path: path)))
        try await withAPI { api in
            let ana = try await api.register("ana")
            let told = try answers(try await api.upload("/v1/runs", files: [.make("file", bytes)], token: ana))
            #expect(told.map { $0["outcome"] } == ["created"])
            let run = try await api.send(.get, "/v1/runs/1", token: ana)
            let measured = try #require(run.json["meters"]?.number)
            // Other rules, and other ellipsoids.
            #expect(abs(measured - meters) < 0.02 * meters, "\(measured)")
            if let seconds {
                let lasted = try #require(run.json["seconds"]?.number)
                #expect(abs(lasted - seconds) <= 2, "\(lasted)")
            }
            #expect(run.json["points"]?.array?.count == points)
        }
    }

    @Test("an account that holds as much as it may is told so of each run, and keeps what came before")
    func quota() async throws {
        try await withAPI(quota: 500) { api in
            let ana = try await api.register("ana")
            let files = (0..<6).map { index in
                file("\(index).gpx", GPX.text(Self.run(at: Self.start + Int64(index) * 86_400_000)))
            }
            let told = try answers(try await api.upload("/v1/runs", files: files, token: ana))
            let created = told.filter { $0["outcome"] == "created" }.count
            #expect(created >= 1 && created < 6)
            #expect(told.last?["code"] == "quota_exceeded")
            #expect(try await api.send(.get, "/v1/runs", token: ana).json["totals"]?["runs"] == .int(Int64(created)))
        }
    }
}
