import Foundation
import TestKit
import Testing

@testable import Store

@Suite("Rooms and their journal") struct JournalTests {
    let temporary: TemporaryDatabase
    var database: AppDatabase { temporary.database }

    init() throws { temporary = try TemporaryDatabase() }

    @Test("of many creations of one room at the same moment, one wins")
    func race() async throws {
        let won = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    do {
                        _ = try await temporary.makeRoom("same")
                        return true
                    } catch {
                        #expect(error as? StoreError == .roomExists)
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(won == 1)
        #expect(try await database.rooms.rooms().map(\.runID) == ["same"])
    }

    @Test("a room comes back with people, events and journal in order")
    func roundTrip() async throws {
        let account = try await temporary.makeAccount().id
        let room = try await temporary.makeRoom()
        #expect(room.summary.createdAt == TemporaryDirectory.time && room.people.isEmpty)
        #expect(try await database.rooms.room(runID: "159") == room)
        let people = [StoredPerson.make(runner: 1, account: account), .make(runner: 2, account: nil, state: [])]
        let events = (1...3).map { StoredEvent(number: $0, time: Int64($0), body: "{\"n\":\($0)}") }
        let journal = (1...3).map { JournalRow(sequence: Int64($0), time: Int64($0), bytes: [UInt8($0)]) }
        _ = try await database.rooms.commit(
            JournalBatch(rooms: [
                RoomChanges(
                    room: room.id, term: 0, updatedAt: 60, people: people.reversed(), events: events.reversed(),
                    journal: journal.reversed())
            ]))
        let found = try #require(try await database.rooms.room(runID: "159"))
        #expect(found.summary.updatedAt == 60)
        #expect(found.people == people)
        #expect(found.events == events)
        #expect(found.journal == journal)
        #expect(found.passwordSalt == [1, 2] && found.passwordHash == [3, 4] && found.epoch == "epoch")
        #expect(try await database.rooms.room(runID: "160") == nil)
        #expect(try await database.rooms.roomExists(runID: "159"))
        #expect(try await !database.rooms.roomExists(runID: "160"))
    }

    @Test("a batch that is committed twice is there once")
    func idempotence() async throws {
        let account = try await temporary.makeAccount().id, room = try await temporary.makeRoom().id
        let batch = JournalBatch(
            rooms: [
                RoomChanges(
                    room: room, term: 0, updatedAt: 5, people: [.make(runner: 1, account: account)],
                    events: [StoredEvent(number: 1, time: 1, body: "{}", recordKey: 3)],
                    journal: [JournalRow(sequence: 1, time: 1, bytes: [1])])
            ],
            records: [.make(runKey: 3, account: account)])
        let first = try await database.rooms.commit(batch)
        let stored = try await database.rooms.room(runID: "159")
        #expect(try await database.rooms.commit(batch) == first)
        #expect(try await database.rooms.room(runID: "159") == stored)
        #expect(try await database.records.recordSummaries(account: account).total == 1)
    }

    @Test("whose account is deleted is named in no room any more", arguments: [false, true])
    func anonymity(byWipe: Bool) async throws {
        let ana = try await temporary.makeAccount().id, ben = try await temporary.makeAccount("ben").id
        let room = try await temporary.makeRoom().id
        func joined(_ number: Int, _ account: Int64) -> StoredEvent {
            StoredEvent(
                number: number, time: 1, body: "{\"name\":\(account)}",
                author: StoredEvent.Author(account: account, anonymousBody: "{}"))
        }
        var anas = StoredPerson.make(runner: 1, account: ana)
        (anas.latitudeE7, anas.longitudeE7, anas.way) = (480_000_000, -115_000_000, [9])
        let changes = RoomChanges(
            room: room, term: 0, people: [anas, .make(runner: 2, account: ben)],
            events: [joined(1, ana), joined(2, ben), StoredEvent(number: 3, time: 1, body: "{\"left\":1}")])
        _ = try await database.rooms.commit(JournalBatch(rooms: [changes]))
        #expect(try await database.rooms.room(runID: "159")?.people.first == anas)

        if byWipe {
            #expect(try await Set(database.deleteAllUsers().accounts) == [ana, ben])
        } else {
            #expect(try await database.accounts.deleteAccount(id: ana) != nil)
        }
        func expectNothing() async throws {
            let found = try #require(try await database.rooms.room(runID: "159"))
            #expect(
                found.people.first
                    == StoredPerson(runner: 1, account: nil, joinedAt: 7, state: [5]))
            #expect(found.people.last?.owner?.username == (byWipe ? nil : "ben"))
            #expect(
                found.events.map(\.body) == ["{}", byWipe ? "{}" : "{\"name\":\(ben)}", "{\"left\":1}"])
        }
        try await expectNothing()
        // A commit that was on its way, or is tried again, brings nothing back.
        _ = try await database.rooms.commit(JournalBatch(rooms: [changes]))
        try await expectNothing()
        // What the room says of it then.
        _ = try await database.rooms.commit(
            JournalBatch(rooms: [
                RoomChanges(room: room, term: 0, events: [StoredEvent(number: 1, time: 1, body: "{}")])
            ]))
        try await expectNothing()
    }

    @Test("who is disabled or has another name is so in every room at once")
    func owners() async throws {
        let ana = try await temporary.makeAccount().id, room = try await temporary.makeRoom().id
        _ = try await database.rooms.commit(
            JournalBatch(rooms: [RoomChanges(room: room, term: 0, people: [.make(runner: 1, account: ana)])]))
        var change = ProfileChange()
        (change.username, change.usernameKey) = ("anna", "anna")
        _ = try await database.accounts.changeProfile(change, account: ana, at: 2)
        #expect(
            try await database.rooms.room(runID: "159")?.people.first?.owner
                == StoredPerson.Owner(username: "anna", nickname: "anna"))
        #expect(try await database.accounts.setDisabled(3, account: ana))
        #expect(try await database.rooms.room(runID: "159")?.people.first?.owner?.isDisabled == true)
    }

    @Test("a journal is rewritten row by row, as many as there are")
    func rewriting() async throws {
        let room = try await temporary.makeRoom().id, other = try await temporary.makeRoom("160").id
        let rows = (1...700).map { JournalRow(sequence: Int64($0 * 2), time: 1, bytes: [UInt8($0 % 100)]) }
        _ = try await database.rooms.commit(
            JournalBatch(rooms: [
                RoomChanges(room: room, term: 0, journal: rows), RoomChanges(room: other, term: 0, journal: rows),
            ]))
        try await database.rooms.rewriteJournal(of: room) { row in row.bytes == [7] ? [] : nil }
        #expect(
            try await database.rooms.room(runID: "159")?.journal.map(\.bytes)
                == rows.map { $0.bytes == [7] ? [] : $0.bytes })
        #expect(try await database.rooms.room(runID: "160")?.journal == rows)
        try await database.rooms.rewriteJournal(of: 99) { _ in [] }
    }

    @Test("a person is replaced by number, and keeps the time of joining")
    func people() async throws {
        let room = try await temporary.makeRoom().id
        var person = StoredPerson.make(runner: 4, account: nil, state: [1])
        _ = try await database.rooms.commit(JournalBatch(rooms: [RoomChanges(room: room, term: 0, people: [person])]))
        person.state = [2, 3]
        person.joinedAt = 99
        _ = try await database.rooms.commit(JournalBatch(rooms: [RoomChanges(room: room, term: 0, people: [person])]))
        person.joinedAt = 7
        #expect(try await database.rooms.room(runID: "159")?.people == [person])
    }

    @Test("an event finds the run ID of a record of the same or an earlier commit")
    func recordOfEvent() async throws {
        let account = try await temporary.makeAccount().id, room = try await temporary.makeRoom().id
        func event(_ number: Int, _ key: Int64) -> StoredEvent {
            StoredEvent(number: number, time: 1, body: "{}", recordKey: key)
        }
        _ = try await database.rooms.commit(
            JournalBatch(
                rooms: [RoomChanges(room: room, term: 0, events: [event(1, 10)])],
                records: [.make(runKey: 9, account: account), .make(runKey: 10, account: account)]))
        _ = try await database.records.deleteRecord(account: account, runID: 2)
        _ = try await database.rooms.commit(
            JournalBatch(rooms: [RoomChanges(room: room, term: 0, events: [event(2, 9), event(3, 10), event(4, 11)])]))
        #expect(try await database.rooms.room(runID: "159")?.events.map(\.recordRunID) == [2, 1, 2, nil])
    }

    @Test("events and journal rows below a number are removed, in that room only")
    func pruning() async throws {
        let one = try await temporary.makeRoom("1").id, two = try await temporary.makeRoom("2").id
        let events = (1...5).map { StoredEvent(number: $0, time: 1, body: "{}") }
        let journal = (1...5).map { JournalRow(sequence: Int64($0), time: 1, bytes: [0, 0, 0]) }
        _ = try await database.rooms.commit(
            JournalBatch(rooms: [one, two].map { RoomChanges(room: $0, term: 0, events: events, journal: journal) }))
        #expect(try await database.rooms.journalBytes() == 30)
        _ = try await database.rooms.commit(
            JournalBatch(rooms: [
                RoomChanges(
                    room: one, term: 0, events: [StoredEvent(number: 6, time: 1, body: "{}")], eventsBelow: 5,
                    journal: [JournalRow(sequence: 6, time: 1, bytes: [])], journalBelow: 7),
                RoomChanges(room: two, term: 0, journalBelow: 2),
            ]))
        #expect(try await database.rooms.room(runID: "1")?.events.map(\.number) == [5, 6])
        #expect(try await database.rooms.room(runID: "1")?.journal == [])
        #expect(try await database.rooms.room(runID: "2")?.events.map(\.number) == [1, 2, 3, 4, 5])
        #expect(try await database.rooms.room(runID: "2")?.journal.map(\.sequence) == [2, 3, 4, 5])
        #expect(try await database.rooms.roomsWithJournal().map(\.runID) == ["2"])
        #expect(try await database.rooms.roomsWithJournal().map(\.id) == [two])
    }

    @Test("blocks come back in order; the first takes the place of all the runner had")
    func blocks() async throws {
        let one = try await temporary.makeRoom("1").id, two = try await temporary.makeRoom("2").id
        func block(_ runner: Int, _ number: Int, _ byte: UInt8) -> StoredBlock {
            StoredBlock(runner: runner, number: number, bytes: [byte])
        }
        let first = JournalBatch(rooms: [
            RoomChanges(room: one, term: 0, blocks: [block(2, 0, 1), block(2, 1, 2), block(3, 0, 3), block(2, 2, 4)]),
            RoomChanges(room: two, term: 0, blocks: [block(2, 0, 5)]),
        ])
        for _ in 0..<2 {
            // Committed once more it is the same.
            _ = try await database.rooms.commit(first)
            #expect(
                try await database.rooms.blocks(room: one, runner: 2) == [
                    block(2, 0, 1), block(2, 1, 2), block(2, 2, 4),
                ])
        }
        _ = try await database.rooms.commit(
            JournalBatch(rooms: [RoomChanges(room: one, term: 0, blocks: [block(2, 0, 6), block(2, 1, 7)])]))
        #expect(try await database.rooms.blocks(room: one, runner: 2) == [block(2, 0, 6), block(2, 1, 7)])
        // Of a run that is over nothing is left; the next one of the same runner begins in the same commit.
        _ = try await database.rooms.commit(
            JournalBatch(rooms: [RoomChanges(room: one, term: 0, blocksRemoved: [2, 3], blocks: [block(3, 0, 8)])]))
        #expect(try await database.rooms.blocks(room: one, runner: 2) == [])
        #expect(try await database.rooms.blocks(room: one, runner: 3) == [block(3, 0, 8)])
        #expect(try await database.rooms.blocks(room: two, runner: 2) == [block(2, 0, 5)])
        #expect(try await database.rooms.blocks(room: 99, runner: 1) == [])
    }

    @Test("a mark goes with the blocks that it is of, and with whose it is")
    func marks() async throws {
        let ana = try await temporary.makeAccount("ana").id
        let room = try await temporary.makeRoom().id
        func marks() async throws -> [[UInt8]?] {
            try #require(try await database.rooms.room(runID: "159")).people.map(\.mark)
        }
        func commit(_ change: (inout RoomChanges) -> Void) async throws {
            var changes = RoomChanges(room: room, term: 0)
            change(&changes)
            _ = try await database.rooms.commit(JournalBatch(rooms: [changes]))
        }
        func block(_ number: Int) -> StoredBlock { StoredBlock(runner: 1, runKey: 7, number: number, bytes: [1]) }
        try await commit {
            $0.people = [.make(runner: 1, account: ana), .make(runner: 2, account: nil)]
            $0.blocks = [block(0), block(1)]
            $0.marks = [1, 2, 3].map { StoredMark(runner: $0, bytes: [UInt8($0)]) }
        }
        #expect(try await marks() == [[1], nil], "nobody has none")
        #expect(try await database.rooms.blocks(room: room, from: [1: 1]) == [block(1)])
        try await commit {
            $0.people = [.make(runner: 1, account: ana)]
            $0.blocks = [block(2)]
        }
        #expect(try await marks() == [[1], nil], "a state and a block leave it")
        try await commit { $0.blocks = [block(0)] }
        #expect(try await marks() == [nil, nil])
        try await commit {
            $0.blocks = [block(0)]
            $0.marks = [StoredMark(runner: 1, bytes: [9])]
        }
        #expect(try await marks() == [[9], nil])
        try await commit { $0.blocksRemoved = [1] }
        #expect(try await marks() == [nil, nil])
        try await commit { $0.marks = [StoredMark(runner: 1, bytes: [8])] }
        _ = try await database.accounts.deleteAccount(id: ana)
        #expect(try database.administer("SELECT COUNT(mark) FROM people") == ["0"])
    }

    @Test("what nothing needs any more is removed some rows at a time, from the oldest on, and nothing else is")
    func purging() async throws {
        var rooms: [Int64] = []
        for number in 1...3 { rooms.append(try await temporary.makeRoom("\(number)").id) }
        let journal = (1...25).map { JournalRow(sequence: Int64($0), time: 1, bytes: [1]) }
        let blocks = [2, 3].flatMap { runner in
            (0..<7).map { StoredBlock(runner: runner, number: $0, bytes: [1]) }
        }
        _ = try await database.rooms.commit(
            JournalBatch(rooms: rooms.map { RoomChanges(room: $0, term: 0, journal: journal, blocks: blocks) }))
        var batch = JournalBatch(
            rooms: rooms.map { RoomChanges(room: $0, term: 0, journalBelow: 24, blocksRemoved: [2, 4]) })
        func count() throws -> Int {
            try ["journal", "track_blocks"].reduce(0) {
                try $0 + (Int(database.administer("SELECT COUNT(*) FROM \($1)")[0]) ?? 0)
            }
        }
        var before = try count()
        var commits = 0
        while !batch.rooms.isEmpty, commits < 20 {
            commits += 1
            let result = try await database.rooms.commit(batch, purging: 10)
            let after = try count()
            #expect((0...10).contains(before - after))
            before = after
            batch.rooms = batch.rooms.compactMap { changes in
                guard let left = result.unpurged[changes.room] else { return nil }
                return RoomChanges(
                    room: changes.room, term: 0, journalBelow: left.hasJournal ? 24 : nil, blocksRemoved: left.blocks)
            }
            for number in 1...3 {
                let left = try #require(try await database.rooms.room(runID: "\(number)")).journal.map(\.sequence)
                #expect(left == Array(Int64(26 - left.count)...25), "the newest are left")
            }
        }
        #expect(commits == 9 || commits == 10, "\(commits)")
        for (number, room) in zip(1..., rooms) {
            #expect(try await database.rooms.room(runID: "\(number)")?.journal.map(\.sequence) == [24, 25])
            #expect(try await database.rooms.runnersWithBlocks(room: room, among: [2, 3, 4]) == [3])
            #expect(try await database.rooms.blocks(room: room, runner: 3).count == 7)
        }
    }

    @Test("the first block of a new run takes the place of what a purge has left of the one before")
    func purgedByFirstBlock() async throws {
        let room = try await temporary.makeRoom().id
        func blocks(_ count: Int, _ byte: UInt8) -> [StoredBlock] {
            (0..<count).map { StoredBlock(runner: 1, number: $0, bytes: [byte]) }
        }
        _ = try await database.rooms.commit(
            JournalBatch(rooms: [RoomChanges(room: room, term: 0, blocks: blocks(9, 1))]))
        let result = try await database.rooms.commit(
            JournalBatch(rooms: [RoomChanges(room: room, term: 0, blocksRemoved: [1], blocks: blocks(2, 2))]),
            purging: 3)
        #expect(result.unpurged.isEmpty)
        #expect(try await database.rooms.blocks(room: room, runner: 1).map(\.bytes) == [[2], [2]])
    }

    @Test("the blocks of a deleted account's runner are gone with it", arguments: [false, true])
    func blocksOfNobody(isWipe: Bool) async throws {
        let ana = try await temporary.makeAccount("ana").id
        let room = try await temporary.makeRoom().id
        _ = try await database.rooms.commit(
            JournalBatch(rooms: [
                RoomChanges(
                    room: room, term: 0, people: [.make(runner: 1, account: ana), .make(runner: 2, account: nil)],
                    blocks: [1, 2].map { StoredBlock(runner: $0, number: 0, bytes: [UInt8($0)]) })
            ]))
        if isWipe {
            _ = try await database.deleteAllUsers()
        } else {
            #expect(try await database.accounts.deleteAccount(id: ana) != nil)
        }
        #expect(try await database.rooms.blocks(room: room, runner: 1) == [])
        #expect(try await database.rooms.blocks(room: room, runner: 2).count == 1)
    }

    @Test("a room that is deleted takes everything with it, in the order of the batch")
    func deletion() async throws {
        let room = try await temporary.makeRoom().id, account = try await temporary.makeAccount().id
        let changes = RoomChanges(
            room: room, term: 0, updatedAt: 1, people: [.make(runner: 1, account: account)],
            events: [StoredEvent(number: 1, time: 1, body: "{}")],
            journal: [JournalRow(sequence: 1, time: 1, bytes: [1])],
            blocks: [StoredBlock(runner: 1, number: 0, bytes: [1])])
        let batch = JournalBatch(
            rooms: [changes], records: [.make(runKey: 8, account: account)], deletedRooms: [room])
        #expect(try await database.rooms.commit(batch).runIDs == [8: 1])
        #expect(try await database.rooms.room(runID: "159") == nil)
        #expect(try await database.rooms.removeLeavings())
        for table in ["rooms", "people", "events", "journal", "track_blocks"] {
            #expect(try database.administer("SELECT COUNT(*) FROM \(table)") == ["0"])
        }
        #expect(try database.wrongCounts() == [])
        // The record of the run stays, and what is still in flight for the room is skipped.
        #expect(try await database.records.recordSummaries(account: account).total == 1)
        _ = try await database.rooms.commit(batch)
        _ = try await database.rooms.commit(JournalBatch(rooms: [RoomChanges(room: room, term: 0, journalBelow: 1)]))
        #expect(try await database.rooms.rooms().isEmpty)
        // A new room of the same name has another id and begins empty.
        let again = try await temporary.makeRoom()
        #expect(again.id != room && again.journal.isEmpty)
    }

    @Test("rooms are listed in the order of their making")
    func list() async throws {
        for name in ["b", "a", "c"] { _ = try await temporary.makeRoom(name) }
        #expect(try await database.rooms.rooms().map(\.runID) == ["b", "a", "c"])
        #expect(try await database.rooms.roomsWithJournal().isEmpty)
    }

    @Test("parallel commits of different rooms are all there")
    func parallel() async throws {
        var rooms: [Int64] = []
        for number in 0..<10 { rooms.append(try await temporary.makeRoom("\(number)").id) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for room in rooms {
                for sequence in Int64(1)...5 {
                    group.addTask {
                        let row = JournalRow(sequence: sequence, time: 1, bytes: [UInt8(sequence)])
                        _ = try await database.rooms.commit(
                            JournalBatch(rooms: [RoomChanges(room: room, term: 0, updatedAt: sequence, journal: [row])])
                        )
                    }
                }
            }
            try await group.waitForAll()
        }
        for number in 0..<10 {
            #expect(try await database.rooms.room(runID: "\(number)")?.journal.map(\.sequence) == [1, 2, 3, 4, 5])
        }
    }
}

