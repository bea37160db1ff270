import Testing

@testable import Store

@Suite("Terms of rooms") struct TermTests {
    private let temporary: TemporaryDatabase
    private var database: AppDatabase { temporary.database }

    init() throws { temporary = try TemporaryDatabase() }

    private func changes(_ room: StoredRoom, _ sequence: Int64, _ byte: UInt8) -> RoomChanges {
        RoomChanges(
            room: room.id, term: room.term, updatedAt: Int64(byte),
            people: [.make(runner: 1, account: nil, state: [byte])],
            events: [StoredEvent(number: 1, time: 1, body: "\(byte)")],
            journal: [JournalRow(sequence: sequence, time: 1, bytes: [byte])],
            blocks: [StoredBlock(runner: 1, number: 0, bytes: [byte])])
    }

    @Test("who took a room before overwrites nothing of who has it now, and is told so")
    func older() async throws {
        let account = try await temporary.makeAccount().id
        #expect(try await temporary.makeRoom().term == 0)
        let older = try #require(try await database.rooms.takeRoom(runID: "159"))
        #expect(older.term == 1)
        #expect(try await database.rooms.commit(JournalBatch(rooms: [changes(older, 1, 1)])).failures.isEmpty)

        let newer = try #require(try await database.rooms.takeRoom(runID: "159"))
        #expect(newer.term == 2)
        #expect(newer.journal.map(\.bytes) == [[1]], "what was acknowledged before is there")
        #expect(try await database.rooms.commit(JournalBatch(rooms: [changes(newer, 2, 2)])).failures.isEmpty)
        let stored = try await database.rooms.room(runID: "159")

        // Both number their rows by themselves.
        var late = changes(older, 2, 3)
        late.records = [.make(runKey: 7, account: account)]
        (late.journalBelow, late.eventsBelow, late.blocksRemoved) = (9, 9, [1])
        #expect(try await database.rooms.commit(JournalBatch(rooms: [late])).failures == [older.id: .termLost])
        #expect(
            try await database.rooms.commit(
                JournalBatch(rooms: [RoomChanges(room: older.id, term: older.term, isDeleted: true)])
            ).failures == [older.id: .termLost])
        #expect(try await database.rooms.room(runID: "159") == stored)
        #expect(try await database.rooms.blocks(room: older.id, runner: 1).map(\.bytes) == [[2]])
        #expect(try await database.records.recordSummaries(account: account).total == 0)
        #expect(try await database.rooms.commit(JournalBatch(rooms: [changes(newer, 3, 4)])).failures.isEmpty)
    }

    @Test("a lost term is nobody else's affair")
    func others() async throws {
        let one = try await temporary.makeRoom("1"), two = try await temporary.makeRoom("2")
        _ = try await database.rooms.takeRoom(runID: "1")
        let result = try await database.rooms.commit(JournalBatch(rooms: [changes(one, 1, 1), changes(two, 1, 1)]))
        #expect(result.failures == [one.id: .termLost])
        #expect(try await database.rooms.room(runID: "2")?.journal.count == 1)
    }

    @Test("a room that there is not cannot be taken, nor one twice in the same term")
    func taking() async throws {
        #expect(try await database.rooms.takeRoom(runID: "159") == nil)
        _ = try await temporary.makeRoom()
        let terms = await withTaskGroup(of: Int64?.self) { group in
            // Who is overtaken before having read it is told so.
            for _ in 0..<20 { group.addTask { try? await database.rooms.takeRoom(runID: "159")?.term } }
            return await group.reduce(into: [Int64]()) { if let term = $1 { $0.append(term) } }
        }
        #expect(terms.contains(20) && Set(terms).count == terms.count)
    }
}
