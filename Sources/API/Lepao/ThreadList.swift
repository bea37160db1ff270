import Endpoints
import LWS
import Limits
import Services
import Store

/// Posts with their comments, as they are read from the database: 1 MiB of text at a time, and a post more at most.
struct ThreadList: Sendable {
    let forum: Forum

    /// A list of posts, oldest first.
    ///
    /// - Parameters:
    ///   - author: Whose; nil for everybody's.
    ///   - page: Of them; nil for all.
    ///   - prefix: JSON before the array.
    ///   - suffix: JSON behind it.
    /// - Returns: The list, as a stream where it is long.
    /// - Throws: What the forum says.
    func response(
        author: Int64? = nil, page: ListPage? = nil, prefix: String = "", suffix: String = ""
    ) async throws -> Response {
        try await JSONList<Part>(
            prefix: prefix, suffix: suffix, upTo: page?.size ?? .max, goesOn: \.goesOn
        ) { [forum] last in
            if let rest = try await last?.rest(in: forum) { return [rest] }
            return try await forum.threads(
                author: author, after: last?.post.number ?? 0, offset: last == nil ? page?.offset ?? 0 : 0,
                limit: min(page?.size ?? .max, Limit.Lists.postsAtOnce), upTo: Limit.Lists.textAtOnce
            ).map(Part.thread)
        } write: {
            $0.write(to: &$1)
        }.response()
    }

    /// One post.
    func response(_ key: ForumKey, prefix: String, suffix: String) async throws -> Response {
        let thread = try await forum.thread(key, upTo: Limit.Lists.textAtOnce)
        return try await JSONList<Part>(prefix: prefix, suffix: suffix, isArray: false, goesOn: \.goesOn) {
            [forum] last in
            guard let last else { return [.thread(thread)] }
            return try await last.rest(in: forum).map { [$0] } ?? []
        } write: {
            $0.write(to: &$1)
        }.response()
    }

    /// A post with its first comments; more of them, as far as there are any.
    private enum Part: Sendable {
        case thread(Discussion)
        /// None behind the last.
        case comments([Comment], on: Post, areFirst: Bool)

        var post: Post {
            switch self {
            case .thread(let thread): thread.post
            case .comments(_, let post, _): post
            }
        }

        var goesOn: Bool {
            switch self {
            case .thread: false
            case .comments: true
            }
        }

        /// What follows of the same post; nil for nothing.
        func rest(in forum: Forum) async throws -> Part? {
            let comments: [Comment]
            switch self {
            case .thread(let thread):
                if thread.isWhole { return nil }
                comments = thread.comments
            case .comments(let more, _, _):
                if more.isEmpty { return nil }
                comments = more
            }
            let next = try await forum.comments(
                on: post.id, after: comments.last?.number ?? 0, limit: Limit.Lists.commentsAtOnce,
                upTo: Limit.Lists.textAtOnce)
            return .comments(next, on: post, areFirst: comments.isEmpty)
        }

        func write(to text: inout JSONText) {
            switch self {
            case .thread(let thread):
                LepaoJSON.writeBeginning(of: thread.post, to: &text)
                Self.write(thread.comments, areFirst: true, to: &text)
                if thread.isWhole { LepaoJSON.writeEnd(of: thread.post, to: &text) }
            case .comments(let comments, let post, let areFirst):
                Self.write(comments, areFirst: areFirst, to: &text)
                if comments.isEmpty { LepaoJSON.writeEnd(of: post, to: &text) }
            }
        }

        private static func write(_ comments: [Comment], areFirst: Bool, to text: inout JSONText) {
            for (index, comment) in comments.enumerated() {
                if index > 0 || !areFirst { text.raw(",") }
                text.value(LepaoJSON.populatedComment(comment))
            }
        }
    }
}
