import Foundation
import Geo
import Logging
import Rooms
import TestKit
import Testing

@testable import Live
@testable import Store

/// Whatever stands in the rows of a room, it is read, and costs at most what stood there.
@Suite("Damaged rooms", .timeLimit(.minutes(5))) struct DamageTests {
    private let directory = TemporaryDirectory()

    private func snapshot(_ number: Int) -> RunnerSnapshot {
        RunnerSnapshot(
            number: number, joinedAt: 5, isInRoom: true, lastHeard: 6, isOffline: false, runKey: 7, clock: RunClock(),
            announcedKilometers: 0, isSettled: false)
    }

    @Test("a state is read where it was written, with every bit as it was, and old ones as ever")
    func snapshots() throws {
        let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
        let bytes = try #require(SnapshotCodec.encode(snapshot(3), room: 9, encoder))
        #expect(try SnapshotCodec.decode(bytes, room: 9, runner: 3, decoder) == snapshot(3))
        for (room, runner) in [(Int64(8), 3), (9, 2)] {
            #expect(throws: JournalCodec.Damage(reason: "checksum")) {
                try SnapshotCodec.decode(bytes, room: room, runner: runner, decoder)
            }
        }
        for index in bytes.indices {
            for bit in 0..<8 {
                var bytes = bytes
                bytes[index] ^= 1 << bit
                #expect(throws: JournalCodec.Damage.self) {
                    try SnapshotCodec.decode(bytes, room: 9, runner: 3, decoder)
                }
            }
            #expect(throws: JournalCodec.Damage.self) {
                try SnapshotCodec.decode(Array(bytes[..<index]), room: 9, runner: 3, decoder)
            }
        }
        let old = Array(try encoder.encode(snapshot(3)))
        #expect(try SnapshotCodec.decode(old, room: 9, runner: 3, decoder) == snapshot(3))
        #expect(throws: JournalCodec.Damage(reason: "impossible")) {
            try SnapshotCodec.decode(old, room: 9, runner: 4, decoder)
        }
    }

    private let blobs = [
        ("people", "state"), ("people", "way"), ("people", "mark"), ("journal", "bytes"), ("track_blocks", "bytes"),
        ("records", "track"),
    ]
    private let texts = [("events", "body")]
    private let numbers = [
        ("people", "runner"), ("people", "joined_at"), ("people", "latitude_e7"), ("people", "longitude_e7"),
        ("events", "number"), ("events", "time"), ("events", "record_run_id"), ("events", "record_key"),
        ("journal", "sequence"), ("journal", "time"), ("track_blocks", "runner"), ("track_blocks", "number"),
        ("rooms", "created_at"), ("rooms", "updated_at"), ("rooms", "term"), ("records", "run_key"),
    ]
    private let extremes = [
        "-9223372036854775808", "9223372036854775807", "-1", "0", "4503599627370496", "4503599627370497", "2147483648",
    ]

    /// Text with one of its numbers replaced by an extreme one.
    private func replacingNumber(_ bytes: [UInt8], _ random: inout some RandomNumberGenerator) -> [UInt8] {
        let text = String(decoding: bytes, as: UTF8.self)
        let found = text.matches(of: #/-?[0-9]+(\.[0-9]+)?/#)
        guard let match = found.randomElement(using: &random) else { return bytes }
        let other = (extremes + ["1e308", "1e999", "-0", "1e18", "0.5"]).randomElement(using: &random) ?? "0"
        return Array(text.replacingCharacters(in: match.range, with: other).utf8)
    }

    private func damaged(_ bytes: [UInt8], _ random: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes = bytes
        guard !bytes.isEmpty else { return [0] }
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)))
        case 1: bytes.append(UInt8.random(in: 0...255, using: &random))
        case 2:
            bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 3:
            for _ in 0..<8 {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
        default:
            // Of a state the form without a checksum, which says as much as its JSON does.
            if bytes.first == 1, bytes.dropFirst().first == UInt8(ascii: "{") { bytes = bytes.dropFirst().dropLast(4) }
            return replacingNumber(bytes, &random)
        }
        return bytes
    }

    private func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

    private func unhex(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)
        }
    }

    /// Spoils one value of the room; nil when there is none in the place that was chosen.
    private func spoil(_ store: AppDatabase, _ random: inout some RandomNumberGenerator) throws -> String? {
        func row(_ table: String) throws -> String? {
            let ids = try store.administer("SELECT rowid FROM \(table)")
            return ids.randomElement(using: &random)
        }
        let kind = Int.random(in: 0..<10, using: &random)
        if kind < 7 {
            let (table, column) = (kind < 5 ? blobs : texts).randomElement(using: &random) ?? blobs[0]
            guard let id = try row(table) else { return nil }
            let read = try store.administer("SELECT HEX(\(column)) FROM \(table) WHERE rowid = \(id)")
            let old = unhex((read.first ?? "").filter(\.isHexDigit))
            guard !old.isEmpty else { return nil }
            let new = damaged(old, &random)
            let value = column == "body" ? "CAST(x'\(hex(new))' AS TEXT)" : "x'\(hex(new))'"
            _ = try store.administer("UPDATE OR IGNORE \(table) SET \(column) = \(value) WHERE rowid = \(id)")
            return "\(table).\(column): \(String(decoding: new, as: UTF8.self).prefix(300))"
        }
        let (table, column) = numbers.randomElement(using: &random) ?? numbers[0]
        guard let id = try row(table), let value = extremes.randomElement(using: &random) else { return nil }
        _ = try store.administer("UPDATE OR IGNORE \(table) SET \(column) = \(value) WHERE rowid = \(id)")
        return "\(table).\(column) = \(value)"
    }

    /// Two who run, and one whose run is settled, with everything that a room can have on disk.
    private func fill(_ stage: Stage) async throws {
        _ = try await stage.live.createRoom("159", password: "pw")
        for name in ["ana", "ben", "cyd"] {
            try await stage.account(name)
            let (phone, _) = try await stage.join("159", as: name)
            phone.send(#"{"type":"start"}"#)
            phone.send(markers(1...300))
            _ = try await phone.next("ack") { $0.number("marker") == 300 }
            if name == "ana" {
                phone.send(#"{"type":"cheer","text":"go"}"#)
                phone.send(#"{"type":"pause"}"#)
                _ = try await phone.event("paused")
            }
            guard name == "cyd" else { continue }
            phone.send(#"{"type":"finish"}"#)
            _ = try await phone.event("finished")
        }
        let cyd = try #require(try await stage.store.accounts.account(usernameKey: "cyd")).id
        _ = try await stage.live.update(
            "159", account: cyd, PollReport(coordinate: Coordinate(latitude: 48, longitude: 11)))
        while try stage.store.administer("SELECT COUNT(way) FROM people") != ["1"] {
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    @Test("whatever is damaged, and by whatever it is replaced, a room is read without a trap or an end of waiting")
    func anything() async throws {
        var settings = LiveSettings.quick
        settings.room.lateMarkerWindow = 1
        try await Stage.run(in: directory, settings: settings) { try await fill($0) }
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed of damaged rooms: \(seed)")
        var random = Seeded(state: seed)
        let logger = Logger(label: "damage")
        var (read, refused) = (0, 0)
        for _ in 0..<30 {
            let copy = TemporaryDirectory()
            try FileManager.default.copyItem(atPath: directory.path, toPath: copy.path)
            let store = try AppDatabase(directory: copy.path, logger: logger)
            // One after the other, each on top of those before.
            for _ in 0..<8 {
                guard let what = try spoil(store, &random) else { continue }
                do {
                    guard
                        var restored = try await RoomLoader(
                            store: store, settings: settings.room,
                            clock: ServerClock(wall: { now }, elapsed: { 0 }), services: .empty
                        ).load("159", taking: Bool.random(using: &random))
                    else { continue }
                    read += 1
                    try use(&restored, "seed \(seed), \(what)")
                } catch is StoreError {
                    refused += 1
                }
            }
            try store.close()
        }
        #expect(read > 50, "\(read) read, \(refused) refused")
    }

    private let now: Int64 = 1_800_000_000_000

    /// All that a server does with a room that it has read.
    private func use(_ restored: inout LoadedRoom, _ what: String) throws {
        var key: Int64 = 1 << 60
        for step in 0..<3 { _ = restored.room.advance(to: now + Int64(step) * 3_600_000) }
        restored.room.refreshStandings()
        let encoder = JSONEncoder()
        for number in restored.room.runnerNumbers {
            _ = restored.room.row(of: number, at: now)
            _ = restored.room.outline(of: number)
            key += 1
            if let person = restored.room.person(number), !person.isNobody {
                _ = try? restored.room.join(person, newRunKey: key, at: now)
            }
            _ = try? restored.room.start(number, newRunKey: key + 1000, at: now)
            _ = try? restored.room.markers(
                [IncomingMarker(id: 1, coordinate: Coordinate(latitude: 1, longitude: 1), time: now)], from: number,
                at: now)
            _ = try? restored.room.finish(number, at: now + 1)
            let person = try #require(restored.room.person(number))
            let snapshot = try #require(restored.room.snapshot(of: number))
            let row = RowCoding.person(
                person, snapshot, way: restored.room.settledWay(of: number), in: restored.key, encoder)
            #expect(row != nil, "\(what): it can be stored again")
        }
        #expect(restored.room.runnerNumbers.count <= 1_003, "\(what)")
        let journal = restored.room.takeJournal()
        _ = JournalCodec.encode(journal.chunks, room: restored.key, sequence: restored.ledger.nextSequence)
        let last = restored.room.lastEvent
        for event in restored.room.events(after: max(0, restored.room.firstRecoverableEvent - 1), through: last) ?? [] {
            _ = EventCoding.encode(event)
        }
    }
}

extension LiveServices {
    /// Of nobody.
    fileprivate static var empty: LiveServices {
        LiveServices(
            owner: { _ in nil }, avatar: { $0 }, makeSecret: { _ in RoomSecret(salt: [], hash: []) },
            judge: { _, _, _, _ in .wrong }, newID: { 1 })
    }
}

/// SplitMix64, by which a seed says everything.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
