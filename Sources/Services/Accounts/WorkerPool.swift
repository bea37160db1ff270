import Foundation
import Synchronization

/// Threads of their own for work that keeps a processor busy for long, with a bound on what may wait.
///
/// Swift's own threads are as many as processors and must not be kept from the tasks that wait for them; a dispatch
/// queue would borrow threads from the same pool. Who has asked for much waits for it; the others wait for one piece of
/// it at most, and hardly for those who are deferred: ``PrecedenceQueue``.
package final class WorkerPool<Lane: Hashable & Sendable>: Sendable {
    private let inbox: Inbox<Lane>

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - name: Shown by debuggers.
    ///   - threads: How many pieces of work run at a time.
    ///   - queueLimit: How many more may wait.
    ///   - share: How many of one lane may, also when much waits; nil for all.
    package init(name: String, threads: Int, queueLimit: Int, share: Int? = nil) {
        let inbox = Inbox<Lane>(limit: queueLimit, share: share ?? queueLimit)
        self.inbox = inbox
        for number in 1...max(1, threads) {
            let thread = Thread { Self.run(inbox) }
            thread.name = "\(name).\(number)"
            thread.start()
        }
    }

    /// Lets the threads end once nothing waits any more.
    deinit { inbox.close() }

    /// Runs a closure on one of the threads: first come, first served within a lane, and the lanes take turns.
    ///
    /// - Parameters:
    ///   - lane: For whom.
    ///   - isDeferred: Whether they wait behind others.
    ///   - work: What.
    /// - Returns: What `work` returns.
    /// - Throws: ``ServicesError/overloaded`` at once when too much is waiting, altogether or for the same.
    package func run<Value: Sendable>(
        for lane: Lane, isDeferred: Bool = false, _ work: @escaping @Sendable () -> Value
    ) async throws(ServicesError) -> Value {
        let value: Value? = await withCheckedContinuation { continuation in
            let isTaken = inbox.put(lane, isDeferred) { continuation.resume(returning: work()) }
            if !isTaken { continuation.resume(returning: nil) }
        }
        guard let value else { throw .overloaded }
        return value
    }

    /// Has all that waits for a lane wait behind others from now on.
    func postpone(_ lane: Lane) { inbox.postpone(lane) }

    /// How much waits.
    var waiting: Int { inbox.count }

    private static func run(_ inbox: Inbox<Lane>) {
        #if os(Linux)
        // Linux reads this as the calling thread's: who logs in waits a little longer rather than everybody who runs.
        // A third of the weight of a thread that answers, so that they get on beside those who list and page.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
        #endif
        while let work = inbox.take() { work() }
    }

    /// What waits to be done.
    ///
    /// `@unchecked`: `condition` is held wherever the variables are touched; `Mutex` cannot be waited on.
    private final class Inbox<Key: Hashable>: @unchecked Sendable {
        private let condition = NSCondition()
        private var waiting: PrecedenceQueue<Key, @Sendable () -> Void>
        private var idle = 0
        private var isClosed = false

        init(limit: Int, share: Int) { waiting = PrecedenceQueue(limit: limit, share: share) }

        var count: Int { condition.withLock { waiting.count } }

        /// Whether it was taken on.
        func put(_ key: Key, _ isDeferred: Bool, _ work: @escaping @Sendable () -> Void) -> Bool {
            condition.withLock {
                // An idle thread takes one off the queue before anything else can.
                guard waiting.push(work, for: key, isDeferred: isDeferred, idle: idle) else { return false }
                condition.signal()
                return true
            }
        }

        func postpone(_ key: Key) { condition.withLock { waiting.postpone(key) } }

        /// Waits for work; nil once there is none and never will be.
        func take() -> (@Sendable () -> Void)? {
            condition.withLock {
                idle += 1
                defer { idle -= 1 }
                while true {
                    if let work = waiting.pop() { return work }
                    if isClosed { return nil }
                    condition.wait()
                }
            }
        }

        func close() {
            condition.withLock {
                isClosed = true
                condition.broadcast()
            }
        }
    }
}
