import Foundation
import Geo
import Rooms
import Store
import TestKit
import Testing

@testable import Live

/// A room with runs that are over is read from disk without their tracks.
@Suite("Waking a room", .timeLimit(.minutes(5))) struct WakingTests {
    private let directory = TemporaryDirectory()

    private var settings: LiveSettings {
        var settings = LiveSettings.quick
        settings.room.lateMarkerWindow = 1
        return settings
    }

    private struct Shown: Equatable {
        var meters: Double
        var outline: [Coordinate]
        var position: Coordinate?
    }

    private func shown(_ stage: Stage) async throws -> Shown? {
        try await stage.live.room("159")?.runners.first.map {
            Shown(meters: $0.row.meters, outline: $0.outline, position: $0.row.position)
        }
    }

    /// Somebody runs and finishes, and the run is settled.
    private func run(_ stage: Stage) async throws {
        _ = try await stage.live.createRoom("159", password: "pw")
        try await stage.account("ana")
        let (phone, _) = try await stage.join("159", as: "ana")
        phone.send(#"{"type":"start"}"#)
        phone.send(markers(1...100))
        _ = try await phone.next("ack") { $0.number("marker") == 100 }
        phone.send(#"{"type":"finish"}"#)
        _ = try await phone.event("finished")
        while try await stage.store.rooms.room(runID: "159")?.people.first?.way == nil {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Its own track says nothing any more.
    private let spoilTracks = "UPDATE records SET track = x'00'"

    @Test("figures, way and place come back without the record's track, to those who join and to lists")
    func withoutTrack() async throws {
        var before: Shown?
        try await Stage.run(in: directory, settings: settings) { stage in
            try await run(stage)
            before = try await shown(stage)
            try stage.administer(spoilTracks)
        }
        #expect(before.map { $0.meters > 300 && $0.outline.count == 100 } ?? false)
        try await Stage.run(in: directory, settings: settings) { stage in
            let listed = try await stage.hub.rooms(limit: 10).first?.runners.first
            #expect(listed?.row.meters == before?.meters && listed?.outline == before?.outline)
            let awake = await stage.live.metrics.roomsAwake
            #expect(awake == 0, "a list wakes nobody")
            let after = try await shown(stage)
            #expect(after == before)
        }
    }

    @Test("what is read off the loop is ready to go on: it is measured, and who may not be in the room has left it")
    func measuredBefore() async throws {
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            phone.send(#"{"type":"start"}"#)
            phone.send(markers(1...300))
            _ = try await phone.next("ack") { $0.number("marker") == 300 }
            let meters = try #require(try await shown(stage)).meters
            try stage.administer("UPDATE accounts SET disabled_at = 5")
            for isTaken in [false, true] {
                let loader = await stage.live.loader
                let loaded = try #require(try await loader.load("159", taking: isTaken))
                #expect(!loaded.room.hasUnmeasuredMarkers)
                #expect(loaded.room.row(of: 1, at: stage.live.clock.now())?.meters == meters)
                #expect(!loaded.room.isInRoom(1) && loaded.decisions.changedRunners == [1])
            }
        }
    }

    @Test(
        "a row whose runner's number is damaged costs that row, and no time",
        arguments: [999_999, 0, -1, Int.min, Int.max])
    func absurdNumber(number: Int) async throws {
        try await Stage.run(in: directory, settings: settings) { stage in
            try await run(stage)
            try await stage.account("ben")
            _ = try await stage.join("159", as: "ben")
            let way = try #require(try await stage.store.rooms.room(runID: "159")?.people.first?.way)
            let hex = way.map { String(format: "%02x", $0) }.joined()
            try stage.administer("UPDATE people SET runner = \(number), way = x'\(hex)' WHERE runner = 2")
        }
        try await Stage.run(in: directory, settings: settings) { stage in
            let runners = try await stage.live.room("159")?.runners
            #expect(runners?.map(\.person.username) == ["ana"])
            let (_, ben) = try await stage.join("159", as: "ben")
            #expect(ben.number("runner") == 2)
        }
    }

    @Test(
        "a state to which no runner can have come is damage, and traps nobody",
        arguments: [
            #""announcedKilometers":-5"#, #""lastHeard":9223372036854775807"#, #""finishArrived":-9223372036854775808"#,
            #""finalMeters":-1"#, #""runNumber":0"#,
            #""clock":{"segments":[{"start":-9223372036854775808}],"isEndTold":false}"#,
        ])
    func impossibleState(field: String) async throws {
        try await Stage.run(in: directory, settings: settings) { stage in
            try await run(stage)
            let state = try #require(try await stage.store.rooms.room(runID: "159")?.people.first?.state)
            let json = Data(state.dropFirst().dropLast(4))
            var object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
            let change = try JSONSerialization.jsonObject(with: Data("{\(field)}".utf8)) as? [String: Any]
            object.merge(try #require(change)) { $1 }
            let text = String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
            try stage.administer("UPDATE people SET state = CAST('\(text)' AS BLOB)")
        }
        try await Stage.run(in: directory, settings: settings) { stage in
            let (phone, ana) = try await stage.join("159", as: "ana")
            #expect(ana.number("runner") == 1)
            phone.send(#"{"type":"start"}"#)
            _ = try await phone.event("started")
        }
    }

    @Test("an event of an absurd number is passed over, and numbering goes on")
    func absurdEvent() async throws {
        try await Stage.run(in: directory, settings: settings) { stage in
            try await run(stage)
            try stage.administer(
                """
                INSERT INTO events (room, number, time, body) SELECT id, 9223372036854775807, 1,
                    '{"type":"event","event":9223372036854775807,"time":1,"kind":"left","runner":1}' FROM rooms
                """)
        }
        try await Stage.run(in: directory, settings: settings) { stage in
            let (phone, joined) = try await stage.join("159", as: "ana")
            let last = try #require(joined.number("event"))
            #expect(last < 100)
            phone.send(#"{"type":"cheer","text":"go"}"#)
            #expect(try await phone.event("cheer").number("event") == last + 1)
        }
    }

    @Test(
        "without a way, or with a damaged one, the track is read, and the next time the way is there again",
        arguments: ["NULL", "x'0102'"])
    func withoutWay(value: String) async throws {
        var before: Shown?
        try await Stage.run(in: directory, settings: settings) { stage in
            try await run(stage)
            before = try await shown(stage)
            try stage.administer("UPDATE people SET way = \(value)")
        }
        try await Stage.run(in: directory, settings: settings) { stage in
            let after = try await shown(stage)
            #expect(after == before)
        }
        try await Stage.run(in: directory, settings: settings) { stage in
            try stage.administer(spoilTracks)
            let after = try await shown(stage)
            #expect(after == before)
        }
    }
}

extension LiveRooms {
    fileprivate var loader: RoomLoader { registry.loader }
}
