import Limits

/// A link to a room: who has its secret comes in.
public struct RoomLink: Hashable, Sendable, Identifiable {
    /// What somebody may do who comes by it.
    public enum Role: String, Hashable, Sendable, CaseIterable {
        /// Watch.
        case spectator
        /// Watch and run.
        case runner
    }

    public let id: Int64
    /// The id of its room.
    public let room: Int64
    public let role: Role
    /// What its maker calls it; nil for nothing.
    public let label: String?
    /// Milliseconds since 1970.
    public let createdAt: Int64
    /// In milliseconds since 1970; nil for never.
    public let expiresAt: Int64?
    /// By how many seconds later a spectator is shown the room.
    public let delay: Int64
}

/// Links to rooms, of whose secrets only the hashes are known.
public struct LinkRepository: Repository {
    public let database: AppDatabase
}

extension LinkRepository {
    /// Adds a link to a room, and removes those of the room that have expired.
    ///
    /// - Parameters:
    ///   - room: The room's id.
    ///   - hash: Of the secret.
    ///   - role: What it is good for.
    ///   - label: What it is called.
    ///   - expiresAt: Until when it is good; nil for ever.
    ///   - delay: By how many seconds later a spectator is shown the room.
    ///   - limit: A room has at most so many.
    ///   - time: Now.
    /// - Returns: The link; nil when the room has too many, or is gone.
    /// - Throws: What the database says.
    public func insertLink(
        room: Int64, hash: [UInt8], role: RoomLink.Role, label: String?, expiresAt: Int64?, delay: Int64 = 0,
        limit: Int, at time: Int64
    ) async throws(StoreError) -> RoomLink? {
        let id = ids.next()
        return try await write { session throws(StoreError) in
            try session.execute("DELETE FROM links WHERE room = $1 AND expires_at <= $2", room, time)
            return try session.one(
                SQL(
                    """
                    INSERT INTO links (id, room, hash, role, label, created_at, expires_at, delay)
                    SELECT $1, id, $3, $4, $5, $6, $7, $9 FROM rooms
                    WHERE id = $2 AND is_leaving = 0 AND (SELECT COUNT(*) FROM links WHERE room = $2) < $8
                    RETURNING \(RoomLink.columns)
                    """),
                id, room, hash, role.rawValue, label, time, expiresAt, limit, delay
            ) { row in try RoomLink(row) }
        }
    }

    /// The links of a room, the oldest first.
    ///
    /// - Parameters:
    ///   - room: The room's id.
    ///   - after: Those with a greater id.
    ///   - limit: At most as many.
    /// - Returns: Those that have expired too, as long as they are there.
    /// - Throws: What the database says.
    public func links(of room: Int64, after: Int64 = 0, limit: Int) async throws(StoreError) -> [RoomLink] {
        try await read { session throws(StoreError) in
            try session.rows(
                SQL("SELECT \(RoomLink.columns) FROM links WHERE room = $1 AND id > $2 ORDER BY id LIMIT $3"), room,
                after, limit
            ) { row in try RoomLink(row) }
        }
    }

    /// The link whose secret has this hash, with the run ID of its room; nil for none.
    public func link(hash: [UInt8]) async throws(StoreError) -> (link: RoomLink, runID: String)? {
        try await read { session throws(StoreError) in
            try session.one(
                """
                SELECT l.id, l.room, l.role, l.label, l.created_at, l.expires_at, l.delay, r.run_id
                FROM links l JOIN rooms r ON r.id = l.room AND r.is_leaving = 0 WHERE l.hash = $1
                """,
                hash
            ) { row in (try RoomLink(row), try row.get(7)) }
        }
    }

    /// The longest delay of a room's links that are good, in seconds; 0 when there is none with a delay.
    public func longestDelay(of room: Int64, at time: Int64) async throws(StoreError) -> Int64 {
        try await read { session throws(StoreError) in
            try session.one(
                """
                SELECT COALESCE(MAX(delay), 0) FROM links
                WHERE room = $1 AND (expires_at IS NULL OR expires_at > $2)
                """,
                room, time
            ) { row in RoomLink.delay(try row.get(0)) } ?? 0
        }
    }

    /// Removes a link of a room.
    ///
    /// - Returns: Whether there was one.
    public func deleteLink(_ id: Int64, of room: Int64) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try session.execute("DELETE FROM links WHERE id = $1 AND room = $2", id, room) > 0
        }
    }
}

extension RoomLink {
    /// The columns that ``init(_:)`` reads.
    static let columns = "id, room, role, label, created_at, expires_at, delay"

    init(_ row: SQLRow) throws {
        let role: String = try row.get(2)
        guard let role = Role(rawValue: role) else { throw StoreError.corrupt("a link of an unknown role") }
        self.init(
            id: try row.get(0), room: try row.get(1), role: role, label: try row.get(3), createdAt: try row.get(4),
            expiresAt: try row.get(5), delay: Self.delay(try row.get(6)))
    }

    /// A delay as it was read: of one that nobody can have written the longest, which shows nobody anything too soon.
    static func delay(_ seconds: Int64) -> Int64 {
        (0...Int64(Limit.Room.delay)).contains(seconds) ? seconds : Int64(Limit.Room.delay)
    }
}
