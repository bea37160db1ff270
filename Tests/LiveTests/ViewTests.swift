import Foundation
import Geo
import Rooms
import TestKit
import Testing

@testable import Live

/// Live protocol, section 7: `rate`, `view` and `cadence`.
@Suite("Viewers who want fewer frames, and rooms that nobody looks at", .timeLimit(.minutes(5))) struct ViewTests {
    private let directory = TemporaryDirectory()

    private func spectate(_ stage: Stage, _ more: String = "") async throws -> Phone {
        let phone = await stage.connect(
            #"{"type":"join","runID":"159","password":"pw","role":"spectator"\#(more)}"#)
        _ = try await phone.next("joined")
        return phone
    }

    private func run(_ stage: Stage, as name: String, _ more: String = "") async throws -> Phone {
        let phone = await stage.connect(
            #"{"type":"join","runID":"159","password":"pw","token":"\#(name)"\#(more)}"#)
        _ = try await phone.next("joined")
        return phone
    }

    /// Whatever a phone was sent until now, without what it has been asked for already.
    private func heard(by phone: Phone) async throws -> [String] {
        let mark = Int.random(in: 1...1_000_000)
        phone.send(#"{"type":"ping","t":\#(mark)}"#)
        return try await phone.all(until: "pong") { $0.number("t") == Double(mark) }.dropLast().map(\.type)
    }

    @Test(
        "who wants none gets no frame, but events and acks; and all that was missed with one frame when it looks again")
    func quiet() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana", "bo")
            let ana = try await run(stage, as: "ana", #","rate":0"#)
            let bo = try await run(stage, as: "bo")
            let quiet = try await spectate(stage, #","rate":0"#)
            let loud = try await spectate(stage)
            for phone in [ana, bo] {
                phone.send(#"{"type":"start","time":\#(stage.live.clock.now() - 60_000)}"#)
            }
            for id in 1...5 {
                for phone in [ana, bo] { Steps.mark(phone, id, at: stage) }
                _ = try await loud.next("frame", where: Steps.shows(id))
            }
            _ = try await ana.next("ack") { $0.number("marker") == 5 }
            _ = try await quiet.event("started")
            #expect(try await heard(by: ana).allSatisfy { $0 != "frame" })
            #expect(try await heard(by: quiet).allSatisfy { $0 == "event" })
            quiet.send(#"{"type":"view","rate":5}"#)
            let frame = try await quiet.next("frame")
            #expect(
                frame.column(0) == ["1", "2"] && frame.column(1) == ["\(Steps.latitude(5))", "\(Steps.latitude(5))"])
            quiet.send(#"{"type":"view","rate":0}"#)
            _ = try await heard(by: quiet)
            Steps.mark(bo, 6, at: stage)
            _ = try await loud.next("frame", where: Steps.shows(6))
            #expect(try await heard(by: quiet).isEmpty)
        }
    }

    @Test("who takes no frames has acks seldom, of ten markers at once, and when it looks again")
    func quietAcks() async throws {
        var settings = LiveSettings.quick
        settings.quietAckInterval = .seconds(3600)
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana", "bo")
            let ana = try await run(stage, as: "ana", #","rate":0"#)
            let bo = try await run(stage, as: "bo")
            for phone in [ana, bo] {
                phone.send(#"{"type":"start","time":\#(stage.live.clock.now() - 60_000)}"#)
                Steps.mark(phone, 1, at: stage)
                _ = try await phone.next("ack") { $0.number("marker") == 1 }
            }
            for id in 2...4 { Steps.mark(ana, id, at: stage) }
            #expect(try await heard(by: ana).allSatisfy { $0 != "ack" })
            // They are on disk with an event of their room, and a tick later an ack would have come.
            bo.send(#"{"type":"cheer","text":"go"}"#)
            _ = try await bo.event("cheer")
            Steps.mark(bo, 2, at: stage)
            _ = try await bo.next("ack") { $0.number("marker") == 2 }
            #expect(try await heard(by: ana).allSatisfy { $0 == "event" })
            ana.send(#"{"type":"view","rate":5}"#)
            _ = try await ana.next("ack") { $0.number("marker") == 4 }
            ana.send(#"{"type":"view","rate":0}"#)
            for id in 5...14 { Steps.mark(ana, id, at: stage) }
            _ = try await ana.next("ack") { $0.number("marker") == 14 }
        }
    }

    @Test("markers of a phone that takes no frames go to the disk with the second's commit, or with those of others")
    func quietCommits() async throws {
        var settings = LiveSettings.quick
        settings.commitInterval = .seconds(3600)
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana", "bo", "cy")
            _ = try await stage.live.createRoom("160", password: "pw")
            let ana = try await run(stage, as: "ana", #","rate":0"#)
            let bo = try await run(stage, as: "bo")
            let cy = try await stage.join("160", as: "cy").phone
            let loud = try await spectate(stage)
            for phone in [ana, bo, cy] {
                phone.send(#"{"type":"start","time":\#(stage.live.clock.now() - 60_000)}"#)
                _ = try await phone.event("started")
            }
            Steps.mark(ana, 1, at: stage)
            #expect(try await heard(by: ana).allSatisfy { $0 == "event" })
            // Markers of another room are stored, and a tick of this one is over: its first ack would have come.
            Steps.mark(cy, 1, at: stage)
            _ = try await cy.next("ack")
            Steps.mark(ana, 2, at: stage)
            _ = try await loud.next("frame", where: Steps.shows(2))
            #expect(try await heard(by: ana).allSatisfy { $0 == "event" })
            // Somebody of this room waits.
            Steps.mark(bo, 1, at: stage)
            _ = try await ana.next("ack") { $0.number("marker") == 2 }
        }
    }

    @Test(
        "who wants one now and then gets the newest of all meanwhile, though nothing happens any more when its turn comes"
    )
    func slow() async throws {
        var settings = LiveSettings.quick
        settings.tick = .milliseconds(20)
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana")
            let ana = try await run(stage, as: "ana")
            ana.send(#"{"type":"start","time":\#(stage.live.clock.now() - 60_000)}"#)
            // 50 ticks apart.
            let slow = try await spectate(stage, #","rate":1"#)
            let loud = try await spectate(stage)
            let begun = ContinuousClock.now
            for id in 1...20 {
                Steps.mark(ana, id, at: stage)
                _ = try await loud.next("frame", where: Steps.shows(id))
            }
            let frames = try await slow.all(until: "frame", where: Steps.shows(20)).filter { $0.type == "frame" }
            // The start's or the first marker's, and with luck one of the way between.
            let seconds = Int(begun.duration(to: .now).components.seconds)
            #expect(frames.count <= 3 + seconds, "\(frames.count) in \(seconds) s")
            // It is the next again: its turn has come, or comes, without anything to show.
            let before = ContinuousClock.now
            slow.send(#"{"type":"view","rate":50}"#)
            Steps.mark(ana, 21, at: stage)
            _ = try await slow.next("frame", where: Steps.shows(21))
            #expect(before.duration(to: .now) < .seconds(10))
        }
    }

    @Test("what no rate is, is told, and changes nothing; in a join it ends the connection")
    func wrong() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana")
            let watch = try await spectate(stage, #","rate":null"#)
            for wrong in [#","rate":0.05"#, #","rate":-1"#, "", #","rate":"1""#, #","rate":null"#, #","rate":1e400"#] {
                watch.send(#"{"type":"view"\#(wrong)}"#)
                let error = try await watch.next("error")
                #expect(["bad_message", "bad_json"].contains(error.text("code") ?? ""), "\(error)")
            }
            for wrong in ["0.05", "-1", "true"] {
                let phone = await stage.connect(
                    #"{"type":"join","runID":"159","password":"pw","role":"spectator","rate":\#(wrong)}"#)
                #expect(try await phone.closed() == 4000)
            }
            // It still gets all.
            let ana = try await run(stage, as: "ana")
            ana.send(#"{"type":"start","time":\#(stage.live.clock.now() - 60_000)}"#)
            Steps.mark(ana, 1, at: stage)
            _ = try await watch.next("frame", where: Steps.shows(1))
        }
    }

    @Test("runners are asked for fewer messages when no screen is awake, and for all as soon as one is")
    func cadence() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana", "bo")
            let ana = try await run(stage, as: "ana", #","rate":0"#)
            let watch = try await spectate(stage)
            await stage.live.sweep(in: .seconds(30))
            #expect(try await heard(by: ana).allSatisfy { $0 == "event" })
            watch.send(#"{"type":"view","rate":0}"#)
            _ = try await heard(by: watch)
            await stage.live.sweep(in: .seconds(35))
            #expect(try await heard(by: ana).isEmpty, "it was looked at a moment ago")
            await stage.live.sweep(in: .seconds(41))
            #expect(try await ana.next("cadence").description == #"{"type":"cadence","every":15000}"#)
            #expect(try await heard(by: watch).isEmpty, "a spectator has no markers")
            // Who comes is told too, with nobody awake.
            let bo = try await run(stage, as: "bo", #","rate":0"#)
            _ = try await bo.next("cadence")
            watch.send(#"{"type":"view","rate":1}"#)
            for phone in [ana, bo] {
                #expect(try await phone.next("cadence").description == #"{"type":"cadence","every":0}"#)
            }
            watch.send(#"{"type":"leave"}"#)
            #expect(try await watch.closed() == 1000)
            await stage.live.sweep(in: .seconds(60))
            for phone in [ana, bo] { #expect(try await phone.next("cadence").number("every") == 15_000) }
            // A runner's own screen is one.
            let boAgain = try await run(stage, as: "bo")
            for phone in [ana, boAgain] { #expect(try await phone.next("cadence").number("every") == 0) }
        }
    }

    @Test("who asks by REST looks at the room as well")
    func polls() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana")
            let ana = try await run(stage, as: "ana", #","rate":0"#)
            for look in [
                { _ = try await stage.hub.room("159") }, { _ = try await stage.hub.state(of: "159", in: .wgs84) },
                { _ = try await stage.hub.start("159", account: try #require(try await stage.find("ana")).account) },
            ] as [() async throws -> Void] {
                await stage.live.sweep(in: .seconds(11))
                #expect(try await ana.next("cadence").number("every") == 15_000)
                try await look()
                #expect(try await ana.next("cadence").number("every") == 0)
            }
        }
    }

    @Test("it is the same on whichever loop a room is at home")
    func loops() async throws {
        try await Stage.run(in: directory, loops: 3) { stage in
            let rooms = (1...6).map { "room\($0)" }
            try await stage.account("ana")
            for room in rooms {
                _ = try await stage.hub.createRoom(room, password: "pw")
                let ana = await stage.connect(
                    #"{"type":"join","runID":"\#(room)","password":"pw","token":"ana","rate":0}"#)
                _ = try await ana.next("joined")
                let watch = await stage.connect(
                    #"{"type":"join","runID":"\#(room)","password":"pw","role":"spectator","rate":0}"#)
                _ = try await watch.next("joined")
                for loop in stage.hub.loops { await loop.sweep(in: .seconds(11)) }
                #expect(try await ana.next("cadence").number("every") == 15_000)
                ana.send(#"{"type":"start","time":\#(stage.live.clock.now() - 60_000)}"#)
                Steps.mark(ana, 1, at: stage)
                _ = try await watch.event("started")
                #expect(try await heard(by: watch).isEmpty)
                watch.send(#"{"type":"view","rate":0.5}"#)
                _ = try await watch.next("frame", where: Steps.shows(1))
                #expect(try await ana.next("cadence").number("every") == 0)
            }
        }
    }
}

extension LiveRooms {
    /// Has done what is done once a second, as if so much time had passed.
    fileprivate func sweep(in time: Duration) { registry.sweep(at: .now + time) }
}
