import Foundation
import HTTPTypes
import Synchronization
import TestKit
import Testing

/// How many have joined.
private final class Present: Sendable {
    let count = Atomic(0)
}

/// When the server pings; who does not answer is in ``CloseTests``.
@Suite("Heartbeat", .inTurn)
struct HeartbeatTests {
    @Test("a crowd that was heard together is pinged one after the other, within a second")
    func crowd() async throws {
        let server = try await ServerProcess.shared(["--ping-interval", "2", "--silence-limit", "20"])
        let room = try await REST.newRoom(port: server.port)
        let (port, count) = (server.port, 20)
        let present = Present()
        let pinged = try await withThrowingTaskGroup(of: ContinuousClock.Instant.self) { group in
            for _ in 0..<count {
                group.addTask {
                    let socket = try await RawSocket.webSocket(port: port)
                    try await socket.send(
                        json: ["type": "join", "runID": room, "password": "pw", "role": "spectator"])
                    _ = try await socket.next("joined")
                    present.count.add(1, ordering: .relaxed)
                    try await eventually("all are there") { present.count.load(ordering: .relaxed) == count }
                    try await socket.send(json: ["type": "ping", "t": 1])
                    _ = try await socket.next("pong")
                    while let frame = try await socket.frame() {
                        if frame.opcode == 9 { return .now }
                    }
                    throw RawSocket.Gone(description: "closed without a ping")
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted()
        }
        #expect(pinged.count == count)
        #expect(pinged[count - 2] - pinged[1] > .milliseconds(500), "\(pinged[0].duration(to: pinged[count - 1]))")
    }
}
