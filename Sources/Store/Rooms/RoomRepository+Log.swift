import Logging
import Synchronization

/// What could be read of the log of the newest markers.
struct LogReading: Sendable {
    /// A row, with its id if that could be read.
    struct Row: Hashable, Sendable {
        var id: Int64?
        var sections: [MarkerLog.Section] = []
        /// Why not all of it could be read; nil for a sound one.
        var damage: String?
    }

    var rows: [Row] = []
    /// The id of the last one; more than any if that is on a damaged page.
    var last: Int64 = 0

    var isDamaged: Bool { rows.contains { $0.damage != nil } }
}

// Nothing that is wrong with the log keeps anybody from storing, or a server from starting. A row that is damaged is
// passed over: what can be read of it gets into the journals, and it is put aside with the whole table, in which somebody
// may look for the rest. What the disk does not give at the moment is tried again.

extension RoomRepository {
    /// Adds a row, of sections that were appended to each other.
    ///
    /// - Returns: Its id.
    /// - Throws: ``StoreError/logUnusable(_:)`` when it is the log's fault.
    static func writeLog(_ sections: [UInt8], ids: IDGenerator, in session: Session) throws(StoreError) -> Int64 {
        let id = ids.next()
        try ofLog { () throws(StoreError) in
            _ = try session.execute(
                "INSERT INTO marker_log (id, bytes) VALUES ($1, $2)", id, MarkerLog.headed(sections))
        }
        return id
    }

    /// - Throws: ``StoreError/logUnusable(_:)`` when it is the log's fault.
    static func removeLog(_ rows: [Int64], in session: Session) throws(StoreError) {
        try ofLog { () throws(StoreError) in
            for row in rows { try session.execute("DELETE FROM marker_log WHERE id = $1", row) }
        }
    }

    /// Brings what some rows have into the journals of the rooms, and removes them.
    ///
    /// - Returns: Those that stay: what they have of some room cannot be written.
    /// - Throws: ``StoreError/logUnusable(_:)`` when one cannot be read, or is damaged.
    static func foldLog(_ rows: [Int64], ids: IDGenerator, in session: Session) throws(StoreError) -> [Int64] {
        var found: [LogReading.Row] = []
        for id in rows {
            let bytes = try ofLog { () throws(StoreError) in
                try session.one("SELECT bytes FROM marker_log WHERE id = $1", id) { try $0.get(0) as [UInt8] }
            }
            guard let row = bytes.map(MarkerLog.decode) else { continue }
            if let damage = row.damage { throw .logUnusable(damage) }
            found.append(LogReading.Row(id: id, sections: row.sections))
        }
        let kept = try bring(found, ids: ids, in: session).compactMap(\.id)
        try removeLog(rows.filter { !kept.contains($0) }, in: session)
        return kept
    }

    /// Brings some rows of the log into the journals as ``JournalBatch/log``, whatever is wrong with the log.
    ///
    /// - Parameters:
    ///   - rows: Their ids.
    ///   - isLastTry: Whether what the disk does not give now is passed over like what is damaged.
    /// - Returns: Those that are to be brought there later.
    /// - Throws: What is wrong with no row, such as ``StoreError/diskFull``.
    func bringLog(_ rows: [Int64], isLastTry: Bool) async throws(StoreError) -> [Int64] {
        let ids = ids
        do throws(StoreError) {
            return try await write(.journal) { session throws(StoreError) in
                try Self.foldLog(rows, ids: ids, in: session)
            }
        } catch {
            guard error.mayBeOfOneRoom else { throw error }
            if case .logUnusable = error {} else if !isLastTry { return rows }
        }
        return try await renewLog(isLastTry: isLastTry) ? [] : rows
    }

