import HTTPTypes
import LWS
import Limits
import Services
import Store

/// Clips: publishing, lists and playing in the clip API.
struct DouyinVideoRoutes: Sendable {
    let core: Core
    let identity: DouyinIdentity
    let clips: DouyinClips

    /// Smaller numbers cannot be ids; who sends one means a time.
    private static let firstID: Int64 = 1_000_000_000_000_000

    init(core: Core) {
        self.core = core
        identity = DouyinIdentity(core)
        clips = DouyinClips(core)
    }

    func add(to table: inout RouteTable) {
        table.onDouyin(.get, "/douyin/feed") { try await feed($0) }
        let form = BodyPolicy(
            maxBytes: core.maxVideoBytes + Limit.HTTP.body, spillBytes: Limit.HTTP.spill, parsesMultipart: true,
            maxFileBytes: core.maxVideoBytes, maxParts: 16)
        // The second as its document prints it.
        for path in ["/douyin/publish/action", "/douyin/douyin/publish/action"] {
            table.onDouyin(
                .post, path, failure: "投稿失败...", rule: "投稿失败...", body: form, checkHead: identity.checkHead
            ) { try await publish($0) }
        }
        table.onDouyin(.post, "/douyin/publish/actionUrl", failure: "投稿失败..", rule: "投稿失败..") {
            try await publishAddress($0)
        }
        table.onDouyin(.get, "/douyin/publish/list") { try await published($0) }
        // For players and browsers, which look at the status.
        table.on(.get, "/douyin/videos/{id}", errors: .text) { try await play($0) }
        table.on(.get, "/douyin/covers/{id}", errors: .text) { try await cover($0) }
    }

    // MARK: - Lists

    private func feed(_ request: HTTPServerRequest) async throws -> Response {
        let parameters = try DouyinParameters(request)
        let caller = try await identity.accountIfSent(request, parameters, words: "Token 错误,请重新登录")
        let limit = min(max(try parameters.integer("limit") ?? 5, 1), Int64(Limit.Lists.feed))
        let posts = try await core.forum.posts(Self.list(behind: try parameters.text("latest_time")), limit: Int(limit))
        let readings = try await core.forum.readings(posts, reader: caller?.id)
        return .json(
            DouyinJSON.done(
                "ok!",
                [
                    "next_time": .int(readings.last?.video?.publicID ?? 0),
                    "video_list": try await clips.json(readings, viewer: caller?.id, request),
                ]))
    }

    /// Where a feed goes on: behind a clip, or before a time; from the newest for what is neither.
    private static func list(behind text: String?) -> PostList {
        guard let number = text.flatMap({ Int64($0) }), number > 0 else { return .videosBefore(.max) }
        if number >= firstID { return .videosBefore(number) }
        // A clock of seconds shows the same for a whole second.
        return .videosPublishedBefore(number < 100_000_000_000 ? (number + 1) * 1000 : number + 1)
    }

    private func published(_ request: HTTPServerRequest) async throws -> Response {
        let parameters = try DouyinParameters(request)
        let caller = try await identity.account(of: request, parameters)
        let author = try await clips.account(try parameters.integer("user_id"), caller: caller)
        return try await clips.list(.videosBy(author), parameters, caller: caller, request)
    }

    // MARK: - Publishing

    private func publish(_ request: HTTPServerRequest) async throws -> Response {
        try core.limits[.uploads]?.take(request.head.remoteAddress)
        let parameters = try DouyinParameters(request)
        let author = try await identity.account(of: request, parameters)
        let title = try parameters.required("title"), file = try parameters.file("data")
        // Before the video is kept, for nothing.
        try Forum.check(clipTitle: title)
        let video = try await core.media.store(upload: file, videoUpTo: core.maxVideoBytes)
        let clip = try await core.media.using([video]) {
            try await core.forum.publishClip(title: title, video: .media(video), author: author.id)
        }
        return Self.answer(clip)
    }

    private func publishAddress(_ request: HTTPServerRequest) async throws -> Response {
        let parameters = try DouyinParameters(request)
        let author = try await identity.account(of: request, parameters)
        if let named = try parameters.integer("id") {
            let profile = try await core.social.profile(account: author.id, viewer: nil)
            guard profile.publicID == named else { throw ServicesError.forbidden }
        }
        let cover = try parameters.text("cover_url") ?? ""
        let clip = try await core.forum.publishClip(
            title: try parameters.required("title"),
            video: .address(try parameters.required("url"), cover: cover.isEmpty ? nil : cover), author: author.id)
        return Self.answer(clip)
    }

    private static func answer(_ clip: Reading) -> Response {
        .json(DouyinJSON.done("ok!", ["vid": .int(clip.video?.publicID ?? 0)]))
    }

    // MARK: - Playing

    private func play(_ request: HTTPServerRequest) async throws -> Response {
        let clip = try await clip(request)
        guard case .media(let id)? = clip.video?.source,
            let video = try await core.media.openVideo(MediaID(rawValue: id))
        else { throw Problem.notFound }
        // A player asks for many pieces: who asks for the first one plays it.
        let range = request.head.headers[.range]
        if request.head.method == .get, range == nil || range?.hasPrefix("bytes=0-") == true {
            do {
                try await core.forum.hit(.id(clip.id), from: request.head.remoteAddress)
            } catch {
                // What cannot be counted, because the disk is full or the limit reached, can be played.
            }
        }
        return .stored(video, caching: "public, max-age=300")
    }

    /// A picture for who has to show one before the video plays: a pattern, since nothing here decodes videos.
    private func cover(_ request: HTTPServerRequest) async throws -> Response {
        let clip = try await clip(request)
        return .identicon(Identicon("clip \(clip.id)"), caching: "public, max-age=86400", to: request)
    }

    private func clip(_ request: HTTPServerRequest) async throws -> Reading {
        guard let id = Int64(request.parameter("id")) else { throw Problem.notFound }
        return try await core.forum.clip(id, reader: nil)
    }
}

/// What the routes about clips have in common.
struct DouyinClips: Sendable {
    let core: Core

    init(_ core: Core) { self.core = core }

    /// The account that a request is about: the one named, or the caller's.
    func account(_ publicID: Int64?, caller: Account) async throws -> Int64 {
        guard let publicID else { return caller.id }
        return try await core.social.profile(publicID: publicID, viewer: nil).id
    }

    /// A list of clips, or a page of it.
    func list(
        _ list: PostList, _ parameters: DouyinParameters, caller: Account, _ request: HTTPServerRequest
    ) async throws -> Response {
        let (offset, limit) = try parameters.page(of: Limit.Lists.clips)
        let posts = try await core.forum.posts(list, offset: offset, limit: limit)
        let readings = try await core.forum.readings(posts, reader: caller.id)
        return .json(
            DouyinJSON.done("ok!", ["video_list": try await json(readings, viewer: caller.id, request)]))
    }

    /// Clips with their authors, as a viewer sees both.
    func json(
        _ readings: [Reading], viewer: Int64?, _ request: HTTPServerRequest
    ) async throws -> JSONValue {
        let base = core.publicBase.text(for: request)
        let authors = try await core.social.profiles(readings.map(\.post.author.id), viewer: viewer)
        return .array(
            readings.compactMap { reading in
                guard let video = reading.video, let author = authors[reading.post.author.id] else { return nil }
                return DouyinJSON.video(reading, video, author: author, base: base)
            })
    }
}
