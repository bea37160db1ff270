import TestKit
import Testing

@testable import Store

@Suite("Accounts that are known by a digest") struct DigestTests {
    private func takes(_ database: AppDatabase, _ account: Int64) async throws -> Bool? {
        try await database.accounts.account(id: account)?.takesDigest
    }

    private func make(_ database: AppDatabase, _ name: String, role: String = "user") async throws -> Int64 {
        try await database.accounts.insertAccount(
            username: name, usernameKey: name, nickname: name, passwordHash: "hash", role: role,
            email: StoredEmail(text: name, key: name), takesDigest: true, at: 1
        ).id
    }

    @Test("whatever changes the password takes it away, and a hash of the same password does not")
    func passwords() async throws {
        let directory = TemporaryDirectory()
        let database = try directory.open()
        let ana = try await make(database, "ana"), ben = try await make(database, "ben")
        #expect(try await takes(database, ana) == true)
        _ = try await database.accounts.replacePasswordHash("hash", by: "again", account: ana, at: 2)
        _ = try await database.accounts.updateAccount(
            ana, withPasswordHash: "again", nickname: "Ana", newPasswordHash: nil, at: 2)
        #expect(try await takes(database, ana) == true)
        _ = try await database.accounts.updateAccount(
            ana, withPasswordHash: "again", nickname: nil, newPasswordHash: "new", at: 3)
        #expect(try await takes(database, ana) == false)

        _ = try await database.mailCodes.openPasswordReset(emailKey: "ben", until: 9)
        try await database.mailCodes.setMailCode(emailKey: "ben", hash: "code", expiresAt: 9)
        #expect(
            try await database.mailCodes.resetPassword(emailKey: "ben", codeHash: "code", passwordHash: "new", at: 3)?
                .takesDigest
                == false)
        #expect(try await takes(database, ben) == false)
    }

    @Test("nobody with a role above that of users has it, and it does not come back with the role's end")
    func roles() async throws {
        let directory = TemporaryDirectory()
        let database = try directory.open()
        let rita = try await make(database, "rita", role: "root"), ana = try await make(database, "ana")
        #expect(try await takes(database, rita) == false)
        #expect(try await database.accounts.setTakesDigest(true, account: rita, at: 2)?.takesDigest == false)
        for role in ["auditor", "admin", "root"] {
            #expect(try await database.accounts.setTakesDigest(true, account: ana, at: 2)?.takesDigest == true)
            #expect(try await database.accounts.setRole("user", account: ana, at: 2)?.takesDigest == true)
            #expect(try await database.accounts.setRole(role, account: ana, at: 2)?.takesDigest == false)
            #expect(try await database.accounts.setRole("user", account: ana, at: 2)?.takesDigest == false)
        }
        #expect(try await database.accounts.setTakesDigest(true, account: 1, at: 2) == nil)
    }
}
