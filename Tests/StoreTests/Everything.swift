import Geo

@testable import Store

/// Calls each method of the store at least once, in a way in which each of its statements is carried out.
struct Everything {
    let database: AppDatabase

    func use() async throws {
        let (ana, bob) = (try await account("ana"), try await account("bob"))
        try await accounts(ana, bob)
        try await tokens(ana)
        try await mail()
        try await forum(ana, bob)
        try await social(ana, bob)
        try await media(ana)
        try await records(ana)
        try await rooms(ana, bob)
        try await roles(ana)
        try await moderation(ana, bob)
        try await deletions(ana)
    }

    private func account(_ name: String) async throws -> Int64 {
        try await database.accounts.insertAccount(
            username: name, usernameKey: name, nickname: name, passwordHash: "hash",
            email: StoredEmail(text: name, key: name), at: 1
        ).id
    }

    private func accounts(_ ana: Int64, _ bob: Int64) async throws {
        _ = try await database.accounts.account(id: ana)
        _ = try await database.accounts.account(usernameKey: "ana")
        _ = try await database.accounts.account(emailKey: "ana")
        _ = try await database.accounts.account(number: 1)
        _ = try await database.accounts.accountCount()
        _ = try await database.accounts.accounts(after: 0, limit: 1)
        _ = try await database.accounts.account(alias: "runner-a")
        _ = try await database.accounts.accounts(offset: 1, limit: 1)
        _ = try await database.accounts.setNickname("Ana", account: ana, at: 2)
        _ = try await database.accounts.setPicture(nil, account: ana, at: 2)
        _ = try await database.accounts.replacePasswordHash("hash", by: "hash", account: ana, at: 2)
        _ = try await database.accounts.updateAccount(
            ana, withPasswordHash: "hash", nickname: "Ana", newPasswordHash: "hash", at: 2)
        var change = ProfileChange()
        (change.username, change.usernameKey, change.email) = ("ana", "ana", StoredEmail(text: "ana", key: "ana"))
        _ = try await database.accounts.changeProfile(
            change, account: ana, if: AccountCondition(actor: bob) { _, _ in true }, at: 2)
        let runData = try await database.accounts.runData(account: ana)
        _ = try await database.accounts.replaceRunData(runData, by: "{}", account: ana)
        _ = try await database.accounts.replaceRunData(runData, by: "{}", account: ana)
        _ = try await database.keptBytes(account: ana)
        try await database.accounts.setPreferences("{}", account: ana)
        _ = try await database.accounts.preferences(account: ana)
    }

    private func tokens(_ ana: Int64) async throws {
        func token(_ number: UInt8) -> TokenRepository.NewToken {
            .init(hash: [number], kind: "access", createdAt: 1, expiresAt: 9)
        }
        for number in UInt8(1)...2 {
            try await database.tokens.insertTokens(
                [token(number)], account: ana, passwordHash: "hash", session: Int64(number), limit: (1, "leaf"))
        }
        _ = try await database.tokens.insertToken(token(3), renewing: [2])
        _ = try await database.tokens.token(hash: [2])
        _ = try await database.tokens.endOfToken(hash: [2])
        _ = try await database.tokens.logins(account: ana, at: 1, limit: 10)
        _ = try await database.tokens.endLogin(session: 1, account: ana)
        _ = try await database.tokens.endLogin(hash: [9], account: ana)
        _ = try await database.tokens.deleteToken(hash: [2])
        try await database.tokens.endLogins(account: ana)
        try await database.tokens.deleteExpiredTokens(at: 10)
    }

