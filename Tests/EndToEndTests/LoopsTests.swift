import Foundation
import TestKit
import Testing

/// A whole server whose rooms are on two loops.
@Suite("A server of two loops", .inTurn, .timeLimit(.minutes(5)))
struct TwoLoopTests {
    /// Somebody who runs in several rooms at once, and what each has acknowledged.
    private func race(in rooms: [String], by rest: REST) async throws -> [Runner] {
        var runners: [Runner] = []
        for room in rooms {
            let runner = try await Runner.enter(room, by: rest)
            if runner.joined.int("marker") == 0 {
                runner.phone.send(["type": "start"])
                let markers = Way.markers(1...20, from: Way.now - 100_000, stride: 4, interval: 1.5)
                try await runner.sendAndAwaitAck(markers)
            }
            runners.append(runner)
        }
        return runners
    }

    /// How many of something each loop has.
    private func each(_ name: String, of server: ServerProcess) async throws -> [Double?] {
        let metrics = try await server.metrics()
        return (0...1).map { metrics["\(name){loop=\"\($0)\"}"] }
    }

    @Test("after kill -9 all rooms are back with what was acknowledged, and after SIGTERM once more")
    func survives() async throws {
        let server = try await ServerProcess.start(["--loops", "2"])
        server.leaveDirectory()
        var rooms: [String] = []
        for _ in 0..<6 { rooms.append(try await REST.newRoom(port: server.port)) }
        let ana = try await REST.registered("ana", port: server.port)
        let epochs = try await race(in: rooms, by: ana).map { $0.joined.string("epoch") }
        #expect(try await each("runroom_loop_rooms_awake", of: server) == [3, 3])
        #expect(try await each("runroom_loop_markers_received_total", of: server) == [60, 60])
        #expect(try await each("runroom_loop_busy_seconds_total", of: server).allSatisfy { $0 ?? 0 > 0 })
        try await server.killHard()

        for round in 0..<2 {
            let next = try await ServerProcess.start(["--loops", "2"], in: server.directory)
            if round == 0 { next.leaveDirectory() }
            let back = REST(port: next.port, token: ana.token, username: ana.username)
            let runners = try await race(in: rooms, by: back)
            #expect(runners.map { $0.joined.int("marker") } == Array(repeating: 20, count: 6))
            #expect(runners.map { $0.joined.string("epoch") } == epochs)
            async let ending = next.terminate()
            for runner in runners { #expect(try await runner.phone.closed().code == 1001) }
            #expect(try await ending == .exit(0))
        }
    }

    @Test("a join in the same packet as a handshake that hints at another room is answered where its own room is")
    func hintsInOnePacket() async throws {
        let server = try await ServerProcess.start(["--loops", "2"])
        var rooms: [String] = []
        for _ in 0..<4 { rooms.append(try await REST.newRoom(port: server.port)) }
        let ana = try await REST.registered("ana", port: server.port)
        let runners = try await race(in: rooms, by: ana)
        #expect(try await each("runroom_loop_rooms_awake", of: server) == [2, 2])
        var watching: [RawSocket] = []
        for turn in 0..<4 {
            for hint in rooms {
                let room = rooms[turn]
                for (join, answer) in [
                    (#""runID":"\#(room)","password":"pw""#, "joined"),
                    (#""runID":"\#(room)","password":"no""#, "error"),
                    (#""link":"none""#, "error"), (#""runID":"nowhere""#, "error"),
                ] {
                    let socket = try RawSocket.connect(port: server.port)
                    let text = #"{"type":"join","role":"spectator",\#(join)}"#
                    let head = try await socket.upgrade(
                        path: "/live?room=\(hint)", frames: ClientFrame.bytes(opcode: 1, Array(text.utf8)))
                    #expect(head.status == 101)
                    let first = try #require(try await socket.frame())
                    #expect(String(decoding: first.payload, as: UTF8.self).contains(#""type":"\#(answer)""#), "\(join)")
                    if answer == "joined" { watching.append(socket) }
                }
            }
        }
        // They are where the frames and the events of their rooms are.
        for runner in runners { runner.phone.send(["type": "cheer", "text": "go"]) }
        for socket in watching { _ = try await socket.next("event") }
        #expect(try await server.terminate() == .exit(0))
    }

    @Test("an account and a room that are deleted are gone from all loops when that is answered")
    func deletes() async throws {
        let server = try await ServerProcess.start(["--loops", "2"])
        var rooms: [String] = []
        for _ in 0..<4 { rooms.append(try await REST.newRoom(port: server.port)) }
        let ana = try await REST.registered("ana", port: server.port)
        let ben = try await REST.registered("ben", port: server.port)
        let (hers, his) = (try await race(in: rooms, by: ana), try await race(in: rooms, by: ben))
        let deleted = try await ana.delete(
            "/api/users/delete", ["username": ana.username, "password": "secret"])
        #expect(deleted.status == 200)
        for runner in hers { #expect(try await runner.phone.closed().code == 4001) }
        for room in rooms {
            let answer = try await ben.get("/api/runRoom/\(room)")
            #expect(answer.status == 200 && !answer.text.contains(ana.username))
            let removed = try await ben.delete("/api/runRoom/delete", ["runID": room, "password": "pw"])
            #expect(removed.status == 200, "\(removed.text)")
        }
        for runner in his { #expect(try await runner.phone.closed().code == 4004) }
        #expect(try await each("runroom_loop_connections", of: server) == [0, 0])
    }
}
