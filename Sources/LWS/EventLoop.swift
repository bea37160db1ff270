/// One thread, its libuv loop, and the executor of the actors pinned to it.
public final class EventLoop: SerialExecutor, @unchecked Sendable {
    /// Creates the loop and starts its thread.
    public init(name: String = "loop") throws(LWSError) { fatalError() }
    public var isCurrent: Bool { fatalError() }
    public func enqueue(_ job: consuming ExecutorJob) { fatalError() }
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }
    public func checkIsolated() { precondition(isCurrent) }
    /// Runs `body` on the loop's thread, soon, in the order of the calls.
    public func execute(_ body: @escaping @Sendable () -> Void) { fatalError() }
    /// A timer that calls `fire` on the loop's thread; not armed yet. From the loop's thread only.
    public func makeTimer(_ fire: @escaping @Sendable () -> Void) -> LoopTimer { fatalError() }
    /// Ends the thread once everything on the loop is closed; returns when it has ended. Not from the loop.
    public func shutDown() async { fatalError() }
}

/// One shot per `schedule`; a heap timer of libuv. Every method from the loop's thread.
public final class LoopTimer: @unchecked Sendable {
    public func schedule(after delay: Duration) { fatalError() }
    public func cancel() { fatalError() }
}

public enum LWSError: Error, Sendable {
    case loopFailed(String)
    case addressInUse(host: String, port: Int)
    case cannotListen(host: String, port: Int, reason: String)
    case badCertificate(String)
    case connectFailed(String)
}
