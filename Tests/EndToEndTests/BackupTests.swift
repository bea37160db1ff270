import Foundation
import GRDB
import TestKit
import Testing

/// `runroom backup`, `restore` and `check` against a real server and its directory.
@Suite("Backups", .inTurn)
struct BackupTests {
    @Test("a backup of a server under load, restored, has all that was acknowledged before it")
    func roundTrip() async throws {
        let workshop = try Workshop()
        let server = try await ServerProcess.start()
        let room = try await REST.newRoom(port: server.port)
        let runner = try await Runner.enter(room, port: server.port)
        let start = Way.now - 600_000
        runner.phone.send(["type": "start", "time": start])
        try await runner.sendAndAwaitAck(Way.markers(1...20, from: start, stride: 10, interval: 3))
        let picture = Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let folder = server.directory + "/media/ab"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try picture.write(to: URL(fileURLWithPath: folder + "/abcd.png"))
        // An upload that has not arrived is no picture yet.
        let incoming = server.directory + "/media/incoming"
        try FileManager.default.createDirectory(atPath: incoming, withIntermediateDirectories: true)
        try picture.write(to: URL(fileURLWithPath: incoming + "/half"))

        // Markers go on coming while the copy is made.
        runner.send(Way.markers(21...150, from: start, stride: 10, interval: 3))
        let file = workshop.file("backup.tar"), copy = workshop.file("copy")
        let made = try await Workshop.runroom("backup", "--data", server.directory, "--to", file)
        #expect(made.ending == .exit(0), "\(made.errors)")
        #expect(made.output.contains("1 media files"))
        _ = try await runner.phone.next("ack") { ($0.int("marker") ?? 0) >= 150 }
        #expect(try FileManager.default.contentsOfDirectory(atPath: workshop.path) == ["backup.tar"])

        let restored = try await Workshop.runroom("restore", "--from", file, "--data", copy)
        #expect(restored.ending == .exit(0), "\(restored.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy + "/media/ab/abcd.png")) == picture)
        let checked = try await Workshop.runroom("check", "--data", copy)
        #expect(checked.ending == .exit(0), "\(checked.output)")

        let next = try await ServerProcess.start(in: copy)
        let (_, joined) = try await Phone.joined(port: next.port, room: room, token: runner.rest.token)
        #expect(joined.int("marker") ?? 0 >= 20)
        #expect(!next.logText.contains("damaged"))
    }

