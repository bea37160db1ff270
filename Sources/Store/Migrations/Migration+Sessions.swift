extension Migration {
    /// Version 5, frozen: tokens that were given at one login, and what became of those that are worth nothing any more.
    static let sessions = [
        "ALTER TABLE tokens ADD COLUMN session BIGINT",
        "CREATE INDEX tokens_by_session ON tokens (session)",
        // Without an account, whom they must not outlive in any other way than this: as the hash of random bits.
        """
        CREATE TABLE ended_tokens (
            hash BYTEA NOT NULL PRIMARY KEY,
            reason TEXT NOT NULL CHECK (reason IN ('expired', 'revoked', 'deleted')),
            expires_at BIGINT NOT NULL
        )
        """,
        "CREATE INDEX ended_tokens_by_expiry ON ended_tokens (expires_at)",
    ]
}
