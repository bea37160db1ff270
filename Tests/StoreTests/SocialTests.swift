import Foundation
import GRDB
import Testing

@testable import Store

@Suite("Collections, hits, clips, follows and messages", .serialized)
struct SocialTests {
    private let temporary: TemporaryDatabase
    private var database: AppDatabase { temporary.database }

    init() throws { temporary = try TemporaryDatabase() }

    private func post(_ author: Int64, video: NewVideo? = nil) async throws -> Post {
        let inserted = try await database.forum.insertPost(
            title: "title", content: "content", imageLimit: 3, video: video, writtenAt: "noon", author: author, at: 1)
        guard case .created(let post) = inserted else { throw StoreError.closed }
        return post
    }

    private let elsewhere = NewVideo(source: .address("http://a"))

    @Test("accounts and comments of an older database get public ids, each its own")
    func migration() throws {
        let queue = try DatabaseQueue()
        let ids = try queue.write { database in
            let session = Session(database)
            _ = try Migration.apply(Migration.all.filter { $0.version < 6 }, in: session)
            for id in [7, 9, 30] {
                try database.execute(
                    sql: """
                        INSERT INTO accounts (id, username, username_key, nickname, password_hash, created_at, updated_at)
                        VALUES (\(id), 'a\(id)', 'a\(id)', '', '', 1, 1)
                        """)
            }
            try database.execute(
                sql: """
                    INSERT INTO posts (id, number, author, created_at, updated_at, title, content)
                    VALUES (5, 1, 7, 1, 1, 't', 'c')
                    """)
            for number in [1, 4] {
                try database.execute(
                    sql: """
                        INSERT INTO comments (id, number, post, depth, author, created_at, updated_at, content)
                        VALUES (\(number), \(number), 5, 0, 7, 1, 1, 'c')
                        """)
            }
            try database.execute(sql: "UPDATE counters SET value = 4 WHERE name = 'comments'")
            _ = try Migration.apply(in: session)
            let next = try session.nextNumber(of: "public")
            return try Int64.fetchAll(
                database, sql: "SELECT public_id FROM profiles UNION ALL SELECT public_id FROM comments") + [next]
        }
        #expect(ids.count == 6 && Set(ids).count == 6)
        #expect(ids.allSatisfy { (1_000_000_000_000_001..<1 << 53).contains($0) })
        #expect(ids.last == ids.max())
    }

