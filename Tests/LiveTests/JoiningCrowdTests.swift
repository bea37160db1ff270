import Foundation
import TestKit
import Testing

@testable import Live

/// What those see who join while others join.
@Suite("A crowd that joins", .timeLimit(.minutes(5))) struct JoiningCrowdTests {
    private let directory = TemporaryDirectory()

    /// A tick so long that all of a test happens within one.
    private var slow: LiveSettings {
        var settings = LiveSettings.quick
        settings.tick = .seconds(3600)
        return settings
    }

    private func spectate(_ stage: Stage, more: String = "") async throws -> (phone: Phone, joined: Heard) {
        let phone = await stage.connect(
            #"{"type":"join","runID":"159","password":"pw","role":"spectator"\#(more)}"#)
        return (phone, try await phone.next("joined"))
    }

    private func marker(_ id: Int, _ latitude: Double, at time: Int64) -> String {
        #"{"type":"markers","markers":[{"id":\#(id),"latitude":\#(latitude),"longitude":11,"time":\#(time)}]}"#
    }

    @Test("all who come within a tick are shown the same moment, and their own row as it is now")
    func sameMoment() async throws {
        try await Stage.run(in: directory, settings: slow) { stage in
            _ = try await stage.live.createRoom("159", password: "pw")
            for name in ["ana", "bo"] { try await stage.account(name) }
            let (ana, _) = try await stage.join("159", as: "ana")
            let first = try await spectate(stage).joined
            #expect(first.column(5) == ["ready"])
            // Told people are others now: a picture of before would not name bo.
            let (_, bos) = try await stage.join("159", as: "bo")
            #expect(bos.column(0) == ["1", "2"])
            // An event was told: a picture of before would contradict it.
            ana.send(#"{"type":"start"}"#)
            _ = try await ana.event("started")
            let started = try await spectate(stage).joined
            #expect(started.column(5) == ["running", "ready"])
            // Only a place has changed: the same moment as before is shown…
            ana.send(marker(1, 48, at: stage.live.clock.now()))
            ana.send(#"{"type":"ping"}"#)
            _ = try await ana.next("pong")
            let shared = try await spectate(stage).joined
            #expect(shared.number("time") == started.number("time"))
            #expect(shared.column(1) == ["<null>", "<null>"])
            // … but not to whom it is about, nor in another system, nor with other parts.
            let (_, anew) = try await stage.join("159", as: "ana")
            #expect(anew.column(1) == ["48", "<null>"])
            let bare = try await spectate(stage, more: #","tracks":false"#).joined
            #expect(bare.column(1) == ["48", "<null>"])
            #expect(!bare.description.contains("tracks"))
        }
    }

    @Test("what was written for those who come together is kept within the tick, and not much longer")
    func forgotten() async throws {
        for (settings, isKept) in [(slow, true), (LiveSettings.quick, false)] {
            let directory = TemporaryDirectory()
            try await Stage.run(in: directory, settings: settings) { stage in
                try await stage.room(with: "ana")
                _ = try await stage.join("159", as: "ana")
                _ = try await spectate(stage)
                if isKept {
                    #expect(await stage.live.pictureBytes(of: "159") > 0)
                } else {
                    while await stage.live.pictureBytes(of: "159") > 0 { try await Task.sleep(for: .milliseconds(5)) }
                }
            }
        }
    }

    @Test("who was shown a moment that has passed gets what changed since with the next frame")
    func caughtUp() async throws {
        var settings = LiveSettings.quick
        // Within it, the picture is shown again; at its end, the frame comes.
        settings.tick = .milliseconds(600)
        try await Stage.run(in: directory, settings: settings) { stage in
            _ = try await stage.live.createRoom("159", password: "pw")
            try await stage.account("ana")
            let (ana, _) = try await stage.join("159", as: "ana")
            let start = stage.live.clock.now() - 60_000
            ana.send(#"{"type":"start","time":\#(start)}"#)
            _ = try await ana.event("started")
            for id in 1...4 {
                let (early, _) = try await spectate(stage)
                let latitude = 48 + Double(id) / 10_000
                ana.send(marker(id, latitude, at: start + Int64(id) * 10_000))
                ana.send(#"{"type":"ping"}"#)
                _ = try await ana.next("pong")
                let (late, joined) = try await spectate(stage)
                for (phone, seen) in [(early, []), (late, joined.column(1))] where seen != ["\(latitude)"] {
                    _ = try await phone.next("frame") { $0.column(1) == ["\(latitude)"] }
                }
                for phone in [early, late] { phone.send(#"{"type":"leave"}"#) }
            }
        }
    }
}

extension LiveRooms {
    /// What the pictures of a room take that is awake.
    fileprivate func pictureBytes(of runID: String) -> Int { table[runID]?.pictures.bytes ?? 0 }
}
