import Foundation
import GRDB
import TestKit
import Testing

@testable import Store

@Suite("When writing fails") struct FailureTests {
    /// A batch that needs some hundred kilobytes.
    private func largeBatch(room: Int64, account: Int64) -> JournalBatch {
        JournalBatch(
            rooms: [
                RoomChanges(
                    room: room, term: 0, updatedAt: 99, people: [.make(runner: 1, account: account)],
                    events: [StoredEvent(number: 1, time: 1, body: "{}", recordKey: 77)],
                    journal: [JournalRow(sequence: 1, time: 1, bytes: Array(repeating: 1, count: 400_000))])
            ],
            records: [.make(runKey: 77, account: account)])
    }

    @Test("a full disk refuses the whole batch, and the next one succeeds when there is space again")
    func diskFull() async throws {
        let temporary = try TemporaryDatabase()
        let database = temporary.database
        let account = try await temporary.makeAccount()
        let room = try await temporary.makeRoom()
        let batch = largeBatch(room: room.id, account: account.id)

        let pages = try #require(Int(database.administer("PRAGMA page_count")[0]))
        _ = try database.administer("PRAGMA max_page_count = \(pages + 2)")
        await #expect(throws: StoreError.diskFull) { try await database.rooms.commit(batch) }

        // Nothing of it is there, the run ID has not been used up, and reading works.
        #expect(try await database.rooms.room(runID: "159") == room)
        #expect(try await database.records.recordSummaries(account: account.id).total == 0)
        #expect(try await database.accounts.account(id: account.id)?.lastRunID == 0)

        _ = try database.administer("PRAGMA max_page_count = 1073741823")
        #expect(try await database.rooms.commit(batch).runIDs == [77: 1])
        #expect(try await database.rooms.room(runID: "159")?.events.first?.recordRunID == 1)
    }

    @Test("a foreign lock is busy after the timeout, nothing is written, and writing works after it")
    func busy() async throws {
        let temporary = try TemporaryDatabase(busyTimeout: 0.05)
        let database = temporary.database
        let account = try await temporary.makeAccount()
        let room = try await temporary.makeRoom()
        let batch = largeBatch(room: room.id, account: account.id)

        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let foreign = try DatabaseQueue(path: temporary.directory.databasePath, configuration: configuration)
        try await foreign.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        await #expect(throws: StoreError.busy) { try await database.rooms.commit(batch) }
        // Readers are not concerned.
        try await database.ping()
        #expect(try await database.rooms.room(runID: "159") == room)
        try await foreign.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }

        #expect(try await database.rooms.commit(batch).runIDs == [77: 1])
    }

    /// A trigger that lets nothing be written of the events of one room.
    private func refuse(_ room: Int64) -> String {
        """
        CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.room = \(room)
        BEGIN SELECT RAISE(ABORT, 'no'); END
        """
    }

    @Test("a room that cannot be written costs what is of it, all of it, and nothing of the others")
    func oneRoom() async throws {
        let temporary = try TemporaryDatabase()
        let database = temporary.database
        let account = try await temporary.makeAccount().id
        var rooms: [StoredRoom] = []
        for number in 1...9 { rooms.append(try await temporary.makeRoom("\(number)")) }
        let batch = JournalBatch(
            rooms: rooms.map { room in
                RoomChanges(
                    room: room.id, term: 0, records: [.make(runKey: room.id, account: account)],
                    events: [StoredEvent(number: 1, time: 1, body: "{}", recordKey: room.id)],
                    journal: [JournalRow(sequence: 1, time: 1, bytes: [1])])
            })
        _ = try database.administer(refuse(rooms[5].id))
        let result = try await database.rooms.commit(batch)
        #expect(Array(result.failures.keys) == [rooms[5].id])
        guard case .io = result.failures[rooms[5].id] else { throw StoreError.io("\(result.failures)") }
        #expect(Set(result.runIDs.keys) == Set(rooms.map(\.id)).subtracting([rooms[5].id]))
        #expect(Set(result.runIDs.values) == Set(1...8), "no run ID is used up for it")
        for room in rooms {
            let found = try #require(try await database.rooms.room(runID: room.runID))
            #expect(found.events.count == (room == rooms[5] ? 0 : 1))
            #expect(found.journal.count == (room == rooms[5] ? 0 : 1))
        }

        _ = try database.administer("DROP TRIGGER refuse")
        #expect(try await database.rooms.commit(JournalBatch(rooms: [batch.rooms[5]])).failures.isEmpty)
        #expect(try await database.rooms.room(runID: "6")?.events.first?.recordRunID == 9)
    }

    @Test("what the schema guards against costs its room")
    func impossibleRecord() async throws {
        let temporary = try TemporaryDatabase()
        let account = try await temporary.makeAccount()
        let room = try await temporary.makeRoom(), other = try await temporary.makeRoom("160")
        let journal = [JournalRow(sequence: 1, time: 1, bytes: [1])]
        let records = [
            LiveRecord.make(runKey: 77, account: account.id), .make(runKey: 78, account: account.id, meters: -1),
        ]
        let result = try await temporary.database.rooms.commit(
            JournalBatch(rooms: [
                RoomChanges(room: room.id, term: 0, records: records, journal: journal),
                RoomChanges(room: other.id, term: 0, journal: journal),
            ]))
        #expect(Array(result.failures.keys) == [room.id])
        #expect(try await temporary.database.rooms.room(runID: "159") == room)
        #expect(try await temporary.database.accounts.account(id: account.id)?.lastRunID == 0)
        #expect(try await temporary.database.rooms.room(runID: "160")?.journal == journal)
    }

    @Test("when nothing can be written of anything, it is no room's fault")
    func readOnly() async throws {
        let temporary = try TemporaryDatabase()
        let rooms = [try await temporary.makeRoom("1").id, try await temporary.makeRoom("2").id]
        let batch = JournalBatch(
            rooms: rooms.map {
                RoomChanges(room: $0, term: 0, journal: [JournalRow(sequence: 1, time: 1, bytes: [1])])
            })
        _ = try temporary.database.administer("PRAGMA query_only = 1")
        await #expect(throws: StoreError.self) { try await temporary.database.rooms.commit(batch) }
        _ = try temporary.database.administer("PRAGMA query_only = 0")
        #expect(try await temporary.database.rooms.commit(batch).failures.isEmpty)
    }

    @Test("a cancelled task's write is carried out")
    func cancellation() async throws {
        let temporary = try TemporaryDatabase()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await temporary.makeAccount("late")
        }
        let account = try await task.value
        #expect(try await temporary.database.accounts.account(usernameKey: "late") == account)
    }
}
