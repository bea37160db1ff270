/// A phone whose app reports to a room by itself.
public struct Device: Hashable, Sendable, Identifiable {
    /// Where it reports to.
    public enum Place: Hashable, Sendable {
        /// The room in which its person is.
        case present
        /// A room, by its run ID.
        case room(runID: String)
        /// A room that has been deleted.
        case gone
    }

    public let id: Int64
    /// Whose it is; nil when the account was deleted.
    public let account: Int64?
    /// As the path of its address names it.
    public let app: String
    /// What its person calls it; nil for nothing.
    public let label: String?
    public let place: Place
    /// Milliseconds since 1970; so all times.
    public let createdAt: Int64
    /// When it was heard of last, as far as that was noted.
    public let heardAt: Int64?
    public let revokedAt: Int64?
    /// Grows by one with each change.
    public let revision: Int64
}

/// Devices, of whose secrets only the hashes are known.
public struct DeviceRepository: Repository {
    public let database: AppDatabase
}

extension DeviceRepository {
    /// Adds a device.
    ///
    /// - Parameters:
    ///   - account: Whose it is.
    ///   - hash: Of the secret.
    ///   - app: What reports.
    ///   - label: What it is called.
    ///   - room: The id of the room; nil for the one that its person is in.
    ///   - limit: An account has at most so many that are not revoked.
    ///   - kept: So many that are revoked are kept, the newest.
    ///   - time: Now.
    /// - Returns: The device; nil when the account has too many.
    /// - Throws: What the database says.
    public func insertDevice(
        account: Int64, hash: [UInt8], app: String, label: String?, room: Int64?, limit: Int, kept: Int,
        at time: Int64
    ) async throws(StoreError) -> Device? {
        let id = ids.next()
        return try await write { session throws(StoreError) in
            let count = try session.one(
                "SELECT COUNT(*) FROM devices WHERE account = $1 AND revoked_at IS NULL", account
            ) { try $0.get(0) as Int }
            guard count ?? 0 < limit else { return nil }
            try session.execute(
                """
                DELETE FROM devices WHERE id IN (
                    SELECT id FROM devices WHERE account = $1 AND revoked_at IS NOT NULL
                    ORDER BY id DESC LIMIT 1000 OFFSET $2)
                """, account, kept)
            try session.execute(
                """
                INSERT INTO devices (id, account, hash, app, label, room, follows, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                """, id, account, hash, app, label, room, room == nil ? 1 : 0, time)
            return try Self.device(id, of: account, in: session)
        }
    }

    /// The devices of an account that are not revoked, the oldest first.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - after: Those with a greater id.
    ///   - limit: At most as many.
    /// - Returns: The devices.
    /// - Throws: What the database says.
    public func devices(of account: Int64, after: Int64 = 0, limit: Int) async throws(StoreError) -> [Device] {
        try await read { session throws(StoreError) in
            try session.rows(
                SQL(
                    """
                    SELECT \(Device.columns) WHERE d.account = $1 AND d.id > $2 AND d.revoked_at IS NULL
                    ORDER BY d.id LIMIT $3
                    """), account, after, limit
            ) { row in try Device(row) }
        }
    }

    /// A device of an account that is not revoked; nil for none.
    public func device(_ id: Int64, of account: Int64) async throws(StoreError) -> Device? {
        try await read { session throws(StoreError) in try Self.device(id, of: account, in: session) }
    }

    /// The device whose secret has this hash, revoked or not; nil for none.
    ///
    /// Of one whose account is disabled, or leaves, it is as if the account were gone.
    public func device(hash: [UInt8]) async throws(StoreError) -> Device? {
        try await read { session throws(StoreError) in
            try session.one(SQL("SELECT \(Device.columns) WHERE d.hash = $1"), hash) { row in try Device(row) }
        }
    }

    /// Changes what a device is called and where it reports to.
    ///
    /// - Parameters:
    ///   - id: Which.
    ///   - account: Whose.
    ///   - label: What it is called.
    ///   - room: The id of the room; nil for the one that its person is in.
    ///   - revision: The one that was seen.
    /// - Returns: What it is then; nil when it has been changed since, or is gone.
    /// - Throws: What the database says.
    public func changeDevice(
        _ id: Int64, of account: Int64, label: String?, room: Int64?, seen revision: Int64
    ) async throws(StoreError) -> Device? {
        try await write { session throws(StoreError) in
            let changed = try session.execute(
                """
                UPDATE devices SET label = $3, room = $4, follows = $5, revision = revision + 1
                WHERE id = $1 AND account = $2 AND revoked_at IS NULL AND revision = $6
                """, id, account, label, room, room == nil ? 1 : 0, revision)
            return changed > 0 ? try Self.device(id, of: account, in: session) : nil
        }
    }

    /// Revokes a device; it stays known, so that its phone can be told that all is well.
    ///
    /// - Returns: Whether there was one.
    public func revokeDevice(_ id: Int64, of account: Int64, at time: Int64) async throws(StoreError) -> Bool {
        try await write { session throws(StoreError) in
            try session.execute(
                """
                UPDATE devices SET revoked_at = $3, label = NULL
                WHERE id = $1 AND account = $2 AND revoked_at IS NULL
                """, id, account, time) > 0
        }
    }

    /// Notes that a device was heard of.
    public func noteHeard(_ id: Int64, at time: Int64) async throws(StoreError) {
        try await write { session throws(StoreError) in
            _ = try session.execute("UPDATE devices SET heard_at = $2 WHERE id = $1", id, time)
        }
    }

    private static func device(_ id: Int64, of account: Int64, in session: Session) throws(StoreError) -> Device? {
        try session.one(
            SQL("SELECT \(Device.columns) WHERE d.id = $1 AND d.account = $2 AND d.revoked_at IS NULL"), id, account
        ) { row in try Device(row) }
    }

    /// What an account's deletion makes of its devices: nobody's, about which nothing is known but that they were.
    static let leave: SQL = "UPDATE devices SET account = NULL, label = NULL, room = NULL WHERE account = $1"
}

extension Device {
    /// The columns that ``init(_:)`` reads, and where they are.
    static let columns =
        """
        d.id, a.id, d.app, d.label, r.run_id, d.follows, d.created_at, d.heard_at, d.revoked_at, d.revision
        FROM devices d LEFT JOIN rooms r ON r.id = d.room AND r.is_leaving = 0
        LEFT JOIN accounts a ON a.id = d.account AND a.is_leaving = 0 AND a.disabled_at IS NULL
        """

    init(_ row: SQLRow) throws {
        let runID: String? = try row.get(4)
        let follows: Int = try row.get(5)
        self.init(
            id: try row.get(0), account: try row.get(1), app: try row.get(2), label: try row.get(3),
            place: follows == 1 ? .present : runID.map { .room(runID: $0) } ?? .gone, createdAt: try row.get(6),
            heardAt: try row.get(7), revokedAt: try row.get(8), revision: try row.get(9))
    }
}