    /// Brings what can be read of the log into the journals, puts the log aside and begins another.
    ///
    /// - Parameter isLastTry: Whether what the disk does not give now is passed over like what is damaged.
    /// - Returns: False when that cannot be done at the moment.
    /// - Throws: What is wrong with no row, such as ``StoreError/diskFull``.
    func renewLog(isLastTry: Bool) async throws(StoreError) -> Bool {
        let ids = ids
        do throws(StoreError) {
            let found = try await read { session throws(StoreError) in
                try Self.readLog(isLastTry: isLastTry, in: session)
            }
            let aside = try await write(.journal) { session throws(StoreError) in
                try Self.replaceLog(found, ids: ids, in: session)
            }
            database.note(damaged: found, aside: aside)
            _ = try? await write { session throws(StoreError) in
                try Self.leaveDamaged(found, in: aside, session)
            }
            return true
        } catch {
            guard error.mayBeOfOneRoom else { throw error }
            return false
        }
    }

    /// What the log has of a room.
    ///
    /// - Complexity: Linear in the bytes of the log, which are those of the last second.
    static func log(of room: Int64, in session: Session) throws(StoreError) -> [JournalRow] {
        try readLog(in: session).rows.flatMap(\.sections).filter { $0.room == room }.map(\.row)
    }

    /// Rewrites what the log has of a room; of a damaged row what could be read stays then.
    ///
    /// - Complexity: As ``log(of:in:)``.
    static func rewriteLog(
        of room: Int64, _ change: (JournalRow) -> [UInt8]?, in session: Session
    ) throws(StoreError) {
        for row in try readLog(in: session).rows {
            guard let id = row.id else { continue }
            var (sections, isChanged) = (row.sections, false)
            for index in sections.indices where sections[index].room == room {
                guard let changed = change(sections[index].row) else { continue }
                sections[index].row.bytes = changed
                isChanged = true
            }
            guard isChanged else { continue }
            try session.execute("UPDATE marker_log SET bytes = $2 WHERE id = $1", id, MarkerLog.encode(sections))
        }
    }

    // MARK: - All of it

    /// Reads the whole log, with what lies behind a damaged page.
    ///
    /// - Parameters:
    ///   - isLastTry: Whether what the disk does not give now is passed over like what is damaged.
    ///   - session: Reads it.
    /// - Returns: What there is, and what is damaged.
    /// - Throws: What the database says, when it is no matter of damage.
    static func readLog(isLastTry: Bool = false, in session: Session) throws(StoreError) -> LogReading {
        var found = LogReading()
        do throws(StoreError) {
            let last = try session.one("SELECT MAX(id) FROM marker_log") { try $0.get(0) as Int64? }
            found.last = (last ?? nil) ?? 0
        } catch {
            guard error.mayBeOfSomeRows || isLastTry, error.mayBeOfOneRoom else { throw error }
            // Then nobody can add one.
            found.last = .max
        }
        do throws(StoreError) {
            _ = try session.soundRows(from: 0, isLastTry: isLastTry, areFarApart: true) {
                first, body throws(StoreError) in
                try session.each(
                    "SELECT id, bytes FROM marker_log WHERE id >= $1 ORDER BY id", first, body: body)
            } as: { row in
                found.rows.append(LogReading.Row(row))
            } damaged: { _ in
                found.rows.append(LogReading.Row(damage: "cannot be read"))
            }
        } catch {
            guard error.mayBeOfSomeRows || isLastTry, error.mayBeOfOneRoom else { throw error }
            // What lies behind the damage cannot be reached, or is none.
            if !found.isDamaged { found.rows.append(LogReading.Row(damage: "\(error)")) }
        }
        return found
    }

    /// Brings what was read of the log into the journals, and removes it.
    static func emptyLog(_ found: LogReading, ids: IDGenerator, in session: Session) throws(StoreError) {
        let kept = try bring(found.rows, ids: ids, in: session)
        try removeLog(found.rows.filter { !kept.contains($0) }.compactMap(\.id), in: session)
    }

