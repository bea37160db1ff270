import ActivityFiles
import Foundation
import Geo
import TestKit
import Testing

/// Files of runs in and out of a real server: over HTTP, and by `runroom import` beside it.
@Suite("Runs from files and as files", .inTurn)
struct FileTests {
    private static let start: Int64 = 1_732_350_000_000

    /// A run with a pause, a point a second, on another day than the others.
    private static func run(_ day: Int, seconds: Int = 600) -> Activity {
        let begin = start + Int64(day) * 86_400_000
        let points = (0..<seconds).map { index -> Activity.Point in
            let pause: Int64 = index >= 300 ? 90_000 : 0
            let latitude = 39.9 + Double(index) * 3 / 111_034
            return Activity.Point(
                time: begin + Int64(index) * 1000 + pause,
                place: try! Coordinate(latitude: latitude, longitude: 116.397), elevation: 44, heartRate: 150)
        }
        return Activity(segments: [Activity.Segment(Array(points[..<300])), Activity.Segment(Array(points[300...]))])
    }

    private static func files(_ day: Int) throws -> [(name: String, bytes: [UInt8])] {
        let run = run(day)
        return [
            ("\(day).gpx", Array(GPX.text(run).utf8)), ("\(day).tcx", Array(try TCX.text(run).utf8)),
            ("\(day).fit", try FIT.bytes(run)), ("\(day).kml", Array(KML.text(run).utf8)),
            ("\(day).geojson", Array(GeoJSON.text(run).utf8)),
        ]
    }

    private func upload(_ files: [(name: String, bytes: [UInt8])], by rest: REST) async throws -> [[String: Any]] {
        var form = MultipartBody()
        for file in files { form.file("file", file.bytes, filename: file.name, type: "application/octet-stream") }
        let answer = try await rest.send(
            "POST", "/v1/runs", ["Content-Type": form.contentType], Data(form.whole))
        try #require(answer.status == 200, "\(answer.text)")
        return try #require(answer["files"] as? [[String: Any]])
    }

    @Test(
        "a file becomes a run, the run a file, and the file the same run again, though the server was killed meanwhile")
    func roundTrip() async throws {
        let server = try await ServerProcess.start()
        let rest = try await REST.registered("ana", port: server.port)
        let files = try Self.files(0)
        let told = try await upload([files[2], files[0]], by: rest)
        #expect(told.map { $0["outcome"] as? String } == ["created", "duplicate"])
        let id = try #require(told[0]["id"] as? String)
        try await server.killHard()
        server.leaveDirectory()

        let next = try await ServerProcess.start(in: server.directory)
        let again = REST(port: next.port, token: rest.token, username: rest.username)
        let shown = try await again.get("/v1/runs/\(id)")
        #expect(shown.status == 200 && (shown["points"] as? [Any])?.count == 600)
        #expect((shown["file"] as? [String: Any])?["format"] as? String == "fit")
        // 598 steps of 3 m.
        #expect(abs((shown["meters"] as? Double ?? 0) - 1794) < 10)
        let original = Self.run(0)
        for format in ["gpx", "tcx", "fit", "kml", "geojson"] {
            let answer = try await again.get("/v1/runs/\(id).\(format)")
            #expect(answer.status == 200 && answer.headers.contains { $0.key.lowercased() == "content-disposition" })
            let back = try #require(try ActivityFile.contents(of: answer.data).activities.first, "\(format)")
            #expect(back.segments.map(\.points.count) == [300, 300], "\(format)")
            #expect(back.points.map(\.time) == original.points.map(\.time), "\(format)")
            for (point, wanted) in zip(back.points, original.points) {
                let (place, other) = (try #require(point.place), try #require(wanted.place))
                #expect(
                    abs(place.latitude - other.latitude) <= 1.01e-7 && abs(place.longitude - other.longitude) <= 1.01e-7
                )
            }
            let known = try await upload([("back.\(format)", Array(answer.data))], by: again)
            #expect(known.map { $0["outcome"] as? String } == ["duplicate"], "\(format)")
        }
        let csv = try await again.get("/v1/runs/\(id).csv")
        #expect(csv.text.split(separator: "\r\n").count == 601)
        #expect(try await REST(port: next.port).get("/v1/runs/\(id).gpx").status == 404)
    }

