extension RoomRepository {
    /// The room without its people, or nil.
    public func summary(runID: String) async throws(StoreError) -> RoomSummary? {
        try await read { session throws(StoreError) in
            try session.one(
                SQL("SELECT \(RoomSummary.columns) FROM rooms WHERE run_id = $1 AND is_leaving = 0"), runID
            ) { row in try RoomSummary(row) }
        }
    }

    /// Changes what is said of a room, and its password.
    ///
    /// - Parameters:
    ///   - room: Which.
    ///   - details: What it is to be; ``RoomDetails/revision`` is that of what was read, and the owner stays who it is.
    ///   - password: Salt and hash of the new password; nil to leave it.
    /// - Returns: What is stored then; nil when the room has been changed since, or is gone.
    /// - Throws: What the database says.
    public func changeRoom(
        _ room: Int64, to details: RoomDetails, password: (salt: [UInt8], hash: [UInt8])? = nil
    ) async throws(StoreError) -> RoomSummary? {
        try await write { session throws(StoreError) in
            let changed = try session.one(
                SQL(
                    """
                    UPDATE rooms SET name = $3, starts_at = $4, visibility = $5, revision = revision + 1
                    WHERE id = $1 AND revision = $2 AND is_leaving = 0 RETURNING \(RoomSummary.columns)
                    """),
                room, details.revision, details.name, details.startsAt, details.visibility.rawValue
            ) { row in try RoomSummary(row) }
            guard let changed else { return nil }
            if let password {
                try session.execute(
                    "UPDATE rooms SET password_salt = $2, password_hash = $3 WHERE id = $1", room, password.salt,
                    password.hash)
            }
            return changed
        }
    }

    /// An account's rooms, the newest first.
    ///
    /// - Parameters:
    ///   - owner: Whose.
    ///   - before: Those with a smaller id.
    ///   - limit: At most as many.
    /// - Returns: Fewer than `limit` at the end.
    /// - Throws: What the database says.
    public func rooms(ownedBy owner: Int64, before: Int64 = .max, limit: Int) async throws(StoreError) -> [RoomSummary]
    {
        try await read { session throws(StoreError) in
            try session.rows(
                SQL("SELECT \(RoomSummary.columns) FROM rooms WHERE owner = $1 AND id < $2 ORDER BY id DESC LIMIT $3"),
                owner, before, limit
            ) { row in try RoomSummary(row) }
        }
    }

    /// All rooms, the newest first; otherwise as ``rooms(ownedBy:before:limit:)``.
    public func newestRooms(before: Int64 = .max, limit: Int) async throws(StoreError) -> [RoomSummary] {
        try await read { session throws(StoreError) in
            try session.rows(
                SQL(
                    """
                    SELECT \(RoomSummary.columns) FROM rooms WHERE id < $1 AND is_leaving = 0
                    ORDER BY id DESC LIMIT $2
                    """), before, limit
            ) { row in try RoomSummary(row) }
        }
    }

    /// The room of this id, without its people; nil for none.
    public func summary(id: Int64) async throws(StoreError) -> RoomSummary? {
        try await read { session throws(StoreError) in
            try session.one(
                SQL("SELECT \(RoomSummary.columns) FROM rooms WHERE id = $1 AND is_leaving = 0"), id
            ) { row in try RoomSummary(row) }
        }
    }

    // One that is deleted has no owner and no list: the statements that go by these need not ask.

    /// Rooms that the lists of the running app have, in the order of their making; otherwise as
    /// ``rooms(after:offset:limit:)``.
    public func listedRooms(
        after: Int64 = 0, offset: Int = 0, limit: Int
    ) async throws(StoreError) -> [RoomSummary] {
        try await read { session throws(StoreError) in
            try session.rows(
                SQL(
                    """
                    SELECT \(RoomSummary.columns) FROM rooms WHERE id > $1 AND visibility IN ('app', 'public')
                    ORDER BY id LIMIT $2 OFFSET $3
                    """), after, limit, offset
            ) { row in try RoomSummary(row) }
        }
    }

    /// How many rooms the lists of the running app have.
    public func listedRoomCount() async throws(StoreError) -> Int {
        try await read { session throws(StoreError) in
            try session.one("SELECT COUNT(*) FROM rooms WHERE visibility IN ('app', 'public')") {
                try $0.get(0)
            } ?? 0
        }
    }
}

extension RoomRepository {
    /// The run IDs of rooms in which somebody is, or was, a runner, those that they joined last first.
    ///
    /// - Parameters:
    ///   - account: Whose.
    ///   - limit: At most as many.
    /// - Returns: The run IDs.
    /// - Throws: What the database says.
    public func rooms(withRunner account: Int64, limit: Int) async throws(StoreError) -> [String] {
        try await read { session throws(StoreError) in
            try session.rows(
                """
                SELECT r.run_id FROM people p JOIN rooms r ON r.id = p.room AND r.is_leaving = 0 WHERE p.account = $1
                ORDER BY p.joined_at DESC LIMIT $2
                """, account, limit
            ) { try $0.get(0) as String }
        }
    }
}
