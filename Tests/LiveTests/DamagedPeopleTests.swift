import Foundation
import Geo
import Logging
import Rooms
import TestKit
import Testing

@testable import Live
@testable import Store

/// Who somebody is, and what has happened, may not be readable any more: that costs them, or it, and nobody else.
@Suite("People and events that cannot be read", .timeLimit(.minutes(5))) struct DamagedPeopleTests {
    private let directory = TemporaryDirectory()

    /// Three who run in a room, with five markers each, all of which are in the journal.
    private func run(_ stage: Stage) async throws {
        try await stage.room(with: "ana", "ben", "cyd")
        for name in ["ana", "ben", "cyd"] {
            let (phone, _) = try await stage.join("159", as: name)
            phone.send(#"{"type":"start"}"#)
            phone.send(markers(1...5))
            _ = try await phone.next("ack") { $0.number("marker") == 5 }
        }
        try await waitsFor { try stage.administered("SELECT COUNT(*) FROM marker_log") == ["0"] }
    }

    /// Somebody joins, who comes to a number and to so many markers.
    private func join(_ name: String, _ stage: Stage, is runner: Int, with marker: Int) async throws -> Phone {
        let (phone, joined) = try await stage.join("159", as: name)
        #expect(joined.number("runner") == Double(runner) && joined.number("marker") == Double(marker), "\(name)")
        return phone
    }

    /// Whose markers the journal has.
    private func journaled(_ stage: Stage) async throws -> [Int: Int] {
        let room = try #require(try await stage.store.rooms.room(runID: "159"))
        let chunks = try room.journal.flatMap {
            try JournalCodec.decode($0.bytes, room: room.id, sequence: $0.sequence)
        }
        return Dictionary(chunks.map { ($0.runner, Set($0.markers.map(\.id))) }) { $0.union($1) }.mapValues(\.count)
    }

    /// Changes a row while no server runs, in a table that does not mind what its columns hold.
    private func spoil(_ table: String, key: String, _ statement: String) throws {
        let store = try AppDatabase(directory: directory.path, logger: .quiet)
        try store.relax(table, key: key)
        try store.close()
        try spoil(statement)
    }

    private func spoil(_ statement: String) throws {
        let store = try AppDatabase(directory: directory.path, logger: .quiet)
        _ = try store.administer(statement)
        try store.close()
    }

    private func told(_ log: RecordingLog, _ row: String, _ reason: String) -> Bool {
        log.lines.contains {
            $0.hasPrefix("error row is damaged; the rest of the room is intact")
                && $0.contains("reason=\(reason)") && $0.contains("room=159 row=\(row)")
        }
    }

    // MARK: - People

    @Test("who is on a damaged page keeps the number from others and the markers, and the room goes on without them")
    func page() async throws {
        try await Stage.run(in: directory) { try await run($0) }
        let store = try AppDatabase(directory: directory.path, logger: .quiet)
        // Each of them is on a page of their own then.
        _ = try store.administer("UPDATE people SET mark = randomblob(3000)")
        _ = try store.administer("VACUUM")
        _ = try store.administer("PRAGMA wal_checkpoint(TRUNCATE)")
        let state = try #require(try await store.rooms.room(runID: "159")).people[1].state
        try store.close()
        try wipePage(of: directory.path + "/runroom.sqlite", with: state)

        for isFirst in [true, false] {
            let log = RecordingLog()
            try await Stage.run(in: directory, log: log) { stage in
                #expect(told(log, "runner 2", "cannot be read"))
                let stored = isFirst ? 5 : 6
                let ana = try await join("ana", stage, is: 1, with: stored)
                _ = try await join("cyd", stage, is: 3, with: 5)
                _ = try await join("ben", stage, is: 4, with: 0)
                ana.send(markers((stored + 1)...(stored + 1)))
                _ = try await ana.next("ack") { $0.number("marker") == Double(stored + 1) }
                await stage.live.commitAll()
                let shown = try #require(try await stage.live.room("159")).runners
                #expect(shown.map(\.row.runner) == [1, 3, 4])
                #expect(shown.map(\.person.username) == ["ana", "cyd", "ben"])
                #expect(try await journaled(stage)[2] == 5)
                #expect(try stage.administered("SELECT COUNT(*) FROM records") == ["0"])
                #expect(try stage.administered("SELECT runner FROM people ORDER BY runner") == ["1", "2", "3", "4"])
                #expect(await stage.live.metrics.roomsSetAside == 0)
                #expect(await stage.live.metrics.roomsUnreadable == 0)
            }
        }
    }

    @Test(
        "a column of a runner's row that cannot be read costs what it held; they come back as who they were",
        arguments: ["joined_at", "state"])
    func column(column: String) async throws {
        try await Stage.run(in: directory) { try await run($0) }
        try spoil("people", key: "room, runner", "UPDATE people SET \(column) = NULL WHERE runner = 2")
        let log = RecordingLog()
        try await Stage.run(in: directory, log: log) { stage in
            #expect(told(log, "runner 2", "some columns cannot be read"))
            #expect(told(log, "runner 2", "its state: truncated") == (column == "state"))
            let shown = try #require(try await stage.live.room("159")).runners
            #expect(shown.map(\.person.username) == ["ana", "ben", "cyd"])
            #expect((shown[1].start == nil) == (column == "state"))
            #expect((shown[1].row.meters == shown[0].row.meters) == (column == "joined_at"))
            let ben = try await join("ben", stage, is: 2, with: 5)
            _ = try await join("ana", stage, is: 1, with: 5)
            ben.send(#"{"type":"start"}"#)
            ben.send(markers(6...6))
            _ = try await ben.next("ack") { $0.number("marker") == 6 }
            let run = try #require(try await stage.live.room("159")).runners[1]
            #expect(run.row.meters == shown[0].row.meters, "the markers count again")
        }
    }

    @Test("an account that two runners have is neither's: nobody comes to what another has run")
    func sharedAccount() async throws {
        try await Stage.run(in: directory) { try await run($0) }
        try spoil("UPDATE people SET account = (SELECT account FROM people WHERE runner = 2) WHERE runner = 1")
        let log = RecordingLog()
        try await Stage.run(in: directory, log: log) { stage in
            for runner in 1...2 { #expect(told(log, "runner \(runner)", "another has its account")) }
            let shown = try #require(try await stage.live.room("159")).runners
            #expect(shown.map(\.row.runner) == [3] && shown.map(\.person.username) == ["cyd"])
            _ = try await join("ben", stage, is: 4, with: 0)
            _ = try await join("ana", stage, is: 5, with: 0)
            _ = try await join("cyd", stage, is: 3, with: 5)
            #expect(try stage.administered("SELECT COUNT(*) FROM records") == ["0"])
        }
    }

    @Test("who has an account that cannot be read is nobody for as long as it cannot, and who they were afterwards")
    func account() async throws {
        try await Stage.run(in: directory) { try await run($0) }
        try spoil("accounts", key: "id", "UPDATE accounts SET nickname = NULL WHERE username = 'ben'")
        let log = RecordingLog()
        try await Stage.run(in: directory, log: log) { stage in
            #expect(told(log, "runner 2", "cannot be read"))
            let ana = try await join("ana", stage, is: 1, with: 5)
            ana.send(markers(6...6))
            _ = try await ana.next("ack") { $0.number("marker") == 6 }
            #expect(try #require(try await stage.live.room("159")).runners.map(\.row.runner) == [1, 3])
            #expect(try await journaled(stage)[2] == 5)
        }
        try spoil("UPDATE accounts SET nickname = 'ben' WHERE username = 'ben'")
        try await Stage.run(in: directory) { stage in
            _ = try await join("ben", stage, is: 2, with: 5)
            let shown = try #require(try await stage.live.room("159")).runners
            #expect(shown[1].start != nil && shown[1].row.meters > 0)
        }
    }

    // MARK: - Events

    private struct Seen {
        var epoch: String
        var last: Int
    }

    /// Somebody starts and pauses some times, and what the newest event is then.
    private func pause(_ stage: Stage) async throws -> Seen {
        try await stage.room(with: "ana")
        let (phone, joined) = try await stage.join("159", as: "ana")
        for _ in 0..<3 {
            phone.send(#"{"type":"start"}"#)
            _ = try await phone.event("started")
            phone.send(#"{"type":"pause"}"#)
            _ = try await phone.event("paused")
        }
        return Seen(
            epoch: try #require(joined.text("epoch")),
            last: try #require(Int(try stage.administered("SELECT MAX(number) FROM events")[0])))
    }

    private func join(_ stage: Stage, since event: Int, _ seen: Seen) async throws -> (Phone, Heard) {
        let phone = await stage.connect(
            #"""
            {"type":"join","runID":"159","password":"pw","token":"ana","since":{"epoch":"\#(seen.epoch)",\#
            "event":\#(event)}}
            """#)
        return (phone, try await phone.next("joined"))
    }

    @Test(
        "an event that cannot be read is a gap: who has missed it is told all anew, and no number is given twice",
        arguments: ["body = NULL", "body = '{}'", "time = NULL", "number = 4611686018427387904"], [0, 2])
    func event(change: String, before last: Int) async throws {
        var seen = Seen(epoch: "", last: 0)
        try await Stage.run(in: directory) { seen = try await pause($0) }
        try spoil("events", key: "room, number", "UPDATE events SET \(change) WHERE number = \(seen.last - last)")
        let log = RecordingLog()
        try await Stage.run(in: directory, log: log) { stage in
            let (_, before) = try await join(stage, since: seen.last - last - 1, seen)
            #expect(before.flag("recovered") == false)
            #expect(log.lines.contains { $0.hasPrefix("error row is damaged") && $0.contains("row=event") })
            let (phone, joined) = try await join(stage, since: seen.last - last, seen)
            #expect(joined.flag("recovered") == true)
            phone.send(#"{"type":"cheer","text":"on"}"#)
            let told = try await phone.next("event") { $0.text("text") == "on" }
            let new = try #require(told.number("event"))
            #expect(Int(new) > seen.last && Int(new) < seen.last + 10)
        }
    }

    // MARK: - Rooms

    @Test("a room whose own row cannot be read keeps no other from coming back at a start")
    func room() async throws {
        try await Stage.run(in: directory) { stage in
            try await run(stage)
            _ = try await stage.live.createRoom("160", password: "pw")
            let (phone, _) = try await stage.join("160", as: "ana")
            phone.send(markers(1...2))
            _ = try await phone.next("ack") { $0.number("marker") == 2 }
        }
        try spoil("rooms", key: "run_id", "UPDATE rooms SET visibility = NULL WHERE run_id = '159'")
        let log = RecordingLog()
        try await Stage.run(in: directory, log: log) { stage in
            #expect(log.lines.contains { $0.hasPrefix("error rows of rooms are damaged; the others are read") })
            #expect(await stage.live.metrics.roomsAwake == 1)
            let (_, joined) = try await stage.join("160", as: "ana")
            #expect(joined.number("marker") == 2)
            let refused = await stage.connect(#"{"type":"join","runID":"159","password":"pw","token":"ana"}"#)
            #expect(try await refused.next("error").text("code") == "unavailable")
        }
    }

    @Test("a room that the disk does not give at a start is tried again by itself, and by whoever asks for it")
    func notGiven() async throws {
        try await Stage.run(in: directory) { try await run($0) }
        try spoil("ALTER TABLE people RENAME TO hidden")
        let log = RecordingLog()
        var settings = LiveSettings.quick
        settings.storeTries = 30
        try await Stage.run(in: directory, settings: settings, log: log) { stage in
            #expect(log.lines.contains { $0.hasPrefix("warning a room cannot be read at the moment") })
            await #expect(throws: StoreError.self) { try await stage.live.room("159") }
            let refused = await stage.connect(#"{"type":"join","runID":"159","password":"pw","token":"ana"}"#)
            #expect(try await refused.next("error").text("code") == "unavailable")
            #expect(try await refused.closed() == 4011)
            let count = log.lines.count { $0.hasPrefix("warning a room cannot be read") }
            try await waitsFor { log.lines.count { $0.hasPrefix("warning a room cannot be read") } > count }
            #expect(await stage.live.metrics.roomsAwake == 0)
            try stage.administer("ALTER TABLE hidden RENAME TO people")
            // Nobody asks.
            try await waitsFor { await stage.live.metrics.roomsAwake == 1 }
            #expect(await stage.live.metrics.roomsUnreadable == 0)
            _ = try await join("ana", stage, is: 1, with: 5)
        }
    }

    @Test("what the disk never gives is tried some times, then told, and read by who asks when it can be")
    func neverGiven() async throws {
        try await Stage.run(in: directory) { try await run($0) }
        try spoil("ALTER TABLE people RENAME TO hidden")
        let log = RecordingLog()
        var settings = LiveSettings.quick
        settings.storeTries = 2
        try await Stage.run(in: directory, settings: settings, log: log) { stage in
            try await waitsFor { await stage.live.metrics.roomsUnreadable == 1 }
            #expect(log.lines.contains { $0.hasPrefix("error a room cannot be read; the others are up") })
            try stage.administer("ALTER TABLE hidden RENAME TO people")
            _ = try await join("ana", stage, is: 1, with: 5)
        }
    }
}
