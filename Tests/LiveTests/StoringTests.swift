import Foundation
import GRDB
import Geo
import LWS
import Logging
import TestKit
import Testing

@testable import Live
@testable import Rooms
@testable import Store

/// Storing never stops for all because of one.
@Suite("A room that cannot be stored", .timeLimit(.minutes(5))) struct StoringTests {
    private let directory = TemporaryDirectory()

    /// Two rooms, with one runner each.
    private func rooms(_ stage: Stage) async throws -> (ana: Phone, ben: Phone) {
        for (runID, name) in [("159", "ana"), ("160", "ben")] {
            _ = try await stage.live.createRoom(runID, password: "pw")
            try await stage.account(name)
        }
        let (ana, _) = try await stage.join("159", as: "ana")
        let (ben, _) = try await stage.join("160", as: "ben")
        for phone in [ana, ben] {
            phone.send(markers(1...2))
            _ = try await phone.next("ack") { $0.number("marker") == 2 }
        }
        // They are in the journals too.
        try await waitsFor { try stage.first("SELECT COUNT(DISTINCT room) FROM journal") == "2" }
        return (ana, ben)
    }

    /// A trigger cannot have a parameter.
    private func refuse(_ stage: Stage, _ runID: String) async throws {
        let key = try #require(try await stage.store.rooms.room(runID: runID)).id
        try stage.administer(
            """
            CREATE TRIGGER refuse BEFORE INSERT ON journal WHEN NEW.room = \(key)
            BEGIN SELECT RAISE(ABORT, 'no'); END
            """)
    }

    @Test("a room in which something is wrong that cannot be is stored no more, and comes back as it was on the disk")
    func violation() async throws {
        try await Stage.run(in: directory) { stage in
            let (ana, ben) = try await rooms(stage)
            await stage.live.breakPromise(in: "159")
            ana.send(markers(3...5))
            #expect(try await ana.next("error").text("code") == "unavailable")
            #expect(try await ana.closed() == 4011)
            let metrics = await stage.live.metrics
            #expect(metrics.invariantViolations.filter { $0.value > 0 } == ["promise": 1])
            #expect(metrics.roomsSetAside == 1)
            ben.send(markers(3...3))
            _ = try await ben.next("ack") { $0.number("marker") == 3 }
            let (again, joined) = try await stage.join("159", as: "ana")
            #expect(joined.number("marker") == 2)
            again.send(markers(3...5))
            _ = try await again.next("ack") { $0.number("marker") == 5 }
        }
    }

    @Test("the others are acknowledged as ever, and it is too when it can be stored again")
    func others() async throws {
        var settings = LiveSettings.quick
        settings.storeTries = 30
        try await Stage.run(in: directory, settings: settings) { stage in
            let (ana, ben) = try await rooms(stage)
            try await refuse(stage, "159")
            ana.send(markers(3...5))
            #expect(try await ana.next("error").text("code") == "not_stored")
            // What comes meanwhile waits behind it.
            ana.send(markers(6...7))
            for last in 3...6 {
                ben.send(markers(last...last))
                _ = try await ben.next("ack") { $0.number("marker") == Double(last) }
            }
            #expect(await stage.live.metrics.commitsFailed > 0)
            #expect(try left(stage).first == "1", "of its journal rows no more came")
            // Who is in the room already may look, and who would have to be stored is told to come later.
            #expect(try await stage.live.room("159")?.runners.count == 1)
            let ben2 = await stage.connect(#"{"type":"join","runID":"159","password":"pw","token":"ben"}"#)
            #expect(try await ben2.next("error").text("code") == "unavailable")
            #expect(try await ben2.closed() == 4011)
            try stage.administer("DROP TRIGGER refuse")
            _ = try await ana.next("ack") { $0.number("marker") == 7 }
            #expect(await stage.live.metrics.roomsSetAside == 0)
        }
        try await Stage.run(in: directory) { stage in
            let (_, joined) = try await stage.join("159", as: "ana")
            #expect(joined.number("marker") == 7)
        }
    }

    @Test("who leaves a room that is set aside is let go as well")
    func leaving() async throws {
        var settings = LiveSettings.quick
        settings.storeTries = 4
        try await Stage.run(in: directory, settings: settings) { stage in
            let (ana, _) = try await rooms(stage)
            try await refuse(stage, "159")
            ana.send(markers(3...5))
            #expect(try await ana.next("error").text("code") == "not_stored")
            ana.send(#"{"type":"leave"}"#)
            #expect(try await ana.closed() == 4011)
        }
    }

    @Test("a home whose room was taken by another overwrites nothing, and its people go where the room is")
    func lostTerm() async throws {
        try await Stage.run(in: directory) { stage in
            let (ana, ben) = try await rooms(stage)
            let other = stage.makeOther()
            #expect(try await other.room("159")?.runners.map(\.person.username) == ["ana"])
            let before = try await stage.store.rooms.room(runID: "159")
            ana.send(markers(3...5))
            #expect(try await ana.next("error").text("code") == "unavailable")
            #expect(try await ana.closed() == 4011)
            #expect(try await stage.store.rooms.room(runID: "159") == before)
            ben.send(markers(3...3))
            _ = try await ben.next("ack") { $0.number("marker") == 3 }

            // Whoever is asked next takes it back.
            let (again, joined) = try await stage.join("159", as: "ana")
            #expect(joined.number("marker") == 2)
            again.send(markers(3...5))
            _ = try await again.next("ack") { $0.number("marker") == 5 }
            #expect(try await stage.store.rooms.room(runID: "159")?.term == 3)
        }
    }

    @Test(
        "rooms that cannot be taken at the start, since nothing can be written, are taken when it can, and shown before"
    )
    func lockedStart() async throws {
        try await Stage.run(in: directory, busyTimeout: 0.05) { stage in
            _ = try await rooms(stage)
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let foreign = try DatabaseQueue(path: stage.directory + "/runroom.sqlite", configuration: configuration)
            let other = stage.makeOther()
            try await foreign.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
            try await other.start()
            #expect(await other.metrics.roomsUnreadable == 0)
            #expect(await other.metrics.roomsAwake == 0)
            #expect(try await other.room("159")?.runners.map(\.person.username) == ["ana"])
            try await foreign.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            while await other.metrics.roomsAwake < 2 { try await Task.sleep(for: .milliseconds(10)) }
            await other.stop()
        }
    }

    // MARK: - Reading what a record needs

    /// The markers of the one record.
    private func recorded(_ stage: Stage, _ runKey: Int64) async throws -> [Int32] {
        let track = try #require(try await stage.store.records.liveTracks(runKeys: [runKey])[runKey])
        return try TrackCodec.decode(track).map(\.id)
    }

    /// Somebody finishes whose older markers cannot be read, while somebody else runs in another room.
    private func finishUnread(_ stage: Stage, _ tables: [(name: String, column: String)]) async throws -> Int64 {
        _ = try await stage.live.createRoom("160", password: "pw")
        try await stage.account("ben")
        let (ben, _) = try await stage.join("160", as: "ben")
        try await run(stage) {
            for table in tables { try stage.spoil(table.name, table.column) }
        }
        ben.send(markers(1...2))
        _ = try await ben.next("ack") { $0.number("marker") == 2 }
        return await stage.live.runKey(in: "159")
    }

    private func left(_ stage: Stage) throws -> [String?] {
        [
            try stage.first("SELECT COUNT(*) FROM journal WHERE room = (SELECT id FROM rooms WHERE run_id = '159')"),
            try stage.first("SELECT COUNT(DISTINCT runner) FROM track_blocks"),
        ]
    }

    @Test("a record whose blocks cannot be read has all markers from the journal")
    func unreadBlocks() async throws {
        let log = RecordingLog()
        try await Stage.run(in: directory, settings: settling, log: log) { stage in
            let key = try await finishUnread(stage, [("track_blocks", "run_key")])
            #expect(log.lines.contains { $0.hasPrefix("error blocks of a run's older markers are damaged") })
            #expect(try await recorded(stage, key) == Array(1...408))
            try await waitsFor { try left(stage) == ["0", "0"] }
            #expect(!log.lines.contains { $0.hasPrefix("critical") })
        }
    }

    @Test("a record that lacks what cannot be read keeps nobody from being stored, and is made whole when it can be")
    func unread() async throws {
        try await Stage.run(in: directory, settings: settling) { stage in
            let tables = [(name: "track_blocks", column: "number"), (name: "journal", column: "time")]
            let key = try await finishUnread(stage, tables)
            // The run is settled, and what it needs is there all the same.
            #expect(try await recorded(stage, key).count < 408)
            let before = try left(stage)
            #expect(before[0].map { $0 != "0" } == true && before[1] == "1")
            for table in tables { try stage.repair(table.name, table.column) }
            try await waitsFor { try left(stage) == ["0", "0"] }
            #expect(try await recorded(stage, key) == Array(1...408))
        }
    }

    @Test("what can never be read is given up after some tries, which is told, and then nothing is kept for it")
    func neverRead() async throws {
        var settings = settling
        settings.storeTries = 2
        let log = RecordingLog()
        try await Stage.run(in: directory, settings: settings, log: log) { stage in
            let key = try await finishUnread(stage, [("track_blocks", "run_key"), ("journal", "time")])
            try await waitsFor { try left(stage) == ["0", "0"] }
            #expect(
                log.lines.filter { $0.hasPrefix("critical") } == [
                    "critical older markers of a run cannot be read; its record has the others room=159 runner=1"
                ])
            let ids = try await recorded(stage, key)
            #expect(ids.last == 408 && (1..<408).contains(ids.count))
            #expect(try await stage.live.room("159")?.runners.first?.row.state == .finished)
        }
    }

    @Test("a room is tried again though its timer was early and nothing else is committed")
    func earlyTimer() async throws {
        var settings = LiveSettings.quick
        settings.commitInterval = .seconds(3600)
        settings.storeRetry = .milliseconds(300)
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            try stage.administer(
                "CREATE TRIGGER refuse BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END")
            phone.send(#"{"type":"cheer","to":null,"text":"go"}"#)
            _ = try await phone.next("error") { $0.text("code") == "not_stored" }
            try stage.administer("DROP TRIGGER refuse")
            await stage.live.retryNow()
            _ = try await phone.event("cheer")
        }
    }

    // MARK: - Purges

    private var settling: LiveSettings {
        var settings = LiveSettings.quick
        settings.room.lateMarkerWindow = 1
        return settings
    }

    /// Somebody runs, with many journal rows and some blocks, and finishes; the run is settled.
    ///
    /// `finishing` is done before the finish.
    private func run(_ stage: Stage, finishing: () async throws -> Void = {}) async throws {
        _ = try await stage.live.createRoom("159", password: "pw")
        try await stage.account("ana")
        let (phone, _) = try await stage.join("159", as: "ana")
        phone.send(#"{"type":"start"}"#)
        phone.send(markers(1...400))
        for last in 401...408 {
            phone.send(markers(last...last))
            _ = try await phone.next("ack") { $0.number("marker") == Double(last) }
        }
        try await finishing()
        phone.send(#"{"type":"finish"}"#)
        _ = try await phone.event("finished")
        try await waitsFor { try stage.first("SELECT COUNT(*) FROM people WHERE way IS NOT NULL") == "1" }
    }

    private func remains(_ store: AppDatabase) async throws -> (rows: Int, blocked: [Int]) {
        let room = try #require(try await store.rooms.room(runID: "159"))
        return (room.journal.count, try await store.rooms.runnersWithBlocks(room: room.id, among: [1, 2, 3]))
    }

    @Test("a purge that is cut off by a restart brings nothing back, loses nothing, and goes on")
    func cutPurge() async throws {
        var settings = settling
        settings.purgedRows = 1
        var meters: Double?
        try await Stage.run(in: directory, settings: settings) { stage in
            try await run(stage)
            meters = try await stage.live.room("159")?.runners.first?.row.meters
        }
        #expect(meters.map { $0 > 1000 } ?? false)
        let store = try AppDatabase(directory: directory.path, logger: .quiet)
        let left = try await remains(store)
        #expect(left.rows > 0 || left.blocked == [1], "nothing is left to be purged: \(left)")
        try store.close()
        try await Stage.run(in: directory, settings: settings) { stage in
            // It was woken only for its journal, if at all.
            let shown = try await stage.live.room("159")?.runners.first
            #expect(shown?.row.state == .finished)
            #expect(shown?.row.meters == meters)
            while try await remains(stage.store) != (0, []) { try await Task.sleep(for: .milliseconds(5)) }
            let (phone, joined) = try await stage.join("159", as: "ana")
            #expect(joined.number("marker") == 408)
            // The next run has blocks of its own.
            phone.send(#"{"type":"start"}"#)
            phone.send(markers(1...300))
            _ = try await phone.next("ack") { $0.number("marker") == 300 }
            #expect(try await remains(stage.store).blocked == [1])
        }
    }
}

extension LiveRooms {
    /// Lets the timer of what is held back fire before anything is due.
    fileprivate func retryNow() { pipeline.retryTimer?.schedule(after: .zero) }

    /// Has a room believe that more of its first runner's markers are on disk than have come.
    fileprivate func breakPromise(in runID: String) { table[runID]?.room.runners[0].run.durable = 99 }

    /// The key of its first runner's run.
    fileprivate func runKey(in runID: String) -> Int64 { table[runID]?.room.runners[0].run.key ?? 0 }
}

extension Stage {
    /// The first value of a statement's first row.
    fileprivate func first(_ statement: String) throws -> String? { try store.administer(statement).first }
}
