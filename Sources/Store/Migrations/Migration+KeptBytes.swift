extension Migration {
    /// Version 15, frozen: how much there is of an account, and how often its run data has been replaced.
    static let keptBytes = [
        "ALTER TABLE accounts ADD COLUMN run_data_version BIGINT NOT NULL DEFAULT 0",
        // Not checked to be positive: a count that is wrong must not keep a run from being stored.
        "ALTER TABLE accounts ADD COLUMN kept_bytes BIGINT NOT NULL DEFAULT 0",
        """
        UPDATE accounts SET kept_bytes =
            COALESCE(OCTET_LENGTH(run_data), 0) + COALESCE(OCTET_LENGTH(preferences), 0)
            + COALESCE((SELECT bytes FROM media WHERE id = accounts.picture), 0)
            + COALESCE((SELECT bytes FROM media WHERE id = accounts.cover), 0)
            + COALESCE((SELECT SUM(LENGTH(track)) FROM records WHERE account = accounts.id), 0)
            + COALESCE((
                SELECT SUM(OCTET_LENGTH(title) + OCTET_LENGTH(content)) FROM posts WHERE author = accounts.id), 0)
            + COALESCE((
                SELECT SUM(m.bytes) FROM posts p JOIN post_images i ON i.post = p.id JOIN media m ON m.id = i.media
                WHERE p.author = accounts.id), 0)
            + COALESCE((
                SELECT SUM(m.bytes) FROM videos v JOIN media m ON m.id = v.media WHERE v.author = accounts.id), 0)
            + COALESCE((SELECT SUM(OCTET_LENGTH(content)) FROM comments WHERE author = accounts.id), 0)
            + COALESCE((
                SELECT SUM(OCTET_LENGTH(content)) FROM messages WHERE first = accounts.id AND is_from_first = 1), 0)
            + COALESCE((
                SELECT SUM(OCTET_LENGTH(content)) FROM messages WHERE second = accounts.id AND is_from_first = 0), 0)
            + COALESCE((
                SELECT SUM(m.bytes) FROM uploads u JOIN media m ON m.id = u.media WHERE u.account = accounts.id), 0)
        WHERE is_leaving = 0
        """,
    ]
}
