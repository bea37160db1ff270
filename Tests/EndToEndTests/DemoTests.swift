import Foundation
import GRDB
import Glibc
import Testing

/// `simulator run --demo` against real servers.
@Suite("The demo", .inTurn) struct DemoTests {
    /// Starts the demo in a room that is there.
    func demo(_ room: String, password: String = "pw", port: Int) throws -> RunningProgram {
        try RunningProgram(
            LoadTests.simulator,
            ["run", "--demo", "--url", "http://127.0.0.1:\(port)", "--room", room, "--password", password])
    }

    /// A visitor, who comes before the runners.
    func visitor(of room: String, port: Int) async throws -> Phone {
        try await Phone.joined(port: port, room: room, ["role": "spectator"]).phone
    }

    /// Who is in a room, by number.
    func people(of room: String, port: Int) async throws -> [Int: String] {
        let (_, joined) = try await Phone.joined(port: port, room: room, ["role": "spectator"])
        let people = joined.json["people"] as? [[String: Any]] ?? []
        return Dictionary(
            try people.map { person in
                (
                    try #require((person["runner"] as? NSNumber)?.intValue),
                    "\(person["username"] ?? "") is \(person["nickname"] ?? "")"
                )
            }, uniquingKeysWith: { "\($0), \($1)" })
    }

    /// Waits for somebody to start who has not yet, and holds their clock against the one on the wall.
    func expectRealTime(_ visitor: Phone, of runner: Int? = nil) async throws -> Int {
        let started = try await visitor.next("event", "started") { runner == nil || $0.int("runner") == runner }
        let begin = ContinuousClock.now
        let runner = try #require(started.int("runner"))
        let row = try await visitor.row(of: runner, "some seconds") { $0.state == "running" && $0.seconds ?? 0 >= 2 }
        let elapsed = (ContinuousClock.now - begin) / .seconds(1)
        #expect(abs(try #require(row.seconds) - elapsed) < 3, "\(row) after \(elapsed) s")
        return runner
    }

    @Test("brings the same eight people back to their room, with names, in real time")
    func twice() async throws {
        let first = try await ServerProcess.start(["--rate-limits", "on"])
        first.leaveDirectory()
        let room = try await REST.newRoom("park", port: first.port)
        let watching = try await visitor(of: room, port: first.port)
        let before = try demo(room, port: first.port)
        let runner = try await expectRealTime(watching)
        let people = try await people(of: room, port: first.port)
        #expect(people.keys.sorted() == Array(1...8))
        #expect(
            Set(people.values)
                == Set(
                    [
                        "ana is Ana", "jianguo is 陈建国", "chloe is Chloé Martin", "layla is ليلى حداد",
                        "femi is Femi Adeyemi", "xiaoyu is 小雨", "jonas is Jonas Bäcker", "lucia is Lucía",
                    ].map { "\(room)-\($0)" }))
        before.kill(SIGTERM)
        #expect(try await before.ended(within: .seconds(5)) == .exit(0), "\(before.output) \(before.errors)")
        #expect(try await first.terminate() == .exit(0))

        let second = try await ServerProcess.start(["--rate-limits", "on"], in: first.directory)
        let watchingAgain = try await visitor(of: room, port: second.port)
        let after = try demo(room, port: second.port)
        // The run that was cut off ends before another begins.
        _ = try await watchingAgain.event("finished") { $0.int("runner") == runner }
        _ = try await expectRealTime(watchingAgain, of: runner)
        #expect(try await self.people(of: room, port: second.port) == people)
        after.kill(SIGINT)
        #expect(try await after.ended(within: .seconds(5)) == .exit(0), "\(after.output) \(after.errors)")
    }

    @Test("goes on when the server is killed and started again, even if it has forgotten who was logged in")
    func restart() async throws {
        let first = try await ServerProcess.start()
        first.leaveDirectory()
        let room = try await REST.newRoom("park", port: first.port)
        let watching = try await visitor(of: room, port: first.port)
        let demo = try demo(room, port: first.port)
        for _ in 0..<2 { try await watching.next("event", "started") }
        try await first.killHard()
        let database = try DatabaseQueue(path: first.directory + "/runroom.sqlite")
        try await database.write { try $0.execute(sql: "DELETE FROM tokens") }
        try database.close()
        let second = try await ServerProcess.start(["--port", "\(first.port)"], in: first.directory)
        let watchingAgain = try await visitor(of: room, port: second.port)
        for runner in 1...8 {
            try await watchingAgain.row(of: runner, "running on") { $0.state == "running" && $0.meters ?? 0 > 0 }
        }
        demo.kill(SIGTERM)
        #expect(try await demo.ended(within: .seconds(5)) == .exit(0), "\(demo.output) \(demo.errors)")
    }

    @Test("says in a sentence that a name belongs to somebody else, and ends")
    func taken() async throws {
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom("park", port: server.port)
        let name = "\(room)-chloe"
        let answer = try await REST(port: server.port).post("/api/users", ["username": name, "password": "mine"])
        #expect(answer.status == 200)
        let demo = try demo(room, port: server.port)
        #expect(try await demo.ended() == .exit(1))
        #expect(demo.errors.contains("The name \(name) belongs to somebody with another password"))
    }

    @Test(
        "refuses what makes no sense",
        arguments: [
            ["--demo"], ["--demo", "--room", "a"], ["--demo", "--room", "a", "--password", "b", "--speed", "10"],
            ["--demo", "--room", "a", "--password", "b", "--runners", "17"],
        ])
    func refuses(arguments: [String]) async throws {
        let (ending, _, errors) = try await RunningProgram.run(LoadTests.simulator, ["run"] + arguments)
        #expect(ending == .exit(64), "\(errors)")
    }
}
