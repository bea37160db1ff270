import Endpoints
import HTTPTypes
import LWS
import Limits
import Services
import Store

/// The forum of the running app's API: what is written is read by everybody, and changed by whoever wrote it.
///
/// Posts and comments are named by their number or their `_id`, wherever one of them stands.
struct ForumRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        let posts = Self.share + "/posts", post = posts + "/{postId}", comment = posts + "/{commentId}"
        return [
            Endpoint(
                .post, posts,
                EndpointDescription(
                    Self.group, "Write a post",
                    """
                    With up to three images in a form. A form with images whose author, title and content are those of \
                    a post of the last five seconds adds its images to that post.
                    """,
                    answers: Self.answer(
                        "Post created successfully", "Image added to existing post", and: "post", "Post"),
                    refusals: [404: LepaoFields.noSuchUser]),
                access: .lepaoToken, cost: PostForm.cost, input: PostForm.form, publish),
            Endpoint(
                .get, posts,
                EndpointDescription(
                    Self.group, "Posts with their comments, oldest first", "All of them, or a page of them.",
                    answers: .json(
                        Schema.object(
                            [
                                "message": Schema.constant("Posts retrieved successfully"),
                                "posts": Schema.array(of: Schema.named("Post")),
                                "pagination": Schema.named("Pagination"),
                            ], optional: ["pagination"]))),
                access: .open, cost: .heavyRead, input: Form(in: [.query], .page, .limit), self.posts),
            Endpoint(
                .get, Self.share + "/{username}/posts",
                EndpointDescription(
                    Self.group, "The posts of a user", answers: .json(Schema.array(of: Schema.named("Post"))),
                    refusals: [404: LepaoFields.noSuchUser]),
                access: .open, cost: .heavyRead, postsOfUser),
            Endpoint(
                .get, post,
                EndpointDescription(
                    Self.group, "A post with its comments",
                    answers: Self.answer("Post retrieved successfully", and: "post", "Post"),
                    refusals: [404: Self.noSuchPost]),
                access: .open, cost: .heavyRead, words: Self.ofPosts, thread),
            Endpoint(
                .put, post,
                EndpointDescription(
                    Self.group, "Change a post", "Its images stay unless new ones come.",
                    answers: Self.answer("Post updated successfully", and: "post", "Post"),
                    refusals: [403: "The token is not valid, or not the author's.", 404: Self.noSuchPost]),
                access: .lepaoToken, cost: PostForm.cost, input: PostForm.form, words: Self.ofPosts, edit),
            Endpoint(
                .delete, post,
                EndpointDescription(
                    Self.group, "Delete a post with its comments and likes", "By its author or an administrator.",
                    answers: .json(Schema.object(["message": Schema.constant("Post deleted successfully")])),
                    refusals: [403: "The token is not valid, or not the author's.", 404: Self.noSuchPost]),
                access: .lepaoToken, cost: .light, input: Self.nameAnywhere, words: Self.ofPosts, deletePost),
            Endpoint(
                .post, post + "/comments",
                EndpointDescription(
                    Self.group, "Comment on a post",
                    answers: Self.answer("Comment created successfully", and: "comment", "Comment"),
                    refusals: [404: Self.noSuchPost]),
                access: .lepaoToken, cost: .light,
                input: Form(
                    .filled("content", Schema.text("Well done!")), LepaoFields.namedUser),
                words: Self.ofPosts, self.comment),
            Endpoint(
                .get, post + "/comments",
                EndpointDescription(
                    Self.group, "The comments on a post, oldest first",
                    answers: .json(Schema.array(of: Schema.named("Comment"))), refusals: [404: Self.noSuchPost]),
                access: .open, cost: .heavyRead, words: Self.ofPosts, comments),
            Endpoint(
                .delete, Self.share + "/comments/{commentId}",
                EndpointDescription(
                    Self.group, "Delete a comment", "By its author, the post's, or an administrator.",
                    answers: Self.answer("Comment deleted successfully", and: "comment", "Comment"),
                    refusals: [403: "The token is not valid, or neither author's.", 404: Self.noSuchComment]),
                access: .lepaoToken, cost: .light, input: Self.nameAnywhere, words: Self.ofComments, deleteComment),
            likePost(post + "/likePost", "Like a post", true),
            likePost(post + "/unlikePost", "Take a like back", false),
            ifLiked(.post, post + "/ifLikedPost"),
            ifLiked(.get, post + "/ifLikedPost"),
            // Comments in spite of the path.
            likeComment(comment + "/likeComment", "Like a comment", true),
            likeComment(comment + "/unlikeComment", "Take a like of a comment back", false),
        ]
    }

    private static let group = "Forum"
    private static let share = "/api/users/share"
    private static let noSuchPost = "There is no such post or user."
    private static let noSuchComment = "There is no such comment or user."
    /// Who asks, of those who say nothing else that counts, also where a client can send no body.
    private static let nameAnywhere = Form(in: [.json, .query], LepaoFields.namedUser)

    private static func answer(_ messages: String..., and name: String, _ schema: String) -> Operation.Answer {
        .json(Schema.object(["message": Schema.words(messages), "\(name)": Schema.named(schema)]))
    }

    private func like(
        _ path: String, _ summary: String, _ answer: Operation.Answer, missing: String,
        words: @escaping @Sendable (any Error) -> Problem,
        _ handle: @escaping @Sendable (Call<LepaoCaller>, String?) async throws -> Response
    ) -> Endpoint {
        Endpoint(
            .post, path,
            EndpointDescription(
                Self.group, summary, answers: answer, refusals: [400: "It is so already.", 404: missing]),
            access: .lepaoToken, cost: .light, input: Form(LepaoFields.namedUser), words: words, handle)
    }

    private func likePost(_ path: String, _ summary: String, _ isLiked: Bool) -> Endpoint {
        let message = isLiked ? "Post liked successfully" : "Post unliked successfully"
        return like(
            path, summary, Self.answer(message, and: "post", "Post"), missing: Self.noSuchPost, words: Self.ofPosts
        ) { call, username in
            let account = try await call.caller.account(named: username)
            let key = try Self.key(call.path("postId"))
            guard let post = try await core.forum.setLike(isLiked, post: key, account: account.id) else {
                throw Problem.badRequest(isLiked ? "Post already liked by user" : "Post not liked by user")
            }
            return try await self.answer(message, post)
        }
    }

    private func likeComment(_ path: String, _ summary: String, _ isLiked: Bool) -> Endpoint {
        let message = isLiked ? "Comment liked successfully" : "Comment unliked successfully"
        return like(
            path, summary, Self.answer(message, and: "comment", "Comment"), missing: Self.noSuchComment,
            words: Self.ofComments
        ) { call, username in
            let account = try await call.caller.account(named: username)
            let key = try Self.key(call.path("commentId"))
            guard let comment = try await core.forum.setLike(isLiked, comment: key, account: account.id) else {
                throw Problem.badRequest(isLiked ? "Comment already liked by user" : "Comment not liked by user")
            }
            return .json(["message": .string(message), "comment": LepaoJSON.comment(comment)])
        }
    }

    /// Open to all, and about whoever is named, in the body or, for a GET, in the query.
    private func ifLiked(_ method: HTTPRequest.Method, _ path: String) -> Endpoint {
        Endpoint(
            method, path,
            EndpointDescription(
                Self.group, "Whether a user likes a post",
                answers: .json(
                    Schema.object([
                        "message": Schema.words(["Post liked by user", "Post not liked by user"]),
                        "liked": Schema.boolean,
                    ])), refusals: [404: Self.noSuchPost]),
            access: .lepaoIfKnown, cost: .light, input: Self.nameAnywhere, words: Self.ofPosts, isPostLiked)
    }

    // MARK: - Posts

    private func publish(
        _ call: Call<LepaoCaller>, title: String, content: String, username: String?, images: [HTTPBody]
    ) async throws -> Response {
        let author = try await call.caller.account(named: username)
        // Before the images are kept, for nothing.
        try Forum.check(title: title, content: content)
        let images = try await PostForm.store(images, in: core.media)
        let published = try await core.media.using(images) {
            try await core.forum.publish(
                title: title, content: content, images: images, merging: !images.isEmpty, author: author.id)
        }
        return try await answer(
            published.isMerged ? "Image added to existing post" : "Post created successfully", published.post)
    }

    private func posts(_ call: Call<Void>, page: Int?, limit: Int?) async throws -> Response {
        let page = ListPage(page: page, limit: limit)
        let suffix = if let page { page.suffix(total: try await core.forum.postCount()) } else { "}" }
        return try await ThreadList(forum: core.forum).response(
            page: page, prefix: #"{"message":"Posts retrieved successfully","posts":"#, suffix: suffix)
    }

    private func postsOfUser(_ call: Call<Void>) async throws -> Response {
        guard let author = try await core.accounts.account(named: call.path("username")) else {
            throw ServicesError.unknownUser
        }
        return try await ThreadList(forum: core.forum).response(author: author.id)
    }

    private func thread(_ call: Call<Void>) async throws -> Response {
        try await ThreadList(forum: core.forum).response(
            try Self.key(call.path("postId")), prefix: #"{"message":"Post retrieved successfully","post":"#, suffix: "}"
        )
    }

    private func edit(
        _ call: Call<LepaoCaller>, title: String, content: String, username: String?, images: [HTTPBody]
    ) async throws -> Response {
        let editor = try await call.caller.account(named: username)
        let key = try Self.key(call.path("postId"))
        // Before the images are kept, for nothing.
        try await core.forum.editablePost(key, editor: editor.id)
        try Forum.check(title: title, content: content)
        let images = try await PostForm.store(images, in: core.media)
        let edited = try await core.media.using(images) {
            try await core.forum.edit(
                key, title: title, content: content, images: images.isEmpty ? nil : images, editor: editor.id)
        }
        return try await answer("Post updated successfully", edited)
    }

    private func deletePost(_ call: Call<LepaoCaller>, username: String?) async throws -> Response {
        let account = try await call.caller.account(named: username)
        try await core.forum.deletePost(try Self.key(call.path("postId")), by: account, isModerated: true)
        return .json(["message": "Post deleted successfully"])
    }

    // MARK: - Comments

    private func comment(_ call: Call<LepaoCaller>, content: String, username: String?) async throws -> Response {
        let author = try await call.caller.account(named: username)
        let comment = try await core.forum.comment(
            on: try Self.key(call.path("postId")), content: content, author: author.id)
        return .json(["message": "Comment created successfully", "comment": LepaoJSON.comment(comment)])
    }

    private func comments(_ call: Call<Void>) async throws -> Response {
        let post = try await core.forum.post(try Self.key(call.path("postId")))
        return try await JSONList { [core] last in
            try await core.forum.comments(
                on: post.id, after: last?.number ?? 0, limit: Limit.Lists.commentsAtOnce,
                upTo: Limit.Lists.textAtOnce)
        } json: {
            LepaoJSON.populatedComment($0)
        }.response()
    }

    private func deleteComment(_ call: Call<LepaoCaller>, username: String?) async throws -> Response {
        let account = try await call.caller.account(named: username)
        let deleted = try await core.forum.deleteComment(
            try Self.key(call.path("commentId")), by: account, isModerated: true)
        return .json(["message": "Comment deleted successfully", "comment": LepaoJSON.comment(deleted)])
    }

    // MARK: - Likes

    private func isPostLiked(_ call: Call<Account?>, username: String?) async throws -> Response {
        var account = call.caller
        if let username {
            account = try await core.accounts.account(named: username)
            guard account != nil else { throw ServicesError.unknownUser }
        }
        guard let account else { throw Problem.badRequest("username is required.") }
        let isLiked = try await core.forum.likes(post: try Self.key(call.path("postId")), account: account.id)
        return .json([
            "message": isLiked ? "Post liked by user" : "Post not liked by user", "liked": .bool(isLiked),
        ])
    }

    // MARK: - Keys, answers and words

    private func answer(_ message: String, _ post: Post) async throws -> Response {
        .json([
            "message": .string(message),
            "post": LepaoJSON.post(post, comments: try await core.forum.commentIDs(on: post)),
        ])
    }

    private static func key(_ text: String) throws(ServicesError) -> ForumKey {
        guard let key = Forum.key(text) else { throw .notFound }
        return key
    }

    /// Says what it is that does not exist.
    @Sendable private static func ofPosts(_ error: any Error) -> Problem {
        if case ServicesError.notFound = error { Problem(.notFound, "Post not found") } else { Problem(lepao: error) }
    }

    /// Says what it is that does not exist.
    @Sendable private static func ofComments(_ error: any Error) -> Problem {
        if case ServicesError.notFound = error {
            Problem(.notFound, "Comment not found")
        } else {
            Problem(lepao: error)
        }
    }
}
