import Foundation
import Geo
import Rooms
import Store
import TestKit
import Testing

@testable import Live

/// Two clients of one person, over real connections.
@Suite("Several clients of one person", .timeLimit(.minutes(5))) struct AuthorshipTests {
    private let directory = TemporaryDirectory()

    private func join(
        _ stage: Stage, clockAhead: Int64? = nil, more: String = ""
    ) async throws -> (phone: Phone, joined: Heard) {
        let clock = clockAhead.map { #","clock":\#(stage.live.clock.now() + $0)"# } ?? ""
        let phone = await stage.connect(
            #"{"type":"join","runID":"159","password":"pw","token":"ana"\#(clock)\#(more)}"#)
        return (phone, try await phone.next("joined"))
    }

    private func marker(_ id: Int, _ latitude: Double, at time: Int64, more: String = "") -> String {
        #"{"type":"markers","markers":[{"id":\#(id),"latitude":\#(latitude),"longitude":11,"time":\#(time)\#(more)}]}"#
    }

    private func account(_ stage: Stage) async throws -> Person {
        _ = try await stage.live.createRoom("159", password: "pw")
        return try await stage.account("ana")
    }

    @Test("a place that comes with a join by REST is on disk when the join is answered, and on every screen")
    func joinWithPlace() async throws {
        var settings = LiveSettings.quick
        // Nothing is stored by itself.
        settings.commitInterval = .seconds(3600)
        try await Stage.run(in: directory, settings: settings) { stage in
            let ana = try await account(stage)
            let there = try Coordinate(latitude: 48.0001, longitude: 11)
            _ = try await stage.live.join("159", at: nil, as: { ana })
            // Without a place: from one place to another somebody would have to run.
            _ = try await stage.live.update("159", account: ana.account, PollReport(isRunning: true))
            let viewer = await stage.connect(#"{"type":"join","runID":"159","password":"pw","role":"spectator"}"#)
            _ = try await viewer.next("joined")
            _ = try await stage.live.join("159", at: there, as: { ana })
            #expect(await stage.live.unjournaled(in: "159") == 0)
            #expect(try await stage.store.rooms.room(runID: "159")?.journal.count == 1)
            _ = try await viewer.next("frame") { $0.column(1) == ["48.0001"] }
        }
    }

    @Test("the clock of a phone that is gone corrects nothing of the next one's")
    func clocks() async throws {
        try await Stage.run(in: directory) { stage in
            _ = try await account(stage)
            _ = try await join(stage, clockAhead: 3_600_000)
            let (phone, _) = try await join(stage, clockAhead: 0)
            phone.send(#"{"type":"start"}"#)
            _ = try await phone.event("started")
            let start = stage.live.clock.now()
            phone.send(marker(1, 48, at: start))
            phone.send(marker(2, 48.0001, at: start + 3_000))
            phone.send(#"{"type":"ping"}"#)
            _ = try await phone.next("pong")
            let row = try #require(try await stage.live.room("159")?.runners.first?.row)
            #expect(row.meters > 10)
            #expect(row.seconds < 60)
        }
    }

    @Test("the number of the present run is told, and late markers say to which they belong")
    func runNumbers() async throws {
        try await Stage.run(in: directory) { stage in
            _ = try await account(stage)
            let (phone, joined) = try await join(stage)
            #expect(joined.number("run") == 1)
            let now = stage.live.clock.now()
            phone.send(#"{"type":"start"}"#)
            #expect(try await phone.event("started").number("run") == 1)
            phone.send(marker(1, 48, at: now))
            phone.send(#"{"type":"finish","run":1}"#)
            #expect(try await phone.event("finished").number("meters") == 0)
            phone.send(#"{"type":"start"}"#)
            #expect(try await phone.event("started").number("run") == 2)
            phone.send(
                #"{"run":1,"type":"markers","markers":[{"id":2,"latitude":48.0001,"longitude":11,"time":\#(now + 1000)}]}"#
            )
            let corrected = try await phone.event("corrected")
            #expect(corrected.number("run") == 1 && corrected.number("from") == 0)
            phone.send(#"{"type":"finish","run":9}"#)
            #expect(try await phone.next("error").text("code") == "no_such_run")
            phone.send(#"{"type":"markers","run":0,"markers":[]}"#)
            #expect(try await phone.next("error").text("code") == "bad_message")
            let (_, again) = try await join(stage)
            #expect(again.number("run") == 2 && again.number("marker") == 0)
        }
    }

    @Test("who comes back with the ways in memory need not be sent them, and rows are always those of the moment")
    func withoutTracks() async throws {
        var settings = LiveSettings.quick
        // So that all come within one tick.
        settings.tick = .seconds(30)
        try await Stage.run(in: directory, settings: settings) { stage in
            _ = try await account(stage)
            let (phone, first) = try await join(stage)
            #expect(first.description.contains(#""tracks":{"1":[]}"#))
            phone.send(#"{"type":"start"}"#)
            _ = try await phone.event("started")
            phone.send(marker(1, 48, at: stage.live.clock.now()))
            phone.send(#"{"type":"ping"}"#)
            _ = try await phone.next("pong")
            let (_, again) = try await join(stage, more: #","tracks":false"#)
            #expect(!again.description.contains("tracks"))
            #expect(again.column(5) == ["running"] && again.column(1) == ["48"])
        }
    }

    @Test("fractions and an accuracy that says that the place is not valid refuse nothing")
    func fractions() async throws {
        try await Stage.run(in: directory) { stage in
            _ = try await account(stage)
            let (phone, _) = try await join(stage)
            phone.send(#"{"type":"start"}"#)
            let now = stage.live.clock.now()
            phone.send(marker(1, 48, at: now, more: #".75,"heartRate":151.5"#))
            phone.send(marker(2, 48.001, at: now + 1_000, more: #","accuracy":-1"#))
            _ = try await phone.next("ack") { $0.number("marker") == 2 }
            #expect(try await stage.live.room("159")?.runners.first?.row.meters == 0)
        }
    }

    @Test("a ping's `t` comes back up to 64 bytes, and not beyond")
    func echo() async throws {
        try await Stage.run(in: directory) { stage in
            _ = try await account(stage)
            let (phone, _) = try await join(stage)
            let longest = String(repeating: "a", count: 62)
            phone.send(#"{"type":"ping","t":"\#(longest)"}"#)
            #expect(try await phone.next("pong").text("t") == longest)
            phone.send(#"{"type":"ping","t":"\#(longest)a"}"#)
            #expect(try await phone.next("error").text("code") == "bad_message")
        }
    }

    @Test(
        "what no room can be called is no room",
        arguments: [#"\u0000"#, String(repeating: "ä", count: 513)].map(Abridged.init))
    func impossibleNames(name: Abridged<String>) async throws {
        let log = RecordingLog()
        try await Stage.run(in: directory, log: log) { stage in
            let phone = await stage.connect(
                #"{"type":"join","runID":"\#(name.value)","role":"spectator","password":"x"}"#)
            let code = try await phone.closed()
            #expect(code == 4004)
        }
        // Nor is it the server's fault.
        #expect(log.lines.filter { $0.hasPrefix("error") || $0.hasPrefix("critical") } == [])
    }

    @Test(
        "a room number that is no whole number, or too large to be one, is refused",
        arguments: ["1.5", "12345678901234567890"])
    func roomNumbers(number: String) async throws {
        try await Stage.run(in: directory) { stage in
            let phone = await stage.connect(#"{"type":"join","runID":\#(number),"role":"spectator","password":"x"}"#)
            let code = try await phone.closed()
            #expect(code == 4000)
        }
    }
}

extension LiveRooms {
    fileprivate func unjournaled(in runID: String) -> Int { table[runID]?.room.unjournaledCount ?? -1 }
}
