/// Posts with their images and videos, comments, likes, collections and readers.
public struct ForumRepository: Repository {
    public let database: AppDatabase
}

extension ForumRepository {
    /// What became of a new post.
    public enum PostInsertion: Hashable, Sendable {
        case created(Post)
        /// Its images are now those of a post that was there.
        case merged(Post)
        /// The post that would have taken its images has no room for them.
        case full
    }

    /// Adds a post, or its images to one that the same author has just written in the same words.
    ///
    /// Whether there is such a post is decided in the transaction that makes it: of any number of calls at the same
    /// moment, one makes the post and the others find it.
    ///
    /// - Parameters:
    ///   - title: Not empty.
    ///   - content: Not empty.
    ///   - images: Pictures among the media, in order; they exist.
    ///   - imageLimit: A post has at most as many images; `images` are no more.
    ///   - mergeSince: The images go to a post with images by the same author, with the same title and content, that was
    ///     written after this time (milliseconds since 1970), if there is one; nil to make a post in any case.
    ///   - video: What it shows; nil for none.
    ///   - writtenAt: The time of writing in the words of the client; nil if it says none.
    ///   - author: Whose.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: What became of it.
    /// - Throws: ``StoreError/noSuchAccount``, ``StoreError/quotaExceeded``.
    public func insertPost(
        title: String, content: String, images: [Int64] = [], imageLimit: Int, mergeSince: Int64? = nil,
        video: NewVideo? = nil, writtenAt: String? = nil, author: Int64, at time: Int64
    ) async throws(StoreError) -> PostInsertion {
        let id = ids.next()
        return try await write { [quota] session throws(StoreError) in
            let imageBytes = try AccountQuota.bytes(ofMedia: images, in: session)
            if let mergeSince, !images.isEmpty,
                let found = try Self.postToMerge(title, content, since: mergeSince, author: author, in: session)
            {
                guard found.imageCount + images.count <= imageLimit else { return .full }
                try Self.add(images, to: found.id, from: found.nextPlace, in: session)
                try quota.count(imageBytes, of: author, in: session)
                try session.execute(
                    "UPDATE posts SET updated_at = MAX($2, updated_at + 1) WHERE id = $1", found.id, time)
                return .merged(try Self.existingPost(found.id, in: session))
            }
            try session.checkAccount(author)
            try session.execute(
                Self.insertPost, id, try session.nextNumber(of: "posts"), author, time, title, content,
                writtenAt)
            try Self.add(images, to: id, from: 0, in: session)
            if let video { try Self.add(video, to: id, author: author, at: time, in: session) }
            var bytes = imageBytes + title.utf8.count + content.utf8.count
            if case .media(let media)? = video?.source {
                bytes += try AccountQuota.bytes(ofMedia: [media], in: session)
            }
            try quota.count(bytes, of: author, in: session)
            return .created(try Self.existingPost(id, in: session))
        }
    }

    /// A post without its comments, or nil.
    public func post(_ key: ForumKey) async throws(StoreError) -> Post? {
        try await read { session throws(StoreError) in try Self.post(key, in: session) }
    }

    /// A post with its comments, or nil.
    ///
    /// - Parameters:
    ///   - key: Which.
    ///   - bytes: With so much text in post and comments, the other comments are left.
    /// - Returns: Nil for a post that is not there.
    /// - Throws: What the database says.
    public func thread(_ key: ForumKey, upTo bytes: Int = .max) async throws(StoreError) -> Discussion? {
        try await read { session throws(StoreError) in
            try Self.post(key, in: session).map { post throws(StoreError) in
                try Self.thread(post, upTo: bytes, in: session)
            }
        }
    }

    /// Posts with their comments, oldest first.
    ///
    /// - Parameters:
    ///   - author: Whose; nil for everybody's.
    ///   - after: Those with a greater number.
    ///   - offset: How many of them to skip. Costs as much as reading their index entries.
    ///   - limit: At most as many.
    ///   - bytes: With so much text in them, what follows is left: comments of the last one, and other posts.
    /// - Returns: None at the end.
    /// - Throws: What the database says.
    public func threads(
        author: Int64? = nil, after: Int64 = 0, offset: Int = 0, limit: Int, upTo bytes: Int = .max
    ) async throws(StoreError) -> [Discussion] {
        try await read { session throws(StoreError) in
            let found =
                if let author {
                    try session.rows(Self.postIDsByAuthor, author, after, limit, offset) { try $0.get(0) as Int64 }
                } else {
                    try session.rows(Self.postIDs, after, limit, offset) { try $0.get(0) as Int64 }
                }
            var threads: [Discussion] = []
            var count = 0
            for id in found where count < bytes {
                let post = try Self.existingPost(id, in: session)
                let thread = try Self.thread(post, upTo: max(0, bytes - count), in: session)
                count += post.byteCount + thread.comments.reduce(0) { $0 + $1.content.utf8.count }
                threads.append(thread)
                // Its other comments come before the next post.
                if !thread.isWhole { break }
            }
            return threads
        }
    }

