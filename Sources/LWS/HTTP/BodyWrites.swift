import Limits

/// What of a body is to go to disk: in order, one batch at a time, so that a slow disk makes the client wait and not the
/// memory grow.
struct BodyWrites: Sendable {
    /// Bytes for a file, or the word that it is complete.
    struct Write: Sendable {
        let file: SpillFile
        fileprivate(set) var bytes: [UInt8] = []
        fileprivate(set) var isLast = false

        /// Blocks.
        func perform() throws(RequestFault) {
            try file.write(bytes)
            if isLast { file.close() }
        }

        /// Does one after the other, up to what fails; blocks.
        ///
        /// - Returns: What failed.
        static func perform(_ writes: [Write]) -> RequestFault? {
            do throws(RequestFault) {
                for write in writes { try write.perform() }
                return nil
            } catch {
                return error
            }
        }
    }

    /// What is worth a write, and the most that waits while a batch is being written, but for what one read brings.
    static let pieceBytes = Limit.HTTP.piece

    /// Of the files' bytes; nil for any number.
    private let budget: Budget?
    private let client: IPAddress?
    private var queue: [Write] = []
    private var queuedBytes = 0
    /// Of the batch that is being written.
    private var writingBytes: Int?

    /// - Parameters:
    ///   - budget: The bytes that the files may have together with others'; nil for any number.
    ///   - client: Who sends them.
    init(within budget: Budget? = nil, of client: IPAddress? = nil) {
        self.budget = budget
        self.client = client
    }

    /// A file that is there with its first byte.
    func makeFile(in directory: String) -> SpillFile { SpillFile(in: directory, within: budget, of: client) }

    /// Bytes in memory.
    var heldBytes: Int { queuedBytes + (writingBytes ?? 0) }
    /// A file has been given more than the budget of all files had room for: nothing may follow.
    private(set) var isOverBudget = false
    /// Everything is on disk.
    var isDone: Bool { queue.isEmpty && writingBytes == nil }
    /// Nothing should be added before ``finish()``.
    var isFull: Bool { writingBytes != nil && queuedBytes >= Self.pieceBytes }

    mutating func add(_ bytes: UnsafeRawBufferPointer, to file: SpillFile) {
        guard file.reserve(bytes.count) else {
            isOverBudget = true
            return
        }
        queuedBytes += bytes.count
        if queue.last?.file !== file { queue.append(Write(file: file)) }
        queue[queue.count - 1].bytes.append(contentsOf: bytes)
    }

    /// Nothing more is added to a file.
    mutating func close(_ file: SpillFile) {
        if queue.last?.file !== file { queue.append(Write(file: file)) }
        queue[queue.count - 1].isLast = true
    }

    /// Takes the next batch out; ``finish()`` is to be told when it is done.
    ///
    /// - Parameter isLast: Whether nothing more will be added, so that there is nothing to wait for.
    /// - Returns: Nil while another is being written, and when it is not worth one yet.
    mutating func take(isLast: Bool) -> [Write]? {
        guard writingBytes == nil, !queue.isEmpty, isLast || queuedBytes >= Self.pieceBytes else { return nil }
        writingBytes = queuedBytes
        queuedBytes = 0
        defer { queue = [] }
        return queue
    }

    /// The batch is on disk.
    mutating func finish() { writingBytes = nil }
}