    private func mail() async throws {
        _ = try await database.mailCodes.insertMailSend(emailKey: "ana", limit: 9, since: 0, at: 1)
        try await database.mailCodes.setMailCode(emailKey: "ana", hash: "code", expiresAt: 9)
        _ = try await database.mailCodes.tryMailCode(emailKey: "ana", limit: 9, at: 1)
        _ = try await database.mailCodes.openPasswordReset(emailKey: "ana", until: 9)
        _ = try await database.mailCodes.mayResetPassword(emailKey: "ana", at: 1)
        _ = try await database.mailCodes.resetPassword(emailKey: "ana", codeHash: "code", passwordHash: "hash", at: 1)
        _ = try await database.mailCodes.useMailCode(emailKey: "ana", hash: "code")
        _ = try await database.mailCodes.deleteExpiredMailCodes(at: 99, sendsBefore: 99)
    }

    private func post(_ author: Int64, images: [Int64] = [], video: NewVideo? = nil) async throws -> Post {
        switch try await database.forum.insertPost(
            title: "t", content: "c", images: images, imageLimit: 3, mergeSince: 0, video: video, author: author, at: 1)
        {
        case .created(let post), .merged(let post): return post
        case .full: throw StoreError.conditionFailed
        }
    }

    private func comment(
        on post: Post, replyingTo parent: Store.Comment? = nil, author: Int64
    ) async throws -> Store.Comment {
        let inserted = try await database.forum.insertComment(
            on: .id(post.id), replyingTo: parent.map { .id($0.id) }, content: "c", author: author, at: 1)
        guard case .created(let comment) = inserted else { throw StoreError.conditionFailed }
        return comment
    }

    private func picture(_ number: UInt8) async throws -> Int64 {
        try await database.media.insertMedia(hash: [number], type: "image/png", bytes: 1, width: 1, height: 1, at: 1).id
    }

    private func forum(_ ana: Int64, _ bob: Int64) async throws {
        let image = try await picture(1)
        let post = try await post(ana, images: [image])
        _ = try await self.post(ana, images: [image])
        _ = try await database.forum.post(.number(post.number))
        _ = try await database.forum.thread(.id(post.id))
        _ = try await database.forum.threads(limit: 9)
        _ = try await database.forum.threads(author: ana, limit: 9)
        _ = try await database.forum.postCount()
        _ = try await database.forum.newestPosts(author: ana, limit: 9)
        _ = try await database.forum.updatePost(post.id, title: "t", images: [image], at: 2)
        let top = try await comment(on: post, author: ana)
        _ = try await comment(on: post, replyingTo: top, author: bob)
        _ = try await database.forum.comment(.number(1))
        _ = try await database.forum.comment(.publicID(top.publicID))
        _ = try await database.forum.comments(on: post.id, limit: 9)
        _ = try await database.forum.comments(by: ana, after: top, limit: 9)
        _ = try await database.forum.newestComments(on: post.id, limit: 9)
        _ = try await database.forum.commentIDs(on: post.id)
        for isSet in [true, false, true] {
            _ = try await database.forum.setLike(isSet, post: .id(post.id), account: bob, at: 1)
            _ = try await database.forum.setCollection(isSet, post: .id(post.id), account: bob, at: 1)
            _ = try await database.forum.setLike(isSet, comment: .id(top.id), account: bob, at: 1)
            _ = try await database.forum.commentsLiked(by: bob, offset: 0, limit: 9)
        }
        _ = try await database.forum.likes(post: .id(post.id), account: bob)
        _ = try await database.forum.hit(.id(post.id), reader: .account(bob), pause: 1, at: 1)
        for list: PostList in [
            .writtenBy(ana), .likedBy(ana), .collectedBy(ana), .hottest, .newest, .videosBy(ana), .likedVideosBy(ana),
            .videosBefore(9), .videosPublishedBefore(9), .before(9),
        ] {
            _ = try await database.forum.posts(list, limit: 9)
        }
        _ = try await database.forum.readings([post.id], reader: ana)
        _ = try await database.forum.keyValue("a")
        _ = try await database.forum.deleteComment(try await comment(on: post, author: ana).id)
        _ = try await database.forum.deletePost(try await self.post(bob, images: [image]).id)
    }

