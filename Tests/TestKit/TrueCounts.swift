/// Whether what is counted beside the rows is how many there are.
package enum TrueCounts {
    /// A query whose rows name what has a count that is not that of the rows: posts, comments, profiles, the journal.
    package static let wrongOnes = """
        SELECT 'post ' || number FROM posts p
        WHERE like_count <> (SELECT COUNT(*) FROM post_likes WHERE post = p.id)
            OR collect_count <> (SELECT COUNT(*) FROM post_collections WHERE post = p.id)
            OR comment_count <> (SELECT COUNT(*) FROM comments WHERE post = p.id)
        UNION ALL
        SELECT 'comment ' || number FROM comments c
        WHERE like_count <> (SELECT COUNT(*) FROM comment_likes WHERE comment = c.id)
        UNION ALL
        SELECT 'profile ' || account FROM profiles f
        WHERE follow_count <> (SELECT COUNT(*) FROM follows WHERE follower = f.account)
            OR follower_count <> (SELECT COUNT(*) FROM follows WHERE followed = f.account)
            OR video_count <> (SELECT COUNT(*) FROM videos WHERE author = f.account)
            OR likes_received <> (
                SELECT COUNT(*) FROM videos v JOIN post_likes l ON l.post = v.post WHERE v.author = f.account)
            OR likes_given <> (
                SELECT COUNT(*) FROM post_likes l JOIN videos v ON v.post = l.post WHERE l.account = f.account)
        UNION ALL
        SELECT 'journal' FROM counters
        WHERE name = 'journal_bytes' AND value <> (SELECT COALESCE(SUM(LENGTH(bytes)), 0) FROM journal)
        """
}
