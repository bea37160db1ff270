extension Migration {
    /// Version 21, frozen: runs that came in files.
    ///
    /// Their records are as those of runs in rooms, since their tracks are written alike, but of no such run; what their
    /// files said of them, and by what they are known when they come again, stands beside them.
    static let files = [
        """
        CREATE TABLE run_files (
            record BIGINT NOT NULL PRIMARY KEY REFERENCES records (id) ON DELETE CASCADE,
            format TEXT NOT NULL,
            sport TEXT NOT NULL,
            meters DOUBLE PRECISION CHECK (meters >= 0),
            seconds DOUBLE PRECISION CHECK (seconds >= 0),
            points BIGINT NOT NULL,
            first_latitude_e7 BIGINT NOT NULL,
            first_longitude_e7 BIGINT NOT NULL,
            last_latitude_e7 BIGINT NOT NULL,
            last_longitude_e7 BIGINT NOT NULL
        )
        """,
        "CREATE INDEX records_by_start ON records (account, start_at)",
        // The newest first, whenever they were stored: what is imported is older than that.
        """
        CREATE INDEX records_by_end ON records (
            account, (CASE WHEN end_at > 0 THEN end_at ELSE created_at END), run_id)
        """,
    ]
}
