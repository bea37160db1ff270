import GRDB
import Geo
import TestKit
import Testing

@testable import Store

@Suite("A database of an older version, with something in each table") struct UpgradeTests {
    static let versions = Migration.all.map(\.version)

    @Test("is whole when it is opened, and has what it had", arguments: versions)
    func upgrade(version: Int) async throws {
        let directory = TemporaryDirectory()
        try OlderDatabase.make(version: version, in: directory)
        let database = try directory.open()
        #expect(try database.administer("SELECT MAX(version) FROM schema_version") == ["\(Self.versions.max() ?? 0)"])
        #expect(try database.administer("PRAGMA integrity_check") == ["\"ok\""])
        #expect(try database.administer("PRAGMA foreign_key_check") == [])
        #expect(try database.wrongCounts() == [])
        try await accounts(database, version)
        try await records(database, version)
        try await room(database, version)
        if version >= 2 { try await media(database) }
        if version >= 3 { try await forum(database, version) }
        if version >= 6 { try await social(database) }
        try await moderation(database, version)
        try await goesOn(database, version)
    }

    @Test("of accounts that are there, users without a mail address go on coming by MD5, if their hash lets them")
    func digests() async throws {
        let directory = TemporaryDirectory()
        try OlderDatabase.make(version: 14, in: directory)
        let queue = try DatabaseQueue(path: directory.databasePath)
        try await queue.write { database in
            for (id, (hash, role, email)) in [
                ("$scrypt-md5$x", "user", nil), ("$scrypt-md5$x", "user", "c@x.org"), ("$scrypt$x", "user", nil),
                ("$scrypt-md5$x", "auditor", nil), ("$scrypt-md5$x", "root", nil),
            ].enumerated() as EnumeratedSequence<[(String, String, String?)]> {
                try database.execute(
                    sql: """
                        INSERT INTO accounts (id, username, username_key, nickname, password_hash, created_at, updated_at,
                            role, email, email_key, number)
                        VALUES (?1, ?1, 'c' || ?1, 'c', ?2, 1, 1, ?3, ?4, ?4, ?1)
                        """,
                    arguments: [id + 100, hash, role, email])
            }
        }
        try queue.close()
        let database = try directory.open()
        var taking: [Bool?] = []
        for id in Int64(100)...104 { taking.append(try await database.accounts.account(id: id)?.takesDigest) }
        #expect(taking == [true, false, false, false, false])
    }

