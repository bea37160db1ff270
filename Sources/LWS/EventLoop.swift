internal import CLibuv
internal import Glibc
internal import Synchronization

/// One thread, its libuv loop, and the executor of the actors pinned to it.
///
/// Work arrives in an inbox and is taken out in batches: a loop that sleeps is woken by one `uv_async_send` for the
/// first piece of a batch, and work that the loop's own thread adds costs no wake at all, because the inbox is emptied
/// each time before the loop would sleep. Sockets come between two batches, so that jobs that enqueue jobs do not
/// starve them.
///
/// Every loop ignores `SIGPIPE` for the whole process: a peer that goes away is an error of the write, not a signal.
///
/// `@unchecked`: what several threads touch is behind `inbox` or atomic; the rest belongs to the loop's thread.
public final class EventLoop: SerialExecutor, @unchecked Sendable {
    private enum Work {
        case job(UnownedJob)
        case body(@Sendable () -> Void)
    }

    private struct Inbox {
        var work: [Work] = []
        /// The loop may be woken; afterwards whoever brings work runs it (`runLate`).
        var isOpen = true
        /// A thread is emptying the inbox of a loop that has ended, or will when it has.
        var isDraining = false
        /// The thread needs the loop no more.
        var hasEnded = false
        var shutDownWaiters: [CheckedContinuation<Void, Never>] = []
    }

    /// Handles of libuv at fixed addresses; the thread frees them when it ends.
    ///
    /// `@unchecked`: the addresses never change; what is behind them belongs to the loop's thread, but for `wake`,
    /// which libuv lets any thread use.
    private struct Handles: @unchecked Sendable {
        let loop = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
        let wake = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
        let beforePoll = UnsafeMutablePointer<uv_prepare_t>.allocate(capacity: 1)
        let moreToDo = UnsafeMutablePointer<uv_idle_t>.allocate(capacity: 1)

        func deallocate() {
            loop.deallocate()
            wake.deallocate()
            beforePoll.deallocate()
            moreToDo.deallocate()
        }
    }

    public let name: String
    private let handles: Handles
    private let inbox = Mutex(Inbox())
    private let threadID = Atomic<UInt>(0)

    /// Whether ``uvLoop`` is gone; on the loop's thread, or whoever stands in for it.
    private(set) var hasEnded = false

    /// The loop, for what registers handles on it: from the loop's thread only, and not after `shutDown`.
    var uvLoop: UnsafeMutablePointer<uv_loop_t> { handles.loop }

