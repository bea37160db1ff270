extension Migration {
    /// Version 17, frozen: rooms that somebody has, who says who may come; links to rooms; what is said of runs; and
    /// guests.
    static let links = [
        // A room outlives the account that made it: others have run there.
        "ALTER TABLE rooms ADD COLUMN owner BIGINT REFERENCES accounts (id) ON DELETE SET NULL",
        "ALTER TABLE rooms ADD COLUMN name TEXT",
        "ALTER TABLE rooms ADD COLUMN starts_at BIGINT",
        """
        ALTER TABLE rooms ADD COLUMN visibility TEXT NOT NULL DEFAULT 'app'
            CHECK (visibility IN ('app', 'public', 'password', 'link'))
        """,
        "ALTER TABLE rooms ADD COLUMN revision BIGINT NOT NULL DEFAULT 0",
        "CREATE INDEX rooms_by_owner ON rooms (owner)",
        """
        CREATE TABLE links (
            id BIGINT NOT NULL PRIMARY KEY,
            room BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            hash BYTEA NOT NULL UNIQUE,
            role TEXT NOT NULL CHECK (role IN ('spectator', 'runner')),
            label TEXT,
            created_at BIGINT NOT NULL,
            expires_at BIGINT
        )
        """,
        "CREATE INDEX links_by_room ON links (room)",
        // What the owner of a run says of it, and who may see it. Beside the record, whose track stands last.
        """
        CREATE TABLE run_notes (
            record BIGINT NOT NULL PRIMARY KEY REFERENCES records (id) ON DELETE CASCADE,
            title TEXT,
            notes TEXT,
            visibility TEXT NOT NULL CHECK (visibility IN ('private', 'link', 'everybody')),
            link BYTEA,
            revision BIGINT NOT NULL
        )
        """,
        // An account without a password.
        "CREATE INDEX accounts_guests ON accounts (id) WHERE password_hash = '!'",
    ]
}
