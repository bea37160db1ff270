import TestKit
import Testing

@testable import Store

@Suite("What an account keeps") struct KeptBytesTests {
    private func media(_ database: AppDatabase, _ bytes: Int, hash: [UInt8] = [1]) async throws -> Int64 {
        try await database.media.insertMedia(hash: hash, type: "image/png", bytes: bytes, width: 1, height: 1, at: 1).id
    }

    private func post(
        _ content: String, images: [Int64] = [], video: Int64? = nil, merging: Bool = false, by author: Int64,
        in database: AppDatabase
    ) async throws -> Int64 {
        let inserted = try await database.forum.insertPost(
            title: "t", content: content, images: images, imageLimit: 9, mergeSince: merging ? 0 : nil,
            video: video.map { NewVideo(source: .media($0)) }, author: author, at: 1)
        switch inserted {
        case .created(let post), .merged(let post): return post.id
        case .full: throw StoreError.conditionFailed
        }
    }

    @Test("everything that somebody sends counts where it is stored, in bytes, and is given back where it goes")
    func counts() async throws {
        let temporary = try TemporaryDatabase(), database = temporary.database
        let ana = try await temporary.makeAccount().id, bob = try await temporary.makeAccount("bob").id
        func expect(_ bytes: Int, _ account: Int64, _ what: String) async throws {
            #expect(try await database.keptBytes(account: account) == bytes, "\(what)")
            #expect(try database.wrongCounts() == [], "\(what)")
        }
        let read = try await database.accounts.runData(account: ana)
        #expect(try await database.accounts.replaceRunData(read, by: "{\"é\":1}", account: ana))
        try await expect(8, ana, "a text counts in bytes")
        let record = try await database.records.insertPostedRecord(.make(track: [1, 2, 3]), account: ana, at: 1)
        try await expect(3, ana, "a record resets the run data")
        try await database.accounts.setPreferences("{\"a\":1}", account: ana)
        try await database.accounts.setPreferences("{}", account: ana)
        try await expect(5, ana, "what is replaced is given back")
        #expect(try await database.records.deleteRecord(account: ana, runID: record.runID))
        #expect(try await !database.records.deleteRecord(account: ana, runID: record.runID))
        try await expect(2, ana, "a record that is deleted once")

        for track: [UInt8] in [[1], [1, 2, 3, 4], [9, 9]] {
            let live = LiveRecord.make(runKey: 7, account: ana, track: track)
            _ = try await database.rooms.commit(JournalBatch(records: [live]))
            try await expect(2 + track.count, ana, "a live record that is replaced")
        }
        let picture = try await media(database, 100), cover = try await media(database, 1000)
        try await database.media.insertUpload(media: picture, account: ana, at: 5)
        try await expect(104, ana, "an upload that waits")
        _ = try await database.accounts.setPicture(picture, account: ana, at: 1)
        var change = ProfileChange()
        change.cover = cover
        _ = try await database.accounts.changeProfile(change, account: ana, at: 1)
        _ = try await database.accounts.changeProfile(change, account: ana, at: 1)
        try await expect(1204, ana, "pictures that are shown, beside the upload")
        #expect(try await database.media.deleteUploads(before: 6) == 1)
        _ = try await database.accounts.setPicture(nil, account: ana, at: 1)
        try await expect(1004, ana, "one that is no longer shown")
        try await database.media.insertUpload(media: picture, account: ana, at: 5)
        #expect(try await database.media.deleteUnreferencedMedia(ids: [picture]) == [[1]])
        try await expect(1004, ana, "an upload that came to nothing")

        // The same file twice, for each who refers to it.
        let first = try await media(database, 50), second = try await media(database, 50)
        let clip = try await media(database, 10_000)
        let anas = try await post("é", images: [first], video: clip, by: ana, in: database)
        try await expect(11_057, ana, "a post with title, text, image and video")
        let bobs = try await post("abc", images: [second], by: bob, in: database)
        let merged = try await media(database, 7)
        #expect(try await post("abc", images: [merged], merging: true, by: bob, in: database) == bobs)
        try await expect(61, bob, "images that go to a post that is there")
        _ = try await database.forum.updatePost(bobs, content: "ab", images: [second], at: 2)
        try await expect(53, bob, "an edit")
        let anasComment = try await comment("12345", on: bobs, by: ana, in: database)
        _ = try await comment("123", on: bobs, replyingTo: anasComment, by: bob, in: database)
        let later = try await comment("1234567", on: anas, by: bob, in: database)
        try await expect(11_062, ana, "comments")
        try await expect(63, bob, "comments")
        #expect(try await database.forum.deleteComment(anasComment))
        try await expect(11_057, ana, "a discussion that is deleted")
        try await expect(60, bob, "a reply goes with what it replies to")
        _ = later
        _ = try await database.social.insertMessage("éé", from: bob, to: ana, at: 1)
        _ = try await database.social.insertMessage("é", from: ana, to: bob, at: 1)
        try await expect(64, bob, "a message is of who wrote it")
        #expect(try await database.forum.deletePost(anas) != nil)
        try await expect(1006, ana, "a post that is deleted")
        try await expect(57, bob, "with the comments on it")
        _ = try await database.accounts.deleteAccount(id: ana)
        try await expect(53, bob, "messages to who is no longer there")
        #expect(try await database.deleteAllPosts() == 1)
        try await expect(0, bob, "nothing is left")
    }

