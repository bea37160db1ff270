import Endpoints
import HTTPTypes
import LWS
import Services
import Store

/// What the readers of articles do: comment, like, put aside, be counted.
struct JuejinReaderRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        let article = "/articles/{id}"
        return [
            Endpoint(
                .post, article + "/comments",
                .juejin(
                    "Comment on an article",
                    answer: .juejin("评论成功", data: Schema.object(["cid": Schema.integer])),
                    refusals: EndpointDescription.noSuchArticle),
                access: .token, cost: .light,
                input: Form(JuejinFields.comment, JuejinFields.time("time"), JuejinFields.parent), comment),
            // The client sends no token here.
            Endpoint(
                .get, article + "/comments",
                EndpointDescription(
                    EndpointDescription.articles, "The comments on an article, oldest first",
                    answers: .juejin("success", data: Schema.array(of: Schema.named("ArticleComment"))),
                    refusals: [404: "There is no such article."]),
                access: .open, cost: .heavyRead, comments),
            reaction(article + "/likes", "Like an article, or no longer", "点赞成功") { isLiked, article, account in
                _ = try await core.forum.setLike(isLiked, post: article, account: account)
            },
            reaction(article + "/collections", "Put an article aside, or no longer", "收藏成功") {
                isCollected, article, account in
                _ = try await core.forum.setCollection(isCollected, post: article, account: account)
            },
            Endpoint(
                .put, article + "/hits",
                .juejin(
                    "Count that an article was opened",
                    "Once in 30 seconds for each reader; without a token, for each address.",
                    answer: .juejin("success"), refusals: EndpointDescription.noSuchArticle),
                access: .optionalToken, cost: .light.withinReserve, hit),
        ]
    }

    private func comment(
        _ call: Call<Account>, content: String, time: String, parent: ForumKey?
    ) async throws -> Response {
        let comment = try await core.forum.comment(
            on: try call.article, replyingTo: parent, content: content, writtenAt: time, author: call.caller.id)
        return .json(JuejinJSON.done("评论成功", data: ["cid": .int(comment.number)]))
    }

    private func comments(_ call: Call<Void>) async throws -> Response {
        let thread = try await core.forum.thread(try call.article)
        let base = core.publicBase.text(for: call.request)
        let trees = CommentTree.trees(of: thread.comments)
        return .json(JuejinJSON.done("success", data: .array(trees.map { JuejinJSON.comment($0, base: base) })))
    }

    /// Brings about what `status` says, which may be so already.
    private func reaction(
        _ path: String, _ summary: String, _ message: String,
        _ change: @escaping @Sendable (_ status: Bool, _ article: ForumKey, _ account: Int64) async throws -> Void
    ) -> Endpoint {
        Endpoint(
            .put, path,
            .juejin(
                summary, "Repeating it changes nothing.", answer: .juejin(message),
                refusals: EndpointDescription.noSuchArticle),
            access: .token, cost: .light, input: Form(JuejinFields.status)
        ) { call, status in
            try await change(status, try call.article, call.caller.id)
            return .json(JuejinJSON.done(message))
        }
    }

    private func hit(_ call: Call<Account?>) async throws -> Response {
        if let account = call.caller {
            try await core.forum.hit(try call.article, by: account.id)
        } else {
            try await core.forum.hit(try call.article, from: call.address)
        }
        return .json(JuejinJSON.done("success"))
    }
}
