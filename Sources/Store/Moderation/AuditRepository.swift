/// Something that was done, or tried, that somebody may want to know later.
public struct AuditEvent: Hashable, Sendable {
    /// Who has done it.
    public enum Actor: Hashable, Sendable {
        case account(Int64)
        /// Whoever runs the server, at its terminal.
        case terminal
        /// Nobody who is known.
        case nobody
    }

    public var actor: Actor
    /// In the words of the layer above.
    public var action: String
    /// Whom it is about; nil for nobody.
    public var account: Int64?
    /// What else it is about: a room, a post; nil for nothing.
    public var subject: String?
    /// What exactly; nil for nothing more.
    public var detail: String?
    /// Where it came from; nil where that is not known.
    public var address: String?

    public init(
        actor: Actor, action: String, account: Int64? = nil, subject: String? = nil, detail: String? = nil,
        address: String? = nil
    ) {
        self.actor = actor
        self.action = action
        self.account = account
        self.subject = subject
        self.detail = detail
        self.address = address
    }
}

/// A line of the audit log.
public struct AuditEntry: Hashable, Sendable, Identifiable {
    public let id: Int64
    /// Milliseconds since 1970.
    public let time: Int64
    public let event: AuditEvent
    /// Whether it was tried in vain.
    public let hasFailed: Bool
    /// What the actor is called now; nil for an account that is gone, and where there is none.
    public let actorName: String?
    /// What the account is called now that it is about.
    public let accountName: String?
}

/// The audit log: lines are added, and the oldest go, and none is changed.
public struct AuditRepository: Repository {
    public let database: AppDatabase
}

extension AuditRepository {
    /// Adds a line.
    public func insert(_ event: AuditEvent, hasFailed: Bool = false, at time: Int64) async throws(StoreError) {
        let id = ids.next()
        var actor: Int64?
        if case .account(let account) = event.actor { actor = account }
        let account = actor, isOperator = event.actor == .terminal ? 1 : 0
        try await write { session throws(StoreError) in
            _ = try session.execute(
                """
                INSERT INTO audit (id, time, actor, by_operator, action, account, subject, detail, address, has_failed)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                """, id, time, account, isOperator, event.action, event.account, event.subject, event.detail,
                event.address, hasFailed ? 1 : 0)
        }
    }

    /// Lines, the newest first.
    ///
    /// - Parameters:
    ///   - before: Those with a smaller id.
    ///   - limit: At most as many.
    /// - Returns: Fewer than `limit` at the end.
    /// - Throws: What the database says.
    public func entries(before: Int64 = .max, limit: Int) async throws(StoreError) -> [AuditEntry] {
        try await read { session throws(StoreError) in
            try session.rows(
                """
                SELECT e.id, e.time, e.actor, e.by_operator, e.action, e.account, e.subject, e.detail, e.address,
                    e.has_failed, a.username, b.username
                FROM audit e LEFT JOIN accounts a ON a.id = e.actor AND a.is_leaving = 0
                    LEFT JOIN accounts b ON b.id = e.account AND b.is_leaving = 0
                WHERE e.id < $1 ORDER BY e.id DESC LIMIT $2
                """, before, limit
            ) { row in try AuditEntry(row) }
        }
    }

    /// Removes some of the oldest lines.
    ///
    /// - Parameters:
    ///   - time: Those that are older, and...
    ///   - count: ...those beyond so many.
    ///   - limit: At most as many at one go.
    /// - Returns: How many there were.
    /// - Throws: What the database says.
    public func removeOldest(before time: Int64, beyond count: Int, limit: Int) async throws(StoreError) -> Int {
        try await write { session throws(StoreError) in
            let beyond = try session.one("SELECT id FROM audit ORDER BY id DESC LIMIT 1 OFFSET $1", count) {
                try $0.get(0) as Int64
            }
            return try session.execute(
                """
                DELETE FROM audit WHERE id IN (
                    SELECT id FROM (SELECT id, time FROM audit ORDER BY id LIMIT $3) AS oldest
                    WHERE id <= $1 OR time < $2)
                """, beyond ?? 0, time, limit)
        }
    }
}

extension AuditEntry {
    fileprivate init(_ row: SQLRow) throws {
        let actor: Int64? = try row.get(2), isOperator: Int = try row.get(3), hasFailed: Int = try row.get(9)
        self.init(
            id: try row.get(0), time: try row.get(1),
            event: AuditEvent(
                actor: actor.map { .account($0) } ?? (isOperator == 1 ? .terminal : .nobody), action: try row.get(4),
                account: try row.get(5), subject: try row.get(6), detail: try row.get(7), address: try row.get(8)),
            hasFailed: hasFailed == 1, actorName: try row.get(10), accountName: try row.get(11))
    }
}
