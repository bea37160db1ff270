import Foundation
import GRDB
import Testing

@testable import Store

@Suite("Pictures in the database") struct MediaTests {
    let temporary: TemporaryDatabase
    var database: AppDatabase { temporary.database }

    init() throws { temporary = try TemporaryDatabase() }

    private func make(hash: [UInt8] = [1], at time: Int64 = 100) async throws -> StoredMedia {
        try await database.media.insertMedia(hash: hash, type: "image/png", bytes: 9, width: 3, height: 4, at: time)
    }

    @Test("a picture is found by its id, as it was noted")
    func isFound() async throws {
        let media = try await make()
        #expect(try await database.media.media(id: media.id) == media)
        #expect(try await database.media.media(id: media.id + 1) == nil)
    }

    @Test("what is old enough is looked at once: what nothing refers to is removed, and what somebody shows is not")
    func settles() async throws {
        let account = try await temporary.makeAccount().id
        let shown = try await make(hash: [1]), old = try await make(hash: [2]),
            young = try await make(hash: [3], at: 200)
        _ = try await database.accounts.setPicture(shown.id, account: account, at: 100)
        #expect(try await database.media.unsettledMedia(before: 200, limit: 10) == [shown.id, old.id])
        #expect(try await database.media.unsettledMedia(before: 201, limit: 10) == [shown.id, old.id, young.id])
        #expect(try await database.media.unsettledMedia(before: 201, limit: 1) == [shown.id])
        #expect(try await database.media.settleMedia(ids: [shown.id, old.id]) == [[2]])
        #expect(try await database.media.unsettledMedia(before: .max, limit: 10) == [young.id])
        #expect(try await database.media.media(id: shown.id) != nil)
    }

    @Test("what is no longer shown is looked at again, wherever it was shown")
    func looksAgain() async throws {
        let account = try await temporary.makeAccount().id
        var old: [Int64] = []
        for number in UInt8(1)...4 { old.append(try await make(hash: [number]).id) }
        let new = try await make(hash: [9]).id
        _ = try await database.accounts.setPicture(old[0], account: account, at: 100)
        var change = ProfileChange()
        change.cover = old[1]
        _ = try await database.accounts.changeProfile(change, account: account, at: 100)
        guard
            case .created(let post) = try await database.forum.insertPost(
                title: "x", content: "y", images: [old[2], old[3]], imageLimit: 3, author: account, at: 100)
        else { throw StoreError.conditionFailed }
        #expect(try await database.media.settleMedia(ids: old + [new]) == [[9]])
        #expect(try await database.media.unsettledMedia(before: .max, limit: 10) == [])

        (change.picture, change.cover) = (old[3], old[0])
        _ = try await database.accounts.changeProfile(change, account: account, at: 101)
        _ = try await database.accounts.setPicture(nil, account: account, at: 102)
        _ = try await database.forum.updatePost(post.id, images: [], at: 103)
        #expect(try await database.media.unsettledMedia(before: .max, limit: 10) == old)
        #expect(try await database.media.settleMedia(ids: old) == [[2], [3], [4]])
    }

    @Test("a picture that came to be shown meanwhile is not removed")
    func sparesReferenced() async throws {
        let account = try await temporary.makeAccount().id
        let one = try await make(hash: [1]), other = try await make(hash: [2])
        _ = try await database.accounts.setPicture(one.id, account: account, at: 100)
        #expect(try await database.media.deleteUnreferencedMedia(ids: [one.id, other.id, 7]) == [[2]])
        #expect(try await database.media.media(id: one.id) != nil)
        #expect(try await database.media.media(id: other.id) == nil)
    }

    @Test("a file is removed only when no picture has its hash")
    func sparesSharedFiles() async throws {
        _ = try await make(hash: [1])
        let removed = try await database.media.removeFiles(of: [[1], [2], [3]]) { hash in hash != [3] }
        #expect(removed == 1)
    }