    /// How many posts there are.
    public func postCount() async throws(StoreError) -> Int {
        try await read { session throws(StoreError) in
            try session.one("SELECT COUNT(*) FROM posts") { try $0.get(0) } ?? 0
        }
    }

    /// The ids of an author's newest posts, oldest first.
    public func newestPosts(author: Int64, limit: Int) async throws(StoreError) -> [Int64] {
        try await read { session throws(StoreError) in
            try session.rows(
                "SELECT id FROM posts WHERE author = $1 ORDER BY number DESC LIMIT $2", author, limit
            ) { try $0.get(0) as Int64 }.reversed()
        }
    }

    /// Changes a post that is not hidden; each change is later than the one before.
    ///
    /// - Parameters:
    ///   - id: Which.
    ///   - title: nil to leave it.
    ///   - content: nil to leave it.
    ///   - images: All that it is to have; nil to leave them.
    ///   - seen: Only if it was changed last at this time; nil for however it is.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: The post after it, nil if there is none such.
    /// - Throws: What the database says.
    public func updatePost(
        _ id: Int64, title: String? = nil, content: String? = nil, images: [Int64]? = nil, seen: Int64? = nil,
        at time: Int64
    ) async throws(StoreError) -> Post? {
        try await write { [quota] session throws(StoreError) in
            guard let before = try AccountQuota.share(ofPost: id, in: session) else { return nil }
            guard try session.execute(Self.updatePost, id, title, content, time, seen) == 1 else { return nil }
            if let images {
                try MediaRepository.unsettle(Self.images(of: id, in: session), in: session)
                try session.execute("DELETE FROM post_images WHERE post = $1", id)
                try Self.add(images, to: id, from: 0, in: session)
            }
            let after = try AccountQuota.share(ofPost: id, in: session)
            try quota.count((after?.bytes ?? 0) - before.bytes, of: before.account, in: session)
            return try Self.existingPost(id, in: session)
        }
    }

    /// Deletes a post with its comments, its likes and theirs, its images and its video.
    ///
    /// - Returns: Hashes of what it alone showed, whose files are to be removed, by ``removeFiles(of:_:)``; nil if there
    ///   was no such post.
    public func deletePost(_ id: Int64) async throws(StoreError) -> Set<[UInt8]>? {
        try await write { session throws(StoreError) in
            let media = try session.rows(Self.mediaOfPost, id) { try $0.get(0) as Int64 }
            try session.execute(Self.takeOffVideo, id)
            try session.execute(Self.takeOffLikesGiven, id)
            if let share = try AccountQuota.share(ofPost: id, in: session) {
                try AccountQuota.giveBack([share], in: session)
                try AccountQuota.giveBack(AccountQuota.shares(ofCommentsOn: id, in: session), in: session)
            }
            guard try session.execute("DELETE FROM posts WHERE id = $1", id) == 1 else { return nil }
            return try MediaRepository.deleteUnreferencedMedia(ids: media, in: session)
        }
    }

    // MARK: Inside a transaction

    static func post(_ key: ForumKey, in session: Session) throws(StoreError) -> Post? {
        switch key {
        case .id(let id): try post(where: Self.postByID, id, in: session)
        case .number(let number): try post(where: Self.postByNumber, number, in: session)
        case .publicID(let id): try post(where: Self.postByVideo, id, in: session)
        }
    }

    /// A post that this transaction has made or found.
    static func existingPost(_ id: Int64, in session: Session) throws(StoreError) -> Post {
        guard let post = try post(.id(id), in: session) else { throw .corrupt("a post without an author") }
        return post
    }

    /// The images of a post that was read without them.
    static func images(of post: Int64, in session: Session) throws(StoreError) -> [Int64] {
        try session.rows(Self.imagesOfPost, post) { try $0.get(0) }
    }

    private static func post(
        where query: SQL, _ value: Int64, in session: Session
    ) throws(StoreError) -> Post? {
        guard var post = try session.one(query, value, as: { try Post($0) }) else { return nil }
        if !post.isHidden { post.images = try images(of: post.id, in: session) }
        return post
    }

