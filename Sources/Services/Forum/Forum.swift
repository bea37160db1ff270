public import Limits
public import Store
import Text

/// Posts with images, comments with replies, and who likes them.
///
/// Counts are those of the rows, always: each change and its count are one transaction. An account that a call speaks
/// for is taken at its word; whether it may change what somebody wrote is decided here.
public final class Forum: Sendable {
    /// A post has at most as many images.
    public static let maxImages = Limit.Content.images
    /// A post's content has at most as many bytes of UTF-8.
    public static let maxContentBytes = Limit.Content.post
    /// Uploads in the same words count as one post for so many milliseconds after the first.
    static let mergeWindow = Limit.Content.mergeWindow

    let store: AppDatabase
    private let media: Media
    private let audit: AuditLog?
    let strangers: RateLimiter?
    let now: @Sendable () -> Int64

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - store: Where the forum is.
    ///   - media: Removes the files of posts that are deleted.
    ///   - audit: Notes what administrators do to what others wrote; nil for nobody.
    ///   - strangers: How often somebody without an account may have something counted; nil for no limit.
    ///   - now: The clock, in milliseconds since 1970.
    public init(
        store: AppDatabase, media: Media, audit: AuditLog? = nil, strangers: RateLimiter? = nil,
        now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) {
        self.store = store
        self.media = media
        self.audit = audit
        self.strangers = strangers
        self.now = now
    }

    /// What a client writes as `_id` or as a number.
    ///
    /// - Returns: nil for what is neither, which nothing has.
    public static func key(_ text: String) -> ForumKey? {
        if let id = ObjectID.id(text) { return .id(id) }
        guard !text.isEmpty, text.utf8.count <= 18,
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int64(text).map { .number($0) }
    }

    // MARK: - Posts

    /// Whether a post may say this.
    ///
    /// Asked by who stores images for it first.
    ///
    /// - Throws: ``ServicesError/invalid(field:message:)`` unless the title has 1 to 200 characters, the content 1 to
    ///   1,000,000 bytes, and both are free of control characters and not blank.
    public static func check(title: String, content: String) throws(ServicesError) {
        try ForumRules.checkTitle(title)
        try ForumRules.checkContent(content)
    }

    /// A post after it was published.
    public struct Publication: Hashable, Sendable {
        public let post: Post
        /// Whether its images went to a post that was there.
        public let isMerged: Bool
    }