    /// Brings what was read of the log into the journals, puts the log aside as it is, and begins another, with what has
    /// been written since it was read and what cannot be brought into the journals now.
    ///
    /// - Returns: What the table is called now.
    static func replaceLog(
        _ found: LogReading, ids: IDGenerator, in session: Session
    ) throws(StoreError) -> String {
        let kept = try bring(found.rows, ids: ids, in: session)
        let aside = "marker_log_\(ids.next())"
        try session.execute(SQL(definition: "ALTER TABLE marker_log RENAME TO \(aside)"))
        for statement in Migration.markerLog { try session.execute(SQL(definition: statement)) }
        if found.last < .max {
            try session.execute(
                SQL("INSERT INTO marker_log (id, bytes) SELECT id, bytes FROM \(aside) WHERE id > $1"), found.last)
        }
        for row in kept {
            try session.execute(
                "INSERT INTO marker_log (id, bytes) VALUES ($1, $2)", row.id ?? ids.next(),
                MarkerLog.encode(row.sections))
        }
        return aside
    }

    /// Leaves only those rows in a log that was put aside that are damaged.
    static func leaveDamaged(_ found: LogReading, in aside: String, _ session: Session) throws(StoreError) {
        if found.last < .max { try session.execute(SQL("DELETE FROM \(aside) WHERE id > $1"), found.last) }
        for row in found.rows where row.damage == nil {
            guard let id = row.id else { continue }
            try session.execute(SQL("DELETE FROM \(aside) WHERE id = $1"), id)
        }
        if !found.isDamaged { try session.execute(SQL(definition: "DROP TABLE \(aside)")) }
    }

    // MARK: - Rows

    /// Brings rows into the journals, damaged ones last: none takes the place of what is sound.
    ///
    /// - Returns: Those of which something cannot be written.
    private static func bring(
        _ rows: [LogReading.Row], ids: IDGenerator, in session: Session
    ) throws(StoreError) -> [LogReading.Row] {
        var (kept, bytes): ([LogReading.Row], Int) = ([], 0)
        for row in rows.filter({ $0.damage == nil }) + rows.filter({ $0.damage != nil }) {
            do throws(StoreError) {
                for section in row.sections { bytes += try journal(section, id: ids.next(), in: session) }
            } catch {
                guard error.mayBeOfOneRoom else { throw error }
                kept.append(row)
            }
        }
        try countJournal(bytes, in: session)
        return kept
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

    /// Has damage be the log's, and no room's.
    private static func ofLog<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value {
        do throws(StoreError) {
            return try body()
        } catch {
            if case .corrupt(let reason) = error { throw .logUnusable(reason) }
            throw error
        }
    }
}

extension LogReading.Row {
    /// Reads id and bytes.
    init(_ row: SQLRow) {
        id = try? row.get(0) as Int64
        guard let bytes = try? row.get(1) as [UInt8] else {
            damage = "a column holds a value of another type"
            return
        }
        let read = MarkerLog.decode(bytes)
        (sections, damage) = (read.sections, read.damage)
    }
}

extension AppDatabase {
    /// Says what of the log of the newest markers is damaged, and counts it.
    func note(damaged found: LogReading, aside: String) {
        damagedLogRows.add(Self.report(damaged: found, aside: aside, logger), ordering: .relaxed)
    }

    /// - Returns: How many rows are damaged.
    static func report(damaged found: LogReading, aside: String, _ logger: Logger) -> Int {
        let damaged = found.rows.filter { $0.damage != nil }
        for row in damaged {
            logger.error(
                "a row of the log of the newest markers is damaged; what could be read of it is in the journals",
                metadata: [
                    "row": "\(row.id.map { "\($0)" } ?? "?")", "reason": "\(row.damage ?? "")",
                    "rooms": "\(Set(row.sections.map(\.room)).sorted())", "aside": "\(aside)",
                ])
        }
        logger.error(
            "the log of the newest markers was put aside, and another begun",
            metadata: ["aside": "\(aside)", "damaged": "\(damaged.count)"])
        return damaged.count
    }
}
