public import Limits

extension RoomRepository {
    /// Writes a batch: what is not among the failures of the result is on the disk when this returns.
    ///
    /// It is one transaction as long as nothing is wrong with any room. A room that cannot be written costs the others
    /// some transactions more, and no more than that.
    ///
    /// Not errors: rooms that no longer exist (their changes are skipped), accounts that no longer exist (their records
    /// are skipped, their people and events lose place and words), records that their owners deleted (they stay
    /// deleted), and a batch that was committed before.
    ///
    /// - Parameters:
    ///   - batch: What is to be there afterwards.
    ///   - limit: How many journal rows and blocks it may remove; the rest is told in the result.
    /// - Returns: What became of it; a room that has been taken anew since fails with ``StoreError/termLost``.
    /// - Throws: What is wrong with no room but with the disk or the whole file: ``StoreError/diskFull``,
    ///   ``StoreError/busy`` and the like, after which the same batch may be tried again.
    /// - Complexity: One sync of the log, and about 15 µs of a processor for each room with a journal row, most of it
    ///   for writing the page of the index that the row falls on. Removing rows costs some µs each, and everybody who
    ///   writes waits for that.
    public func commit(_ batch: JournalBatch, purging limit: Int = Limit.Store.purgedRows) async throws(StoreError)
        -> CommitResult
    {
        var result = CommitResult()
        var budget = limit
        var parts = batch.isEmpty ? [] : [batch.rooms[...]]
        var isLogKept = !batch.log.isEmpty
        var isLogUnusable = false
        while let part = parts.popLast() {
            do throws(StoreError) {
                let (ids, left) = (ids, budget)
                let replacesLog = batch.replacesLog && part.count == batch.rooms.count && !isLogUnusable
                let (stored, rest) = try await write(.journal) { session throws(StoreError) in
                    var (stored, rest, bytes, log) = (CommitResult(), left, 0, [UInt8]())
                    let terms = try Self.terms(of: part.lazy.filter { $0.logged != nil }.map(\.room), in: session)
                    for changes in part {
                        try Self.store(
                            changes, terms, &stored, purging: &rest, bytes: &bytes, log: &log, ids: ids, in: session)
                    }
                    try Self.countJournal(bytes, in: session)
                    if !log.isEmpty { stored.logged.append(try Self.writeLog(log, ids: ids, in: session)) }
                    if replacesLog { try Self.removeLog(batch.log, in: session) }
                    return (stored, rest)
                }
                if replacesLog { isLogKept = false }
                budget = rest
                result.merge(stored)
            } catch {
                guard error.mayBeOfOneRoom else { throw error }
                var mayBeOfLog = batch.replacesLog && part.count == batch.rooms.count
                if case .logUnusable = error { mayBeOfLog = true }
                if mayBeOfLog, !isLogUnusable {
                    // Then nothing is left to be removed from it, or what is to be is seen to below.
                    isLogUnusable = true
                    if case .logUnusable = error { _ = try await renewLog(isLastTry: batch.isLastTryOfLog) }
                    parts.append(part)
                } else if part.isEmpty {
                    throw error
                } else if part.count == 1 {
                    var changes = part[part.startIndex]
                    if error.mayBeOfSomeRows, changes.removeNothing() {
                        // What is to be removed may be damaged, and keeps nothing from being stored.
                        parts.append([changes])
                    } else {
                        result.failures[changes.room] = error
                    }
                } else {
                    // Each half by itself, until the room that it is stands alone.
                    let middle = part.startIndex + part.count / 2
                    parts += [part[middle...], part[..<middle]]
                }
            }
        }
        if isLogKept {
            // It may have markers of a room that is not in the batch, or could not be written.
            result.unfolded = try await bringLog(batch.log, isLastTry: batch.isLastTryOfLog)
        }
        // Of a batch of which nothing could be written, no room need be the reason.
        if result.failures.count == batch.rooms.count, result.failures.values.contains(where: { $0 != .termLost }) {
            _ = try await write { session throws(StoreError) in
                try session.execute("UPDATE schema_version SET version = version")
            }
        }
        return result
    }

