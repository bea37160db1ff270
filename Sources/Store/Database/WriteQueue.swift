import GRDB
import Limits
import Synchronization

/// Writes that wait for the one connection that writes.
///
/// Those that have come by the time it is free share a transaction, and its sync: the journal first, then the others in
/// the order of the calls. Each has a savepoint, so that one that fails takes nothing with it but itself, and each is
/// answered when the transaction is on the disk.
///
/// A transaction that has begun ends soon when the journal waits for it: markers are committed up to fifty times a
/// second, and nobody's likes are to delay that.
final class WriteQueue: Sendable {
    enum Order: Sendable {
        /// Before all that waits.
        case journal
        case others
    }

    private struct State {
        var journal: [any PendingWrite] = []
        var others: [any PendingWrite] = []
        /// Somebody is, or will be, on the writer's thread to see to all this.
        var isServed = false
    }

    private let pool: DatabasePool
    private let most: Int
    private let longest: Duration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - pool: Whose writer it is.
    ///   - most: At most so many writes share a transaction.
    ///   - longest: None begins in a transaction that is this old.
    init(_ pool: DatabasePool, most: Int = Limit.Store.writesTogether, longest: Duration = Limit.Store.transaction) {
        self.pool = pool
        self.most = most
        self.longest = longest
    }

    /// How many wait, without those that are being carried out.
    var count: Int { state.withLock { $0.journal.count + $0.others.count } }

    /// Runs a closure on the writer, in a savepoint, or a transaction of its own; it may be run once more after an error
    /// that was none of its own.
    ///
    /// - Returns: What the closure returned, once that is committed and synced; its error, and nothing of it is there.
    func write<Value: Sendable>(
        _ order: Order, _ body: @escaping @Sendable (Session) throws(StoreError) -> Value
    ) async -> Result<Value, StoreError> {
        // Not `DatabasePool.write`: that one gives up when the task is cancelled, perhaps on behalf of a client that
        // hung up, and would take a whole batch of the journal with it.
        await withCheckedContinuation { continuation in
            let write = Write(body: body, continuation: continuation)
            let isServed = state.withLock { state in
                switch order {
                case .journal: state.journal.append(write)
                case .others: state.others.append(write)
                }
                defer { state.isServed = true }
                return state.isServed
            }
            if !isServed { pool.asyncWriteWithoutTransaction { [self] in serve($0) } }
        }
    }

    /// On the writer's thread: until nobody waits.
    private func serve(_ database: Database) {
        while true {
            let first = state.withLock { state -> (any PendingWrite)? in
                if !state.journal.isEmpty { return state.journal.removeFirst() }
                if !state.others.isEmpty { return state.others.removeFirst() }
                state.isServed = false
                return nil
            }
            guard let first else { return }
            let isAlone = state.withLock { $0.journal.isEmpty && $0.others.isEmpty }
            if isAlone { Self.carryOut(first, in: database) } else { carryOutTogether(first, in: database) }
        }
    }

    /// One write in a transaction of its own.
    private static func carryOut(_ write: any PendingWrite, in database: Database) {
        do {
            // IMMEDIATE takes the lock at once: a foreign lock is waited for here and nowhere in the midst of it.
            try database.inTransaction(.immediate) {
                if let error = write.run(in: Session(database)) { throw error }
                return .commit
            }
            write.answer(nil)
        } catch {
            write.answer(StoreError(error))
        }
    }

    private func carryOutTogether(_ first: any PendingWrite, in database: Database) {
        var writes: [any PendingWrite] = []
        do {
            try database.inTransaction(.immediate) {
                let begun = ContinuousClock.now
                var next: (any PendingWrite)? = first
                while let write = next {
                    writes.append(write)
                    try Self.carryOutInSavepoint(write, in: database)
                    next = takeNext(after: writes.count, since: begun)
                }
                return .commit
            }
            for write in writes { write.answer(nil) }
        } catch {
            if writes.isEmpty { writes = [first] }
            let error = StoreError(error)
            switch error {
            // As long as nobody may write, each of them would wait for that again.
            case .busy: for write in writes { write.answer(error) }
            // It may be one's fault, or a matter of how much there is.
            default: for write in writes { Self.carryOut(write, in: database) }
            }
        }
    }

    /// What goes into the same transaction; nil when it is to end.
    private func takeNext(after count: Int, since begun: ContinuousClock.Instant) -> (any PendingWrite)? {
        state.withLock { state in
            guard state.journal.isEmpty, !state.others.isEmpty, count < most, begun.duration(to: .now) < longest
            else {
                return nil
            }
            return state.others.removeFirst()
        }
    }

    private static func carryOutInSavepoint(_ write: any PendingWrite, in database: Database) throws {
        try database.cachedStatement(sql: "SAVEPOINT write").execute()
        if let error = write.run(in: Session(database)) {
            // Some errors end the whole transaction.
            guard database.isInsideTransaction else { throw error }
            try database.cachedStatement(sql: "ROLLBACK TO SAVEPOINT write").execute()
        }
        try database.cachedStatement(sql: "RELEASE SAVEPOINT write").execute()
    }
}

/// A write that waits.
private protocol PendingWrite: Sendable {
    /// Carries it out, and keeps what came of it until it is answered.
    func run(in session: Session) -> StoreError?

    /// Tells who waits what came of it, or what became of the transaction that it was part of.
    func answer(_ error: StoreError?)
}

/// `@unchecked`: once it waits, it is touched on the writer's thread only.
private final class Write<Value: Sendable>: PendingWrite, @unchecked Sendable {
    private let body: @Sendable (Session) throws(StoreError) -> Value
    private let continuation: CheckedContinuation<Result<Value, StoreError>, Never>
    private var result: Result<Value, StoreError>?

    init(
        body: @escaping @Sendable (Session) throws(StoreError) -> Value,
        continuation: CheckedContinuation<Result<Value, StoreError>, Never>
    ) {
        self.body = body
        self.continuation = continuation
    }

    func run(in session: Session) -> StoreError? {
        do throws(StoreError) {
            result = .success(try body(session))
            return nil
        } catch {
            result = .failure(error)
            return error
        }
    }

    func answer(_ error: StoreError?) {
        let failure = error ?? .io("a write without a result")
        continuation.resume(returning: error == nil ? result ?? .failure(failure) : .failure(failure))
    }
}
