/// Collects bytes in memory, and from a limit on has them written to a temporary file.
struct SpillingBuffer: Sendable {
    private let spillBytes: Int
    private let directory: String
    private var memory: [UInt8] = []
    private var file: SpillFile?
    private(set) var count = 0

    init(spillBytes: Int, directory: String) {
        self.spillBytes = spillBytes
        self.directory = directory
    }

    /// Bytes in memory, without those that wait to be written.
    var heldBytes: Int { memory.count }

    /// What comes goes to the file, if nothing of it may be there yet.
    var isSpilling: Bool { file != nil }

    mutating func append(_ bytes: UnsafeRawBufferPointer, _ writes: inout BodyWrites) {
        count += bytes.count
        if file == nil, count <= spillBytes {
            memory.append(contentsOf: bytes)
            return
        }
        let file = self.file ?? writes.makeFile(in: directory)
        if self.file == nil {
            self.file = file
            memory.withUnsafeBytes { writes.add($0, to: file) }
            memory = []
        }
        writes.add(bytes, to: file)
    }

    /// Gives away what was collected: a file that is there when `writes` are done.
    mutating func finish(_ writes: inout BodyWrites) -> HTTPBody {
        guard let file else {
            defer { memory = [] }
            return .bytes(memory)
        }
        writes.close(file)
        self.file = nil
        return .file(TemporaryFile(file, count: count))
    }
}