@Suite("Ids") struct IDGeneratorTests {
    @Test("ids are positive and grow, also while the clock stands still or goes back")
    func growth() {
        let ids = IDGenerator(now: { 1_732_351_183_038 })
        var last: Int64 = 0
        for _ in 0..<Seeds.count(of: 100_000) {
            let id = ids.next()
            #expect(id > last)
            last = id
        }
        #expect(IDGenerator.milliseconds(of: last) == 1_732_351_183_038)
    }

    @Test("ids start above those that are stored, though the clock is behind them")
    func floor() async throws {
        let directory = TemporaryDirectory()
        let first = try directory.open(now: 2_000_000_000_000)
        let room = try await first.rooms.createRoom(runID: "1", passwordSalt: [], passwordHash: [], epoch: "", at: 1)
        try first.close()
        let second = try directory.open(now: 1_000_000_000_000)
        #expect(second.ids.next() > room.id)
    }

    @Test("ids of many threads are distinct")
    func threads() async {
        let ids = IDGenerator(now: { 1 })
        let all = await withTaskGroup(of: [Int64].self) { group in
            for _ in 0..<8 { group.addTask { (0..<1000).map { _ in ids.next() } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(all).count == 8000)
    }
}

@Suite("SQL") struct SQLTests {
    @Test("parameters become SQLite's, outside of literals")
    func parameters() {
        #expect(SQL("SELECT $1, '$2 it''s $3', $10").text == "SELECT ?1, '$2 it''s $3', ?10")
    }

    @Test("definitions get SQLite's names of types and strict tables")
    func definitions() {
        #expect(
            SQL(definition: "CREATE TABLE t (a BIGINT, b DOUBLE PRECISION, c BYTEA, d TEXT)").text
                == "CREATE TABLE t (a INTEGER, b REAL, c BLOB, d TEXT) STRICT")
        #expect(SQL(definition: "CREATE INDEX i ON t (a)").text == "CREATE INDEX i ON t (a)")
    }
}
