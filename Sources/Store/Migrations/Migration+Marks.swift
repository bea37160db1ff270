extension Migration {
    /// Version 18, frozen: what a run's older markers have come to, so that a start need not measure them again and their
    /// journal rows can go.
    static let marks = [
        // It tells where somebody was, and goes with the account as the place and the way do.
        "ALTER TABLE people ADD COLUMN mark BYTEA",
        // Whose the block is: 0 of those that were written before, for which the journal is whole.
        "ALTER TABLE track_blocks ADD COLUMN run_key BIGINT NOT NULL DEFAULT 0",
    ]
}
