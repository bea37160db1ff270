import Foundation
import TestKit
import Testing

@testable import Store

/// A row that cannot be read costs what it held, and nothing else.
@Suite("Rows that cannot be read") struct DamagedRowTests {
    private let directory = TemporaryDirectory()

    private func bytes(_ kind: UInt8, _ number: Int) -> [UInt8] {
        [kind, UInt8(number)] + [UInt8](repeating: kind ^ UInt8(number), count: 1_000)
    }

    /// A room with 30 blocks and 30 journal rows, three or four of them on a page.
    private func fill() async throws -> Int64 {
        let database = try directory.open()
        let room = try await database.rooms.createRoom(
            runID: "159", passwordSalt: [], passwordHash: [], epoch: "", at: 1
        ).id
        for number in 0..<30 {
            _ = try await database.rooms.commit(
                JournalBatch(rooms: [
                    RoomChanges(
                        room: room, term: 0,
                        journal: [JournalRow(sequence: Int64(number * 3), time: 1, bytes: bytes(0x40, number))],
                        blocks: [StoredBlock(runner: 1, runKey: 7, number: number, bytes: bytes(0x80, number))])
                ]))
        }
        _ = try database.administer("PRAGMA wal_checkpoint(TRUNCATE)")
        try database.close()
        return room
    }

    @Test("on a damaged page are told apart from the others, of a run's blocks and of a journal")
    func page() async throws {
        let room = try await fill()
        for kind in [UInt8(0x40), 0x80] { try wipePage(of: directory.databasePath, with: bytes(kind, 15)) }
        let database = try directory.open()
        let blocks = try await database.rooms.blocks(room: room, runner: 1)
        let sound = blocks.filter { !$0.bytes.isEmpty }
        #expect((26...29).contains(sound.count) && blocks.count == sound.count + 1)
        #expect(sound.allSatisfy { $0.runKey == 7 && $0.bytes == bytes(0x80, $0.number) })
        #expect(sound.first?.number == 0 && sound.last?.number == 29 && !sound.contains { $0.number == 15 })
        let stored = try #require(try await database.rooms.takeRoom(runID: "159"))
        let rows = stored.journal.filter { !$0.bytes.isEmpty }
        #expect((26...29).contains(rows.count) && stored.journal.count == rows.count + 1)
        #expect(rows.allSatisfy { $0.bytes == bytes(0x40, Int($0.sequence) / 3) })
        #expect(rows.last?.sequence == 87)
        try database.close()
    }

    @Test("with a column of another type are told apart from the others, wherever they are", arguments: [0, 15, 29])
    func column(number: Int) async throws {
        let room = try await fill()
        let database = try directory.open()
        for (table, column, key) in [
            ("track_blocks", "run_key", "room, runner, number"), ("journal", "time", "room, sequence"),
        ] {
            // A table that does not mind what its columns hold.
            _ = try database.administer("ALTER TABLE \(table) RENAME TO intact_\(table)")
            _ = try database.administer("CREATE TABLE \(table) AS SELECT * FROM intact_\(table)")
            _ = try database.administer("CREATE UNIQUE INDEX \(table)_key ON \(table) (\(key))")
            _ = try database.administer(
                "UPDATE \(table) SET \(column) = NULL WHERE id = (SELECT id FROM \(table) ORDER BY id LIMIT 1 OFFSET \(number))"
            )
        }
        let blocks = try await database.rooms.blocks(room: room, from: [1: 0])
        #expect(blocks.map(\.number) == Array(0..<30))
        #expect(blocks.filter(\.bytes.isEmpty).map(\.number) == [number])
        let journal = try await database.rooms.journal(room: room)
        #expect(journal.count == 30)
        #expect(journal.filter(\.bytes.isEmpty).map(\.sequence) == [Int64(number * 3)])
        try database.close()
    }

