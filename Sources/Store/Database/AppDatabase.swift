import Foundation
import GRDB
public import Limits
public import Logging
import Synchronization

/// The database of one server: a directory with `runroom.sqlite` in it.
///
/// One connection writes, several read, each on a thread of its own, so that calls never block the caller's executor.
/// Reads see the last committed state and wait for nobody; writes are in the order of the calls, but for the journal's,
/// which go first. Every write is all or nothing, and its method returns only once it is **committed and synced** (WAL,
/// `synchronous = FULL`): what a method has answered survives a crash of the process and of the machine. Those that wait
/// share a transaction, and its sync.
///
/// Cancelling the calling task changes nothing: a call that has been made is carried out and answered.
public final class AppDatabase: Sendable {
    /// The directory, as it was given.
    public let directory: String

    /// Makes the ids of rows.
    public let ids: IDGenerator

    /// What an account may keep.
    let quota: AccountQuota

    private let pool: DatabasePool
    private let queue: WriteQueue
    private let lock: DirectoryLock
    private let logger: Logger
    private let isClosed = Atomic(false)

    /// Opens the database in a directory, making both if they do not exist, and brings its schema up to date.
    ///
    /// Blocks until done, which after an unclean stop includes the replay of SQLite's log.
    ///
    /// - Parameters:
    ///   - directory: Where `runroom.sqlite` lives. Held exclusively until ``close()``.
    ///   - logger: Hears about the opening and about migrations.
    ///   - busyTimeout: Seconds to wait for a foreign program's lock before ``StoreError/busy``.
    ///   - quota: What an account may keep.
    ///   - now: The clock behind ``ids``, in milliseconds since 1970.
    /// - Throws: ``StoreError/cannotOpen(path:reason:)``, ``StoreError/inUse(directory:)``,
    ///   ``StoreError/newerVersion(found:known:)``, ``StoreError/corrupt(_:)``, ``StoreError/diskFull``,
    ///   ``StoreError/busy``.
    public convenience init(
        directory: String, logger: Logger, busyTimeout: Double = Limit.Store.busySeconds,
        quota: AccountQuota = AccountQuota(), now: @escaping @Sendable () -> Int64 = IDGenerator.systemTime
    ) throws(StoreError) {
        try self.init(
            directory: directory, logger: logger, busyTimeout: busyTimeout, quota: quota, now: now, trace: nil)
    }

    /// As ``init(directory:logger:busyTimeout:quota:now:)``; for tests, `trace` hears the text of each statement that is carried
    /// out, on the thread that does so.
    init(
        directory: String, logger: Logger, busyTimeout: Double = Limit.Store.busySeconds,
        quota: AccountQuota = AccountQuota(), now: @escaping @Sendable () -> Int64, trace: (@Sendable (String) -> Void)?
    ) throws(StoreError) {
        let path = directory + "/runroom.sqlite"
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .cannotOpen(path: path, reason: "the directory cannot be made: \(error.localizedDescription)")
        }
        let lock = try DirectoryLock(directory: directory)
        DirectoryModes.keepPrivate(directory, logger: logger)
        let (pool, highestID) = try Self.open(path: path, busyTimeout: busyTimeout, logger: logger, trace: trace)
        let ids = IDGenerator(above: highestID, now: now)
        do {
            try Self.foldLog(pool, ids)
        } catch .diskFull, .busy {
            // Rooms that are taken bring theirs into their journals; until then nobody can write anyway.
            logger.warning("the newest markers are not in the journals yet, since nothing can be written")
        }
        self.directory = directory
        self.logger = logger
        self.quota = quota
        self.lock = lock
        self.pool = pool
        queue = WriteQueue(pool)
        self.ids = ids
        logger.info("database open", metadata: ["path": "\(path)"])
    }

    /// Waits for what is under way, writes SQLite's log into the database file, and gives the directory up.
    ///
    /// Blocks until done; may be repeated. Later calls throw ``StoreError/closed``. A process that ends without it
    /// loses nothing: the next start replays the log.
    public func close() throws(StoreError) {
        isClosed.store(true, ordering: .releasing)
        do {
            try pool.close()
        } catch {
            isClosed.store(false, ordering: .releasing)
            throw StoreError(error)
        }
        lock.release()
    }

    // MARK: Transactions

    /// Runs a closure on a reader, in a transaction that sees one state of the database.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Session) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            pool.asyncRead { database in
                continuation.resume(
                    returning: Result { () throws(StoreError) in
                        do {
                            return try body(Session(database.get()))
                        } catch {
                            throw StoreError(error)
                        }
                    })
            }
        }
        return try answer(result)
    }

    /// Runs a closure on the writer; what it has written is committed and synced when this returns, and rolled back when
    /// it throws.
    func write<Value: Sendable>(
        _ order: WriteQueue.Order = .others, _ body: @escaping @Sendable (Session) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        try answer(await queue.write(order, body))
    }

    private func answer<Value>(_ result: Result<Value, StoreError>) throws(StoreError) -> Value {
        // SQLite's words for a connection that is not there are misleading, and differ between readers and the writer.
        if case .failure(.io) = result, isClosed.load(ordering: .acquiring) { throw .closed }
        return try result.get()
    }

    private static func inTransaction<Value>(
        _ database: Database, _ body: (Session) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        do {
            var value: Value?
            // IMMEDIATE takes the lock at once: a foreign lock is waited for here and nowhere in the midst of it.
            try database.inTransaction(.immediate) {
                value = try body(Session(database))
                return .commit
            }
            guard let value else { throw StoreError.io("a transaction without a result") }
            return value
        } catch {
            throw StoreError(error)
        }
    }

    // MARK: Health

    /// Succeeds while the database answers reads.
    public func ping() async throws(StoreError) {
        _ = try await read { session throws(StoreError) in try session.exists("SELECT 1") }
    }

    /// Runs a statement on the writer, outside a transaction: for tests that break things on purpose.
    func administer(_ statement: String) throws(StoreError) -> [String] {
        do {
            return try pool.writeWithoutTransaction { database in
                try Row.fetchAll(database, sql: statement).map { row in row.first.map { "\($0.1)" } ?? "" }
            }
        } catch {
            throw StoreError(error)
        }
    }
}

