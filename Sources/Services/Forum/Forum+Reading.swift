import Limits
public import Store

extension Forum {
    /// A reader who opens a post again within so many milliseconds counts once.
    static let hitPause = Limit.Content.hitPause

    // MARK: - Lists

    /// The ids of the posts of a list, in its order.
    ///
    /// - Parameters:
    ///   - list: Which posts.
    ///   - offset: How many of them to skip.
    ///   - limit: At most as many.
    /// - Returns: Fewer than `limit` at the end.
    /// - Throws: ``ServicesError/store(_:)``.
    public func posts(
        _ list: PostList, offset: Int = 0, limit: Int = .max
    ) async throws(ServicesError) -> [Int64] {
        try await withStoreErrors { () throws(StoreError) in
            try await store.forum.posts(list, offset: offset, limit: limit)
        }
    }

    /// Those of the posts that exist, in the order of their ids in the list.
    ///
    /// - Parameters:
    ///   - posts: Ids.
    ///   - reader: The account whose likes and collections are told; nil for nobody's.
    ///   - bytes: With so much text in them, the others are left.
    /// - Returns: Without those that were deleted meanwhile.
    /// - Throws: ``ServicesError/store(_:)``.
    public func readings(
        _ posts: some Sequence<Int64>, reader: Int64?, upTo bytes: Int = .max
    ) async throws(ServicesError) -> [Reading] {
        let posts = Array(posts)
        return try await withStoreErrors { () throws(StoreError) in
            try await store.forum.readings(posts, reader: reader, upTo: bytes)
        }
    }

    /// A post as a reader sees it.
    ///
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/store(_:)``.
    public func reading(_ key: ForumKey, reader: Int64?) async throws(ServicesError) -> Reading {
        let post = try await post(key)
        return try Self.found(try await readings([post.id], reader: reader).first)
    }

    // MARK: - What readers do

    /// Lets somebody put a post aside, or no longer have it there.
    ///
    /// - Returns: The post with its new count; nil if it was so before.
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func setCollection(
        _ isCollected: Bool, post: ForumKey, account: Int64
    ) async throws(ServicesError) -> Post? {
        let time = now()
        return try Self.changed(
            try await withStoreErrors { () throws(StoreError) in
                try await store.forum.setCollection(isCollected, post: post, account: account, at: time)
            })
    }

    /// Counts that somebody with an account opened a post: once in 30 seconds, however often they do.
    ///
    /// - Returns: Whether it counted.
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/store(_:)``.
    @discardableResult
    public func hit(_ post: ForumKey, by account: Int64) async throws(ServicesError) -> Bool {
        try await hit(post, by: .account(account))
    }

    /// Counts that somebody unknown opened a post, likewise.
    ///
    /// - Parameters:
    ///   - post: Which.
    ///   - address: Where they come from.
    /// - Returns: Whether it counted.
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/tooOften(retryAfter:)``: who has no account may write no
    ///   oftener than who has one; ``ServicesError/store(_:)``.
    @discardableResult
    public func hit(_ post: ForumKey, from address: String) async throws(ServicesError) -> Bool {
        try strangers?.take(address)
        return try await hit(post, by: .address(AddressKey(address).text))
    }

    private func hit(_ post: ForumKey, by reader: PostReader) async throws(ServicesError) -> Bool {
        let time = now()
        return try Self.found(
            try await withStoreErrors { () throws(StoreError) in
                try await store.forum.hit(post, reader: reader, pause: Self.hitPause, at: time)
            })
    }

    /// Forgets who opened posts, once that no longer matters; to be called now and then.
    ///
    /// - Returns: How many hits were forgotten.
    /// - Throws: ``ServicesError/store(_:)``.
    @discardableResult
    public func forgetReaders() async throws(ServicesError) -> Int {
        let time = now()
        return try await withStoreErrors { () throws(StoreError) in
            try await store.forum.deleteHits(pause: Self.hitPause, at: time)
        }
    }

    /// What the server's own key-value store has under a name, for the self-test of it; nil for nothing.
    public func keyValue(_ name: String) async throws(ServicesError) -> String? {
        try await withStoreErrors { () throws(StoreError) in try await store.forum.keyValue(name) }
    }
}

/// A comment with the replies to it.
public struct CommentTree: Hashable, Sendable {
    public let comment: Comment
    /// Oldest first.
    public let replies: [CommentTree]

    /// Puts comments below what they reply to.
    ///
    /// - Parameter comments: All of a post, oldest first.
    /// - Returns: The comments that reply to nothing, each with its replies, oldest first.
    public static func trees(of comments: [Comment]) -> [CommentTree] {
        let byParent = Dictionary(grouping: comments, by: \.parent)
        // No deeper than replies nest: a hundred.
        func trees(_ parent: Int64?) -> [CommentTree] {
            (byParent[parent] ?? []).map { CommentTree(comment: $0, replies: trees($0.id)) }
        }
        return trees(nil)
    }
}