    private func social(_ ana: Int64, _ bob: Int64) async throws {
        let clip = try await post(ana, video: NewVideo(source: .address("http://a")))
        let video = try found(try await database.forum.readings([clip.id], reader: nil).first?.video)
        _ = try await database.forum.post(.publicID(video.publicID))
        for isSet in [true, false, true] {
            _ = try await database.forum.setLike(isSet, post: .id(clip.id), account: bob, at: 1)
            try await database.social.setFollow(isSet, follower: ana, followed: bob, at: 1)
        }
        let profile = try found(try await database.social.profiles([ana], viewer: bob)[ana])
        _ = try await database.social.profile(publicID: profile.publicID, viewer: bob)
        try await database.social.setProfile(avatarURL: nil, backgroundURL: nil, signature: nil, account: ana)
        _ = try await database.social.followed(by: ana, limit: 9)
        _ = try await database.social.followers(of: ana, limit: 9)
        _ = try await database.social.friends(of: ana, limit: 9)
        _ = try await database.social.insertMessage("m", from: ana, to: bob, at: 1)
        _ = try await database.social.insertMessage("m", from: bob, to: ana, at: 1)
        _ = try await database.social.messages(between: ana, and: bob, after: 0, now: 9, limit: 9)
        _ = try await database.social.messages(between: ana, and: bob, after: 99, now: 9, limit: 9)
        _ = try await database.social.lastMessages(of: ana, with: [bob])
        _ = try await database.social.correspondents(of: ana, limit: 9)
        _ = try await database.forum.deletePost(clip.id)
    }

    private func media(_ ana: Int64) async throws {
        let picture = try await picture(7)
        _ = try await database.accounts.setPicture(picture, account: ana, at: 1)
        _ = try await database.accounts.setPicture(nil, account: ana, at: 1)
        _ = try await database.media.media(id: picture)
        try await database.media.insertUpload(media: picture, account: ana, at: 1)
        _ = try await database.media.isUpload(media: picture, of: ana, after: 0)
        _ = try await database.media.settleMedia(ids: database.media.unsettledMedia(before: 9, limit: 9))
        _ = try await database.media.removeFiles(of: [[1]]) { _ in true }
        _ = try await database.media.deleteUnreferencedMedia(ids: [picture])
        _ = try await database.media.deleteUploads(before: 9)
    }

    private func records(_ ana: Int64) async throws {
        let record = try await database.records.insertPostedRecord(.make(), account: ana, at: 1)
        _ = try await database.records.recordSummaries(account: ana)
        _ = try await database.records.record(account: ana, runID: record.runID)
        _ = try await database.records.liveTracks(runKeys: [1])
        _ = try await database.records.notedRecords(account: ana, limit: 9)
        _ = try await database.records.notedRecord(id: record.id)
        _ = try await database.records.notedRecord(account: ana, runID: record.runID)
        _ = try await database.records.totals(account: ana)
        _ = try await database.records.setNotes(RunNotes(title: "t"), on: record.id)
        _ = try await database.records.deleteRecord(account: ana, runID: record.runID)
        for _ in 0..<2 {
            _ = try await database.records.insertImportedRecord(.make(title: "t"), account: ana, at: 1)
        }
        _ = try await database.records.liveRecords(account: ana, startingIn: 1...2, limit: 1)
    }

