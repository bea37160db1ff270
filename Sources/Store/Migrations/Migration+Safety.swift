extension Migration {
    /// Version 24, frozen: calls for help, and who hears them.
    static let safety = [
        // Whom somebody has named to hear of their calls.
        """
        CREATE TABLE confidants (
            account BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            confidant BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            PRIMARY KEY (account, confidant)
        )
        """,
        "CREATE INDEX confidants_by_confidant ON confidants (confidant)",
        """
        CREATE TABLE alarms (
            id BIGINT NOT NULL PRIMARY KEY,
            account BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
            room BIGINT REFERENCES rooms (id) ON DELETE SET NULL,
            raised_at BIGINT NOT NULL,
            -- In 1e-7 degrees of WGS-84; gone when all is clear.
            latitude BIGINT,
            longitude BIGINT,
            placed_at BIGINT,
            cleared_at BIGINT,
            cleared_by BIGINT REFERENCES accounts (id) ON DELETE SET NULL
        )
        """,
        // One at a time.
        "CREATE UNIQUE INDEX alarms_open ON alarms (account) WHERE cleared_at IS NULL",
        "CREATE INDEX alarms_by_account ON alarms (account)",
        "CREATE INDEX alarms_by_room ON alarms (room)",
        "CREATE INDEX alarms_by_end ON alarms (cleared_at)",
        "CREATE INDEX alarms_by_end_of ON alarms (cleared_by)",
    ]
}
