import Foundation
import GRDB

/// The database of a data directory in the eyes of another process than its server, which may be running.
///
/// It takes no lock on the directory and writes nothing: in SQLite's WAL mode a reader sees the state of one moment,
/// waits for nobody, and nobody waits for it. While it reads, the server's log grows. Used from one task at a time; each
/// call blocks its thread.
public final class DatabaseReader: Sendable {
    private let queue: DatabaseQueue

    /// Opens the database for reading.
    ///
    /// - Parameter file: The database file itself, such as `runroom.sqlite` in a data directory.
    /// - Throws: ``StoreError/cannotOpen(path:reason:)``, ``StoreError/corrupt(_:)``,
    ///   ``StoreError/newerVersion(found:known:)``.
    public init(file: String) throws(StoreError) {
        do {
            queue = try DatabaseQueue(reading: file, label: "reader")
            let found = try queue.read { database in
                try Int.fetchOne(database, sql: "SELECT MAX(version) FROM schema_version") ?? 0
            }
            let known = Migration.all.last?.version ?? 0
            guard found <= known else { throw StoreError.newerVersion(found: found, known: known) }
        } catch {
            switch StoreError(error) {
            case .io(let reason): throw .cannotOpen(path: file, reason: reason)
            case let error: throw error
            }
        }
    }

    /// Closes the file; later calls throw.
    public func close() throws(StoreError) {
        do { try queue.close() } catch { throw StoreError(error) }
    }

    /// Copies the whole database, as of one moment, into a new file that stands alone: no log beside it is part of it.
    ///
    /// The copy is synced when this returns.
    ///
    /// - Parameter file: A path where nothing is yet. After an error something may be left there.
    /// - Throws: ``StoreError/diskFull``, ``StoreError/corrupt(_:)`` when what was copied is damaged,
    ///   ``StoreError/io(_:)``.
    /// - Complexity: Reads and writes each page once; the server's writers do not wait.
    public func copy(to file: String) throws(StoreError) {
        do {
            let copy = try DatabaseQueue(path: file)
            // In one step, which is one read transaction: between steps a server that writes would make it begin anew.
            try queue.backup(to: copy)
            try copy.writeWithoutTransaction { database in
                // The mode is written in the file, and came along.
                _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = DELETE")
                let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
                guard verdict == "ok" else { throw StoreError.corrupt(verdict ?? "no verdict") }
            }
            try copy.close()
            let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
            try handle.synchronize()
            try handle.close()
        } catch {
            throw StoreError(error)
        }
    }

    /// The hashes of the pictures and videos that something refers to: their files must be there.
    ///
    /// - Throws: What the database says.
    public func referencedMedia() throws(StoreError) -> [[UInt8]] {
        do {
            return try queue.read { database in
                // A database of an older version has not all of these columns.
                let columns = try MediaReferences.columns.filter { table, column in
                    try Bool.fetchOne(
                        database, sql: "SELECT EXISTS (SELECT 1 FROM pragma_table_info(?) WHERE name = ?)",
                        arguments: [table, column]) ?? false
                }
                guard !columns.isEmpty else { return [] }
                let references = columns.map { "SELECT \($1) FROM \($0)" }.joined(separator: " UNION ")
                return try Data.fetchAll(
                    database, sql: "SELECT DISTINCT hash FROM media WHERE id IN (\(references)) ORDER BY hash"
                ).map(Array.init)
            }
        } catch {
            throw StoreError(error)
        }
    }

    /// Reads the whole database in one transaction, and tells everything that ``Inspection`` has.
    public func inspect(_ inspection: Inspection) throws(StoreError) {
        do {
            try queue.read { database in
                try inspection.run(database)
            }
        } catch {
            throw StoreError(error)
        }
    }
}

extension DatabaseReader {
    /// What is to be done with the parts of a database that only the floors above can judge.
    public struct Inspection {
        /// Takes a sentence about damage that the database itself found.
        public var damage: (String) -> Void
        /// Takes a journal row.
        public var journalRow: (_ room: Int64, _ runID: String, _ row: JournalRow) -> Void
        /// Takes a block of a run that is not over.
        public var block: (_ runID: String, _ block: StoredBlock) -> Void
        /// Takes a runner of a room, and what gives the blocks of their run.
        public var person:
            (_ room: Int64, _ runID: String, _ person: StoredPerson, _ blocks: () throws -> [StoredBlock]) -> Void
        /// Takes a record with its track.
        public var record: (_ record: StoredRecord) -> Void

        public init(
            damage: @escaping (String) -> Void,
            journalRow: @escaping (_ room: Int64, _ runID: String, _ row: JournalRow) -> Void,
            block: @escaping (_ runID: String, _ block: StoredBlock) -> Void,
            person:
                @escaping (
                    _ room: Int64, _ runID: String, _ person: StoredPerson, _ blocks: () throws -> [StoredBlock]
                ) -> Void,
            record: @escaping (_ record: StoredRecord) -> Void
        ) {
            self.damage = damage
            self.journalRow = journalRow
            self.block = block
            self.person = person
            self.record = record
        }

