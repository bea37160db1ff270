internal import Geo

/// Calls for help, and who is named to hear them.
public struct SafetyRepository: Repository {
    public let database: AppDatabase
}

extension SafetyRepository {
    /// Somebody calls for help; who calls already has this as the newest of their place.
    ///
    /// - Parameters:
    ///   - account: Who.
    ///   - room: The id of the room in which they run; nil for none, or the one that is known.
    ///   - place: Where they are; nil for where they were.
    ///   - isStill: Whether it is called for them, since they do not move; a call that is open stays what it is.
    ///   - time: Now.
    ///   - kept: Those that were cleared before are removed, some at a time.
    /// - Returns: The call, and whether it is a new one; so is the first by themselves.
    /// - Throws: What the database says.
    public func raise(
        account: Int64, room: Int64?, place: Alarm.Place?, isStill: Bool = false, at time: Int64,
        clearedBefore kept: Int64
    ) async throws(StoreError) -> (alarm: Alarm, isNew: Bool)? {
        let id = ids.next()
        return try await write { session throws(StoreError) in
            try session.execute(
                "DELETE FROM alarms WHERE id IN (SELECT id FROM alarms WHERE cleared_at < $1 LIMIT 100)", kept)
            // Of each account there is one that is clear at most, however often it calls.
            try session.execute("DELETE FROM alarms WHERE account = $1 AND cleared_at IS NOT NULL", account)
            let latitude = place.map { Int64($0.coordinate.latitudeE7) }
            let longitude = place.map { Int64($0.coordinate.longitudeE7) }
            var taken = 0
            if !isStill {
                taken = try session.execute(
                    "UPDATE alarms SET is_still = 0 WHERE account = $1 AND cleared_at IS NULL AND is_still = 1", account
                )
            }
            let changed = try session.execute(
                """
                UPDATE alarms SET room = COALESCE($2, room), latitude = COALESCE($3, latitude),
                    longitude = COALESCE($4, longitude), placed_at = COALESCE($5, placed_at)
                WHERE account = $1 AND cleared_at IS NULL
                """, account, room, latitude, longitude, place?.time)
            if changed == 0 {
                try session.execute(
                    """
                    INSERT INTO alarms (id, account, room, raised_at, latitude, longitude, placed_at, is_still)
                    SELECT $1, id, $3, $4, $5, $6, $7, $8 FROM accounts WHERE id = $2 AND is_leaving = 0
                    """, id, account, room, time, latitude, longitude, place?.time, isStill ? 1 : 0)
            }
            let alarm = try session.one(
                SQL("SELECT \(Alarm.columns) WHERE s.account = $1 AND s.cleared_at IS NULL"), account
            ) { row in try Alarm(row) }
            return alarm.map { ($0, changed == 0 || taken > 0) }
        }
    }