    private static let formats = ProcessInfo.processInfo.environment["RUNROOM_FORMATS"].map { URL(filePath: $0) }

    @Test(
        "a run of two hours leaves the server in every format, for other programs to read",
        .enabled(if: formats != nil, "RUNROOM_FORMATS names no folder"))
    func served() async throws {
        let folder = try #require(Self.formats)
        let server = try await ServerProcess.start()
        let rest = try await REST.registered("ana", port: server.port)
        let run = Self.run(0, seconds: 7200)
        let told = try await upload([("a.gpx", Array(GPX.text(run).utf8))], by: rest)
        let id = try #require(told[0]["id"] as? String)
        for format in ["gpx", "tcx", "fit", "kml", "geojson", "csv"] {
            let answer = try await rest.get("/v1/runs/\(id).\(format)?zone=Asia/Shanghai")
            try #require(answer.status == 200, "\(answer.text.prefix(200))")
            try answer.data.write(to: folder.appending(path: "served.\(format)"))
        }
        for format in ["gpx", "fit"] {
            let answer = try await rest.get("/v1/runs/\(id)/course.\(format)")
            try answer.data.write(to: folder.appending(path: "served-course.\(format)"))
        }
        let shown = try await rest.get("/v1/runs/\(id)")
        try shown.data.write(to: folder.appending(path: "served.json"))
    }

    @Test(
        "a folder is taken in by the command line, a second time as duplicates, beside a running server and without one"
    )
    func command() async throws {
        let server = try await ServerProcess.start()
        let rest = try await REST.registered("ana", port: server.port)
        let workshop = try Workshop()
        let folder = workshop.file("runs")
        try FileManager.default.createDirectory(atPath: folder + "/more", withIntermediateDirectories: true)
        for day in 0..<12 {
            let file = try Self.files(day)[day % 5]
            let name = day < 6 ? file.name : "more/" + file.name
            try Data(file.bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
        }
        try Data("not a run".utf8).write(to: URL(fileURLWithPath: folder + "/.hidden"))
        func take(_ path: String) async throws -> (ending: RunningProgram.Ending, lines: [Substring]) {
            let done = try await Workshop.runroom(
                "import", "--data", server.directory, "--username", rest.username, path)
            #expect(done.errors == "", "\(done.errors)")
            return (done.ending, done.output.split(separator: "\n"))
        }
        let first = try await take(folder)
        #expect(first.ending == .exit(0) && first.lines.count == 13)
        #expect(first.lines.last == "12 files: 12 runs made, 0 there already, 0 refused.")
        #expect(first.lines.dropLast().allSatisfy { $0.contains(": made, run ") })
        #expect((try await rest.get("/v1/runs?limit=50")["runs"] as? [Any])?.count == 12, "the server knows at once")
        let ending = try await server.terminate()
        #expect(ending == .exit(0))

        let second = try await take(folder)
        #expect(second.lines.last == "12 files: 0 runs made, 12 there already, 0 refused.")
        #expect(second.lines.dropLast().allSatisfy { $0.contains(": duplicate of run ") })
        let word = try workshop.file("words.gpx", holding: "hello")
        let refused = try await take(word)
        #expect(refused.ending == .exit(1) && refused.lines.first?.hasPrefix("words.gpx: refused: ") == true)
        for arguments in [["--username", "nobody", folder], ["--username", rest.username, folder + "/none"]] {
            let wrong = try await RunningProgram.run(
                ServerProcess.executable, ["import", "--data", server.directory] + arguments)
            #expect(wrong.ending == .exit(1) && wrong.errors.hasPrefix("runroom: There is no "), "\(wrong.errors)")
        }
        let checked = try await Workshop.runroom("check", "--data", server.directory)
        #expect(checked.ending == .exit(0), "\(checked.output)")
    }
}
