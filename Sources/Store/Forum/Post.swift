/// Names a post or a comment by one of its two keys.
public enum ForumKey: Hashable, Sendable {
    /// The id of the row.
    case id(Int64)
    /// The small number: 1, 2, 3, … in the order of writing.
    case number(Int64)
    /// The number from 10¹⁵ on, which comments have, and posts with a video.
    case publicID(Int64)
}

/// Whoever wrote something, as everybody sees them.
public struct Author: Hashable, Sendable, Identifiable {
    public let id: Int64
    public let username: String
    public let nickname: String
    /// The picture among the media, nil for the default one.
    public let picture: Int64?

    public init(id: Int64, username: String, nickname: String, picture: Int64?) {
        self.id = id
        self.username = username
        self.nickname = nickname
        self.picture = picture
    }
}

/// A post without its comments.
public struct Post: Hashable, Sendable, Identifiable {
    public let id: Int64
    /// 1, 2, 3, … in the order of writing; never given twice, deleted posts included.
    public let number: Int64
    public let author: Author
    public let title: String
    public let content: String
    /// Its pictures among the media, in order.
    public internal(set) var images: [Int64]
    /// How many comments it has, replies included.
    public let commentCount: Int
    /// How many people like it.
    public let likeCount: Int
    /// How many people have put it aside.
    public let collectCount: Int
    /// How often it was opened.
    public let hitCount: Int
    /// The time of writing in the words of the client that wrote it; nil if it said none.
    public let writtenAt: String?
    /// Milliseconds since 1970.
    public let createdAt: Int64
    /// When its text or its images were changed last, in milliseconds since 1970.
    public let updatedAt: Int64
    /// Whether an administrator has hidden it: then title and content are the sign that stands for them.
    public let isHidden: Bool
}

/// A comment on a post, or a reply to one.
public struct Comment: Hashable, Sendable, Identifiable {
    public let id: Int64
    /// 1, 2, 3, … in the order of writing, over all posts; never given twice, deleted comments included.
    public let number: Int64
    /// The id of its post.
    public let post: Int64
    /// The id of the comment that it replies to, nil for none.
    public let parent: Int64?
    public let author: Author
    public let content: String
    /// How many people like it.
    public let likeCount: Int
    /// From 10¹⁵ to 2⁵³ - 1.
    public let publicID: Int64
    /// The time of writing in the words of the client that wrote it; nil if it said none.
    public let writtenAt: String?
    /// Milliseconds since 1970.
    public let createdAt: Int64
    /// Milliseconds since 1970.
    public let updatedAt: Int64
    /// Whether an administrator has hidden it: then the content is the sign that stands for it.
    public let isHidden: Bool
}

/// A post with its comments, of one moment.
public struct Discussion: Hashable, Sendable {
    public let post: Post
    /// Replies included, oldest first.
    public let comments: [Comment]
    /// Whether these are all that there were.
    public var isWhole = true
}

extension Post {
    /// Of what people have written in it, in UTF-8.
    var byteCount: Int { title.utf8.count + content.utf8.count }
}

extension Author {
    /// The columns that ``init(_:from:)`` reads, of the table or alias `a`.
    static let columns = "a.id, a.username, a.nickname, a.picture"

    init(_ row: SQLRow, from first: Int) throws {
        self.init(
            id: try row.get(first), username: try row.get(first + 1), nickname: try row.get(first + 2),
            picture: try row.get(first + 3))
    }
}

extension Post {
    /// The columns that ``init(_:)`` reads, of `p` and of its author `a`.
    static let columns = """
        p.id, p.number, CASE WHEN p.hidden_at IS NULL THEN p.title ELSE '\(ForumRepository.hiddenText)' END, \
        CASE WHEN p.hidden_at IS NULL THEN p.content ELSE '\(ForumRepository.hiddenText)' END, \
        p.comment_count, p.like_count, p.created_at, p.updated_at, \
        \(Author.columns), p.collect_count, p.hit_count, p.written_at, p.hidden_at
        """
    /// How many ``columns`` there are.
    static let columnCount = 16

    /// A query for ``init(_:)``, to be continued with a condition on `p`.
    static let select = "SELECT \(columns) FROM posts p JOIN accounts a ON a.id = p.author"

    /// A post whose images are yet to be read.
    init(_ row: SQLRow) throws {
        let hiddenAt: Int64? = try row.get(15)
        self.init(
            id: try row.get(0), number: try row.get(1), author: try Author(row, from: 8), title: try row.get(2),
            content: try row.get(3), images: [], commentCount: try row.get(4), likeCount: try row.get(5),
            collectCount: try row.get(12), hitCount: try row.get(13), writtenAt: try row.get(14),
            createdAt: try row.get(6), updatedAt: try row.get(7), isHidden: hiddenAt != nil)
    }
}

extension Comment {
    /// A query for ``init(_:)``, to be continued with a condition on `c`.
    static let select = """
        SELECT c.id, c.number, c.post, c.parent, \
        CASE WHEN c.hidden_at IS NULL THEN c.content ELSE '\(ForumRepository.hiddenText)' END, \
        c.like_count, c.created_at, c.updated_at, \
        \(Author.columns), c.public_id, c.written_at, c.hidden_at FROM comments c JOIN accounts a ON a.id = c.author
        """

    init(_ row: SQLRow) throws {
        let hiddenAt: Int64? = try row.get(14)
        self.init(
            id: try row.get(0), number: try row.get(1), post: try row.get(2), parent: try row.get(3),
            author: try Author(row, from: 8), content: try row.get(4), likeCount: try row.get(5),
            publicID: try row.get(12), writtenAt: try row.get(13), createdAt: try row.get(6),
            updatedAt: try row.get(7), isHidden: hiddenAt != nil)
    }
}
