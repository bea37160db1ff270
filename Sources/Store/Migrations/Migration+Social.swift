extension Migration {
    /// Version 6, frozen: what readers do with posts beside liking them, posts with a video, who follows whom, and what
    /// people write to each other.
    ///
    /// A public id is a number for clients that keep ids in a double: from 10¹⁵ to 2⁵³ - 1, never given twice, of
    /// whatever it is the id. They come from a counter, so a greater one was given later.
    static let social = [
        "INSERT INTO counters (name, value) VALUES ('public', 1000000000000000)",
        "CREATE TABLE key_values (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
        // What the self-test of one of the APIs asks for.
        "INSERT INTO key_values (name, value) VALUES ('a', 'b')",

        "ALTER TABLE posts ADD COLUMN collect_count BIGINT NOT NULL DEFAULT 0 CHECK (collect_count >= 0)",
        "ALTER TABLE posts ADD COLUMN hit_count BIGINT NOT NULL DEFAULT 0 CHECK (hit_count >= 0)",
        // The time of writing in the words of the client that wrote it.
        "ALTER TABLE posts ADD COLUMN written_at TEXT",
        "CREATE INDEX posts_by_hits ON posts (hit_count, number)",
        """
        CREATE TABLE post_collections (
            post BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
            account BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (post, account)
        )
        """,
        "CREATE INDEX post_collections_by_account ON post_collections (account, created_at)",
        // The readers of the last moments only.
        """
        CREATE TABLE post_hits (
            post BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
            reader TEXT NOT NULL,
            hit_at BIGINT NOT NULL,
            PRIMARY KEY (post, reader)
        )
        """,
        "CREATE INDEX post_hits_by_time ON post_hits (hit_at)",

        // Either a file of ours or somebody else's address.
        """
        CREATE TABLE videos (
            post BIGINT NOT NULL PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
            public_id BIGINT NOT NULL UNIQUE,
            author BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            created_at BIGINT NOT NULL,
            media BIGINT REFERENCES media (id),
            play_url TEXT,
            cover_url TEXT,
            CHECK ((media IS NULL) <> (play_url IS NULL))
        )
        """,
        "CREATE INDEX videos_by_author ON videos (author, public_id)",
        "CREATE INDEX videos_by_media ON videos (media)",

        // What others see of an account beside its name and picture.
        """
        CREATE TABLE profiles (
            account BIGINT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
            public_id BIGINT NOT NULL UNIQUE,
            avatar_url TEXT,
            background_url TEXT,
            signature TEXT
        )
        """,
        """
        INSERT INTO profiles (account, public_id)
        SELECT id, 1000000000000000 + ROW_NUMBER() OVER (ORDER BY id) FROM accounts
        """,
        "UPDATE counters SET value = value + (SELECT COUNT(*) FROM accounts) WHERE name = 'public'",

        "ALTER TABLE comments ADD COLUMN written_at TEXT",
        "ALTER TABLE comments ADD COLUMN public_id BIGINT NOT NULL DEFAULT 0",
        "UPDATE comments SET public_id = number + (SELECT value FROM counters WHERE name = 'public')",
        """
        UPDATE counters SET value = value + (SELECT c.value FROM counters c WHERE c.name = 'comments')
        WHERE name = 'public'
        """,
        "CREATE UNIQUE INDEX comments_by_public_id ON comments (public_id)",

        """
        CREATE TABLE follows (
            follower BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            followed BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (follower, followed),
            CHECK (follower <> followed)
        )
        """,
        "CREATE INDEX follows_by_follower ON follows (follower, created_at, followed)",
        "CREATE INDEX follows_by_followed ON follows (followed, created_at, follower)",

        // A conversation is a pair, the smaller account first; no two of its messages have the same time.
        """
        CREATE TABLE messages (
            public_id BIGINT NOT NULL PRIMARY KEY,
            first BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            second BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            is_from_first BIGINT NOT NULL CHECK (is_from_first IN (0, 1)),
            created_at BIGINT NOT NULL,
            content TEXT NOT NULL,
            UNIQUE (first, second, created_at),
            CHECK (first <= second)
        )
        """,
        "CREATE INDEX messages_by_second ON messages (second)",
    ]
}
