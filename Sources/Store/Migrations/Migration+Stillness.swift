extension Migration {
    /// Version 26, frozen: calls for help for who runs and does not move.
    static let stillness = [
        "ALTER TABLE accounts ADD COLUMN calls_when_still BIGINT NOT NULL DEFAULT 0",
        // Whether nobody called, and they did not move.
        "ALTER TABLE alarms ADD COLUMN is_still BIGINT NOT NULL DEFAULT 0",
    ]
}