    private static func thread(
        _ post: Post, upTo bytes: Int, in session: Session
    ) throws(StoreError) -> Discussion {
        if post.commentCount == 0 { return Discussion(post: post, comments: []) }
        let found = try comments(
            of: post.id, after: 0, limit: Int.max, upTo: max(0, bytes - post.byteCount), in: session)
        return Discussion(post: post, comments: found.elements, isWhole: found.isAll)
    }

    private struct MergeTarget {
        var id: Int64
        var imageCount: Int
        var nextPlace: Int
    }

    private static func postToMerge(
        _ title: String, _ content: String, since: Int64, author: Int64, in session: Session
    ) throws(StoreError) -> MergeTarget? {
        try session.one(Self.postToMerge, author, since, title, content) { row in
            MergeTarget(id: try row.get(0), imageCount: try row.get(1), nextPlace: try row.get(2))
        }
    }

    private static func add(
        _ images: [Int64], to post: Int64, from place: Int, in session: Session
    ) throws(StoreError) {
        for (index, image) in images.enumerated() {
            try session.execute(
                "INSERT INTO post_images (post, place, media) VALUES ($1, $2, $3)", post, place + index, image)
        }
    }

    private static func add(
        _ video: NewVideo, to post: Int64, author: Int64, at time: Int64, in session: Session
    ) throws(StoreError) {
        var media: Int64?
        var address: String?
        switch video.source {
        case .media(let id): media = id
        case .address(let text): address = text
        }
        try session.execute(
            """
            INSERT INTO videos (post, public_id, author, created_at, media, play_url, cover_url)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            post, try session.nextNumber(of: "public"), author, time, media, address, video.coverURL)
        try session.execute(countVideo, author, 1)
    }

    // MARK: Statements

    private static let insertPost = SQL(
        """
        INSERT INTO posts (id, number, author, created_at, updated_at, title, content, written_at)
        VALUES ($1, $2, $3, $4, $4, $5, $6, $7)
        """)
    private static let updatePost = SQL(
        """
        UPDATE posts SET title = COALESCE($2, title), content = COALESCE($3, content),
            updated_at = MAX($4, updated_at + 1)
            WHERE id = $1 AND hidden_at IS NULL AND updated_at = COALESCE($5, updated_at)
        """)
    private static let postByID = SQL("\(Post.select) WHERE p.id = $1")
    private static let postByNumber = SQL("\(Post.select) WHERE p.number = $1")
    private static let postByVideo = SQL(
        "\(Post.select) WHERE p.id = (SELECT post FROM videos WHERE public_id = $1)")
    private static let imagesOfPost = SQL("SELECT media FROM post_images WHERE post = $1 ORDER BY place")
    static let countVideo = SQL("UPDATE profiles SET video_count = video_count + $2 WHERE account = $1")
    private static let takeOffVideo = SQL(
        """
        UPDATE profiles SET video_count = video_count - 1,
            likes_received = likes_received - (SELECT like_count FROM posts WHERE id = $1)
        WHERE account = (SELECT author FROM videos WHERE post = $1)
        """)
    private static let takeOffLikesGiven = SQL(
        """
        UPDATE profiles SET likes_given = likes_given - 1
        WHERE account IN (SELECT l.account FROM videos v JOIN post_likes l ON l.post = v.post WHERE v.post = $1)
        """)
    static let mediaOfPost = SQL(
        """
        SELECT media FROM post_images WHERE post = $1
        UNION SELECT media FROM videos WHERE post = $1 AND media IS NOT NULL
        """)
    private static let postIDs = SQL("SELECT id FROM posts WHERE number > $1 ORDER BY number LIMIT $2 OFFSET $3")
    private static let postIDsByAuthor = SQL(
        "SELECT id FROM posts WHERE author = $1 AND number > $2 ORDER BY number LIMIT $3 OFFSET $4")
    /// Among the author's newest only: nobody writes a hundred posts while they upload three images.
    private static let postToMerge = SQL(
        """
        SELECT p.id, COUNT(*), MAX(i.place) + 1
        FROM (SELECT * FROM posts WHERE author = $1 ORDER BY number DESC LIMIT 100) AS p
            JOIN post_images i ON i.post = p.id
        WHERE p.created_at > $2 AND p.title = $3 AND p.content = $4
        GROUP BY p.id, p.number ORDER BY p.number DESC LIMIT 1
        """)
}
