extension AppDatabase {
    /// Deletes all accounts but those of administrators, with all that is theirs, and counts anew what is left of the
    /// forum.
    ///
    /// One transaction; everybody else's writes wait for it.
    ///
    /// - Returns: What is left to be done.
    public func deleteAllUsers() async throws(StoreError) -> AccountDeletion {
        try await write { session throws(StoreError) in
            let media = try LeavingAccounts.users.removeLeavings(in: session)
            try session.execute(
                """
                INSERT INTO ended_tokens (hash, reason, expires_at)
                SELECT hash, 'deleted', expires_at FROM tokens
                WHERE account IN (SELECT id FROM accounts WHERE role NOT IN ('admin', 'root'))
                ON CONFLICT (hash) DO NOTHING
                """)
            try Self.forgetInRooms(
                where: "account IN (SELECT id FROM accounts WHERE role NOT IN ('admin', 'root'))", in: session)
            let ids = try session.rows("DELETE FROM accounts WHERE role NOT IN ('admin', 'root') RETURNING id") {
                try $0.get(0) as Int64
            }
            try session.execute(
                """
                UPDATE posts SET
                    like_count = (SELECT COUNT(*) FROM post_likes WHERE post = posts.id),
                    collect_count = (SELECT COUNT(*) FROM post_collections WHERE post = posts.id),
                    comment_count = (SELECT COUNT(*) FROM comments WHERE post = posts.id)
                """)
            try session.execute(
                """
                UPDATE comments SET like_count = (SELECT COUNT(*) FROM comment_likes WHERE comment = comments.id)
                """)
            return AccountDeletion(
                accounts: ids, files: try Self.deleteUnreferencedMedia(ids: media, in: session))
        }
    }
}
