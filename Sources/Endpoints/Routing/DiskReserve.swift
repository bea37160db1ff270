import Glibc
import Limits
package import Logging
package import Services
import Synchronization

/// The space on the disk that is kept for live runs, logins, and what makes room: with less than that free, nothing else
/// is stored.
///
/// The journal must never be the first to find the disk full. What bodies that are coming already may still take, and
/// their copies, is less than the reserve as it is by default (``Limit/HTTP/files``). From any task.
package final class DiskReserve: Sendable {
    /// Bytes; 0 where none is kept.
    package let bytes: Int
    private let free: Brief<Int?>
    private let logger: Logger
    private let isShort = Mutex(false)
    private let refusals = Atomic(0)

    /// The reserve of the file system that a directory is in.
    package convenience init(_ bytes: Int, in directory: String, logger: Logger) {
        self.init(bytes, logger: logger, age: Limit.Store.reserveAge) { Self.freeBytes(of: directory) }
    }

    /// - Parameters:
    ///   - bytes: How many are to stay free.
    ///   - logger: Hears when fewer are, and when that is over.
    ///   - age: How old the answer may be.
    ///   - free: How many are; nil where the system does not tell.
    package init(_ bytes: Int, logger: Logger, age: Duration, free: @escaping @Sendable () -> Int?) {
        self.bytes = bytes
        self.logger = logger
        self.free = Brief(for: age) { free() }
    }

    /// How many bytes are free; nil where the system does not tell.
    package var freeBytes: Int? {
        get async { await free.value }
    }

    /// Whether fewer are free than are to be.
    ///
    /// A system that does not tell has enough.
    package var isTouched: Bool {
        get async {
            guard bytes > 0, let free = await freeBytes else { return false }
            let isTouched = free < bytes
            let isNew = isShort.withLock { isShort in
                defer { isShort = isTouched }
                return isShort != isTouched
            }
            if isNew {
                let metadata: Logger.Metadata = ["free": "\(free)", "reserve": "\(bytes)"]
                if isTouched {
                    logger.error("the disk has less than its reserve left, nothing new is stored", metadata: metadata)
                } else {
                    logger.notice("the disk has its reserve again", metadata: metadata)
                }
            }
            return isTouched
        }
    }

    /// Requests that were refused since the start.
    package var refusedCount: Int { refusals.load(ordering: .relaxed) }

    /// Lets pass what stores something.
    ///
    /// - Throws: ``ServicesError/outOfSpace``, and counts it.
    package func check() async throws(ServicesError) {
        guard await isTouched else { return }
        refusals.add(1, ordering: .relaxed)
        throw .outOfSpace
    }

    /// What is free on the file system that a directory is in; nil where the system does not tell.
    package static func freeBytes(of directory: String) -> Int? {
        var status = statvfs()
        // What is left for everybody, not what the system keeps for root.
        guard statvfs(directory, &status) == 0 else { return nil }
        let (bytes, isMore) = Int(clamping: status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
        return isMore ? .max : bytes
    }
}
