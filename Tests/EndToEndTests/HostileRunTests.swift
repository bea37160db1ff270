import Foundation
import Testing

/// Numbers that no phone has, sent to a real server by somebody with an account: the others do not notice.
@Suite("Hostile runs", .inTurn)
struct HostileRunTests {
    /// Half a world apart, one after the other.
    private func leap(_ id: Int, at time: Int64) -> [String: Any] {
        id.isMultiple(of: 2)
            ? ["id": id, "latitude": 1.0, "longitude": 90.0, "time": time]
            : ["id": id, "latitude": 1.0, "longitude": 0.0001, "time": time]
    }

    @Test(
        "markers from years ago and half a world apart make no events and take no memory, also after a restart",
        arguments: ["from 1970 on", "weeks apart until now"])
    func kilometersForNothing(kind: String) async throws {
        let server = try await ServerProcess.start()
        let ana = try await Runner.enter(try await REST.newRoom(port: server.port), as: "ana", port: server.port)
        let mal = try await Runner.enter(try await REST.newRoom(port: server.port), as: "mal", port: server.port)
        for runner in [ana, mal] {
            runner.phone.send(["type": "start"])
            try await runner.phone.next("event", "started")
        }
        let memory = try server.residentBytes()
        let now = Way.now
        let leaps = (1...500).map { id in
            leap(id, at: kind == "from 1970 on" ? Int64(id) * 1_610_000_000 : now - Int64(500 - id) * 1_700_000_000)
        }
        // Those of the kind that lie before 1970 make no sense.
        mal.send(leaps.filter { ($0["time"] as? Int64 ?? -1) >= 0 })
        try await mal.phone.settle()

        // Somebody else's run goes on meanwhile.
        try await ana.sendAndAwaitAck(Way.markers(1...30, from: now - 30_000, stride: 3, interval: 1))
        #expect(try await ana.phone.row(of: ana.number, "the end") { ($0.meters ?? 0) > 80 }.state == "running")
        mal.phone.send(["type": "cheer", "text": "still here"])
        let cheer = try await mal.phone.event("cheer")
        #expect(try #require(cheer.int("event")) < 20)
        #expect(mal.phone.all("event").allSatisfy { $0.kind != "split" })
        #expect(try server.residentBytes() - memory < 32 << 20)

        try await server.killHard()
        server.leaveDirectory()
        let next = try await ServerProcess.start(in: server.directory)
        let again = try await Runner.enter(
            mal.room, by: REST(port: next.port, token: mal.rest.token, username: mal.rest.username))
        again.send([leap(601, at: Way.now)])
        try await again.phone.settle()
        again.phone.send(["type": "cheer", "text": "still here"])
        #expect(try #require(try await again.phone.event("cheer").int("event")) < 25)
    }
}