    @Test("beyond so many are not passed over, and what is no matter of rows is not at all, but at the last try")
    func bounds() async throws {
        let database = try directory.open()
        let (every, last) = try await database.read { session throws(StoreError) in
            func read(_ error: StoreError, isLastTry: Bool) -> Result<Int, StoreError> {
                Result { () throws(StoreError) in
                    try session.soundRows(from: 0, isLastTry: isLastTry) { first, _ throws(StoreError) in
                        if first < 9 { throw error }
                    } as: { _ in
                        1
                    } damaged: { _ in
                        0
                    }.count
                }
            }
            func endless() -> Result<Int, StoreError> {
                Result { () throws(StoreError) in
                    try session.soundRows(from: 0) { _, _ throws(StoreError) in
                        throw .corrupt("all")
                    } as: { _ in
                        1
                    } damaged: { _ in
                        0
                    }.count
                }
            }
            return (
                [read(.corrupt("a page"), isLastTry: false), read(.io("a sector"), isLastTry: false), endless()],
                read(.io("a sector"), isLastTry: true)
            )
        }
        #expect(every == [.success(1), .failure(.io("a sector")), .failure(.corrupt("all"))])
        #expect(last == .success(1))
        try database.close()
    }

    // MARK: - People and events

    private func state(_ number: Int) -> [UInt8] { [0x20, UInt8(number)] + [UInt8](repeating: 0x20, count: 600) }

    private func body(_ number: Int) -> String { "\(number) " + String(repeating: "e\(number)", count: 300) }

    /// A room with 30 people and 30 events, some of them on a page, and the same of another room.
    private func fillWithPeople() async throws -> (rooms: [Int64], roots: [String: Int]) {
        let database = try directory.open()
        var rooms: [Int64] = []
        for runID in ["159", "160"] {
            let account = try await database.accounts.insertAccount(
                username: runID, usernameKey: runID, nickname: "", passwordHash: "", at: 1
            ).id
            rooms.append(
                try await database.rooms.createRoom(
                    runID: runID, passwordSalt: [], passwordHash: [], epoch: "", at: 1_000
                ).id)
            let changes = RoomChanges(
                room: rooms[rooms.count - 1], term: 0,
                people: (1...30).map { StoredPerson(runner: $0, account: account, joinedAt: 5, state: state($0)) },
                events: (1...30).map { StoredEvent(number: $0, time: 7, body: body($0)) })
            _ = try await database.rooms.commit(JournalBatch(rooms: [changes]))
        }
        _ = try database.administer("VACUUM")
        _ = try database.administer("PRAGMA wal_checkpoint(TRUNCATE)")
        var roots: [String: Int] = [:]
        for table in ["people", "events"] {
            let found = try database.administer(
                "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_\(table)_1'")
            roots[table] = found.first.flatMap { Int($0) }
        }
        try database.close()
        return (rooms, roots)
    }

    @Test("people on a damaged page are known by their numbers, and the others are read whole", arguments: [1, 15, 30])
    func people(number: Int) async throws {
        let (rooms, _) = try await fillWithPeople()
        try wipePage(of: directory.databasePath, with: state(number))
        let database = try directory.open()
        for runID in ["159", "160"] {
            let people = try #require(try await database.rooms.room(runID: runID)).people
            #expect(people.map(\.runner) == Array(1...30))
            let lost = people.filter { $0.damage == .row }
            #expect(lost.allSatisfy { $0.account == nil && $0.state.isEmpty })
            #expect((runID == "159") == lost.contains { $0.runner == number } && lost.count < 10)
            #expect(people.filter { $0.damage == nil }.allSatisfy { $0.state == state($0.runner) && $0.account != nil })
        }
        // Those who come are stored as ever, unless that page is needed for it.
        let new = StoredPerson(runner: 31, account: nil, joinedAt: 5, state: state(31))
        let result = try await database.rooms.commit(
            JournalBatch(rooms: [RoomChanges(room: rooms[0], term: 0, people: [new])]))
        #expect(result.failures == [:])
        #expect(try await database.rooms.room(runID: "159")?.people.last?.runner == 31)
        try database.close()
    }