    /// Who calls is somewhere else now.
    ///
    /// - Returns: Whether this is a call of theirs that is open.
    public func move(
        _ id: Int64, of account: Int64, to place: Alarm.Place
    ) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try session.execute(
                """
                UPDATE alarms SET latitude = $3, longitude = $4, placed_at = $5
                WHERE id = $1 AND account = $2 AND cleared_at IS NULL
                """, id, account, Int64(place.coordinate.latitudeE7), Int64(place.coordinate.longitudeE7), place.time)
                > 0
        }
    }

    /// The calls that somebody hears of: their own, those of who has named them, and those in rooms of theirs.
    ///
    /// - Parameters:
    ///   - account: Who.
    ///   - time: Also those that were cleared since.
    ///   - limit: At most as many.
    /// - Returns: The calls, the newest first.
    /// - Throws: What the database says.
    public func alarms(heardBy account: Int64, clearedSince time: Int64, limit: Int) async throws(StoreError) -> [Alarm]
    {
        try await read { session throws(StoreError) in
            try session.rows(
                SQL(
                    """
                    SELECT \(Alarm.columns) WHERE s.id IN (\(Self.heard))
                        AND (s.cleared_at IS NULL OR s.cleared_at >= $2) ORDER BY s.id DESC LIMIT $3
                    """), account, time, limit
            ) { row in try Alarm(row) }
        }
    }

    /// The mail addresses of those who hear of a call, without who calls; in no order.
    public func addresses(hearing alarm: Int64) async throws(StoreError) -> [String] {
        try await read { session throws(StoreError) in
            try session.rows(
                """
                SELECT a.email FROM alarms s JOIN accounts a ON a.id IN (
                        SELECT confidant FROM confidants WHERE account = s.account
                        UNION SELECT owner FROM rooms WHERE id = s.room AND owner <> s.account)
                    AND a.is_leaving = 0 AND a.disabled_at IS NULL
                WHERE s.id = $1 AND a.email IS NOT NULL
                """, alarm
            ) { row in try row.get(0) }
        }
    }

    /// Says that all is clear; the place is forgotten.
    ///
    /// - Returns: Whether there was such a call, of which the account hears.
    public func clear(_ id: Int64, by account: Int64, at time: Int64) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try session.execute(
                SQL(
                    """
                    UPDATE alarms SET cleared_at = $3, cleared_by = $1, latitude = NULL, longitude = NULL, placed_at = NULL
                    WHERE id = $2 AND cleared_at IS NULL AND id IN (\(Self.heard))
                    """), account, id, time) > 0
        }
    }

    /// Who is named by an account, by the keys of their names in order.
    public func confidants(of account: Int64) async throws(StoreError) -> [(username: String, nickname: String)] {
        try await read { session throws(StoreError) in try Self.confidants(of: account, in: session) }
    }

    /// Names others in place of those who were.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - names: The keys of their names.
    ///   - limit: So many may have named one at most.
    /// - Returns: Those who are named now; nil when one of the names is nobody's, the account's own, or that of somebody whom
    ///   as many have named: then nothing has changed.
    /// - Throws: What the database says.
    public func setConfidants(
        of account: Int64, to names: [String], limit: Int
    ) async throws(StoreError) -> [(username: String, nickname: String)]? {
        try await write { session throws(StoreError) in
            var found: [Int64] = []
            for name in names {
                let id = try session.one(
                    """
                    SELECT id FROM accounts WHERE username_key = $1 AND is_leaving = 0 AND disabled_at IS NULL AND id <> $2
                        AND (SELECT COUNT(*) FROM confidants WHERE confidant = accounts.id AND account <> $2) < $3
                    """, name, account, limit
                ) { row in try row.get(0) as Int64 }
                guard let id else { return nil }
                if !found.contains(id) { found.append(id) }
            }
            try session.execute("DELETE FROM confidants WHERE account = $1", account)
            for id in found {
                try session.execute("INSERT INTO confidants (account, confidant) VALUES ($1, $2)", account, id)
            }
            return try Self.confidants(of: account, in: session)
        }
    }

    private static func confidants(
        of account: Int64, in session: Session
    ) throws(StoreError) -> [(username: String, nickname: String)] {
        try session.rows(
            """
            SELECT a.username, a.nickname FROM confidants c JOIN accounts a ON a.id = c.confidant
            WHERE c.account = $1 AND a.is_leaving = 0 ORDER BY a.username_key
            """, account
        ) { row in (username: try row.get(0), nickname: try row.get(1)) }
    }

    /// The ids of the calls of which the account `$1` hears.
    private static let heard =
        """
        SELECT id FROM alarms WHERE account = $1
        UNION ALL SELECT h.id FROM confidants c JOIN alarms h ON h.account = c.account WHERE c.confidant = $1
        UNION ALL SELECT h.id FROM rooms k JOIN alarms h ON h.room = k.id WHERE k.owner = $1
        """
}

extension Alarm {
    /// The columns that ``init(_:)`` reads, and where they are.
    static let columns =
        """
        s.id, s.account, a.username, a.nickname, r.run_id, s.raised_at, s.latitude, s.longitude, s.placed_at,
        s.cleared_at, c.nickname, s.is_still
        FROM alarms s JOIN accounts a ON a.id = s.account AND a.is_leaving = 0
        LEFT JOIN rooms r ON r.id = s.room AND r.is_leaving = 0
        LEFT JOIN accounts c ON c.id = s.cleared_by AND c.is_leaving = 0
        """

    init(_ row: SQLRow) throws {
        var place: Place?
        if let latitude: Int64 = try row.get(6), let longitude: Int64 = try row.get(7),
            let time: Int64 = try row.get(8),
            let coordinate = try? Coordinate(latitudeE7: Int32(latitude), longitudeE7: Int32(longitude))
        {
            place = Place(coordinate, at: time)
        }
        self.init(
            id: try row.get(0), account: try row.get(1), username: try row.get(2), nickname: try row.get(3),
            isStill: try row.get(11) != 0 as Int, runID: try row.get(4), raisedAt: try row.get(5), place: place,
            clearedAt: try row.get(9), clearedBy: try row.get(10))
    }
}
