extension Migration {
    /// Version 4, frozen: what somebody may do, since when an account may do nothing any more, and where its
    /// owner is reached.
    static let roles = [
        "ALTER TABLE accounts ADD COLUMN role TEXT NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin', 'root'))",
        "ALTER TABLE accounts ADD COLUMN disabled_at BIGINT",
        "ALTER TABLE accounts ADD COLUMN email TEXT",
    ]
}
