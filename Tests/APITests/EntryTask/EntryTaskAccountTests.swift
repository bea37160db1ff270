import Foundation
import HTTPTypes
import LWS
import Logging
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints
@testable import Services

@Suite("Accounts from a file") struct EntryTaskAccountTests {
    private static let accounts = (0..<20).map { number in
        EntryTaskAccount(
            username: "Runner\(number)", password: "5ebe2294ecd0e0f08eab7690d2a6ee69", nickname: number == 3 ? "N" : nil
        )
    }

    @Test(
        "they are added while others are served, nobody else takes their names, and what was cut short goes on",
        .timeLimit(.minutes(1)))
    func background() async throws {
        let gate = HashingGate(), log = RecordingLog()
        defer { gate.open() }
        try await withAPI(passwords: Passwords(cost: .low, threads: 1, deriving: gate.derive)) { api in
            let accounts = api.core.accounts
            let ana = try await accounts.register(username: "ana", password: "secret", for: .operators)
            let before = gate.count
            gate.shut()
            try EntryTaskAccount.reserve(Self.accounts, with: accounts)
            let adding = Task { await EntryTaskAccount.register(Self.accounts, with: accounts, logger: log.logger) }
            while gate.count == before { await Task.yield() }
            // One is being hashed, and the names of all are taken, also to who has another name.
            for body in [
                ["username": "Runner19", "password": "secret"], ["username": "Runner0", "password": "secret"],
            ] as [JSONValue] {
                let answer = try await api.send(.post, "/api/users", body)
                #expect(answer.status == 400, "\(answer.text)")
            }
            await #expect(throws: ServicesError.nameTaken) {
                try await accounts.rename(account: ana.id, to: "Runner19")
            }
            #expect(try await api.send(.get, "/api/users/ana").status == 200)
            // The server ends.
            adding.cancel()
            gate.open()
            await adding.value
            #expect(try await accounts.accounts(limit: 100, unlisted: true).count < 21)

            await EntryTaskAccount.register(Self.accounts, with: accounts, logger: log.logger)
            let added = gate.count
            #expect(try await accounts.accounts(limit: 100, unlisted: true).count == 21)
            #expect(try await accounts.account(named: "Runner3")?.nickname == "N")
            #expect(try await accounts.account(named: "Runner4")?.takesDigest == true)
            // What is there is not hashed again.
            await EntryTaskAccount.register(Self.accounts, with: accounts, logger: log.logger)
            #expect(gate.count == added && log.lines.isEmpty)
            // The names are kept by the accounts now, and free without them.
            let gone = try #require(try await accounts.account(named: "Runner5"))
            try await accounts.delete(account: gone.id)
            #expect(try await api.send(.post, "/api/users", ["username": "Runner5", "password": "x"]).status == 200)
        }
    }

    @Test("what can be no account is told before anything is done")
    func checks() async throws {
        try await withAPI { api in
            for (username, nickname) in [("", nil), ("a/b", nil), ("x", "")] as [(String, String?)] {
                let account = EntryTaskAccount(
                    username: username, password: "5ebe2294ecd0e0f08eab7690d2a6ee69", nickname: nickname)
                #expect(throws: ServicesError.self) {
                    try EntryTaskAccount.reserve(Self.accounts + [account], with: api.core.accounts)
                }
            }
            let free = try await api.send(.post, "/api/users", ["username": "Runner5", "password": "x"])
            #expect(free.status == 200)
        }
    }
}
