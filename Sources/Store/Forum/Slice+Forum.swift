// What is removed of the forum in slices. Each method answers whether all of it is gone.
extension Slice {
    /// A post with all that hangs on it: the newest comments first, so that no reply goes with what it replies to.
    mutating func removePost(_ id: Int64) throws(StoreError) -> Bool {
        guard
            try drain(
                Statements.newestComments, of: id, as: { try $0.get(0) as Int64 },
                { slice, comment throws(StoreError) in
                    try slice.removeComment(comment)
                }),
            try removeReactions(Reactions.postLikes, on: id),
            try removeReactions(Reactions.collections, on: id),
            !isOver
        else { return false }
        let size = try session.one(Statements.sizeOfPost, id) { try $0.get(0) as Int }
        guard let size else { return true }
        guard take(bytes: size) else { return false }
        // Of the last half minute only.
        try execute(Statements.deleteHits, id)
        if let share = try AccountQuota.share(ofPost: id, in: session) { try giveBack(share) }
        let media = try session.rows(ForumRepository.mediaOfPost, id) { try $0.get(0) as Int64 }
        try execute(Statements.deleteImages, id)
        if let author = try session.one(Statements.deleteVideo, id, as: { try $0.get(0) as Int64 }) {
            count(1)
            try execute(ForumRepository.countVideo, author, -1)
        }
        try execute(Statements.deletePost, id)
        try removeMedia(media)
        return true
    }

    /// A comment with the replies to it, from the last ones on.
    mutating func removeDiscussion(_ id: Int64) throws(StoreError) -> Bool {
        // Replies nest so deep, and no deeper: see `ForumRepository.deepestReply`.
        var path = [id]
        while let last = path.last {
            if isOver { return false }
            if let reply = try session.one(Statements.reply, last, as: { try $0.get(0) as Int64 }) {
                path.append(reply)
            } else {
                guard try removeComment(last) else { return false }
                path.removeLast()
            }
        }
        return true
    }

    /// A comment to which there are no replies.
    private mutating func removeComment(_ id: Int64) throws(StoreError) -> Bool {
        guard try removeReactions(Reactions.commentLikes, on: id), !isOver else { return false }
        let removed = try session.one(Statements.deleteComment, id) {
            (post: try $0.get(0) as Int64, author: try $0.get(1) as Int64, size: try $0.get(2) as Int)
        }
        guard let removed else { return true }
        count(1)
        try giveBack((removed.author, removed.size))
        // Small enough to overstep the bound by.
        _ = take(bytes: removed.size)
        try execute(Statements.countComment, removed.post)
        return true
    }

    /// What accounts do to posts or comments, and how it is told that they no longer do.
    struct Reactions: Sendable {
        let reaction: ForumRepository.Reaction
        let isLikeOfPost: Bool

        static let postLikes = Reactions(reaction: ForumRepository.postLike, isLikeOfPost: true)
        static let collections = Reactions(reaction: ForumRepository.postCollection, isLikeOfPost: false)
        static let commentLikes = Reactions(reaction: ForumRepository.commentLike, isLikeOfPost: false)
    }

    mutating func removeReactions(_ reactions: Reactions, of account: Int64) throws(StoreError) -> Bool {
        try drain(reactions.reaction.ofAccount, of: account, as: { try $0.get(0) as Int64 }) {
            slice, subject throws(StoreError) in
            try slice.remove(reactions, on: subject, of: account)
            return true
        }
    }

    mutating func removeReactions(_ reactions: Reactions, on subject: Int64) throws(StoreError) -> Bool {
        try drain(reactions.reaction.onSubject, of: subject, as: { try $0.get(0) as Int64 }) {
            slice, account throws(StoreError) in
            try slice.remove(reactions, on: subject, of: account)
            return true
        }
    }

    private mutating func remove(
        _ reactions: Reactions, on subject: Int64, of account: Int64
    ) throws(StoreError) {
        try execute(reactions.reaction.remove, subject, account)
        try execute(reactions.reaction.count, subject, -1)
        if reactions.isLikeOfPost {
            count(try ForumRepository.countVideoLike(-1, post: subject, account: account, in: session))
        }
    }

    private enum Statements {
        static let newestComments = SQL("SELECT id FROM comments WHERE post = $1 ORDER BY number DESC LIMIT $2")
        static let reply = SQL("SELECT id FROM comments WHERE parent = $1 LIMIT 1")
        static let deleteComment = SQL(
            "DELETE FROM comments WHERE id = $1 RETURNING post, author, OCTET_LENGTH(content)")
        static let countComment = SQL("UPDATE posts SET comment_count = comment_count - 1 WHERE id = $1")
        static let sizeOfPost = SQL("SELECT OCTET_LENGTH(content) FROM posts WHERE id = $1")
        static let deleteHits = SQL("DELETE FROM post_hits WHERE post = $1")
        static let deleteImages = SQL("DELETE FROM post_images WHERE post = $1")
        static let deleteVideo = SQL("DELETE FROM videos WHERE post = $1 RETURNING author")
        static let deletePost = SQL("DELETE FROM posts WHERE id = $1")
    }
}
