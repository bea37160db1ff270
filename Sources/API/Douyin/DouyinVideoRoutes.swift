import Endpoints
import HTTPTypes
import LWS
import Limits
import Services
import Store

/// Clips: publishing, lists and playing in the clip API.
struct DouyinVideoRoutes: Sendable {
    let core: Core

    /// Smaller numbers cannot be ids; who sends one means a time.
    private static let firstID: Int64 = 1_000_000_000_000_000

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/douyin/feed",
                .clips(
                    "Clips, newest first",
                    ["next_time": Schema.count, "video_list": Schema.array(of: Schema.named("Clip"))]),
                access: .optionalToken, cost: .heavyRead,
                input: Form(
                    Field.anyText(
                        "latest_time",
                        about: "The `next_time` of the answer before; or a time, in seconds or milliseconds."
                    ).optional,
                    .anyNumber("limit", about: "5 unless it is given, \(Limit.Lists.feed) at most.")),
                words: DouyinWords(token: "Token 错误,请重新登录").problem, feed),
            upload("/douyin/publish/action", "Publish a video"),
            upload("/douyin/douyin/publish/action", "Publish a video, by the path as it was printed"),
            Endpoint(
                .post, "/douyin/publish/actionUrl",
                .clipAction("Publish a video that is elsewhere", Self.publication), access: .token, cost: .light,
                input: Form(
                    .anyNumber("id", about: "The caller's; nobody publishes for others."), Self.title,
                    .text("url", Schema.text("//example.org/v.mp4", upTo: Limit.Content.clipAddress)),
                    Field.anyText("cover_url").optional),
                words: DouyinWords(failure: "投稿失败..", rule: "投稿失败..").problem, publishAddress),
            Endpoint(
                .get, "/douyin/publish/list",
                .clipList("What somebody published, newest first", "video_list", of: "Clip"), access: .token,
                cost: .light, input: Form(.whose, .page), published),
            Endpoint(
                .get, "/douyin/videos/{id}",
                EndpointDescription(
                    "Clips", "The bytes of a clip", "Ranges and conditions are served.",
                    answers: .file("The video.", type: "video/*"), refusals: [404: "There is no such clip here."]),
                access: .open, cost: .light, words: { Problem($0) }, play),
            Endpoint(
                .get, "/douyin/covers/{id}",
                EndpointDescription(
                    "Clips", "A picture for a clip", answers: .picture("The picture."),
                    refusals: [404: "There is no such clip."]),
                access: .open, cost: .light, words: { Problem($0) }, cover),
        ]
    }

    private func upload(_ pattern: String, _ summary: String) -> Endpoint {
        Endpoint(
            .post, pattern,
            .clips(
                summary, Self.publication,
                about: "A video of more than \(Limit.HTTP.spill >> 10) KiB is taken when the token comes before it."),
            access: .token, cost: .upload(of: core.maxVideoBytes), input: Form(Self.title, .video("data")),
            words: DouyinWords(failure: "投稿失败...", rule: "投稿失败...").problem, publish)
    }

    private static let title = Field.text("title", Schema.text("title", upTo: Limit.Content.clipTitle))
    private static let publication: KeyValuePairs<String, JSONValue> = ["vid": Schema.publicID]

    // MARK: - Lists

    private func feed(_ call: Call<Account?>, latest: String?, limit: Int64?) async throws -> Response {
        let limit = min(max(limit ?? 5, 1), Int64(Limit.Lists.feed))
        let posts = try await core.forum.posts(Self.list(behind: latest), limit: Int(limit))
        let readings = try await core.forum.readings(posts, reader: call.caller?.id)
        return .json(
            DouyinJSON.done(
                "ok!",
                [
                    "next_time": .int(readings.last { $0.video != nil }?.video?.publicID ?? 0),
                    "video_list": try await DouyinClips(core: core).json(
                        readings, viewer: call.caller?.id, call.request),
                ]))
    }

    /// Where a feed goes on: behind a clip, or before a time; from the newest for what is neither.
    private static func list(behind text: String?) -> PostList {
        guard let number = text.flatMap({ Int64($0) }), number > 0 else { return .videosBefore(.max) }
        if number >= firstID { return .videosBefore(number) }
        // A clock of seconds shows the same for a whole second.
        return .videosPublishedBefore(number < 100_000_000_000 ? (number + 1) * 1000 : number + 1)
    }

    private func published(_ call: Call<Account>, whose: Int64?, page: DouyinPage) async throws -> Response {
        let clips = DouyinClips(core: core)
        return try await clips.list(.videosBy(try await clips.account(whose, for: call)), page, for: call)
    }

    // MARK: - Publishing

    private func publish(_ call: Call<Account>, title: String, file: HTTPBody) async throws -> Response {
        // Before the video is kept, for nothing.
        try Forum.check(clipTitle: title)
        let video = try await core.media.store(upload: file, videoUpTo: core.maxVideoBytes)
        let clip = try await core.media.using([video]) {
            try await core.forum.publishClip(title: title, video: .media(video), author: call.caller.id)
        }
        return Self.answer(clip)
    }

    private func publishAddress(
        _ call: Call<Account>, author: Int64?, title: String, address: String, cover: String?
    ) async throws -> Response {
        if let author {
            let own = try await core.social.profile(account: call.caller.id, viewer: nil)
            guard own.publicID == author else { throw ServicesError.forbidden }
        }
        let clip = try await core.forum.publishClip(
            title: title, video: .address(address, cover: cover?.isEmpty ?? true ? nil : cover), author: call.caller.id)
        return Self.answer(clip)
    }

    private static func answer(_ clip: Reading) -> Response {
        .json(DouyinJSON.done("ok!", ["vid": .int(clip.video?.publicID ?? 0)]))
    }

    // MARK: - Playing

    private func play(_ call: Call<Void>) async throws -> Response {
        let clip = try await clip(call)
        guard case .media(let id)? = clip.video?.source,
            let video = try await core.media.openVideo(MediaID(rawValue: id))
        else { throw Problem.notFound }
        // A player asks for many pieces: who asks for the first one plays it.
        let range = call.request.head.headers[.range]
        if call.request.head.method == .get, range == nil || range?.utf8.starts(with: "bytes=0-".utf8) == true {
            do {
                try await core.forum.hit(.id(clip.id), from: call.address)
            } catch {
                // What cannot be counted, because the disk is full or the limit reached, can be played.
            }
        }
        return .stored(video, caching: "public, max-age=300")
    }

    /// A picture for who has to show one before the video plays: a pattern, since nothing here decodes videos.
    private func cover(_ call: Call<Void>) async throws -> Response {
        let clip = try await clip(call)
        return .identicon(Identicon("clip \(clip.id)"), caching: "public, max-age=86400", to: call.request)
    }

    private func clip(_ call: Call<Void>) async throws -> Reading {
        guard let id = Int64(call.path("id")) else { throw Problem.notFound }
        return try await core.forum.clip(id, reader: nil)
    }
}
