import Testing

@testable import Store

@Suite("Accounts") struct AccountTests {
    let temporary: TemporaryDatabase
    var database: AppDatabase { temporary.database }

    init() throws { temporary = try TemporaryDatabase() }

    @Test("an account is found by id and by key, as it was made")
    func lookup() async throws {
        let account = try await database.accounts.insertAccount(
            username: "SHIKAI", usernameKey: "shikai", nickname: "天天", passwordHash: "h", at: 42)
        #expect(account.createdAt == 42 && account.updatedAt == 42 && account.lastRunID == 0 && account.picture == nil)
        #expect(try await database.accounts.account(id: account.id) == account)
        #expect(try await database.accounts.account(usernameKey: "shikai") == account)
        #expect(try await database.accounts.account(usernameKey: "SHIKAI") == nil)
        #expect(try await database.accounts.account(id: 1) == nil)
    }

    @Test("of many registrations of one name at the same moment, one wins")
    func race() async throws {
        let won = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    do {
                        _ = try await temporary.makeAccount("same")
                        return true
                    } catch {
                        #expect(error as? StoreError == .nameTaken)
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(won == 1)
        #expect(try await database.accounts.accounts(limit: 100).count == 1)
    }

    @Test("pages by key cover every account once, in the order of their making")
    func pages() async throws {
        var made: [Int64] = []
        for number in 0..<7 { made.append(try await temporary.makeAccount("runner\(number)").id) }
        var paged: [Int64] = [], last: Int64 = 0
        for _ in 0..<4 {
            let page = try await database.accounts.accounts(after: last, limit: 3)
            paged += page.map(\.id)
            last = page.last?.id ?? last
        }
        #expect(paged == made)
    }

    @Test("nickname, avatar and password hash change")
    func changes() async throws {
        let account = try await temporary.makeAccount()
        #expect(try await database.accounts.setNickname("Anna", account: account.id, at: 50)?.nickname == "Anna")
        let picture = try await database.media.insertMedia(
            hash: [1], type: "image/png", bytes: 1, width: 1, height: 1, at: 51)
        #expect(try await database.accounts.setPicture(picture.id, account: account.id, at: 51)?.picture == picture.id)
        #expect(
            try await database.accounts.replacePasswordHash("hash", by: "new", account: account.id, at: 52)?
                .passwordHash
                == "new")
        #expect(
            try await database.accounts.replacePasswordHash("hash", by: "newer", account: account.id, at: 53) == nil)
        let changed = try #require(try await database.accounts.account(id: account.id))
        #expect(changed.passwordHash == "new" && changed.updatedAt == 52)
        #expect(try await database.accounts.setNickname("x", account: 1, at: 1) == nil)
        #expect(try await database.accounts.setPicture(nil, account: 1, at: 1) == nil)
    }

    @Test("of those who replace run data as they read them, one at a time succeeds, and the others are told")
    func runData() async throws {
        let account = try await temporary.makeAccount().id
        let empty = try await database.accounts.runData(account: account)
        #expect(empty.text == nil)
        let succeeded = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<20 {
                group.addTask { try await database.accounts.replaceRunData(empty, by: "\(number)", account: account) }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(succeeded == 1)
        let one = try await database.accounts.runData(account: account)
        #expect(try await database.accounts.replaceRunData(one, by: "x", account: account))
        #expect(try await database.accounts.runData(account: account).text == "x")
        await #expect(throws: StoreError.noSuchAccount) { try await database.accounts.runData(account: 1) }
        await #expect(throws: StoreError.noSuchAccount) {
            try await database.accounts.replaceRunData(empty, by: "x", account: 1)
        }
    }

    @Test("with an account go its tokens and records; its place in a room stays without it")
    func deletion() async throws {
        let account = try await temporary.makeAccount(), room = try await temporary.makeRoom()
        try await temporary.giveToken([1], to: account.id)
        _ = try await database.records.insertPostedRecord(.make(), account: account.id, at: 1)
        let person = StoredPerson.make(runner: 1, account: account.id)
        _ = try await database.rooms.commit(
            JournalBatch(
                rooms: [RoomChanges(room: room.id, term: 0, people: [person])],
                records: [.make(runKey: 5, account: account.id)]))
        _ = try await database.records.deleteRecord(account: account.id, runID: 2)

        #expect(try await database.accounts.deleteAccount(id: account.id)?.accounts == [account.id])
        #expect(try await database.accounts.deleteAccount(id: account.id) == nil)
        #expect(try await database.tokens.token(hash: [1]) == nil)
        #expect(try await database.records.recordSummaries(account: account.id).total == 0)
        let nobody = StoredPerson(runner: 1, account: nil, joinedAt: 7, state: [5])
        #expect(try await database.rooms.room(runID: "159")?.people == [nobody])
        // Writing the person again with the account that is gone is no error either.
        _ = try await database.rooms.commit(
            JournalBatch(rooms: [RoomChanges(room: room.id, term: 0, people: [person])]))
        #expect(try await database.rooms.room(runID: "159")?.people == [nobody])
        // And the name is free.
        _ = try await temporary.makeAccount()
    }

    @Test("text of any kind comes back as it was")
    func unicode() async throws {
        for name in ["天天乐跑 🏃🏽‍♀️", "e\u{301}", "'; DROP TABLE accounts; --", "$1 ?1"] {
            let account = try await temporary.makeAccount(name)
            let found = try await database.accounts.account(usernameKey: name)
            #expect(found?.id == account.id)
            #expect(found.map { Array($0.username.utf8) } == Array(name.utf8))
        }
        await #expect(throws: StoreError.nulInText) { try await temporary.makeAccount("a\u{0}b") }
    }
}

