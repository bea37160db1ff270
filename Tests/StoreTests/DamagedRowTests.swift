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

    /// Makes a page of zeroes of the one on which some bytes are.
    private func wipePage(with bytes: [UInt8]) throws {
        var file = try Data(contentsOf: URL(filePath: directory.databasePath))
        let place = try #require(file.range(of: Data(bytes))).lowerBound
        let page = place / 4096 * 4096
        file.replaceSubrange(page..<page + 4096, with: Data(count: 4096))
        try file.write(to: URL(filePath: directory.databasePath))
    }

    @Test("on a damaged page are told apart from the others, of a run's blocks and of a journal")
    func page() async throws {
        let room = try await fill()
        for kind in [UInt8(0x40), 0x80] { try wipePage(with: bytes(kind, 15)) }
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
}
