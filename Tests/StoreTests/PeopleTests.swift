import GRDB
import Testing

@testable import Store

@Suite("People: addresses, numbers and codes") struct PeopleTests {
    let temporary: TemporaryDatabase
    var database: AppDatabase { temporary.database }

    init() throws { temporary = try TemporaryDatabase() }

    private func email(_ text: String) -> StoredEmail { StoredEmail(text: text, key: text.lowercased()) }

    private func makeAccount(_ name: String, _ email: StoredEmail?) async throws -> StoredAccount {
        try await database.accounts.insertAccount(
            username: name, usernameKey: name, nickname: name, passwordHash: "hash", email: email, at: 1)
    }

    @Test(
        "an older database keeps its accounts: numbered in order, with roles, and of two same addresses one as a way in"
    )
    func migrates() throws {
        let queue = try DatabaseQueue()
        let found = try queue.write { database in
            let session = Session(database)
            _ = try Migration.apply(Array(Migration.all.prefix { $0.version < 7 }), in: session)
            for (id, name, role, email) in [
                (30, "carl", "root", "C@x.org"), (10, "ana", "user", "a@x.org"), (20, "ben", "admin", "A@x.org"),
            ] {
                try database.execute(
                    sql: """
                        INSERT INTO accounts (id, username, username_key, nickname, password_hash, created_at, updated_at,
                            role, email) VALUES (?, ?, ?, ?, 'h', 1, 1, ?, ?)
                        """, arguments: [id, name, name, name, role, email])
            }
            _ = try Migration.apply(in: session)
            return try Row.fetchAll(
                database, sql: "SELECT username, number, role, email, email_key FROM accounts ORDER BY number"
            ).map { row in (0..<5).map { String.fromDatabaseValue(row[$0]) ?? "\(row[$0] as DatabaseValue)" } }
        }
        #expect(
            found == [
                ["ana", "1", "user", "a@x.org", "a@x.org"], ["ben", "2", "admin", "A@x.org", "NULL"],
                ["carl", "3", "root", "C@x.org", "c@x.org"],
            ])
    }

    @Test("the next number is above those of an older database, and none is given twice")
    func numbers() async throws {
        let ana = try await makeAccount("ana", nil), ben = try await makeAccount("ben", nil)
        #expect(ana.number == 1 && ben.number == 2)
        #expect(try await database.accounts.deleteAccount(id: ben.id) != nil)
        let next = try await makeAccount("carl", nil)
        #expect(next.number == 3)
        #expect(try await database.accounts.account(number: 3) == next)
        #expect(try await database.accounts.account(number: 2) == nil)
        #expect(try await database.accounts.accountCount() == 2)
    }

    @Test("an address is one account's")
    func addresses() async throws {
        let ana = try await makeAccount("ana", email("Ana@x.org")), ben = try await makeAccount("ben", nil)
        #expect(try await database.accounts.account(emailKey: "ana@x.org") == ana)
        await #expect(throws: StoreError.emailTaken) { try await makeAccount("carl", email("ana@x.org")) }
        #expect(try await database.accounts.account(usernameKey: "carl") == nil)
        var change = ProfileChange()
        change.email = email("ANA@x.org")
        await #expect(throws: StoreError.emailTaken) {
            try await database.accounts.changeProfile(change, account: ben.id, at: 2)
        }
        #expect(try await database.accounts.changeProfile(change, account: ana.id, at: 2)?.email == "ANA@x.org")
        #expect(try await database.accounts.changeProfile(change, account: 1, at: 2) == nil)
    }

    @Test("a code has so many tries, and is used once")
    func codes() async throws {
        try await database.mailCodes.setMailCode(emailKey: "a", hash: "one", expiresAt: 100)
        for _ in 0..<2 { #expect(try await database.mailCodes.tryMailCode(emailKey: "a", limit: 2, at: 99) == "one") }
        #expect(try await database.mailCodes.tryMailCode(emailKey: "a", limit: 2, at: 99) == nil)
        try await database.mailCodes.setMailCode(emailKey: "a", hash: "two", expiresAt: 100)
        #expect(try await database.mailCodes.tryMailCode(emailKey: "a", limit: 2, at: 100) == nil)
        #expect(try await database.mailCodes.tryMailCode(emailKey: "a", limit: 2, at: 99) == "two")
        #expect(try await !database.mailCodes.useMailCode(emailKey: "a", hash: "one"))
        #expect(try await database.mailCodes.useMailCode(emailKey: "a", hash: "two"))
        #expect(try await !database.mailCodes.useMailCode(emailKey: "a", hash: "two"))
        try await database.mailCodes.setMailCode(emailKey: "b", hash: "three", expiresAt: 100)
        #expect(try await database.mailCodes.deleteExpiredMailCodes(at: 99, sendsBefore: 0) == 0)
        #expect(try await database.mailCodes.deleteExpiredMailCodes(at: 100, sendsBefore: 0) == 1)
    }

    @Test("so many codes are sent to an address within a time, and it is told since when")
    func sends() async throws {
        func send(_ email: String, at time: Int64) async throws -> Int64? {
            try await database.mailCodes.insertMailSend(emailKey: email, limit: 2, since: time - 10, at: time)
        }
        #expect(try await send("a", at: 1) == nil)
        #expect(try await send("a", at: 5) == nil)
        #expect(try await send("a", at: 10) == 1)
        #expect(try await send("b", at: 10) == nil)
        #expect(try await send("a", at: 11) == nil)
        #expect(try await send("a", at: 12) == 5)
    }

    @Test("a password is reset while that is open, with the code that is there, and takes the tokens")
    func reset() async throws {
        let ana = try await makeAccount("ana", email("a@x.org"))
        try await temporary.giveToken([1], to: ana.id)
        try await database.mailCodes.setMailCode(emailKey: "a@x.org", hash: "code", expiresAt: 100)
        func reset(_ code: String, at time: Int64) async throws -> String? {
            try await database.mailCodes.resetPassword(
                emailKey: "a@x.org", codeHash: code, passwordHash: "new", at: time)?
                .passwordHash
        }
        #expect(try await reset("code", at: 5) == nil)
        #expect(try await database.mailCodes.openPasswordReset(emailKey: "a@x.org", until: 10))
        #expect(try await !database.mailCodes.openPasswordReset(emailKey: "b@x.org", until: 10))
        #expect(try await database.mailCodes.mayResetPassword(emailKey: "a@x.org", at: 9))
        #expect(try await !database.mailCodes.mayResetPassword(emailKey: "a@x.org", at: 10))
        #expect(try await reset("other", at: 5) == nil)
        #expect(try await reset("code", at: 10) == nil)
        #expect(try await database.tokens.token(hash: [1]) != nil)
        #expect(try await reset("code", at: 9) == "new")
        #expect(try await database.tokens.token(hash: [1]) == nil)
        #expect(try await !database.mailCodes.mayResetPassword(emailKey: "a@x.org", at: 5))
    }

    @Test(
        "with an account go its codes, what was mailed, its hits and the note of its uploads",
        arguments: [false, true])
    func deletion(isWipe: Bool) async throws {
        let ana = try await makeAccount("ana", email("a@x.org"))
        let root = try await database.accounts.insertAccount(
            username: "rita", usernameKey: "rita", nickname: "rita", passwordHash: "hash", role: "root",
            email: email("r@x.org"), at: 1)
        for key in ["a@x.org", "r@x.org"] {
            try await database.mailCodes.setMailCode(emailKey: key, hash: "code", expiresAt: 100)
            #expect(try await database.mailCodes.insertMailSend(emailKey: key, limit: 1, since: 0, at: 1) == nil)
        }
        guard
            case .created(let post) = try await database.forum.insertPost(
                title: "x", content: "y", imageLimit: 3, author: root.id, at: 1)
        else { throw StoreError.conditionFailed }
        for reader: PostReader in [.account(ana.id), .account(root.id), .address("a")] {
            #expect(try await database.forum.hit(.id(post.id), reader: reader, pause: 30, at: 5) == true)
        }
        let picture = try await database.media.insertMedia(
            hash: [1], type: "image/png", bytes: 1, width: 1, height: 1, at: 5)
        try await database.media.insertUpload(media: picture.id, account: ana.id, at: 5)
        #expect(try await database.media.isUpload(media: picture.id, of: ana.id, after: 4))
        #expect(try await !database.media.isUpload(media: picture.id, of: ana.id, after: 5))
        #expect(try await !database.media.isUpload(media: picture.id, of: root.id, after: 4))

        let deletion =
            isWipe
            ? try await database.deleteAllUsers() : try #require(try await database.accounts.deleteAccount(id: ana.id))
        #expect(deletion == Deletion(accounts: [ana.id], files: [[1]]))
        #expect(try await database.mailCodes.tryMailCode(emailKey: "a@x.org", limit: 5, at: 1) == nil)
        #expect(try await database.mailCodes.tryMailCode(emailKey: "r@x.org", limit: 5, at: 1) == "code")
        #expect(try await database.mailCodes.insertMailSend(emailKey: "a@x.org", limit: 1, since: 0, at: 2) == nil)
        #expect(try await database.mailCodes.insertMailSend(emailKey: "r@x.org", limit: 1, since: 0, at: 2) == 1)
        let readers = try database.administer("SELECT reader FROM post_hits ORDER BY reader")
        #expect(readers.count == 2 && !readers.contains { $0.contains("\(ana.id)") })
        #expect(try await database.media.media(id: picture.id) == nil)
        #expect(try await database.media.deleteUploads(before: 100) == 0)
        await #expect(throws: StoreError.noSuchAccount) {
            try await database.media.insertUpload(media: 7, account: ana.id, at: 5)
        }
    }

    @Test("of a world's sessions the newest stay, and of no other world any goes")
    func sessions() async throws {
        let ana = try await makeAccount("ana", nil).id
        for number in UInt8(1)...4 {
            try await temporary.giveToken(
                [number], to: ana, session: Int64(number), limit: number == 1 ? nil : (count: 2, world: "leaf"))
        }
        var left: [UInt8] = []
        for number in UInt8(1)...4 where try await database.tokens.token(hash: [number]) != nil { left.append(number) }
        #expect(left == [1, 3, 4])
    }
}
