import Limits

extension ForumRepository {
    /// What became of a new comment.
    public enum CommentInsertion: Hashable, Sendable {
        case created(Comment)
        case noSuchPost
        /// The post has no such comment to reply to.
        case noSuchParent
        /// It would be a reply to a reply to a reply, …, too many times.
        case tooDeep
    }

    /// So many replies deep a discussion may go: the database deletes replies with what they reply to, and allows that
    /// to go on a thousand times only.
    static let deepestReply = Limit.Content.replies

    /// Adds a comment, and counts it.
    ///
    /// - Parameters:
    ///   - post: On which post.
    ///   - parent: The comment that it replies to, of the same post; nil for none.
    ///   - content: Not empty.
    ///   - writtenAt: The time of writing in the words of the client; nil if it says none.
    ///   - author: Whose.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: What became of it.
    /// - Throws: ``StoreError/noSuchAccount``, ``StoreError/quotaExceeded``.
    public func insertComment(
        on post: ForumKey, replyingTo parent: ForumKey? = nil, content: String,
        writtenAt: String? = nil, author: Int64, at time: Int64
    ) async throws(StoreError) -> CommentInsertion {
        let id = ids.next()
        return try await write { [quota] session throws(StoreError) in
            guard let post = try Self.post(post, in: session) else { return .noSuchPost }
            try session.checkAccount(author)
            var parentID: Int64?
            var depth = 0
            if let parent {
                guard let found = try Self.comment(parent, in: session), found.post == post.id else {
                    return .noSuchParent
                }
                parentID = found.id
                depth = try session.one("SELECT depth + 1 FROM comments WHERE id = $1", found.id) { try $0.get(0) } ?? 0
                guard depth <= Self.deepestReply else { return .tooDeep }
            }
            try session.execute(
                Self.insertComment, id, try session.nextNumber(of: "comments"), post.id, parentID, depth,
                author, time, content, try session.nextNumber(of: "public"), writtenAt)
            try session.execute("UPDATE posts SET comment_count = comment_count + 1 WHERE id = $1", post.id)
            try quota.count(content.utf8.count, of: author, in: session)
            guard let comment = try Self.comment(.id(id), in: session) else {
                throw .corrupt("a comment without an author")
            }
            return .created(comment)
        }
    }

    /// A comment, or nil.
    public func comment(_ key: ForumKey) async throws(StoreError) -> Comment? {
        try await read { session throws(StoreError) in try Self.comment(key, in: session) }
    }

    /// Comments on a post, replies included, oldest first.
    ///
    /// - Parameters:
    ///   - post: The id of the post; one that does not exist has none.
    ///   - after: Those with a greater number.
    ///   - limit: At most as many.
    ///   - bytes: With so much text in them, the others are left.
    /// - Returns: None at the end.
    /// - Throws: What the database says.
    public func comments(
        on post: Int64, after: Int64 = 0, limit: Int = Int.max, upTo bytes: Int = .max
    ) async throws(StoreError) -> [Comment] {
        try await read { session throws(StoreError) in
            try Self.comments(of: post, after: after, limit: limit, upTo: bytes, in: session).elements
        }
    }

    /// Comments on a post, replies included, newest first.
    ///
    /// - Parameters:
    ///   - post: The id of the post; one that does not exist has none.
    ///   - offset: How many of them to skip.
    ///   - limit: At most as many.
    /// - Returns: Each with the public id of what it replies to, nil for nothing; fewer than `limit` at the end.
    /// - Throws: What the database says.
    public func newestComments(
        on post: Int64, offset: Int = 0, limit: Int
    ) async throws(StoreError) -> [(comment: Comment, repliesTo: Int64?)] {
        try await read { session throws(StoreError) in
            let comments = try session.rows(Self.newestComments, post, limit, offset) { try Comment($0) }
            var parents: [Int64: Int64] = [:]
            for parent in Set(comments.compactMap(\.parent)) {
                parents[parent] = try session.one("SELECT public_id FROM comments WHERE id = $1", parent) { row in
                    try row.get(0)
                }
            }
            return comments.map { ($0, $0.parent.flatMap { parents[$0] }) }
        }
    }

