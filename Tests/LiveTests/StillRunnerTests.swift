import Geo
import Rooms
import Store
import TestKit
import Testing

@testable import Live

@Suite("Runners who do not move, and wish others to be called", .timeLimit(.minutes(2))) struct StillRunnerTests {
    private let directory = TemporaryDirectory()

    @Test("others are called once, with the place, also after a restart; for nobody who does not wish it")
    func calls() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room(with: "ana", "bo")
            let ana = try #require(try await stage.store.accounts.account(usernameKey: "ana"))
            _ = try await stage.store.accounts.setCallsWhenStill(true, account: ana.id)
            let now = stage.live.clock.now()
            for name in ["bo", "ana"] {
                let phone = try await stage.join("159", as: name).phone
                phone.send(#"{"type":"start","time":\#(now - 400_000)}"#)
                _ = try await phone.event("started")
                phone.send(markers(1...20, every: 20_000, until: now))
                _ = try await phone.next("ack")
            }
            // Bo's came first, and were stored.
            let (still, room) = try #require(await stage.calls.next())
            #expect(still.account == ana.id && still.place.latitude == 48 && still.time == now)
            #expect(try stage.administered("SELECT id FROM rooms") == ["\(room)"])
            #expect(stage.calls.count == 1)
        }
        // The room knows what somebody wishes when it wakes.
        try await Stage.run(in: directory) { stage in
            let phone = try await stage.join("159", as: "ana").phone
            let now = stage.live.clock.now()
            phone.send(markers(21...40, every: 16_000, until: now))
            let account = try #require(try await stage.store.accounts.account(usernameKey: "ana"))
            #expect(await stage.calls.next()?.still.account == account.id)
        }
    }

    /// Markers of one place, so many milliseconds apart.
    private func markers(_ ids: ClosedRange<Int>, every step: Int64, until end: Int64) -> String {
        let list = ids.map { id in
            let time = end - Int64(ids.upperBound - id) * step
            return #"{"id":\#(id),"latitude":48,"longitude":11,"time":\#(time),"accuracy":5}"#
        }
        return #"{"type":"markers","markers":[\#(list.joined(separator: ","))]}"#
    }
}
