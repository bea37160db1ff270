import ActivityFiles
import Endpoints
import Foundation
import Geo
import LWS
import Limits
import Services
import Store

/// Everything of an account as one archive, made while it is sent: what it holds of it at a time is a page of a list,
/// one run, or a piece of a picture.
actor HouseExport {
    /// What is in the archive, in this order.
    private enum Part: Int {
        case account, rooms, runs, ways, posts, comments, likes, commentLikes, collections, people, messages, pictures,
            end
    }

    /// Entries of a list that are read at once.
    private static let page = 100

    private let core: Core
    private let account: Account
    private let base: String
    private var zip: ZipWriter
    private var part = Part.account
    private var output: [UInt8] = []
    /// Entries of the present list so far; nil before it has begun.
    private var written: Int?
    /// Where the present list goes on: a number of what its page is before or after.
    private var cursor: Int64?
    private var lastComment: Comment?
    /// With whom messages were exchanged, and are still to be written.
    private var correspondents: ArraySlice<Int64> = []
    private var lastCorrespondent: Int64 = 0
    private var runs: ArraySlice<NotedRecord> = []
    private var lastRun: RunPlace?
    /// Pictures and videos that something of the account shows.
    private var media: [MediaID] = []
    private var file: FileHandle?

    init(_ account: Account, core: Core, base: String, at time: Int64) {
        self.account = account
        self.core = core
        self.base = base
        zip = ZipWriter(at: time)
    }

    /// The next piece of the archive; nil behind the last.
    func piece() async throws -> [UInt8]? {
        if part == .end, output.isEmpty { return nil }
        while part != .end, output.count < Limit.HTTP.piece { try await step() }
        defer { output = [] }
        return output
    }

    private func step() async throws {
        switch part {
        case .account: try await writeAccount()
        case .rooms: try await list("rooms.json", rooms)
        case .runs: try await list("runs.json", runs)
        case .ways: try await writeWay()
        case .posts: try await list("posts.json", posts)
        case .comments: try await list("comments.json", comments)
        case .likes: try await list("likes.json") { try await self.postIDs(.likedBy(self.account.id)) }
        case .commentLikes: try await list("comment-likes.json", commentLikes)
        case .collections: try await list("collections.json") { try await self.postIDs(.collectedBy(self.account.id)) }
        case .people: try await list("following.json", people)
        case .messages: try await list("messages.json", messages)
        case .pictures: try await writePicture()
        case .end: break
        }
    }

    private func goOn() {
        part = Part(rawValue: part.rawValue + 1) ?? .end
        (written, cursor, lastRun) = (nil, nil, nil)
        if part == .pictures {
            var seen: Set<MediaID> = []
            media = ([account.picture, account.cover].compactMap(\.self) + media).filter { seen.insert($0).inserted }
        }
        if part == .end { output += zip.finish() }
    }

    private func write(_ name: String, _ content: [UInt8], isPacked: Bool = true) throws {
        output += try zip.begin(name, isPacked: isPacked)
        output += zip.add(content)
        output += try zip.end()
    }

    /// Writes a page more of a list, or its end.
    private func list(_ name: String, _ next: () async throws -> [[UInt8]]) async throws {
        let elements = try await next()
        var text: [UInt8] = []
        if written == nil {
            output += try zip.begin(name)
            text.append(UInt8(ascii: "["))
        }
        for (index, element) in elements.enumerated() {
            text += Array((index > 0 || written ?? 0 > 0 ? ",\n" : "\n").utf8)
            text += element
        }
        written = (written ?? 0) + elements.count
        if elements.isEmpty { text += Array("\n]\n".utf8) }
        output += zip.add(text)
        guard elements.isEmpty else { return }
        output += try zip.end()
        goOn()
    }

    // MARK: - The account

    private func writeAccount() async throws {
        var object = HouseJSON.account(account, base: base).object ?? JSONObject()
        object["gender"] = .int(Int64(account.gender.rawValue))
        object["birthday"] = .int(account.birthday)
        object["runData"] = try await core.records.runData(account: account.id).json
        object["preferences"] = try await core.accounts.preferences(account: account.id).json
        object["zones"] = .array(account.zones.map { .object(HouseZoneRoutes.members(of: $0)) })
        object["confidants"] = .array(
            try await core.safety.confidants(of: account.id).map { .string($0.username) })
        object["callsWhenStill"] = .bool(account.callsWhenStill)
        let logins = try await core.tokens.logins(of: account.id)
        object["sessions"] = .array(logins.map { HouseJSON.session($0, isCurrent: false) })
        try write("account.json", JSONValue.object(object).bytes)
        goOn()
    }

    private func rooms() async throws -> [[UInt8]] {
        let found = try await core.database.rooms.rooms(
            ownedBy: account.id, before: cursor ?? .max, limit: Self.page)
        cursor = found.last?.id ?? cursor
        return found.map { HouseJSON.room($0).bytes }
    }

    // MARK: - Runs

    private func runs() async throws -> [[UInt8]] {
        guard let run = try await nextRun() else { return [] }
        return [HouseJSON.whole(try await core.records.shown(run, to: account.id), in: .wgs84)]
    }

    /// One run of which there is a way, as other programs read it.
    private func writeWay() async throws {
        guard let run = try await nextRun() else { return goOn() }
        guard run.summary.source != .posted else { return }
        guard let activity = try Activity.of(try await core.records.shown(run, to: account.id)) else { return }
        let text = GPX.blocks(activity)
        output += try zip.begin("runs/\(run.summary.runID).gpx")
        for index in 0..<text.count { output += zip.add(Array(text.block(index).utf8)) }
        output += try zip.end()
    }

    private func nextRun() async throws -> NotedRecord? {
        if runs.isEmpty {
            runs = try await core.records.runs(of: account.id, before: lastRun, limit: Self.page)[...]
            lastRun = runs.last?.place ?? lastRun
        }
        return runs.popFirst()
    }

    // MARK: - The forum

    private func posts() async throws -> [[UInt8]] {
        // The cursor counts those that were read.
        let offset = Int(cursor ?? 0)
        let ids = try await core.forum.posts(.writtenBy(account.id), offset: offset, limit: Self.page)
        let readings = try await core.forum.readings(ids, reader: account.id, upTo: Limit.Lists.textAtOnce)
        let count = readings.last.flatMap { last in ids.firstIndex(of: last.id) }.map { $0 + 1 } ?? ids.count
        cursor = Int64(offset + count)
        return readings.map { reading in
            media += reading.post.images.map { MediaID(rawValue: $0) }
            if case .media(let id)? = reading.video?.source { media.append(MediaID(rawValue: id)) }
            return HouseJSON.post(reading, base: base).bytes
        }
    }

    private func comments() async throws -> [[UInt8]] {
        let found = try await core.database.forum.comments(by: account.id, after: lastComment, limit: Self.page)
        lastComment = found.last ?? lastComment
        return found.map { comment in
            var object = HouseJSON.comment(comment, base: base).object ?? JSONObject()
            object["post"] = .string(ObjectID.text(comment.post))
            return JSONValue.object(object).bytes
        }
    }

    private func postIDs(_ posts: PostList) async throws -> [[UInt8]] {
        let offset = Int(cursor ?? 0)
        let ids = try await core.forum.posts(posts, offset: offset, limit: Self.page)
        cursor = Int64(offset + ids.count)
        return ids.map { JSONValue.string(ObjectID.text($0)).bytes }
    }

    private func commentLikes() async throws -> [[UInt8]] {
        let offset = Int(cursor ?? 0)
        let ids = try await core.database.forum.commentsLiked(by: account.id, offset: offset, limit: Self.page)
        cursor = Int64(offset + ids.count)
        return ids.map { JSONValue.string(ObjectID.text($0)).bytes }
    }

    // MARK: - Other people

    private func people() async throws -> [[UInt8]] {
        let offset = Int(cursor ?? 0)
        let ids = try await core.database.social.followed(by: account.id, offset: offset, limit: Self.page)
        cursor = Int64(offset + ids.count)
        return ids.map { JSONValue.string(ObjectID.text($0)).bytes }
    }

    /// A page of those exchanged with one person, the cursor being the time of the last one.
    private func messages() async throws -> [[UInt8]] {
        while true {
            if correspondents.isEmpty {
                correspondents = try await core.database.social.correspondents(
                    of: account.id, after: lastCorrespondent, limit: Self.page)[...]
            }
            guard let other = correspondents.first else { return [] }
            let found = try await core.database.social.messages(
                between: account.id, and: other, after: cursor ?? 0, now: .max, limit: Self.page)
            guard let newest = found.last else {
                lastCorrespondent = other
                correspondents.removeFirst()
                cursor = nil
                continue
            }
            cursor = newest.createdAt
            return found.map { message in
                let json: JSONValue = [
                    "from": .string(ObjectID.text(message.sender)), "to": .string(ObjectID.text(message.recipient)),
                    "content": .string(message.content), "createdAt": .int(message.createdAt),
                ]
                return json.bytes
            }
        }
    }

    // MARK: - Pictures

    /// A piece more of a picture, or the beginning of the next one.
    private func writePicture() async throws {
        if let file {
            if let bytes = try file.read(upToCount: Limit.HTTP.piece), !bytes.isEmpty {
                output += zip.add(Array(bytes))
                return
            }
            try file.close()
            self.file = nil
            output += try zip.end()
        }
        guard !media.isEmpty else { return goOn() }
        let id = media.removeFirst()
        var picture = try await core.media.openPicture(id)
        if picture == nil { picture = try await core.media.openVideo(id) }
        // One that was removed meanwhile is not there.
        guard let picture, let file = FileHandle(forReadingAtPath: picture.path) else { return }
        let kind = picture.contentType.split(separator: "/").last.map(String.init) ?? "bin"
        output += try zip.begin("pictures/\(id.text).\(kind)", isPacked: false)
        self.file = file
    }
}