    @Test("a server with a place for backups makes one of itself, and no second before its time; a restore takes it")
    func byItself() async throws {
        let workshop = try Workshop()
        let folder = workshop.file("backups")
        let first = try await ServerProcess.start(["--backup-dir", folder])
        func made() -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted() }
        try await eventually("a backup") { made().contains { $0.hasSuffix(".tar") } && made().count == 1 }
        try await eventually("a line of it") { first.logText.contains("a backup was made") }
        #expect(try await first.terminate() == .exit(0))
        let again = try await ServerProcess.start(["--backup-dir", folder], in: first.directory)
        _ = try await REST.newRoom(port: again.port)
        #expect(made().count == 1)
        let restored = try await Workshop.runroom(
            "restore", "--from", folder + "/" + made()[0], "--data", workshop.file("copy"))
        #expect(restored.ending == .exit(0), "\(restored.errors)")
    }

    @Test("a server makes no backup that would leave its disk with less than the reserve, and says so")
    func reserve() async throws {
        let workshop = try Workshop()
        let folder = workshop.file("backups")
        // More than any disk has.
        let server = try await ServerProcess.start(["--backup-dir", folder, "--disk-reserve", "1000000000MiB"])
        try await eventually("a line of it") { server.logText.contains("no backup was made") }
        #expect(server.logText.contains("are to stay free for the server"), "\(server.logText)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        // Whoever runs the command wants one where they say, as long as it has a place.
        let made = try await Workshop.runroom("backup", "--data", server.directory, "--to", folder + "/by-hand.tar")
        #expect(made.ending == .exit(0), "\(made.errors)")
    }

    @Test("a restore refuses a directory with something in it, and a file that is no whole backup")
    func refusals() async throws {
        let workshop = try Workshop()
        let server = try await ServerProcess.start()
        let file = workshop.file("backup.tar")
        let made = try await Workshop.runroom("backup", "--data", server.directory, "--to", file)
        #expect(made.ending == .exit(0), "\(made.errors)")

        let full = try await Workshop.runroom("restore", "--from", file, "--data", server.directory)
        #expect(full.ending == .exit(1))
        #expect(full.errors.contains("not empty"))

        let whole = try Data(contentsOf: URL(fileURLWithPath: file))
        var strange = whole
        strange.replaceSubrange(0..<4, with: Data("abcd".utf8))
        let target = workshop.file("target")
        for (name, bytes) in [
            ("half", whole.prefix(whole.count / 2)), ("strange", strange), ("empty", Data()),
            ("text", Data("no archive at all".utf8)),
        ] {
            try bytes.write(to: URL(fileURLWithPath: workshop.file(name)))
            let answer = try await Workshop.runroom("restore", "--from", workshop.file(name), "--data", target)
            #expect(answer.ending == .exit(1))
            #expect(answer.errors.contains("no whole backup"), "\(answer.errors)")
            #expect(!FileManager.default.fileExists(atPath: target))
        }
        // An empty directory is as good as none.
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        let good = try await Workshop.runroom("restore", "--from", file, "--data", target + "/")
        #expect(good.ending == .exit(0), "\(good.errors)")
    }

    @Test("a backup that cannot be made leaves the one before as it was")
    func failure() async throws {
        let workshop = try Workshop()
        let file = try workshop.file("backup.tar", holding: "the one before")
        let answer = try await Workshop.runroom("backup", "--data", workshop.file("nothing"), "--to", file)
        #expect(answer.ending == .exit(1))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "the one before")
        #expect(try FileManager.default.contentsOfDirectory(atPath: workshop.path) == ["backup.tar"])
    }

    @Test("a check passes while a server runs, and names each damaged journal row, track and reference")
    func check() async throws {
        let server = try await ServerProcess.start()
        let room = try await REST.newRoom(port: server.port)
        let runner = try await Runner.enter(room, port: server.port)
        let start = Way.now - 600_000
        runner.phone.send(["type": "start", "time": start])
        try await runner.sendAndAwaitAck(Way.markers(1...20, from: start, stride: 10, interval: 3))
        runner.phone.send(["type": "finish"])
        _ = try await runner.phone.event("finished")
        runner.phone.send(["type": "start"])
        runner.send([Way.marker(1, 0, at: Way.now)])
        _ = try await runner.phone.next("ack")

        let posted = try await runner.rest.post(
            "/api/users/run/record",
            [
                "username": runner.rest.username,
                "runRecord": ["meters": 5, "seconds": 1, "markers": [["latitude": 1, "longitude": 2]]],
            ])
        #expect(posted.status == 200, "\(posted.text)")

        let fine = try await Workshop.runroom("check", "--data", server.directory)
        #expect(fine.ending == .exit(0), "\(fine.output)")
        #expect(fine.output.contains("all is well"))
        #expect(!fine.output.contains(" 0 journal rows") && !fine.output.contains(" 0 live tracks"))
        #expect(fine.output.contains(" 1 posted tracks"))

        try await server.killHard()
        let database = try DatabaseQueue(path: server.directory + "/runroom.sqlite")
        try await database.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA foreign_keys = OFF")
            try database.execute(
                sql: "UPDATE journal SET bytes = x'01020304050607' WHERE id = (SELECT MAX(id) FROM journal)")
            try database.execute(sql: "UPDATE records SET track = x'FF00FF' WHERE source = 'live'")
            try database.execute(sql: "UPDATE records SET track = x'5B7B' WHERE source = 'posted'")
            try database.execute(sql: "UPDATE people SET state = x'00', account = 17")
        }
        try database.close()
        let damaged = try await Workshop.runroom("check", "--data", server.directory)
        #expect(damaged.ending == .exit(1))
        let lines = damaged.output.split(separator: "\n")
        #expect(lines.filter { $0.contains("room “\(room)”, journal row") && $0.contains("checksum") }.count == 1)
        #expect(lines.filter { $0.contains("the track") }.count == 2)
        #expect(lines.filter { $0.contains("runner 1: the state") || $0.contains("runner 0: the state") }.count == 1)
        #expect(lines.filter { $0.contains("refers to nothing in accounts") }.count == 1)
        #expect(lines.last?.contains("5 damaged") == true)
    }

    @Test("media files are compared with their hashes: by a check, by a backup that is verified, and by a restore")
    func media() async throws {
        let workshop = try Workshop()
        let server = try await ServerProcess.start()
        _ = try await REST.registered("ana", port: server.port)
        #expect(try await server.terminate() == .exit(0))
        let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", name = "2c/f2/" + hash
        let path = server.directory + "/media/" + name
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let database = try DatabaseQueue(path: server.directory + "/runroom.sqlite")
        try await database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO media (id, hash, type, bytes, width, height, created_at)
                    VALUES (1, x'\(hash)', 'image/png', 5, 1, 1, 1)
                    """)
            try database.execute(sql: "UPDATE accounts SET picture = 1")
        }
        try database.close()
        for (contents, status, words) in [("hello", 0, ""), ("hallo", 1, "not what was stored"), (nil, 1, "there")]
            as [(String?, Int32, String)]
        {
            try? FileManager.default.removeItem(atPath: path)
            if let contents { try Data(contents.utf8).write(to: URL(fileURLWithPath: path)) }
            let checked = try await Workshop.runroom("check", "--data", server.directory)
            #expect(checked.ending == .exit(status), "\(checked.output)")
            #expect(checked.output.contains(" 1 media files"))
            #expect(checked.output.contains("media file \(name): it is") == (status != 0), "\(checked.output)")

            let file = workshop.file("backup.tar")
            let verified = try await Workshop.runroom("backup", "--data", server.directory, "--to", file, "--verify")
            #expect(verified.ending == .exit(status), "\(verified.errors)")
            #expect(words.isEmpty || verified.errors.contains(words), "\(verified.errors)")
            #expect(verified.errors.contains(name) == (status != 0))
            #expect(try FileManager.default.contentsOfDirectory(atPath: workshop.path) == ["backup.tar"])
            // A file that is gone is said in any case.
            let made = try await Workshop.runroom("backup", "--data", server.directory, "--to", file)
            #expect(made.ending == .exit(0) && made.errors.contains(name) == (contents == nil), "\(made.errors)")

            let copy = workshop.file("copy")
            let restored = try await Workshop.runroom("restore", "--from", file, "--data", copy)
            #expect(restored.ending == .exit(0) && restored.errors.contains(name) == (status != 0))
            try FileManager.default.removeItem(atPath: copy)
        }
    }

    @Test("a check of what is no database says so with status 2")
    func noDatabase() async throws {
        let workshop = try Workshop()
        _ = try workshop.file("runroom.sqlite", holding: String(repeating: "no database ", count: 1000))
        let answer = try await Workshop.runroom("check", "--data", workshop.path)
        #expect(answer.ending == .exit(2))
        #expect(answer.errors.hasPrefix("runroom: "))
    }
}
