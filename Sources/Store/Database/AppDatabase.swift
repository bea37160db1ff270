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
    let logger: Logger
    private let isClosed = Atomic(false)
    /// How many rows of the log of the newest markers were damaged.
    let damagedLogRows = Atomic(0)

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
        let damagedLogRows = Self.foldLog(pool, ids, logger)
        self.directory = directory
        self.logger = logger
        self.quota = quota
        self.lock = lock
        self.pool = pool
        queue = WriteQueue(pool)
        self.ids = ids
        self.damagedLogRows.store(damagedLogRows, ordering: .relaxed)
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

    /// How many rows of the log of the newest markers were damaged, since the database was opened and then.
    public var damagedLogRowCount: Int { damagedLogRows.load(ordering: .relaxed) }

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
            // In no transaction: one that has come upon a damaged page cannot be committed, not even if it has read alone.
            let highestID = try pool.unsafeRead { try readHighestID(in: Session($0), logger: logger) }
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

    /// No id is higher, by its time, for as long as there are any: what is was not written so.
    private static let highestPossibleID = Int64.max - 1 << 53

    /// Where ids that must not be given again are.
    private static let idColumns = [
        ("accounts", "id"), ("rooms", "id"), ("links", "id"), ("devices", "id"), ("alarms", "id"), ("reports", "id"),
        ("audit", "id"), ("journal", "id"), ("track_blocks", "id"), ("marker_log", "id"), ("records", "id"),
        ("records", "run_key"), ("deleted_runs", "run_key"), ("media", "id"), ("posts", "id"), ("comments", "id"),
    ]

    /// The highest id in use, as far as that can be read: new ones go by the time, and are higher unless the clock was set
    /// back.
    private static func readHighestID(in session: Session, logger: Logger) throws(StoreError) -> Int64 {
        var highest: Int64 = 0
        for (table, column) in idColumns {
            do throws(StoreError) {
                let found = try session.one(
                    SQL("SELECT MAX(\(column)) FROM \(table) WHERE \(column) <= $1"), highestPossibleID
                ) { try $0.get(0) as Int64? }
                highest = max(highest, (found ?? nil) ?? 0)
            } catch {
                guard error.mayBeOfOneRoom else { throw error }
                logger.error(
                    "the newest rows of a table cannot be read",
                    metadata: ["table": "\(table)", "error": "\(error)"])
            }
        }
        return highest
    }

    /// Brings the markers that the last process had not brought into the journals there.
    ///
    /// Nothing of it keeps a server from starting: what stays in the log is read with each room that is taken.
    ///
    /// - Returns: How many rows of the log are damaged.
    private static func foldLog(_ pool: DatabasePool, _ ids: IDGenerator, _ logger: Logger) -> Int {
        func write<Value>(_ body: (Session) throws(StoreError) -> Value) throws(StoreError) -> Value {
            do {
                return try pool.writeWithoutTransaction { try inTransaction($0, body) }
            } catch {
                throw StoreError(error)
            }
        }
        do throws(StoreError) {
            let found = try readLog(pool)
            if found.rows.isEmpty { return 0 }
            if !found.isDamaged {
                do throws(StoreError) {
                    try write { session throws(StoreError) in
                        try RoomRepository.emptyLog(found, ids: ids, in: session)
                    }
                    return 0
                } catch {
                    guard case .logUnusable = error else { throw error }
                }
            }
            let aside = try write { session throws(StoreError) in
                try RoomRepository.replaceLog(found, ids: ids, in: session)
            }
            try? write { session throws(StoreError) in
                try RoomRepository.leaveDamaged(found, in: aside, session)
            }
            return report(damaged: found, aside: aside, logger)
        } catch {
            logger.warning(
                "the newest markers are not in the journals yet; rooms bring theirs there",
                metadata: ["error": "\(error)"])
            return 0
        }
    }

    /// Reads the log of the newest markers; what the disk does not give is tried some times, and then passed over.
    private static func readLog(_ pool: DatabasePool) throws(StoreError) -> LogReading {
        var tries = 1
        while true {
            do {
                return try pool.unsafeRead { [tries] in
                    try RoomRepository.readLog(isLastTry: tries >= Limit.Store.tries, in: Session($0))
                }
            } catch {
                let error = StoreError(error)
                guard error.mayPass, tries < Limit.Store.tries else { throw error }
                tries += 1
                Thread.sleep(forTimeInterval: Limit.Store.logRetrySeconds)
            }
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
