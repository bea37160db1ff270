import Foundation
import TestKit
import Testing

@testable import Store

@Suite("Deleting an account that has very much") struct DeletionTests {
    let temporary: TemporaryDatabase
    var database: AppDatabase { temporary.database }

    init() throws { temporary = try TemporaryDatabase() }

    /// An account with 5,000 comments on a post of somebody else's and 200 records of 100 kB each.
    private func makeRich() async throws -> (account: Int64, post: Int64, other: Int64) {
        let rich = try await temporary.makeAccount("rich").id, other = try await temporary.makeAccount("other").id
        guard
            case .created(let post) = try await database.forum.insertPost(
                title: "t", content: "c", imageLimit: 3, author: other, at: 1)
        else { throw StoreError.conditionFailed }
        let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
        _ = try database.administer(
            """
            INSERT INTO comments (
                id, number, post, depth, author, created_at, updated_at, content, public_id)
            \(numbers) SELECT i, i, \(post.id), 0, \(rich), 1, 1, 'c', i FROM n
            """)
        _ = try database.administer("UPDATE posts SET comment_count = 5000")
        _ = try database.administer("UPDATE counters SET value = 5000 WHERE name = 'comments'")
        _ = try database.administer(
            """
            INSERT INTO records (id, account, run_id, source, meters, seconds, start_at, end_at, created_at, track)
            \(numbers) SELECT i, \(rich), i, 'posted', 1, 1, 1, 1, 1, zeroblob(100000) FROM n WHERE i <= 200
            """)
        _ = try database.administer("UPDATE accounts SET last_run_id = 200 WHERE id = \(rich)")
        return (rich, post.id, other)
    }

