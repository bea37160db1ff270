extension Migration {
    /// Version 9, frozen: older markers of the runs that are under way, so that they need not be in memory.
    static let blocks = [
        // As in the journal, the id is the order of writing.
        """
        CREATE TABLE track_blocks (
            id BIGINT NOT NULL PRIMARY KEY,
            room BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
            runner BIGINT NOT NULL,
            number BIGINT NOT NULL,
            bytes BYTEA NOT NULL,
            UNIQUE (room, runner, number)
        )
        """
    ]
}
