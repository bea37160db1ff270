import Endpoints
import HTTPTypes
import LWS
import Limits
import Services
import Store

/// The forum, in `/v1`: the same posts as in all worlds.
struct HousePostRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        let group = "RunRoom: forum", post = "/v1/posts/{post}"
        return [
            Endpoint(
                .get, "/v1/posts",
                EndpointDescription(
                    group, "Posts",
                    """
                    The newest first, and so many that their texts are no more than some megabytes; a `Link` with \
                    `rel="next"` leads on.
                    """,
                    answers: .json(Schema.object(["posts": Schema.array(of: Schema.named("HousePost"))])),
                    refusals: Self.badToken),
                access: .optionalToken, cost: .heavyRead, input: Form(in: [.query], Cursor.field, Self.excerpt), list),
            Endpoint(
                .post, "/v1/posts",
                EndpointDescription(
                    group, "Write a post",
                    """
                    As JSON, or as a form with up to three `images`. With an `Idempotency-Key`, the same request again has \
                    the same answer for a day, and makes no second post.
                    """,
                    answers: .json(Schema.named("HousePost"), status: 201, "Written."), refusals: Self.repeated),
                access: .token, cost: PostForm.cost,
                input: Form(in: [.form, .json], Self.title, Self.content, PostForm.images), write),
            Endpoint(
                .get, post,
                EndpointDescription(
                    group, "A post", "With an `ETag` for changing only what one has seen.",
                    answers: .json(Schema.named("HousePost")), refusals: Self.noPost),
                access: .optionalToken, cost: .light, show),
            Endpoint(
                .patch, post,
                EndpointDescription(
                    group, "Change a post",
                    "For its author. What is not sent stays as it is. With `If-Match`, only if it is still what was seen.",
                    answers: .json(Schema.named("HousePost")),
                    refusals: Self.notTheirs.merging([412: "It has been changed meanwhile."]) { $1 }),
                access: .token, cost: .document(upTo: Limit.HTTP.largeBody),
                input: Form(in: [.json], Self.title.optional, Self.content.optional), change),
            Endpoint(
                .delete, post,
                EndpointDescription(
                    group, "Delete a post", "For its author and administrators.", answers: .empty(204, "Deleted."),
                    refusals: Self.notTheirs),
                access: .token, cost: .light, delete),
            Endpoint(
                .put, post + "/like",
                EndpointDescription(
                    group, "Like a post", "Liking twice is liking once.",
                    answers: .json(Schema.named("HousePost")), refusals: Self.noPost),
                access: .token, cost: .light
            ) { call in try await like(true, call) },
            Endpoint(
                .delete, post + "/like",
                EndpointDescription(
                    group, "No longer like a post", answers: .json(Schema.named("HousePost")), refusals: Self.noPost),
                access: .token, cost: .light
            ) { call in try await like(false, call) },
            Endpoint(
                .get, post + "/comments",
                EndpointDescription(
                    group, "Comments on a post",
                    "Replies included, the oldest first; a `Link` with `rel=\"next\"` leads on.",
                    answers: .json(Schema.object(["comments": Schema.array(of: Schema.named("HouseComment"))])),
                    refusals: Self.noPost),
                access: .optionalToken, cost: .heavyRead, input: Form(in: [.query], Cursor.field), comments),
            Endpoint(
                .post, post + "/comments",
                EndpointDescription(
                    group, "Comment on a post",
                    """
                    `replyTo` is the `id` of a comment of the same post. With an `Idempotency-Key`, the same request again \
                    has the same answer for a day, and makes no second comment.
                    """,
                    answers: .json(Schema.named("HouseComment"), status: 201, "Written."),
                    refusals: Self.noPost.merging(Self.repeated) { $1 }),
                access: .token, cost: .light,
                input: Form(
                    in: [.json], Field.filled("content", Schema.text("Well done!", upTo: Limit.Content.comment)),
                    Field.filled("replyTo", Schema.objectID).optional), comment),
            Endpoint(
                .delete, "/v1/comments/{comment}",
                EndpointDescription(
                    group, "Delete a comment with the replies to it",
                    "For its author, the post's author, and administrators.", answers: .empty(204, "Deleted."),
                    refusals: Self.notTheirs),
                access: .token, cost: .light, deleteComment),
        ]
    }

    private static let badToken = [401: "The token that was sent is not valid, or has expired."]
    private static let noPost = badToken.merging([404: "There is no such post."]) { $1 }
    private static let notTheirs = noPost.merging([403: "It is somebody else's."]) { $1 }
    private static let repeated = [
        409: "A request with this key is under way.", 422: "The key belongs to another request.",
    ]
    private static let title = Field.filled("title", Schema.text("Sunday", upTo: Limit.Content.title))
    private static let content = Field.filled("content", Schema.text("Ten kilometres."))

    /// For lists that show how each begins.
    private static let excerpt = Field<Int?>(
        [
            FormMember(
                "excerpt",
                ["type": "integer", "minimum": 1, "maximum": .int(Int64(Limit.Content.post)), "examples": [400]],
                about: "At most so many characters of each content; all of it if it is not given.", isRequired: false)
        ]
    ) { (parameters) throws(ParameterError) in
        guard let count = try parameters.integer("excerpt") else { return nil }
        guard count >= 1 else { throw .invalid("excerpt", sentence: "`excerpt` must be 1 or more.") }
        return Int(min(count, Int64(Limit.Content.post)))
    }

    private func key(_ text: String) throws(ServicesError) -> ForumKey {
        guard let key = Forum.key(text) else { throw .notFound }
        return key
    }

    private func base(_ request: HTTPServerRequest) -> String { core.publicBase.text(for: request) }

    // MARK: - Posts

    private func list(_ call: Call<Account?>, cursor: Cursor, excerpt: Int?) async throws -> Response {
        let before = cursor.after.map { Int64($0) ?? 0 } ?? .max
        let ids = try await core.forum.posts(.before(before), limit: cursor.limit + 1)
        let page = ids.prefix(cursor.limit)
        let readings = try await core.forum.readings(page, reader: call.caller?.id, upTo: Limit.Lists.textAtOnce)
        // What was too much for this page begins the next one.
        let isAll = ids.count == page.count && readings.last?.id == page.last
        return cursor.response(
            ["posts": .array(readings.map { HouseJSON.post($0, base: base(call.request), excerpt: excerpt ?? .max) })],
            next: isAll ? nil : readings.last.map { String($0.post.number) }, of: call.request,
            keeping: excerpt.map { "&excerpt=\($0)" } ?? "")
    }

    private func write(
        _ call: Call<Account>, title: String, content: String, images: [HTTPBody]
    ) async throws -> Response {
        // A browser's form ends lines so, whatever was typed.
        let content = content.replacing("\r\n", with: "\n")
        // Before the images are kept, for nothing.
        try Forum.check(title: title, content: content)
        return try await core.repeats.answer(call.request, by: "account \(call.caller.id)") {
            let kept = try await PostForm.store(images, in: core.media)
            let published = try await core.media.using(kept) {
                try await core.forum.publish(
                    title: title, content: content, images: kept, author: call.caller.id)
            }
            var response = try await answer(.id(published.post.id), call.caller, call.request, status: .created)
            response.headers[.location] = "/v1/posts/\(ObjectID.text(published.post.id))"
            return response
        }
    }

    private func show(_ call: Call<Account?>) async throws -> Response {
        try await answer(key(call.path("post")), call.caller, call.request)
    }

    private func change(_ call: Call<Account>, title: String?, content: String?) async throws -> Response {
        let key = try key(call.path("post"))
        let post = try await core.forum.editablePost(key, editor: call.caller.id)
        let isConditional = try HouseTag(post).check(call.request)
        let changed = try await core.forum.edit(
            key, title: title, content: content, editor: call.caller.id, seen: isConditional ? post.updatedAt : nil)
        guard changed != nil else { throw HouseTag.changedMeanwhile }
        return try await answer(key, call.caller, call.request)
    }

    private func delete(_ call: Call<Account>) async throws -> Response {
        try await core.forum.deletePost(key(call.path("post")), by: call.caller, isModerated: true)
        return Response(status: .noContent)
    }

    private func like(_ isLiked: Bool, _ call: Call<Account>) async throws -> Response {
        let key = try key(call.path("post"))
        _ = try await core.forum.setLike(isLiked, post: key, account: call.caller.id)
        return try await answer(key, call.caller, call.request)
    }

    private func answer(
        _ key: ForumKey, _ reader: Account?, _ request: HTTPServerRequest, status: Status = .ok
    ) async throws -> Response {
        let reading = try await core.forum.reading(key, reader: reader?.id)
        return HouseTag(reading.post).response(HouseJSON.post(reading, base: base(request)), status: status)
    }

    // MARK: - Comments

    private func comments(_ call: Call<Account?>, cursor: Cursor) async throws -> Response {
        let post = try await core.forum.post(key(call.path("post")))
        let after = cursor.after.map { Int64($0) ?? .max } ?? 0
        let found = try await core.forum.comments(on: post.id, after: after, limit: cursor.limit + 1)
        let page = found.prefix(cursor.limit)
        return cursor.response(
            ["comments": .array(page.map { HouseJSON.comment($0, base: base(call.request)) })],
            next: found.count > page.count ? page.last.map { String($0.number) } : nil, of: call.request)
    }

    private func comment(_ call: Call<Account>, content: String, replyTo: String?) async throws -> Response {
        let post = try key(call.path("post"))
        var parent: ForumKey?
        if let replyTo {
            guard let id = ObjectID.id(replyTo) else {
                throw ServicesError.invalid(field: "replyTo", message: "`replyTo` must be the `id` of a comment.")
            }
            parent = .id(id)
        }
        return try await core.repeats.answer(call.request, by: "account \(call.caller.id)") { [parent] in
            let comment = try await core.forum.comment(
                on: post, replyingTo: parent, content: content, author: call.caller.id)
            return .json(HouseJSON.comment(comment, base: base(call.request)), status: .created)
        }
    }

    private func deleteComment(_ call: Call<Account>) async throws -> Response {
        guard let id = ObjectID.id(call.path("comment")) else { throw ServicesError.notFound }
        _ = try await core.forum.deleteComment(.id(id), by: call.caller, isModerated: true)
        return Response(status: .noContent)
    }
}
