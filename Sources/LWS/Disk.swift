internal import CLibuv

/// Where files are opened, read, written and deleted: elsewhere, since a disk may take seconds, and the loop never waits.
protocol Disk: AnyObject {
    /// Does work on another thread, and then `done` on the loop's; both on the thread that stands in for a loop that
    /// has ended.
    ///
    /// From the loop's thread. Nobody bounds how much is under way at once but the caller: a connection has one piece of
    /// work out at a time.
    ///
    /// - Parameters:
    ///   - work: Gone, with all that only it holds, before `done` is called.
    ///   - done: Gets what it returned.
    func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value, then done: @escaping (Value) -> Void)
}

extension Disk {
    /// Lets go of what closes or deletes a file with its last reference.
    func release(_ value: (some Sendable)?) {
        guard let value else { return }
        run({ withExtendedLifetime(value) {} }, then: {})
    }
}

/// The threads that libuv keeps for such work: four for the process, unless its `UV_THREADPOOL_SIZE` says otherwise.
final class ThreadPoolDisk: Disk {
    /// What a request points at while it is under way.
    private final class Job {
        var work: (() -> Void)?
        let done: () -> Void

        init(work: @escaping () -> Void, done: @escaping () -> Void) {
            self.work = work
            self.done = done
        }
    }

    private let loop: EventLoop

    init(loop: EventLoop) { self.loop = loop }

    func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value, then done: @escaping (Value) -> Void) {
        // The loop outlives the request: it does not end while one is under way.
        loop.checkIsolated()
        guard !loop.hasEnded else {
            // libuv has no loop any more. What lets go of a file has its way all the same.
            let late = LoopLocal((work, done), on: loop)
            return loop.execute {
                let (work, done) = late.value
                done(work())
            }
        }
        // Written by the thread that works and read by the loop's afterwards; libuv orders the two.
        var result: Value?
        let job = Job(
            work: { result = work() },
            done: {
                guard let result else { preconditionFailure("libuv calls back after the work") }
                done(result)
            })
        let request = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passRetained(job).toOpaque()
        let status = uv_queue_work(
            loop.uvLoop, request,
            { request in
                let job = Unmanaged<Job>.fromOpaque(request!.pointee.data).takeUnretainedValue()
                job.work?()
                job.work = nil
            },
            { request, _ in
                let job = Unmanaged<Job>.fromOpaque(request!.pointee.data).takeRetainedValue()
                request!.deallocate()
                job.done()
            })
        precondition(status == 0, "libuv refuses only a request without a function")
    }
}