    @Test("each account that is made has a profile")
    func profiles() async throws {
        let ana = try await temporary.makeAccount()
        let root = try await database.accounts.insertAccount(
            username: "root", usernameKey: "root", nickname: "root", passwordHash: "", role: "root", at: 1)
        let profiles = try await database.social.profiles([ana.id, root.id], viewer: nil)
        #expect(profiles.count == 2 && Set(profiles.values.map(\.publicID)).count == 2)
        try await database.social.setProfile(avatarURL: "a", backgroundURL: nil, signature: "s", account: ana.id)
        let changed = try #require(try await database.social.profiles([ana.id], viewer: nil)[ana.id])
        #expect(changed.avatarURL == "a" && changed.backgroundURL == nil && changed.signature == "s")
        await #expect(throws: StoreError.noSuchAccount) {
            try await database.social.setProfile(avatarURL: nil, backgroundURL: nil, signature: nil, account: 1)
        }
    }

    @Test("collections change their count with the row, and go with account and post")
    func collections() async throws {
        let ana = try await temporary.makeAccount().id, bob = try await temporary.makeAccount("bob").id
        let post = try await post(ana)
        #expect(post.writtenAt == "noon")
        guard
            case .changed(let collected) = try await database.forum.setCollection(
                true, post: .id(post.id), account: bob, at: 1)
        else {
            Issue.record("not collected")
            return
        }
        #expect(collected.collectCount == 1)
        #expect(try await database.forum.setCollection(true, post: .id(post.id), account: bob, at: 2) == .unchanged)
        #expect(try await database.forum.setCollection(true, post: .id(1), account: bob, at: 2) == .notFound)
        await #expect(throws: StoreError.noSuchAccount) {
            try await database.forum.setCollection(true, post: .id(post.id), account: 1, at: 2)
        }
        #expect(try await database.forum.posts(.collectedBy(bob), limit: 9) == [post.id])
        let reading = try #require(try await database.forum.readings([post.id, 1], reader: bob).first)
        #expect(reading.isCollected && !reading.isLiked && reading.video == nil)
        #expect(try await database.accounts.deleteAccount(id: bob) != nil)
        #expect(try await database.forum.post(.id(post.id))?.collectCount == 0)
        _ = try await database.forum.setCollection(true, post: .id(post.id), account: ana, at: 1)
        #expect(try await database.deleteAllUsers().accounts.count == 1)
        #expect(try await database.forum.post(.id(post.id)) == nil)
    }

    @Test("a hit counts once in its pause, and readers are forgotten after it")
    func hits() async throws {
        let post = try await post(try await temporary.makeAccount().id)
        func hit(_ reader: String, at time: Int64) async throws -> Bool? {
            try await database.forum.hit(.number(post.number), reader: .address(reader), pause: 30, at: time)
        }
        #expect(try await hit("a", at: 1000) == true)
        #expect(try await hit("a", at: 1029) == false)
        #expect(try await hit("b", at: 1029) == true)
        #expect(try await hit("a", at: 1030) == true)
        #expect(try await hit("a", at: 500) == true, "the clock was set back")
        #expect(try await database.forum.post(.id(post.id))?.hitCount == 4)
        #expect(try database.administer("SELECT COUNT(*) FROM post_hits") == ["1"])
        #expect(try await database.forum.hit(.number(9), reader: .address("a"), pause: 1, at: 1) == nil)
    }

    @Test("a clip is a post that is found by its public id too, and only there")
    func clips() async throws {
        let ana = try await temporary.makeAccount().id
        let plain = try await post(ana), clip = try await post(ana, video: elsewhere)
        let video = try #require(try await database.forum.readings([clip.id], reader: nil).first?.video)
        #expect(video.source == .address("http://a"))
        #expect(try await database.forum.post(.publicID(video.publicID))?.id == clip.id)
        #expect(try await database.forum.comment(.publicID(video.publicID)) == nil)
        #expect(try await database.social.profile(publicID: video.publicID, viewer: nil) == nil)
        #expect(try await database.forum.post(.publicID(plain.number)) == nil)
        for list in [PostList.videosBy(ana), .videosBefore(.max), .videosPublishedBefore(2)] {
            #expect(try await database.forum.posts(list, limit: 9) == [clip.id])
        }
        for list in [PostList.videosBefore(video.publicID), .videosPublishedBefore(1)] {
            #expect(try await database.forum.posts(list, limit: 9) == [])
        }
        // What nobody is shown leaves no gap in what is shown to all.
        #expect(try await database.forum.setHidden(5, post: clip.id))
        for list in [PostList.videosBefore(.max), .videosPublishedBefore(2)] {
            #expect(try await database.forum.posts(list, limit: 9) == [])
        }
        #expect(try await database.forum.setHidden(nil, post: clip.id))
        #expect(try await database.forum.posts(.newest, limit: 9) == [clip.id, plain.id])
        #expect(try await database.forum.deletePost(clip.id) != nil)
        #expect(try await database.forum.post(.publicID(video.publicID)) == nil)
    }

    @Test("ten thousand followers are counted and listed in pages")
    func manyFollowers() async throws {
        let star = try await temporary.makeAccount("star").id
        let numbers = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
        _ = try database.administer(
            """
            INSERT INTO accounts (id, username, username_key, nickname, password_hash, created_at, updated_at)
            \(numbers) SELECT i, 'fan' || i, 'fan' || i, '', '', 1, 1 FROM n
            """)
        _ = try database.administer(
            "INSERT INTO profiles (account, public_id) \(numbers) SELECT i, 2000000000000000 + i FROM n")
        _ = try database.administer(
            "INSERT INTO follows (follower, followed, created_at) \(numbers) SELECT i, \(star), i FROM n")
        _ = try database.administer("UPDATE profiles SET follower_count = 10000 WHERE account = \(star)")
        let profile = try #require(try await database.social.profiles([star], viewer: 1)[star])
        #expect(profile.followerCount == 10_000 && profile.isFollowed)
        let page = try await database.social.followers(of: star, offset: 9_500, limit: 500)
        #expect(page.first == 500 && page.last == 1 && page.count == 500)
        #expect(try await database.social.profiles(page, viewer: star).count == 500)
    }

    @Test("nobody follows themselves or nobody, not even past the rules above")
    func impossibleFollows() async throws {
        let ana = try await temporary.makeAccount().id
        await #expect(throws: StoreError.self) {
            try await database.social.setFollow(true, follower: ana, followed: ana, at: 1)
        }
        for (one, other) in [(ana, Int64(1)), (1, ana)] {
            await #expect(throws: StoreError.noSuchAccount) {
                try await database.social.setFollow(true, follower: one, followed: other, at: 1)
            }
        }
    }

    @Test("messages go with either account, and no two of a pair have the same time")
    func messages() async throws {
        let ana = try await temporary.makeAccount().id, bob = try await temporary.makeAccount("bob").id
        var times: [Int64] = []
        for (sender, recipient, time) in [(ana, bob, Int64(50)), (bob, ana, 50), (ana, bob, 10), (ana, bob, 90)] {
            let message = try await database.social.insertMessage("a", from: sender, to: recipient, at: time)
            #expect(message.sender == sender && message.recipient == recipient)
            times.append(message.createdAt)
        }
        #expect(times == [50, 51, 52, 90])
        let found = try await database.social.messages(between: bob, and: ana, after: 50, now: 100, limit: 2)
        #expect(found.map(\.createdAt) == [51, 52] && found.map(\.sender) == [bob, ana])
        // Nobody was told a time later than the clock and the last message.
        #expect(try await database.social.messages(between: ana, and: bob, after: 91, now: 90, limit: 9).count == 4)
        #expect(try await database.social.messages(between: ana, and: bob, after: 91, now: 91, limit: 9).isEmpty)
        #expect(try await database.social.lastMessages(of: bob, with: [ana])[ana]?.createdAt == 90)
        let own = try await database.social.insertMessage("to myself", from: ana, to: ana, at: 1)
        #expect(try await database.social.messages(between: ana, and: ana, after: 0, now: 1, limit: 9) == [own])
        #expect(try await database.accounts.deleteAccount(id: bob) != nil)
        #expect(try database.administer("SELECT COUNT(*) FROM messages") == ["1"])
    }

    @Test("a renamed account keeps a nickname of its own, and no two share a name")
    func rename() async throws {
        func rename(_ account: Int64, to name: String, _ key: String, at time: Int64) async throws -> StoredAccount? {
            var change = ProfileChange()
            change.username = name
            change.usernameKey = key
            return try await database.accounts.changeProfile(change, account: account, at: time)
        }
        let ana = try await temporary.makeAccount(), bob = try await temporary.makeAccount("bob")
        let renamed = try await rename(ana.id, to: "eva", "eva", at: 2)
        #expect(renamed?.username == "eva" && renamed?.nickname == "eva" && renamed?.updatedAt == 2)
        _ = try await database.accounts.setNickname("Bobby", account: bob.id, at: 2)
        #expect(try await rename(bob.id, to: "ben", "ben", at: 3)?.nickname == "Bobby")
        await #expect(throws: StoreError.nameTaken) {
            try await rename(bob.id, to: "EVA", "eva", at: 3)
        }
        #expect(try await rename(ana.id, to: "Eva", "eva", at: 3)?.username == "Eva")
        #expect(try await rename(1, to: "x", "x", at: 3) == nil)
    }
}
