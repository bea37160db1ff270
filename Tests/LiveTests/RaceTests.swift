import Foundation
import LWS
import Synchronization
import TestKit
import Testing

@testable import Live
@testable import Rooms
@testable import Store

/// What happens between a reading and its use.
@Suite("Races of live rooms", .timeLimit(.minutes(5))) struct RaceTests {
    private let directory = TemporaryDirectory()

    private func rename(_ stage: Stage, _ account: Int64, to name: String) async throws -> Person {
        var change = ProfileChange()
        (change.username, change.usernameKey) = (name, name)
        _ = try await stage.store.accounts.changeProfile(change, account: account, at: 2)
        return Person(account: account, username: name, nickname: name, avatar: "/pictures/\(name)", zones: [])
    }

    @Test("a name that changes between its reading and a join is the new one in the room")
    func renamedWhileJoining() async throws {
        try await Stage.run(in: directory) { stage in
            _ = try await stage.live.createRoom("159", password: "pw")
            let ana = try await stage.account("ana")
            let live = stage.live
            let found = Mutex([ana])
            let zoe = try await rename(stage, ana.account, to: "zoe")
            let room = try await live.join("159", at: nil) {
                let person = found.withLock { $0.popLast() }
                // What was read before the change is used after it.
                if person != nil { await live.update(zoe) }
                return person ?? zoe
            }
            #expect(room.runners.map(\.person.username) == ["zoe"])
        }
    }

    @Test("a name that changes while a room is read from disk is the new one in it")
    func renamedWhileWaking() async throws {
        try await Stage.run(in: directory) { stage in
            _ = try await stage.live.createRoom("159", password: "pw")
            let ana = try await stage.account("ana")
            _ = try await stage.live.join("159", at: nil, as: { ana })
        }
        try await Stage.run(in: directory) { stage in
            let ana = try #require(try await stage.store.accounts.account(usernameKey: "ana")).id
            let isStored = Mutex(false)
            let (live, loop, store) = (stage.live, stage.loop, stage.store)
            stage.hook.once { username in
                #expect(username == "ana", "it was read before the change")
                // The reading is off the loop, and waits here until the change is made, in the database and in the rooms.
                let done = DispatchSemaphore(value: 0)
                do {
                    _ = try store.administer(
                        "UPDATE accounts SET username = 'zoe', username_key = 'zoe', nickname = 'zoe' WHERE id = \(ana)"
                    )
                    isStored.withLock { $0 = true }
                } catch {
                    Issue.record(error)
                }
                loop.execute {
                    live.assumeIsolated {
                        $0.update(
                            Person(
                                account: ana, username: "zoe", nickname: "zoe", avatar: "/pictures/zoe", zones: []))
                    }
                    done.signal()
                }
                done.wait()
            }
            #expect(try await live.room("159")?.runners.map(\.person.username) == ["zoe"])
            #expect(isStored.withLock { $0 })
        }
    }

    @Test("who is disabled comes back into no room by a request that was under way", arguments: [true, false])
    func disabledWhileReturning(isDeleted: Bool) async throws {
        try await Stage.run(in: directory) { stage in
            _ = try await stage.live.createRoom("159", password: "pw")
            let ana = try await stage.account("ana")
            _ = try await stage.live.join("159", at: nil, as: { ana })
            // The request's token was found valid before this.
            if isDeleted {
                #expect(try await stage.store.accounts.deleteAccount(id: ana.account) != nil)
            } else {
                #expect(try await stage.store.accounts.setDisabled(5, account: ana.account))
            }
            await stage.live.expel([ana.account], forgetting: isDeleted)
            await #expect(throws: LiveError.self) {
                try await stage.live.update("159", account: ana.account, PollReport(isInRoom: true))
            }
            #expect(try await stage.live.room("159")?.runners.map(\.isInRoom) == (isDeleted ? [] : [false]))
            guard !isDeleted else { return }
            #expect(try await stage.store.accounts.setDisabled(nil, account: ana.account))
            _ = try await stage.live.update("159", account: ana.account, PollReport(isInRoom: true))
            #expect(try await stage.live.room("159")?.runners.map(\.isInRoom) == [true])
        }
    }

    @Test("who is disabled between the look at the account and the return comes back into no room")
    func disabledWhileLookedAt() async throws {
        try await Stage.run(in: directory) { stage in
            _ = try await stage.live.createRoom("159", password: "pw")
            let ana = try await stage.account("ana").account
            let person = Person(account: ana, username: "ana", nickname: "ana", avatar: "", zones: [])
            _ = try await stage.live.join("159", at: nil, as: { person })
            _ = try await stage.live.leave("159", account: ana)
            let (live, loop, store) = (stage.live, stage.loop, stage.store)
            let looks = Atomic(0)
            stage.statements.whenBegun.withLock {
                $0 = { statement in
                    guard statement.contains("FROM accounts a WHERE a.id") else { return }
                    guard looks.add(1, ordering: .relaxed).newValue == 1 else { return }
                    // What the first look sees was so before this.
                    #expect(throws: Never.self) {
                        try store.administer("UPDATE accounts SET disabled_at = 5 WHERE id = \(ana)")
                    }
                    let done = DispatchSemaphore(value: 0)
                    loop.execute {
                        live.assumeIsolated { $0.hearOfEnd(of: ana) }
                        done.signal()
                    }
                    done.wait()
                }
            }
            await #expect(throws: LiveError.self) {
                try await live.update("159", account: ana, PollReport(isInRoom: true))
            }
            #expect(looks.load(ordering: .relaxed) == 2)
            #expect(try await live.room("159")?.runners.map(\.isInRoom) == [false])
        }
    }

    @Test("who cannot be looked up without something coming in between is told to come later")
    func endlessChanges() async throws {
        try await Stage.run(in: directory) { stage in
            _ = try await stage.live.createRoom("159", password: "pw")
            let ana = try await stage.account("ana")
            let live = stage.live
            let looks = Atomic(0)
            await #expect(throws: StoreError.busy) {
                try await live.join("159", at: nil) {
                    looks.add(1, ordering: .relaxed)
                    await live.update(ana)
                    return ana
                }
            }
            #expect((10...100).contains(looks.load(ordering: .relaxed)))
            #expect(try await live.room("159")?.runners.isEmpty == true)
        }
    }

    @Test("logins that end while a room is read from disk are no reason to read it again")
    func loginsEndWhileWaking() async throws {
        try await Stage.run(in: directory) { stage in
            _ = try await stage.live.createRoom("159", password: "pw")
            let ana = try await stage.account("ana")
            _ = try await stage.live.join("159", at: nil, as: { ana })
        }
        try await Stage.run(in: directory) { stage in
            let (live, loop) = (stage.live, stage.loop)
            stage.hook.once { _ in
                let done = DispatchSemaphore(value: 0)
                loop.execute {
                    live.assumeIsolated { $0.endLogins(of: 99) }
                    done.signal()
                }
                done.wait()
            }
            let shown = try await live.room("159")
            #expect(shown?.runners.count == 1)
            let stored = try await stage.store.rooms.room(runID: "159")
            #expect(stored?.term == 2, "each of the two servers took it once")
        }
    }

    @Test(
        "the host of a deleted room that gets dirty once more leaves the new room of that name alone",
        arguments: OldHost.allCases)
    fileprivate func deletedHost(trouble: OldHost) async throws {
        try await Stage.run(in: directory) { stage in
            _ = try await stage.live.createRoom("159", password: "pw")
            try await stage.account("ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            let old = await stage.live.keep("159")
            try await stage.live.deleteRoom("159")
            #expect(try await phone.closed() == 4004)

            _ = try await stage.live.createRoom("159", password: "pw")
            let (again, _) = try await stage.join("159", as: "ana")
            let new = await stage.live.keep("159")
            #expect(await stage.live.isHost("159", old) == false)
            await stage.live.storeOnceMore(old, trouble)
            again.send(markers(1...3))
            _ = try await again.next("ack") { $0.number("marker") == 3 }
            #expect(await stage.live.isDone(old))
            #expect(await stage.live.isHost("159", new))
            // Whoever comes now comes to where ana is, whose acknowledgements go on.
            let viewer = await stage.connect(#"{"type":"join","runID":"159","password":"pw","role":"spectator"}"#)
            _ = try await viewer.next("joined")
            again.send(markers(4...5))
            _ = try await viewer.next("frame") { $0.column(0) == ["1"] }
            _ = try await again.next("ack") { $0.number("marker") == 5 }
            #expect(await stage.live.isHost("159", new))
            #expect(try await stage.live.room("159")?.runners.count == 1)
        }
        // Nor has anything of it overwritten what was acknowledged.
        try await Stage.run(in: directory) { stage in
            let (_, joined) = try await stage.join("159", as: "ana")
            #expect(joined.number("marker") == 5)
        }
    }
}

/// What befalls the host of a room that was deleted.
private enum OldHost: CaseIterable {
    /// Something was read for it, as by a recall that was under way.
    case changesLater
    /// Something had happened in it while its deletion was stored.
    case changedBefore
    /// Something is found wrong in it, so that it is set aside.
    case isBroken
}

/// A host outside of its loop.
///
/// `@unchecked`: it is looked into on the loop only.
private struct Kept: @unchecked Sendable {
    var host: RoomHost?
}

extension LiveRooms {
    /// As ``expel(_:forgetting:)`` of somebody who was disabled, without a wait.
    fileprivate func hearOfEnd(of account: Int64) {
        registry.noteAccountChange()
        for host in table.hosts { _ = host.expel([account], forgetting: false) }
    }

    fileprivate func keep(_ runID: String) -> Kept { Kept(host: table[runID]) }

    fileprivate func isHost(_ runID: String, _ kept: Kept) -> Bool { table[runID] === kept.host }

    /// Has a host's room stored at once, as if something had happened in it.
    fileprivate func storeOnceMore(_ kept: Kept, _ trouble: OldHost) {
        guard let host = kept.host else { return }
        switch trouble {
        case .changesLater: host.markDirty()
        case .changedBefore, .isBroken:
            if trouble == .isBroken { host.room.runners[0].run.durable = 99 }
            host.isDirty = true
            pipeline.add(host)
        }
        host.isUrgent = true
        pipeline.requestCommit()
    }

    /// Whether nothing of a host's room waits to be stored.
    fileprivate func isDone(_ kept: Kept) -> Bool {
        guard let host = kept.host else { return false }
        return !host.isDirty && !host.isBeingStored && !pipeline.dirty.contains { $0 === host }
    }
}
