/// How many bytes an account may keep, and the count of how many it does.
///
/// Counted is what grows with what somebody sends: the tracks of records and what is said of them, run data and
/// preferences, titles and texts of posts, comments and messages, each for who wrote it; and pictures and videos, for
/// whoever refers to them, and for as
/// long as only who uploaded them may put them to use. Two that refer to the same file each have it. Whatever writes or
/// removes one of these takes the difference into the count of the account, in the same transaction. A deleted account
/// has no count any more.
public struct AccountQuota: Sendable {
    /// 0 for any number.
    let bytes: Int

    /// - Parameter bytes: So many each account may keep; 0 for any number.
    public init(bytes: Int = 0) { self.bytes = bytes }

    /// Takes a difference into the count of an account.
    ///
    /// To be called with all that a transaction changes for the account together: what makes room as well is counted
    /// against it.
    ///
    /// - Throws: ``StoreError/quotaExceeded`` when there is more than there was and more than there may be.
    func count(_ difference: Int, of account: Int64, in session: Session) throws(StoreError) {
        guard difference != 0 else { return }
        let kept = try session.one(Self.count, account, difference) { try $0.get(0) as Int }
        guard difference > 0, bytes > 0, let kept, kept > bytes else { return }
        throw .quotaExceeded
    }

    /// As ``count(_:of:in:)``, of what is removed, or is kept whatever there is: live runs.
    static func countAnyway(_ difference: Int, of account: Int64, in session: Session) throws(StoreError) {
        try AccountQuota().count(difference, of: account, in: session)
    }

    private static let count = SQL(
        "UPDATE accounts SET kept_bytes = kept_bytes + $2 WHERE id = $1 AND is_leaving = 0 RETURNING kept_bytes")

    // MARK: What there is

    /// The bytes of pictures and videos, each as often as it is named.
    static func bytes(ofMedia ids: [Int64?], in session: Session) throws(StoreError) -> Int {
        var sum = 0
        for case let id? in ids { sum += try session.one(mediaBytes, id) { try $0.get(0) as Int } ?? 0 }
        return sum
    }

    /// An author, and how many bytes of theirs something has.
    typealias Share = (account: Int64, bytes: Int)

    /// Of a post: title, text, images and video; nil if there is none.
    static func share(ofPost id: Int64, in session: Session) throws(StoreError) -> Share? {
        try session.one(post, id) { (try $0.get(0), try $0.get(1)) }
    }

    /// Of the comments on a post, by author.
    static func shares(ofCommentsOn post: Int64, in session: Session) throws(StoreError) -> [Share] {
        try session.rows(commentsOnPost, post) { (try $0.get(0), try $0.get(1)) }
    }

    /// Of a comment and all replies to it, by author.
    static func shares(ofDiscussion comment: Int64, in session: Session) throws(StoreError) -> [Share] {
        try session.rows(discussion, comment) { (try $0.get(0), try $0.get(1)) }
    }

    /// Takes what is gone from those whose it was.
    static func giveBack(_ shares: [Share], in session: Session) throws(StoreError) {
        for share in shares { try countAnyway(-share.bytes, of: share.account, in: session) }
    }

    private static let mediaBytes = SQL("SELECT bytes FROM media WHERE id = $1")
    private static let post = SQL(
        """
        SELECT author, OCTET_LENGTH(title) + OCTET_LENGTH(content)
            + COALESCE((
                SELECT SUM(m.bytes) FROM post_images i JOIN media m ON m.id = i.media WHERE i.post = posts.id), 0)
            + COALESCE((SELECT m.bytes FROM videos v JOIN media m ON m.id = v.media WHERE v.post = posts.id), 0)
        FROM posts WHERE id = $1
        """)
    private static let commentsOnPost = SQL(
        "SELECT author, SUM(OCTET_LENGTH(content)) FROM comments WHERE post = $1 GROUP BY author")
    private static let discussion = SQL(
        """
        WITH RECURSIVE discussion (id) AS (
            SELECT id FROM comments WHERE id = $1
            UNION ALL SELECT c.id FROM comments c JOIN discussion d ON c.parent = d.id
        )
        SELECT c.author, SUM(OCTET_LENGTH(c.content)) FROM discussion d JOIN comments c ON c.id = d.id
        GROUP BY c.author
        """)
}

extension AppDatabase {
    /// How many bytes there are of an account, as ``AccountQuota`` counts them.
    ///
    /// - Throws: ``StoreError/noSuchAccount``.
    public func keptBytes(account: Int64) async throws(StoreError) -> Int {
        let found = try await read { session throws(StoreError) in
            try session.one("SELECT kept_bytes FROM accounts WHERE id = $1 AND is_leaving = 0", account) {
                try $0.get(0) as Int
            }
        }
        guard let found else { throw .noSuchAccount }
        return found
    }
}
