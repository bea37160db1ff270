/// What somebody finds amiss, for administrators to decide.
public struct Report: Hashable, Sendable, Identifiable {
    /// What is reported, by its id.
    public enum Subject: Hashable, Sendable {
        case post(Int64)
        case comment(Int64)
        /// Somebody's name or picture.
        case account(Int64)
        case room(Int64)
    }

    /// What becomes of it.
    public enum Decision: String, Hashable, Sendable, CaseIterable {
        /// Nothing is amiss.
        case dismiss
        /// Others do not see it any more.
        case hide
        case delete
        /// What was hidden is seen again.
        case show
    }

    public struct Verdict: Hashable, Sendable {
        public let decision: Decision
        /// Milliseconds since 1970.
        public let decidedAt: Int64
        /// What the administrator is called now; nil for one who is gone.
        public let deciderName: String?
    }

    public let id: Int64
    public let subject: Subject
    /// What who reports is called now; nil for somebody who is gone.
    public let reporterName: String?
    /// In the words of the layer above.
    public let reason: String
    /// What they wrote to it; nil for nothing.
    public let note: String?
    /// Milliseconds since 1970.
    public let createdAt: Int64
    /// Nil while nobody has decided.
    public let verdict: Verdict?
    /// How many reports about the same wait for a decision, this one included.
    public let openCount: Int
}

/// What people report.
public struct ReportRepository: Repository {
    public let database: AppDatabase
}

extension ReportRepository {
    /// What became of a new report.
    public enum Insertion: Hashable, Sendable {
        case stored
        /// The same person has reported it, or so many have that one more tells nothing new.
        case known
        /// Too many wait.
        case full
    }

    /// Adds a report.
    ///
    /// - Parameters:
    ///   - subject: What is reported.
    ///   - reporter: Who does.
    ///   - reason: Why.
    ///   - note: What they write to it.
    ///   - limit: So many may wait, and...
    ///   - limitOfOne: ...so many about the same, and...
    ///   - limitByOne: ...so many by the same person.
    ///   - time: Now.
    /// - Returns: What became of it.
    /// - Throws: What the database says.
    public func insert(
        _ subject: Report.Subject, reporter: Int64, reason: String, note: String?, limit: Int, limitOfOne: Int,
        limitByOne: Int, at time: Int64
    ) async throws(StoreError) -> Insertion {
        let id = ids.next(), (kind, key) = subject.stored
        return try await write { session throws(StoreError) in
            let reporters = try session.rows(
                "SELECT reporter FROM reports WHERE kind = $1 AND subject = $2 AND decided_at IS NULL", kind, key
            ) { try $0.get(0) as Int64? }
            if reporters.contains(reporter) || reporters.count >= limitOfOne { return .known }
            let waiting = try session.one("SELECT COUNT(*) FROM reports WHERE decided_at IS NULL") {
                try $0.get(0) as Int
            }
            let own = try session.one(
                "SELECT COUNT(*) FROM reports WHERE reporter = $1 AND decided_at IS NULL", reporter
            ) { try $0.get(0) as Int }
            guard waiting ?? 0 < limit, own ?? 0 < limitByOne else { return .full }
            try session.execute(
                """
                INSERT INTO reports (id, kind, subject, reporter, reason, note, created_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """, id, kind, key, reporter, reason, note, time)
            return .stored
        }
    }

    /// Reports, the newest first.
    ///
    /// - Parameters:
    ///   - isOpen: Those that wait for a decision, or the others.
    ///   - before: Those with a smaller id.
    ///   - limit: At most as many.
    /// - Returns: Fewer than `limit` at the end.
    /// - Throws: What the database says.
    public func reports(isOpen: Bool, before: Int64 = .max, limit: Int) async throws(StoreError) -> [Report] {
        try await read { session throws(StoreError) in
            try session.rows(isOpen ? Self.open : Self.decided, before, limit) { try Report($0) }
        }
    }

