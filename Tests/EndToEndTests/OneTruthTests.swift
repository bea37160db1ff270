import Foundation
import TestKit
import Testing

/// REST and the live protocol act on the same rooms.
@Suite("One truth with REST", .inTurn)
struct OneTruthTests {
    @Test("start and leave over REST of somebody who is connected: told to all, and the connection ends")
    func startAndLeave() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let (spectator, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let identity: [String: Any] = ["runID": room, "username": ana.rest.username]
        #expect(try await ana.rest.post("/api/runRoom/start", identity).status == 200)
        _ = try await spectator.event("started")
        // Once more is no second start.
        #expect(try await ana.rest.post("/api/runRoom/start", identity).status == 200)
        let now = Way.now
        try await ana.sendAndAwaitAck([Way.marker(1, 0, at: now - 4000), Way.marker(2, 20, at: now - 1)])
        let leave = try await ana.rest.post("/api/runRoom/leave", identity.merging(["password": "pw"]) { $1 })
        #expect(leave.status == 200)
        #expect(try await ana.phone.closed().code == 1000)
        _ = try await spectator.event("left")
        #expect(spectator.all("event").map(\.kind) == ["started", "finished", "left"])
        let finish = try await spectator.event("finished")
        #expect(try await ana.rest.records().map(\.meters) == [finish.double("meters")])
    }

    @Test("a record that its runner deletes stays deleted, whatever comes late, also after a crash")
    func deletedRecord() async throws {
        let server = try await ServerProcess.start()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let start = Way.now - 600_000
        ana.phone.send(["type": "start", "time": start])
        try await ana.sendAndAwaitAck(Way.markers(1...5, from: start, stride: 10, interval: 3))
        ana.phone.send(["type": "finish"])
        let finish = try await ana.phone.event("finished")
        let path = "/api/users/run/records/\(ana.rest.username)/\(try #require(finish.int("runId")))"
        #expect(try await ana.rest.get(path).status == 200)
        #expect(try await ana.rest.delete(path).status == 200)
        try await ana.sendAndAwaitAck(Way.markers(6...10, from: start, stride: 10, interval: 3))
        #expect(try await ana.rest.get(path).status == 404)
        #expect(try await ana.rest.records().isEmpty)
        try await server.killHard()
        server.leaveDirectory()
        let next = try await ServerProcess.start(in: server.directory)
        let rest = REST(port: next.port, token: ana.rest.token, username: ana.rest.username)
        #expect(try await rest.records().isEmpty)
        // The next run gets a number of its own.
        let back = try await Runner.enter(room, by: rest)
        back.phone.send(["type": "start", "time": Way.now - 30_000])
        try await back.sendAndAwaitAck(Way.markers(1...3, from: Way.now - 20_000, stride: 10, interval: 3))
        back.phone.send(["type": "finish"])
        _ = try await back.phone.event("finished") { $0.int("event") ?? 0 > finish.int("event") ?? 0 }
        #expect(try await rest.records().map(\.runID) == [2])
    }

    @Test("a run whose runner does not come back after a crash is finished by the server")
    func abandonedOverCrash() async throws {
        let server = try await ServerProcess.start()
        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let start = Way.now - 60_000
        ana.phone.send(["type": "start", "time": start])
        try await ana.sendAndAwaitAck(Way.markers(1...11, from: start, stride: 10, interval: 3))
        try await server.killHard()
        server.leaveDirectory()
        let next = try await ServerProcess.start(["--auto-finish", "1"], in: server.directory)
        let rest = REST(port: next.port, token: ana.rest.token, username: ana.rest.username)
        try await eventually("record") { try await rest.records().count == 1 }
        let record = try #require(try await rest.records().first)
        #expect(abs(record.meters! - 100) < 0.2 && record.seconds == 30)
    }