    /// The blocks of a runner's run that is not over, ascending by number.
    ///
    /// No such room or runner is not an error: they have none. Otherwise as ``blocks(room:from:isLastTry:)``.
    public func blocks(
        room: Int64, runner: Int, isLastTry: Bool = false
    ) async throws(StoreError) -> [StoredBlock] {
        try await blocks(room: room, from: [runner: 0], isLastTry: isLastTry)
    }

    /// The blocks of the runs of some runners that are not over: of each, ascending, those from a number on.
    ///
    /// - Parameters:
    ///   - room: The room's id.
    ///   - first: The numbers, by runner.
    ///   - isLastTry: Whether blocks that the disk does not give now are passed over like damaged ones.
    /// - Returns: The blocks; of those that cannot be read some without bytes, and of no run.
    /// - Throws: What the database says; not for single rows that are damaged.
    /// - Complexity: One read transaction, and a search of the index for each runner.
    public func blocks(
        room: Int64, from first: [Int: Int], isLastTry: Bool = false
    ) async throws(StoreError) -> [StoredBlock] {
        guard !first.isEmpty else { return [] }
        return try await read { session throws(StoreError) in
            var blocks: [StoredBlock] = []
            for (runner, number) in first.sorted(by: { $0.key < $1.key }) {
                blocks += try session.soundRows(from: Int64(number), isLastTry: isLastTry) {
                    first, body throws(StoreError) in
                    try session.each(Statements.blocks, room, runner, first, body: body)
                } as: {
                    StoredBlock(runner: runner, runKey: try $0.get(1), number: try $0.get(0), bytes: try $0.get(2))
                } damaged: {
                    StoredBlock(runner: runner, number: Int($0), bytes: [])
                }
            }
            return blocks
        }
    }

    /// Those of some runners of a room of whom there are blocks.
    public func runnersWithBlocks(room: Int64, among runners: [Int]) async throws(StoreError) -> [Int] {
        guard !runners.isEmpty else { return [] }
        return try await read { session throws(StoreError) in
            var found: [Int] = []
            for runner in runners where try session.exists(Statements.findBlocks, room, runner) { found.append(runner) }
            return found
        }
    }

    /// The sum of the journal's blobs in bytes: how much a start would have to replay.
    ///
    /// - Complexity: One row, on a reader: the sum is kept by who writes the journal.
    public func journalBytes() async throws(StoreError) -> Int {
        try await read { session throws(StoreError) in
            try session.one("SELECT value FROM counters WHERE name = 'journal_bytes'") { try $0.get(0) } ?? 0
        }
    }

    /// Rewrites a room's journal, a few hundred rows at a time, so that others who write need not wait for all of it;
    /// and before that what the log has of the room, which may be brought into the journal at any time.
    ///
    /// It needs no term: what a row becomes depends on what it is in the same transaction, so that nothing which another
    /// home of the room has written meanwhile is overwritten by something older.
    ///
    /// - Parameters:
    ///   - room: The room; one that is no longer there has no rows.
    ///   - change: The bytes that take the place of a row's, or nil to leave it as it is.
    /// - Throws: What the database says; what was rewritten until then stays.
    public func rewriteJournal(
        of room: Int64, _ change: @escaping @Sendable (JournalRow) -> [UInt8]?
    ) async throws(StoreError) {
        do throws(StoreError) {
            try await write { session throws(StoreError) in try Self.rewriteLog(of: room, change, in: session) }
        } catch {
            // Nothing is written in a transaction that has come upon a damaged page.
            guard error.mayBeOfSomeRows, try await renewLog(isLastTry: false) else { throw error }
            try await write { session throws(StoreError) in try Self.rewriteLog(of: room, change, in: session) }
        }
        var next: Int64? = .min
        while let after = next {
            next = try await write { session throws(StoreError) in
                let rows = try session.rows(
                    """
                    SELECT sequence, time, bytes FROM journal WHERE room = $1 AND sequence > $2
                    ORDER BY sequence LIMIT 300
                    """,
                    room, after
                ) { row in
                    // One that is damaged stays as it is.
                    let (time, bytes) = (try? row.get(1) as Int64, try? row.get(2) as [UInt8])
                    return JournalRow(sequence: try row.get(0), time: time ?? 0, bytes: bytes ?? [])
                }
                var grown = 0
                for row in rows {
                    guard let bytes = change(row) else { continue }
                    try session.execute(
                        "UPDATE journal SET bytes = $3 WHERE room = $1 AND sequence = $2", room, row.sequence, bytes)
                    grown += bytes.count - row.bytes.count
                }
                try Self.countJournal(grown, in: session)
                return rows.last?.sequence
            }
        }
    }