    /// A report; nil for none.
    public func report(id: Int64) async throws(StoreError) -> Report? {
        try await read { session throws(StoreError) in try session.one(Self.byID, id) { try Report($0) } }
    }

    /// Notes what was decided about a report and all that wait about the same.
    ///
    /// - Parameters:
    ///   - report: Which; one that was decided before is decided anew.
    ///   - decision: What.
    ///   - decider: The administrator.
    ///   - time: Now.
    /// - Returns: How many there are.
    /// - Throws: What the database says.
    public func decide(
        _ report: Report, _ decision: Report.Decision, decider: Int64, at time: Int64
    ) async throws(StoreError) -> Int {
        let (kind, subject) = report.subject.stored
        return try await write { session throws(StoreError) in
            try session.execute(
                """
                UPDATE reports SET decision = $4, decider = $5, decided_at = $6
                WHERE kind = $1 AND subject = $2 AND (decided_at IS NULL OR id = $3)
                """, kind, subject, report.id, decision.rawValue, decider, time)
        }
    }

    /// Removes some of those that were decided before a time, at most as many.
    ///
    /// - Returns: How many there were.
    public func removeDecided(before time: Int64, limit: Int) async throws(StoreError) -> Int {
        try await write { session throws(StoreError) in
            try session.execute(
                """
                DELETE FROM reports WHERE id IN (
                    SELECT id FROM reports WHERE decided_at < $1 ORDER BY decided_at LIMIT $2)
                """, time, limit)
        }
    }

    private static let select = """
        SELECT r.id, r.kind, r.subject, a.username, r.reason, r.note, r.created_at, r.decision, r.decided_at,
            d.username, (
                SELECT COUNT(*) FROM reports o
                WHERE o.kind = r.kind AND o.subject = r.subject AND o.decided_at IS NULL)
        FROM reports r LEFT JOIN accounts a ON a.id = r.reporter AND a.is_leaving = 0
            LEFT JOIN accounts d ON d.id = r.decider AND d.is_leaving = 0
        """
    private static let byID = SQL("\(select) WHERE r.id = $1")
    private static let open = SQL(
        "\(select) WHERE r.decided_at IS NULL AND r.id < $1 ORDER BY r.id DESC LIMIT $2")
    private static let decided = SQL(
        "\(select) WHERE r.decided_at IS NOT NULL AND r.id < $1 ORDER BY r.id DESC LIMIT $2")
}

extension Report.Subject {
    /// What it is: `post`, `comment`, `account`, `room`.
    public var kind: String { stored.kind }

    /// In the columns `kind` and `subject`.
    fileprivate var stored: (kind: String, key: Int64) {
        switch self {
        case .post(let id): ("post", id)
        case .comment(let id): ("comment", id)
        case .account(let id): ("account", id)
        case .room(let id): ("room", id)
        }
    }

    fileprivate init(kind: String, key: Int64) throws {
        switch kind {
        case "post": self = .post(key)
        case "comment": self = .comment(key)
        case "account": self = .account(key)
        case "room": self = .room(key)
        default: throw StoreError.corrupt("a report about nothing that is known")
        }
    }
}

extension Report {
    fileprivate init(_ row: SQLRow) throws {
        let decision: String? = try row.get(7), decidedAt: Int64? = try row.get(8)
        var verdict: Verdict?
        if let decision, let decidedAt {
            guard let decision = Decision(rawValue: decision) else {
                throw StoreError.corrupt("a decision that is not known")
            }
            verdict = Verdict(decision: decision, decidedAt: decidedAt, deciderName: try row.get(9))
        }
        self.init(
            id: try row.get(0), subject: try Subject(kind: try row.get(1), key: try row.get(2)),
            reporterName: try row.get(3), reason: try row.get(4), note: try row.get(5), createdAt: try row.get(6),
            verdict: verdict, openCount: try row.get(10))
    }
}
