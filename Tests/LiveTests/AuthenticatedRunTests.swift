import Geo
import Rooms
import Store
import TestKit
import Testing

@testable import Live

/// Of a run there is a record if its runner has shown who they are, by a token, while it was going on.
@Suite("Runs with and without a token", .timeLimit(.minutes(5))) struct AuthenticatedRunTests {
    private let directory = TemporaryDirectory()

    private func places(_ stage: Stage, _ ana: Person, isAuthenticated: Bool = false) async throws {
        for step in 0..<3 {
            let place = try Coordinate(latitude: 48.2 + Double(step) * 1e-4, longitude: 16.4)
            _ = try await stage.live.update(
                "159", account: ana.account, isAuthenticated: isAuthenticated,
                PollReport(coordinate: place, isRunning: true))
        }
    }

    private func records(_ stage: Stage, of ana: Person) async throws -> Int {
        try await stage.store.records.recordSummaries(account: ana.account).total
    }

    @Test("without one a polled run is the room's alone; with one, in whichever request, it is a record")
    func polled() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room()
            let ana = try await stage.account("ana")
            let live = stage.live
            func join(_ isAuthenticated: Bool) async throws {
                _ = try await live.join("159", at: nil, isAuthenticated: isAuthenticated, as: { ana })
            }
            func leave(_ isAuthenticated: Bool) async throws -> Int {
                _ = try await live.leave("159", account: ana.account, isAuthenticated: isAuthenticated)
                return try await records(stage, of: ana)
            }
            try await join(false)
            try await places(stage, ana)
            #expect(try await leave(false) == 0)
            try await join(true)
            try await places(stage, ana)
            // The run before was finished: that of this place was begun by the first update, which nobody vouched for.
            #expect(try await leave(false) == 0)
            try await join(false)
            try await places(stage, ana, isAuthenticated: true)
            #expect(try await leave(false) == 1)
            try await join(false)
            _ = try await live.start("159", account: ana.account, isAuthenticated: true)
            try await places(stage, ana)
            #expect(try await leave(false) == 2)
            try await join(false)
            try await places(stage, ana)
            #expect(try await leave(true) == 3)
        }
    }

    @Test("a phone's connection vouches for each run that it has to do with, whoever began it")
    func connected() async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room()
            let ana = try await stage.account("ana")
            let (phone, _) = try await stage.join("159", as: "ana")
            for run in 1...2 {
                phone.send(#"{"type":"start"}"#)
                _ = try await phone.event("started")
                phone.send(markers(1...10))
                _ = try await phone.next("ack") { $0.number("marker") == 10 }
                phone.send(#"{"type":"finish"}"#)
                _ = try await phone.event("finished")
                #expect(try await records(stage, of: ana) == run)
            }
            _ = try await stage.live.start("159", account: ana.account)
            _ = try await phone.event("started")
            phone.send(markers(1...10))
            _ = try await phone.next("ack") { $0.number("marker") == 10 }
            _ = try await stage.live.leave("159", account: ana.account)
            #expect(try await records(stage, of: ana) == 3)
        }
    }

    @Test("what was shown, and what was not, is known after a restart", arguments: [false, true])
    func restarts(isAuthenticated: Bool) async throws {
        try await Stage.run(in: directory) { stage in
            try await stage.room()
            let ana = try await stage.account("ana")
            _ = try await stage.live.join("159", at: nil, isAuthenticated: isAuthenticated, as: { ana })
            try await places(stage, ana)
        }
        try await Stage.run(in: directory) { stage in
            let owner = try #require(try await stage.store.accounts.account(usernameKey: "ana"))
            let ana = Person(account: owner.id, username: "ana", nickname: "ana", avatar: "", zones: [])
            _ = try await stage.live.leave("159", account: ana.account)
            #expect(try await records(stage, of: ana) == (isAuthenticated ? 1 : 0))
        }
    }
}
