/// What all bodies that are being received by one server may hold in memory together.
///
/// Without it, many clients that each send most of a body and then wait would fill the memory. Everything on the
/// loop's thread.
final class MemoryBudget {
    let limit: Int
    private(set) var used = 0

    init(limit: Int) { self.limit = limit }

    /// - Returns: False, and nothing is taken, when it would be too much.
    func take(_ count: Int) -> Bool {
        guard used + count <= limit else { return false }
        used += count
        return true
    }

    func giveBack(_ count: Int) { used -= count }
}

/// Collects bytes in memory, and from a limit on in a temporary file.
final class SpillingBuffer {
    private let spillBytes: Int
    private let directory: String
    private let budget: MemoryBudget
    private var memory: [UInt8] = []
    private var file: TemporaryFile.Lease?
    private(set) var count = 0

    init(spillBytes: Int, directory: String, budget: MemoryBudget) {
        self.spillBytes = spillBytes
        self.directory = directory
        self.budget = budget
    }

    deinit { budget.giveBack(memory.count) }

    /// - Throws: ``RequestFault/failed`` when the disk does not take them.
    func append(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) {
        count += bytes.count
        if file == nil, count <= spillBytes, budget.take(bytes.count) {
            memory.append(contentsOf: bytes)
            return
        }
        if file == nil {
            let lease = try TemporaryFile.Lease(in: directory)
            file = lease
            try lease.write(memory)
            budget.giveBack(memory.count)
            memory = []
        }
        try file?.write(bytes)
    }

    /// Gives away what was collected.
    func finish() -> HTTPBody {
        if let file {
            self.file = nil
            return .file(file.finish(count: count))
        }
        defer {
            budget.giveBack(memory.count)
            memory = []
        }
        return .bytes(memory)
    }
}