    private func rooms(_ ana: Int64, _ bob: Int64) async throws {
        let room = try await database.rooms.createRoom(
            runID: "1", passwordSalt: [], passwordHash: [], epoch: "", at: 1)
        let taken = try found(try await database.rooms.takeRoom(runID: "1"))
        let event = StoredEvent(number: 1, time: 1, body: "")
        let ofRecord = StoredEvent(number: 2, time: 1, body: "", recordKey: 5)
        let ofAuthor = StoredEvent(
            number: 3, time: 1, body: "", author: StoredEvent.Author(account: ana, anonymousBody: ""))
        var changes = RoomChanges(
            room: room.id, term: taken.term, updatedAt: 2, records: [.make(runKey: 5, account: ana)],
            people: [.make(runner: 1, account: ana)], events: [event, ofRecord, ofAuthor],
            journal: (1...9).map { JournalRow(sequence: $0, time: 1, bytes: [1]) },
            blocks: (0...9).map { StoredBlock(runner: 1, number: $0, bytes: [1]) },
            marks: [StoredMark(runner: 1, bytes: [1])])
        _ = try await database.rooms.commit(JournalBatch(rooms: [changes]))
        (changes.eventsBelow, changes.journalBelow, changes.blocksRemoved) = (2, 8, [1])
        changes.blocks = []
        _ = try await database.rooms.commit(JournalBatch(rooms: [changes]), purging: 2)
        _ = try await database.rooms.commit(JournalBatch(rooms: [changes]), purging: 12)
        try await own(ana)
        let logged = RoomChanges(
            room: room.id, term: taken.term, logged: JournalRow(sequence: 10, time: 1, bytes: [1]))
        for isReplaced in [true, false] {
            let log = try await database.rooms.commit(JournalBatch(rooms: [logged])).logged
            _ = try await database.rooms.commit(JournalBatch(log: log, replacesLog: isReplaced))
        }
        _ = try await database.rooms.room(runID: "1")
        _ = try await database.rooms.journal(room: room.id)
        _ = try await database.rooms.rooms()
        _ = try await database.rooms.roomsWithJournal()
        _ = try await database.rooms.blocks(room: room.id, runner: 1)
        _ = try await database.rooms.runnersWithBlocks(room: room.id, among: [1])
        _ = try await database.rooms.journalBytes()
        try await damaged(room.id, logged)
        let kept = try await database.rooms.commit(JournalBatch(rooms: [logged])).logged
        try await database.rooms.rewriteJournal(of: room.id) { _ in [2] }
        _ = try await database.rooms.commit(JournalBatch(log: kept, replacesLog: true))
        changes.people = [.make(runner: 2, account: bob)]
        changes.journal = [JournalRow(sequence: 8, time: 1, bytes: [1, 2])]
        _ = try await database.rooms.commit(JournalBatch(rooms: [changes]))
        changes.term = 0
        _ = try await database.rooms.commit(JournalBatch(rooms: [changes]))
        // Nothing can be written: a room whose figures no table takes.
        changes.term = taken.term
        changes.records = [.make(runKey: 6, account: ana, meters: -1)]
        _ = try await database.rooms.commit(JournalBatch(rooms: [changes]))
        (changes.records, changes.isDeleted) = ([], true)
        _ = try await database.rooms.commit(JournalBatch(rooms: [changes]))
        while try await !database.rooms.removeLeavings(limit: 3) {}
    }

    /// What is done where rows are damaged.
    private func damaged(_ room: Int64, _ logged: RoomChanges) async throws {
        try await database.read { session throws(StoreError) in
            _ = try RoomRepository.soundPeople(of: room, in: session)
            _ = try RoomRepository.numbersByTable(of: room, in: session)
            _ = try RoomRepository.soundEvents(of: room, changedAt: 1, in: session)
            _ = try RoomRepository.soundRoomsWithJournal(in: session)
        }
        for _ in 0..<2 { _ = try await database.rooms.commit(JournalBatch(rooms: [logged])) }
        _ = try database.administer(
            "UPDATE marker_log SET bytes = x'' WHERE id = (SELECT MIN(id) FROM marker_log)")
        _ = try await database.rooms.renewLog(isLastTry: false)
    }

