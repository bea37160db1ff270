import Foundation
import Geo
import Rooms
import Store
import Synchronization
import Testing

@testable import Live

@Suite("Live rooms", .timeLimit(.minutes(5))) struct LiveRoomsTests {
    private let directory = TestDirectory()

    private func room(_ stage: Stage, with names: String...) async throws {
        _ = try await stage.live.createRoom("159", password: "pw")
        for name in names { try await stage.account(name) }
    }

    // MARK: - Damage

    @Test("a runner whose state is damaged keeps number and markers, and the room and the others go on")
    func damagedState() async throws {
        try await Stage.run(in: directory) { stage in
            try await room(stage, with: "ana", "ben")
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
            try await room(stage, with: "ana", "ben")
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
            try await room(stage, with: "ana")
            _ = try await stage.live.createRoom("160", password: "pw")
            for runID in ["159", "160"] {
                let (phone, _) = try await stage.join(runID, as: "ana")
                phone.send(markers(1...2))
                _ = try await phone.next("ack")
            }
            // A table that does not mind what its columns hold.
            try stage.administer("ALTER TABLE people RENAME TO intact")
            try stage.administer("CREATE TABLE people AS SELECT * FROM intact")
            try stage.administer("CREATE UNIQUE INDEX people_key ON people (room, runner)")
            try stage.administer(
                "UPDATE people SET joined_at = NULL WHERE room = (SELECT id FROM rooms WHERE run_id = '159')")
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
            try await room(stage, with: "ana")
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
            try await room(stage, with: "ana")
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
            try await room(stage, with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            try stage.administer(refuseEvents)
            phone.send(#"{"type":"start"}"#)
            #expect(try await phone.next("error").text("code") == "not_stored")
            let live = stage.live
            let stop = Task { await live.stop() }
            try stage.administer("DROP TRIGGER refuse")
            await stop.value
            let stored = try await stage.store.room(runID: "159")
            #expect(stored?.events.last?.body.contains("started") == true)
        }
    }

    @Test("events that wait for the disk are bounded")
    func boundedEvents() async throws {
        var settings = LiveSettings.quick
        settings.unstoredEvents = 3
        try await Stage.run(in: directory, settings: settings) { stage in
            try await room(stage, with: "ana")
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

    // MARK: - Leaving by another way

    @Test(
        "a runner who leaves over REST is told so on the live connection, which then ends",
        arguments: [true, false])
    func leaveOverREST(byUpdate: Bool) async throws {
        try await Stage.run(in: directory) { stage in
            try await room(stage)
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
            try await room(stage, with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            let ben = try await stage.account("ben")
            _ = try await stage.live.join("159", at: nil, as: { ben })
            #expect(try await phone.event("offline").number("runner") == 2)
        }
    }

    // MARK: - Accounts that end

    /// Ana and Ben run in a room; Ana cheers and finishes.
    private func race(_ stage: Stage, in runID: String) async throws {
        _ = try await stage.live.createRoom(runID, password: "pw")
        let (ben, _) = try await stage.join(runID, as: "ben")
        let (ana, _) = try await stage.join(runID, as: "ana")
        ana.send(#"{"type":"cheer","to":1,"text":"I am ana"}"#)
        for phone in [ana, ben] {
            phone.send(#"{"type":"start"}"#)
            phone.send(markers(1...9))
            _ = try await phone.next("ack") { $0.number("marker") == 9 }
        }
        ana.send(#"{"type":"finish"}"#)
        _ = try await ben.event("finished")
    }

    /// Whatever the database says of a room, in one text.
    private func everything(_ runID: String, of stage: Stage) async throws -> String {
        let room = try #require(try await stage.store.room(runID: runID))
        return room.events.map(\.body).joined()
            + room.people.map { person in
                "\(person.owner?.username ?? "nobody") \(person.latitudeE7 ?? 0) "
                    + String(decoding: person.state, as: UTF8.self)
            }.joined()
    }

    @Test("who deletes the account is nobody in every room, awake, asleep or being stored")
    func forgotten() async throws {
        try await Stage.run(in: directory) { stage in
            for name in ["ana", "ben"] { try await stage.account(name) }
            try await race(stage, in: "1")
            try await race(stage, in: "2")
            for runID in ["1", "2"] {
                #expect(try await everything(runID, of: stage).contains("ana"))
            }
        }
        try await Stage.run(in: directory) { stage in
            let account = try #require(try await stage.store.account(usernameKey: "ana")).id
            let (ben, _) = try await stage.join("1", as: "ben")
            let (ana, _) = try await stage.join("1", as: "ana")
            #expect(try await stage.store.deleteAccount(id: account) != nil)
            await stage.live.expel([account], forgetting: true)
            #expect(try await ana.closed() == 4001)
            #expect(try await ben.event("left").number("runner") == 2)

            for runID in ["1", "2"] {
                // Room 2 wakes here.
                let shown = try #require(try await stage.live.room(runID)).runners
                #expect(shown.map(\.person.username) == ["ben"])
                let epoch = try #require(try await stage.store.room(runID: runID)).epoch
                let again = await stage.connect(
                    #"{"type":"join","runID":"\#(runID)","password":"pw","token":"ben","since":{"epoch":"\#(epoch)","event":0}}"#
                )
                let everybody = try await again.next("joined")
                #expect(everybody.flag("recovered") == true)
                #expect(everybody.description.contains("ben"))
                #expect(!everybody.description.contains("ana"), "\(everybody)")
                #expect(everybody.column(5)[1] == "left")
                #expect(everybody.column(1)[1] == "<null>", "a place on the map is told: \(everybody)")
            }
        }
        try await Stage.run(in: directory) { stage in
            for runID in ["1", "2"] {
                let text = try await everything(runID, of: stage)
                #expect(text.contains("ben") && !text.contains("ana"), "\(text)")
                #expect(try await stage.live.room(runID)?.runners.map(\.person.username) == ["ben"])
            }
        }
    }

    @Test("the journal keeps no marker of who is deleted, and those of the others")
    func clearedJournal() async throws {
        try await Stage.run(in: directory) { stage in
            for name in ["ana", "ben"] { try await stage.account(name) }
            try await race(stage, in: "1")
            func chunks() async throws -> [JournalChunk] {
                let room = try #require(try await stage.store.room(runID: "1"))
                return try room.journal.flatMap {
                    try JournalCodec.decode($0.bytes, room: room.id, sequence: $0.sequence)
                }
            }
            #expect(try await Set(chunks().map(\.runner)) == [1, 2])
            let account = try #require(try await stage.store.account(usernameKey: "ana")).id
            #expect(try await stage.store.deleteAccount(id: account) != nil)
            await stage.live.expel([account], forgetting: true)
            let left = try await chunks()
            #expect(Set(left.map(\.runner)) == [1])
            #expect(left.flatMap(\.markers).count == 9)
        }
    }

    @Test("a server that died between the deletion and the room's hearing of it makes up for that when it starts")
    func deletedBeforeDeath() async throws {
        try await Stage.run(in: directory) { stage in
            for name in ["ana", "ben"] { try await stage.account(name) }
            try await race(stage, in: "1")
            let account = try #require(try await stage.store.account(usernameKey: "ana")).id
            #expect(try await stage.store.deleteAccount(id: account) != nil)
        }
        try await Stage.run(in: directory) { stage in
            let (ben, joined) = try await stage.join("1", as: "ben")
            #expect(!joined.description.contains("ana"))
            #expect(joined.column(5) == ["running", "left"])
            // What is stored after it: by then the journal was cleared, or it is now.
            ben.send(#"{"type":"cheer","text":"Go"}"#)
            _ = try await ben.event("cheer")
            let deadline = ContinuousClock.now + .seconds(30)
            var runners: Set<Int> = []
            repeat {
                try await Task.sleep(for: .milliseconds(5))
                let room = try #require(try await stage.store.room(runID: "1"))
                runners = try Set(
                    room.journal.flatMap {
                        try JournalCodec.decode($0.bytes, room: room.id, sequence: $0.sequence).map(\.runner)
                    })
            } while runners != [1] && ContinuousClock.now < deadline
            #expect(runners == [1])
        }
    }

    @Test("a new name is everybody's who comes later, at once and after a restart, in events as well")
    func renamed() async throws {
        try await Stage.run(in: directory) { stage in
            for name in ["ana", "ben"] { try await stage.account(name) }
            try await race(stage, in: "1")
            let account = try #require(try await stage.store.account(usernameKey: "ana")).id
            var change = ProfileChange()
            (change.username, change.usernameKey) = ("zoe", "zoe")
            _ = try await stage.store.changeProfile(change, account: account, at: 2)
            await stage.live.rename(
                Person(account: account, username: "zoe", nickname: "zoe", avatar: "/pictures/zoe"))
            try await expectZoe(stage)
        }
        try await Stage.run(in: directory) { try await expectZoe($0) }
    }

    private func expectZoe(_ stage: Stage) async throws {
        let epoch = try #require(try await stage.store.room(runID: "1")).epoch
        let phone = await stage.connect(
            #"{"type":"join","runID":"1","role":"spectator","password":"pw","since":{"epoch":"\#(epoch)","event":0}}"#)
        let joined = try await phone.next("joined")
        #expect(joined.flag("recovered") == true)
        #expect(joined.description.contains(#""kind":"joined","runner":2,"person":{"runner":2,"username":"zoe""#))
        #expect(joined.description.contains("/pictures/zoe"))
        #expect(!joined.description.contains(#""ana""#), "\(joined)")
        #expect(try await stage.live.room("1")?.runners.map(\.person.nickname) == ["ben", "zoe"])
    }

    @Test("who is disabled leaves the room, and what they did there stays theirs")
    func disabled() async throws {
        try await Stage.run(in: directory) { stage in
            for name in ["ana", "ben"] { try await stage.account(name) }
            try await race(stage, in: "1")
            let account = try #require(try await stage.store.account(usernameKey: "ana")).id
            await stage.live.expel([account], forgetting: false)
            let shown = try #require(try await stage.live.room("1")).runners
            #expect(shown.map(\.person.username) == ["ben", "ana"])
            #expect(shown.map(\.isInRoom) == [true, false])
        }
    }

    @Test("who is disabled while the server is down is not in the room when it is up")
    func disabledAsleep() async throws {
        try await Stage.run(in: directory) { stage in
            for name in ["ana", "ben"] { try await stage.account(name) }
            try await race(stage, in: "1")
            let account = try #require(try await stage.store.account(usernameKey: "ana")).id
            #expect(try await stage.store.setDisabled(5, account: account))
        }
        try await Stage.run(in: directory) { stage in
            let shown = try #require(try await stage.live.room("1")).runners
            #expect(shown.map(\.person.username) == ["ben", "ana"])
            #expect(shown.map(\.isInRoom) == [true, false])
        }
    }

    @Test("a login that ends takes its own connections along, and nobody else's")
    func endedLogin() async throws {
        try await Stage.run(in: directory) { stage in
            try await room(stage)
            _ = try await stage.live.createRoom("160", password: "pw")
            let ana = try await stage.account("ana")
            try await stage.account("ben")
            let watch = await stage.connect(#"{"type":"join","runID":"159","password":"pw","role":"spectator"}"#)
            _ = try await watch.next("joined")
            let (ended, joined) = try await stage.join("159", as: "ana#1")
            let (other, _) = try await stage.join("160", as: "ana#2")
            let (ben, _) = try await stage.join("159", as: "ben")
            await stage.endLogin("ana#1")
            #expect(try await ended.next("error").text("code") == "unauthorized")
            #expect(try await ended.closed() == 4001)
            for phone in [other, ben, watch] {
                phone.send(#"{"type":"ping","t":1}"#)
                _ = try await phone.next("pong")
            }
            // She has not left: with a new login she is who she was.
            let (back, again) = try await stage.join("159", as: "ana#3")
            #expect(again.number("runner") == joined.number("runner"))

            await stage.live.endLogins(of: ana.account)
            #expect(try await other.closed() == 4001)
            #expect(try await back.closed() == 4001)
            ben.send(#"{"type":"ping","t":1}"#)
            _ = try await ben.next("pong")
        }
    }

    @Test("a login that ends while somebody joins by it lets nobody in", arguments: [true, false])
    func endedWhileJoining(isByPassword: Bool) async throws {
        try await Stage.run(in: directory) { stage in
            try await room(stage)
            let ana = try await stage.account("ana")
            stage.logins.whenFound.withLock {
                $0 = {
                    if isByPassword {
                        stage.logins.ended.withLock { _ = $0.insert("ana#1") }
                        await stage.live.endLogins(of: ana.account)
                    } else {
                        await stage.endLogin("ana#1")
                    }
                }
            }
            let phone = await stage.connect(#"{"type":"join","runID":"159","password":"pw","token":"ana#1"}"#)
            #expect(try await phone.next("error").text("code") == "unauthorized")
            #expect(try await phone.closed() == 4001)
            #expect(try await stage.live.room("159")?.runners.isEmpty == true)
        }
    }

    @Test("who is deleted while joining over REST does not come in")
    func deletedWhileJoining() async throws {
        try await Stage.run(in: directory) { stage in
            try await room(stage)
            let ana = try await stage.account("ana")
            let live = stage.live, store = stage.store
            await #expect(throws: LiveError.self) {
                try await live.join("159", at: nil) {
                    guard try await store.account(id: ana.account) != nil else { throw LiveError.notInRoom }
                    _ = try await store.deleteAccount(id: ana.account)
                    await live.expel([ana.account], forgetting: true)
                    // What was found before the account ended.
                    return ana
                }
            }
            #expect(try await live.room("159")?.runners.isEmpty == true)
        }
    }

    @Test("a room that is deleted and made anew at once begins from nothing")
    func madeAnew() async throws {
        try await Stage.run(in: directory) { stage in
            try await room(stage, with: "ana")
            for _ in 0..<5 {
                let (phone, joined) = try await stage.join("159", as: "ana")
                #expect(joined.number("event") == 1)
                phone.send(#"{"type":"start"}"#)
                phone.send(markers(1...5))
                let live = stage.live
                async let deleted: Void = live.deleteRoom("159")
                // As long as it takes for the name to be free.
                while true {
                    do {
                        _ = try await live.createRoom("159", password: "pw")
                        break
                    } catch LiveError.roomExists { await Task.yield() }
                }
                try await deleted
                #expect(try await phone.closed() == 4004)
            }
        }
    }

    // MARK: - Acknowledgements and bounds

    @Test("the delay of acknowledgements is measured once for each that is sent")
    func ackDelay() async throws {
        try await Stage.run(in: directory) { stage in
            try await room(stage, with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            phone.send(markers(1...3))
            _ = try await phone.next("ack") { $0.number("marker") == 3 }
            phone.send(markers(5...6))
            phone.send(markers(4...4))
            // At most one a second.
            _ = try await phone.next("ack") { $0.number("marker") == 6 }
            let metrics = await stage.live.metrics
            #expect(metrics.acksOut == 2)
            #expect(metrics.ackDelay.count == 2)
            #expect(metrics.ackDelay.sum > 0.5)
        }
    }

    @Test("what a commit of events has stored is acknowledged with all that came before the next full one")
    func ackRounds() async throws {
        var settings = LiveSettings.quick
        settings.commitInterval = .seconds(3600)
        try await Stage.run(in: directory, settings: settings) { stage in
            try await room(stage, with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            phone.send(markers(1...3))
            phone.send(#"{"type":"cheer","to":null,"text":"go"}"#)
            _ = try await phone.event("cheer")
            #expect(try await stage.live.durableMarker(of: 1, in: "159") == 3)
            // An acknowledgement would have come before this frame.
            phone.send(markers(4...5))
            _ = try await phone.next("frame")
            #expect(await stage.live.metrics.acksOut == 0)
            await stage.live.commitTick()
            #expect(try await phone.next("ack").number("marker") == 5)
        }
    }

    @Test("a full commit that became due during another follows it at once")
    func fullCommitAfterAnother() async throws {
        var settings = LiveSettings.quick
        settings.commitInterval = .seconds(3600)
        try await Stage.run(in: directory, settings: settings) { stage in
            try await room(stage, with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            try stage.administer(refuseEvents)
            phone.send(#"{"type":"cheer","to":null,"text":"go"}"#)
            #expect(try await phone.next("error").text("code") == "not_stored")
            phone.send(markers(1...3))
            phone.send(#"{"type":"ping"}"#)
            _ = try await phone.next("pong")
            await stage.live.commitTick()
            try stage.administer("DROP TRIGGER refuse")
            #expect(try await phone.next("ack").number("marker") == 3)
        }
    }

    @Test("late markers that keep the loop busy are refused, and taken when they come more slowly")
    func lateMarkers() async throws {
        var settings = LiveSettings.quick
        settings.lateWorkBurst = .zero
        settings.lateWorkPerSecond = .milliseconds(20)
        settings.markerBurst = 1e9
        settings.messageBurst = 1e6
        settings.messagesPerSecond = 1e6
        try await Stage.run(in: directory, settings: settings) { stage in
            try await room(stage, with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            phone.send(#"{"type":"start"}"#)
            for batch in 0..<10 { phone.send(markers((1_000 + batch * 500)..<(1_500 + batch * 500))) }
            for id in 1...30 { phone.send(markers(id...id)) }
            let refusal = try await phone.next("error")
            #expect(refusal.text("code") == "too_many_late_markers")
            // What was refused is not lost for the client: it comes again.
            var marker = 0
            while marker < 30 {
                phone.send(markers(1...30))
                phone.send(#"{"type":"ping"}"#)
                _ = try await phone.next("pong")
                marker = try await stage.live.durableMarker(of: 1, in: "159")
            }
        }
    }

    @Test("late markers of one that keep the loop busy are paid for by all, who are heard when it has rested")
    func lateMarkersOfAll() async throws {
        var settings = LiveSettings.quick
        settings.allLateWorkBurst = .zero
        settings.allLateWorkPerSecond = .milliseconds(20)
        settings.messageBurst = 1e6
        settings.messagesPerSecond = 1e6
        try await Stage.run(in: directory, settings: settings) { stage in
            try await room(stage, with: "ana", "ben")
            let (ana, _) = try await stage.join("159", as: "ana")
            let (ben, _) = try await stage.join("159", as: "ben")
            for phone in [ana, ben] {
                phone.send(#"{"type":"start"}"#)
                _ = try await phone.event("started")
            }
            ben.send(markers(2...2))
            ana.send(markers(500...500))
            // All of them are measured at once, and what that has taken is more than is left.
            ana.send(markers(1...499))
            ana.send(#"{"type":"ping"}"#)
            _ = try await ana.next("pong")
            ben.send(markers(1...1))
            // There is an error behind it in any case.
            ben.send(#"{"type":"nothing"}"#)
            #expect(try await ben.next("error").text("code") == "too_many_late_markers")
            // It was none of his own doing, and only what is late waits.
            ben.send(markers(3...3))
            var marker = 0
            for _ in 0..<5_000 where marker < 3 {
                try await Task.sleep(for: .milliseconds(5))
                ben.send(markers(1...1))
                ben.send(#"{"type":"ping"}"#)
                _ = try await ben.next("pong")
                marker = try await stage.live.durableMarker(of: 2, in: "159")
            }
            #expect(marker == 3)
            #expect(try await stage.live.durableMarker(of: 1, in: "159") == 500)
        }
    }

    @Test("markers that come faster than they are taken are refused, and none is lost")
    func markersAtOnce() async throws {
        var settings = LiveSettings.quick
        settings.markerBurst = 500
        settings.markersPerSecond = 2_000
        settings.messageBurst = 1e6
        settings.messagesPerSecond = 1e6
        try await Stage.run(in: directory, settings: settings) { stage in
            try await room(stage, with: "ana", "ben")
            let (phone, _) = try await stage.join("159", as: "ana")
            for batch in 0..<3 { phone.send(markers((1 + batch * 500)..<(501 + batch * 500))) }
            #expect(try await phone.next("error").text("code") == "too_many_markers_at_once")
            // Each has an allowance of its own.
            let (other, _) = try await stage.join("159", as: "ben")
            other.send(markers(1...500))
            _ = try await other.next("ack") { $0.number("marker") == 500 }
            // What was refused is not lost for the client: it comes again.
            var marker = 0
            while marker < 1_500 {
                phone.send(markers((marker + 1)...min(marker + 500, 1_500)))
                phone.send(#"{"type":"ping"}"#)
                _ = try await phone.next("pong")
                marker = try await stage.live.durableMarker(of: 1, in: "159")
            }
        }
    }

    @Test("a phone that was away for hours gets through with messages of 500, as the settings are")
    func away() async throws {
        try await Stage.run(in: directory) { stage in
            try await room(stage, with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            for batch in 0..<40 { phone.send(markers((1 + batch * 500)..<(501 + batch * 500))) }
            _ = try await phone.next("ack") { $0.number("marker") == 20_000 }
        }
    }

    @Test("starts and pauses by REST and by a socket are counted together, returns too")
    func commandsOfBothDoors() async throws {
        var settings = LiveSettings.quick
        settings.messageBurst = 10
        settings.messagesPerSecond = 1_000
        settings.commandsPerSecond = 0.001
        try await Stage.run(in: directory, settings: settings) { stage in
            try await room(stage, with: "ana", "ben", "cyd")
            let (phone, _) = try await stage.join("159", as: "ana")
            let ana = try #require(try await stage.store.account(usernameKey: "ana")).id
            for turn in 0..<9 {
                _ = try await stage.live.update("159", account: ana, PollReport(isRunning: turn.isMultiple(of: 2)))
                // What changes nothing is free.
                _ = try await stage.live.update("159", account: ana, PollReport(isRunning: turn.isMultiple(of: 2)))
            }
            phone.send(#"{"type":"pause"}"#)
            _ = try await phone.event("paused")
            phone.send(#"{"type":"start"}"#)
            #expect(try await phone.next("error").text("code") == "too_many_commands")
            await #expect(throws: LiveError.self) {
                try await stage.live.update("159", account: ana, PollReport(isRunning: true))
            }
            await #expect(throws: LiveError.self) { try await stage.live.start("159", account: ana) }
            _ = try await stage.live.update(
                "159", account: ana, PollReport(coordinate: Coordinate(latitude: 48, longitude: 11)))

            let ben = try #require(try await stage.store.account(usernameKey: "ben"))
            let person = Person(account: ben.id, username: "ben", nickname: "ben", avatar: "")
            for _ in 0...10 {
                _ = try await stage.live.join("159", at: nil, as: { person })
                _ = try await stage.live.leave("159", account: ben.id)
            }
            await #expect(throws: LiveError.self) { try await stage.live.join("159", at: nil, as: { person }) }
            let back = await stage.connect(#"{"type":"join","runID":"159","password":"pw","token":"ben"}"#)
            #expect(try await back.next("error").text("code") == "too_many_commands")
            #expect(try await back.closed() == 4029)
        }
    }

    @Test("a client that starts and pauses without end is refused, and stays connected")
    func commands() async throws {
        var settings = LiveSettings.quick
        settings.messageBurst = 10
        settings.messagesPerSecond = 1_000
        settings.commandsPerSecond = 0.001
        try await Stage.run(in: directory, settings: settings) { stage in
            try await room(stage, with: "ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            for _ in 0..<5 {
                phone.send(#"{"type":"start"}"#)
                _ = try await phone.event("started")
                phone.send(#"{"type":"pause"}"#)
                _ = try await phone.event("paused")
            }
            phone.send(#"{"type":"start"}"#)
            #expect(try await phone.next("error").text("code") == "too_many_commands")
            phone.send(#"{"type":"ping"}"#)
            _ = try await phone.next("pong")
        }
    }
}

extension LiveRooms {
    /// What of a runner's markers is on disk.
    fileprivate func durableMarker(of number: Int, in runID: String) throws -> Int {
        Int(homes[runID]?.room.durableMarker(of: number) ?? 0)
    }
}
