internal import Glibc

/// Collects bytes in memory, and from a limit on in a temporary file.
struct SpillingBuffer {
    private let spillBytes: Int
    private let directory: String
    private var memory: [UInt8] = []
    private var file: TemporaryFile.Lease?
    private(set) var count = 0

    init(spillBytes: Int, directory: String) {
        self.spillBytes = spillBytes
        self.directory = directory
    }

    /// - Throws: ``RequestFault/failed`` when the disk does not take them.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) {
        count += bytes.count
        if file == nil, count > spillBytes {
            let lease = try TemporaryFile.Lease(in: directory)
            file = lease
            try memory.withUnsafeBytesTyped { bytes throws(RequestFault) in try lease.write(bytes) }
            memory = []
        }
        if let file {
            try file.write(bytes)
        } else {
            memory.append(contentsOf: bytes)
        }
    }

    /// Gives away what was collected.
    mutating func finish() throws(RequestFault) -> HTTPBody {
        guard let file else {
            defer { memory = [] }
            return .bytes(memory)
        }
        self.file = nil
        return .file(file.finish(count: count))
    }
}

extension [UInt8] {
    fileprivate func withUnsafeBytesTyped(
        _ body: (UnsafeRawBufferPointer) throws(RequestFault) -> Void
    ) throws(RequestFault) {
        var fault: RequestFault?
        withUnsafeBytes { bytes in
            do throws(RequestFault) { try body(bytes) } catch { fault = error }
        }
        if let fault { throw fault }
    }
}
