import Foundation
import TestKit
import Testing

@testable import Store

/// Whatever is wrong with the log of the newest markers, a server starts and stores, and what can be read of it is not
/// lost.
@Suite("A log of the newest markers that cannot be read") struct DamagedLogTests {
    private let directory = TemporaryDirectory()

    /// So long that no two rows of the log are on one page.
    private func row(_ sequence: Int64) -> JournalRow {
        JournalRow(sequence: sequence, time: sequence * 10, bytes: [UInt8](repeating: UInt8(sequence), count: 1_500))
    }

    private func log(_ room: StoredRoom, _ sequence: Int64) -> RoomChanges {
        RoomChanges(room: room.id, term: room.term, logged: row(sequence))
    }

    private func open(_ log: RecordingLog = RecordingLog()) throws -> AppDatabase {
        try AppDatabase(directory: directory.path, logger: log.logger)
    }

    /// Two rooms, with three rows of the log that have something of both.
    ///
    /// - Returns: The rooms, and the ids of the rows.
    private func fill(_ database: AppDatabase) async throws -> (rooms: [StoredRoom], log: [Int64]) {
        var rooms: [StoredRoom] = []
        for runID in ["1", "2"] {
            _ = try await database.rooms.createRoom(
                runID: runID, passwordSalt: [], passwordHash: [], epoch: "", at: 1)
            rooms.append(try #require(try await database.rooms.takeRoom(runID: runID)))
        }
        var log: [Int64] = []
        for sequence in Int64(1)...3 {
            log += try await database.rooms.commit(JournalBatch(rooms: rooms.map { self.log($0, sequence) })).logged
        }
        // What was on a page once is not there any more.
        _ = try database.administer("VACUUM")
        _ = try database.administer("PRAGMA wal_checkpoint(TRUNCATE)")
        return (rooms, log)
    }

    private func rootPage(_ database: AppDatabase, _ name: String) throws -> Int {
        try #require(Int(try database.administer("SELECT rootpage FROM sqlite_master WHERE name = '\(name)'")[0]))
    }

    /// Makes a table of the log that does not mind what its columns hold.
    private func relax(_ database: AppDatabase) throws {
        _ = try database.administer("ALTER TABLE marker_log RENAME TO intact")
        _ = try database.administer("CREATE TABLE marker_log AS SELECT * FROM intact")
        _ = try database.administer("DROP TABLE intact")
    }

    private func asides(_ database: AppDatabase) throws -> [String] {
        try database.administer("SELECT name FROM sqlite_master WHERE name GLOB 'marker_log_*' AND type = 'table'")
            .map { $0.filter { $0 != "\"" } }
    }

    private func sequences(_ database: AppDatabase, _ runID: String) async throws -> [Int64] {
        let journal = try #require(try await database.rooms.room(runID: runID)).journal
        #expect(journal.allSatisfy { $0 == row($0.sequence) })
        return journal.map(\.sequence)
    }

    // MARK: - The start

    @Test(
        "a row is passed over at a start: what it had is told and kept, and all else is in the journals",
        arguments: [
            ("bytes = NULL", [Int64]()), ("bytes = 'abc'", []), ("bytes = x''", []), ("bytes = 7", []),
            // What the first room had is whole.
            ("bytes = CAST(SUBSTR(bytes, 1, 2000) AS BLOB)", [2]),
            // The length of the first section, and then the name of its room.
            ("bytes = CAST(SUBSTR(bytes, 1, 52) || x'ffffffff' || SUBSTR(bytes, 57) AS BLOB)", []),
        ], [0, 1, 2])
    func column(change: (String, kept: [Int64]), place: Int) async throws {
        let first = try open()
        let (_, log) = try await fill(first)
        try relax(first)
        _ = try first.administer("UPDATE marker_log SET \(change.0) WHERE id = \(log[place])")
        try first.close()

        let lines = RecordingLog()
        let second = try open(lines)
        let lost = Int64(place + 1)
        let others = (Int64(1)...3).filter { $0 != lost }
        #expect(try await sequences(second, "1") == (others + change.kept.map { _ in lost }).sorted())
        #expect(try await sequences(second, "2") == others)
        #expect(second.damagedLogRowCount == 1)
        #expect(lines.lines.count { $0.hasPrefix("error a row of the log of the newest markers is damaged") } == 1)
        #expect(lines.lines.contains { $0.contains("row=\(log[place])") })
        #expect(try second.administer("SELECT COUNT(*) FROM marker_log") == ["0"])
        let aside = try #require(try asides(second).first)
        #expect(try second.administer("SELECT COUNT(*) FROM \(aside)") == ["1"], "somebody may look at it")
        #expect(try second.wrongCounts() == [])
        try second.close()

        let third = try open()
        #expect(third.damagedLogRowCount == 0, "it is told once")
        #expect(try asides(third) == [aside])
        let rooms = try await third.rooms.takeRoom(runID: "1").map { [$0] } ?? []
        let logged = try await third.rooms.commit(JournalBatch(rooms: rooms.map { self.log($0, 4) })).logged
        #expect(try await third.rooms.commit(JournalBatch(log: logged)).unfolded == [])
        #expect(try await sequences(third, "1").last == 4)
        try third.close()
    }

    @Test("a damaged page costs what is on it at a start", arguments: [1, 2, 3])
    func page(lost: Int64) async throws {
        let first = try open()
        _ = try await fill(first)
        try first.close()
        try wipePage(of: directory.databasePath, with: row(lost).bytes)

        let lines = RecordingLog()
        let second = try open(lines)
        for runID in ["1", "2"] {
            #expect(try await sequences(second, runID) == (Int64(1)...3).filter { $0 != lost })
        }
        #expect(second.damagedLogRowCount == 1)
        #expect(lines.lines.contains { $0.hasPrefix("error a row of the log of the newest markers is damaged") })
        try await goesOn(second)
        try second.close()
    }

    @Test("a damaged root costs all that the log has, and no start")
    func root() async throws {
        let first = try open()
        _ = try await fill(first)
        let root = try rootPage(first, "marker_log")
        try first.close()
        try wipePage(of: directory.databasePath, number: root)
        let lines = RecordingLog()
        let second = try open(lines)
        for runID in ["1", "2"] { #expect(try await sequences(second, runID) == []) }
        #expect(second.damagedLogRowCount == 1)
        try await goesOn(second)
        try second.close()
    }

    /// Markers are stored as ever.
    private func goesOn(_ database: AppDatabase) async throws {
        let room = try #require(try await database.rooms.takeRoom(runID: "1"))
        let logged = try await database.rooms.commit(JournalBatch(rooms: [log(room, 8)]))
        #expect(logged.failures == [:])
        let changes = RoomChanges(room: room.id, term: room.term, journal: [row(9)])
        let all = try await database.rooms.commit(
            JournalBatch(rooms: [changes], log: logged.logged, replacesLog: true))
        #expect(all.failures == [:] && all.unfolded == [])
        #expect(try database.administer("SELECT COUNT(*) FROM marker_log") == ["0"])
        #expect(try await sequences(database, "1").last == 9)
    }

    @Test("what the disk does not give at a start keeps no server from starting, and is brought to the journals later")
    func notGiven() async throws {
        let first = try open()
        _ = try await fill(first)
        _ = try first.administer("ALTER TABLE marker_log RENAME TO hidden")
        try first.close()
        let lines = RecordingLog()
        let second = try open(lines)
        #expect(lines.lines.contains { $0.hasPrefix("warning the newest markers are not in the journals yet") })
        await #expect(throws: StoreError.self) { try await second.rooms.takeRoom(runID: "1") }
        _ = try second.administer("ALTER TABLE hidden RENAME TO marker_log")
        #expect(try await sequences(second, "1") == [1, 2, 3], "rooms bring theirs")
        try second.close()
        let third = try open()
        #expect(try await sequences(third, "2") == [1, 2, 3])
        #expect(try third.administer("SELECT COUNT(*) FROM marker_log") == ["0"])
        #expect(third.damagedLogRowCount == 0)
        try third.close()
    }

    @Test("an id that nobody can have made keeps nobody from making others")
    func absurdID() async throws {
        let first = try open()
        let (rooms, _) = try await fill(first)
        _ = try first.administer("UPDATE marker_log SET id = \(Int64.max) WHERE id = (SELECT MAX(id) FROM marker_log)")
        _ = try first.administer(
            "INSERT INTO journal (id, room, sequence, time, bytes) VALUES (\(Int64.max), \(rooms[0].id), 9, 1, x'')")
        try first.close()
        let second = try open()
        let id = second.ids.next()
        #expect(id < Int64.max - 1 << 53 && id > rooms[1].id)
        #expect(try await second.rooms.room(runID: "2").map(\.journal)?.map(\.sequence) == [1, 2, 3])
        try second.close()
    }

    // MARK: - While a server runs

    @Test("a row that is damaged while a server runs holds up no commit, and costs nothing that is in memory")
    func running() async throws {
        let database = try open()
        let (rooms, log) = try await fill(database)
        try relax(database)
        _ = try database.administer("UPDATE marker_log SET bytes = NULL WHERE id = \(log[1])")
        // The second room is not among those that are stored.
        let changes = RoomChanges(room: rooms[0].id, term: rooms[0].term, journal: [row(4)])
        let result = try await database.rooms.commit(JournalBatch(rooms: [changes], log: log))
        #expect(result.failures == [:] && result.unfolded == [])
        #expect(try await sequences(database, "1") == [1, 3, 4])
        #expect(try await sequences(database, "2") == [1, 3])
        #expect(database.damagedLogRowCount == 1)
        try await goesOn(database)
        try database.close()
    }

    @Test("a page that is damaged while a server runs holds up no commit", arguments: [1, 2, 3])
    func runningPage(lost: Int64) async throws {
        let database = try open()
        let (rooms, log) = try await fill(database)
        try wipePage(of: directory.databasePath, with: row(lost).bytes)
        // Whoever writes forgets what it has read.
        _ = try database.administer("PRAGMA shrink_memory")
        let new = try await database.rooms.commit(JournalBatch(rooms: rooms.map { self.log($0, 4) }))
        #expect(new.failures == [:] && new.logged.count == 1)
        _ = try database.administer("PRAGMA shrink_memory")
        let changes = rooms.map { RoomChanges(room: $0.id, term: $0.term, journal: [row(5)]) }
        let result = try await database.rooms.commit(
            JournalBatch(rooms: changes, log: log + new.logged, replacesLog: true))
        #expect(result.failures == [:] && result.unfolded == [])
        for runID in ["1", "2"] {
            let found = try await sequences(database, runID)
            // The fifth has all that the fourth had.
            #expect(Set(found).isSuperset(of: Set([1, 2, 3, 5]).subtracting([lost])))
            #expect(!found.contains(lost))
        }
        #expect(try database.administer("SELECT COUNT(*) FROM marker_log") == ["0"])
        #expect(database.damagedLogRowCount == 1)
        try await goesOn(database)
        try database.close()
    }

    @Test("what the disk does not give of the log holds up nobody, and is brought to the journals when it is given")
    func runningNotGiven() async throws {
        let database = try open()
        let (rooms, log) = try await fill(database)
        _ = try database.administer("ALTER TABLE marker_log RENAME TO hidden")
        for replacesLog in [false, true] {
            for rooms in [rooms, [rooms[0]], []] {
                let changes = rooms.map { RoomChanges(room: $0.id, term: $0.term, journal: [row(4)]) }
                let result = try await database.rooms.commit(
                    JournalBatch(rooms: changes, log: log, replacesLog: replacesLog))
                #expect(result.failures == [:] && result.unfolded == log)
            }
        }
        _ = try database.administer("ALTER TABLE hidden RENAME TO marker_log")
        #expect(try await database.rooms.commit(JournalBatch(log: log)).unfolded == [])
        for runID in ["1", "2"] { #expect(try await sequences(database, runID) == [1, 2, 3, 4]) }
        try database.close()
    }
}
