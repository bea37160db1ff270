import Foundation
import GRDB
import Testing

@testable import Store

@Suite("When writing fails") struct FailureTests {
    /// A batch that needs some hundred kilobytes.
    private func largeBatch(room: Int64, account: Int64) -> JournalBatch {
        JournalBatch(
            rooms: [
                RoomChanges(
                    room: room, updatedAt: 99, people: [.make(runner: 1, account: account)],
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
        await #expect(throws: StoreError.diskFull) { try await database.commit(batch) }

        // Nothing of it is there, the run ID has not been used up, and reading works.
        #expect(try await database.room(runID: "159") == room)
        #expect(try await database.recordSummaries(account: account.id).total == 0)
        #expect(try await database.account(id: account.id)?.lastRunID == 0)

        _ = try database.administer("PRAGMA max_page_count = 1073741823")
        #expect(try await database.commit(batch).runIDs == [77: 1])
        #expect(try await database.room(runID: "159")?.events.first?.recordRunID == 1)
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
        await #expect(throws: StoreError.busy) { try await database.commit(batch) }
        // Readers are not concerned.
        try await database.ping()
        #expect(try await database.room(runID: "159") == room)
        try await foreign.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }

        #expect(try await database.commit(batch).runIDs == [77: 1])
    }

    @Test("an error in the middle of a batch takes the whole batch back")
    func allOrNothing() async throws {
        let temporary = try TemporaryDatabase()
        let database = temporary.database
        let account = try await temporary.makeAccount()
        let room = try await temporary.makeRoom()
        var batch = largeBatch(room: room.id, account: account.id)
        // The schema guards against what no caller may write.
        batch.records.append(.make(runKey: 78, account: account.id, meters: -1))
        await #expect(throws: StoreError.self) { try await database.commit(batch) }
        #expect(try await database.room(runID: "159") == room)
        #expect(try await database.account(id: account.id)?.lastRunID == 0)
    }

    @Test("a cancelled task's write is carried out")
    func cancellation() async throws {
        let temporary = try TemporaryDatabase()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await temporary.makeAccount("late")
        }
        let account = try await task.value
        #expect(try await temporary.database.account(usernameKey: "late") == account)
    }
}
