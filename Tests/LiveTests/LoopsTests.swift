import Foundation
import Rooms
import Store
import TestKit
import Testing

@testable import Live

@Suite("Rooms on several loops", .timeLimit(.minutes(5))) struct LoopsTests {
    private let directory = TemporaryDirectory()

    private func names(_ count: Int) -> [String] { (1...count).map { "room\($0)" } }

    /// Rooms, each with a runner under way who has been acknowledged five markers.
    private func race(_ stage: Stage, in rooms: [String], as name: String = "ana") async throws -> [Phone] {
        var phones: [Phone] = []
        for room in rooms {
            let (phone, _) = try await stage.join(room, as: name)
            phone.send(#"{"type":"start"}"#)
            phone.send(markers(1...5))
            _ = try await phone.next("ack") { $0.number("marker") == 5 }
            phones.append(phone)
        }
        return phones
    }

    private func make(_ rooms: [String], on stage: Stage, with people: String...) async throws {
        for room in rooms { _ = try await stage.hub.createRoom(room, password: "pw") }
        for name in people { try await stage.account(name) }
    }

    /// How many of something each loop has.
    private func each(_ stage: Stage, _ number: (LiveMetrics) -> Int) async -> [Int] {
        await stage.hub.metrics.map(number)
    }

    @Test("rooms are spread over the loops, and whoever joins one is on its loop")
    func spreads() async throws {
        try await Stage.run(in: directory, loops: 3) { stage in
            let rooms = names(12)
            try await make(rooms, on: stage, with: "ana", "ben")
            let phones = try await race(stage, in: rooms) + race(stage, in: rooms, as: "ben")
            let awake = await each(stage) { $0.roomsAwake }
            #expect(awake.reduce(0, +) == 12)
            // Of two loops that a name stands for, the less loaded one: so none has much more than its part.
            #expect(awake.allSatisfy { (2...6).contains($0) }, "\(awake)")
            let people = await each(stage) { $0.connections }
            #expect(people == awake.map { 2 * $0 })
            for phone in phones {
                phone.send(#"{"type":"ping","t":1}"#)
                _ = try await phone.next("pong")
            }
            #expect(try await stage.hub.rooms(limit: 20).map(\.runID) == rooms)
            #expect(try await stage.hub.rooms(limit: 20).allSatisfy { $0.runners.count == 2 })
            #expect(await each(stage) { $0.markersIn }.reduce(0, +) == 120)
        }
    }

    @Test("a phone that comes back to a room on another loop is told what it missed, and replaces the one before")
    func comesBack() async throws {
        try await Stage.run(in: directory, loops: 2) { stage in
            let rooms = names(2)
            try await make(rooms, on: stage, with: "ana", "ben")
            for room in rooms {
                let (phone, joined) = try await stage.join(room, as: "ana")
                let epoch = try #require(joined.text("epoch"))
                let (ben, _) = try await stage.join(room, as: "ben")
                let told = try await phone.event("joined")
                let since = #"{"epoch":"\#(epoch)","event":\#(Int(told.number("event") ?? 0) - 1)}"#
                // Two connections, which come to different loops: the one moves, the other does not.
                for (type, event) in [("start", "started"), ("pause", "paused")] {
                    let back = await stage.connect(
                        #"{"type":"join","runID":"\#(room)","password":"pw","token":"ana","since":\#(since)}"#)
                    let again = try await back.next("joined")
                    #expect(again.flag("recovered") == true)
                    #expect(again.number("runner") == 1)
                    #expect(again.description.contains(#""kind":"joined","runner":2"#))
                    back.send(#"{"type":"\#(type)"}"#)
                    _ = try await ben.event(event)
                }
                #expect(try await phone.closed() == 4009)
            }
        }
    }

    @Test("an account that ends is out of its rooms on all loops when that is answered", arguments: [true, false])
    func expels(isForgetting: Bool) async throws {
        try await Stage.run(in: directory, loops: 3) { stage in
            let rooms = names(9)
            try await make(rooms, on: stage, with: "ben")
            let ana = try await stage.account("ana")
            let phones = try await race(stage, in: rooms)
            let others = try await race(stage, in: rooms, as: "ben")
            #expect(await each(stage) { $0.roomsAwake }.allSatisfy { $0 > 0 })
            if isForgetting {
                #expect(try await stage.store.accounts.deleteAccount(id: ana.account) != nil)
            } else {
                #expect(try await stage.store.accounts.setDisabled(5, account: ana.account))
            }
            await stage.hub.expel([ana.account], forgetting: isForgetting)
            for room in rooms {
                let shown = try #require(try await stage.hub.room(room)).runners
                #expect(shown.filter { $0.isInRoom }.map(\.person.username) == ["ben"])
                #expect(shown.count == (isForgetting ? 1 : 2))
            }
            for phone in phones { #expect(try await phone.closed() == 4001) }
            for phone in others { _ = try await phone.event("left") }
        }
    }

    @Test("a name that changes, and a login that ends, are known on all loops")
    func renames() async throws {
        try await Stage.run(in: directory, loops: 2) { stage in
            let rooms = names(4)
            try await make(rooms, on: stage)
            var ana = try await stage.account("ana")
            let phones = try await race(stage, in: rooms)
            ana.nickname = "Zoe"
            await stage.hub.update(ana)
            for room in rooms {
                #expect(try await stage.hub.room(room)?.runners.first?.person.nickname == "Zoe")
            }
            await stage.endLogin("ana")
            for phone in phones { #expect(try await phone.closed() == 4001) }
        }
    }

    @Test("who is in a room that is deleted hears it on whichever loop it is, and its name is free")
    func deletes() async throws {
        try await Stage.run(in: directory, loops: 2) { stage in
            let rooms = names(4)
            try await make(rooms, on: stage, with: "ana")
            let phones = try await race(stage, in: rooms)
            for (room, phone) in zip(rooms, phones) {
                try await stage.hub.deleteRoom(room)
                _ = try await phone.event("closed")
                #expect(try await phone.closed() == 4004)
                #expect(try await stage.hub.room(room) == nil)
            }
            try await make(rooms, on: stage)
            _ = try await race(stage, in: rooms)
            #expect(await each(stage) { $0.roomsAwake }.reduce(0, +) == 4)
        }
    }

    @Test(
        "the room in a handshake's query puts the connection on its loop before it joins; wrong and missing ones do no harm"
    )
    func hints() async throws {
        // Those who only connect are not to be closed meanwhile.
        var settings = LiveSettings.quick
        settings.joinTimeout = .seconds(600)
        try await Stage.run(in: directory, settings: settings, loops: 2) { stage in
            let rooms = names(2)
            try await make(rooms, on: stage, with: "ana", "ben", "cem")
            _ = try await race(stage, in: rooms)
            let homes = try rooms.map { try #require(stage.hub.home(of: $0)) }
            #expect(Set(homes) == [0, 1])
            for (room, home) in zip(rooms, homes) {
                for expected in 2...5 {
                    // Every other one comes to the other loop.
                    _ = await stage.connect(nil, path: "/live?room=\(room)")
                    for _ in 0..<500 where await each(stage, { $0.connections })[home] != expected {
                        try await Task.sleep(for: .milliseconds(5))
                    }
                    #expect(await each(stage) { $0.connections }[home] == expected)
                }
            }
            for (turn, hint) in [rooms[1], "nowhere", String(repeating: "x", count: 2_000), ""].enumerated() {
                for name in ["ben", "cem"] {
                    let phone = await stage.connect(
                        #"{"type":"join","runID":"\#(rooms[0])","password":"pw","token":"\#(name)#\#(turn)"}"#,
                        path: "/live?room=\(hint)")
                    let joined = try await phone.next("joined")
                    #expect(joined.text("runID") == rooms[0])
                }
            }
        }
    }

    @Test("after a restart rooms go on, on whichever loop they wake, with all that was acknowledged")
    func restarts() async throws {
        let rooms = names(8)
        var epochs: [String?] = []
        try await Stage.run(in: directory, loops: 2) { stage in
            try await make(rooms, on: stage, with: "ana")
            _ = try await race(stage, in: rooms)
            for room in rooms { epochs.append(try await stage.store.rooms.room(runID: room)?.epoch) }
        }
        try await Stage.run(in: directory, loops: 3) { stage in
            let awake = await each(stage) { $0.roomsAwake }
            #expect(awake.sorted() == [2, 3, 3])
            for (room, epoch) in zip(rooms, epochs) {
                let (_, joined) = try await stage.join(room, as: "ana")
                #expect(joined.number("marker") == 5)
                #expect(joined.text("epoch") == epoch)
            }
        }
    }

    @Test("a room that falls asleep and is asked for from everywhere is awake on one loop at a time")
    func wakesOnce() async throws {
        var settings = LiveSettings.quick
        settings.sleepAfter = .milliseconds(300)
        try await Stage.run(in: directory, settings: settings, loops: 3) { stage in
            let rooms = names(6)
            try await make(rooms, on: stage, with: "ana")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<4 {
                    group.addTask {
                        for turn in 0..<60 {
                            let room = rooms[(number + turn) % rooms.count]
                            #expect(try await stage.hub.room(room)?.runID == room)
                            // Now and then all of them have time to fall asleep.
                            if turn % 15 == 14 { try await Task.sleep(for: .milliseconds(500)) }
                            if turn.isMultiple(of: 20) {
                                let watch = await stage.connect(
                                    #"{"type":"join","runID":"\#(room)","password":"pw","role":"spectator"}"#)
                                _ = try await watch.next("joined")
                            }
                        }
                    }
                }
                group.addTask {
                    for _ in 0..<200 {
                        for rooms in stage.hub.loops { await rooms.sweepNow() }
                        try await Task.sleep(for: .milliseconds(10))
                        for rooms in stage.hub.loops { #expect(await rooms.areAtHome) }
                    }
                }
                try await group.waitForAll()
            }
            for room in rooms {
                let joined = try await stage.hub.join(room, at: nil) { try #require(try await stage.find("ana")) }
                #expect(joined.runners.count == 1)
            }
        }
    }
}

extension LiveHub {
    /// Where a room is at home.
    func home(of runID: String) -> Int? { loops.first?.place.places.home(of: runID) }
}

extension LiveRooms {
    /// Whether all rooms that are awake here are known to be at home here, and so nowhere else.
    var areAtHome: Bool { table.hosts.allSatisfy { place.places.home(of: $0.room.id) == place.index } }

    func sweepNow() { registry.sweep(at: .now) }
}

extension Stage {
    func find(_ name: String) async throws -> Person? {
        try await store.accounts.account(usernameKey: name).map {
            Person(account: $0.id, username: $0.username, nickname: $0.nickname, avatar: "", zones: [])
        }
    }
}
