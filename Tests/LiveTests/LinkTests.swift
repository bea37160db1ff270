import Foundation
import Rooms
import Store
import TestKit
import Testing

@testable import Live

@Suite("Links, and rooms that say who may come", .timeLimit(.minutes(2)))
struct LinkTests {
    private let directory = TemporaryDirectory()

    private func makeRoom(_ stage: Stage, _ visibility: RoomDetails.Visibility, owner: Int64? = nil) async throws {
        _ = try await stage.live.createRoom(
            "159", password: "pw", details: RoomDetails(owner: owner, visibility: visibility))
    }

    private func join(_ more: String) -> String { #"{"type":"join"\#(more)}"# }

    @Test("a spectator's link leads to its room without a password, and lets nobody run")
    func spectators() async throws {
        try await Stage.run(in: directory) { stage in
            try await makeRoom(stage, .link)
            try await stage.account("ana")
            stage.links.give("watch", LinkGrant(id: 1, runID: "159", mayRun: false, expiresAt: nil))
            let phone = await stage.connect(join(#","link":"watch""#))
            let joined = try await phone.next("joined")
            #expect(joined.text("runID") == "159" && joined.number("runner") == nil)
            phone.send(#"{"type":"start"}"#)
            #expect(try await phone.next("error").text("code") == "runners_only")

            let runner = await stage.connect(join(#","link":"watch","role":"runner","token":"ana""#))
            #expect(try await runner.next("error").text("code") == "spectators_only")
            #expect(try await runner.closed() == 4001)
            let guesser = await stage.connect(join(#","link":"what""#))
            #expect(try await guesser.next("error").text("code") == "bad_link")
            #expect(try await guesser.closed() == 4001)
        }
    }

    @Test("a runner's link takes who shows a token, and who only watches")
    func runners() async throws {
        try await Stage.run(in: directory) { stage in
            try await makeRoom(stage, .link)
            try await stage.account("ana")
            stage.links.give("run", LinkGrant(id: 1, runID: "159", mayRun: true, expiresAt: nil))
            let nobody = await stage.connect(join(#","link":"run""#))
            #expect(try await nobody.closed() == 4001)
            let watcher = await stage.connect(join(#","link":"run","role":"spectator""#))
            #expect(try await watcher.next("joined").number("runner") == nil)
            let ana = await stage.connect(join(#","link":"run","token":"ana""#))
            #expect(try await ana.next("joined").number("runner") == 1)
            // Whoever is a runner of the room comes back to it without a link.
            let again = await stage.connect(join(#","runID":"159","token":"ana""#))
            #expect(try await again.next("joined").number("runner") == 1)
        }
    }

    @Test("a room by link takes nobody without one but its owner, not by its password either")
    func closedRoom() async throws {
        try await Stage.run(in: directory) { stage in
            let ana = try await stage.account("ana")
            try await stage.account("ben")
            try await makeRoom(stage, .link, owner: ana.account)
            for more in [
                #","runID":"159","password":"pw","token":"ben""#, #","runID":"159","role":"spectator""#,
                #","runID":"159","role":"spectator","password":"pw""#,
                #","runID":"159","role":"spectator","token":"ben""#,
            ] {
                let phone = await stage.connect(join(more))
                #expect(try await phone.closed() == 4004, "\(more)")
            }
            let watch = await stage.connect(join(#","runID":"159","role":"spectator","token":"ana""#))
            #expect(try await watch.next("joined").number("runner") == nil)
            let run = await stage.connect(join(#","runID":"159","token":"ana""#))
            #expect(try await run.next("joined").number("runner") == 1)
        }
    }

    @Test("a public room takes everybody, and who watches it goes when it is one no more")
    func publicRoom() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.account("ana")
            try await makeRoom(stage, .everybody)
            stage.links.give("watch", LinkGrant(id: 1, runID: "159", mayRun: false, expiresAt: nil))
            try await stage.account("ben")
            let watch = await stage.connect(join(#","runID":"159","role":"spectator""#))
            _ = try await watch.next("joined")
            let known = await stage.connect(join(#","runID":"159","role":"spectator","token":"ben""#))
            _ = try await known.next("joined")
            let linked = await stage.connect(join(#","link":"watch""#))
            _ = try await linked.next("joined")
            let run = await stage.connect(join(#","runID":"159","token":"ana""#))
            _ = try await run.next("joined")
            #expect(await stage.live.publicRooms(limit: 9).map(\.people) == [1])

            let changed = try await stage.live.changeRoom(
                "159", to: RoomDetails(name: "Ours", visibility: .link), password: nil)
            #expect(changed?.details.revision == 1)
            #expect(try await watch.closed() == 4003)
            #expect(try await known.closed() == 4003, "to be somebody is not enough")
            for phone in [linked, run] {
                phone.send(#"{"type":"ping","t":1}"#)
                _ = try await phone.next("pong")
            }
            #expect(await stage.live.publicRooms(limit: 9).isEmpty)
            // By who has seen what it was before: nothing.
            let late = try await stage.live.changeRoom("159", to: RoomDetails(visibility: .everybody), password: nil)
            #expect(late == nil)
            #expect(try await stage.hub.details(of: "159")?.details.name == "Ours")
        }
    }

    @Test("whoever watches by a password goes with it, and its owner and runners stay")
    func changedPassword() async throws {
        try await Stage.run(in: directory) { stage in
            let ana = try await stage.account("ana")
            try await stage.account("ben")
            try await makeRoom(stage, .password, owner: ana.account)
            let watch = await stage.connect(join(#","runID":"159","role":"spectator","password":"pw""#))
            let owner = await stage.connect(join(#","runID":"159","role":"spectator","token":"ana""#))
            let run = await stage.connect(join(#","runID":"159","password":"pw","token":"ben""#))
            for phone in [watch, owner, run] { _ = try await phone.next("joined") }
            let details = RoomDetails(owner: ana.account, name: "Ours", visibility: .password)
            _ = try await stage.hub.changeRoom("159", to: details, password: nil)
            watch.send(#"{"type":"ping","t":1}"#)
            _ = try await watch.next("pong")
            _ = try await stage.hub.changeRoom(
                "159", to: RoomDetails(owner: ana.account, visibility: .password, revision: 1), password: "other")
            #expect(try await watch.closed() == 4003)
            for phone in [owner, run] {
                phone.send(#"{"type":"ping","t":1}"#)
                _ = try await phone.next("pong")
            }
        }
    }

    @Test("a link that is revoked ends what came of it, connections and places in the room, and nothing else")
    func revocation() async throws {
        try await Stage.run(in: directory) { stage in
            let owner = try await stage.account("owner")
            for name in ["ana", "ben"] { try await stage.account(name) }
            try await makeRoom(stage, .link, owner: owner.account)
            stage.links.give("one", LinkGrant(id: 1, runID: "159", mayRun: true, expiresAt: nil))
            stage.links.give("two", LinkGrant(id: 2, runID: "159", mayRun: true, expiresAt: nil))
            let watch = await stage.connect(join(#","link":"one","role":"spectator""#))
            let run = await stage.connect(join(#","link":"one","token":"ana""#))
            let own = await stage.connect(join(#","link":"one","token":"owner""#))
            let other = await stage.connect(join(#","link":"two","token":"ben""#))
            for phone in [watch, run, other] { _ = try await phone.next("joined") }
            let number = try await own.next("joined").number("runner")
            run.send(#"{"type":"start"}"#)
            while try await other.next("event").text("kind") != "started" {}
            stage.links.take("one")
            await stage.hub.endLink(1, of: "159")
            for phone in [watch, run, own] {
                #expect(try await phone.next("error").text("code") == "unauthorized")
                #expect(try await phone.closed() == 4001)
            }
            // The others are told that she left; the owner has the room, whatever they came by.
            #expect(try await other.next("event").text("kind") == "left")
            let back = await stage.connect(join(#","runID":"159","token":"ana""#))
            #expect(try await back.closed() == 4004)
            let again = await stage.connect(join(#","runID":"159","token":"owner""#))
            #expect(try await again.next("joined").number("runner") == number)
            // Once more is no error, nor is one of a room that is gone.
            await stage.hub.endLink(1, of: "159")
            await stage.hub.endLink(1, of: "nowhere")
            other.send(#"{"type":"ping","t":1}"#)
            _ = try await other.next("pong")
        }
    }

    @Test("by which link somebody came in is known after a restart, too")
    func revocationAfterRestart() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.account("ana")
            try await makeRoom(stage, .link)
            stage.links.give("one", LinkGrant(id: 1, runID: "159", mayRun: true, expiresAt: nil))
            let run = await stage.connect(join(#","link":"one","token":"ana""#))
            _ = try await run.next("joined")
        }
        try await Stage.run(in: directory) { stage in
            await stage.hub.endLink(1, of: "159")
            let back = await stage.connect(join(#","runID":"159","token":"ana""#))
            let code = try await back.closed()
            #expect(code == 4004)
        }
    }

    @Test("a link that expires ends its connections")
    func expiry() async throws {
        try await Stage.run(in: directory) { stage in
            try await makeRoom(stage, .link)
            let soon = Int64(Date().timeIntervalSince1970 * 1000) + 200
            stage.links.give("soon", LinkGrant(id: 1, runID: "159", mayRun: false, expiresAt: soon))
            let phone = await stage.connect(join(#","link":"soon""#))
            // However late it joins: here nobody but the sweep looks at the time.
            #expect(try await phone.closed() == 4001)
        }
    }
}
