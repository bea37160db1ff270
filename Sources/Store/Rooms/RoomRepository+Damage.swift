import Limits

// Rooms of which rows are damaged. What is read in one go as long as nothing is wrong, is read row by row then, and each
// row that cannot be read costs what it held.

extension RoomRepository {
    /// No room has events, and no journal rows, that are numbered beyond this.
    public static let farthestNumber: Int64 = 1 << 52

    /// People of a room, among whom there is somebody whose row cannot be read.
    ///
    /// Nobody's number is lost, for the index has the numbers too; where it is damaged itself, they are looked for in the
    /// whole table.
    static func soundPeople(of room: Int64, in session: Session) throws(StoreError) -> [StoredPerson] {
        var people: [StoredPerson] = []
        for (runner, row) in try numbers(of: room, in: session) {
            people.append(try person(runner, at: row, in: session))
        }
        return people
    }

    /// Events of a room, among which there is one that cannot be read: those that can be of the newest ones, and at the
    /// end one with the number of the newest that there was.
    ///
    /// - Parameters:
    ///   - room: The room's id.
    ///   - time: When it last changed, in milliseconds since 1970.
    ///   - session: Reads them.
    /// - Returns: Ascending by number; those that cannot be read have no body.
    /// - Throws: What the database says, when it is no matter of damage.
    static func soundEvents(
        of room: Int64, changedAt time: Int64, in session: Session
    ) throws(StoreError) -> [StoredEvent] {
        let ends: (first: Int64, last: Int64)?
        do throws(StoreError) {
            ends = try Self.ends(in: session) { () throws(StoreError) in
                try session.one("SELECT MIN(number) FROM events WHERE room = $1", room) { try $0.get(0) }
            } last: { () throws(StoreError) in
                try session.one(
                    "SELECT MAX(number) FROM events WHERE room = $1 AND number <= $2", room, farthestNumber
                ) { try $0.get(0) }
            }
        } catch {
            guard error.mayBeOfSomeRows else { throw error }
            // How many there were is not known, but no room has had one in each millisecond since 1970.
            return [damagedEvent(min(max(time, 1), farthestNumber))]
        }
        guard let ends else { return [] }
        var events = try session.soundRows(from: ends.first) { first, body throws(StoreError) in
            try session.each(
                """
                SELECT number, time, body, record_key, record_run_id FROM events
                WHERE room = $1 AND number BETWEEN $2 AND $3 ORDER BY number
                """,
                room, first, farthestNumber, body: body)
        } as: { row in
            try StoredEvent(row)
        } damaged: { number in
            damagedEvent(number)
        }
        if events.last.map({ $0.number < ends.last }) ?? true { events.append(damagedEvent(ends.last)) }
        return events
    }

    /// As ``ends(in:first:last:)``, of a room's journal.
    static func ends(
        ofJournal room: Int64, in session: Session
    ) throws(StoreError) -> (first: Int64, last: Int64)? {
        try ends(in: session) { () throws(StoreError) in
            try session.one("SELECT MIN(sequence) FROM journal WHERE room = $1", room) { try $0.get(0) }
        } last: { () throws(StoreError) in
            try session.one("SELECT MAX(sequence) FROM journal WHERE room = $1", room) { try $0.get(0) }
        }
    }

    /// The first and the last number of some rows of which at most ``Limit/Store/damagedRows`` cannot be read.
    ///
    /// - Parameters:
    ///   - session: Reads them.
    ///   - first: The first number, as an index has it; nil for no rows.
    ///   - last: The last one.
    /// - Returns: The numbers; where the first cannot be read, one from which on the rows are found. Nil for no rows.
    /// - Throws: What the database says, when the last number cannot be read either.
    static func ends(
        in session: Session, first: () throws(StoreError) -> Int64??, last: () throws(StoreError) -> Int64??
    ) throws(StoreError) -> (first: Int64, last: Int64)? {
        do throws(StoreError) {
            guard let first = (try first()) ?? nil else { return nil }
            return (first, (try last() ?? nil) ?? first)
        } catch {
            guard error.mayBeOfSomeRows else { throw error }
            guard let last = (try last()) ?? nil else { return nil }
            return (max(1, last - Int64(Limit.Store.damagedRows) + 1), last)
        }
    }

