extension AppDatabase {
    /// What became of a like, or of its withdrawal.
    public enum LikeChange<Liked: Hashable & Sendable>: Hashable, Sendable {
        /// What is liked, with its new count.
        case changed(Liked)
        /// It was so before.
        case unchanged
        /// What is to be liked does not exist.
        case notFound
    }

    // Row and count change in one transaction, and the count only with the row: however many calls come at the same
    // moment, an account counts once.

    /// Lets an account like a post, or no longer like it.
    ///
    /// - Parameters:
    ///   - isLiked: What is to be.
    ///   - post: What is liked.
    ///   - account: Who likes.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: What became of it.
    /// - Throws: ``StoreError/noSuchAccount``.
    public func setLike(
        _ isLiked: Bool, post: ForumKey, account: Int64, at time: Int64
    ) async throws(StoreError) -> LikeChange<StoredPost> {
        try await write { session throws(StoreError) in
            guard let id = try Self.post(post, in: session)?.id else { return .notFound }
            try Self.checkAccount(account, in: session)
            let changed =
                isLiked
                ? try session.execute(Self.likePost, id, account, time)
                : try session.execute(Self.unlikePost, id, account)
            guard changed == 1 else { return .unchanged }
            try session.execute("UPDATE posts SET like_count = like_count + $2 WHERE id = $1", id, isLiked ? 1 : -1)
            return .changed(try Self.existingPost(id, in: session))
        }
    }

    /// Lets an account put a post aside, or no longer have it there.
    ///
    /// - Parameters:
    ///   - isCollected: What is to be.
    ///   - post: What is put aside.
    ///   - account: By whom.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: What became of it.
    /// - Throws: ``StoreError/noSuchAccount``.
    public func setCollection(
        _ isCollected: Bool, post: ForumKey, account: Int64, at time: Int64
    ) async throws(StoreError) -> LikeChange<StoredPost> {
        try await write { session throws(StoreError) in
            guard let id = try Self.post(post, in: session)?.id else { return .notFound }
            try Self.checkAccount(account, in: session)
            let changed =
                isCollected
                ? try session.execute(Self.collectPost, id, account, time)
                : try session.execute(Self.uncollectPost, id, account)
            guard changed == 1 else { return .unchanged }
            try session.execute(
                "UPDATE posts SET collect_count = collect_count + $2 WHERE id = $1", id, isCollected ? 1 : -1)
            return .changed(try Self.existingPost(id, in: session))
        }
    }

    /// Counts that a post was opened, unless the same reader has opened it just before.
    ///
    /// - Parameters:
    ///   - post: Which.
    ///   - reader: Any text that is the same for the same reader; kept until the next hit after the pause.
    ///   - pause: So many milliseconds after a hit that reader's do not count.
    ///   - time: Now, in milliseconds since 1970; hits of the future, from before the clock was set back, are forgotten.
    /// - Returns: Whether it counted; nil if there is no such post.
    /// - Throws: What the database says.
    public func hit(
        _ post: ForumKey, reader: String, pause: Int64, at time: Int64
    ) async throws(StoreError) -> Bool? {
        try await write { session throws(StoreError) in
            guard let id = try Self.post(post, in: session)?.id else { return nil }
            try session.execute("DELETE FROM post_hits WHERE hit_at <= $1 OR hit_at > $2", time - pause, time)
            guard try session.execute(Self.hitPost, id, reader, time) == 1 else { return false }
            try session.execute("UPDATE posts SET hit_count = hit_count + 1 WHERE id = $1", id)
            return true
        }
    }

    /// Lets an account like a comment, or no longer like it.
    ///
    /// - Parameters:
    ///   - isLiked: What is to be.
    ///   - comment: What is liked.
    ///   - account: Who likes.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: What became of it.
    /// - Throws: ``StoreError/noSuchAccount``.
    public func setLike(
        _ isLiked: Bool, comment: ForumKey, account: Int64, at time: Int64
    ) async throws(StoreError) -> LikeChange<StoredComment> {
        try await write { session throws(StoreError) in
            guard let id = try Self.comment(comment, in: session)?.id else { return .notFound }
            try Self.checkAccount(account, in: session)
            let changed =
                isLiked
                ? try session.execute(Self.likeComment, id, account, time)
                : try session.execute(Self.unlikeComment, id, account)
            guard changed == 1 else { return .unchanged }
            try session.execute(
                "UPDATE comments SET like_count = like_count + $2 WHERE id = $1", id, isLiked ? 1 : -1)
            guard let comment = try Self.comment(.id(id), in: session) else {
                throw .corrupt("a comment without an author")
            }
            return .changed(comment)
        }
    }

    /// Whether an account likes a post; nil if there is no such post.
    public func likes(post: ForumKey, account: Int64) async throws(StoreError) -> Bool? {
        try await read { session throws(StoreError) in
            guard let id = try Self.post(post, in: session)?.id else { return nil }
            return try session.exists("SELECT 1 FROM post_likes WHERE post = $1 AND account = $2", id, account)
        }
    }

    /// - Throws: ``StoreError/noSuchAccount``.
    static func checkAccount(_ account: Int64, in session: Session) throws(StoreError) {
        guard try session.exists("SELECT 1 FROM accounts WHERE id = $1", account) else { throw .noSuchAccount }
    }

    private static let likePost = SQL(
        "INSERT INTO post_likes (post, account, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
    private static let unlikePost = SQL("DELETE FROM post_likes WHERE post = $1 AND account = $2")
    private static let collectPost = SQL(
        "INSERT INTO post_collections (post, account, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
    private static let uncollectPost = SQL("DELETE FROM post_collections WHERE post = $1 AND account = $2")
    private static let hitPost = SQL(
        "INSERT INTO post_hits (post, reader, hit_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
    private static let likeComment = SQL(
        "INSERT INTO comment_likes (comment, account, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
    private static let unlikeComment = SQL("DELETE FROM comment_likes WHERE comment = $1 AND account = $2")
}
