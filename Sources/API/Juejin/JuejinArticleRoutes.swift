import Endpoints
import HTTPTypes
import LWS
import Limits
import Services
import Store

/// Articles: the posts of the forum under their small numbers.
struct JuejinArticleRoutes: Sendable {
    let core: Core

    /// How many articles are read at once, each of a megabyte at most.
    private static let articlesAtOnce = Limit.Lists.articlesAtOnce

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/articles/editor",
                .juejin(
                    "Write an article", "It is a post of the forum, which shows it as well.",
                    answer: .juejin("添加成功", data: Schema.object(["id": Schema.integer]))),
                access: .token, cost: .document(upTo: Limit.HTTP.largeBody),
                input: Form(JuejinFields.title, JuejinFields.content, JuejinFields.time("create_time")), publish),
            list("/articles/mine", "The own articles, oldest first") { .writtenBy($0) },
            list("/articles/likes", "What one likes, the last first") { .likedBy($0) },
            list("/articles/collections", "What one has put aside, the last first") { .collectedBy($0) },
            list(
                "/articles/hot", "Those opened most often",
                "\(Limit.Lists.hottest) at most, unless pages are asked for.",
                upTo: Limit.Lists.hottest
            ) { _ in .hottest },
            list(
                "/articles/new", "The newest", "\(Limit.Lists.newestArticles) at most, unless pages are asked for.",
                upTo: Limit.Lists.newestArticles
            ) { _ in .newest },
            deletion("/articles/{id}", "Delete an article"),
            deletion("/articles/{id}/del", "Delete an article, as older clients call it"),
        ]
    }

    private func publish(
        _ call: Call<Account>, title: String, content: String, time: String
    ) async throws -> Response {
        let published = try await core.forum.publish(
            title: title, content: content, writtenAt: time, author: call.caller.id)
        return .json(JuejinJSON.done("添加成功", data: ["id": .int(published.post.number)]))
    }

    private func deletion(_ path: String, _ summary: String) -> Endpoint {
        Endpoint(
            .delete, path,
            .juejin(
                summary, "By its author.", answer: .juejin("删除成功"),
                refusals: EndpointDescription.noSuchArticle.merging([
                    403: "The token has expired, or is not the author's."
                ]) { $1 }),
            access: .token, cost: .light
        ) { call in
            try await core.forum.deletePost(try call.article, by: call.caller, isModerated: false)
            return .json(JuejinJSON.done("删除成功"))
        }
    }

    // MARK: - Lists

    private func list(
        _ path: String, _ summary: String, _ text: String? = nil, upTo most: Int = .max,
        _ which: @escaping @Sendable (_ account: Int64) -> PostList
    ) -> Endpoint {
        Endpoint(
            .get, path,
            .juejin(summary, text, answer: .juejin("success", data: Schema.array(of: Schema.named("Article")))),
            access: .token, cost: .light, input: Form(JuejinFields.page)
        ) { call, page in
            let (offset, limit) = page.part(ofAll: most)
            let posts = try await core.forum.posts(which(call.caller.id), offset: offset, limit: limit)
            return try await answer(posts, to: call)
        }
    }

    /// An article in a list, with its place there.
    private struct Entry: Sendable {
        var place: Int
        var reading: Reading
    }

    /// Articles as they are read, one piece after the other.
    private func answer(_ posts: [Int64], to call: Call<Account>) async throws -> Response {
        let base = core.publicBase.text(for: call.request)
        return try await JSONList<Entry>(prefix: #"{"code":200,"msg":"success","data":"#, suffix: "}") { [core] last in
            // What is deleted meanwhile is left out, which may be all of a piece.
            var next = last.map { $0.place + 1 } ?? 0
            while next < posts.count {
                let piece = posts[next..<min(next + Self.articlesAtOnce, posts.count)]
                let readings = try await core.forum.readings(piece, reader: call.caller.id)
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
}

extension Call {
    /// The article of the path: articles have numbers here, and no other names.
    var article: ForumKey {
        get throws(ServicesError) {
            guard case .number(let number)? = Forum.key(path("id")) else { throw .notFound }
            return .number(number)
        }
    }
}
