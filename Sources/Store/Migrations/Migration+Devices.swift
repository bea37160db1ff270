extension Migration {
    /// Version 20, frozen: phones whose apps report to rooms by themselves.
    static let devices = [
        // What is revoked stays, so that its phone is told that all is well until it falls silent.
        """
        CREATE TABLE devices (
            id BIGINT NOT NULL PRIMARY KEY,
            account BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
            hash BYTEA NOT NULL UNIQUE,
            app TEXT NOT NULL,
            label TEXT,
            -- The room; none with `follows` for the one its person is in, and without it for one that is gone.
            room BIGINT REFERENCES rooms (id) ON DELETE SET NULL,
            follows BIGINT NOT NULL CHECK (follows IN (0, 1)),
            created_at BIGINT NOT NULL,
            heard_at BIGINT,
            revoked_at BIGINT,
            revision BIGINT NOT NULL DEFAULT 0
        )
        """,
        "CREATE INDEX devices_by_account ON devices (account, id)",
        "CREATE INDEX devices_by_room ON devices (room)",
    ]
}
