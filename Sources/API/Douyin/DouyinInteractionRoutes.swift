import Endpoints
import HTTPTypes
import LWS
import Limits
import Services
import Store

/// Likes and comments in the clip API: those of the forum.
struct DouyinInteractionRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/douyin/favorite/action", .clipAction("Like a clip, or no longer"), access: .token,
                cost: .light, input: Form(.id("video_id"), .isDone), favorite),
            Endpoint(
                .get, "/douyin/favorite/list",
                .clipList("What somebody likes, the last first", "video_list", of: "Clip"), access: .token,
                cost: .light, input: Form(.whose, .page), favorites),
            Endpoint(
                .post, "/douyin/comment/action",
                .clipAction(
                    "Comment on a clip, or delete a comment", ["comment": Schema.orNull(Schema.named("ClipComment"))]),
                access: .token, cost: .light, input: Form(.id("video_id"), .commentAction), comment),
            Endpoint(
                .get, "/douyin/comment/list",
                .clipList("The comments on a clip, newest first", "comment_list", of: "ClipComment"), access: .token,
                cost: .light, input: Form(.id("video_id", about: "Which clip."), .page), comments),
        ]
    }

    private func favorite(_ call: Call<Account>, video: Int64, isLiked: Bool) async throws -> Response {
        _ = try await core.forum.setLike(isLiked, post: .publicID(video), account: call.caller.id)
        return .json(DouyinJSON.done())
    }

    private func favorites(_ call: Call<Account>, whose: Int64?, page: DouyinPage) async throws -> Response {
        let clips = DouyinClips(core: core)
        return try await clips.list(.likedVideosBy(try await clips.account(whose, for: call)), page, for: call)
    }

    private func comment(
        _ call: Call<Account>, video: Int64, action: DouyinCommentAction
    ) async throws -> Response {
        let clip = ForumKey.publicID(video), caller = call.caller
        switch action {
        case .delete(let comment):
            try await core.forum.deleteComment(.publicID(comment), on: clip, by: caller, isModerated: false)
            return .json(DouyinJSON.done("ok!", ["comment": nil]))
        case .write(let text):
            let comment = try await core.forum.comment(on: clip, content: text, author: caller.id)
            let author = try await core.social.profile(account: caller.id, viewer: caller.id)
            let json = DouyinJSON.comment(
                comment, repliesTo: nil, author: author, base: core.publicBase.text(for: call.request))
            return .json(DouyinJSON.done("ok!", ["comment": json]))
        }
    }

    private func comments(_ call: Call<Account>, video: Int64, page: DouyinPage) async throws -> Response {
        let clip = try await core.forum.clip(video, reader: call.caller.id)
        let comments = try await core.forum.newestComments(on: clip.id, offset: page.offset, limit: page.limit)
        let authors = try await core.social.profiles(comments.map(\.comment.author.id), viewer: call.caller.id)
        let base = core.publicBase.text(for: call.request)
        let list = comments.compactMap { comment, parent in
            authors[comment.author.id].map {
                DouyinJSON.comment(comment, repliesTo: parent, author: $0, base: base)
            }
        }
        return .json(DouyinJSON.done("ok!", ["comment_list": .array(list)]))
    }
}
