extension Migration {
    /// Version 25, frozen: links that show a room later, by so many seconds.
    static let delay = ["ALTER TABLE links ADD COLUMN delay BIGINT NOT NULL DEFAULT 0"]
}
