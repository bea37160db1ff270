extension Migration {
    /// Version 10, frozen: what is shown of the way of a run that is over, so that its record need not be read for it.
    static let ways = [
        // It tells where somebody was, and goes with the account as the place does.
        "ALTER TABLE people ADD COLUMN way BYTEA"
    ]
}
