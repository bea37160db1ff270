extension Migration {
    /// Version 28, frozen: rooms that are deleted, and of which something is still there.
    static let leavingRooms = [
        "ALTER TABLE rooms ADD COLUMN is_leaving BIGINT NOT NULL DEFAULT 0 CHECK (is_leaving IN (0, 1))",
        "CREATE INDEX rooms_leaving ON rooms (id) WHERE is_leaving = 1",
    ]
}
