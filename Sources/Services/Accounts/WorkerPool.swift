import Foundation
import Synchronization

/// Threads of their own for work that keeps a processor busy for long, with a bound on what may wait.
///
/// Swift's own threads are as many as processors and must not be kept from the tasks that wait for them; a dispatch
/// queue would borrow threads from the same pool.
final class WorkerPool: Sendable {
    private let inbox: Inbox

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - name: Shown by debuggers.
    ///   - threads: How many pieces of work run at a time.
    ///   - queueLimit: How many more may wait.
    init(name: String, threads: Int, queueLimit: Int) {
        let inbox = Inbox(queueLimit: queueLimit)
        self.inbox = inbox
        for number in 1...max(1, threads) {
            let thread = Thread { Self.run(inbox) }
            thread.name = "\(name).\(number)"
            thread.start()
        }
    }

    /// Lets the threads end once nothing waits any more.
    deinit { inbox.close() }

    /// Runs a closure on one of the threads, first come, first served.
    ///
    /// - Throws: ``ServicesError/overloaded`` at once when too much is waiting.
    func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async throws(ServicesError) -> Value {
        let value: Value? = await withCheckedContinuation { continuation in
            let isTaken = inbox.put { continuation.resume(returning: work()) }
            if !isTaken { continuation.resume(returning: nil) }
        }
        guard let value else { throw .overloaded }
        return value
    }

    private static func run(_ inbox: Inbox) {
        #if os(Linux)
        // Linux reads this as the calling thread's: who logs in waits a little longer rather than everybody who runs.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        #endif
        while let work = inbox.take() { work() }
    }

    /// What waits to be done.
    ///
    /// `@unchecked`: `condition` is held wherever the variables are touched; `Mutex` cannot be waited on.
    private final class Inbox: @unchecked Sendable {
        private let condition = NSCondition()
        private let queueLimit: Int
        private var waiting: [@Sendable () -> Void] = []
        private var idle = 0
        private var isClosed = false

        init(queueLimit: Int) { self.queueLimit = queueLimit }

        /// Whether it was taken on.
        func put(_ work: @escaping @Sendable () -> Void) -> Bool {
            condition.withLock {
                // An idle thread takes one off the queue before anything else can.
                guard waiting.count < queueLimit + idle else { return false }
                waiting.append(work)
                condition.signal()
                return true
            }
        }

        /// Waits for work; nil once there is none and never will be.
        func take() -> (@Sendable () -> Void)? {
            condition.withLock {
                idle += 1
                defer { idle -= 1 }
                while waiting.isEmpty {
                    if isClosed { return nil }
                    condition.wait()
                }
                return waiting.removeFirst()
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