        fileprivate func run(_ database: Database) throws {
            section("the file") {
                let verdicts = try String.fetchAll(database, sql: "PRAGMA integrity_check")
                if verdicts != ["ok"] { verdicts.forEach { damage("the file: \($0)") } }
            }
            section("the references") {
                let rows = try Row.fetchCursor(database, sql: "PRAGMA foreign_key_check")
                while let row = try rows.next() {
                    let table: String = row[0], id: Int64? = row[1], parent: String = row[2]
                    damage("table \(table), row \(id.map { "\($0)" } ?? "?"): refers to nothing in \(parent)")
                }
            }
            section("the journal") {
                let sql = """
                    SELECT j.sequence, j.time, j.bytes, j.room, r.run_id FROM journal j JOIN rooms r ON r.id = j.room \
                    ORDER BY j.id
                    """
                try each(sql, in: database, "a journal row") { row in
                    journalRow(
                        try row.get(3), try row.get(4),
                        JournalRow(sequence: try row.get(0), time: try row.get(1), bytes: try row.get(2)))
                }
            }
            section("the log of the newest markers") {
                let rows = try Row.fetchAll(database, sql: "SELECT id, run_id FROM rooms")
                let runIDs = Dictionary(rows.map { ($0[0] as Int64, $0[1] as String) }) { first, _ in first }
                try each("SELECT bytes FROM marker_log ORDER BY id", in: database, "a row of the log") { row in
                    let read = MarkerLog.decode(try row.get(0))
                    for section in read.sections {
                        guard let runID = runIDs[section.room] else { continue }
                        journalRow(section.room, runID, section.row)
                    }
                    if let reason = read.damage { throw StoreError.corrupt(reason) }
                }
            }
            section("the blocks of tracks") {
                let sql = """
                    SELECT b.runner, b.number, b.bytes, r.run_id, b.run_key FROM track_blocks b JOIN rooms r ON r.id = b.room \
                    ORDER BY b.id
                    """
                try each(sql, in: database, "a block") { row in
                    block(
                        try row.get(3),
                        StoredBlock(
                            runner: try row.get(0), runKey: try row.get(4), number: try row.get(1),
                            bytes: try row.get(2)))
                }
            }
            section("the people of rooms") {
                let sql = """
                    SELECT p.runner, p.account, p.joined_at, p.latitude_e7, p.longitude_e7, p.state, \
                    a.username, a.nickname, a.disabled_at, p.way, p.mark, a.zones, a.calls_when_still, a.alias, r.run_id, \
                    r.id \
                    FROM people p JOIN rooms r ON r.id = p.room LEFT JOIN accounts a ON a.id = p.account \
                    AND a.is_leaving = 0 ORDER BY p.room, p.runner
                    """
                try each(sql, in: database, "a person") { row in
                    let (room, someone): (Int64, StoredPerson) = (try row.get(15), try StoredPerson(row))
                    person(room, try row.get(14), someone) { try blocks(of: someone.runner, room, in: database) }
                }
            }
            section("the records") {
                let sql = "SELECT \(RecordSummary.columns), track FROM records ORDER BY id"
                try each(sql, in: database, "a record") { row in
                    record(StoredRecord(summary: try RecordSummary(row), track: try row.get(12)))
                }
            }
        }

        private func blocks(of runner: Int, _ room: Int64, in database: Database) throws -> [StoredBlock] {
            try Session(database).rows(
                "SELECT number, run_key, bytes FROM track_blocks WHERE room = $1 AND runner = $2 ORDER BY number",
                room, runner
            ) { StoredBlock(runner: runner, runKey: try $0.get(1), number: try $0.get(0), bytes: try $0.get(2)) }
        }

        /// Goes on with the next part when one cannot be read to its end.
        private func section(_ name: String, _ read: () throws -> Void) {
            do {
                try read()
            } catch {
                damage("\(name): cannot be read to the end: \(StoreError(error))")
            }
        }

        /// Reads rows one by one, so that no more than one is in memory.
        private func each(
            _ sql: String, in database: Database, _ name: String, _ body: (SQLRow) throws -> Void
        ) throws {
            let rows = try Row.fetchCursor(database, sql: sql)
            while let row = try rows.next() {
                do {
                    try body(SQLRow(row))
                } catch {
                    damage("\(name): \(StoreError(error))")
                }
            }
        }
    }
}

extension DatabaseQueue {
    /// Opens a file that somebody else may be writing, for reading alone.
    ///
    /// - Throws: ``StoreError/cannotOpen(path:reason:)`` when there is none; GRDB's errors otherwise.
    convenience init(reading file: String, label: String) throws {
        guard FileManager.default.fileExists(atPath: file) else {
            throw StoreError.cannotOpen(path: file, reason: "there is no such file")
        }
        var configuration = Configuration()
        configuration.label = label
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        try self.init(path: file, configuration: configuration)
    }
}
