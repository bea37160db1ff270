import Testing

@testable import Simulator

/// The engine, told by hand what a server would say: no socket is opened.
@Suite("The engine") struct EngineTests {
    /// One room with a runner and a spectator, somebody idle beside it, and latecomers in a room of their own.
    func makeEngine(latecomers: Int = 0) throws -> LoadEngine {
        var settings = LoadSettings()
        (settings.rooms, settings.runners, settings.spectators, settings.idle) = (1, 1, 1, 1)
        settings.latecomers = latecomers
        func room(_ name: String, _ runners: String...) -> Preparation.Room {
            Preparation.Room(
                runID: name, password: "p", runners: runners.map { Account(username: $0, password: "p", token: "t") })
        }
        let late = (0..<latecomers).map { room("late-\($0)", "late-\($0)") }
        return try LoadEngine(
            settings: settings, preparation: Preparation(rooms: [room("live", "ana")] + late + [room("quiet")]),
            address: try SocketAddress(host: "127.0.0.1", port: 9), lane: nil, meter: nil)
    }

    func say(_ text: String, to member: Member, of engine: LoadEngine, at now: Nanoseconds = .now) {
        Array(text.utf8).withUnsafeBytes { engine.didReceive($0, member, now) }
    }

    func join(_ member: Member, of engine: LoadEngine, event: Int = 3, at now: Nanoseconds = .now) {
        member.phase = .joining
        let columns = RunnerRow.columns.map { "\"\($0)\"" }.joined(separator: ",")
        say(
            """
            {"type":"joined","runID":"r","epoch":"e","event":\(event),"recovered":false,\
            "runner":\(member.isRunner ? "1" : "null"),"marker":0,"time":1732350000123,"columns":[\(columns)],\
            "people":[],"runners":[],"tracks":{},"events":[]}
            """, to: member, of: engine, at: now)
    }

    func cheer(_ number: Int, to member: Member, of engine: LoadEngine) {
        say(
            #"{"type":"event","event":\#(number),"time":1732350000123,"kind":"cheer","from":1,"to":null,"text":"go"}"#,
            to: member, of: engine)
    }

    func failures(_ engine: LoadEngine, _ words: String) -> [String] {
        engine.evidence().checks().filter { $0.claim.contains(words) }.flatMap(\.failures)
    }

