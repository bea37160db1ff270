extension Migration {
    /// Version 11, frozen: how often a room has been taken, so that who took it before can write nothing any more.
    static let terms = ["ALTER TABLE rooms ADD COLUMN term BIGINT NOT NULL DEFAULT 0"]
}