    /// Comments by an author, in the order of the posts that they are on.
    ///
    /// - Parameters:
    ///   - author: Whose.
    ///   - last: The last one of the page before; nil for the first page.
    ///   - limit: At most as many.
    /// - Returns: Each with the post that it is on; none at the end.
    /// - Throws: What the database says.
    public func comments(
        by author: Int64, after last: Comment? = nil, limit: Int
    ) async throws(StoreError) -> [Comment] {
        try await read { session throws(StoreError) in
            try session.rows(Self.commentsByAuthor, author, last?.post ?? 0, last?.id ?? 0, limit) { try Comment($0) }
        }
    }

    /// The ids of all comments on a post, replies included, oldest first.
    public func commentIDs(on post: Int64) async throws(StoreError) -> [Int64] {
        try await read { session throws(StoreError) in
            try session.rows("SELECT id FROM comments WHERE post = $1 ORDER BY number", post) { try $0.get(0) }
        }
    }

    /// Deletes a comment with the replies to it and all their likes, and counts what is left.
    ///
    /// - Returns: Whether there was one.
    public func deleteComment(_ id: Int64) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            guard let comment = try Self.comment(.id(id), in: session) else { return false }
            let count = try session.one(Self.sizeOfDiscussion, id) { try $0.get(0) as Int } ?? 1
            try AccountQuota.giveBack(AccountQuota.shares(ofDiscussion: id, in: session), in: session)
            try session.execute("DELETE FROM comments WHERE id = $1", id)
            try session.execute(
                "UPDATE posts SET comment_count = comment_count - $2 WHERE id = $1", comment.post, count)
            return true
        }
    }

    // MARK: Inside a transaction

    static func comment(_ key: ForumKey, in session: Session) throws(StoreError) -> Comment? {
        switch key {
        case .id(let id): try session.one(Self.commentByID, id) { try Comment($0) }
        case .number(let number): try session.one(Self.commentByNumber, number) { try Comment($0) }
        case .publicID(let id): try session.one(Self.commentByPublicID, id) { try Comment($0) }
        }
    }

    static func comments(
        of post: Int64, after: Int64, limit: Int, upTo bytes: Int, in session: Session
    ) throws(StoreError) -> (elements: [Comment], isAll: Bool) {
        try session.rows(
            Self.commentsOfPost, post, after, limit, upTo: bytes, size: { $0.content.utf8.count }
        ) { try Comment($0) }
    }

    // MARK: Statements

    private static let insertComment = SQL(
        """
        INSERT INTO comments (id, number, post, parent, depth, author, created_at, updated_at, content, public_id, written_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10)
        """)
    private static let commentByID = SQL("\(Comment.select) WHERE c.id = $1")
    private static let commentByNumber = SQL("\(Comment.select) WHERE c.number = $1")
    private static let commentByPublicID = SQL("\(Comment.select) WHERE c.public_id = $1")
    private static let commentsOfPost = SQL(
        "\(Comment.select) WHERE c.post = $1 AND c.number > $2 ORDER BY c.number LIMIT $3")
    private static let commentsByAuthor = SQL(
        "\(Comment.select) WHERE c.author = $1 AND (c.post, c.id) > ($2, $3) ORDER BY c.post, c.id LIMIT $4")
    private static let newestComments = SQL(
        "\(Comment.select) WHERE c.post = $1 ORDER BY c.number DESC LIMIT $2 OFFSET $3")
    private static let sizeOfDiscussion = SQL(
        """
        WITH RECURSIVE discussion (id) AS (
            SELECT id FROM comments WHERE id = $1
            UNION ALL SELECT c.id FROM comments c JOIN discussion d ON c.parent = d.id
        )
        SELECT COUNT(*) FROM discussion
        """)
}
