/// Profiles, who follows whom, and messages.
public struct SocialRepository: Repository {
    public let database: AppDatabase
}

extension SocialRepository {
    // MARK: Profiles

    /// What somebody is to others.
    ///
    /// - Parameters:
    ///   - publicID: Whose.
    ///   - viewer: Who looks; nil for nobody.
    /// - Returns: nil if there is no such account.
    /// - Throws: What the database says.
    public func profile(publicID: Int64, viewer: Int64?) async throws(StoreError) -> Profile? {
        try await read { session throws(StoreError) in
            try session.one(Self.profileByPublicID, viewer ?? 0, publicID) { try Profile($0) }
        }
    }

    /// What those of the accounts that exist are to others, by account.
    ///
    /// - Parameters:
    ///   - accounts: Their ids.
    ///   - viewer: Who looks; nil for nobody.
    /// - Returns: The profiles.
    /// - Throws: What the database says.
    /// - Complexity: Three lookups each.
    public func profiles(
        _ accounts: some Collection<Int64> & Sendable, viewer: Int64?
    ) async throws(StoreError) -> [Int64: Profile] {
        try await read { session throws(StoreError) in
            var profiles: [Int64: Profile] = [:]
            for id in accounts where profiles[id] == nil {
                profiles[id] = try session.one(Self.profileByAccount, viewer ?? 0, id) { try Profile($0) }
            }
            return profiles
        }
    }

    /// Changes what somebody says of themselves.
    ///
    /// - Throws: ``StoreError/noSuchAccount``.
    public func setProfile(
        avatarURL: String?, backgroundURL: String?, signature: String?, account: Int64
    ) async throws(StoreError) {
        let changed = try await write { session throws(StoreError) in
            try session.execute(
                "UPDATE profiles SET avatar_url = $2, background_url = $3, signature = $4 WHERE account = $1",
                account, avatarURL, backgroundURL, signature)
        }
        guard changed == 1 else { throw .noSuchAccount }
    }

    /// Gives a new account its profile; to be called by whoever inserts one, in the same transaction.
    static func insertProfile(of account: Int64, in session: Session) throws(StoreError) {
        try session.execute(
            "INSERT INTO profiles (account, public_id) VALUES ($1, $2)", account,
            try session.nextNumber(of: "public"))
    }

    // MARK: Follows

