import Logging

/// Run rooms with their people, events, and the journal of runs under way.
public struct RoomRepository: Repository {
    public let database: AppDatabase
}

extension RoomRepository {
    /// Adds a room without people.
    ///
    /// - Throws: ``StoreError/roomExists`` when one has this run ID; of any number of calls at the same moment, exactly
    ///   one succeeds. ``StoreError/quotaExceeded`` when its owner has as many rooms as `ownedLimit`.
    public func createRoom(
        runID: String, passwordSalt: [UInt8], passwordHash: [UInt8], epoch: String,
        details: RoomDetails = RoomDetails(), ownedLimit: Int = .max, at time: Int64
    ) async throws(StoreError) -> StoredRoom {
        let summary = RoomSummary(id: ids.next(), runID: runID, createdAt: time, updatedAt: time, details: details)
        let inserted = try await write { session throws(StoreError) in
            if let owner = details.owner {
                let count = try session.one("SELECT COUNT(*) FROM rooms WHERE owner = $1", owner) {
                    try $0.get(0) as Int
                }
                guard count ?? 0 < ownedLimit else { throw .quotaExceeded }
            }
            return try session.execute(
                """
                INSERT INTO rooms (
                    id, run_id, password_salt, password_hash, epoch, created_at, updated_at, owner, name, starts_at,
                    visibility)
                VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10) ON CONFLICT (run_id) DO NOTHING
                """,
                summary.id, runID, passwordSalt, passwordHash, epoch, time, details.owner, details.name,
                details.startsAt, details.visibility.rawValue)
        }
        guard inserted == 1 else { throw .roomExists }
        return StoredRoom(
            summary: summary, passwordSalt: passwordSalt, passwordHash: passwordHash, epoch: epoch, term: 0)
    }

    /// Takes a room, to live in the memory of who takes it: nobody who has taken it before can write anything of it
    /// any more.
    ///
    /// - Returns: The room with all that they have written, and its new ``StoredRoom/term``; nil when there is none.
    /// - Throws: ``StoreError/termLost`` when somebody else has taken it before it was read; ``StoreError/diskFull``,
    ///   ``StoreError/busy`` and the like.
    public func takeRoom(runID: String) async throws(StoreError) -> StoredRoom? {
        // The writer is not to wait for those who ask for rooms that there never were.
        guard try await roomExists(runID: runID) else { return nil }
        let term = try await write { session throws(StoreError) in
            try session.one(
                "UPDATE rooms SET term = term + 1 WHERE run_id = $1 AND is_leaving = 0 RETURNING term", runID
            ) { try $0.get(0) as Int64 }
        }
        guard let term, let room = try await room(runID: runID) else { return nil }
        guard room.term == term else { throw .termLost }
        return room
    }

    /// The room with all that is stored of it, or nil.
    ///
    /// - Parameters:
    ///   - runID: Its name.
    ///   - hasEvents: Whether the events are wanted; without them there are none in what is returned.
    /// - Returns: The room, nil when there is none.
    /// - Throws: What the database says.
    public func room(runID: String, events hasEvents: Bool = true) async throws(StoreError) -> StoredRoom? {
        try await read { session throws(StoreError) in
            let found = try session.one(
                SQL(
                    """
                    SELECT \(RoomSummary.columns), password_salt, password_hash, epoch, term
                    FROM rooms WHERE run_id = $1 AND is_leaving = 0
                    """),
                runID
            ) { row in
                let next = RoomSummary.columnCount
                return StoredRoom(
                    summary: try RoomSummary(row), passwordSalt: try row.get(next),
                    passwordHash: try row.get(next + 1), epoch: try row.get(next + 2), term: try row.get(next + 3))
            }
            guard let found else { return nil }
            return StoredRoom(
                summary: found.summary, passwordSalt: found.passwordSalt, passwordHash: found.passwordHash,
                epoch: found.epoch, term: found.term, people: try Self.people(of: found.id, in: session),
                events: hasEvents ? try Self.events(of: found.summary, in: session) : [],
                // Of a room that nobody has there is seldom anything in the log.
                journal: try Self.journal(of: found.id, withLog: hasEvents, in: session))
        }
    }

    /// A room's journal, in the order of its sequence, with what is only in the log yet.
    ///
    /// - Parameters:
    ///   - room: The room's id.
    ///   - isLastTry: Whether rows that the disk does not give now are passed over like damaged ones.
    /// - Returns: The rows; some without bytes for those that cannot be read.
    /// - Throws: What the database says; not for single rows that are damaged.
    public func journal(room: Int64, isLastTry: Bool = false) async throws(StoreError) -> [JournalRow] {
        try await read { session throws(StoreError) in
            try Self.journal(of: room, withLog: true, isLastTry: isLastTry, in: session)
        }
    }

    /// Whether there is a room with this run ID.
    public func roomExists(runID: String) async throws(StoreError) -> Bool {
        try await read { session throws(StoreError) in
            try session.exists("SELECT 1 FROM rooms WHERE run_id = $1 AND is_leaving = 0", runID)
        }
    }

    /// Rooms, in the order of their making.
    ///
    /// - Parameters:
    ///   - after: Those with a greater id.
    ///   - offset: How many of them to skip. Costs as much as reading their index entries.
    ///   - limit: At most as many.
    /// - Returns: Fewer than `limit` at the end.
    /// - Throws: What the database says.
    public func rooms(
        after: Int64 = 0, offset: Int = 0, limit: Int = Int.max
    ) async throws(StoreError) -> [RoomSummary] {
        try await read { session throws(StoreError) in
            try session.rows(
                SQL(
                    """
                    SELECT \(RoomSummary.columns) FROM rooms WHERE id > $1 AND is_leaving = 0
                    ORDER BY id LIMIT $2 OFFSET $3
                    """), after, limit, offset
            ) { row in try RoomSummary(row) }
        }
    }