    @Test("a viewer who misses the last event is waited for, and then found out")
    func lastEvent() throws {
        let engine = try makeEngine()
        let (runner, spectator) = (engine.members[0], engine.members[1])
        for member in [runner, spectator] { join(member, of: engine) }
        for member in [runner, spectator] { cheer(4, to: member, of: engine) }
        #expect(engine.isSettled)
        #expect(failures(engine, "to the last one").isEmpty)
        cheer(5, to: runner, of: engine)
        #expect(!engine.isSettled)
        #expect(
            failures(engine, "to the last one") == [
                "\(spectator.name) holds events up to 4, the last one of live was 5"
            ])
        cheer(5, to: spectator, of: engine)
        #expect(engine.isSettled)
        #expect(failures(engine, "to the last one").isEmpty)
    }

    @Test("whoever came before the last event and heard of none is found out by those who came later")
    func lateViewer() throws {
        let engine = try makeEngine()
        join(engine.members[1], of: engine, event: 3)
        join(engine.members[0], of: engine, event: 4)
        #expect(failures(engine, "to the last one").count == 1)
    }

    @Test("the end waits for everybody who is coming, but not for the idle, nor for who is gone")
    func presence() throws {
        let engine = try makeEngine()
        let (runner, spectator) = (engine.members[0], engine.members[1])
        for member in [runner, spectator] { join(member, of: engine) }
        #expect(engine.isSettled)
        spectator.phase = .away(until: .max)
        #expect(!engine.isSettled)
        spectator.phase = .handshaking
        #expect(!engine.isSettled)
        spectator.phase = .gone
        #expect(engine.isSettled)
    }

    @Test("latecomers run once they have joined, and one who never joins fails the load")
    func latecomers() throws {
        let engine = try makeEngine(latecomers: 2)
        for member in engine.members.prefix(2) { join(member, of: engine) }
        engine.beginRuns(.seconds(100))
        let late = engine.members.filter(\.isLatecomer)
        #expect(late.map(\.room.runID) == ["late-0", "late-1"])
        #expect(engine.members[0].performance != nil)
        #expect(late.allSatisfy { $0.performance == nil })
        engine.storm.begin(at: .seconds(130), ownCPU: 0)
        for member in late { member.wantedSince = .seconds(130) }

        join(late[0], of: engine, at: .seconds(131))
        #expect(late[0].performance != nil)
        #expect(failures(engine, "came late joined") == ["late-1"])
        var storm = try #require(LoadFigures(engine).storm)
        #expect(storm.joined == 1 && storm.people == 2 && storm.seconds == nil)
        #expect(LoadFigures(engine).lines.contains { $0.contains("1 of 2 joined, the last never") })

        join(late[1], of: engine, at: .seconds(137))
        #expect(failures(engine, "came late joined").isEmpty)
        storm = try #require(LoadFigures(engine).storm)
        #expect(storm.joined == 2 && storm.seconds == 7)
        #expect(LoadFigures(engine).lines.contains { $0.contains("2 of 2 joined, the last after 7.0 s") })
    }

    @Test("without latecomers nothing is said of them")
    func noLatecomers() throws {
        let engine = try makeEngine()
        #expect(LoadFigures(engine).storm == nil)
        #expect(!engine.evidence().checks().contains { $0.claim.contains("late") })
    }

    @Test("who cannot connect at once has waited since the first try, who was cut off since the cut")
    func wish() throws {
        let engine = try makeEngine()
        let member = engine.members[0]
        member.wantedSince = 5
        member.phase = .connecting
        engine.lost(member, code: nil, reason: "refused")
        #expect(member.wantedSince == 5)
        join(member, of: engine)
        engine.lost(member, code: nil, reason: "end")
        #expect(member.wantedSince > 5)
    }
}

@Suite("A joining storm") struct JoiningStormTests {
    @Test("counts what screens of the live rooms show from its beginning on, and what was taken before its end")
    func meanwhile() {
        var storm = JoiningStorm(people: 2)
        storm.didShow(at: .seconds(9), intended: .seconds(8))
        #expect(storm.liveLatencies.count == 0)
        storm.begin(at: .seconds(10), ownCPU: 1)
        storm.didShow(at: .seconds(11), intended: .seconds(9))
        storm.didJoin(at: .seconds(11), wantedSince: .seconds(10), ownCPU: 0)
        #expect(!storm.isOver && storm.length == nil && storm.ownCores == nil)
        storm.didJoin(at: .seconds(14), wantedSince: .seconds(12), ownCPU: 3)
        #expect(storm.length == .seconds(4))
        #expect(storm.ownCores == 0.5)
        storm.didShow(at: .seconds(15), intended: .seconds(13))
        #expect(storm.liveLatencies.count == 2)
        storm.didShow(at: .seconds(15), intended: .seconds(14) + 1)
        #expect(storm.liveLatencies.count == 2)
        #expect(abs((storm.joinLatencies.milliseconds(percentile: 100) ?? 0) - 2000) < 2)
    }

    @Test("latecomers fill rooms of their own and run to the end")
    func settings() throws {
        var settings = LoadSettings()
        (settings.rooms, settings.runners, settings.spectators, settings.idle) = (4, 50, 1, 1001)
        (settings.latecomers, settings.duration, settings.latecomersAt) = (101, 60, 40)
        #expect(settings.lateRooms == 3 && settings.idleRooms == 2 && settings.allRooms == 9)
        #expect(settings.allRunners == 301)
        #expect(settings.connections == 4 * 51 + 1001 + 101)
        let length = try settings.plan(room: 4, runner: 0, run: 0, isLate: true).length
        #expect((18_000...20_000).contains(length))
    }

    @Test("a load of ten minutes has runs of ten minutes")
    func soak() throws {
        var settings = LoadSettings()
        settings.duration = 600
        #expect((597_000...600_000).contains(try settings.plan(room: 0, runner: 0, run: 0).length))
    }
}