    /// Lets somebody follow somebody else, or no longer.
    ///
    /// - Parameters:
    ///   - isFollowing: What is to be.
    ///   - follower: Who follows.
    ///   - followed: Whom; somebody else.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: Whether it was otherwise before.
    /// - Throws: ``StoreError/noSuchAccount``.
    @discardableResult
    public func setFollow(
        _ isFollowing: Bool, follower: Int64, followed: Int64, at time: Int64
    ) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try session.checkAccount(follower)
            try session.checkAccount(followed)
            let changed =
                try isFollowing
                ? session.execute(Self.follow, follower, followed, time)
                : session.execute(Self.unfollow, follower, followed)
            guard changed == 1 else { return false }
            try session.execute(Self.countFollow, follower, isFollowing ? 1 : -1)
            try session.execute(Self.countFollower, followed, isFollowing ? 1 : -1)
            return true
        }
    }

    /// The accounts that somebody follows, the last one first.
    public func followed(by account: Int64, offset: Int = 0, limit: Int) async throws(StoreError) -> [Int64] {
        try await read { session throws(StoreError) in
            try session.rows(Self.followedBy, account, limit, offset) { try $0.get(0) }
        }
    }

    /// The accounts that follow somebody, the last one first.
    public func followers(of account: Int64, offset: Int = 0, limit: Int) async throws(StoreError) -> [Int64] {
        try await read { session throws(StoreError) in
            try session.rows(Self.followersOf, account, limit, offset) { try $0.get(0) }
        }
    }

    /// The accounts that somebody follows and that follow back, whom the account followed last first.
    public func friends(of account: Int64, offset: Int = 0, limit: Int) async throws(StoreError) -> [Int64] {
        try await read { session throws(StoreError) in
            try session.rows(Self.friendsOf, account, limit, offset) { try $0.get(0) }
        }
    }

    // MARK: Messages

    /// Adds a message.
    ///
    /// Its time is that of the clock, or just after the last message between the two where that is later.
    ///
    /// - Parameters:
    ///   - content: Not empty.
    ///   - sender: Who writes.
    ///   - recipient: To whom.
    ///   - time: Now, in milliseconds since 1970.
    /// - Returns: The message.
    /// - Throws: ``StoreError/noSuchAccount``, ``StoreError/quotaExceeded``.
    public func insertMessage(
        _ content: String, from sender: Int64, to recipient: Int64, at time: Int64
    ) async throws(StoreError) -> Message {
        let (first, second) = (min(sender, recipient), max(sender, recipient))
        return try await write { [quota] session throws(StoreError) in
            try session.checkAccount(sender)
            try session.checkAccount(recipient)
            let last = try session.one(Self.lastTime, first, second) { try $0.get(0) as Int64? } ?? nil
            let message = Message(
                publicID: try session.nextNumber(of: "public"), createdAt: max(time, (last ?? 0) + 1),
                sender: sender, recipient: recipient, content: content)
            try session.execute(
                """
                INSERT INTO messages (public_id, first, second, is_from_first, created_at, content)
                VALUES ($1, $2, $3, $4, $5, $6)
                """,
                message.publicID, first, second, sender == first ? 1 : 0, message.createdAt, content)
            try quota.count(content.utf8.count, of: sender, in: session)
            return message
        }
    }

    /// Messages between two accounts, oldest first.
    ///
    /// - Parameters:
    ///   - one: An account.
    ///   - other: Another, or the same.
    ///   - time: Only those after it, in milliseconds since 1970.
    ///   - now: The clock; a time that is later than it and than every message was never told to anybody, and gets the
    ///     newest ones: whoever polls with such a clock is to see what comes.
    ///   - limit: At most as many.
    /// - Returns: Fewer than `limit` at the end.
    /// - Throws: What the database says.
    public func messages(
        between one: Int64, and other: Int64, after time: Int64, now: Int64, limit: Int
    ) async throws(StoreError) -> [Message] {
        let (first, second) = (min(one, other), max(one, other))
        return try await read { session throws(StoreError) in
            let last = try session.one(Self.lastTime, first, second) { try $0.get(0) as Int64? } ?? nil
            if time > max(now, last ?? 0) {
                return try session.rows(Self.newestMessages, first, second, limit) { row in
                    try Message(row, first: first, second: second)
                }.reversed()
            }
            return try session.rows(Self.messagesAfter, first, second, time, limit) { row in
                try Message(row, first: first, second: second)
            }
        }
    }

    /// The accounts with which one has exchanged messages, in the order of their ids.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - last: Those with a greater id.
    ///   - limit: At most as many.
    /// - Returns: None at the end.
    /// - Throws: What the database says.
    public func correspondents(of account: Int64, after last: Int64 = 0, limit: Int) async throws(StoreError) -> [Int64]
    {
        try await read { session throws(StoreError) in
            try session.rows(Self.correspondents, account, last, limit) { try $0.get(0) }
        }
    }

    /// The last message between an account and each of some others, by the other account.
    public func lastMessages(
        of account: Int64, with others: some Collection<Int64> & Sendable
    ) async throws(StoreError) -> [Int64: Message] {
        try await read { session throws(StoreError) in
            var messages: [Int64: Message] = [:]
            for other in others {
                let (first, second) = (min(account, other), max(account, other))
                messages[other] = try session.one(Self.lastMessage, first, second) { row in
                    try Message(row, first: first, second: second)
                }
            }
            return messages
        }
    }

    // MARK: Statements

    private static let profile = """
        SELECT a.id, f.public_id, a.username, f.avatar_url, f.background_url, f.signature, f.follow_count,
            f.follower_count, (SELECT COUNT(*) FROM follows WHERE follower = $1 AND followed = a.id), f.video_count,
            f.likes_received, f.likes_given, a.picture
        FROM accounts a JOIN profiles f ON f.account = a.id
        """
    private static let profileByAccount = SQL("\(profile) WHERE a.id = $2")
    private static let profileByPublicID = SQL("\(profile) WHERE f.public_id = $2")
    private static let follow = SQL(
        "INSERT INTO follows (follower, followed, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
    static let unfollow = SQL("DELETE FROM follows WHERE follower = $1 AND followed = $2")
    static let countFollow = SQL("UPDATE profiles SET follow_count = follow_count + $2 WHERE account = $1")
    static let countFollower = SQL("UPDATE profiles SET follower_count = follower_count + $2 WHERE account = $1")
    private static let followedBy = SQL(
        """
        SELECT followed FROM follows WHERE follower = $1 ORDER BY created_at DESC, followed DESC LIMIT $2 OFFSET $3
        """)
    private static let followersOf = SQL(
        """
        SELECT follower FROM follows WHERE followed = $1 ORDER BY created_at DESC, follower DESC LIMIT $2 OFFSET $3
        """)
    private static let friendsOf = SQL(
        """
        SELECT f.followed FROM follows f JOIN follows b ON b.follower = f.followed AND b.followed = f.follower
        WHERE f.follower = $1 ORDER BY f.created_at DESC, f.followed DESC LIMIT $2 OFFSET $3
        """)
    private static let correspondents = SQL(
        """
        SELECT second FROM messages WHERE first = $1 AND second > $2
        UNION SELECT first FROM messages WHERE second = $1 AND first > $2 ORDER BY 1 LIMIT $3
        """)
    private static let lastTime = SQL("SELECT MAX(created_at) FROM messages WHERE first = $1 AND second = $2")
    private static let messagesAfter = SQL(
        """
        SELECT public_id, created_at, is_from_first, content FROM messages
        WHERE first = $1 AND second = $2 AND created_at > $3 ORDER BY created_at LIMIT $4
        """)
    private static let newestMessages = SQL(
        """
        SELECT public_id, created_at, is_from_first, content FROM messages
        WHERE first = $1 AND second = $2 ORDER BY created_at DESC LIMIT $3
        """)
    private static let lastMessage = SQL(
        """
        SELECT public_id, created_at, is_from_first, content FROM messages
        WHERE first = $1 AND second = $2 ORDER BY created_at DESC LIMIT 1
        """)
}

extension Profile {
    fileprivate init(_ row: SQLRow) throws {
        let follows: Int = try row.get(8)
        self.init(
            id: try row.get(0), publicID: try row.get(1), username: try row.get(2), picture: try row.get(12),
            avatarURL: try row.get(3),
            backgroundURL: try row.get(4), signature: try row.get(5), followCount: try row.get(6),
            followerCount: try row.get(7), isFollowed: follows > 0, videoCount: try row.get(9),
            likesReceived: try row.get(10), likesGiven: try row.get(11))
    }
}

extension Message {
    fileprivate init(_ row: SQLRow, first: Int64, second: Int64) throws {
        let isFromFirst = try row.get(2) as Int == 1
        self.init(
            publicID: try row.get(0), createdAt: try row.get(1), sender: isFromFirst ? first : second,
            recipient: isFromFirst ? second : first, content: try row.get(3))
    }
}
