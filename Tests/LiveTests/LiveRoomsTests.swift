import Foundation
import Geo
import Rooms
import Store
import Synchronization
import TestKit
import Testing

@testable import Live

@Suite("Live rooms", .timeLimit(.minutes(5))) struct LiveRoomsTests {
    private let directory = TemporaryDirectory()

    // MARK: - Damage

    @Test("a runner whose state is damaged keeps number and markers, and the room and the others go on")
    func damagedState() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana", "ben")
            for name in ["ana", "ben"] {
                let (phone, _) = try await stage.join("159", as: name)
                phone.send(#"{"type":"start"}"#)
                phone.send(markers(1...5))
                _ = try await phone.next("ack") { $0.number("marker") == 5 }
            }
        }
        try await Stage.run(in: directory) { stage in
            try stage.administer("UPDATE people SET state = x'7B' WHERE runner = 1")
        }
        try await Stage.run(in: directory) { stage in
            let (_, ben) = try await stage.join("159", as: "ben")
            #expect(ben.number("runner") == 2)
            #expect(ben.number("marker") == 5)
            #expect(ben.column(5) == ["offline", "running"])
            let (phone, ana) = try await stage.join("159", as: "ana")
            #expect(ana.number("runner") == 1)
            #expect(ana.number("marker") == 5)
            phone.send(#"{"type":"start"}"#)
            _ = try await phone.event("started")
            let meters = try await stage.live.room("159")?.runners.map(\.row.meters)
            #expect(meters?.first == meters?.last)
        }
    }

    @Test("a runner whose row is gone leaves a gap that nobody falls into")
    func missingRunner() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana", "ben")
            for name in ["ana", "ben"] {
                let (phone, _) = try await stage.join("159", as: name)
                phone.send(markers(1...2))
                _ = try await phone.next("ack")
            }
            try stage.administer("DELETE FROM people WHERE runner = 1")
        }
        try await Stage.run(in: directory) { stage in
            let (_, ben) = try await stage.join("159", as: "ben")
            #expect(ben.number("runner") == 2)
            let (_, ana) = try await stage.join("159", as: "ana")
            #expect(ana.number("runner") == 3)
        }
    }

    @Test("a room that cannot be read keeps nobody else from starting")
    func unreadableRoom() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana")
            _ = try await stage.live.createRoom("160", password: "pw")
            for runID in ["159", "160"] {
                let (phone, _) = try await stage.join(runID, as: "ana")
                phone.send(markers(1...2))
                _ = try await phone.next("ack")
            }
            try stage.store.relax("rooms", key: "run_id")
            try stage.administer("UPDATE rooms SET epoch = NULL WHERE run_id = '159'")
        }
        try await Stage.run(in: directory) { stage in
            #expect(await stage.live.metrics.roomsUnreadable == 1)
            let (_, joined) = try await stage.join("160", as: "ana")
            #expect(joined.number("marker") == 2)
            let refused = await stage.connect(#"{"type":"join","runID":"159","password":"pw","token":"ana"}"#)
            #expect(try await refused.next("error").text("code") == "unavailable")
        }
    }

    // MARK: - A database that does not store

    private let refuseEvents = "CREATE TRIGGER refuse BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no'); END"

    @Test("who leaves while nothing can be stored is let go when it can again")
    func leaveWithoutStore() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            try stage.administer(refuseEvents)
            phone.send(#"{"type":"leave"}"#)
            #expect(try await phone.next("error").text("code") == "not_stored")
            try stage.administer("DROP TRIGGER refuse")
            _ = try await phone.event("left")
            #expect(try await phone.closed() == 1000)
        }
    }

    @Test("a stop ends within seconds when nothing can be stored, and whoever waits is told")
    func stopWithoutStore() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana")
            let ana = try await stage.account("ana2")
            try stage.administer(refuseEvents)
            let live = stage.live
            let join = Task { try await live.join("159", at: nil, as: { ana }) }
            await #expect(throws: LiveError.self) { try await join.value }
            let begun = ContinuousClock.now
            await live.stop()
            #expect(begun.duration(to: .now) < .seconds(6))
            await #expect(throws: LiveError.self) { try await live.join("159", at: nil, as: { ana }) }
        }
    }

    @Test("a stop waits for a database that is only slow to come back")
    func stopWithLateStore() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            try stage.administer(refuseEvents)
            phone.send(#"{"type":"start"}"#)
            #expect(try await phone.next("error").text("code") == "not_stored")
            let live = stage.live
            let stop = Task { await live.stop() }
            try stage.administer("DROP TRIGGER refuse")
            await stop.value
            let stored = try await stage.store.rooms.room(runID: "159")
            #expect(stored?.events.last?.body.contains("started") == true)
        }
    }

    @Test("events that wait for the disk are bounded")
    func boundedEvents() async throws {
        var settings = LiveSettings.quick
        settings.unstoredEvents = 3
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            try stage.administer(refuseEvents)
            phone.send(#"{"type":"start"}"#)
            _ = try await phone.next("error") { $0.text("code") == "not_stored" }
            for _ in 0..<4 { phone.send(#"{"type":"pause"}"#); phone.send(#"{"type":"start"}"#) }
            let refusal = try await phone.next("error") { $0.text("code") == "not_stored" }
            #expect(refusal.text("message")?.contains("store more") == true)
            try stage.administer("DROP TRIGGER refuse")
            _ = try await phone.event("started")
        }
    }

    @Test("so are those that markers would cause")
    func boundedEventsOfMarkers() async throws {
        var settings = LiveSettings.quick
        settings.unstoredEvents = 1
        settings.storeTries = 30
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            try stage.administer(refuseEvents)
            phone.send(#"{"type":"start"}"#)
            _ = try await phone.next("error") { $0.text("code") == "not_stored" }
            // A kilometre and a half, whose event waits.
            phone.send(markers(1...450))
            phone.send(markers(451...900))
            let refusal = try await phone.next("error") { $0.text("code") == "not_stored" }
            #expect(refusal.text("message")?.contains("store more") == true)
            try stage.administer("DROP TRIGGER refuse")
            _ = try await phone.event("split")
            phone.send(markers(451...900))
            _ = try await phone.next("ack") { $0.number("marker") == 900 }
        }
    }

    // MARK: - Leaving by another way

    @Test(
        "a runner who leaves over REST is told so on the live connection, which then ends",
        arguments: [true, false])
    func leaveOverREST(byUpdate: Bool) async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room()
            let ana = try await stage.account("ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            if byUpdate {
                _ = try await stage.live.update("159", account: ana.account, PollReport(isInRoom: false))
            } else {
                _ = try await stage.live.leave("159", account: ana.account)
            }
            _ = try await phone.event("left")
            #expect(try await phone.closed() == 1000)
            let (_, joined) = try await stage.join("159", as: "ana")
            #expect(joined.number("runner") == 1)
        }
    }

    @Test("who joins over REST and is never heard of again is shown offline after the grace")
    func offlineAfterREST() async throws {
        var settings = LiveSettings.quick
        settings.room.offlineGrace = 100
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            let ben = try await stage.account("ben")
            _ = try await stage.live.join("159", at: nil, as: { ben })
            #expect(try await phone.event("offline").number("runner") == 2)
        }
    }

    // MARK: - Acknowledgements and bounds

    @Test("who joins while tokens cannot be looked up is sent away for now, and comes in later")
    func unreadableTokens() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana")
            stage.logins.areUnreadable.store(true, ordering: .relaxed)
            let phone = await stage.connect(#"{"type":"join","runID":"159","password":"pw","token":"ana"}"#)
            #expect(try await phone.next("error").text("code") == "unavailable")
            #expect(try await phone.closed() == 4011)
            stage.logins.areUnreadable.store(false, ordering: .relaxed)
            #expect(try await stage.join("159", as: "ana").joined.number("runner") == 1)
        }
    }

    @Test("the delays of storing and of acknowledgements are measured, the latter once for each that is sent")
    func ackDelay() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            phone.send(markers(1...3))
            _ = try await phone.next("ack") { $0.number("marker") == 3 }
            phone.send(markers(5...6))
            phone.send(markers(4...4))
            _ = try await phone.next("ack") { $0.number("marker") == 6 }
            let metrics = await stage.live.metrics
            #expect(metrics.acksOut == 2)
            #expect(metrics.ackDelay.count == 2)
            #expect((2...3).contains(metrics.storeDelay.count), "what fills the gap, with what came before or alone")
            #expect(metrics.storeDelay.sum > 0 && metrics.ackDelay.sum > 0)
        }
    }

    @Test("markers are acknowledged as soon as they are on disk, long before they are in their room's journal")
    func soon() async throws {
        var settings = LiveSettings.quick
        settings.commitInterval = .seconds(3600)
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            for last in 1...5 {
                phone.send(markers(last...last))
                #expect(try await phone.next("ack").number("marker") == Double(last))
            }
            // With the first it is noted that a phone streams: the two are never apart.
            #expect(try stage.administered("SELECT COUNT(*) FROM journal") == ["1"])
            #expect(try stage.administered("SELECT COUNT(*) FROM marker_log") == ["4"])
            #expect(try await stage.store.rooms.room(runID: "159")?.journal.count == 5, "and whoever takes it has them")
            await stage.live.commitAll()
            phone.send(#"{"type":"cheer","to":null,"text":"go"}"#)
            _ = try await phone.event("cheer")
            #expect(try stage.administered("SELECT COUNT(*) FROM journal") == ["2"])
            #expect(try stage.administered("SELECT COUNT(*) FROM marker_log") == ["0"])
        }
    }

    @Test("what is on disk is there after a crash, wherever it is: in the log, in the journal, or in both")
    func crashBetween() async throws {
        var settings = LiveSettings.quick
        settings.commitInterval = .seconds(3600)
        let copies = (0..<3).map { _ in TemporaryDirectory() }
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana", "ben")
            var phones: [Phone] = []
            for name in ["ana", "ben"] {
                let (phone, _) = try await stage.join("159", as: name)
                phone.send(#"{"type":"start"}"#)
                phone.send(markers(1...4))
                _ = try await phone.next("ack") { $0.number("marker") == 4 }
                phones.append(phone)
            }
            try stage.copy(to: copies[0])
            // Brings what there is into the journal, and the log is not cleared by it.
            phones[0].send(#"{"type":"cheer","to":null,"text":"go"}"#)
            _ = try await phones[0].event("cheer")
            phones[1].send(markers(5...6))
            _ = try await phones[1].next("ack") { $0.number("marker") == 6 }
            try stage.copy(to: copies[1])
            await stage.live.commitAll()
            phones[0].send(#"{"type":"cheer","to":null,"text":"on"}"#)
            try stage.copy(to: copies[2])
        }
        for (copy, last) in zip(copies, [4, 6, 6]) {
            try await Stage.run(in: copy) { stage in
                #expect(try stage.administered("SELECT COUNT(*) FROM marker_log") == ["0"])
                #expect(try await stage.join("159", as: "ana").joined.number("marker") == 4)
                #expect(try await stage.join("159", as: "ben").joined.number("marker") == Double(last))
                let rows = try await stage.live.room("159")?.runners.map(\.row.meters)
                #expect(rows?.allSatisfy { $0 > 0 } ?? false)
            }
        }
    }

    @Test("a full commit that became due during another follows it at once")
    func fullCommitAfterAnother() async throws {
        var settings = LiveSettings.quick
        settings.commitInterval = .seconds(3600)
        try await Stage.run(in: directory, settings: settings) { stage in
            try await stage.room(with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            try stage.administer(refuseEvents)
            phone.send(#"{"type":"cheer","to":null,"text":"go"}"#)
            #expect(try await phone.next("error").text("code") == "not_stored")
            phone.send(markers(1...3))
            phone.send(#"{"type":"ping"}"#)
            _ = try await phone.next("pong")
            await stage.live.commitAll()
            try stage.administer("DROP TRIGGER refuse")
            #expect(try await phone.next("ack").number("marker") == 3)
        }
    }
}
