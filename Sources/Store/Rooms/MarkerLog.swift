/// The newest markers of all rooms, a row for each commit of them: so it costs a sync and a few pages to have markers on
/// the disk, however many rooms they are of.
///
/// A journal row of each room would be a page of an index for each, fifty times a second. So it is written once a second,
/// with all of a room's markers since the last one, and takes the place of what the log has of them. What is left in the
/// log by a process that ended is brought into the journals when the database is opened.
///
/// ```text
/// row: section, section, …
/// section: room (8) │ sequence (8) │ time (8) │ length (4, all little-endian) │ the bytes of a journal row
/// ```
enum MarkerLog {
    struct Section: Hashable {
        var room: Int64
        var row: JournalRow
    }

    static func append(_ section: Section, to bytes: inout [UInt8]) {
        for number in [section.room, section.row.sequence, section.row.time] { append(number, to: &bytes) }
        append(Int32(section.row.bytes.count), to: &bytes)
        bytes.append(contentsOf: section.row.bytes)
    }

    /// The sections of a row; of one that is damaged those before.
    ///
    /// What is in them has a checksum of its own.
    static func sections(of bytes: [UInt8]) -> [Section] {
        var sections: [Section] = []
        var rest = bytes[...]
        while let room: Int64 = take(&rest), let sequence: Int64 = take(&rest), let time: Int64 = take(&rest),
            let count: Int32 = take(&rest), count >= 0, count <= rest.count
        {
            let row = JournalRow(sequence: sequence, time: time, bytes: Array(rest.prefix(Int(count))))
            sections.append(Section(room: room, row: row))
            rest = rest.dropFirst(Int(count))
        }
        return sections
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func take<Number: FixedWidthInteger>(_ bytes: inout ArraySlice<UInt8>) -> Number? {
        let size = Number.bitWidth / 8
        guard bytes.count >= size else { return nil }
        let number = bytes.prefix(size).reversed().reduce(Number(0)) { $0 << 8 | Number(truncatingIfNeeded: $1) }
        bytes = bytes.dropFirst(size)
        return number
    }
}

extension RoomRepository {
    /// Adds a row.
    ///
    /// - Returns: Its id.
    static func writeLog(_ bytes: [UInt8], ids: IDGenerator, in session: Session) throws(StoreError) -> Int64 {
        let id = ids.next()
        try session.execute("INSERT INTO marker_log (id, bytes) VALUES ($1, $2)", id, bytes)
        return id
    }

    static func removeLog(_ rows: [Int64], in session: Session) throws(StoreError) {
        for row in rows { try session.execute("DELETE FROM marker_log WHERE id = $1", row) }
    }

    /// Brings what some rows have into the journals of the rooms, and removes them.
    ///
    /// - Returns: Those that stay: what they have of some room cannot be written.
    static func foldLog(_ rows: [Int64], ids: IDGenerator, in session: Session) throws(StoreError) -> [Int64] {
        var (kept, bytes): ([Int64], Int) = ([], 0)
        for row in rows {
            let found = try session.one("SELECT bytes FROM marker_log WHERE id = $1", row) { try $0.get(0) as [UInt8] }
            do throws(StoreError) {
                for section in MarkerLog.sections(of: found ?? []) {
                    bytes += try journal(section, id: ids.next(), in: session)
                }
            } catch {
                guard error.mayBeOfOneRoom else { throw error }
                kept.append(row)
            }
        }
        try countJournal(bytes, in: session)
        try removeLog(rows.filter { !kept.contains($0) }, in: session)
        return kept
    }

    /// Brings all that a process which has ended left in the log into the journals of the rooms.
    static func foldWholeLog(ids: IDGenerator, in session: Session) throws(StoreError) {
        let rows = try session.rows("SELECT id FROM marker_log ORDER BY id") { try $0.get(0) as Int64 }
        if !rows.isEmpty { _ = try foldLog(rows, ids: ids, in: session) }
    }

    /// What the log has of a room.
    ///
    /// - Complexity: Linear in the bytes of the log, which are those of the last second.
    static func log(of room: Int64, in session: Session) throws(StoreError) -> [JournalRow] {
        let rows = try session.rows("SELECT bytes FROM marker_log ORDER BY id") { try $0.get(0) as [UInt8] }
        return rows.flatMap(MarkerLog.sections).filter { $0.room == room }.map(\.row)
    }

    /// Rewrites what the log has of a room.
    ///
    /// - Complexity: As ``log(of:in:)``.
    static func rewriteLog(
        of room: Int64, _ change: (JournalRow) -> [UInt8]?, in session: Session
    ) throws(StoreError) {
        let rows = try session.rows("SELECT id, bytes FROM marker_log ORDER BY id") {
            (id: try $0.get(0) as Int64, bytes: try $0.get(1) as [UInt8])
        }
        for row in rows {
            var (bytes, isChanged): ([UInt8], Bool) = ([], false)
            for section in MarkerLog.sections(of: row.bytes) {
                var section = section
                if section.room == room, let changed = change(section.row) {
                    section.row.bytes = changed
                    isChanged = true
                }
                MarkerLog.append(section, to: &bytes)
            }
            if isChanged { try session.execute("UPDATE marker_log SET bytes = $2 WHERE id = $1", row.id, bytes) }
        }
    }

    /// Adds a journal row, of a room that is still there; one that is there already stays as it is.
    ///
    /// - Returns: The bytes that were added.
    private static func journal(
        _ section: MarkerLog.Section, id: Int64, in session: Session
    ) throws(StoreError) -> Int {
        let added = try session.execute(
            """
            INSERT INTO journal (id, room, sequence, time, bytes)
            SELECT $1, id, $3, $4, $5 FROM rooms WHERE id = $2 AND is_leaving = 0
            ON CONFLICT (room, sequence) DO NOTHING
            """,
            id, section.room, section.row.sequence, section.row.time, section.row.bytes)
        return added == 1 ? section.row.bytes.count : 0
    }
}
