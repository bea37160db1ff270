import HTTPTypes
import LWS
import Limits
import Services
import Store

/// Likes and comments in the clip API: those of the forum.
struct DouyinInteractionRoutes: Sendable {
    let core: Core
    let identity: DouyinIdentity
    let clips: DouyinClips

    /// Of the comments on a clip, at most as many at a time.
    private static let maxComments = Limit.Lists.clips

    init(core: Core) {
        self.core = core
        identity = DouyinIdentity(core)
        clips = DouyinClips(core)
    }

    func add(to table: inout RouteTable) {
        table.onDouyin(.post, "/douyin/favorite/action") { try await favorite($0) }
        table.onDouyin(.get, "/douyin/favorite/list") { try await favorites($0) }
        table.onDouyin(.post, "/douyin/comment/action") { try await comment($0) }
        table.onDouyin(.get, "/douyin/comment/list") { try await comments($0) }
    }

    private func favorite(_ request: HTTPServerRequest) async throws -> Response {
        let parameters = try DouyinParameters(request)
        let caller = try await identity.account(of: request, parameters)
        _ = try await core.forum.setLike(
            try parameters.isDone("action_type"), post: .publicID(try parameters.requiredInteger("video_id")),
            account: caller.id)
        return .json(DouyinJSON.done())
    }

    private func favorites(_ request: HTTPServerRequest) async throws -> Response {
        let parameters = try DouyinParameters(request)
        let caller = try await identity.account(of: request, parameters)
        let account = try await clips.account(try parameters.integer("user_id"), caller: caller)
        return try await clips.list(.likedVideosBy(account), parameters, caller: caller, request)
    }

    private func comment(_ request: HTTPServerRequest) async throws -> Response {
        let parameters = try DouyinParameters(request)
        let caller = try await identity.account(of: request, parameters)
        let clip = ForumKey.publicID(try parameters.requiredInteger("video_id"))
        guard try parameters.isDone("action_type") else {
            try await core.forum.deleteComment(
                .publicID(try parameters.requiredInteger("comment_id")), on: clip, by: caller, isModerated: false)
            return .json(DouyinJSON.done("ok!", ["comment": nil]))
        }
        let comment = try await core.forum.comment(
            on: clip, content: try parameters.required("comment_text"), author: caller.id)
        let author = try await core.social.profile(account: caller.id, viewer: caller.id)
        let json = DouyinJSON.comment(
            comment, repliesTo: nil, author: author, base: core.publicBase.text(for: request))
        return .json(DouyinJSON.done("ok!", ["comment": json]))
    }

    private func comments(_ request: HTTPServerRequest) async throws -> Response {
        let parameters = try DouyinParameters(request)
        let caller = try await identity.account(of: request, parameters)
        let clip = try await core.forum.clip(try parameters.requiredInteger("video_id"), reader: caller.id)
        let (offset, limit) = try parameters.page(of: Self.maxComments)
        let comments = try await core.forum.newestComments(on: clip.id, offset: offset, limit: limit)
        let authors = try await core.social.profiles(comments.map(\.comment.author.id), viewer: caller.id)
        let base = core.publicBase.text(for: request)
        let list = comments.compactMap { comment, parent in
            authors[comment.author.id].map {
                DouyinJSON.comment(comment, repliesTo: parent, author: $0, base: base)
            }
        }
        return .json(DouyinJSON.done("ok!", ["comment_list": .array(list)]))
    }
}
