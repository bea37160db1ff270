extension Migration {
    /// Version 3, frozen: what people write, and what they like of it.
    ///
    /// The counts in `posts` and `comments` are those of the rows in the tables below, at every commit. Numbers are for
    /// clients that want small ones; they come from `counters` and are never given again.
    static let forum = [
        "CREATE TABLE counters (name TEXT NOT NULL PRIMARY KEY, value BIGINT NOT NULL)",
        "INSERT INTO counters (name, value) VALUES ('posts', 0), ('comments', 0)",
        """
        CREATE TABLE posts (
            id BIGINT NOT NULL PRIMARY KEY,
            number BIGINT NOT NULL UNIQUE,
            author BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            like_count BIGINT NOT NULL DEFAULT 0 CHECK (like_count >= 0),
            comment_count BIGINT NOT NULL DEFAULT 0 CHECK (comment_count >= 0),
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            title TEXT NOT NULL,
            content TEXT NOT NULL
        )
        """,
        "CREATE INDEX posts_by_author ON posts (author, number)",
        """
        CREATE TABLE post_images (
            post BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
            place BIGINT NOT NULL,
            media BIGINT NOT NULL REFERENCES media (id),
            PRIMARY KEY (post, place)
        )
        """,
        "CREATE INDEX post_images_by_media ON post_images (media)",
        // A reply goes with what it replies to. The depth is bounded because deletions cascade through it.
        """
        CREATE TABLE comments (
            id BIGINT NOT NULL PRIMARY KEY,
            number BIGINT NOT NULL UNIQUE,
            post BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
            parent BIGINT REFERENCES comments (id) ON DELETE CASCADE,
            depth BIGINT NOT NULL CHECK (depth BETWEEN 0 AND 100),
            author BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            like_count BIGINT NOT NULL DEFAULT 0 CHECK (like_count >= 0),
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            content TEXT NOT NULL
        )
        """,
        "CREATE INDEX comments_by_post ON comments (post, number)",
        "CREATE INDEX comments_by_parent ON comments (parent)",
        "CREATE INDEX comments_by_author ON comments (author, post)",
        """
        CREATE TABLE post_likes (
            post BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
            account BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (post, account)
        )
        """,
        "CREATE INDEX post_likes_by_account ON post_likes (account, created_at)",
        """
        CREATE TABLE comment_likes (
            comment BIGINT NOT NULL REFERENCES comments (id) ON DELETE CASCADE,
            account BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (comment, account)
        )
        """,
        "CREATE INDEX comment_likes_by_account ON comment_likes (account, created_at)",
    ]
}
