import Foundation
import Geo
import Limits
import Rooms
import Store
import TestKit
import Testing

@testable import Live

/// Live protocol, section 7: links with a `delay`.
@Suite("Links that show a room later", .timeLimit(.minutes(2))) struct DelayTests {
    private let directory = TemporaryDirectory()
    /// Seconds.
    private static let delay = 2

    /// The id of Ana's account.
    private static func ana(in stage: Stage) throws -> Int64 {
        try #require(stage.administered("SELECT id FROM accounts WHERE username = 'ana'").first.flatMap { Int64($0) })
    }

    private func stage(_ body: (Stage, Phone) async throws -> Void) async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana", "bo")
            stage.links.give(
                "late", LinkGrant(id: 1, runID: "159", mayRun: false, expiresAt: nil, delay: Self.delay))
            await stage.hub.record("159", for: Self.delay)
            let ana = try await stage.join("159", as: "ana").phone
            ana.send(#"{"type":"start","time":\#(stage.live.clock.now() - 60_000)}"#)
            _ = try await ana.event("started")
            try await body(stage, ana)
        }
    }

    /// Who sees by the link where a runner was at their first marker.
    private func watcher(of runner: Phone, on stage: Stage) async throws -> Phone {
        Steps.mark(runner, 1, at: stage)
        _ = try await runner.next("ack")
        let late = await stage.connect(#"{"type":"join","link":"late"}"#)
        _ = try await late.next("joined")
        _ = try await late.next("frame", where: Steps.shows(1))
        return late
    }

    /// What somebody is shown who comes by the link now.
    private func shownLater(on stage: Stage) async throws -> String {
        try await stage.connect(#"{"type":"join","link":"late"}"#).next("joined").description
    }

    @Test("places, events and frames come so much later, and a joiner is shown nothing that is younger")
    func delayed() async throws {
        try await stage { stage, ana in
            let late = await stage.connect(#"{"type":"join","link":"late","rate":1}"#)
            let joined = try await late.next("joined")
            #expect(joined.description.contains(#""recovered":false"#) && joined.number("runner") == nil)
            #expect(!joined.description.contains("\(Steps.latitude(1))"))
            let shown = try #require(joined.number("time"))
            #expect(shown <= Double(stage.live.clock.now() - Int64(Self.delay) * 1000))

            let now = try await stage.join("159", as: "bo").phone
            let sent = stage.live.clock.now()
            Steps.mark(ana, 1, at: stage)
            _ = try await now.next("frame", where: Steps.shows(1))
            now.send(#"{"type":"cheer","to":1,"text":"go"}"#)
            _ = try await now.event("cheer")
            let joiner = await stage.connect(#"{"type":"join","link":"late"}"#)
            let answer = try await joiner.next("joined")
            // On a machine that does much else, it may be old enough by now.
            let isYounger = try #require(answer.number("time")) < Double(sent)
            #expect(!isYounger || !answer.description.contains("\(Steps.latitude(1))"))

            // The event that was told before the frame, or the frame: each not before its time.
            let heard = try await late.all(until: "event") { $0.text("kind") == "cheer" }
            let frames = heard.filter(Steps.shows(1))
            let came = stage.live.clock.now()
            #expect(came - sent >= Int64(Self.delay) * 1000)
            if frames.isEmpty { _ = try await late.next("frame", where: Steps.shows(1)) }
            for frame in frames {
                let time = try #require(frame.number("time"))
                #expect(time <= Double(came - Int64(Self.delay) * 1000))
            }
            #expect(heard.contains { $0.type == "event" && $0.text("kind") == "joined" }, "bo came meanwhile")
        }
    }

    @Test("a spectator who sees the room later is one of its spectators, and is told when it is deleted")
    func deletion() async throws {
        try await stage { stage, ana in
            let late = await stage.connect(#"{"type":"join","link":"late"}"#)
            _ = try await late.next("joined")
            late.send(#"{"type":"start"}"#)
            #expect(try await late.next("error").text("code") == "runners_only")
            late.send(#"{"type":"view","rate":0}"#)
            late.send(#"{"type":"ping","t":1}"#)
            _ = try await late.next("pong")
            let crowd = try await stage.hub.crowd(of: "159")
            #expect(crowd?.spectators == 1)
            try await stage.hub.deleteRoom("159")
            #expect(try await late.closed() == 4004)
            #expect(try await ana.closed() == 4004)
        }
    }

    @Test("a room has so many delays at once; who comes with another sees it later still, or is told that it is full")
    func delays() async throws {
        try await stage { stage, _ in
            func join(_ seconds: Int) async throws -> Phone {
                stage.links.give(
                    "\(seconds)", LinkGrant(id: 1, runID: "159", mayRun: false, expiresAt: nil, delay: seconds))
                return await stage.connect(#"{"type":"join","link":"\#(seconds)"}"#)
            }
            func delay(_ phone: Phone) async throws -> Double {
                let joined = try await phone.next("joined")
                return (Double(stage.live.clock.now()) - (joined.number("time") ?? 0)) / 1000
            }
            var phones: [Phone] = []
            for seconds in 1...Limit.Live.delayedViews {
                phones.append(try await join(seconds * 100))
                let shown = try await delay(phones[seconds - 1])
                #expect(shown >= Double(seconds * 100))
            }
            #expect(try await delay(join(150)) >= 200)
            let last = try await join(Limit.Live.delayedViews * 100 + 1)
            #expect(try await last.closed() == 4011)
        }
    }

    @Test("who hides a place hides it from those who see the room later, too: what was recorded is shown no more")
    func hidden() async throws {
        try await stage { stage, ana in
            let late = await stage.connect(#"{"type":"join","link":"late"}"#)
            _ = try await late.next("joined")
            Steps.mark(ana, 1, at: stage)
            _ = try await late.next("frame", where: Steps.shows(1))
            Steps.mark(ana, 2, at: stage)
            _ = try await ana.next("ack")
            let place = try Coordinate(latitude: Steps.latitude(2), longitude: 11)
            let zone = PrivacyZone(id: 1, place: place, radius: 500, center: place, seed: 1)
            try await stage.hub.update(
                Person(account: Self.ana(in: stage), username: "ana", nickname: "ana", avatar: "", zones: [zone]))
            _ = try await late.next("frame") { $0.column(1) == ["<null>"] }
            // What comes when it is old enough has no place either.
            let next = try await late.next("frame")
            #expect(next.column(1) == ["<null>"])
        }
    }

    @Test("who hides again and again takes nobody else from the sight of those who see the room later")
    func others() async throws {
        try await stage { stage, ana in
            let bo = try await stage.join("159", as: "bo").phone
            bo.send(#"{"type":"start","time":\#(stage.live.clock.now() - 60_000)}"#)
            let late = await stage.connect(#"{"type":"join","link":"late"}"#)
            _ = try await late.next("joined")
            Steps.mark(bo, 1, at: stage)
            _ = try await late.next("frame", where: Steps.shows(1))
            let place = try Coordinate(latitude: 10, longitude: 11)
            for round in 1...5 {
                let zone = PrivacyZone(id: Int64(round), place: place, radius: 500, center: place, seed: 1)
                try await stage.hub.update(
                    Person(account: Self.ana(in: stage), username: "ana", nickname: "ana", avatar: "", zones: [zone]))
                let joined = try await shownLater(on: stage)
                #expect(joined.contains("\(Steps.latitude(1))"), "\(joined)")
            }
        }
    }

    @Test("who hides their name hides it from those who see the room later, too, at once")
    func hiddenName() async throws {
        try await stage { stage, ana in
            _ = try await watcher(of: ana, on: stage)
            try await stage.hub.update(
                Person(
                    account: Self.ana(in: stage), username: "runner-x", nickname: "A", avatar: "/pictures/x", zones: [])
            )
            let joined = try await shownLater(on: stage)
            #expect(joined.contains("runner-x") && !joined.contains(#""ana""#), "\(joined)")
            #expect(joined.contains("\(Steps.latitude(1))"), "the place is not hidden: \(joined)")
        }
    }

    @Test("who comes back before the room has heard what they hide hides it by that, also from those who see it later")
    func hiddenMeanwhile() async throws {
        try await stage { stage, ana in
            let late = try await watcher(of: ana, on: stage)
            let place = try Coordinate(latitude: Steps.latitude(1), longitude: 11)
            let zone = PrivacyZone(id: 1, place: place, radius: 500, center: place, seed: 1)
            let account = try Self.ana(in: stage)
            _ = try await stage.store.accounts.changeZones(of: account) { $0 + [zone] }
            _ = try await stage.join("159", as: "ana")
            _ = try await late.next("frame") { $0.column(1).contains("<null>") }
            // What comes afterwards says nothing new.
            let zones = try #require(try await stage.store.accounts.account(id: account)).zones
            await stage.hub.update(
                Person(account: account, username: "ana", nickname: "ana", avatar: "/pictures/ana", zones: zones))
            let joined = try await shownLater(on: stage)
            #expect(!joined.contains("\(Steps.latitude(1))"), "\(joined)")
        }
    }

    @Test("after a restart nothing is shown that is not old enough")
    func restart() async throws {
        try await stage { stage, ana in
            Steps.mark(ana, 1, at: stage)
            _ = try await ana.next("ack")
        }
        // The links are stored, so that the room knows of them when it wakes.
        try await Stage.run(in: directory) { stage in
            stage.links.give("late", LinkGrant(id: 1, runID: "159", mayRun: false, expiresAt: nil, delay: 2))
            let now = await stage.connect(
                #"{"type":"join","runID":"159","password":"pw","role":"spectator"}"#)
            #expect(try await now.next("joined").description.contains("\(Steps.latitude(1))"))
            let late = await stage.connect(#"{"type":"join","link":"late"}"#)
            #expect(try await !late.next("joined").description.contains("\(Steps.latitude(1))"))
            _ = try await late.next("frame", where: Steps.shows(1))
        }
    }
}
