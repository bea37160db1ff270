import HTTPTypes
import LWS
import Limits
import Services
import Store

/// Articles: the posts of the forum under their small numbers.
struct JuejinArticleRoutes: Sendable {
    let core: Core
    let identity: HeaderIdentity

    /// How many articles are read at once, each of a megabyte at most.
    private static let articlesAtOnce = Limit.Lists.articlesAtOnce

    init(core: Core) {
        self.core = core
        identity = .juejin(core)
    }

    func add(to table: inout RouteTable) {
        let large = BodyPolicy.parameters(upTo: Limit.HTTP.largeBody)
        table.on(.post, "/articles/editor", errors: .juejin, body: large, checkHead: identity.checkHead) {
            try await publish($0)
        }
        table.on(.get, "/articles/mine", errors: .juejin) { try await list($0) { .writtenBy($0) } }
        table.on(.get, "/articles/likes", errors: .juejin) { try await list($0) { .likedBy($0) } }
        table.on(.get, "/articles/collections", errors: .juejin) { try await list($0) { .collectedBy($0) } }
        table.on(.get, "/articles/hot", errors: .juejin) { try await list($0, upTo: 200) { _ in .hottest } }
        table.on(.get, "/articles/new", errors: .juejin) { try await list($0, upTo: 2000) { _ in .newest } }
        let article = "/articles/{id}"
        table.on(.delete, article, errors: .juejin) { try await delete($0) }
        // As older builds of the client call it.
        table.on(.delete, article + "/del", errors: .juejin) { try await delete($0) }
        table.on(.post, article + "/comments", errors: .juejin, body: .parameters) { try await comment($0) }
        table.on(.get, article + "/comments", errors: .juejin) { try await comments($0) }
        table.on(.put, article + "/likes", errors: .juejin, body: .parameters) { try await like($0) }
        table.on(.put, article + "/collections", errors: .juejin, body: .parameters) { try await collect($0) }
        table.on(.put, article + "/hits", errors: .juejin, body: .parameters) { try await hit($0) }
    }

    // MARK: - Articles

    private func publish(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await identity.account(of: request)
        let parameters = try JuejinParameters(request)
        let published = try await core.forum.publish(
            title: try parameters.text("title"), content: try parameters.text("content"),
            writtenAt: try parameters.text("create_time"), author: account.id)
        return .json(JuejinJSON.done("添加成功", data: ["id": .int(published.post.number)]))
    }

    /// An article in a list, with its place there.
    private struct Entry: Sendable {
        var place: Int
        var reading: Reading
    }

    /// All of a list as far as the world shows it, or a page of it.
    private func list(
        _ request: HTTPServerRequest, upTo most: Int = .max, _ which: (Int64) -> PostList
    ) async throws -> Response {
        let account = try await identity.account(of: request)
        let parameters = try JuejinParameters(request)
        let page = try parameters.positive("page"), size = try parameters.positive("page_size")
        let isPaged = page != nil || size != nil
        let limit = isPaged ? min(size ?? 20, 100) : most
        let offset = isPaged ? ((page ?? 1) - 1) * limit : 0
        let posts = try await core.forum.posts(which(account.id), offset: offset, limit: limit)
        let base = core.publicBase.text(for: request)
        return try await JSONList<Entry>(prefix: #"{"code":200,"msg":"success","data":"#, suffix: "}") { [core] last in
            // What is deleted meanwhile is left out, which may be all of a piece.
            var next = last.map { $0.place + 1 } ?? 0
            while next < posts.count {
                let piece = posts[next..<min(next + Self.articlesAtOnce, posts.count)]
                let readings = try await core.forum.readings(piece, reader: account.id)
                if !readings.isEmpty {
                    let places = Dictionary(uniqueKeysWithValues: zip(piece, piece.indices))
                    return readings.map { Entry(place: places[$0.id] ?? piece.endIndex, reading: $0) }
                }
                next = piece.endIndex
            }
            return []
        } json: {
            JuejinJSON.article($0.reading, base: base)
        }.response()
    }

    private func delete(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await identity.account(of: request)
        try await Self.asArticle {
            do {
                try await core.forum.deletePost(try Self.article(request), by: account, isModerated: false)
            } catch ServicesError.forbidden {
                throw Problem(.forbidden, "forbidden")
            }
        }
        return .json(JuejinJSON.done("删除成功"))
    }

    // MARK: - Comments

    private func comment(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await identity.account(of: request)
        let parameters = try JuejinParameters(request)
        let content = try parameters.text("comment"), time = try parameters.text("time")
        let parent = try parameters.integer("last_cid"), level = try parameters.integer("level")
        guard parent >= 0 else { throw Problem.badRequest("last_cid error") }
        // What it replies to decides where it stands; a level that says otherwise is a client's mistake.
        guard level >= 1, (level == 1) == (parent == 0) else { throw Problem.badRequest("level error") }
        let comment = try await Self.asArticle {
            do {
                return try await core.forum.comment(
                    on: try Self.article(request), replyingTo: parent == 0 ? nil : .number(parent), content: content,
                    writtenAt: time, author: account.id)
            } catch ServicesError.invalid("parent", _) {
                throw Problem.badRequest("last_cid error")
            }
        }
        return .json(JuejinJSON.done("评论成功", data: ["cid": .int(comment.number)]))
    }

    /// Open to all: the client sends no token here.
    private func comments(_ request: HTTPServerRequest) async throws -> Response {
        let thread = try await Self.asArticle { try await core.forum.thread(try Self.article(request)) }
        let base = core.publicBase.text(for: request)
        let trees = CommentTree.trees(of: thread.comments)
        return .json(
            JuejinJSON.done("success", data: .array(trees.map { JuejinJSON.comment($0, base: base) })))
    }

    // MARK: - What readers do

    private func like(_ request: HTTPServerRequest) async throws -> Response {
        try await set(request, "点赞成功") { isLiked, article, account in
            _ = try await core.forum.setLike(isLiked, post: article, account: account)
        }
    }

    private func collect(_ request: HTTPServerRequest) async throws -> Response {
        try await set(request, "收藏成功") { isCollected, article, account in
            _ = try await core.forum.setCollection(isCollected, post: article, account: account)
        }
    }

    /// Brings about what `status` says, which may be so already.
    private func set(
        _ request: HTTPServerRequest, _ message: String, _ change: (Bool, ForumKey, Int64) async throws -> Void
    ) async throws -> Response {
        let account = try await identity.account(of: request)
        let status = try JuejinParameters(request).flag("status")
        try await Self.asArticle { try await change(status, try Self.article(request), account.id) }
        return .json(JuejinJSON.done(message))
    }

    private func hit(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await identity.accountIfSent(request)
        try await Self.asArticle {
            let article = try Self.article(request)
            if let account {
                try await core.forum.hit(article, by: account.id)
            } else {
                try await core.forum.hit(article, from: request.head.remoteAddress)
            }
        }
        return .json(JuejinJSON.done("success"))
    }

    // MARK: - Keys

    /// Articles have numbers here, and no other names.
    private static func article(_ request: HTTPServerRequest) throws(ServicesError) -> ForumKey {
        guard case .number(let number)? = Forum.key(request.parameter("id")) else { throw .notFound }
        return .number(number)
    }

    private static func asArticle<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch ServicesError.notFound {
            throw Problem(.notFound, "Article not found")
        }
    }
}
