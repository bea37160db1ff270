extension Migration {
    /// Version 14, frozen: accounts that are deleted, and of which something is still there.
    static let leaving = [
        "ALTER TABLE accounts ADD COLUMN is_leaving BIGINT NOT NULL DEFAULT 0 CHECK (is_leaving IN (0, 1))",
        "CREATE INDEX accounts_leaving ON accounts (id) WHERE is_leaving = 1",
    ]
}