    private func own(_ ana: Int64) async throws {
        let room = try await database.rooms.createRoom(
            runID: "own", passwordSalt: [], passwordHash: [], epoch: "",
            details: RoomDetails(owner: ana, name: "n", visibility: .link), at: 1)
        _ = try await database.rooms.summary(runID: "own")
        _ = try await database.rooms.changeRoom(room.id, to: RoomDetails(visibility: .password), password: ([1], [2]))
        _ = try await database.rooms.rooms(ownedBy: ana, limit: 9)
        _ = try await database.rooms.listedRooms(limit: 9)
        _ = try await database.rooms.listedRoomCount()
        let link = try await database.links.insertLink(
            room: room.id, hash: [1], role: .runner, label: nil, expiresAt: 9, limit: 1, at: 1)
        _ = try await database.links.links(of: room.id, limit: 9)
        _ = try await database.links.longestDelay(of: room.id, at: 1)
        _ = try await database.links.link(hash: [1])
        _ = try await database.links.deleteLink(try found(link).id, of: room.id)
        _ = try await database.accounts.changeZones(of: ana) { $0 }
        let device = try await database.devices.insertDevice(
            account: ana, hash: [2], app: "any", label: "l", room: room.id, limit: 1, kept: 1, at: 1)
        _ = try await database.devices.devices(of: ana, limit: 9)
        _ = try await database.devices.device(try found(device).id, of: ana)
        _ = try await database.devices.device(hash: [2])
        _ = try await database.devices.changeDevice(
            try found(device).id, of: ana, label: nil, room: nil, seen: 0)
        try await database.devices.noteHeard(try found(device).id, at: 2)
        _ = try await database.devices.revokeDevice(try found(device).id, of: ana, at: 3)
        let alarm = try await database.safety.raise(
            account: ana, room: room.id, place: nil, at: 1, clearedBefore: 0)
        _ = try await database.safety.alarms(heardBy: ana, clearedSince: 0, limit: 9)
        _ = try await database.safety.addresses(hearing: try found(alarm).alarm.id)
        _ = try await database.safety.move(
            try found(alarm).alarm.id, of: ana, to: Alarm.Place(try Coordinate(latitude: 1, longitude: 2), at: 2))
        _ = try await database.safety.clear(try found(alarm).alarm.id, by: ana, at: 2)
        _ = try await database.safety.setConfidants(of: ana, to: ["bob"], limit: 9)
        _ = try await database.safety.confidants(of: ana)
        _ = try await database.accounts.setCallsWhenStill(true, account: ana)
        _ = try await database.rooms.rooms(withRunner: ana, limit: 9)
    }

    private func roles(_ ana: Int64) async throws {
        _ = try await database.accounts.administrators()
        _ = try await database.accounts.endedGuests(madeBefore: 9, limit: 9)
        _ = try await database.accounts.setTakesDigest(true, account: ana, at: 2)
        _ = try await database.accounts.setRole("user", account: ana, at: 1)
        _ = try await database.accounts.setDisabled(1, account: ana)
        _ = try await database.accounts.setDisabled(nil, account: ana)
        try await database.ping()
    }

    private func moderation(_ ana: Int64, _ bob: Int64) async throws {
        _ = try await database.accounts.accounts(namedFrom: "a", limit: 1)
        do {
            _ = try await database.accounts.insertAccount(
                username: "ana", usernameKey: "ana", nickname: "", passwordHash: "", isFirst: true, at: 1)
        } catch StoreError.nameTaken {}
        _ = try await database.rooms.newestRooms(limit: 1)
        _ = try await database.rooms.summary(id: 1)
        let post = try await post(ana), comment = try await comment(on: post, author: bob)
        for hiddenAt in [1, nil] as [Int64?] {
            _ = try await database.forum.setHidden(hiddenAt, post: post.id)
            _ = try await database.forum.setHidden(hiddenAt, comment: comment.id)
        }
        _ = try await database.forum.writtenPost(post.id)
        _ = try await database.forum.writtenComment(comment.id)
        for subject in [Report.Subject.post(post.id), .comment(comment.id), .account(bob), .room(1)] {
            _ = try await database.reports.insert(
                subject, reporter: ana, reason: "spam", note: nil, limit: 9, limitOfOne: 9, limitByOne: 9, at: 1)
        }
        let report = try found(try await database.reports.reports(isOpen: true, limit: 1).first)
        _ = try await database.reports.decide(report, .dismiss, decider: bob, at: 2)
        _ = try await database.reports.reports(isOpen: false, limit: 1)
        _ = try await database.reports.report(id: report.id)
        _ = try await database.reports.removeDecided(before: 9, limit: 9)
        try await database.audit.insert(AuditEvent(actor: .account(ana), action: "a"), at: 1)
        _ = try await database.audit.entries(limit: 1)
        _ = try await database.audit.removeOldest(before: 1, beyond: 9, limit: 9)
    }

