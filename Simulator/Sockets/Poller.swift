import CEpoll
import Glibc

/// Waits for any number of descriptors on one thread: epoll, level-triggered.
///
/// Not thread-safe; the descriptors belong to whoever adds them.
final class Poller {
    /// What a descriptor is ready for; broken or closed by the peer counts as readable.
    struct Readiness: OptionSet {
        let rawValue: UInt8
        static let readable = Readiness(rawValue: 1)
        static let writable = Readiness(rawValue: 2)
    }

    private let descriptor: Int32
    private let events: UnsafeMutableBufferPointer<epoll_event>

    /// - Throws: ``SimulatorError/noLoop(_:)`` when the system has no descriptor left.
    init() throws(SimulatorError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        events = .allocate(capacity: 512)
        events.initialize(repeating: epoll_event())
        guard descriptor >= 0 else { throw .noLoop(String(cString: strerror(errno))) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        events.deallocate()
    }

    /// Starts to watch a descriptor.
    ///
    /// - Parameters:
    ///   - watched: Open, and not watched yet.
    ///   - token: Handed to the body of ``wait(milliseconds:_:)``.
    ///   - readiness: What to wait for.
    func add(_ watched: Int32, token: UInt64, for readiness: Readiness) {
        control(EPOLL_CTL_ADD, watched, token, readiness)
    }

    /// Changes what a descriptor is watched for.
    func change(_ watched: Int32, token: UInt64, for readiness: Readiness) {
        control(EPOLL_CTL_MOD, watched, token, readiness)
    }

    // There is no `remove`: closing a descriptor ends the watch.

    private func control(_ operation: Int32, _ watched: Int32, _ token: UInt64, _ readiness: Readiness) {
        var event = epoll_event()
        if readiness.contains(.readable) { event.events |= EPOLLIN.rawValue }
        if readiness.contains(.writable) { event.events |= EPOLLOUT.rawValue }
        event.data.u64 = token
        let result = epoll_ctl(descriptor, operation, watched, &event)
        // Anything else would be a mistake of this program: a descriptor that is not open, or not watched.
        precondition(
            result == 0 || errno == ENOMEM || errno == ENOSPC, "epoll_ctl: \(String(cString: strerror(errno)))")
    }

    /// Waits until something is ready, a signal came or the time is over, and tells of what is ready.
    ///
    /// - Parameters:
    ///   - milliseconds: 0 only looks.
    ///   - body: Called for each that is ready.
    /// - Returns: How many were ready.
    @discardableResult
    func wait(milliseconds: Int32, _ body: (UInt64, Readiness) -> Void) -> Int {
        let count = Int(epoll_wait(descriptor, events.baseAddress, Int32(events.count), milliseconds))
        guard count > 0 else { return 0 }
        for index in 0..<count {
            let flags = events[index].events
            var readiness: Readiness = []
            if flags & ~EPOLLOUT.rawValue != 0 { readiness.insert(.readable) }
            if flags & EPOLLOUT.rawValue != 0 { readiness.insert(.writable) }
            body(events[index].data.u64, readiness)
        }
        return count
    }
}