@Suite("Tokens") struct TokenTests {
    let temporary: TemporaryDatabase
    var database: AppDatabase { temporary.database }

    init() throws { temporary = try TemporaryDatabase() }

    @Test("a token is found by its hash, with its account")
    func lookup() async throws {
        let account = try await temporary.makeAccount()
        try await temporary.giveToken([1, 2], to: account.id)
        #expect(
            try await database.tokens.token(hash: [1, 2])
                == StoredToken(kind: "access", createdAt: 1, expiresAt: 9, account: account))
        #expect(try await database.tokens.token(hash: [1]) == nil)
        #expect(try await database.tokens.deleteToken(hash: [1, 2]))
        #expect(try await !database.tokens.deleteToken(hash: [1, 2]))
    }

    @Test("an account that does not exist gets no token")
    func noAccount() async throws {
        await #expect(throws: StoreError.noSuchAccount) {
            try await temporary.giveToken([1], to: 1)
        }
    }

    @Test("a token needs the password hash that was seen, and an account that may be used")
    func needsPassword() async throws {
        let account = try await temporary.makeAccount().id
        func insert(_ hash: [UInt8], _ passwordHash: String) async throws -> TokenRepository.TokenInsertion {
            try await database.tokens.insertTokens(
                [.init(hash: hash, kind: "access", createdAt: 1, expiresAt: 9)], account: account,
                passwordHash: passwordHash)
        }
        #expect(try await insert([1], "hash") == .stored(endedSessions: []))
        #expect(try await insert([2], "other") == .passwordChanged)
        #expect(try await database.accounts.setDisabled(5, account: account))
        #expect(try await insert([3], "hash") == .disabled)
        for hash: [UInt8] in [[2], [3]] { #expect(try await database.tokens.token(hash: hash) == nil) }
    }

    @Test("a token is renewed while it is there, in its session")
    func renewal() async throws {
        let account = try await temporary.makeAccount().id
        try await temporary.giveToken([1], to: account, session: 5)
        let renewed = TokenRepository.NewToken(hash: [2], kind: "access", createdAt: 3, expiresAt: 12)
        #expect(try await database.tokens.insertToken(renewed, renewing: [1]))
        let found = try #require(try await database.tokens.token(hash: [2]))
        #expect(found.session == 5 && found.account.id == account && found.expiresAt == 12)
        #expect(try await database.tokens.deleteToken(hash: [1]))
        #expect(try await database.tokens.token(hash: [2]) == nil)
        #expect(try await !database.tokens.insertToken(renewed, renewing: [1]))
    }

    @Test("expired tokens are deleted, and no others")
    func deletion() async throws {
        let account = try await temporary.makeAccount().id
        for number in UInt8(1)...5 {
            try await temporary.giveToken([number], to: account, expiresAt: Int64(number))
        }
        #expect(try await database.tokens.deleteExpiredTokens(at: 2) == 2)
        #expect(try await database.tokens.token(hash: [2]) == nil)
        #expect(try await database.tokens.token(hash: [3]) != nil)
        #expect(try await database.tokens.deleteExpiredTokens(at: 5) == 3)
    }
}