    private func deletions(_ ana: Int64) async throws {
        try await fill(try await account("cat"), beside: try await account("dan"))
        let cat = try found(try await database.accounts.account(usernameKey: "cat")).id
        _ = try await database.accounts.deleteAccount(id: cat, if: AccountCondition(actor: cat) { _, _ in true })
        _ = try await database.accounts.leavingAccounts()
        _ = try await database.accounts.continueDeletion(of: cat)
        _ = try await database.forum.deletePosts(upTo: database.forum.highestPostNumber())
        _ = try await database.accounts.deleteUsers(upTo: .max)
        _ = try await database.forum.deleteHits(pause: 1, at: 9)
    }

    /// Gives an account something of all that there is.
    func fill(_ account: Int64, beside other: Int64) async throws {
        try await database.tokens.insertTokens(
            [.init(hash: [8], kind: "access", createdAt: 1, expiresAt: 9)], account: account, passwordHash: "hash")
        _ = try await database.records.insertPostedRecord(.make(), account: account, at: 1)
        let picture = try await picture(20)
        try await database.media.insertUpload(media: picture, account: account, at: 1)
        let post = try await post(account, images: [try await self.picture(21)])
        let clip = try await self.post(account, video: NewVideo(source: .address("http://a")))
        let others = try await self.post(other, video: NewVideo(source: .address("http://b")))
        for post in [post, clip, others] {
            let top = try await comment(on: post, author: account)
            let reply = try await comment(on: post, replyingTo: top, author: other)
            for someone in [account, other] {
                _ = try await database.forum.setLike(true, post: .id(post.id), account: someone, at: 1)
                _ = try await database.forum.setLike(true, comment: .id(reply.id), account: someone, at: 1)
                _ = try await database.forum.setCollection(true, post: .id(post.id), account: someone, at: 1)
                _ = try await database.forum.hit(.id(post.id), reader: .account(someone), pause: 1, at: 1)
            }
        }
        _ = try await database.reports.insert(
            .account(other), reporter: account, reason: "spam", note: nil, limit: 9, limitOfOne: 9, limitByOne: 9,
            at: 1)
        try await database.social.setFollow(true, follower: account, followed: other, at: 1)
        try await database.social.setFollow(true, follower: other, followed: account, at: 1)
        _ = try await database.social.insertMessage("m", from: account, to: other, at: 1)
        _ = try await database.social.insertMessage("m", from: other, to: account, at: 1)
        let room = try await database.rooms.createRoom(
            runID: "of \(account)", passwordSalt: [], passwordHash: [], epoch: "", at: 1)
        let event = StoredEvent(
            number: 1, time: 1, body: "me", author: StoredEvent.Author(account: account, anonymousBody: "nobody"))
        let changes = RoomChanges(
            room: room.id, term: 0, records: [.make(runKey: account, account: account)],
            people: [.make(runner: 1, account: account)], events: [event],
            blocks: [StoredBlock(runner: 1, number: 0, bytes: [1])])
        _ = try await database.rooms.commit(JournalBatch(rooms: [changes]))
        _ = try await database.records.deleteRecord(account: account, runID: 2)
    }

    private func found<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw StoreError.conditionFailed }
        return value
    }
}
