extension Migration {
    /// Version 19, frozen: the newest markers of all rooms, a row for each commit of them.
    static let markerLog = [
        """
        CREATE TABLE marker_log (
            id BIGINT NOT NULL PRIMARY KEY,
            bytes BYTEA NOT NULL
        )
        """
    ]
}