    // MARK: Inside a transaction

    /// Takes a change of the journal into the sum of its bytes.
    static func countJournal(_ bytes: Int, in session: Session) throws(StoreError) {
        if bytes != 0 { try session.execute(Statements.countJournal, bytes) }
    }

    /// - Returns: The record's run ID, or nil if its account is gone.
    private static func store(_ record: LiveRecord, ids: IDGenerator, in session: Session) throws(StoreError) -> Int64?
    {
        let old = try session.one(Statements.recordBytes, record.runKey) {
            (account: try $0.get(0) as Int64, bytes: try $0.get(1) as Int)
        }
        if let old {
            try AccountQuota.countAnyway(record.track.count - old.bytes, of: old.account, in: session)
        }
        let known = try session.one(
            Statements.updateRecord, record.runKey, record.meters, record.seconds, record.startAt, record.endAt,
            record.splits, record.extra, record.track
        ) { try $0.get(0) as Int64 }
        if let known { return known }
        if let deleted = try session.one(Statements.deletedRun, record.runKey, as: { try $0.get(0) as Int64 }) {
            return deleted
        }
        guard let runID = try RecordRepository.allotRunID(account: record.account, in: session) else { return nil }
        let summary = RecordSummary(
            id: ids.next(), account: record.account, runID: runID, runKey: record.runKey, source: .live,
            meters: record.meters, seconds: record.seconds, startAt: record.startAt, endAt: record.endAt,
            createdAt: record.createdAt, splits: record.splits, extra: record.extra)
        try RecordRepository.insert(summary, track: record.track, in: session)
        try AccountQuota.countAnyway(record.track.count, of: record.account, in: session)
        return runID
    }

    /// The terms of those of some rooms that are there.
    ///
    /// - Complexity: One statement for all of them: this is asked for each room with new markers, fifty times a second.
    private static func terms(
        of rooms: some Collection<Int64>, in session: Session
    ) throws(StoreError) -> [Int64: Int64] {
        var terms: [Int64: Int64] = [:]
        guard !rooms.isEmpty else { return terms }
        let list = "[\(rooms.map { "\($0)" }.joined(separator: ","))]"
        try session.each(Statements.findTerms, list) { row in
            terms[try row.get(0)] = try row.get(1)
            return true
        }
        return terms
    }

