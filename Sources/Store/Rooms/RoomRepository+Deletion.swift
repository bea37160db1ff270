public import Limits

// A room that is deleted is gone for everybody with the commit that says so: its name is free, no list has it, and
// nobody who had it can write anything of it. What it had goes in slices, so that nobody who writes waits for long,
// however much there is. A server that ends in the midst of it goes on at its next start.

extension RoomRepository {
    /// Removes some of what deleted rooms have left, and the rooms of which nothing is left.
    ///
    /// - Parameter limit: How many rows it may remove, or take out of a room.
    /// - Returns: Whether nothing is left of any.
    /// - Throws: What the database says.
    /// - Complexity: Some µs for each row; everybody who writes waits for that.
    public func removeLeavings(limit: Int = Limit.Store.purgedRows) async throws(StoreError) -> Bool {
        // The writer is not to wait for those who have nothing to remove.
        let isNothingLeft = try await read { session throws(StoreError) in try !session.exists(Statements.findLeaving) }
        if isNothingLeft { return true }
        return try await write { session throws(StoreError) in
            var budget = limit
            while let room = try session.one(Statements.findLeaving, as: { try $0.get(0) as Int64 }) {
                // Then no foreign key has anything left to cascade to.
                guard try Self.empty(room, by: &budget, in: session), budget > 0 else { return false }
                budget -= try session.execute(Statements.removeRoom, room)
            }
            return true
        }
    }

    // MARK: Inside a transaction

    /// Lets go of a room for everybody, if nobody has taken it since.
    static func leave(_ room: Int64, term: Int64, in session: Session) throws(StoreError) {
        // No run ID has a slash.
        try session.execute(Statements.leave, room, term, "/\(room)", [UInt8]())
    }

    /// - Returns: Whether nothing refers to the room any more.
    private static func empty(_ room: Int64, by budget: inout Int, in session: Session) throws(StoreError) -> Bool {
        for statement in Statements.emptying {
            budget -= try session.execute(statement, room, budget)
            guard budget > 0 else { return false }
        }
        let bytes = try session.rows(Statements.removeJournal, room, budget) { try $0.get(0) as Int }
        try countJournal(-bytes.reduce(0, +), in: session)
        budget -= bytes.count
        return budget > 0
    }

    private enum Statements {
        /// Whoever has it has lost its term.
        static let leave: SQL = """
            UPDATE rooms SET is_leaving = 1, run_id = $3, term = term + 1, revision = revision + 1, owner = NULL,
                name = NULL, password_salt = $4, password_hash = $4, visibility = 'link'
            WHERE id = $1 AND term = $2
            """
        static let findLeaving: SQL = "SELECT id FROM rooms WHERE is_leaving = 1 ORDER BY id LIMIT 1"
        /// Whoever was in it first, for they are named there.
        static let emptying: [SQL] = [
            """
            DELETE FROM people WHERE room = $1
                AND runner IN (SELECT runner FROM people WHERE room = $1 ORDER BY runner LIMIT $2)
            """,
            """
            DELETE FROM events WHERE room = $1
                AND number IN (SELECT number FROM events WHERE room = $1 ORDER BY number LIMIT $2)
            """,
            "DELETE FROM track_blocks WHERE id IN (SELECT id FROM track_blocks WHERE room = $1 LIMIT $2)",
            "DELETE FROM links WHERE id IN (SELECT id FROM links WHERE room = $1 LIMIT $2)",
            "UPDATE devices SET room = NULL WHERE id IN (SELECT id FROM devices WHERE room = $1 LIMIT $2)",
            "UPDATE alarms SET room = NULL WHERE id IN (SELECT id FROM alarms WHERE room = $1 LIMIT $2)",
        ]
        static let removeJournal: SQL = """
            DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE room = $1 ORDER BY sequence LIMIT $2)
            RETURNING LENGTH(bytes)
            """
        static let removeRoom: SQL = "DELETE FROM rooms WHERE id = $1 AND is_leaving = 1"
    }
}
