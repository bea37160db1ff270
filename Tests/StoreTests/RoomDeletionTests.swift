import Foundation
import TestKit
import Testing

@testable import Store

@Suite("Deleting a room that has very much") struct RoomDeletionTests {
    private let temporary: TemporaryDatabase
    private var database: AppDatabase { temporary.database }

    init() throws { temporary = try TemporaryDatabase() }

    private static let tables = ["people", "events", "journal", "track_blocks", "links", "devices", "alarms"]

    private func count(_ table: String, of room: Int64, in database: AppDatabase) throws -> Int {
        try #require(Int(try database.administer("SELECT COUNT(*) FROM \(table) WHERE room = \(room)")[0]))
    }

    private func rows(of room: Int64, in database: AppDatabase) throws -> Int {
        try Self.tables.reduce(0) { try $0 + count($1, of: room, in: database) }
    }

    /// A room of somebody's with 40 runners, 400 blocks, 300 journal rows and all else that a room may have.
    private func makeRich(_ owner: Int64) async throws -> StoredRoom {
        let made = try await database.rooms.createRoom(
            runID: "159", passwordSalt: [1], passwordHash: [2], epoch: "epoch",
            details: RoomDetails(owner: owner, name: "Ours", visibility: .everybody), at: 1)
        let room = try #require(try await database.rooms.takeRoom(runID: "159"))
        let changes = RoomChanges(
            room: room.id, term: room.term, records: [.make(runKey: 7, account: owner)],
            people: (1...40).map { .make(runner: $0, account: $0 == 1 ? owner : nil) },
            events: (1...100).map { StoredEvent(number: $0, time: 1, body: "{}") },
            journal: (1...300).map { JournalRow(sequence: $0, time: 1, bytes: [1, 2]) },
            blocks: (1...40).flatMap { runner in
                (0..<10).map { StoredBlock(runner: runner, number: $0, bytes: [1]) }
            })
        #expect(try await database.rooms.commit(JournalBatch(rooms: [changes])).failures.isEmpty)
        for hash in UInt8(1)...3 {
            _ = try await database.links.insertLink(
                room: made.id, hash: [hash], role: .spectator, label: nil, expiresAt: nil, limit: 9, at: 1)
            _ = try await database.devices.insertDevice(
                account: owner, hash: [hash], app: "any", label: nil, room: made.id, limit: 9, kept: 9, at: 1)
        }
        _ = try await database.safety.raise(
            account: owner, room: made.id, place: nil, at: 1, clearedBefore: 0)
        return room
    }

    private func delete(_ room: StoredRoom) async throws {
        let deleted = RoomChanges(room: room.id, term: room.term, isDeleted: true)
        #expect(try await database.rooms.commit(JournalBatch(rooms: [deleted])).failures.isEmpty)
    }