    private func comment(
        _ content: String, on post: Int64, replyingTo parent: Int64? = nil, by author: Int64, in database: AppDatabase
    ) async throws -> Int64 {
        let inserted = try await database.forum.insertComment(
            on: .id(post), replyingTo: parent.map { .id($0) }, content: content, author: author, at: 1)
        guard case .created(let comment) = inserted else { throw StoreError.conditionFailed }
        return comment.id
    }

    @Test("beyond the quota nothing more is stored, and nothing by halves; what is there stays, and live runs are kept")
    func quota() async throws {
        let temporary = try TemporaryDatabase(quota: 100), database = temporary.database
        let ana = try await temporary.makeAccount().id, bob = try await temporary.makeAccount("bob").id
        let track = [UInt8](repeating: 1, count: 90), text = String(repeating: "x", count: 11)
        let record = try await database.records.insertPostedRecord(.make(track: track), account: ana, at: 1)
        let media = try await media(database, 11), read = try await database.accounts.runData(account: ana)
        let bobs = try await post("ab", by: bob, in: database)
        let short = Array(track.prefix(11))
        let attempts: [(String, () async throws -> Void)] = [
            ("record", { _ = try await database.records.insertPostedRecord(.make(track: short), account: ana, at: 1) }),
            ("run data", { _ = try await database.accounts.replaceRunData(read, by: text, account: ana) }),
            ("preferences", { try await database.accounts.setPreferences(text, account: ana) }),
            ("picture", { _ = try await database.accounts.setPicture(media, account: ana, at: 1) }),
            ("upload", { try await database.media.insertUpload(media: media, account: ana, at: 1) }),
            ("post", { _ = try await post(text, by: ana, in: database) }),
            ("video", { _ = try await post("x", video: media, by: ana, in: database) }),
            ("comment", { _ = try await comment(text, on: bobs, by: ana, in: database) }),
            ("message", { _ = try await database.social.insertMessage(text, from: ana, to: bob, at: 1) }),
        ]
        for (name, attempt) in attempts {
            await #expect(throws: StoreError.quotaExceeded, "\(name)") { try await attempt() }
            #expect(try database.wrongCounts() == [], "\(name)")
            #expect(try await database.keptBytes(account: ana) == 90, "\(name)")
        }
        #expect(try await database.accounts.runData(account: ana) == read)
        #expect(try await database.records.recordSummaries(account: ana).total == 1)
        #expect(try await database.forum.postCount() == 1)
        // To the last byte.
        try await database.accounts.setPreferences(String(text.dropLast()), account: ana)
        // A run that this server measured is kept, and others have room of their own.
        let live = LiveRecord.make(runKey: 7, account: ana, track: track)
        #expect(try await database.rooms.commit(JournalBatch(records: [live])).runIDs[7] == record.runID + 1)
        #expect(try await database.keptBytes(account: ana) == 190)
        try await database.accounts.setPreferences("{}", account: ana)
        await #expect(throws: StoreError.quotaExceeded) {
            try await database.accounts.setPreferences("{} ", account: ana)
        }
        _ = try await database.social.insertMessage(text, from: bob, to: ana, at: 1)
        #expect(try await database.records.deleteRecord(account: ana, runID: record.runID))
        _ = try await database.social.insertMessage("room", from: ana, to: bob, at: 1)
        #expect(try database.wrongCounts() == [])
    }

    @Test("run data are replaced as they were read, and by nobody who has read them before another replaced them")
    func swaps() async throws {
        let temporary = try TemporaryDatabase(), database = temporary.database
        let ana = try await temporary.makeAccount().id
        let empty = try await database.accounts.runData(account: ana)
        #expect(empty.text == nil)
        #expect(try await database.accounts.replaceRunData(empty, by: "1", account: ana))
        #expect(try await !database.accounts.replaceRunData(empty, by: "2", account: ana))
        let one = try await database.accounts.runData(account: ana)
        #expect(one.text == "1")
        _ = try await database.records.insertPostedRecord(.make(), account: ana, at: 1)
        #expect(try await !database.accounts.replaceRunData(one, by: "3", account: ana), "a record has reset them")
        #expect(try await database.accounts.runData(account: ana).text == nil)
        #expect(try database.wrongCounts() == [])
    }
}
