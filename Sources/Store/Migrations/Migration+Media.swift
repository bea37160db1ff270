extension Migration {
    /// Version 2, frozen: pictures, and what a user prefers.
    static let mediaAndPreferences = [
        // A row for each upload; rows with the same bytes share a file, which is named by the hash.
        """
        CREATE TABLE media (
            id BIGINT NOT NULL PRIMARY KEY,
            hash BYTEA NOT NULL,
            type TEXT NOT NULL,
            bytes BIGINT NOT NULL CHECK (bytes > 0),
            width BIGINT NOT NULL CHECK (width > 0),
            height BIGINT NOT NULL CHECK (height > 0),
            created_at BIGINT NOT NULL
        )
        """,
        "CREATE INDEX media_by_hash ON media (hash)",
        // Version 1 had a text here that nothing wrote.
        "ALTER TABLE accounts DROP COLUMN avatar",
        "ALTER TABLE accounts ADD COLUMN picture BIGINT REFERENCES media (id)",
        "CREATE INDEX accounts_by_picture ON accounts (picture)",
        "ALTER TABLE accounts ADD COLUMN preferences TEXT",
    ]
}