    /// Writes a post.
    ///
    /// A client that can upload one file a request sends a post of three images as three requests at once. With
    /// `merging`, images for which the author has written a post with images, in the same words, less than five seconds
    /// ago become that post's, however the requests interleave.
    ///
    /// - Parameters:
    ///   - title: See ``check(title:content:)``.
    ///   - content: See ``check(title:content:)``.
    ///   - images: Stored pictures, three at most.
    ///   - merging: Whether the images may go to a post that is there.
    ///   - writtenAt: The time of writing in the words of the client, 1 to 64 characters, kept as it is; nil for none.
    ///   - author: Whose.
    /// - Returns: The post, and how it came to be.
    /// - Throws: ``ServicesError/invalid(field:message:)``, also when the post that is there would have more than three
    ///   images; ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func publish(
        title: String, content: String, images: [MediaID] = [], merging: Bool = false,
        writtenAt: String? = nil, author: Int64
    ) async throws(ServicesError) -> Publication {
        try Self.check(title: title, content: content)
        if let writtenAt { try ForumRules.checkTime(writtenAt) }
        guard images.count <= Self.maxImages else { throw Self.tooManyImages }
        let time = now()
        let inserted = try await withStoreErrors { () throws(StoreError) in
            try await store.forum.insertPost(
                title: title.withDirectionsClosed, content: content.withDirectionsClosed,
                images: images.map(\.rawValue), imageLimit: Self.maxImages,
                mergeSince: merging ? time - Self.mergeWindow : nil, writtenAt: writtenAt, author: author, at: time)
        }
        return try Self.publication(inserted)
    }

    static func publication(_ inserted: ForumRepository.PostInsertion) throws(ServicesError) -> Publication {
        switch inserted {
        case .created(let post): return Publication(post: post, isMerged: false)
        case .merged(let post): return Publication(post: post, isMerged: true)
        case .full: throw Self.tooManyImages
        }
    }

    /// A post without its comments.
    ///
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/store(_:)``.
    public func post(_ key: ForumKey) async throws(ServicesError) -> Post {
        try Self.found(try await withStoreErrors { () throws(StoreError) in try await store.forum.post(key) })
    }

    /// A post with its comments.
    ///
    /// - Parameters:
    ///   - key: Which.
    ///   - bytes: With so much text in post and comments, the other comments are left.
    /// - Returns: The post with its comments, the oldest first.
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/store(_:)``.
    public func thread(_ key: ForumKey, upTo bytes: Int = .max) async throws(ServicesError) -> Discussion {
        try Self.found(
            try await withStoreErrors { () throws(StoreError) in try await store.forum.thread(key, upTo: bytes) })
    }

    /// Some posts with their comments, oldest first.
    ///
    /// - Parameters:
    ///   - author: Whose; nil for everybody's.
    ///   - after: Those with a greater number; 0 for all.
    ///   - offset: How many of them to skip.
    ///   - limit: At most as many.
    ///   - bytes: With so much text in them, what follows is left: comments of the last one, and other posts.
    /// - Returns: None behind the last.
    /// - Throws: ``ServicesError/store(_:)``.
    public func threads(
        author: Int64? = nil, after: Int64 = 0, offset: Int = 0, limit: Int, upTo bytes: Int = .max
    ) async throws(ServicesError) -> [Discussion] {
        try await withStoreErrors { () throws(StoreError) in
            try await store.forum.threads(author: author, after: after, offset: offset, limit: limit, upTo: bytes)
        }
    }

    /// How many posts there are.
    public func postCount() async throws(ServicesError) -> Int {
        try await withStoreErrors { () throws(StoreError) in try await store.forum.postCount() }
    }

    /// The ids of somebody's newest posts as clients see them, oldest first.
    public func newestPosts(of author: Int64, limit: Int = Limit.Lists.newest) async throws(ServicesError) -> [String] {
        try await withStoreErrors { () throws(StoreError) in
            try await store.forum.newestPosts(author: author, limit: limit)
        }
        .map(ObjectID.text)
    }

    /// A post that somebody may change.
    ///
    /// Asked by who stores images for it first.
    ///
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/forbidden`` for anybody but its author, and while it is
    ///   hidden, ``ServicesError/store(_:)``.
    @discardableResult
    public func editablePost(_ key: ForumKey, editor: Int64) async throws(ServicesError) -> Post {
        let post = try await post(key)
        guard post.author.id == editor, !post.isHidden else { throw .forbidden }
        return post
    }

    /// Changes a post.
    ///
    /// - Parameters:
    ///   - key: Which.
    ///   - title: See ``check(title:content:)``.
    ///   - content: See ``check(title:content:)``.
    ///   - images: The pictures that it is to have instead of those it has, three at most; nil to leave them.
    ///   - editor: Who changes it: its author.
    /// - Returns: The post after it.
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/forbidden`` for anybody else,
    ///   ``ServicesError/invalid(field:message:)``, ``ServicesError/store(_:)``.
    public func edit(
        _ key: ForumKey, title: String, content: String, images: [MediaID]? = nil, editor: Int64
    ) async throws(ServicesError) -> Post {
        guard images?.count ?? 0 <= Self.maxImages else { throw Self.tooManyImages }
        return try Self.found(
            try await change(key, title: title, content: content, images: images, editor: editor, seen: nil))
    }

    /// Changes what is said of a post: what is nil stays as it is.
    ///
    /// - Parameters:
    ///   - key: Which.
    ///   - title: See ``check(title:content:)``.
    ///   - content: See ``check(title:content:)``.
    ///   - editor: Who changes it: its author.
    ///   - seen: When it had been changed last, as they saw it; nil for however it is.
    /// - Returns: The post after it; nil when it has been changed since.
    /// - Throws: As ``edit(_:title:content:images:editor:)``.
    public func edit(
        _ key: ForumKey, title: String?, content: String?, editor: Int64, seen: Int64?
    ) async throws(ServicesError) -> Post? {
        try await change(key, title: title, content: content, images: nil, editor: editor, seen: seen)
    }

    private func change(
        _ key: ForumKey, title: String?, content: String?, images: [MediaID]?, editor: Int64, seen: Int64?
    ) async throws(ServicesError) -> Post? {
        let post = try await editablePost(key, editor: editor)
        if let title { try ForumRules.checkTitle(title) }
        if let content { try ForumRules.checkContent(content) }
        let time = now()
        let changed = try await withStoreErrors { () throws(StoreError) in
            try await store.forum.updatePost(
                post.id, title: title?.withDirectionsClosed, content: content?.withDirectionsClosed,
                images: images?.map(\.rawValue), seen: seen, at: time)
        }
        // Or it is gone by now, or hidden.
        if changed == nil { try await editablePost(key, editor: editor) }
        return changed
    }

    /// Deletes a post with its comments and likes, and the images and the video that nobody else shows.
    ///
    /// - Parameters:
    ///   - key: Which.
    ///   - account: Who deletes it: its author, or a moderator.
    ///   - isModerated: Whether administrators may delete what others wrote where this is asked for.
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/forbidden``, ``ServicesError/store(_:)``.
    public func deletePost(
        _ key: ForumKey, by account: Account, isModerated: Bool
    ) async throws(ServicesError) {
        let post = try await post(key)
        guard post.author.id == account.id || isModerated && account.isAdministrator else { throw .forbidden }
        try await noting(.postDeleted, id: post.id, of: post.author, by: account) { () throws(ServicesError) in
            // Of two who delete it at once, one finds it gone.
            let files = try await withStoreErrors { () throws(StoreError) in try await store.forum.deletePost(post.id) }
            await media.discardFiles(of: try Self.found(files))
        }
    }

    /// Hides a post from others, or shows it again; its comments stay.
    ///
    /// - Parameters:
    ///   - isHidden: Whether it is to be.
    ///   - id: Which.
    ///   - actor: An administrator, as read for this request.
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/forbidden``, ``ServicesError/store(_:)``.
    public func setHidden(_ isHidden: Bool, post id: Int64, by actor: Account) async throws(ServicesError) {
        guard actor.isAdministrator else { throw .forbidden }
        let post = try await post(.id(id))
        try await noting(isHidden ? .postHidden : .postShown, id: id, of: post.author, by: actor) {
            () throws(ServicesError) in
            let time = isHidden ? now() : nil
            guard
                try await withStoreErrors({ () throws(StoreError) in
                    try await store.forum.setHidden(time, post: id)
                })
            else { throw .notFound }
        }
    }

    /// Hides a comment from others, or shows it again; replies to it stay.
    ///
    /// - Parameters:
    ///   - isHidden: Whether it is to be.
    ///   - id: Which.
    ///   - actor: An administrator, as read for this request.
    /// - Throws: As ``setHidden(_:post:by:)``.
    public func setHidden(_ isHidden: Bool, comment id: Int64, by actor: Account) async throws(ServicesError) {
        guard actor.isAdministrator else { throw .forbidden }
        let comment = try await comment(.id(id))
        try await noting(isHidden ? .commentHidden : .commentShown, id: id, of: comment.author, by: actor) {
            () throws(ServicesError) in
            let time = isHidden ? now() : nil
            guard
                try await withStoreErrors({ () throws(StoreError) in
                    try await store.forum.setHidden(time, comment: id)
                })
            else { throw .notFound }
        }
    }

    /// What was written, also of what is hidden; for administrators.
    ///
    /// - Returns: Nil for what is gone, and for a subject that nobody has written.
    public func writing(_ subject: Report.Subject) async throws(ServicesError) -> Writing? {
        try await withStoreErrors { () throws(StoreError) in
            switch subject {
            case .post(let id): try await store.forum.writtenPost(id)
            case .comment(let id): try await store.forum.writtenComment(id)
            case .account, .room: nil
            }
        }
    }

    /// A comment.
    ///
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/store(_:)``.
    public func comment(_ key: ForumKey) async throws(ServicesError) -> Comment {
        try Self.found(try await withStoreErrors { () throws(StoreError) in try await store.forum.comment(key) })
    }

    /// Does something to what another wrote that has its line in the audit log; to one's own without.
    private func noting(
        _ action: AuditAction, id: Int64, of author: Author, by actor: Account,
        _ work: () async throws(ServicesError) -> Void
    ) async throws(ServicesError) {
        guard author.id != actor.id else { return try await work() }
        let event = AuditEvent(
            action, by: .account(actor.id), account: author.id, subject: ObjectID.text(id))
        try await audited(event, in: audit, work)
    }

    /// Deletes all posts with their comments and likes, images and videos.
    ///
    /// The caller has checked that whoever wants this may.
    ///
    /// - Returns: How many there were.
    @discardableResult
    public func deleteAllPosts() async throws(ServicesError) -> Int {
        let last = try await withStoreErrors { () throws(StoreError) in try await store.forum.highestPostNumber() }
        var count = 0
        while true {
            let slice = try await withStoreErrors { () throws(StoreError) in
                try await store.forum.deletePosts(upTo: last)
            }
            count += slice.count
            await media.discardFiles(of: slice.deletion.files)
            if slice.deletion.isComplete { return count }
        }
    }

    // MARK: - Comments

    /// Writes a comment.
    ///
    /// - Parameters:
    ///   - post: On what.
    ///   - parent: The comment of the same post that it replies to; nil for none. Replies nest a hundred deep at most.
    ///   - content: 1 to 1000 characters, not blank, without control characters but line ends and tabs.
    ///   - writtenAt: The time of writing in the words of the client, 1 to 64 characters, kept as it is; nil for none.
    ///   - author: Whose.
    /// - Returns: The comment.
    /// - Throws: ``ServicesError/notFound`` for the post, ``ServicesError/invalid(field:message:)`` also for the parent,
    ///   ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func comment(
        on post: ForumKey, replyingTo parent: ForumKey? = nil, content: String, writtenAt: String? = nil,
        author: Int64
    ) async throws(ServicesError) -> Comment {
        try ForumRules.checkComment(content)
        if let writtenAt { try ForumRules.checkTime(writtenAt) }
        let time = now()
        let inserted = try await withStoreErrors { () throws(StoreError) in
            try await store.forum.insertComment(
                on: post, replyingTo: parent, content: content.withDirectionsClosed, writtenAt: writtenAt,
                author: author, at: time)
        }
        switch inserted {
        case .created(let comment): return comment
        case .noSuchPost: throw .notFound
        case .noSuchParent:
            throw .invalid(field: "parent", message: "The post has no such comment to reply to.")
        case .tooDeep: throw .invalid(field: "parent", message: "The discussion is too deep for another reply.")
        }
    }

    /// Some comments on a post, replies included, oldest first.
    ///
    /// - Parameters:
    ///   - post: The id of the post; one that does not exist has none.
    ///   - after: Those with a greater number; 0 for all.
    ///   - limit: At most as many.
    ///   - bytes: With so much text in them, the others are left.
    /// - Returns: None behind the last.
    /// - Throws: ``ServicesError/store(_:)``.
    public func comments(
        on post: Int64, after: Int64 = 0, limit: Int, upTo bytes: Int = .max
    ) async throws(ServicesError) -> [Comment] {
        try await withStoreErrors { () throws(StoreError) in
            try await store.forum.comments(on: post, after: after, limit: limit, upTo: bytes)
        }
    }

    /// Some comments on a post, replies included, newest first.
    ///
    /// - Parameters:
    ///   - post: The id of the post; one that does not exist has none.
    ///   - offset: How many of them to skip.
    ///   - limit: At most as many.
    /// - Returns: Each with the public id of what it replies to, nil for nothing.
    /// - Throws: ``ServicesError/store(_:)``.
    public func newestComments(
        on post: Int64, offset: Int = 0, limit: Int
    ) async throws(ServicesError) -> [(comment: Comment, repliesTo: Int64?)] {
        try await withStoreErrors { () throws(StoreError) in
            try await store.forum.newestComments(on: post, offset: offset, limit: limit)
        }
    }

    /// The ids of all comments on a post as clients see them, oldest first.
    public func commentIDs(on post: Post) async throws(ServicesError) -> [String] {
        if post.commentCount == 0 { return [] }
        return try await withStoreErrors { () throws(StoreError) in try await store.forum.commentIDs(on: post.id) }
            .map(ObjectID.text)
    }

    /// Deletes a comment with the replies to it.
    ///
    /// - Parameters:
    ///   - key: Which.
    ///   - account: Who deletes it: its author, the author of the post, or a moderator.
    ///   - isModerated: Whether administrators may delete what others wrote where this is asked for.
    /// - Returns: The comment as it was.
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/forbidden``, ``ServicesError/store(_:)``.
    public func deleteComment(
        _ key: ForumKey, by account: Account, isModerated: Bool
    ) async throws(ServicesError) -> Comment {
        let comment = try await self.comment(key)
        func delete() async throws(ServicesError) {
            let isDeleted = try await withStoreErrors { () throws(StoreError) in
                try await store.forum.deleteComment(comment.id)
            }
            if !isDeleted { throw .notFound }
        }
        // A post's author says what stands below it.
        if comment.author.id == account.id {
            try await delete()
        } else if try await post(.id(comment.post)).author.id == account.id {
            try await delete()
        } else {
            guard isModerated, account.isAdministrator else { throw .forbidden }
            try await noting(.commentDeleted, id: comment.id, of: comment.author, by: account, delete)
        }
        return comment
    }

    // MARK: - Likes

    /// Lets somebody like a post, or no longer like it.
    ///
    /// - Returns: The post with its new count; nil if it was so before.
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func setLike(
        _ isLiked: Bool, post: ForumKey, account: Int64
    ) async throws(ServicesError) -> Post? {
        let time = now()
        return try Self.changed(
            try await withStoreErrors { () throws(StoreError) in
                try await store.forum.setLike(isLiked, post: post, account: account, at: time)
            })
    }

    /// Lets somebody like a comment, or no longer like it.
    ///
    /// - Returns: The comment with its new count; nil if it was so before.
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/unknownUser``, ``ServicesError/store(_:)``.
    public func setLike(
        _ isLiked: Bool, comment: ForumKey, account: Int64
    ) async throws(ServicesError) -> Comment? {
        let time = now()
        return try Self.changed(
            try await withStoreErrors { () throws(StoreError) in
                try await store.forum.setLike(isLiked, comment: comment, account: account, at: time)
            })
    }

    /// Whether somebody likes a post.
    ///
    /// - Throws: ``ServicesError/notFound``, ``ServicesError/store(_:)``.
    public func likes(post: ForumKey, account: Int64) async throws(ServicesError) -> Bool {
        try Self.found(
            try await withStoreErrors { () throws(StoreError) in
                try await store.forum.likes(post: post, account: account)
            })
    }

    // MARK: - Answers

    private static let tooManyImages = ServicesError.invalid(
        field: "images", message: "A post has at most \(maxImages) images.")

    static func found<Value>(_ value: Value?) throws(ServicesError) -> Value {
        guard let value else { throw .notFound }
        return value
    }

    static func changed<Liked>(_ change: ForumRepository.LikeChange<Liked>) throws(ServicesError) -> Liked? {
        switch change {
        case .changed(let liked): liked
        case .unchanged: nil
        case .notFound: throw .notFound
        }
    }
}
