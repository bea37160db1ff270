import Testing

@testable import Simulator

/// A club's evening as the engine leads it, told by hand what a server would say: no socket is opened.
@Suite("The engine of a demo") struct ClubEngineTests {
    /// A room with three of a club in it, all of whom run, 100 s after the machine's start.
    func makeEngine(keepsRunning: Bool = true) throws -> LoadEngine {
        var settings = LoadSettings()
        (settings.rooms, settings.runners, settings.keepsRunning) = (1, 3, keepsRunning)
        settings.club = ClubTests.club(size: 3)
        let accounts = (1...3).map { Account(username: "r\($0)", password: "p", token: "t", isNew: false) }
        let address = try SocketAddress(host: "127.0.0.1", port: 9)
        let engine = try LoadEngine(
            settings: settings,
            preparation: Preparation(rooms: [Preparation.Room(runID: "r", password: "p", runners: accounts)]),
            address: address, lane: try HTTPLane(address: address), meter: nil)
        engine.stage = .running
        for member in engine.members { join(member, of: engine) }
        engine.beginRuns(.seconds(100))
        for member in engine.members {
            engine.step(member, .seconds(110))
            say("started", runner: member.id + 1, to: member, of: engine)
        }
        return engine
    }

    func say(_ text: String, to member: Member, of engine: LoadEngine) {
        Array(text.utf8).withUnsafeBytes { engine.didReceive($0, member, .now) }
    }

    func say(_ kind: String, runner: Int, to member: Member, of engine: LoadEngine) {
        say(
            """
            {"type":"event","event":\(member.ledger.lastEvent + 1),"time":1732350000123,"kind":"\(kind)",\
            "runner":\(runner)}
            """, to: member, of: engine)
    }

    func join(_ member: Member, of engine: LoadEngine, state: String = "ready") {
        member.phase = .joining
        let columns = RunnerRow.columns.map { "\"\($0)\"" }.joined(separator: ",")
        say(
            """
            {"type":"joined","runID":"r","epoch":"e","event":\(member.ledger.lastEvent),"recovered":true,\
            "runner":\(member.id + 1),"marker":0,"time":1732350000123,"columns":[\(columns)],"people":[],\
            "runners":[[\(member.id + 1),40.0,116.0,0.0,0.0,"\(state)",null,null,null]],"tracks":{},"events":[]}
            """, to: member, of: engine)
    }

    @Test("one at a time is without signal, however long they stay away")
    func oneAtATime() throws {
        let engine = try makeEngine()
        func absent() -> [Member] { engine.members.filter { !$0.isPresent } }
        #expect(engine.members.allSatisfy { $0.performance?.isUnderWay == true })
        engine.advanceLife(.seconds(110))
        #expect(absent().isEmpty)
        engine.advanceLife(.seconds(190))
        let first = try #require(absent().first)
        #expect(absent().count == 1)
        guard case .away(let until) = first.phase else { return #expect(Bool(false), "\(first.phase)") }
        #expect((.seconds(205)...Nanoseconds.seconds(226)).contains(until))
        for second in stride(from: 200.0, to: 1000, by: 10) { engine.advanceLife(.seconds(second)) }
        #expect(absent().count == 1)
        join(first, of: engine, state: "offline")
        for second in stride(from: 1000.0, to: 1200, by: 10) { engine.advanceLife(.seconds(second)) }
        #expect(absent().count == 1)
    }

    @Test("who rests has no signal to lose")
    func resting() throws {
        let engine = try makeEngine()
        for member in engine.members { member.performance = nil }
        for second in stride(from: 110.0, to: 1000, by: 10) { engine.advanceLife(.seconds(second)) }
        #expect(engine.members.allSatisfy { $0.isPresent })
    }

    @Test("a run that the room has ended is over, whether that is heard at once or after a while, and another follows")
    func endedByRoom() throws {
        let engine = try makeEngine()
        let members = engine.members
        say("finished", runner: 1, to: members[0], of: engine)
        #expect(members[0].performance == nil)
        engine.lost(members[1], code: nil, reason: "end")
        join(members[1], of: engine, state: "finished")
        #expect(members[1].performance == nil)
        #expect(members[2].performance?.isUnderWay == true)
        let rested = members[0].restsUntil + 1
        engine.step(members[0], rested)
        #expect(members[0].performance != nil && members[0].runs == 2)
    }

    @Test("a server that is away is waited for, but not for ever")
    func patience() throws {
        let engine = try makeEngine()
        engine.expectServer(.seconds(200))
        for member in engine.members { engine.lost(member, code: nil, reason: "end") }
        engine.expectServer(.seconds(319))
        #expect(engine.stage == .running && engine.abandonment == nil)
        join(engine.members[0], of: engine)
        engine.expectServer(.seconds(330))
        engine.lost(engine.members[0], code: nil, reason: "end")
        engine.expectServer(.seconds(449))
        #expect(engine.stage == .running)
        engine.expectServer(.seconds(451))
        #expect(engine.stage == .over)
        #expect(engine.abandonment == .serverGone(seconds: 120))
    }

    @Test("a token that is no longer good is got anew where runs follow each other, and is the end elsewhere")
    func token() throws {
        let engine = try makeEngine()
        engine.lost(engine.members[0], code: 4001, reason: "")
        #expect(engine.members[0].phase == .away(until: .max))
        #expect(engine.lane?.isIdle == false)
        let short = try makeEngine(keepsRunning: false)
        short.lost(short.members[0], code: 4001, reason: "")
        #expect(short.members[0].isGone)
        #expect(short.lane?.isIdle == true)
    }
}