    private func accounts(_ database: AppDatabase, _ version: Int) async throws {
        let ana = try #require(try await database.accounts.account(usernameKey: "ana"))
        let ben = try #require(try await database.accounts.account(number: 2))
        #expect(ana.id == 10 && ana.number == 1 && ana.nickname == "Änne 🏃" && ana.passwordHash == "$scrypt-md5$ana")
        #expect(ana.lastRunID == 3 && ana.createdAt == 1 && ana.updatedAt == 2 && ana.role == "user")
        #expect(ana.picture == (version >= 2 ? 50 : nil))
        #expect(ana.sign == (version >= 7 ? "run" : nil) && ana.cover == (version >= 7 ? 51 : nil))
        #expect(ben.id == 20 && ben.role == (version >= 4 ? "admin" : "user"))
        #expect(try await database.accounts.account(emailKey: "ben@x.org") == (version >= 4 ? ben : nil))
        // Where an account was made is not known; one with a role was not by an MD5.
        #expect(ana.takesDigest && ben.takesDigest == (version < 4))
        #expect(try await database.accounts.accountCount() == 2)
        #expect(try await database.accounts.administrators().map(\.id) == (version >= 4 ? [20] : []))
        #expect(try await database.tokens.token(hash: [1])?.account == ana)
        #expect(try await database.tokens.token(hash: [1])?.session == (version >= 5 ? 5 : nil))
        #expect(try await database.tokens.endOfToken(hash: [2]) == (version >= 5 ? .revoked : nil))
        #expect(try await database.accounts.runData(account: 10).text == "{}")
        #expect(
            try await database.mailCodes.tryMailCode(emailKey: "ben@x.org", limit: 2, at: 1)
                == (version >= 7 ? "code" : nil))
    }

    private func records(_ database: AppDatabase, _ version: Int) async throws {
        #expect(try await database.records.recordSummaries(account: 10).records.map(\.runID) == [1, 2])
        let posted = try #require(try await database.records.record(account: 10, runID: 1))
        let notes = RunNotes(title: "River", notes: "Fast", visibility: .link, link: [0x81], revision: 2)
        let noted = try await database.records.notedRecord(account: 10, runID: 1)
        #expect(noted?.notes == (version >= 17 ? notes : RunNotes()))
        #expect(posted.track == [1, 2, 3] && posted.summary.meters == 5000.5 && posted.summary.extra == "{}")
        let live = try #require(try await database.records.record(account: 10, runID: 2))
        #expect(live.track == [9] && live.summary.runKey == 77 && live.summary.splits == "[300]")
        #expect(try await database.records.liveTracks(runKeys: [77, 78]) == [77: [9]])
        guard version >= 21 else { return }
        let imported = try #require(try await database.records.notedRecord(account: 20, runID: 1))
        #expect(imported.summary.source == .imported && imported.summary.pauses == [4100..<4200])
        #expect(imported.file == RunFile(format: "fit", sport: "hiking", meters: 910.5))
    }

    private func room(_ database: AppDatabase, _ version: Int) async throws {
        let room = try #require(try await database.rooms.room(runID: "159"))
        #expect(room.passwordSalt == [1] && room.passwordHash == [2] && room.term == (version >= 11 ? 4 : 0))
        #expect(room.people.map(\.account) == [10, nil] && room.people.map(\.joinedAt) == [7, 8])
        #expect(room.people.map { String(decoding: $0.state, as: UTF8.self) } == [#"{"number":1}"#, "\u{5}"])
        #expect(room.people[0].owner?.nickname == "Änne 🏃" && room.people[0].way == (version >= 10 ? [10] : nil))
        let zones = version >= 23 ? [try Self.zone] : []
        #expect(room.people[0].owner?.zones == zones)
        #expect(try await database.accounts.account(id: 10)?.zones == zones)
        #expect(room.people[0].latitudeE7 == (version >= 8 ? 480_000_000 : nil))
        #expect(room.events.map(\.body) == [#"{"n":1}"#, #"{"n":2}"#] && room.events[1].recordRunID == 2)
        #expect(room.journal.map(\.bytes) == [[1, 2], [3]])
        #expect(try await database.rooms.journalBytes() == 3)
        #expect(try await database.rooms.blocks(room: 40, runner: 1).map(\.bytes) == (version >= 9 ? [[7, 8]] : []))
        #expect(room.people.map(\.mark) == [version >= 18 ? [11] : nil, nil])
        #expect(
            try await database.rooms.blocks(room: 40, runner: 1).map(\.runKey)
                == (version >= 9 ? [version >= 18 ? 77 : 0] : []))
        #expect(try await database.rooms.roomsWithJournal().map(\.runID) == ["159"])
        // Rooms of before are nobody's, and open as they were.
        #expect(room.summary.details == RoomDetails())
        let other = try await database.rooms.summary(runID: "160")?.details
        let link = try await database.links.link(hash: [0x80])
        guard version >= 17 else {
            #expect(other == RoomDetails() && link == nil)
            return
        }
        #expect(
            other == RoomDetails(owner: 10, name: "Ours", startsAt: 9, visibility: .link, revision: 3))
        #expect(link?.link.id == 80 && link?.link.label == "Family" && link?.runID == "160")
    }

    private static var zone: PrivacyZone {
        get throws {
            PrivacyZone(
                id: 91, place: try Coordinate(latitudeE7: 480_000_000, longitudeE7: -115), radius: 400,
                center: try Coordinate(latitudeE7: 480_000_001, longitudeE7: -114), seed: .max)
        }
    }

    private func media(_ database: AppDatabase) async throws {
        #expect(try await database.media.media(id: 50)?.hash == [0x50])
        #expect(try await database.accounts.preferences(account: 10) == #"{"a":1}"#)
        // What is shown is kept, and what is not is found.
        let looked = try await database.media.unsettledMedia(before: .max, limit: 9)
        _ = try await database.media.settleMedia(ids: looked)
        #expect(looked.first == 50)
        #expect(try await database.media.media(id: 50) != nil)
    }

    private func forum(_ database: AppDatabase, _ version: Int) async throws {
        let thread = try #require(try await database.forum.thread(.number(1)))
        #expect(thread.post.content == "Five kilometres" && thread.post.images == [50] && thread.post.author.id == 10)
        #expect(thread.post.likeCount == 1 && thread.post.commentCount == 2)
        let reply = version >= 22 ? ForumRepository.hiddenText : "Thanks"
        #expect(thread.comments.map(\.content) == ["Well done", reply] && thread.comments[1].parent == 61)
        #expect(thread.comments[0].likeCount == 1 && Set(thread.comments.map(\.publicID)).count == 2)
        #expect(try await database.forum.likes(post: .number(1), account: 20) == true)
        let inserted = try await database.forum.insertComment(on: .number(1), content: "x", author: 20, at: 9)
        guard case .created(let comment) = inserted else { throw StoreError.conditionFailed }
        #expect(comment.number == 3)
        #expect(!thread.comments.map(\.publicID).contains(comment.publicID))
        #expect(try await database.forum.deleteComment(61))
        #expect(try await database.forum.commentIDs(on: 60) == [comment.id])
    }

    private func social(_ database: AppDatabase) async throws {
        let profiles = try await database.social.profiles([10, 20], viewer: 20)
        let ana = try #require(profiles[10])
        #expect(ana.signature == "run" && ana.isFollowed && ana.followerCount == 1 && ana.videoCount == 1)
        #expect(ana.likesReceived == 2 && ana.likesGiven == 1 && profiles[20]?.followCount == 1)
        #expect(try await database.forum.posts(.videosPublishedBefore(2), limit: 9) == [63])
        let clip = try #require(try await database.forum.readings([63], reader: 20).first)
        #expect(clip.video?.source == .media(51) && clip.isLiked && clip.isCollected)
        #expect(
            try await database.social.messages(between: 10, and: 20, after: 0, now: 9, limit: 9).map(\.content) == [
                "hello"
            ])
    }

    private func moderation(_ database: AppDatabase, _ version: Int) async throws {
        let report = try await database.reports.report(id: 91)
        let entries = try await database.audit.entries(limit: 9)
        guard version >= 22 else {
            #expect(report == nil && entries.isEmpty)
            return
        }
        #expect(report?.subject == .comment(62) && report?.verdict?.decision == .hide && report?.reporterName == "Ben")
        #expect(entries.map(\.event.action) == ["hide"] && entries[0].actorName == "Ben")
    }

    /// New rows take their place beside the old ones, and the old ones can go.
    private func goesOn(_ database: AppDatabase, _ version: Int) async throws {
        #expect(try await database.rooms.rooms().map(\.id) == [40, 41])
        #expect(try await database.rooms.removeLeavings())
        #expect(try database.administer("SELECT COUNT(*) FROM rooms") == ["2"])
        let new = try await database.accounts.insertAccount(
            username: "Cy", usernameKey: "cy", nickname: "Cy", passwordHash: "hash", at: 9)
        #expect(new.number == 3)
        #expect(try await database.records.insertPostedRecord(.make(), account: 10, at: 9).runID == 4)
        let profiles = try await database.social.profiles([10, 20, new.id], viewer: nil)
        #expect(Set(profiles.values.map(\.publicID)).count == 3)
        #expect(try await database.accounts.deleteAccount(id: 10)?.isComplete == true)
        #expect(try await database.rooms.room(runID: "159")?.people.map(\.account) == [nil, nil])
        #expect(try database.administer("SELECT COUNT(mark) FROM people") == ["0"])
        #expect(try database.wrongCounts() == [])
        #expect(try database.administer("PRAGMA foreign_key_check") == [])
    }
}
