import Foundation
import Geo
import Rooms
import TestKit
import Testing

@testable import Live
@testable import Store

/// A room with runs under way goes on from what is stored of their measurement, and its journal is short.
@Suite("A room restored by marks", .timeLimit(.minutes(5))) struct MarkedRoomTests {
    private let directory = TemporaryDirectory()

    private struct Shown: Equatable {
        var meters: [UInt64]
        var outlines: [[Coordinate]]
        var positions: [Coordinate?]
    }

    private func shown(_ live: LiveRooms) async throws -> Shown {
        let runners = try #require(try await live.room("159")).runners
        return Shown(
            meters: runners.map(\.row.meters.bitPattern), outlines: runners.map(\.outline),
            positions: runners.map(\.row.position))
    }

    private func count(_ stage: Stage, _ query: String) throws -> Int { Int(try stage.first(query) ?? "") ?? -1 }

    /// Somebody runs until their first markers are in the journal no longer.
    private func run(_ stage: Stage) async throws {
        _ = try await stage.runIntoBlocks()
        #expect(try count(stage, "SELECT MIN(sequence) FROM journal") > 1)
        #expect(try count(stage, "SELECT COUNT(*) FROM people WHERE mark IS NOT NULL") == 1)
    }

    private func check() throws -> (count: DataInspection.Count, damage: [String]) {
        final class Lines { var all: [String] = [] }
        let (lines, reader) = (Lines(), try DatabaseReader(file: directory.path + "/runroom.sqlite"))
        let count = try DataInspection.run(reader) { lines.all.append($0) }
        try reader.close()
        return (count, lines.all)
    }

    private func restored(usingMarks usesMarks: Bool = true) async throws -> Shown {
        var settings = LiveSettings.quick
        settings.usesMarks = usesMarks
        var found: Shown?
        try await Stage.run(in: directory, settings: settings) { found = try await shown($0.live) }
        return try #require(found)
    }

    @Test("it is the same as before and as when all is measured, and so it is when the mark is damaged")
    func sameness() async throws {
        var before: Shown?
        try await Stage.run(in: directory) { stage in
            try await run(stage)
            before = try await shown(stage.live)
        }
        let (count, damage) = try check()
        #expect(count.marks == 1 && damage == [])
        #expect(try await restored() == before)
        #expect(try await restored(usingMarks: false) == before)
        for (change, damages) in [("x'0102'", 1), ("NULL", 0)] {
            try await Stage.run(in: directory) { try $0.administer("UPDATE people SET mark = \(change)") }
            #expect(try check().damage.count { $0.contains("the mark") } == damages)
            #expect(try await restored() == before)
        }
    }

    @Test("whoever asks for a room that is not up yet waits for it")
    func waiting() async throws {
        try await Stage.run(in: directory) { stage in
            try await run(stage)
            let before = try await shown(stage.live)
            let other = stage.makeOther()
            try await other.start()
            #expect(try await shown(other) == before)
            await other.stop()
        }
    }

    @Test("a block that cannot be read back keeps the journal, and is made anew from it")
    func damagedBlock() async throws {
        var before: Shown?
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            phone.send(#"{"type":"start"}"#)
            // No block is checked before the second commit after it.
            try stage.administer(
                """
                CREATE TRIGGER rot AFTER INSERT ON track_blocks WHEN NEW.number = 2
                BEGIN UPDATE track_blocks SET bytes = x'01' WHERE id = NEW.id; END
                """)
            phone.send(markers(1...400))
            _ = try await phone.next("ack") { $0.number("marker") == 400 }
            try stage.administer("DROP TRIGGER rot")
            for last in 401...410 {
                phone.send(markers(last...last))
                _ = try await phone.next("ack") { $0.number("marker") == Double(last) }
            }
            while try count(stage, "SELECT MIN(LENGTH(bytes)) FROM track_blocks") < 20 {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(await stage.live.metrics.recallsFailed > 0)
            before = try await shown(stage.live)
        }
        #expect(try await restored() == before)
        #expect(try await restored(usingMarks: false) == before)
        let damage = try check().damage
        #expect(damage == [])
    }
}

extension Stage {
    /// The first column of the first row, as text.
    fileprivate func first(_ query: String) throws -> String? { try store.administer(query).first }
}