    private func number(_ query: String) throws -> Int { try #require(Int(try database.administer(query)[0])) }

    @Test("no transaction writes more than 500 rows or removes more than 4 MiB, and all is gone in the end")
    func bounded() async throws {
        let (rich, post, _) = try await makeRich()
        var rows = 0, bytes = 0, slices = 0, isComplete = false
        while !isComplete {
            let (rowsBefore, bytesBefore) = (
                try number("SELECT total_changes()"), try number("SELECT COALESCE(SUM(LENGTH(track)), 0) FROM records")
            )
            isComplete =
                slices == 0
                ? try #require(try await database.accounts.deleteAccount(id: rich)).isComplete
                : try await database.accounts.continueDeletion(of: rich).isComplete
            // Counts also what foreign keys take along.
            rows = max(rows, try number("SELECT total_changes()") - rowsBefore)
            bytes = max(
                bytes, bytesBefore - (try number("SELECT COALESCE(SUM(LENGTH(track)), 0) FROM records")))
            slices += 1
            #expect(try database.wrongCounts() == [])
        }
        #expect(rows <= 500 && bytes <= 4 << 20)
        #expect(slices > 20)
        #expect(try await database.forum.post(.id(post))?.commentCount == 0)
        #expect(try number("SELECT COUNT(*) FROM comments") == 0)
        #expect(try number("SELECT COUNT(*) FROM records") == 0)
        #expect(try number("SELECT COUNT(*) FROM accounts") == 1)
    }

    @Test("an account is gone for everybody with the first slice, and nothing can be done in its name")
    func atOnce() async throws {
        let ana = try await temporary.makeAccount().id, bob = try await temporary.makeAccount("bob").id
        try await Everything(database: database).fill(ana, beside: bob)
        try await database.mailCodes.setMailCode(emailKey: "ana", hash: "h", expiresAt: 9)
        let deletion = try #require(try await database.accounts.deleteAccount(id: ana, Slice.Bounds(rows: 0)))
        #expect(!deletion.isComplete && deletion.accounts == [ana])
        #expect(try await database.accounts.leavingAccounts() == [ana])

        #expect(try await database.accounts.account(id: ana) == nil)
        #expect(try await database.accounts.account(usernameKey: "ana") == nil)
        #expect(try await database.accounts.account(number: 1) == nil)
        #expect(try await database.accounts.accountCount() == 1)
        #expect(try await database.accounts.accounts(limit: 9).map(\.id) == [bob])
        #expect(try await database.accounts.accounts(offset: 0, limit: 9).map(\.id) == [bob])
        #expect(try await database.social.profiles([ana], viewer: bob) == [:])
        #expect(try await database.tokens.token(hash: [8]) == nil)
        #expect(try await database.tokens.endOfToken(hash: [8]) == .accountDeleted)
        let person = try #require(try await database.rooms.room(runID: "of \(ana)")?.people.first)
        #expect(person == StoredPerson(runner: 1, account: nil, joinedAt: 7, state: [5]))

        let token = TokenRepository.NewToken(hash: [9], kind: "access", createdAt: 1, expiresAt: 9)
        #expect(try await !database.tokens.insertToken(token, renewing: [8]))
        #expect(try await database.accounts.setNickname("x", account: ana, at: 1) == nil)
        #expect(try await database.accounts.setRole("admin", account: ana, at: 1) == nil)
        #expect(try await !database.accounts.setDisabled(1, account: ana))
        #expect(try await database.accounts.deleteAccount(id: ana) == nil)
        await #expect(throws: StoreError.noSuchAccount) {
            try await database.forum.insertPost(title: "t", content: "c", imageLimit: 3, author: ana, at: 1)
        }
        await #expect(throws: StoreError.noSuchAccount) {
            try await database.social.setFollow(true, follower: bob, followed: ana, at: 1)
        }
        await #expect(throws: StoreError.noSuchAccount) {
            try await database.records.insertPostedRecord(.make(), account: ana, at: 1)
        }
        await #expect(throws: StoreError.noSuchAccount) {
            try await database.accounts.setPreferences("{}", account: ana)
        }
        await #expect(throws: StoreError.noSuchAccount) {
            try await database.accounts.replaceRunData(StoredRunData(text: nil, version: 0), by: "{}", account: ana)
        }
        await #expect(throws: StoreError.noSuchAccount) { try await database.keptBytes(account: ana) }
        await #expect(throws: StoreError.noSuchAccount) {
            try await database.media.insertUpload(media: 1, account: ana, at: 1)
        }
        // What it wrote has no name any more.
        #expect(
            try await database.forum.comments(
                on: try await database.forum.posts(.writtenBy(bob), limit: 1)[0], limit: 1
            )
            .first?.author.username == "")
        _ = try await temporary.makeAccount()
        #expect(try await database.accounts.leavingAccounts() == [ana])
    }

    @Test("a deletion that was cut off is carried on with a database that is opened anew")
    func resumes() async throws {
        let (rich, post, other) = try await makeRich()
        try await Everything(database: database).fill(rich, beside: other)
        _ = try await database.accounts.deleteAccount(id: rich)
        for _ in 0..<3 { #expect(try await !database.accounts.continueDeletion(of: rich).isComplete) }
        // The files as a kill -9 leaves them.
        let copy = TemporaryDirectory()
        try FileManager.default.copyItem(atPath: temporary.directory.path, toPath: copy.path)

        let opened = try copy.open()
        #expect(try opened.wrongCounts() == [])
        #expect(try await opened.accounts.account(id: rich) == nil)
        #expect(try await opened.accounts.leavingAccounts() == [rich])
        while try await !opened.accounts.continueDeletion(of: rich).isComplete {}
        #expect(try await opened.accounts.leavingAccounts() == [])
        #expect(try await opened.forum.post(.id(post))?.commentCount == 0)
        #expect(try opened.wrongCounts() == [])
        #expect(try opened.administer("PRAGMA foreign_key_check") == [])
        #expect(try opened.administer("PRAGMA integrity_check") == ["\"ok\""])
        let columns = try opened.administer(
            """
            SELECT tables.name || ' WHERE ' || keys."from" FROM pragma_table_list AS tables
            JOIN pragma_foreign_key_list(tables.name) AS keys WHERE keys."table" = 'accounts'
            """)
        #expect(columns.count > 15)
        for column in columns {
            #expect(try opened.administer("SELECT 1 FROM \(column.replacing("\"", with: "")) = \(rich)") == [])
        }
        #expect(try await opened.rooms.room(runID: "of \(rich)")?.events.map(\.body) == ["nobody"])
    }

    @Test("others write between the slices")
    func inBetween() async throws {
        let (rich, _, other) = try await makeRich()
        let database = database
        let deletion = Task {
            guard try await database.accounts.deleteAccount(id: rich) != nil else { throw StoreError.noSuchAccount }
            while try await !database.accounts.continueDeletion(of: rich).isComplete {}
        }
        while try await database.accounts.account(id: rich) != nil { await Task.yield() }
        // Each takes its turn after one slice, and there are more than twenty.
        for number in Int64(0)..<5 { _ = try await database.accounts.setNickname("o", account: other, at: number) }
        #expect(try await database.accounts.leavingAccounts() == [rich])
        try await deletion.value
        #expect(try await database.accounts.leavingAccounts() == [])
    }

    @Test("a discussion of others goes with the comment that it began with, a piece at a time")
    func discussion() async throws {
        let ana = try await temporary.makeAccount().id, bob = try await temporary.makeAccount("bob").id
        guard
            case .created(let post) = try await database.forum.insertPost(
                title: "t", content: "c", imageLimit: 3, author: bob, at: 1)
        else { throw StoreError.conditionFailed }
        func comment(on parent: Int64?, by author: Int64) async throws -> Int64 {
            let inserted = try await database.forum.insertComment(
                on: .id(post.id), replyingTo: parent.map { .id($0) }, content: "c", author: author, at: 1)
            guard case .created(let comment) = inserted else { throw StoreError.conditionFailed }
            return comment.id
        }
        let kept = try await comment(on: nil, by: bob)
        let top = try await comment(on: nil, by: ana)
        for _ in 0..<10 {
            let reply = try await comment(on: top, by: bob)
            for _ in 0..<3 {
                let deepest = try await comment(on: reply, by: bob)
                _ = try await database.forum.setLike(true, comment: .id(deepest), account: bob, at: 1)
            }
        }
        var deletion = try #require(try await database.accounts.deleteAccount(id: ana, Slice.Bounds(rows: 0)))
        var slices = 0
        while !deletion.isComplete {
            let before = try number("SELECT total_changes()")
            deletion = try await database.accounts.continueDeletion(of: ana, Slice.Bounds(rows: 25))
            #expect(try number("SELECT total_changes()") - before <= 25)
            #expect(try database.wrongCounts() == [])
            slices += 1
        }
        #expect(slices > 5)
        #expect(try await database.forum.commentIDs(on: post.id) == [kept])
    }
}
