import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The sole right to a data directory, held from ``init(directory:)`` to ``release()`` or the end of the process.
///
/// An advisory `flock` on a file of its own: SQLite's locks guard single transactions, and would let two servers, each
/// with rooms in memory, overwrite each other's. The kernel releases the lock of a process that dies, however it dies.
final class DirectoryLock: Sendable {
    private let descriptor: Mutex<Int32?>

    init(directory: String) throws(StoreError) {
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(descriptor)
            throw reason == EWOULDBLOCK
                ? .inUse(directory: directory) : .cannotOpen(path: path, reason: String(cString: strerror(reason)))
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Gives the directory up; may be repeated.
    func release() {
        descriptor.withLock { descriptor in
            guard let open = descriptor.take() else { return }
            // A process that is being spawned may hold a duplicate until it is another program: closing does not do.
            flock(open, LOCK_UN)
            close(open)
        }
    }
}