    @Test(
        "thirty people who do everything at once end with the same picture on every screen, in REST and in their records"
    )
    func crowd() async throws {
        let server = try await ServerProcess.start(["--message-burst", "1000"])
        let room = try await REST.newRoom(port: server.port)
        let (spectator, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        var runners: [Runner] = []
        for _ in 0..<30 { runners.append(try await Runner.enter(room, as: "crowd", port: server.port)) }
        let start = Way.now - 600_000
        // Each is a little faster than the one before.
        for (index, runner) in runners.enumerated() {
            runner.phone.send(["type": "start", "time": start])
            runner.send(Way.markers(1...60, from: start, stride: 8 + Double(index) / 4, interval: 4))
            runner.phone.send(["type": "cheer", "text": "hop \(index)"])
        }
        for runner in runners { try await runner.phone.next("ack") { $0.int("marker") == 60 } }
        for runner in runners.reversed() {
            runner.phone.send(["type": "finish"])
            _ = try await runner.phone.event("finished") { $0.int("runner") == runner.number }
        }
        let rest = REST(port: server.port)
        for (index, runner) in runners.enumerated() {
            let row = try await spectator.row(of: runner.number, "finish") {
                $0.state == "finished" && $0.place == 30 - index
            }
            #expect(abs(row.meters! - 59 * (8 + Double(index) / 4)) < 0.7)
            #expect(row.seconds == 236)
            let shown = try await rest.runner(runner.rest.username, in: room)
            #expect(shown["meters"] as? Double == row.meters && shown["marathon_place"] as? String == "\(30 - index)")
            #expect(try await runner.rest.records().map(\.meters) == [row.meters])
        }
        let last = try #require(spectator.eventNumbers.last)
        for runner in runners {
            _ = try await runner.phone.event("finished") { $0.int("runner") == runners[0].number }
            let row = try await runner.phone.row(of: 1, "last place") { $0.state == "finished" && $0.place == 30 }
            #expect(row.seconds == 236)
            #expect(runner.phone.eventNumbers.last == last)
            let numbers = runner.phone.eventNumbers
            #expect(numbers == Array(numbers[0]..<numbers[0] + numbers.count))
        }
    }

    @Test("a server that runs out of descriptors serves those it has, does not spin, and takes others when it can")
    func descriptors() async throws {
        let directory = ServerProcess.makeDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let command = ([ServerProcess.executable] + ServerProcess.arguments([], in: directory)).map { "'\($0)'" }
        let program = try RunningProgram("/bin/sh", ["-c", "ulimit -n 64; exec " + command.joined(separator: " ")])
        try await eventually("a server that is ready") { program.output.contains("\n") || program.hasEnded }
        let port = try #require(program.port)
        let room = try await REST.newRoom(port: port)
        let (spectator, _) = try await Phone.joined(port: port, room: room, ["role": "spectator"])
        var crowd: [RawSocket] = []
        for _ in 0..<100 { crowd.append(try RawSocket.connect(port: port)) }
        let cpu = { () -> Double in
            let fields =
                try String(contentsOfFile: "/proc/\(program.processIdentifier)/stat", encoding: .utf8)
                .split(separator: ")").last?.split(separator: " ") ?? []
            return (Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)
        }
        try await spectator.settle()
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.processIdentifier)/fd").count
        #expect(open >= 63, "it has all it may have")
        let before = try cpu()
        let begun = ContinuousClock.now
        while begun.duration(to: .now) < .seconds(1) {
            try await spectator.settle(); try await Task.sleep(for: .milliseconds(100))
        }
        // In hundredths of a second of one processor.
        #expect(try cpu() - before < 50)
        crowd.removeAll()
        try await eventually("a free place") {
            let socket = try RawSocket.connect(port: port)
            return try await socket.upgrade().status == 101
        }
        let late = try await Phone.joined(port: port, room: room, ["role": "spectator"]).phone
        try await late.settle()
        program.kill(SIGTERM)
        #expect(try await program.ended() == .exit(0))
    }
}
