import Foundation
import GRDB
import Glibc
import TestKit
import Testing

/// A disk that takes nothing: what is shown goes on, what is promised waits.
@Suite("A disk that takes nothing", .inTurn)
struct FullDiskTests {
    /// Sends markers, one message after the other, until something has come of it.
    private func stream(
        _ runner: Runner, from first: Int, start: Int64, until holds: () async throws -> Bool
    ) async throws -> Int {
        var id = first
        try await eventually("effect of the markers", within: .seconds(30)) {
            runner.send(Way.markers(id...id + 9, from: start, stride: 10, interval: 3))
            id += 10
            try await Task.sleep(for: .milliseconds(100))
            return try await holds()
        }
        return id - 1
    }

    private func expectRefusals(_ rest: REST, room: String, spare: String) async throws {
        let mutations: [(String, String, [String: Any])] = [
            ("POST", "/api/runRoom/create", ["runID": REST.newName("room"), "password": "pw"]),
            ("POST", "/api/users", ["username": REST.newName("late"), "password": "secret"]),
            ("POST", "/api/runRoom/join", ["runID": room, "password": "pw", "username": rest.username]),
            ("DELETE", "/api/runRoom/delete", ["runID": spare, "password": "pw"]),
        ]
        for (method, path, body) in mutations {
            let answer = try await rest.call(method, path, body)
            #expect([503, 507].contains(answer.status), "\(path): \(answer.status) \(answer.text)")
            #expect(answer.headers["retry-after"].flatMap { Int($0) } ?? 0 > 0)
            #expect(!answer.text.contains("SQLite"), "nothing of the inside: \(answer.text)")
        }
    }

