extension Migration {
    /// Version 13, frozen: counts that were counted anew whenever they were asked for.
    static let counts = [
        "ALTER TABLE profiles ADD COLUMN follow_count BIGINT NOT NULL DEFAULT 0 CHECK (follow_count >= 0)",
        "ALTER TABLE profiles ADD COLUMN follower_count BIGINT NOT NULL DEFAULT 0 CHECK (follower_count >= 0)",
        "ALTER TABLE profiles ADD COLUMN video_count BIGINT NOT NULL DEFAULT 0 CHECK (video_count >= 0)",
        // Of the likes, those of posts with a video.
        "ALTER TABLE profiles ADD COLUMN likes_received BIGINT NOT NULL DEFAULT 0 CHECK (likes_received >= 0)",
        "ALTER TABLE profiles ADD COLUMN likes_given BIGINT NOT NULL DEFAULT 0 CHECK (likes_given >= 0)",
        """
        UPDATE profiles SET
            follow_count = (SELECT COUNT(*) FROM follows WHERE follower = profiles.account),
            follower_count = (SELECT COUNT(*) FROM follows WHERE followed = profiles.account),
            video_count = (SELECT COUNT(*) FROM videos WHERE author = profiles.account),
            likes_received = (
                SELECT COALESCE(SUM(p.like_count), 0) FROM videos v JOIN posts p ON p.id = v.post
                WHERE v.author = profiles.account),
            likes_given = (
                SELECT COUNT(*) FROM post_likes l JOIN videos v ON v.post = l.post WHERE l.account = profiles.account)
        """,
        "INSERT INTO counters (name, value) SELECT 'journal_bytes', COALESCE(SUM(LENGTH(bytes)), 0) FROM journal",
    ]
}
