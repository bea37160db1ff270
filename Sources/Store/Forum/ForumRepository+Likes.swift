/// Who opens a post.
public enum PostReader: Hashable, Sendable {
    case account(Int64)
    /// Somebody unknown, from an address.
    case address(String)

    static let accountPrefix = "account "

    /// The same for the same reader, and no other.
    var key: String {
        switch self {
        case .account(let id): Self.accountPrefix + String(id)
        case .address(let address): "address \(address)"
        }
    }
}

extension ForumRepository {
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
    ) async throws(StoreError) -> LikeChange<Post> {
        try await write { session throws(StoreError) in
            guard let id = try Self.post(post, in: session)?.id else { return .notFound }
            guard try Self.postLike.set(isLiked, on: id, by: account, at: time, in: session) else { return .unchanged }
            try Self.countVideoLike(isLiked ? 1 : -1, post: id, account: account, in: session)
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
    ) async throws(StoreError) -> LikeChange<Post> {
        try await write { session throws(StoreError) in
            guard let id = try Self.post(post, in: session)?.id else { return .notFound }
            guard try Self.postCollection.set(isCollected, on: id, by: account, at: time, in: session) else {
                return .unchanged
            }
            return .changed(try Self.existingPost(id, in: session))
        }
    }

    /// Counts that a post was opened, unless the same reader has opened it just before.
    ///
    /// - Parameters:
    ///   - post: Which.
    ///   - reader: Who opened it; kept until the next hit after the pause, or ``deleteHits(pause:at:)``.
    ///   - pause: So many milliseconds after a hit that reader's do not count.
    ///   - time: Now, in milliseconds since 1970; hits of the future, from before the clock was set back, are forgotten.
    /// - Returns: Whether it counted; nil if there is no such post.
    /// - Throws: What the database says.
    public func hit(
        _ post: ForumKey, reader: PostReader, pause: Int64, at time: Int64
    ) async throws(StoreError) -> Bool? {
        let reader = reader.key
        // Those who come again and again do not keep the writer busy.
        let isKnown = try await read { session throws(StoreError) -> Bool? in
            guard let id = try Self.post(post, in: session)?.id else { return nil }
            return try session.exists(Self.recentHit, id, reader, time - pause, time)
        }
        guard let isKnown else { return nil }
        if isKnown { return false }
        return try await write { session throws(StoreError) in
            guard let id = try Self.post(post, in: session)?.id else { return nil }
            try Self.deleteHits(pause: pause, at: time, in: session)
            guard try session.execute(Self.hitPost, id, reader, time) == 1 else { return false }
            try session.execute("UPDATE posts SET hit_count = hit_count + 1 WHERE id = $1", id)
            return true
        }
    }

    /// Forgets who opened posts, once that no longer matters for whether a hit counts.
    ///
    /// - Parameters:
    ///   - pause: As in ``hit(_:reader:pause:at:)``.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: How many hits were forgotten.
    /// - Throws: What the database says.
    public func deleteHits(pause: Int64, at time: Int64) async throws(StoreError) -> Int {
        try await write { session throws(StoreError) in try Self.deleteHits(pause: pause, at: time, in: session) }
    }

    @discardableResult
    private static func deleteHits(pause: Int64, at time: Int64, in session: Session) throws(StoreError) -> Int {
        try session.execute("DELETE FROM post_hits WHERE hit_at <= $1 OR hit_at > $2", time - pause, time)
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
    ) async throws(StoreError) -> LikeChange<Comment> {
        try await write { session throws(StoreError) in
            guard let id = try Self.comment(comment, in: session)?.id else { return .notFound }
            guard try Self.commentLike.set(isLiked, on: id, by: account, at: time, in: session) else {
                return .unchanged
            }
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

    /// The comments that an account likes, those that it liked first before; some at a time.
    public func commentsLiked(by account: Int64, offset: Int, limit: Int) async throws(StoreError) -> [Int64] {
        try await read { session throws(StoreError) in
            try session.rows(
                "SELECT comment FROM comment_likes WHERE account = $1 ORDER BY created_at, comment LIMIT $2 OFFSET $3",
                account, limit, offset
            ) { row in try row.get(0) }
        }
    }

    /// Takes a like of a post with a video, or its withdrawal, into the counts of who has it and who gave it; nothing for
    /// another post.
    ///
    /// - Returns: How many rows that changed.
    @discardableResult
    static func countVideoLike(
        _ change: Int, post: Int64, account: Int64, in session: Session
    ) throws(StoreError) -> Int {
        guard let author = try session.one(Self.authorOfVideo, post, as: { try $0.get(0) as Int64 }) else { return 0 }
        return try session.execute(Self.countLikeReceived, author, change)
            + session.execute(Self.countLikeGiven, account, change)
    }

    /// What accounts do to posts or comments, once each: a table of who did, and the count of its rows.
    struct Reaction: Sendable {
        let add: SQL
        let remove: SQL
        let count: SQL
        /// What an account did, and who did it to something: two columns, of which the second is 0.
        let ofAccount: SQL
        let onSubject: SQL

        /// - Parameters:
        ///   - table: Of who did, with the columns `subject`, `account` and `created_at`.
        ///   - subject: The column that says to what.
        ///   - owner: The table of what it is done to.
        ///   - counter: The column there that counts.
        init(_ table: String, _ subject: String, of owner: String, countedIn counter: String) {
            add = SQL(
                "INSERT INTO \(table) (\(subject), account, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            remove = SQL("DELETE FROM \(table) WHERE \(subject) = $1 AND account = $2")
            count = SQL("UPDATE \(owner) SET \(counter) = \(counter) + $2 WHERE id = $1")
            ofAccount = SQL("SELECT \(subject), 0 FROM \(table) WHERE account = $1 LIMIT $2")
            onSubject = SQL("SELECT account, 0 FROM \(table) WHERE \(subject) = $1 LIMIT $2")
        }

        /// - Returns: Whether it was otherwise before.
        func set(
            _ isSet: Bool, on subject: Int64, by account: Int64, at time: Int64, in session: Session
        ) throws(StoreError) -> Bool {
            try session.checkAccount(account)
            let changed =
                isSet
                ? try session.execute(add, subject, account, time) : try session.execute(remove, subject, account)
            guard changed == 1 else { return false }
            try session.execute(count, subject, isSet ? 1 : -1)
            return true
        }
    }

    static let postLike = Reaction("post_likes", "post", of: "posts", countedIn: "like_count")
    static let postCollection = Reaction("post_collections", "post", of: "posts", countedIn: "collect_count")
    static let commentLike = Reaction("comment_likes", "comment", of: "comments", countedIn: "like_count")
    private static let authorOfVideo: SQL = "SELECT author FROM videos WHERE post = $1"
    private static let countLikeReceived = SQL(
        "UPDATE profiles SET likes_received = likes_received + $2 WHERE account = $1")
    private static let countLikeGiven = SQL("UPDATE profiles SET likes_given = likes_given + $2 WHERE account = $1")
    private static let recentHit: SQL =
        "SELECT 1 FROM post_hits WHERE post = $1 AND reader = $2 AND hit_at > $3 AND hit_at <= $4"
    private static let hitPost = SQL(
        "INSERT INTO post_hits (post, reader, hit_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
}
