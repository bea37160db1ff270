import TestKit
import Testing

@testable import Store

@Suite("Counts that are kept") struct CountTests {
    let temporary: TemporaryDatabase
    var database: AppDatabase { temporary.database }

    init() throws { temporary = try TemporaryDatabase() }

    private func clip(of author: Int64) async throws -> Int64 {
        guard
            case .created(let post) = try await database.forum.insertPost(
                title: "t", content: "c", imageLimit: 3, video: NewVideo(source: .address("http://a")), author: author,
                at: 1)
        else { throw StoreError.conditionFailed }
        return post.id
    }

    @Test("a profile counts whom one follows, who follows, one's clips and their likes, and the clips that one likes")
    func profile() async throws {
        let ana = try await temporary.makeAccount().id, bob = try await temporary.makeAccount("bob").id
        let clip = try await clip(of: ana)
        for isSet in [true, true, false, true] {
            _ = try await database.social.setFollow(isSet, follower: bob, followed: ana, at: 1)
            _ = try await database.forum.setLike(isSet, post: .id(clip), account: bob, at: 1)
        }
        func counts(_ account: Int64) async throws -> [Int] {
            let profile = try #require(try await database.social.profiles([account], viewer: nil)[account])
            return [
                profile.followCount, profile.followerCount, profile.videoCount, profile.likesReceived,
                profile.likesGiven,
            ]
        }
        #expect(try await counts(ana) == [0, 1, 1, 1, 0])
        #expect(try await counts(bob) == [1, 0, 0, 0, 1])
        #expect(try await database.forum.deletePost(clip) != nil)
        #expect(try await counts(ana) == [0, 1, 0, 0, 0])
        #expect(try await counts(bob) == [1, 0, 0, 0, 0])
        #expect(try database.wrongCounts() == [])
    }

    @Test("every count is that of its rows after anything in any order, and after each slice of a deletion")
    func anything() async throws {
        var random = SplitMix(seed: 7)
        var accounts: [Int64] = []
        for index in 0..<12 { accounts.append(try await temporary.makeAccount("runner\(index)").id) }
        var posts: [Int64] = []
        for step in 0..<600 {
            let account = accounts[random.next(accounts.count)], other = accounts[random.next(accounts.count)]
            let isSet = random.next(3) > 0
            switch random.next(8) {
            case 0: posts.append(try await clip(of: account))
            case 1 where account != other:
                _ = try await database.social.setFollow(isSet, follower: account, followed: other, at: 1)
            case _ where posts.isEmpty: continue
            case 2, 3:
                _ = try await database.forum.setLike(
                    isSet, post: .id(posts[random.next(posts.count)]), account: account, at: 1)
            case 4:
                let post = ForumKey.id(posts[random.next(posts.count)])
                _ = try await database.forum.setCollection(isSet, post: post, account: account, at: 1)
            case 5:
                let post = posts[random.next(posts.count)]
                let parent = try await database.forum.commentIDs(on: post).first
                let inserted = try await database.forum.insertComment(
                    on: .id(post), replyingTo: isSet ? parent.map { .id($0) } : nil, content: "x", author: account,
                    at: 1)
                if case .created(let comment) = inserted {
                    _ = try await database.forum.setLike(true, comment: .id(comment.id), account: other, at: 1)
                }
            case 6 where step.isMultiple(of: 5):
                #expect(try await database.forum.deletePost(posts.remove(at: random.next(posts.count))) != nil)
            default: continue
            }
        }
        #expect(try database.wrongCounts() == [])
        for account in accounts.prefix(9) {
            var deletion = try #require(try await database.accounts.deleteAccount(id: account, Slice.Bounds(rows: 0)))
            while !deletion.isComplete {
                #expect(try database.wrongCounts() == [])
                deletion = try await database.accounts.continueDeletion(of: account, Slice.Bounds(rows: 20))
            }
        }
        #expect(try database.wrongCounts() == [])
        #expect(try await database.deleteAllPosts() > 0)
        #expect(try database.wrongCounts() == [])
    }

    @Test("the journal's bytes are known while it is written, again, rewritten, purged, and with a room removed")
    func journal() async throws {
        let room = try await temporary.makeRoom(), other = try await temporary.makeRoom("160")
        func commit(_ change: (inout RoomChanges) -> Void, room: Int64) async throws -> Int {
            var changes = RoomChanges(room: room, term: 0)
            change(&changes)
            _ = try await database.rooms.commit(JournalBatch(rooms: [changes]))
            #expect(try database.wrongCounts() == [])
            return try await database.rooms.journalBytes()
        }
        func rows(_ bytes: [UInt8]) -> [JournalRow] {
            (1...3).map { JournalRow(sequence: $0, time: 1, bytes: bytes) }
        }
        #expect(try await commit({ $0.journal = rows([1, 2]) }, room: room.id) == 6)
        #expect(try await commit({ $0.journal = rows([1, 2, 3, 4]) }, room: room.id) == 12)
        #expect(try await commit({ $0.journal = rows([1]) }, room: other.id) == 15)
        try await database.rooms.rewriteJournal(of: room.id) { $0.sequence == 2 ? [1] : nil }
        #expect(try await database.rooms.journalBytes() == 12)
        #expect(try await commit({ $0.journalBelow = 2 }, room: room.id) == 8)
        _ = try await commit({ $0.isDeleted = true }, room: room.id)
        #expect(try await database.rooms.removeLeavings())
        #expect(try database.wrongCounts() == [])
        #expect(try await database.rooms.journalBytes() == 3)
    }

    @Test("who read a post is forgotten when it no longer matters, although nobody reads any more")
    func forgetsReaders() async throws {
        let post = try await clip(of: try await temporary.makeAccount().id)
        _ = try await database.forum.hit(.id(post), reader: .address("a"), pause: 30, at: 100)
        _ = try await database.forum.hit(.id(post), reader: .address("b"), pause: 30, at: 110)
        #expect(try await database.forum.deleteHits(pause: 30, at: 129) == 0)
        #expect(try await database.forum.deleteHits(pause: 30, at: 130) == 1)
        #expect(try await database.forum.deleteHits(pause: 30, at: 140) == 1)
        #expect(try await database.forum.post(.id(post))?.hitCount == 2)
    }
}

extension SplitMix {
    fileprivate mutating func next(_ count: Int) -> Int { Int.random(in: 0..<count, using: &self) }
}
