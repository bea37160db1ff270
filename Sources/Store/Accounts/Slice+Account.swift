// What is removed of an account in slices, when it is marked as leaving.
extension Slice {
    /// All that an account has and did, and then the account.
    ///
    /// - Returns: Whether all of it is gone.
    mutating func removeAccount(_ id: Int64) throws(StoreError) -> Bool {
        guard
            try forgetInRooms(id), try endTokens(of: id),
            try removeReactions(Reactions.postLikes, of: id),
            try removeReactions(Reactions.collections, of: id),
            try removeReactions(Reactions.commentLikes, of: id),
            try removeFollows(of: id), try removeMessages(of: id), try removeRecords(of: id),
            try drain(
                Statements.reports, of: id, as: { try $0.get(0) as Int64 },
                { slice, report throws(StoreError) in
                    try slice.execute(Statements.forgetReporter, report)
                    return true
                }),
            try drain(
                Statements.uploads, of: id, as: { try $0.get(0) as Int64 },
                { slice, media throws(StoreError) in
                    try slice.execute(Statements.deleteUpload, media)
                    try slice.removeMedia([media])
                    return true
                }),
            try drain(
                Statements.comments, of: id, as: { try $0.get(0) as Int64 },
                { slice, comment throws(StoreError) in
                    try slice.removeDiscussion(comment)
                }),
            try drain(
                Statements.posts, of: id, as: { try $0.get(0) as Int64 },
                { slice, post throws(StoreError) in
                    try slice.removePost(post)
                }),
            !isOver
        else { return false }
        try execute(Statements.deleteAccount, id)
        return true
    }

    /// Leaves nothing in rooms that tells who or where somebody was.
    private mutating func forgetInRooms(_ id: Int64) throws(StoreError) -> Bool {
        guard
            try drain(
                Statements.blocks, of: id, as: { (id: try $0.get(0) as Int64, size: try $0.get(1) as Int) },
                { slice, block throws(StoreError) in
                    guard slice.take(bytes: block.size) else { return false }
                    try slice.execute(Statements.deleteBlock, block.id)
                    return true
                }),
            try drain(
                Statements.people, of: id, as: { (room: try $0.get(0) as Int64, runner: try $0.get(1) as Int) },
                { slice, person throws(StoreError) in
                    try slice.execute(Statements.forgetPerson, person.room, person.runner)
                    return true
                })
        else { return false }
        return try drain(
            Statements.events, of: id, as: { (room: try $0.get(0) as Int64, number: try $0.get(1) as Int) }
        ) { slice, event throws(StoreError) in
            try slice.execute(Statements.forgetAuthor, event.room, event.number)
            return true
        }
    }

    private mutating func endTokens(of id: Int64) throws(StoreError) -> Bool {
        try drain(
            Statements.tokens, of: id, as: { (hash: try $0.get(0) as [UInt8], expiresAt: try $0.get(1) as Int64) },
            { slice, token throws(StoreError) in
                try slice.execute(Statements.endToken, token.hash, token.expiresAt)
                try slice.execute(Statements.deleteToken, token.hash)
                return true
            })
    }

    private mutating func removeFollows(of id: Int64) throws(StoreError) -> Bool {
        let areFollowedGone = try drain(Statements.followed, of: id, as: { try $0.get(0) as Int64 }) {
            slice, followed throws(StoreError) in
            try slice.removeFollow(of: followed, by: id)
            return true
        }
        guard areFollowedGone else { return false }
        return try drain(Statements.followers, of: id, as: { try $0.get(0) as Int64 }) {
            slice, follower throws(StoreError) in
            try slice.removeFollow(of: id, by: follower)
            return true
        }
    }

    private mutating func removeFollow(of followed: Int64, by follower: Int64) throws(StoreError) {
        try execute(SocialRepository.unfollow, follower, followed)
        try execute(SocialRepository.countFollow, follower, -1)
        try execute(SocialRepository.countFollower, followed, -1)
    }

    private mutating func removeMessages(of id: Int64) throws(StoreError) -> Bool {
        for query in [Statements.messagesOfFirst, Statements.messagesOfSecond] {
            let isDone = try drain(query, of: id, as: { try $0.get(0) as Int64 }) { slice, message throws(StoreError) in
                let share = try slice.session.one(Statements.shareOfMessage, message) {
                    AccountQuota.Share(account: try $0.get(0), bytes: try $0.get(1))
                }
                if let share { try slice.giveBack(share) }
                try slice.execute(Statements.deleteMessage, message)
                return true
            }
            guard isDone else { return false }
        }
        return true
    }