    @Test("people whose way or mark cannot be read are read without")
    func wayAlone() async throws {
        let (rooms, _) = try await fillWithPeople()
        let way = (0..<2_250).flatMap { number in withUnsafeBytes(of: UInt32(number)) { Array($0) } }
        let first = try directory.open()
        let person = StoredPerson(
            runner: 3, account: try await first.rooms.room(runID: "159")?.people[2].account, joinedAt: 5, way: way,
            state: state(3))
        _ = try await first.rooms.commit(
            JournalBatch(rooms: [RoomChanges(room: rooms[0], term: 0, people: [person])]))
        _ = try first.administer("VACUUM")
        _ = try first.administer("PRAGMA wal_checkpoint(TRUNCATE)")
        try first.close()
        // A page that the way has of its own: there it ends before its time.
        try wipePage(of: directory.databasePath, with: Array(way[3_000..<3_020]))
        let database = try directory.open()
        let people = try #require(try await database.rooms.room(runID: "159")).people
        #expect(people.filter { $0.damage != nil }.map(\.runner) == [3])
        #expect(people[2].damage == .columns && people[2].state == state(3) && people[2].way == nil)
        #expect(people[2].account != nil)
        try database.close()
    }

    @Test("people are found in their table when its index is damaged, and events as if all were lost")
    func index() async throws {
        let (_, roots) = try await fillWithPeople()
        for root in roots.values { try wipePage(of: directory.databasePath, number: root) }
        let database = try directory.open()
        for runID in ["159", "160"] {
            let room = try #require(try await database.rooms.room(runID: runID))
            #expect(room.people.map(\.runner) == Array(1...30))
            #expect(room.people.allSatisfy { $0.damage == nil && $0.state == state($0.runner) })
            #expect(room.events.map(\.number) == [1_000], "no lower one is given again")
        }
        try database.close()
    }

    @Test("events on a damaged page are a gap, the newest number is known, and old ones keep nobody from storing")
    func events() async throws {
        let (rooms, _) = try await fillWithPeople()
        try wipePage(of: directory.databasePath, with: Array(body(15).utf8))
        let database = try directory.open()
        let events = try #require(try await database.rooms.room(runID: "159")).events
        let sound = events.filter { !$0.body.isEmpty }
        #expect((20...29).contains(sound.count) && events.count == sound.count + 1)
        #expect(sound.allSatisfy { $0.body == body($0.number) && $0.time == 7 })
        #expect(sound.first?.number == 1 && sound.last?.number == 30 && !sound.contains { $0.number == 15 })
        let changes = RoomChanges(
            room: rooms[1], term: 0, events: [StoredEvent(number: 31, time: 7, body: body(31))], eventsBelow: 29)
        let result = try await database.rooms.commit(
            JournalBatch(rooms: [
                RoomChanges(room: rooms[0], term: 0, updatedAt: 2_000, eventsBelow: 29), changes,
            ]))
        #expect(result.failures == [:])
        #expect(try await database.rooms.room(runID: "159")?.summary.updatedAt == 2_000)
        #expect(try await database.rooms.room(runID: "160")?.events.map(\.number) == [29, 30, 31])
        try database.close()
    }

    @Test("when the newest events are on a damaged page, it is known how many there were")
    func newestEvents() async throws {
        _ = try await fillWithPeople()
        // The page of the last events of the second room is the last one of the table.
        let place = body(30)
        var file = try Data(contentsOf: URL(filePath: directory.databasePath))
        let last = try #require(file.range(of: Data(place.utf8), options: .backwards)).lowerBound / 4096
        file.replaceSubrange(last * 4096..<last * 4096 + 4096, with: Data(count: 4096))
        try file.write(to: URL(filePath: directory.databasePath))
        let database = try directory.open()
        let events = try #require(try await database.rooms.room(runID: "160")).events
        #expect(events.last?.number == 30 && events.last?.body == "")
        #expect(events.first?.number == 1 && events.filter { !$0.body.isEmpty }.count > 20)
        try database.close()
    }
}