    /// `terms` are those of the rooms whose markers are for the log.
    private static func store(
        _ changes: RoomChanges, _ terms: [Int64: Int64], _ result: inout CommitResult, purging budget: inout Int,
        bytes: inout Int, log: inout [UInt8], ids: IDGenerator, in session: Session
    ) throws(StoreError) {
        let room = changes.room
        let isThere: Bool
        if changes.logged == nil {
            isThere = try session.execute(Statements.touchRoom, room, changes.updatedAt, changes.term) == 1
        } else {
            // Markers alone change nothing of the room's row.
            isThere = terms[room] == changes.term
        }
        if !isThere, try session.exists(Statements.findRoom, room) { throw .termLost }
        for record in changes.records {
            if let runID = try store(record, ids: ids, in: session) { result.runIDs[record.runKey] = runID }
        }
        guard isThere else { return }
        for person in changes.people {
            try session.execute(
                Statements.upsertPerson, room, person.runner, person.account, person.joinedAt,
                person.latitudeE7.map(Int.init), person.longitudeE7.map(Int.init), person.state,
                person.way)
        }
        for event in changes.events {
            if let author = event.author {
                let isThere = try session.exists(Statements.findAccount, author.account)
                try session.execute(
                    Statements.upsertEventOfAuthor, room, event.number, event.time,
                    isThere ? event.body : author.anonymousBody, isThere ? author.account : nil,
                    isThere ? author.anonymousBody : nil)
            } else {
                try session.execute(
                    event.recordKey == nil ? Statements.upsertEvent : Statements.upsertEventOfRecord,
                    room, event.number, event.time, event.body, event.recordKey)
            }
        }
        if let first = changes.eventsBelow {
            try session.execute(Statements.deleteEvents, room, first, first - Limit.Store.damagedRows)
        }
        if let row = changes.logged { MarkerLog.append(MarkerLog.Section(room: room, row: row), to: &log) }
        for row in changes.journal {
            bytes += row.bytes.count
            let isNew =
                try session.execute(Statements.insertJournal, ids.next(), room, row.sequence, row.time, row.bytes) == 1
            if isNew { continue }
            // It was committed before, and nobody was told.
            bytes -= try session.one(Statements.journalRowBytes, room, row.sequence) { try $0.get(0) as Int } ?? 0
            try session.execute(Statements.updateJournal, room, row.sequence, row.time, row.bytes)
        }
        var unpurged = CommitResult.Unpurged()
        if let first = changes.journalBelow {
            let removed = try session.rows(Statements.deleteJournal, room, first, budget) { try $0.get(0) as Int }
            budget -= removed.count
            bytes -= removed.reduce(0, +)
            if budget == 0 { unpurged.hasJournal = try session.exists(Statements.findJournal, room, first) }
        }
        for runner in changes.blocksRemoved {
            try session.execute(Statements.deleteMark, room, runner)
            budget -= try session.execute(Statements.deleteBlocks, room, runner, budget)
            guard budget == 0, try session.exists(Statements.findBlocks, room, runner) else { continue }
            unpurged.blocks.append(runner)
        }
        for block in changes.blocks {
            if block.number == 0 {
                try session.execute(Statements.deleteBlocks, room, block.runner, Int.max)
                try session.execute(Statements.deleteMark, room, block.runner)
                unpurged.blocks.removeAll { $0 == block.runner }
            }
            try session.execute(
                Statements.upsertBlock, ids.next(), room, block.runner, block.number, block.bytes, block.runKey)
        }
        for mark in changes.marks { try session.execute(Statements.updateMark, room, mark.runner, mark.bytes) }
        if unpurged != CommitResult.Unpurged() { result.unpurged[room] = unpurged }
        if changes.isDeleted { try leave(room, term: changes.term, in: session) }
    }

