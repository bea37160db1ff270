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
    let identity: LepaoIdentity

    /// How many posts are read at once, each with all its comments.
    private static let postsAtOnce = Limit.Lists.postsAtOnce
    private static let commentsAtOnce = Limit.Lists.commentsAtOnce

    init(core: Core) {
        self.core = core
        identity = LepaoIdentity(core)
    }

    func add(to table: inout RouteTable) {
        let share = "/api/users/share", post = "/api/users/share/posts/{postId}"
        let form = PostForm.policy
        let check = identity.checkHead
        table.on(.post, share + "/posts", errors: .message, body: form, checkHead: check) { try await publish($0) }
        table.on(.get, share + "/posts", errors: .message) { try await posts($0) }
        table.on(.get, share + "/{username}/posts", errors: .message) { try await postsOfUser($0) }
        table.on(.get, post, errors: .message) { try await thread($0) }
        table.on(.put, post, errors: .message, body: form, checkHead: check) { try await edit($0) }
        table.on(.delete, post, errors: .message) { try await deletePost($0) }

        table.on(.post, post + "/comments", errors: .message) { try await comment($0) }
        table.on(.get, post + "/comments", errors: .message) { try await comments($0) }
        table.on(.delete, share + "/comments/{commentId}", errors: .message) { try await deleteComment($0) }

        table.on(.post, post + "/likePost", errors: .message) { try await setPostLike(true, $0) }
        table.on(.post, post + "/unlikePost", errors: .message) { try await setPostLike(false, $0) }
        table.on(.post, post + "/ifLikedPost", errors: .message) { try await isPostLiked($0) }
        table.on(.get, post + "/ifLikedPost", errors: .message) { try await isPostLiked($0) }
        // Comments in spite of the path.
        table.on(.post, share + "/posts/{commentId}/likeComment", errors: .message) {
            try await setCommentLike(true, $0)
        }
        table.on(.post, share + "/posts/{commentId}/unlikeComment", errors: .message) {
            try await setCommentLike(false, $0)
        }
    }

    // MARK: - Posts

    private func publish(_ request: HTTPServerRequest) async throws -> Response {
        let form = try PostForm(request)
        if !form.images.isEmpty { try core.limits[.uploads]?.take(request.head.remoteAddress) }
        let author = try await identity.account(of: request, named: form.username)
        // Before the images are kept, for nothing.
        try Forum.check(title: form.title, content: form.content)
        let images = try await form.storeImages(in: core.media)
        let published = try await core.media.using(images) {
            try await core.forum.publish(
                title: form.title, content: form.content, images: images, merging: !images.isEmpty, author: author.id)
        }
        return try await answer(
            published.isMerged ? "Image added to existing post" : "Post created successfully", published.post)
    }

    private func posts(_ request: HTTPServerRequest) async throws -> Response {
        let prefix = #"{"message":"Posts retrieved successfully","posts":"#
        let page = try request.positiveInteger("page"), limit = try request.positiveInteger("limit")
        guard page != nil || limit != nil else {
            return try await list(author: nil, prefix: prefix, suffix: "}").response()
        }
        let number = page ?? 1, size = min(limit ?? 10, 100)
        let total = try await core.forum.postCount()
        let threads = try await core.forum.threads(offset: (number - 1) * size, limit: size)
        return .json([
            "message": "Posts retrieved successfully", "posts": .array(threads.map(LepaoJSON.post)),
            "pagination": [
                "total": .int(Int64(total)), "page": .int(Int64(number)),
                "pages": .int(Int64(max(1, (total + size - 1) / size))),
            ],
        ])
    }

    private func postsOfUser(_ request: HTTPServerRequest) async throws -> Response {
        guard let author = try await core.accounts.account(named: request.parameter("username")) else {
            throw ServicesError.unknownUser
        }
        return try await list(author: author.id).response()
    }

    private func list(author: Int64?, prefix: String = "", suffix: String = "") -> JSONList<Discussion> {
        JSONList(prefix: prefix, suffix: suffix) { [core] last in
            try await core.forum.threads(author: author, after: last?.post.number ?? 0, limit: Self.postsAtOnce)
        } json: {
            LepaoJSON.post($0)
        }
    }

    private func thread(_ request: HTTPServerRequest) async throws -> Response {
        let thread = try await Self.asPost { try await core.forum.thread(try Self.post(request)) }
        return .json(["message": "Post retrieved successfully", "post": LepaoJSON.post(thread)])
    }

    private func edit(_ request: HTTPServerRequest) async throws -> Response {
        let form = try PostForm(request)
        if !form.images.isEmpty { try core.limits[.uploads]?.take(request.head.remoteAddress) }
        let editor = try await identity.account(of: request, named: form.username)
        let edited = try await Self.asPost {
            let key = try Self.post(request)
            // Before the images are kept, for nothing.
            try await core.forum.editablePost(key, editor: editor.id)
            try Forum.check(title: form.title, content: form.content)
            let images = try await form.storeImages(in: core.media)
            return try await core.media.using(images) {
                try await core.forum.edit(
                    key, title: form.title, content: form.content, images: images.isEmpty ? nil : images,
                    editor: editor.id)
            }
        }
        return try await answer("Post updated successfully", edited)
    }

    private func deletePost(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await caller(request)
        try await Self.asPost {
            try await core.forum.deletePost(try Self.post(request), by: account, isModerated: true)
        }
        return .json(["message": "Post deleted successfully"])
    }

    // MARK: - Comments

    private func comment(_ request: HTTPServerRequest) async throws -> Response {
        let body = try JSONBody(request)
        let author = try await identity.account(of: request, named: try body.string("username"))
        guard let content = try body.string("content"), !content.isEmpty else {
            throw Problem.badRequest("content is required.")
        }
        let comment = try await Self.asPost {
            try await core.forum.comment(on: try Self.post(request), content: content, author: author.id)
        }
        return .json(["message": "Comment created successfully", "comment": LepaoJSON.comment(comment)])
    }

    private func comments(_ request: HTTPServerRequest) async throws -> Response {
        let post = try await Self.asPost { try await core.forum.post(try Self.post(request)) }
        return try await JSONList { [core] last in
            try await core.forum.comments(on: post.id, after: last?.number ?? 0, limit: Self.commentsAtOnce)
        } json: {
            LepaoJSON.populatedComment($0)
        }.response()
    }

    private func deleteComment(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await caller(request)
        let deleted = try await Self.asComment {
            try await core.forum.deleteComment(try Self.comment(request), by: account, isModerated: true)
        }
        return .json(["message": "Comment deleted successfully", "comment": LepaoJSON.comment(deleted)])
    }

    // MARK: - Likes

    private func setPostLike(_ isLiked: Bool, _ request: HTTPServerRequest) async throws -> Response {
        let account = try await caller(request)
        let post = try await Self.asPost {
            try await core.forum.setLike(isLiked, post: try Self.post(request), account: account.id)
        }
        guard let post else {
            throw Problem.badRequest(isLiked ? "Post already liked by user" : "Post not liked by user")
        }
        return try await answer(isLiked ? "Post liked successfully" : "Post unliked successfully", post)
    }

    /// Open to all, and about whoever is named, in the body or, for a GET, in the query.
    private func isPostLiked(_ request: HTTPServerRequest) async throws -> Response {
        let named = try JSONBody(request).string("username") ?? request.head.queryValue("username")
        let account =
            if let named {
                try await core.accounts.account(named: named)?.id
            } else {
                try await identity.accountIfKnown(request)
            }
        guard let account else {
            throw named == nil ? Problem.badRequest("username is required.") : Problem(ServicesError.unknownUser)
        }
        let isLiked = try await Self.asPost {
            try await core.forum.likes(post: try Self.post(request), account: account)
        }
        return .json([
            "message": isLiked ? "Post liked by user" : "Post not liked by user", "liked": .bool(isLiked),
        ])
    }

    private func setCommentLike(_ isLiked: Bool, _ request: HTTPServerRequest) async throws -> Response {
        let account = try await caller(request)
        let comment = try await Self.asComment {
            try await core.forum.setLike(isLiked, comment: try Self.comment(request), account: account.id)
        }
        guard let comment else {
            throw Problem.badRequest(isLiked ? "Comment already liked by user" : "Comment not liked by user")
        }
        return .json([
            "message": isLiked ? "Comment liked successfully" : "Comment unliked successfully",
            "comment": LepaoJSON.comment(comment),
        ])
    }

    // MARK: - Callers, keys and answers

    /// Who asks, of those whose body holds nothing else that counts.
    private func caller(_ request: HTTPServerRequest) async throws -> Account {
        try await identity.account(of: request, named: try JSONBody(request).string("username"))
    }

    private func answer(_ message: String, _ post: Post) async throws -> Response {
        .json([
            "message": .string(message),
            "post": LepaoJSON.post(post, comments: try await core.forum.commentIDs(on: post)),
        ])
    }

    private static func post(_ request: HTTPServerRequest) throws(ServicesError) -> ForumKey {
        try key(request.parameter("postId"))
    }

    private static func comment(_ request: HTTPServerRequest) throws(ServicesError) -> ForumKey {
        try key(request.parameter("commentId"))
    }

    private static func key(_ text: String) throws(ServicesError) -> ForumKey {
        guard let key = Forum.key(text) else { throw .notFound }
        return key
    }

    /// Says what it is that does not exist.
    private static func asPost<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch ServicesError.notFound {
            throw Problem(.notFound, "Post not found")
        }
    }

    /// Says what it is that does not exist.
    private static func asComment<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch ServicesError.notFound {
            throw Problem(.notFound, "Comment not found")
        }
    }
}
