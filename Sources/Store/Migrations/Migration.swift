/// One step from a version of the schema to the next.
///
/// A migration that has been released is frozen: databases out there have run it. A change is a new migration.
struct Migration: Sendable {
    /// 1, 2, 3, …, without gaps.
    let version: Int
    let statements: [SQL]
    /// What is to be done then that SQL cannot do.
    let step: @Sendable (Session) throws(StoreError) -> Void

    init(
        version: Int, _ definitions: [String],
        then step: @escaping @Sendable (Session) throws(StoreError) -> Void = { _ throws(StoreError) in }
    ) {
        self.version = version
        statements = definitions.map { SQL(definition: $0) }
        self.step = step
    }

    /// All of them, ascending.
    static let all: [Migration] = [
        Migration(version: 1, accountsAndRooms),
        Migration(version: 2, mediaAndPreferences),
        Migration(version: 3, forum),
        Migration(version: 4, roles),
        Migration(version: 5, sessions),
        Migration(version: 6, social),
        Migration(version: 7, people),
        Migration(version: 8, anonymity, then: movePlaces),
        Migration(version: 9, blocks),
        Migration(version: 10, ways),
        Migration(version: 11, terms),
        Migration(version: 12, indexes),
        Migration(version: 13, counts),
        Migration(version: 14, leaving),
        Migration(version: 15, keptBytes),
        Migration(version: 16, digests),
        Migration(version: 17, links),
        Migration(version: 18, marks),
        Migration(version: 19, markerLog),
        Migration(version: 20, devices),
        Migration(version: 21, files),
        Migration(version: 22, moderation),
        Migration(version: 23, zones),
        Migration(version: 24, safety),
        Migration(version: 25, delay),
        Migration(version: 26, stillness),
        Migration(version: 27, discretion),
        Migration(version: 28, leavingRooms),
    ]
}

extension Migration {
    /// Brings the schema up to the newest version.
    ///
    /// To be called in one transaction, so that a power cut leaves either the old or the new schema.
    ///
    /// - Returns: The versions that were applied.
    /// - Throws: ``StoreError/newerVersion(found:known:)``, and what the database says.
    static func apply(_ migrations: [Migration] = all, in session: Session) throws(StoreError) -> [Int] {
        try session.execute(
            SQL(definition: "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY)"))
        let found =
            try session.one("SELECT COALESCE(MAX(version), 0) FROM schema_version") { try $0.get(0) as Int } ?? 0
        let known = migrations.last?.version ?? 0
        guard found <= known else { throw .newerVersion(found: found, known: known) }

        let missing = migrations.filter { $0.version > found }
        for migration in missing {
            for statement in migration.statements { try session.execute(statement) }
            try migration.step(session)
            try session.execute("INSERT INTO schema_version (version) VALUES ($1)", migration.version)
        }
        return missing.map(\.version)
    }
}

// Times are milliseconds since 1970, in columns that end in `_at` or are called `time`. Ids come from IDGenerator.

// Version 1, frozen.
private let accountsAndRooms = [
    """
    CREATE TABLE accounts (
        id BIGINT NOT NULL PRIMARY KEY,
        username TEXT NOT NULL,
        username_key TEXT NOT NULL UNIQUE,
        nickname TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        avatar TEXT,
        last_run_id BIGINT NOT NULL DEFAULT 0 CHECK (last_run_id >= 0),
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL,
        run_data TEXT
    )
    """,
    """
    CREATE TABLE tokens (
        hash BYTEA NOT NULL PRIMARY KEY,
        account BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        expires_at BIGINT NOT NULL
    )
    """,
    "CREATE INDEX tokens_by_account ON tokens (account)",
    "CREATE INDEX tokens_by_expiry ON tokens (expires_at)",
    // The track stands last: SQLite reads a row from its start, and lists of records leave the track unread.
    """
    CREATE TABLE records (
        id BIGINT NOT NULL PRIMARY KEY,
        account BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        run_id BIGINT NOT NULL CHECK (run_id > 0),
        run_key BIGINT UNIQUE,
        source TEXT NOT NULL CHECK (source IN ('live', 'posted')),
        meters DOUBLE PRECISION NOT NULL CHECK (meters >= 0),
        seconds DOUBLE PRECISION NOT NULL CHECK (seconds >= 0),
        start_at BIGINT NOT NULL,
        end_at BIGINT NOT NULL,
        created_at BIGINT NOT NULL,
        splits TEXT,
        extra TEXT,
        track BYTEA NOT NULL,
        UNIQUE (account, run_id)
    )
    """,
    // Runs whose records their runners deleted: a late commit of such a run must not bring it back.
    """
    CREATE TABLE deleted_runs (
        run_key BIGINT NOT NULL PRIMARY KEY,
        account BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
        run_id BIGINT NOT NULL
    )
    """,
    "CREATE INDEX deleted_runs_by_account ON deleted_runs (account)",
    """
    CREATE TABLE rooms (
        id BIGINT NOT NULL PRIMARY KEY,
        run_id TEXT NOT NULL UNIQUE,
        password_salt BYTEA NOT NULL,
        password_hash BYTEA NOT NULL,
        epoch TEXT NOT NULL,
        created_at BIGINT NOT NULL,
        updated_at BIGINT NOT NULL
    )
    """,
    // A person outlives the account: events and frames of the room go on naming the runner's number.
    """
    CREATE TABLE people (
        room BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
        runner BIGINT NOT NULL,
        account BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
        username TEXT NOT NULL,
        nickname TEXT NOT NULL,
        avatar TEXT,
        joined_at BIGINT NOT NULL,
        state BYTEA NOT NULL,
        PRIMARY KEY (room, runner)
    )
    """,
    "CREATE INDEX people_by_account ON people (account)",
    """
    CREATE TABLE events (
        room BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
        number BIGINT NOT NULL,
        time BIGINT NOT NULL,
        body TEXT NOT NULL,
        record_key BIGINT,
        record_run_id BIGINT,
        PRIMARY KEY (room, number)
    )
    """,
    // The id is the order of writing, so that a second's rows of all rooms lie side by side and cost few pages.
    """
    CREATE TABLE journal (
        id BIGINT NOT NULL PRIMARY KEY,
        room BIGINT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
        sequence BIGINT NOT NULL,
        time BIGINT NOT NULL,
        bytes BYTEA NOT NULL,
        UNIQUE (room, sequence)
    )
    """,
]
