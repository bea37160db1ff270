import Foundation
import Geo
import Rooms
import Store
import Synchronization
import TestKit
import Testing

@testable import Live

/// What becomes of people in rooms whose accounts or logins end, or get another name.
@Suite("Accounts that end", .timeLimit(.minutes(5))) struct AccountEndTests {
    private let directory = TemporaryDirectory()

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
        let room = try #require(try await stage.store.rooms.room(runID: runID))
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
            let account = try #require(try await stage.store.accounts.account(usernameKey: "ana")).id
            let (ben, _) = try await stage.join("1", as: "ben")
            let (ana, _) = try await stage.join("1", as: "ana")
            #expect(try await stage.store.accounts.deleteAccount(id: account) != nil)
            await stage.live.expel([account], forgetting: true)
            #expect(try await ana.closed() == 4001)
            #expect(try await ben.event("left").number("runner") == 2)

            for runID in ["1", "2"] {
                // Room 2 wakes here.
                let shown = try #require(try await stage.live.room(runID)).runners
                #expect(shown.map(\.person.username) == ["ben"])
                let epoch = try #require(try await stage.store.rooms.room(runID: runID)).epoch
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
                let room = try #require(try await stage.store.rooms.room(runID: "1"))
                return try room.journal.flatMap {
                    try JournalCodec.decode($0.bytes, room: room.id, sequence: $0.sequence)
                }
            }
            #expect(try await Set(chunks().map(\.runner)) == [1, 2])
            let account = try #require(try await stage.store.accounts.account(usernameKey: "ana")).id
            #expect(try await stage.store.accounts.deleteAccount(id: account) != nil)
            await stage.live.expel([account], forgetting: true)
            let left = try await chunks()
            #expect(Set(left.map(\.runner)) == [1])
            #expect(left.flatMap(\.markers).count == 9)
        }
    }

    /// Whose markers the journal of a room has.
    private func runnersInJournal(of runID: String, _ stage: Stage) async throws -> Set<Int> {
        let room = try #require(try await stage.store.rooms.room(runID: runID))
        return try Set(
            room.journal.flatMap {
                try JournalCodec.decode($0.bytes, room: room.id, sequence: $0.sequence).map(\.runner)
            })
    }

    @Test("nor does the log of all rooms bring any back, neither when it is brought to the journals nor after a crash")
    func clearedLog() async throws {
        let crash = TemporaryDirectory()
        var settings = LiveSettings.quick
        // Of itself nothing leaves the log.
        settings.commitInterval = .seconds(3600)
        try await Stage.run(in: directory, settings: settings) { stage in
            _ = try await stage.live.createRoom("1", password: "pw")
            for name in ["ben", "ana"] {
                try await stage.account(name)
                let (phone, _) = try await stage.join("1", as: name)
                phone.send(#"{"type":"start"}"#)
                // What comes with the first says that it is a phone that streams, and is for the room alone.
                for last in [3, 6, 9] {
                    phone.send(markers((last - 2)...last))
                    _ = try await phone.next("ack") { $0.number("marker") == Double(last) }
                }
            }
            #expect(try stage.administered("SELECT COUNT(*) FROM marker_log") != ["0"])
            let account = try #require(try await stage.store.accounts.account(usernameKey: "ana")).id
            #expect(try await stage.store.accounts.deleteAccount(id: account) != nil)
            try stage.copy(to: crash)
            await stage.live.expel([account], forgetting: true)
            #expect(try await runnersInJournal(of: "1", stage) == [1])
            // As when some room cannot be stored: then what the log has is brought to the journals.
            await stage.live.foldLog()
            while try stage.administered("SELECT COUNT(*) FROM marker_log") != ["0"] {
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(try await runnersInJournal(of: "1", stage) == [1])
        }
        try await Stage.run(in: crash) { stage in
            while try await runnersInJournal(of: "1", stage) != [1] { try await Task.sleep(for: .milliseconds(2)) }
            #expect(try stage.administered("SELECT COUNT(*) FROM marker_log") == ["0"])
        }
    }

    @Test("a server that died between the deletion and the room's hearing of it makes up for that when it starts")
    func deletedBeforeDeath() async throws {
        try await Stage.run(in: directory) { stage in
            for name in ["ana", "ben"] { try await stage.account(name) }
            try await race(stage, in: "1")
            let account = try #require(try await stage.store.accounts.account(usernameKey: "ana")).id
            #expect(try await stage.store.accounts.deleteAccount(id: account) != nil)
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
                let room = try #require(try await stage.store.rooms.room(runID: "1"))
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
            let account = try #require(try await stage.store.accounts.account(usernameKey: "ana")).id
            var change = ProfileChange()
            (change.username, change.usernameKey) = ("zoe", "zoe")
            _ = try await stage.store.accounts.changeProfile(change, account: account, at: 2)
            await stage.live.update(
                Person(account: account, username: "zoe", nickname: "zoe", avatar: "/pictures/zoe", zones: []))
            try await expectZoe(stage)
        }
        try await Stage.run(in: directory) { try await expectZoe($0) }
    }

    private func expectZoe(_ stage: Stage) async throws {
        let epoch = try #require(try await stage.store.rooms.room(runID: "1")).epoch
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
            let account = try #require(try await stage.store.accounts.account(usernameKey: "ana")).id
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
            let account = try #require(try await stage.store.accounts.account(usernameKey: "ana")).id
            #expect(try await stage.store.accounts.setDisabled(5, account: account))
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
            try await stage.room()
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
            try await stage.room()
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
            try await stage.room()
            let ana = try await stage.account("ana")
            let live = stage.live, store = stage.store
            await #expect(throws: LiveError.self) {
                try await live.join("159", at: nil) {
                    guard try await store.accounts.account(id: ana.account) != nil else { throw LiveError.notInRoom }
                    _ = try await store.accounts.deleteAccount(id: ana.account)
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
            try await stage.room(with: "ana")
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
}

extension LiveRooms {
    /// Has all that the log has brought to the journals, as if a room were held back.
    fileprivate func foldLog() {
        pipeline.isLogShared = true
        pipeline.commitTick()
    }
}
