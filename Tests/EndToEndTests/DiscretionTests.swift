import TestKit
import Testing

/// Who hides their name is hidden by a real server, also by one that was killed and started again.
@Suite("Hidden names", .inTurn)
struct DiscretionTests {
    @Test("no byte that a socket gets has the name of who hides it, nor after the server was killed and started again")
    func restart() async throws {
        let first = try await ServerProcess.start()
        let room = try await REST.newRoom(port: first.port)
        let rest = try await REST.registered("zenobia", port: first.port)
        let hidden = try await rest.call("PATCH", "/v1/me", ["showsName": false, "nickname": "Z"])
        #expect(hidden.status == 200, "\(hidden.text)")
        let alias = try #require(hidden["alias"] as? String)
        let runner = try await Runner.enter(room, by: rest)
        let start = Way.now - 60_000
        runner.phone.send(["type": "start", "time": start])
        try await runner.sendAndAwaitAck(Way.markers(1...9, from: start, stride: 10, interval: 3))
        func look(_ port: Int) async throws {
            let (_, joined) = try await Phone.joined(port: port, room: room, ["role": "spectator"])
            #expect(joined.text.contains(alias) && joined.text.contains("\"Z\""), "\(joined.text)")
            #expect(!joined.text.lowercased().contains("zenobia"), "\(joined.text)")
        }
        try await look(first.port)
        try await first.killHard()
        let again = try await ServerProcess.start(in: first.directory)
        try await look(again.port)
    }
}