extension AppDatabase {
    /// Opens the connections and migrates.
    ///
    /// - Returns: The connections, and the highest id in use.
    private static func open(
        path: String, busyTimeout: Double, logger: Logger, trace: (@Sendable (String) -> Void)?
    ) throws(StoreError) -> (DatabasePool, highestID: Int64) {
        var configuration = Configuration()
        configuration.label = "store"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(busyTimeout)
        configuration.maximumReaderCount = Limit.Store.readers
        configuration.prepareDatabase { database in
            // After a burst (a long reader, a bulk deletion) the log shrinks back to this.
            try database.execute(sql: "PRAGMA journal_size_limit = 67108864")
            guard let trace else { return }
            database.trace { event in
                if case .statement(let statement) = event { trace(statement.sql) }
            }
        }
        do {
            let pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { database in
                // After the opening, because GRDB sets NORMAL when it turns WAL on, and NORMAL syncs at checkpoints
                // only: a power cut would take back commits that were acknowledged.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                // A second of journals of some hundred rooms touches some hundred pages of the index, mostly those of
                // the second before: they fit this cache.
                try database.execute(sql: "PRAGMA cache_size = -16384")
                let synchronous = try Int.fetchOne(database, sql: "PRAGMA synchronous")
                guard synchronous == 2 else { throw StoreError.io("synchronous is not FULL") }
            }
            let applied = try pool.writeWithoutTransaction { database in
                try inTransaction(database) { session throws(StoreError) in try Migration.apply(in: session) }
            }
            if !applied.isEmpty { logger.info("database migrated", metadata: ["versions": "\(applied)"]) }
            let highestID = try pool.read { database in
                try Session(database).one(
                    """
                    SELECT COALESCE(MAX(id), 0) FROM (
                        SELECT MAX(id) AS id FROM accounts
                        UNION ALL SELECT MAX(id) FROM rooms UNION ALL SELECT MAX(id) FROM links
                        UNION ALL SELECT MAX(id) FROM devices UNION ALL SELECT MAX(id) FROM alarms
                        UNION ALL SELECT MAX(id) FROM reports UNION ALL SELECT MAX(id) FROM audit
                        UNION ALL SELECT MAX(id) FROM journal
                        UNION ALL SELECT MAX(id) FROM track_blocks UNION ALL SELECT MAX(id) FROM marker_log
                        UNION ALL SELECT MAX(id) FROM records UNION ALL SELECT MAX(run_key) FROM records
                        UNION ALL SELECT MAX(run_key) FROM deleted_runs
                        UNION ALL SELECT MAX(id) FROM media
                        UNION ALL SELECT MAX(id) FROM posts UNION ALL SELECT MAX(id) FROM comments
                    ) AS highest
                    """
                ) { row in try row.get(0) as Int64 } ?? 0
            }
            syncDirectory(of: path)
            return (pool, highestID)
        } catch {
            switch StoreError(error) {
            case .io(let reason): throw .cannotOpen(path: path, reason: reason)
            // The operator has to know which file.
            case .corrupt(let reason): throw .corrupt("\(path): \(reason)")
            case let error: throw error
            }
        }
    }

    /// Brings the markers that the last process had not brought into the journals there.
    private static func foldLog(_ pool: DatabasePool, _ ids: IDGenerator) throws(StoreError) {
        do {
            try pool.writeWithoutTransaction { database in
                try inTransaction(database) { session throws(StoreError) in
                    try RoomRepository.foldWholeLog(ids: ids, in: session)
                }
            }
        } catch {
            throw StoreError(error)
        }
    }

    /// Makes the directory's own entry durable; SQLite syncs the files and the names in it.
    ///
    /// Failures do not matter: some file systems refuse to sync a directory, and keep its order themselves.
    private static func syncDirectory(of path: String) {
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent()
        guard let handle = FileHandle(forReadingAtPath: parent.path) else { return }
        try? handle.synchronize()
        try? handle.close()
    }
}