    private mutating func removeRecords(of id: Int64) throws(StoreError) -> Bool {
        let areGone = try drain(
            Statements.records, of: id, as: { (id: try $0.get(0) as Int64, size: try $0.get(1) as Int) }
        ) { slice, record throws(StoreError) in
            guard slice.take(bytes: record.size) else { return false }
            try slice.execute(Statements.deleteRecord, record.id)
            return true
        }
        guard areGone else { return false }
        return try drain(Statements.deletedRuns, of: id, as: { try $0.get(0) as Int64 }) {
            slice, key throws(StoreError) in
            try slice.execute(Statements.deleteDeletedRun, key)
            return true
        }
    }

    private enum Statements {
        static let blocks = SQL(
            """
            SELECT b.id, LENGTH(b.bytes) FROM people p JOIN track_blocks b ON b.room = p.room AND b.runner = p.runner
            WHERE p.account = $1 LIMIT $2
            """)
        static let deleteBlock = SQL("DELETE FROM track_blocks WHERE id = $1")
        static let people = SQL("SELECT room, runner FROM people WHERE account = $1 LIMIT $2")
        static let forgetPerson = SQL(
            """
            UPDATE people SET account = NULL, latitude_e7 = NULL, longitude_e7 = NULL, way = NULL,
                mark = NULL
            WHERE room = $1 AND runner = $2
            """)
        static let events = SQL(
            "SELECT room, number FROM events WHERE account IS NOT NULL AND account = $1 LIMIT $2")
        static let forgetAuthor = SQL(
            """
            UPDATE events SET body = anonymous_body, anonymous_body = NULL, account = NULL
            WHERE room = $1 AND number = $2
            """)
        static let reports = SQL("SELECT id FROM reports WHERE reporter = $1 LIMIT $2")
        static let forgetReporter = SQL("UPDATE reports SET reporter = NULL, note = NULL WHERE id = $1")
        static let tokens = SQL("SELECT hash, expires_at FROM tokens WHERE account = $1 LIMIT $2")
        static let endToken = SQL(
            """
            INSERT INTO ended_tokens (hash, reason, expires_at) VALUES ($1, 'deleted', $2) ON CONFLICT (hash) DO NOTHING
            """)
        static let deleteToken = SQL("DELETE FROM tokens WHERE hash = $1")
        static let followed = SQL("SELECT followed FROM follows WHERE follower = $1 LIMIT $2")
        static let followers = SQL("SELECT follower FROM follows WHERE followed = $1 LIMIT $2")
        static let messagesOfFirst = SQL("SELECT public_id FROM messages WHERE first = $1 LIMIT $2")
        static let messagesOfSecond = SQL("SELECT public_id FROM messages WHERE second = $1 LIMIT $2")
        static let shareOfMessage = SQL(
            """
            SELECT CASE WHEN is_from_first = 1 THEN first ELSE second END, OCTET_LENGTH(content) FROM messages
            WHERE public_id = $1
            """)
        static let deleteMessage = SQL("DELETE FROM messages WHERE public_id = $1")
        static let records = SQL(
            """
            SELECT id, LENGTH(track) + COALESCE(LENGTH(splits), 0) + COALESCE(LENGTH(extra), 0) FROM records
            WHERE account = $1 LIMIT $2
            """)
        static let deleteRecord = SQL("DELETE FROM records WHERE id = $1")
        static let deletedRuns = SQL("SELECT run_key FROM deleted_runs WHERE account = $1 LIMIT $2")
        static let deleteDeletedRun = SQL("DELETE FROM deleted_runs WHERE run_key = $1")
        static let uploads = SQL("SELECT media FROM uploads WHERE account = $1 LIMIT $2")
        static let deleteUpload = SQL("DELETE FROM uploads WHERE media = $1")
        static let comments = SQL("SELECT id FROM comments WHERE author = $1 LIMIT $2")
        static let posts = SQL("SELECT id FROM posts WHERE author = $1 LIMIT $2")
        static let deleteAccount = SQL("DELETE FROM accounts WHERE id = $1 AND is_leaving = 1")
    }
}
