internal import Glibc

/// A file of the server's temporary directory, deleted when the last reference goes.
///
/// To keep it, link or rename it before; the deletion then finds nothing, which is no error.
public final class TemporaryFile: Sendable {
    public var path: String { file.path }
    /// Its size in bytes.
    public let count: Int
    private let file: SpillFile

    init(_ file: SpillFile, count: Int) {
        self.file = file
        self.count = count
    }
}

/// A file of the temporary directory that bytes of a body go to.
///
/// Its name is there at once, and the file with the first write; the last reference deletes it.
///
/// `@unchecked`: written by one thread after the other, the threads of a ``Disk``, as ``BodyWrites`` hands out one
/// batch at a time; only the name and the lease, which is safe by itself, are used elsewhere.
final class SpillFile: @unchecked Sendable {
    let path: String
    /// Of the bytes that all such files may have, for as long as this one is there; nil where nothing is counted.
    private let lease: Lease?
    private var descriptor: CInt = -1
    private var exists = false

    /// - Parameters:
    ///   - directory: Where it is to be.
    ///   - budget: The bytes that it shares with others; nil for any number.
    ///   - client: Who sends it.
    init(in directory: String, within budget: Budget? = nil, of client: IPAddress? = nil) {
        lease = budget.map { Lease($0, of: client) }
        path = "\(directory)/body-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    }

    deinit {
        close()
        if exists { unlink(path) }
    }

    /// Makes room for more bytes; on the loop's thread alone.
    ///
    /// - Returns: False when the budget has none.
    func reserve(_ count: Int) -> Bool {
        guard let lease else { return true }
        return lease.hold(lease.held + count)
    }

    /// Blocks.
    ///
    /// - Throws: ``RequestFault/failed`` when the disk does not take the bytes.
    func write(_ bytes: [UInt8]) throws(RequestFault) {
        if !exists {
            descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw .failed }
            exists = true
        }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if count < 0 {
                if errno == EINTR { continue }
                throw .failed
            }
            written += count
        }
    }

    /// Nothing more is to be written.
    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}