    /// The rooms whose journal is not empty, where one of them cannot be read.
    ///
    /// - Returns: The others, in the order of their making; and the ids of those that cannot be read.
    static func soundRoomsWithJournal(
        in session: Session
    ) throws(StoreError) -> (rooms: [RoomSummary], damaged: [Int64]) {
        var (rooms, damaged, last): ([RoomSummary], [Int64], Int64) = ([], [], .min)
        do throws(StoreError) {
            while let room = try session.one(
                "SELECT MIN(room) FROM journal WHERE room > $1", last, as: { try $0.get(0) as Int64? }) ?? nil
            {
                last = room
                do throws(StoreError) {
                    let found = try session.one(
                        SQL("SELECT \(RoomSummary.columns) FROM rooms WHERE id = $1 AND is_leaving = 0"), room
                    ) { try RoomSummary($0) }
                    if let found { rooms.append(found) }
                } catch {
                    guard error.mayBeOfSomeRows else { throw error }
                    damaged.append(room)
                }
            }
        } catch {
            // Of those behind it nothing is known; they wake when somebody asks for them.
            guard error.mayBeOfSomeRows else { throw error }
            damaged.append(last)
        }
        return (rooms, damaged)
    }

    // MARK: - A row at a time

    /// The numbers of a room's runners, ascending, with the database's own numbers of their rows.
    private static func numbers(
        of room: Int64, in session: Session
    ) throws(StoreError) -> [(runner: Int, row: Int64)] {
        do throws(StoreError) {
            return try session.rows("SELECT runner, rowid FROM people WHERE room = $1 ORDER BY runner", room) {
                (try $0.get(0), try $0.get(1))
            }
        } catch {
            guard error.mayBeOfSomeRows else { throw error }
            return try numbersByTable(of: room, in: session)
        }
    }

    /// As ``numbers(of:in:)``, from the table alone.
    static func numbersByTable(of room: Int64, in session: Session) throws(StoreError) -> [(runner: Int, row: Int64)] {
        var found: [(runner: Int, row: Int64)] = []
        do throws(StoreError) {
            _ = try session.soundRows(from: 0) { first, body throws(StoreError) in
                try session.each(
                    "SELECT rowid, room, runner FROM people WHERE rowid >= $1 ORDER BY rowid", first, body: body)
            } as: { row in
                if try row.get(1) == room { found.append((try row.get(2), try row.get(0))) }
            } damaged: { _ in
            }
        } catch {
            // What lies behind the damage cannot be reached, or is none.
            guard error.mayBeOfSomeRows else { throw error }
        }
        return found.sorted { $0.runner < $1.runner }
    }

    /// A runner, with as much of the row as can be read.
    private static func person(_ runner: Int, at row: Int64, in session: Session) throws(StoreError) -> StoredPerson {
        for columns in [StoredPerson.columns, StoredPerson.columnsWithoutRun] {
            do throws(StoreError) {
                let found = try session.one(
                    SQL(
                        """
                        SELECT \(columns) FROM people p LEFT JOIN accounts a ON a.id = p.account AND a.is_leaving = 0
                        WHERE p.rowid = $1
                        """),
                    row
                ) { try StoredPerson($0) }
                guard var found, found.runner == runner else { break }
                if columns != StoredPerson.columns { found.damage = .columns }
                return found
            } catch {
                guard error.mayBeOfSomeRows else { throw error }
            }
        }
        var lost = StoredPerson(runner: runner, account: nil, joinedAt: 0, state: [])
        lost.damage = .row
        return lost
    }

    private static func damagedEvent(_ number: Int64) -> StoredEvent {
        StoredEvent(number: Int(number), time: 0, body: "")
    }
}
