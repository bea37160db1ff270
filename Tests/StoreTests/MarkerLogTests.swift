import TestKit
import Testing

@testable import Store

/// What is only in the log is as good as in the journal, whatever happens before it gets there.
@Suite("The log of the newest markers") struct MarkerLogTests {
    private let directory = TemporaryDirectory()

    /// Rooms with a term each, and what a test does with them.
    private func withRooms(_ body: (AppDatabase, [StoredRoom]) async throws -> Void) async throws {
        let database = try directory.open()
        var rooms: [StoredRoom] = []
        for runID in ["1", "2"] {
            _ = try await database.rooms.createRoom(
                runID: runID, passwordSalt: [], passwordHash: [], epoch: "", at: 1)
            rooms.append(try #require(try await database.rooms.takeRoom(runID: runID)))
        }
        try await body(database, rooms)
        try database.close()
    }

    private func row(_ sequence: Int64) -> JournalRow {
        JournalRow(sequence: sequence, time: sequence * 10, bytes: [1, UInt8(sequence)])
    }

    private func log(_ room: StoredRoom, _ sequence: Int64) -> RoomChanges {
        RoomChanges(room: room.id, term: room.term, logged: row(sequence))
    }

    private func refuse(_ room: StoredRoom, _ database: AppDatabase) throws {
        _ = try database.administer(
            """
            CREATE TRIGGER refuse BEFORE INSERT ON journal WHEN NEW.room = \(room.id)
            BEGIN SELECT RAISE(ABORT, 'no'); END
            """)
    }

    private func logRows(_ database: AppDatabase) throws -> [String] {
        try database.administer("SELECT COUNT(*) FROM marker_log")
    }

    @Test("sections are read as they were written, and of a damaged row those before the damage")
    func sections() {
        let sections = [Int64.min, -1, 0, 7, .max].map { MarkerLog.Section(room: $0, row: row($0 & 0x7F)) }
        var bytes: [UInt8] = []
        for section in sections { MarkerLog.append(section, to: &bytes) }
        // As rows were before they had a head.
        #expect(MarkerLog.decode(bytes) == MarkerLog.Row(sections: sections))
        for count in 0..<bytes.count {
            let read = MarkerLog.decode(Array(bytes.prefix(count)))
            let whole = count / (bytes.count / sections.count)
            #expect(read.sections == Array(sections.prefix(whole)))
            #expect((read.damage == nil) == (count > 0 && count % (bytes.count / sections.count) == 0))
        }
        bytes[27] = 0x80
        #expect(MarkerLog.decode(bytes) == MarkerLog.Row(damage: "truncated"), "a negative length")
    }

    @Test("a row is known to be damaged whatever became of it, but for a bit of the head that turns nothing around")
    func checksum() {
        let sections = [3, 5].map { MarkerLog.Section(room: $0, row: row($0)) }
        let bytes = MarkerLog.encode(sections)
        #expect(MarkerLog.decode(bytes) == MarkerLog.Row(sections: sections))
        for count in 0..<bytes.count { #expect(MarkerLog.decode(Array(bytes.prefix(count))).damage != nil) }
        for index in bytes.indices {
            for bit in 0..<8 {
                var bytes = bytes
                bytes[index] ^= 1 << bit
                let read = MarkerLog.decode(bytes)
                // Without its head a row is one of before there were any.
                #expect(read.damage != nil || read.sections.filter { sections.contains($0) } == sections)
            }
        }
    }

    @Test("a commit of markers is one row for all rooms, which whoever reads a room finds in its journal")
    func oneRow() async throws {
        try await withRooms { database, rooms in
            let first = try await database.rooms.commit(JournalBatch(rooms: rooms.map { log($0, 1) }))
            let second = try await database.rooms.commit(JournalBatch(rooms: [log(rooms[1], 2)]))
            #expect(first.logged.count == 1 && second.logged.count == 1 && first.logged != second.logged)
            #expect(try database.administer("SELECT COUNT(*) FROM journal") == ["0"])
            #expect(try await database.rooms.room(runID: "1")?.journal == [row(1)])
            #expect(try await database.rooms.takeRoom(runID: "2")?.journal == [row(1), row(2)])
            #expect(try await database.rooms.journal(room: rooms[1].id) == [row(1), row(2)])
        }
    }

    @Test("a commit of everything takes the place of the log, in one transaction")
    func replaced() async throws {
        try await withRooms { database, rooms in
            let logged = try await database.rooms.commit(JournalBatch(rooms: rooms.map { log($0, 1) })).logged
            let all = rooms.map { RoomChanges(room: $0.id, term: $0.term, journal: [row(2)]) }
            _ = try await database.rooms.commit(JournalBatch(rooms: all, log: logged, replacesLog: true))
            #expect(try logRows(database) == ["0"])
            for room in rooms { #expect(try await database.rooms.journal(room: room.id) == [row(2)]) }
            #expect(try await database.rooms.journalBytes() == 4)
        }
    }

    @Test("what a process that was killed had in the log alone is in the journals when the database is opened")
    func opening() async throws {
        try await withRooms { database, rooms in
            _ = try await database.rooms.commit(JournalBatch(rooms: rooms.map { log($0, 1) }))
            _ = try await database.rooms.commit(JournalBatch(rooms: [log(rooms[0], 2)]))
            // A room that is there no more has no journal either.
            _ = try await database.rooms.commit(
                JournalBatch(rooms: [RoomChanges(room: rooms[1].id, term: rooms[1].term, isDeleted: true)]))
        }
        let database = try directory.open()
        #expect(try logRows(database) == ["0"])
        #expect(try database.administer("SELECT COUNT(*) FROM journal") == ["2"])
        #expect(try await database.rooms.room(runID: "1")?.journal == [row(1), row(2)])
        #expect(try await database.rooms.roomsWithJournal().map(\.runID) == ["1"])
        #expect(try await database.rooms.journalBytes() == 4)
        try database.close()
    }

    @Test("a room that cannot be written loses nothing of what it has in the log, and holds up no other")
    func oneRefused() async throws {
        try await withRooms { database, rooms in
            let logged = try await database.rooms.commit(JournalBatch(rooms: rooms.map { log($0, 1) })).logged
            try refuse(rooms[0], database)
            let all = rooms.map { RoomChanges(room: $0.id, term: $0.term, journal: [row(2)]) }
            let result = try await database.rooms.commit(JournalBatch(rooms: all, log: logged, replacesLog: true))
            #expect(Array(result.failures.keys) == [rooms[0].id])
            #expect(result.unfolded == logged, "it is tried again")
            #expect(try await database.rooms.journal(room: rooms[0].id) == [row(1)])
            #expect(try await database.rooms.journal(room: rooms[1].id).contains(row(2)))
            _ = try database.administer("DROP TRIGGER refuse")
            let again = try await database.rooms.commit(JournalBatch(log: result.unfolded))
            #expect(again.unfolded.isEmpty)
            #expect(try logRows(database) == ["0"])
            #expect(try await database.rooms.journal(room: rooms[0].id) == [row(1)])
        }
    }

    @Test("whoever had a room before adds nothing to the log any more")
    func terms() async throws {
        try await withRooms { database, rooms in
            let newer = try #require(try await database.rooms.takeRoom(runID: "1"))
            let result = try await database.rooms.commit(JournalBatch(rooms: [log(rooms[0], 1), log(rooms[1], 1)]))
            #expect(result.failures == [rooms[0].id: .termLost])
            #expect(try await database.rooms.journal(room: rooms[0].id).isEmpty)
            #expect(try await database.rooms.journal(room: rooms[1].id) == [row(1)])
            #expect(try await database.rooms.commit(JournalBatch(rooms: [log(newer, 1)])).failures.isEmpty)
            #expect(try await database.rooms.journal(room: rooms[0].id) == [row(1)])
        }
    }
}