    /// Creates the loop and starts its thread.
    ///
    /// - Parameter name: Shown by debuggers and `top -H`; cut to 15 bytes.
    /// - Throws: ``LWSError/loopFailed(_:)`` when the system refuses a descriptor or a thread.
    public init(name: String = "loop") throws(LWSError) {
        signal(SIGPIPE, SIG_IGN)
        self.name = name
        let handles = Handles()
        self.handles = handles
        var status = uv_loop_init(handles.loop)
        guard status == 0 else {
            handles.deallocate()
            throw .loopFailed(String(cString: uv_strerror(status)))
        }
        status = uv_async_init(handles.loop, handles.wake) { _ in }
        guard status == 0 else {
            uv_loop_close(handles.loop)
            handles.deallocate()
            throw .loopFailed(String(cString: uv_strerror(status)))
        }
        uv_prepare_init(handles.loop, handles.beforePoll)
        uv_idle_init(handles.loop, handles.moreToDo)
        let unretained = Unmanaged.passUnretained(self).toOpaque()
        handles.beforePoll.pointee.data = unretained
        uv_prepare_start(handles.beforePoll) { prepare in
            Unmanaged<EventLoop>.fromOpaque(prepare!.pointee.data).takeUnretainedValue().runBatch()
        }
        // The prepare handle must not keep the loop alive; the async handle does, until `shutDown`.
        uv_unref(UnsafeMutableRawPointer(handles.beforePoll).assumingMemoryBound(to: uv_handle_t.self))

        // The thread owns a reference until it has ended, so the loop cannot vanish under it.
        let retained = Unmanaged.passRetained(self).toOpaque()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, &attributes,
            { argument in
                let loop = Unmanaged<EventLoop>.fromOpaque(argument!).takeRetainedValue()
                loop.runThread()
                return nil
            }, retained)
        guard failure == 0 else {
            Unmanaged<EventLoop>.fromOpaque(retained).release()
            uv_close(UnsafeMutableRawPointer(handles.wake).assumingMemoryBound(to: uv_handle_t.self), nil)
            uv_close(UnsafeMutableRawPointer(handles.beforePoll).assumingMemoryBound(to: uv_handle_t.self), nil)
            uv_close(UnsafeMutableRawPointer(handles.moreToDo).assumingMemoryBound(to: uv_handle_t.self), nil)
            uv_run(handles.loop, UV_RUN_NOWAIT)
            uv_loop_close(handles.loop)
            handles.deallocate()
            throw .loopFailed(String(cString: strerror(failure)))
        }
    }

    // MARK: - Executor

    /// Whether the caller is on the loop's thread.
    public var isCurrent: Bool { threadID.load(ordering: .acquiring) == UInt(pthread_self()) }

    public func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    /// Lets `assumeIsolated` accept a C callback, which runs on the thread but in no task.
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Traps on any other thread, at the cost of an atomic load.
    ///
    /// What belongs to the loop is not locked: a call from elsewhere would be a silent race.
    public func checkIsolated() { precondition(isCurrent, "not on the thread of event loop \(name)") }

    /// Runs `body` on the loop's thread, soon, in the order of the calls.
    ///
    /// From any thread. On a loop that has been shut down, `body` runs on the caller's thread, still one at a time.
    public func execute(_ body: @escaping @Sendable () -> Void) {
        add(.body(body))
    }

    private func add(_ work: Work) {
        let isOpen = inbox.withLock { inbox in
            inbox.work.append(work)
            // One wake for a batch; none from the loop itself, which empties the inbox before it sleeps.
            if inbox.isOpen, inbox.work.count == 1, !isCurrent { uv_async_send(handles.wake) }
            return inbox.isOpen
        }
        if !isOpen { runLate() }
    }

    private func run(_ batch: [Work]) {
        for work in batch {
            switch work {
            case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
            case .body(let body): body()
            }
        }
    }

    private func takeWork() -> [Work] {
        inbox.withLock { inbox in
            let work = inbox.work
            inbox.work = []
            return work
        }
    }

    /// Before each sleep of the loop: one batch, and no sleep if that batch left more to do.
    private func runBatch() {
        run(takeWork())
        if inbox.withLock({ $0.work.isEmpty }) {
            uv_idle_stop(handles.moreToDo)
        } else {
            // An active idle handle makes libuv poll without waiting.
            uv_idle_start(handles.moreToDo) { _ in }
        }
    }

    /// The executor after its thread has ended: whoever brings work runs it, one thread at a time, so that a late
    /// answer to an actor of this loop neither hangs nor breaks its isolation.
    private func runLate() {
        let isMine = inbox.withLock { inbox in
            if inbox.isDraining { return false }
            inbox.isDraining = true
            return true
        }
        if isMine { drain() }
    }

    private func drain() {
        threadID.store(UInt(pthread_self()), ordering: .releasing)
        while true {
            let batch = inbox.withLock { inbox in
                let work = inbox.work
                inbox.work = []
                if work.isEmpty {
                    threadID.store(0, ordering: .releasing)
                    inbox.isDraining = false
                }
                return work
            }
            if batch.isEmpty { return }
            run(batch)
        }
    }

    /// CPU time that the thread has used, in seconds; nil when the system does not tell.
    ///
    /// From the loop's thread; traps elsewhere.
    public var threadSeconds: Double? {
        checkIsolated()
        var time = timespec()
        guard clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    // MARK: - Timers

    /// A timer that calls `fire` on the loop's thread; not armed yet.
    ///
    /// From the loop's thread only. On a loop that has ended it never fires.
    public func makeTimer(_ fire: @escaping @Sendable () -> Void) -> LoopTimer {
        precondition(isCurrent, "timers are made on their loop's thread")
        return LoopTimer(loop: self, fire: fire)
    }

    // MARK: - Life

    private func runThread() {
        threadID.store(UInt(pthread_self()), ordering: .releasing)
        _ = CLibuv_set_thread_name(String(decoding: name.utf8.prefix(15), as: UTF8.self))
        uv_run(handles.loop, UV_RUN_DEFAULT)

        // Before the wake handle is closed: libuv aborts when one is sent to whose loop is gone. What comes now waits.
        inbox.withLock { inbox in
            inbox.isOpen = false
            inbox.isDraining = true
        }
        // Only handles of ours are left: timers that were never cancelled, and those of the loop itself.
        uv_walk(
            handles.loop,
            { handle, _ in
                guard let handle, uv_is_closing(handle) == 0 else { return }
                if handle.pointee.type == UV_TIMER { LoopTimer.close(handle) } else { uv_close(handle, nil) }
            }, nil)
        uv_run(handles.loop, UV_RUN_DEFAULT)
        uv_loop_close(handles.loop)

        handles.deallocate()
        hasEnded = true
        drain()
        let waiters = inbox.withLock { inbox in
            inbox.hasEnded = true
            let waiters = inbox.shutDownWaiters
            inbox.shutDownWaiters = []
            return waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Ends the thread once everything on the loop is closed; returns when it has ended.
    ///
    /// Not from the loop. Servers and clients of the loop are to be stopped before; the thread waits for them. Timers that are still
    /// armed do not hold it: they never fire. Work that comes later runs on the thread that brings it. A second call
    /// returns when the first does.
    public func shutDown() async {
        precondition(!isCurrent, "an event loop cannot wait for its own end")
        await withCheckedContinuation { waiter in
            let isAlive = inbox.withLock { inbox in
                if !inbox.hasEnded { inbox.shutDownWaiters.append(waiter) }
                return !inbox.hasEnded
            }
            guard isAlive else { return waiter.resume() }
            execute { [self] in
                guard !hasEnded else { return }
                // Without this reference libuv returns as soon as no other handle is active.
                uv_unref(UnsafeMutableRawPointer(handles.wake).assumingMemoryBound(to: uv_handle_t.self))
            }
        }
    }
}