    @Test("a picture goes with the account that showed it")
    func goesWithAccount() async throws {
        let account = try await temporary.makeAccount().id
        let media = try await make()
        _ = try await database.accounts.setPicture(media.id, account: account, at: 100)
        #expect(try await database.accounts.deleteAccount(id: account) == Deletion(accounts: [account], files: [[1]]))
        #expect(try await database.media.media(id: media.id) == nil)
    }

    @Test("nobody can show a picture that is not there")
    func refusesUnknownPicture() async throws {
        let account = try await temporary.makeAccount().id
        await #expect(throws: StoreError.noSuchMedia) {
            try await database.accounts.setPicture(7, account: account, at: 100)
        }
    }

    @Test("every column that refers to pictures is in the list by which they are swept")
    func listIsComplete() throws {
        let found = try database.administer(
            """
            SELECT tables.name || '.' || keys."from" FROM pragma_table_list AS tables
            JOIN pragma_foreign_key_list(tables.name) AS keys WHERE keys."table" = 'media'
            """)
        let listed = MediaReferences.columns.map { "\"\($0.table).\($0.column)\"" }
        #expect(Set(found) == Set(listed))
    }

    @Test("a database of version 1 keeps its accounts")
    func migrates() throws {
        let queue = try DatabaseQueue()
        let nickname = try queue.write { database in
            let session = Session(database)
            _ = try Migration.apply([Migration.all[0]], in: session)
            try database.execute(
                sql: "INSERT INTO accounts VALUES (7, 'ana', 'ana', 'Ana', 'hash', NULL, 3, 1, 1, NULL)")
            _ = try Migration.apply(in: session)
            return try String.fetchOne(database, sql: "SELECT nickname FROM accounts WHERE picture IS NULL")
        }
        #expect(nickname == "Ana")
    }

    @Test("an update needs the password hash that was seen, and takes the tokens when it changes the password")
    func updates() async throws {
        let account = try await temporary.makeAccount().id
        try await temporary.giveToken([1], to: account)
        func update(_ old: String, nickname: String?, new: String?) async throws -> StoredAccount? {
            try await database.accounts.updateAccount(
                account, withPasswordHash: old, nickname: nickname, newPasswordHash: new, at: 77)
        }
        #expect(try await update("other", nickname: "Anna", new: "new") == nil)
        #expect(try await database.accounts.account(id: account)?.nickname == "ana")
        #expect(try await update("hash", nickname: "Anna", new: nil)?.nickname == "Anna")
        #expect(try await database.tokens.token(hash: [1]) != nil)
        let changed = try #require(try await update("hash", nickname: nil, new: "new"))
        #expect(changed.nickname == "Anna" && changed.passwordHash == "new" && changed.updatedAt == 77)
        #expect(try await database.tokens.token(hash: [1]) == nil)
    }

    @Test("preferences are kept, and those of nobody are an error")
    func preferences() async throws {
        let account = try await temporary.makeAccount().id
        #expect(try await database.accounts.preferences(account: account) == nil)
        try await database.accounts.setPreferences("{}", account: account)
        #expect(try await database.accounts.preferences(account: account) == "{}")
        await #expect(throws: StoreError.noSuchAccount) { try await database.accounts.preferences(account: 1) }
        await #expect(throws: StoreError.noSuchAccount) { try await database.accounts.setPreferences("{}", account: 1) }
    }

    @Test("accounts come in numbered pages")
    func pages() async throws {
        var ids: [Int64] = []
        for name in ["a", "b", "c"] { ids.append(try await temporary.makeAccount(name).id) }
        #expect(try await database.accounts.accounts(offset: 1, limit: 5).map(\.id) == Array(ids[1...]))
        #expect(try await database.accounts.accounts(offset: 0, limit: 2).map(\.id) == Array(ids[..<2]))
        #expect(try await database.accounts.accounts(offset: 9, limit: 2).isEmpty)
    }
}
