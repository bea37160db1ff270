extension Migration {
    /// Version 12, frozen: what was found only by reading a table that grows.
    static let indexes = [
        "CREATE INDEX videos_by_time ON videos (created_at, public_id)",
        // Whether the sweep has seen that something refers to it; nothing has, where it may be nobody's any more.
        "ALTER TABLE media ADD COLUMN is_settled BIGINT NOT NULL DEFAULT 0 CHECK (is_settled IN (0, 1))",
        "CREATE INDEX media_unsettled ON media (created_at, id) WHERE is_settled = 0",
        "CREATE INDEX administrators ON accounts (id) WHERE role IN ('admin', 'root')",
    ]
}
