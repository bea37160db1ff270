/// Whether what is counted beside the rows is how many there are.
package enum TrueCounts {
    /// A query whose rows name what has a count that is not that of the rows: posts, comments, profiles,
    /// the journal, accounts.
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
        UNION ALL
        SELECT 'account ' || id || ' keeps ' || kept_bytes || ', not ' || SUM(bytes) FROM (
            SELECT a.id, a.kept_bytes, t.bytes FROM accounts a JOIN (
                SELECT id AS account, 0 AS bytes FROM accounts
                UNION ALL SELECT id, LENGTH(CAST(run_data AS BLOB)) FROM accounts
                UNION ALL SELECT id, LENGTH(CAST(preferences AS BLOB)) FROM accounts
                UNION ALL SELECT p.id, m.bytes FROM accounts p JOIN media m ON m.id = p.picture
                UNION ALL SELECT p.id, m.bytes FROM accounts p JOIN media m ON m.id = p.cover
                UNION ALL SELECT account, LENGTH(track) FROM records
                UNION ALL
                SELECT r.account,
                    COALESCE(LENGTH(CAST(n.title AS BLOB)), 0) + COALESCE(LENGTH(CAST(n.notes AS BLOB)), 0)
                FROM run_notes n JOIN records r ON r.id = n.record
                UNION ALL SELECT author, LENGTH(CAST(title AS BLOB)) + LENGTH(CAST(content AS BLOB)) FROM posts
                UNION ALL
                SELECT p.author, m.bytes
                FROM posts p JOIN post_images i ON i.post = p.id JOIN media m ON m.id = i.media
                UNION ALL SELECT v.author, m.bytes FROM videos v JOIN media m ON m.id = v.media
                UNION ALL SELECT author, LENGTH(CAST(content AS BLOB)) FROM comments
                UNION ALL
                SELECT CASE is_from_first WHEN 1 THEN first ELSE second END, LENGTH(CAST(content AS BLOB))
                FROM messages
                UNION ALL SELECT u.account, m.bytes FROM uploads u JOIN media m ON m.id = u.media
            ) t ON t.account = a.id
            WHERE a.is_leaving = 0)
        GROUP BY id, kept_bytes HAVING SUM(bytes) <> kept_bytes
        """
}