    @Test("it is gone for everybody at once, and another of its name begins from nothing")
    func atOnce() async throws {
        let ana = try await temporary.makeAccount().id
        let room = try await makeRich(ana)
        let before = try rows(of: room.id, in: database)
        try await delete(room)
        #expect(try rows(of: room.id, in: database) == before, "nothing has been removed yet")

        for name in ["159", "/\(room.id)"] {
            #expect(try await database.rooms.room(runID: name) == nil)
            #expect(try await database.rooms.takeRoom(runID: name) == nil)
            #expect(try await database.rooms.summary(runID: name) == nil)
            #expect(try await !database.rooms.roomExists(runID: name))
        }
        #expect(try await database.rooms.summary(id: room.id) == nil)
        #expect(try await database.rooms.rooms() == [])
        #expect(try await database.rooms.roomsWithJournal() == [])
        #expect(try await database.rooms.newestRooms(limit: 9) == [])
        #expect(try await database.rooms.listedRooms(limit: 9) == [])
        #expect(try await database.rooms.listedRoomCount() == 0)
        #expect(try await database.rooms.rooms(ownedBy: ana, limit: 9) == [])
        #expect(try await database.rooms.rooms(withRunner: ana, limit: 9) == [])
        #expect(try await database.rooms.changeRoom(room.id, to: RoomDetails(revision: 1)) == nil)
        #expect(try await database.links.link(hash: [1]) == nil)
        #expect(
            try await database.links.insertLink(
                room: room.id, hash: [8], role: .runner, label: nil, expiresAt: nil, limit: 9, at: 1) == nil)
        #expect(try await database.devices.device(hash: [1])?.place == .gone)
        #expect(try await database.safety.alarms(heardBy: ana, clearedSince: 0, limit: 9).map(\.runID) == [nil])
        // Whoever had it, or has it still, writes nothing of it; records are stored as ever.
        for term in [room.term, room.term + 1] {
            let late = RoomChanges(
                room: room.id, term: term, records: [.make(runKey: 8, account: ana)],
                journal: [JournalRow(sequence: 999, time: 1, bytes: [1])])
            let result = try await database.rooms.commit(JournalBatch(rooms: [late]))
            #expect(result.failures.isEmpty && result.runIDs == [8: 2])
        }
        let logged = RoomChanges(
            room: room.id, term: room.term, logged: JournalRow(sequence: 1_000, time: 1, bytes: [1]))
        #expect(try await database.rooms.commit(JournalBatch(rooms: [logged])).logged == [])
        #expect(try rows(of: room.id, in: database) == before)

        _ = try await temporary.makeRoom()
        let new = try #require(try await database.rooms.takeRoom(runID: "159"))
        #expect(new.id != room.id && new.people == [] && new.events == [] && new.journal == [])
        #expect(try await database.rooms.blocks(room: new.id, runner: 1) == [])
    }

    @Test("no transaction removes more rows than it may, others are stored in between, and all is gone in the end")
    func slices() async throws {
        let ana = try await temporary.makeAccount().id
        let room = try await makeRich(ana)
        let other = try await temporary.makeRoom("160")
        try await delete(room)
        var left = try rows(of: room.id, in: database)
        #expect(left > 840)
        var slices = 0, isDone = false
        while !isDone, slices < 100 {
            isDone = try await database.rooms.removeLeavings(limit: 50)
            let now = try rows(of: room.id, in: database)
            #expect((0...50).contains(left - now))
            left = now
            slices += 1
            let row = JournalRow(sequence: Int64(slices), time: 1, bytes: [1])
            let changes = RoomChanges(room: other.id, term: 0, journal: [row])
            #expect(try await database.rooms.commit(JournalBatch(rooms: [changes])).failures.isEmpty)
            #expect(try database.wrongCounts() == [])
        }
        #expect(isDone && left == 0 && slices > 16)
        #expect(try await database.rooms.rooms().map(\.runID) == ["160"])
        #expect(try database.administer("SELECT COUNT(*) FROM rooms") == ["1"])
        #expect(try database.administer("PRAGMA foreign_key_check") == [])
        #expect(try await database.records.recordSummaries(account: ana).total == 1, "records stay")
        #expect(try await database.devices.devices(of: ana, limit: 9).map(\.place) == [.gone, .gone, .gone])
    }

    @Test("a server that dies in the midst of it leaves nothing behind")
    func crash() async throws {
        let room = try await makeRich(try await temporary.makeAccount().id)
        try await delete(room)
        for _ in 0..<3 { #expect(try await !database.rooms.removeLeavings(limit: 50)) }
        // The files as a kill -9 leaves them.
        let copy = TemporaryDirectory()
        try FileManager.default.copyItem(atPath: temporary.directory.path, toPath: copy.path)
        let opened = try copy.open()
        #expect(try await opened.rooms.room(runID: "159") == nil)
        #expect(try rows(of: room.id, in: opened) > 0)
        #expect(try await opened.rooms.removeLeavings())
        #expect(try rows(of: room.id, in: opened) == 0)
        #expect(try opened.administer("SELECT COUNT(*) FROM rooms") == ["0"])
        #expect(try opened.wrongCounts() == [])
        #expect(try opened.administer("PRAGMA integrity_check") == ["\"ok\""])
    }
}