    /// The statements of a commit, made once.
    private enum Statements {
        static let recordBytes: SQL = "SELECT account, LENGTH(track) FROM records WHERE run_key = $1"
        static let updateRecord: SQL = """
            UPDATE records SET meters = $2, seconds = $3, start_at = $4, end_at = $5, splits = $6, extra = $7, track = $8
            WHERE run_key = $1 RETURNING run_id
            """
        static let deletedRun: SQL = "SELECT run_id FROM deleted_runs WHERE run_key = $1"
        static let touchRoom: SQL = """
            UPDATE rooms SET updated_at = COALESCE($2, updated_at) WHERE id = $1 AND term = $3 AND is_leaving = 0
            """
        static let findTerms: SQL = """
            SELECT id, term FROM rooms WHERE id IN (SELECT value FROM json_each($1)) AND is_leaving = 0
            """
        static let findRoom: SQL = "SELECT 1 FROM rooms WHERE id = $1 AND is_leaving = 0"
        static let upsertPerson: SQL = """
            INSERT INTO people (room, runner, account, joined_at, latitude_e7, longitude_e7, state, way)
            VALUES ($1, $2, (SELECT id FROM accounts WHERE id = $3 AND is_leaving = 0), $4,
                CASE WHEN EXISTS (SELECT 1 FROM accounts WHERE id = $3 AND is_leaving = 0) THEN $5 END,
                CASE WHEN EXISTS (SELECT 1 FROM accounts WHERE id = $3 AND is_leaving = 0) THEN $6 END, $7,
                CASE WHEN EXISTS (SELECT 1 FROM accounts WHERE id = $3 AND is_leaving = 0) THEN $8 END)
            ON CONFLICT (room, runner) DO UPDATE SET account = excluded.account,
                latitude_e7 = excluded.latitude_e7, longitude_e7 = excluded.longitude_e7, state = excluded.state,
                way = excluded.way
            """
        static let findAccount: SQL = "SELECT 1 FROM accounts WHERE id = $1 AND is_leaving = 0"
        static let upsertEvent: SQL = """
            INSERT INTO events (room, number, time, body, record_key) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (room, number) DO UPDATE SET time = excluded.time, body = excluded.body,
                record_key = NULL, record_run_id = NULL, account = NULL, anonymous_body = NULL
            """
        static let upsertEventOfAuthor: SQL = """
            INSERT INTO events (room, number, time, body, account, anonymous_body) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (room, number) DO UPDATE SET time = excluded.time, body = excluded.body,
                record_key = NULL, record_run_id = NULL, account = excluded.account,
                anonymous_body = excluded.anonymous_body
            """
        static let upsertEventOfRecord: SQL = """
            INSERT INTO events (room, number, time, body, record_key, record_run_id)
            VALUES ($1, $2, $3, $4, $5, COALESCE(
                (SELECT run_id FROM records WHERE run_key = $5),
                (SELECT run_id FROM deleted_runs WHERE run_key = $5)))
            ON CONFLICT (room, number) DO UPDATE SET time = excluded.time, body = excluded.body,
                record_key = excluded.record_key, record_run_id = excluded.record_run_id, account = NULL,
                anonymous_body = NULL
            """
        /// What is older than that could not be removed before.
        static let deleteEvents: SQL = "DELETE FROM events WHERE room = $1 AND number < $2 AND number >= $3"
        static let insertJournal: SQL = """
            INSERT INTO journal (id, room, sequence, time, bytes) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (room, sequence) DO NOTHING
            """
        static let journalRowBytes: SQL = "SELECT LENGTH(bytes) FROM journal WHERE room = $1 AND sequence = $2"
        static let updateJournal: SQL = "UPDATE journal SET time = $3, bytes = $4 WHERE room = $1 AND sequence = $2"
        static let countJournal: SQL = "UPDATE counters SET value = value + $1 WHERE name = 'journal_bytes'"
        static let deleteJournal: SQL = """
            DELETE FROM journal WHERE id IN (
                SELECT id FROM journal WHERE room = $1 AND sequence < $2 ORDER BY sequence LIMIT $3)
            RETURNING LENGTH(bytes)
            """
        static let findJournal: SQL = "SELECT 1 FROM journal WHERE room = $1 AND sequence < $2 LIMIT 1"
        static let upsertBlock: SQL = """
            INSERT INTO track_blocks (id, room, runner, number, bytes, run_key) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (room, runner, number) DO UPDATE SET bytes = excluded.bytes, run_key = excluded.run_key
            """
        static let blocks: SQL = """
            SELECT number, run_key, bytes FROM track_blocks WHERE room = $1 AND runner = $2 AND number >= $3
            ORDER BY number
            """
        static let updateMark: SQL = """
            UPDATE people SET mark = $3 WHERE room = $1 AND runner = $2
                AND EXISTS (SELECT 1 FROM accounts WHERE id = people.account AND is_leaving = 0)
            """
        static let deleteMark: SQL = """
            UPDATE people SET mark = NULL WHERE room = $1 AND runner = $2 AND mark IS NOT NULL
            """
        static let deleteBlocks: SQL = """
            DELETE FROM track_blocks WHERE id IN (
                SELECT id FROM track_blocks WHERE room = $1 AND runner = $2 LIMIT $3)
            """
        static let findBlocks: SQL = "SELECT 1 FROM track_blocks WHERE room = $1 AND runner = $2 LIMIT 1"
    }
}
