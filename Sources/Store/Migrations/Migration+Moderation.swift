extension Migration {
    /// Version 22, frozen: what people report, what is hidden from them, and who has done what to others.
    static let moderation = [
        "ALTER TABLE posts ADD COLUMN hidden_at BIGINT",
        "ALTER TABLE comments ADD COLUMN hidden_at BIGINT",
        // No foreign keys: a report outlives what it is about, and tells what was decided.
        """
        CREATE TABLE reports (
            id BIGINT NOT NULL PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('post', 'comment', 'account', 'room')),
            subject BIGINT NOT NULL,
            reporter BIGINT,
            reason TEXT NOT NULL,
            note TEXT,
            created_at BIGINT NOT NULL,
            decided_at BIGINT,
            decision TEXT,
            decider BIGINT
        )
        """,
        "CREATE INDEX reports_by_subject ON reports (kind, subject)",
        "CREATE INDEX reports_by_reporter ON reports (reporter)",
        "CREATE INDEX reports_open ON reports (id) WHERE decided_at IS NULL",
        "CREATE INDEX reports_decided ON reports (decided_at) WHERE decided_at IS NOT NULL",
        // Accounts by id: who they are is looked up when it is read, so that of a deleted one nothing is told.
        """
        CREATE TABLE audit (
            id BIGINT NOT NULL PRIMARY KEY,
            time BIGINT NOT NULL,
            actor BIGINT,
            by_operator BIGINT NOT NULL CHECK (by_operator IN (0, 1)),
            action TEXT NOT NULL,
            account BIGINT,
            subject TEXT,
            detail TEXT,
            address TEXT,
            has_failed BIGINT NOT NULL CHECK (has_failed IN (0, 1))
        )
        """,
    ]
}