    @Test(
        "disk full: `not_stored`, no ack, frames go on, REST says so; when there is room again nothing is lost",
        .enabled(if: SmallDisk.isPossible, "file systems cannot be mounted here"))
    func full() async throws {
        let disk = try SmallDisk(megabytes: 8)
        let directory = disk.path + "/data"
        let server = try await ServerProcess.start(
            ["--message-burst", "10000", "--disk-reserve", "0"], in: directory)
        let room = try await REST.newRoom(port: server.port)
        let spare = try await REST.newRoom(port: server.port)
        let outsider = try await REST.registered("late", port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let (spectator, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let start = Way.now - 80_000_000
        ana.phone.send(["type": "start", "time": start])
        try await ana.sendAndAwaitAck(Way.markers(1...10, from: start, stride: 10, interval: 3))

        try disk.fill()
        var last = try await stream(ana, from: 11, start: start) {
            ana.phone.all("error").contains { $0.string("code") == "not_stored" }
        }
        #expect(try await spectator.next("error").string("code") == "not_stored", "everybody in the room is told")
        let promised = try #require(ana.phone.all("ack").last?.int("marker"))
        // The room goes on.
        last = try await stream(ana, from: last + 1, start: start) {
            let meters = Double(last + 30) * 10
            return spectator.messages.contains { $0.type == "frame" && $0.row(1)?.meters ?? 0 > meters }
        }
        #expect(ana.phone.all("ack").last?.int("marker") == promised, "nothing is promised")
        ana.phone.send(["type": "pause"])
        try await spectator.row(of: 1, "pause") { $0.state == "paused" }
        #expect(!spectator.all("event").contains { $0.kind == "paused" }, "events wait for the disk")
        try await expectRefusals(outsider, room: room, spare: spare)
        #expect(try await outsider.get("/healthz").status == 200)
        #expect(try await outsider.get("/api/runRoom/\(room)").status == 200, "reading needs no room")
        let metrics = try await server.metrics()
        #expect(try #require(metrics["runroom_commits_failed_total"]) > 0)
        #expect(try #require(metrics["runroom_unstored_markers"]) > 0)
        try await server.logs("nothing can be stored")
        #expect(ana.phone.all("error").count == 1, "told once, not each second")

        disk.free()
        let all = last
        try await ana.phone.next("ack") { $0.int("marker") == all }
        _ = try await spectator.event("paused")
        try await eventually("line in the log") { server.logText.contains("stores again") }
        _ = try await Runner.enter(room, by: outsider)
        // All of it, to the last marker, is really on the disk.
        try await server.killHard()
        server.leaveDirectory()
        let next = try await ServerProcess.start(["--disk-reserve", "0"], in: directory)
        let rest = REST(port: next.port, token: ana.rest.token, username: ana.rest.username)
        let back = try await Runner.enter(room, by: rest)
        #expect(back.joined.int("marker") == all)
        #expect(abs(back.joined.row(1)!.meters! - Double(all - 1) * 10) < 5)
        #expect(back.joined.row(1)?.state == "paused")
        back.phone.send(["type": "finish"])
        _ = try await back.phone.event("finished")
        #expect(try await rest.records().map(\.markerIDs.count) == [all])
        try await next.killHard()
    }

    @Test(
        "below the reserve nothing new is stored, in each world's words; live runs and logins go on, and posting with room",
        .enabled(if: SmallDisk.isPossible, "file systems cannot be mounted here"))
    func reserve() async throws {
        let disk = try SmallDisk(megabytes: 64)
        let server = try await ServerProcess.start(["--disk-reserve", "24MiB"], in: disk.path + "/data")
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let start = Way.now - 1_000_000
        ana.phone.send(["type": "start", "time": start])
        try await ana.sendAndAwaitAck(Way.markers(1...10, from: start, stride: 10, interval: 3))
        let token = try #require(ana.rest.token)
        func post() async throws -> REST.Answer {
            try await ana.rest.post("/api/users/share/posts", ["title": "t", "content": "c"])
        }
        // Of more than stays in memory: refused by its head.
        func publish() async throws -> REST.Answer {
            var bytes = Data([0, 0, 0, 24] + Array("ftypmp42".utf8))
            bytes.append(Data(count: 1 << 20))
            let form = Multipart(["title": "t"], file: ("data", "v.mp4", bytes))
            return try await ana.rest.send(
                "POST", "/douyin/publish/action?token=\(token)", Multipart.headers, form.body)
        }
        let record: [String: Any] = ["runRecord": ["meters": 1, "seconds": 1]]
        #expect(try await post().status == 200)
        #expect(try await publish()["status_code"] as? Int == 0)

        try disk.fill(leaving: 12)
        try await eventually("507") { try await post().status == 507 }
        let refusals = [
            try await post(), try await ana.rest.post("/api/users/run/record", record), try await publish(),
            try await REST(port: server.port).send(
                "POST", "/users/register", Multipart.headers,
                Multipart(["username": "x"], file: ("head_img", "a.gif", Data(count: 1 << 20))).body),
            try await REST(port: server.port).post("/v1/accounts", ["name": "late", "password": "secret12"]),
        ]
        #expect(refusals.map(\.status) == [507, 507, 200, 507, 507])
        #expect(refusals[2]["status_code"] as? Int == 1)
        #expect(refusals[4]["code"] as? String == "out_of_space")
        #expect(refusals.allSatisfy { $0.headers["retry-after"] == "60" })
        try await ana.sendAndAwaitAck(Way.markers(11...30, from: start, stride: 10, interval: 3))
        let login = try await REST(port: server.port).post(
            "/api/users/login", ["username": ana.rest.username, "password": "secret"])
        #expect(login.status == 200)
        #expect(try await ana.rest.get("/readyz").text.contains("short of disk space"))
        let metrics = try await server.metrics()
        #expect(try #require(metrics["runroom_disk_free_bytes"]) < 24 * 1_048_576)
        #expect(try #require(metrics["runroom_disk_refused_total"]) >= 5)
        try await server.logs("less than its reserve")
        #expect(server.logText.split(separator: "\n").count { $0.contains("less than its reserve") } == 1)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: disk.path + "/data/uploads") == [], "nothing is left")

        disk.free()
        try await eventually("room again") { try await post().status == 200 }
        #expect(try await ana.rest.post("/api/users/run/record", record).status == 200)
        #expect(try await publish()["status_code"] as? Int == 0)
        try await server.killHard()
    }

    @Test(
        "a server that cannot store ends all the same when it is told to, and one that starts on a full disk says so",
        .enabled(if: SmallDisk.isPossible, "file systems cannot be mounted here"))
    func fullAtTheEnd() async throws {
        let disk = try SmallDisk(megabytes: 4)
        let server = try await ServerProcess.start(["--disk-reserve", "0"], in: disk.path + "/data")
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        ana.phone.send(["type": "start"])
        _ = try await ana.phone.event("started")
        try disk.fill()
        _ = try await stream(ana, from: 1, start: Way.now - 1000) { !ana.phone.all("error").isEmpty }
        let begun = ContinuousClock.now
        _ = try await server.terminate()
        #expect(begun.duration(to: .now) < .seconds(15))
        #expect(server.logText.contains("could not be stored"))
        server.leaveDirectory()

        let failed = try await RunningProgram.run(
            ServerProcess.executable, ServerProcess.arguments([], in: disk.path + "/elsewhere"))
        #expect(failed.ending == .exit(1))
        #expect(failed.errors.hasPrefix("runroom: ") && failed.output.isEmpty)
    }

    @Test("a database that another program holds locked is the same: nothing is promised until it is free")
    func locked() async throws {
        let server = try await ServerProcess.start(["--message-burst", "10000"])
        let room = try await REST.newRoom(port: server.port)
        let outsider = try await REST.registered("late", port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let start = Way.now - 80_000_000
        ana.phone.send(["type": "start", "time": start])
        try await ana.sendAndAwaitAck(Way.markers(1...10, from: start, stride: 10, interval: 3))

        let ben = try await Runner.enter(room, as: "ben", port: server.port)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let foreign = try DatabaseQueue(path: server.directory + "/runroom.sqlite", configuration: configuration)
        try await foreign.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let promised = ana.phone.all("ack").last?.int("marker")
        // Somebody leaves now: told when it is stored, not before and not never.
        ben.phone.send(["type": "leave"])
        async let creation = outsider.post("/api/runRoom/create", ["runID": REST.newName("room"), "password": "pw"])
        // Longer than the time for which the server waits for such a lock.
        let last = try await stream(ana, from: 11, start: start) {
            ana.phone.all("error").contains { $0.string("code") == "not_stored" }
        }
        #expect(ana.phone.all("ack").last?.int("marker") == promised)
        let meters = Double(last - 1) * 10
        try await ana.phone.row(of: 1, "\(meters) m") { abs($0.meters! - meters) < 5 }
        #expect(try await creation.status == 503)
        #expect(ben.phone.isOpen)
        try await foreign.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await ana.phone.next("ack") { $0.int("marker") == last }
        #expect(try await ben.phone.closed().code == 1000)
        #expect(ben.phone.all("event").contains { $0.kind == "left" && $0.int("runner") == ben.number })
        ana.phone.send(["type": "finish"])
        _ = try await ana.phone.event("finished")
        #expect(try await ana.rest.records().map(\.markerIDs.count) == [last])
    }
}
