internal import CLibuv

/// One shot per `schedule`; a heap timer of libuv.
///
/// Every method from the loop's thread; the last reference may go on any thread; an armed timer that nobody holds is cancelled.
///
/// `@unchecked`: everything but the reference to the loop is only touched on the loop's thread.
public final class LoopTimer: @unchecked Sendable {
    /// What the handle points at, and holds until libuv has closed it.
    ///
    /// `@unchecked`: only touched on the loop's thread.
    private final class Target: @unchecked Sendable {
        let fire: @Sendable () -> Void
        /// Nil once the handle is closing, and of a timer that was made when the loop had ended.
        var handle: UnsafeMutablePointer<uv_timer_t>?

        init(handle: UnsafeMutablePointer<uv_timer_t>?, fire: @escaping @Sendable () -> Void) {
            self.handle = handle
            self.fire = fire
        }
    }

    private let loop: EventLoop
    private let target: Target

    init(loop: EventLoop, fire: @escaping @Sendable () -> Void) {
        self.loop = loop
        guard !loop.hasEnded else {
            target = Target(handle: nil, fire: fire)
            return
        }
        let handle = UnsafeMutablePointer<uv_timer_t>.allocate(capacity: 1)
        uv_timer_init(loop.uvLoop, handle)
        target = Target(handle: handle, fire: fire)
        handle.pointee.data = Unmanaged.passRetained(target).toOpaque()
        // A timer is a wish, not a reason to stay: `EventLoop.shutDown` does not wait for it.
        uv_unref(Self.generic(handle))
    }

    deinit {
        loop.execute { [target] in
            if let handle = target.handle { Self.close(Self.generic(handle)) }
        }
    }

    private static func generic(_ handle: UnsafeMutablePointer<uv_timer_t>) -> UnsafeMutablePointer<uv_handle_t> {
        UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
    }

    /// Closes the handle of a timer; the memory goes when libuv has let go of it.
    static func close(_ handle: UnsafeMutablePointer<uv_handle_t>) {
        Unmanaged<Target>.fromOpaque(handle.pointee.data).takeUnretainedValue().handle = nil
        uv_close(handle) { handle in
            Unmanaged<Target>.fromOpaque(handle!.pointee.data).release()
            UnsafeMutableRawPointer(handle!).assumingMemoryBound(to: uv_timer_t.self).deallocate()
        }
    }

    /// Fires once after `delay`, rounded up to milliseconds; an earlier schedule is forgotten.
    ///
    /// Nothing happens on a loop that has been shut down.
    ///
    /// - Complexity: O(log *n*) in the armed timers of the loop.
    public func schedule(after delay: Duration) {
        precondition(loop.isCurrent, "timers are scheduled on their loop's thread")
        guard let handle = target.handle else { return }
        let (seconds, attoseconds) = delay.components
        let milliseconds = seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        // libuv counts from the time at which this turn of the loop began.
        uv_update_time(loop.uvLoop)
        uv_timer_start(
            handle,
            { timer in Unmanaged<Target>.fromOpaque(timer!.pointee.data).takeUnretainedValue().fire() },
            UInt64(max(0, milliseconds)), 0)
    }

    /// Does not fire any more; may be scheduled again.
    public func cancel() {
        precondition(loop.isCurrent, "timers are cancelled on their loop's thread")
        if let handle = target.handle { uv_timer_stop(handle) }
    }
}
