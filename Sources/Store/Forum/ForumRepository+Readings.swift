/// Which posts, and in which order.
public enum PostList: Hashable, Sendable {
    /// Those of an author, oldest first.
    case writtenBy(Int64)
    /// What an account likes, the last like first.
    case likedBy(Int64)
    /// What an account has put aside, the last one first.
    case collectedBy(Int64)
    /// Those opened most often first, the newest of equals.
    case hottest
    case newest
    /// Those before a number, newest first.
    case before(Int64)
    /// Those of an author with a video, newest first.
    case videosBy(Int64)
    /// What an account likes of those with a video, the last like first.
    case likedVideosBy(Int64)
    /// Those with a video, newest first, from before a public id.
    case videosBefore(Int64)
    /// Those with a video, newest first, published before a moment in milliseconds since 1970.
    case videosPublishedBefore(Int64)
}

extension ForumRepository {
    /// The ids of the posts of a list.
    ///
    /// - Parameters:
    ///   - list: Which posts.
    ///   - offset: How many of them to skip; costs as much as reading their index entries.
    ///   - limit: At most as many.
    /// - Returns: Fewer than `limit` at the end.
    /// - Throws: What the database says.
    public func posts(_ list: PostList, offset: Int = 0, limit: Int) async throws(StoreError) -> [Int64] {
        try await read { session throws(StoreError) in
            func ids(_ query: SQL, _ value: Int64) throws(StoreError) -> [Int64] {
                try session.rows(query, limit, offset, value) { try $0.get(0) }
            }
            switch list {
            case .writtenBy(let author): return try ids(Self.written, author)
            case .likedBy(let account): return try ids(Self.liked, account)
            case .collectedBy(let account): return try ids(Self.collected, account)
            case .hottest: return try session.rows(Self.hottest, limit, offset) { try $0.get(0) }
            case .newest: return try session.rows(Self.newest, limit, offset) { try $0.get(0) }
            case .before(let number): return try ids(Self.before, number)
            case .videosBy(let author): return try ids(Self.videosByAuthor, author)
            case .likedVideosBy(let account): return try ids(Self.likedVideos, account)
            case .videosBefore(let id): return try ids(Self.videosBefore, id)
            case .videosPublishedBefore(let time): return try ids(Self.videosPublishedBefore, time)
            }
        }
    }

    /// Those of the posts that exist, in the order of their ids in the list, as a reader sees them.
    ///
    /// - Parameters:
    ///   - posts: Ids.
    ///   - reader: Whose likes and collections count; nil for nobody's.
    ///   - bytes: With so much text in them, the others are left.
    /// - Returns: Without those that were deleted meanwhile.
    /// - Throws: What the database says.
    public func readings(
        _ posts: [Int64], reader: Int64?, upTo bytes: Int = .max
    ) async throws(StoreError) -> [Reading] {
        try await read { session throws(StoreError) in
            var readings: [Reading] = [], size = 0
            for id in posts {
                if size >= bytes { break }
                let found = try session.one(Self.readingByID, id, reader ?? 0) { try Reading($0, images: []) }
                guard let found else { continue }
                readings.append(
                    found.post.isHidden ? found : found.with(images: try Self.images(of: id, in: session)))
                size += found.post.byteCount
            }
            return readings
        }
    }

    /// Some text that is kept under a name, or nil.
    public func keyValue(_ name: String) async throws(StoreError) -> String? {
        try await read { session throws(StoreError) in
            try session.one("SELECT value FROM key_values WHERE name = $1", name) { try $0.get(0) }
        }
    }

    // MARK: Statements

    private static let written = SQL("SELECT id FROM posts WHERE author = $3 ORDER BY number LIMIT $1 OFFSET $2")
    private static let liked = SQL(
        """
        SELECT post FROM post_likes WHERE account = $3 ORDER BY created_at DESC, post DESC LIMIT $1 OFFSET $2
        """)
    private static let collected = SQL(
        """
        SELECT post FROM post_collections WHERE account = $3 ORDER BY created_at DESC, post DESC LIMIT $1 OFFSET $2
        """)
    private static let hottest: SQL =
        "SELECT id FROM posts ORDER BY hit_count DESC, number DESC LIMIT $1 OFFSET $2"
    private static let newest: SQL = "SELECT id FROM posts ORDER BY number DESC LIMIT $1 OFFSET $2"
    private static let before: SQL =
        "SELECT id FROM posts WHERE number < $3 ORDER BY number DESC LIMIT $1 OFFSET $2"
    private static let videosByAuthor = SQL(
        "SELECT post FROM videos WHERE author = $3 ORDER BY public_id DESC LIMIT $1 OFFSET $2")
    private static let likedVideos = SQL(
        """
        SELECT l.post FROM post_likes l JOIN videos v ON v.post = l.post WHERE l.account = $3
        ORDER BY l.created_at DESC, l.post DESC LIMIT $1 OFFSET $2
        """)
    private static let isShown =
        "NOT EXISTS (SELECT 1 FROM posts WHERE id = videos.post AND hidden_at IS NOT NULL)"
    private static let videosBefore = SQL(
        """
        SELECT post FROM videos WHERE public_id < $3 AND \(isShown)
        ORDER BY public_id DESC LIMIT $1 OFFSET $2
        """)
    private static let videosPublishedBefore = SQL(
        """
        SELECT post FROM videos WHERE created_at < $3 AND \(isShown)
        ORDER BY created_at DESC, public_id DESC LIMIT $1 OFFSET $2
        """)
    private static let readingByID = SQL(
        """
        SELECT \(Post.columns),
            (SELECT COUNT(*) FROM post_likes l WHERE l.post = p.id AND l.account = $2),
            (SELECT COUNT(*) FROM post_collections c WHERE c.post = p.id AND c.account = $2),
            v.public_id, v.media, v.play_url, v.cover_url
        FROM posts p JOIN accounts a ON a.id = p.author
            LEFT JOIN videos v ON v.post = p.id AND p.hidden_at IS NULL
        WHERE p.id = $1
        """)
}

extension Reading {
    fileprivate init(_ row: SQLRow, images: [Int64]) throws {
        let first = Post.columnCount
        var post = try Post(row)
        post.images = images
        let likes: Int = try row.get(first), collections: Int = try row.get(first + 1)
        self.init(
            post: post, isLiked: likes > 0, isCollected: collections > 0,
            video: try Video(row, from: first + 2))
    }

    fileprivate func with(images: [Int64]) -> Reading {
        var post = post
        post.images = images
        return Reading(post: post, isLiked: isLiked, isCollected: isCollected, video: video)
    }
}

extension Video {
    /// Nil where there is none.
    fileprivate init?(_ row: SQLRow, from first: Int) throws {
        guard let publicID: Int64 = try row.get(first) else { return nil }
        let media: Int64? = try row.get(first + 1), address: String? = try row.get(first + 2)
        switch (media, address) {
        case (let media?, nil): source = .media(media)
        case (nil, let address?): source = .address(address)
        default: throw StoreError.corrupt("a video without a place, or with two")
        }
        self.publicID = publicID
        coverURL = try row.get(first + 3)
    }
}
