import Foundation
import Rooms
import TestKit
import Testing

@testable import Live
@testable import Store

/// What a deleted room had on the disk is removed some of it at a time.
@Suite("What deleted rooms leave", .timeLimit(.minutes(5))) struct RoomLeavingsTests {
    private let directory = TemporaryDirectory()

    private func run(_ stage: Stage, _ name: String) async throws {
        let (phone, _) = try await stage.join("159", as: name)
        phone.send(#"{"type":"start"}"#)
        phone.send(markers(1...300))
        _ = try await phone.next("ack") { $0.number("marker") == 300 }
    }

    @Test("it goes by itself, while a room that was made anew under the name keeps what it has")
    func removed() async throws {
        var settings = LiveSettings.quick
        settings.purgedRows = 2
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana", "ben")
            try await run(stage, "ana")
            let old = try #require(try await stage.store.rooms.room(runID: "159")).id
            try await stage.hub.deleteRoom("159")
            _ = try await stage.live.createRoom("159", password: "pw")
            try await run(stage, "ben")
            let new = try #require(try await stage.store.rooms.room(runID: "159"))
            #expect(new.id != old && new.people.map(\.owner?.username) == ["ben"])
            try await waitsFor { try stage.administered("SELECT id FROM rooms") == ["\(new.id)"] }
            for table in ["people", "events", "journal", "track_blocks"] {
                #expect(try stage.administered("SELECT COUNT(*) FROM \(table) WHERE room = \(old)") == ["0"])
            }
            #expect(try await stage.live.room("159")?.runners.map(\.person.username) == ["ben"])
        }
    }

    @Test("it goes at the next start when the server has ended before")
    func afterRestart() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana")
            try await run(stage, "ana")
            // As if it died right after that.
            try await stage.live.deleteRoom("159")
            #expect(try stage.administered("SELECT COUNT(*) FROM people") == ["1"])
        }
        try await Stage.run(in: directory) { stage in
            try await waitsFor { try stage.administered("SELECT COUNT(*) FROM rooms") == ["0"] }
            #expect(try stage.administered("SELECT COUNT(*) FROM track_blocks") == ["0"])
            #expect(try await stage.live.room("159") == nil)
        }
    }
}
