/// What was written, whether others see it or not.
public struct Writing: Hashable, Sendable {
    /// A comment's has none.
    public let title: String?
    public let content: String
    public let author: Author
    /// The post that a comment is on.
    public let post: Int64?
    public let isHidden: Bool
}

// What is hidden stays where it is, with its likes and comments, and nobody reads it: whatever world shows it shows the
// sign that stands for it. So no list, count or page is another one by that.

extension ForumRepository {
    /// What stands in place of what is hidden.
    public static let hiddenText = "[…]"

    /// A post as it was written; nil for none.
    public func writtenPost(_ id: Int64) async throws(StoreError) -> Writing? {
        try await read { session throws(StoreError) in try session.one(Self.postAsWritten, id) { try Writing($0) } }
    }

    /// A comment as it was written; nil for none.
    public func writtenComment(_ id: Int64) async throws(StoreError) -> Writing? {
        try await read { session throws(StoreError) in
            try session.one(Self.commentAsWritten, id) { try Writing($0) }
        }
    }

    /// Hides a post, or shows it again; its comments stay.
    ///
    /// - Parameters:
    ///   - hiddenAt: Since when, in milliseconds since 1970; nil to show it.
    ///   - id: Which.
    /// - Returns: Whether there is one.
    /// - Throws: What the database says.
    public func setHidden(_ hiddenAt: Int64?, post id: Int64) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try session.execute("UPDATE posts SET hidden_at = $2 WHERE id = $1", id, hiddenAt) == 1
        }
    }

    /// The same of a comment; replies to it stay.
    public func setHidden(_ hiddenAt: Int64?, comment id: Int64) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try session.execute("UPDATE comments SET hidden_at = $2 WHERE id = $1", id, hiddenAt) == 1
        }
    }

    private static let postAsWritten = SQL(
        """
        SELECT p.title, p.content, NULL, p.hidden_at, \(Author.columns)
        FROM posts p JOIN accounts a ON a.id = p.author WHERE p.id = $1
        """)
    private static let commentAsWritten = SQL(
        """
        SELECT NULL, c.content, c.post, c.hidden_at, \(Author.columns)
        FROM comments c JOIN accounts a ON a.id = c.author WHERE c.id = $1
        """)
}

extension Writing {
    fileprivate init(_ row: SQLRow) throws {
        let hiddenAt: Int64? = try row.get(3)
        self.init(
            title: try row.get(0), content: try row.get(1), author: try Author(row, from: 4), post: try row.get(2),
            isHidden: hiddenAt != nil)
    }
}
