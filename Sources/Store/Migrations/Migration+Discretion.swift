extension Migration {
    /// Version 27, frozen: who is in no list of people, and of whom rooms show the nickname alone.
    static let discretion = [
        "ALTER TABLE accounts ADD COLUMN is_unlisted BIGINT NOT NULL DEFAULT 0",
        // What rooms show in place of the username; null for who shows it.
        "ALTER TABLE accounts ADD COLUMN alias TEXT",
        "CREATE UNIQUE INDEX accounts_by_alias ON accounts (alias) WHERE alias IS NOT NULL",
    ]
}