    /// The rooms whose journal is not empty, in the order of their making: those that a start has to replay.
    ///
    /// - Returns: Without those that cannot be read, which the log has; they wake, or do not, when somebody asks for them.
    /// - Throws: What the database says; not for single rows that are damaged.
    public func roomsWithJournal() async throws(StoreError) -> [RoomSummary] {
        let (rooms, damaged): ([RoomSummary], [Int64]) = try await read { session throws(StoreError) in
            do throws(StoreError) {
                // A probe per room: DISTINCT over the journal would read all of its index.
                let rooms = try session.rows(
                    SQL(
                        """
                        SELECT \(RoomSummary.columns) FROM rooms
                        WHERE EXISTS (SELECT 1 FROM journal WHERE journal.room = rooms.id) AND is_leaving = 0
                        ORDER BY id
                        """)
                ) { row in
                    try RoomSummary(row)
                }
                return (rooms, [])
            } catch {
                guard error.mayBeOfSomeRows else { throw error }
                return try Self.soundRoomsWithJournal(in: session)
            }
        }
        if !damaged.isEmpty {
            database.logger.error("rows of rooms are damaged; the others are read", metadata: ["rooms": "\(damaged)"])
        }
        return rooms
    }

    // MARK: Inside a transaction

    private static func people(of room: Int64, in session: Session) throws(StoreError) -> [StoredPerson] {
        do throws(StoreError) {
            return try session.rows(
                SQL(
                    """
                    SELECT \(StoredPerson.columns)
                    FROM people p LEFT JOIN accounts a ON a.id = p.account AND a.is_leaving = 0
                    WHERE p.room = $1 ORDER BY p.runner
                    """),
                room
            ) { row in try StoredPerson(row) }
        } catch {
            guard error.mayBeOfSomeRows else { throw error }
            return try soundPeople(of: room, in: session)
        }
    }

    private static func events(of room: RoomSummary, in session: Session) throws(StoreError) -> [StoredEvent] {
        do throws(StoreError) {
            return try session.rows(
                "SELECT number, time, body, record_key, record_run_id FROM events WHERE room = $1 ORDER BY number",
                room.id
            ) { row in try StoredEvent(row) }
        } catch {
            guard error.mayBeOfSomeRows else { throw error }
            return try soundEvents(of: room.id, changedAt: room.updatedAt, in: session)
        }
    }

    private static func journal(
        of room: Int64, withLog: Bool, isLastTry: Bool = false, in session: Session
    ) throws(StoreError) -> [JournalRow] {
        // So that nothing but what is between two rows lies before one.
        let first = try ends(ofJournal: room, in: session)?.first ?? 0
        let rows = try session.soundRows(from: first, isLastTry: isLastTry) { first, body throws(StoreError) in
            try session.each(
                "SELECT sequence, time, bytes FROM journal WHERE room = $1 AND sequence >= $2 ORDER BY sequence", room,
                first, body: body)
        } as: { row in
            JournalRow(sequence: try row.get(0), time: try row.get(1), bytes: try row.get(2))
        } damaged: {
            JournalRow(sequence: $0, time: 0, bytes: [])
        }
        guard withLog else { return rows }
        let known = Set(rows.lazy.map(\.sequence))
        let logged = try log(of: room, in: session).filter { !known.contains($0.sequence) }
        return logged.isEmpty ? rows : (rows + logged).sorted { $0.sequence < $1.sequence }
    }
}

extension StoredEvent {
    /// Reads number, time, body, record_key and record_run_id.
    init(_ row: SQLRow) throws {
        self.init(
            number: try row.get(0), time: try row.get(1), body: try row.get(2), recordKey: try row.get(3),
            recordRunID: try row.get(4))
    }
}

extension StoredPerson {
    /// The columns of `people AS p` and `accounts AS a` that ``init(_:)`` reads.
    static let columns = columns(way: "p.way", mark: "p.mark")
    /// The same without the parts of a row that may be on pages of their own.
    static let columnsWithoutRun = columns(way: "NULL", mark: "NULL")

    private static func columns(way: String, mark: String) -> String {
        """
        p.runner, p.account, p.joined_at, p.latitude_e7, p.longitude_e7, p.state, a.username, a.nickname, \
        a.disabled_at, \(way), \(mark), a.zones, a.calls_when_still, a.alias
        """
    }

    /// Reads ``columns``; of a person alone whatever of it can be read, but of an account all.
    init(_ row: SQLRow) throws {
        let joinedAt = try? row.get(2) as Int64
        let state = try? row.get(5) as [UInt8]
        self.init(runner: try row.get(0), account: nil, joinedAt: joinedAt ?? 0, state: state ?? [])
        if joinedAt == nil || state == nil { damage = .columns }
        // An account that is leaving is gone, although a later slice of its deletion removes it from here.
        guard let username: String = try row.get(6) else { return }
        account = try row.get(1)
        latitudeE7 = (try row.get(3) as Int?).flatMap(Int32.init(exactly:))
        longitudeE7 = (try row.get(4) as Int?).flatMap(Int32.init(exactly:))
        way = try row.get(9)
        mark = try row.get(10)
        owner = Owner(
            username: username, nickname: try row.get(7), isDisabled: try row.get(8) as Int64? != nil,
            zones: ZoneCoding.decode(try row.get(11)), callsWhenStill: try row.get(12) != 0 as Int,
            alias: try row.get(13))
    }
}
