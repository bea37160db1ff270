/// Collects the body of one request as its policy says.
struct BodyCollector: Sendable {
    private let policy: BodyPolicy
    /// One of the two.
    private var plain: SpillingBuffer?
    private var form: MultipartParser?
    private var count = 0
    private var writes = BodyWrites()
    /// Of what stays in memory.
    private var memoryBytes = 0
    /// The body, all of which has come.
    private var whole: HTTPBody?
    /// What is held of it in memory, from its first byte until its handler has answered.
    let lease: Lease

    init(policy: BodyPolicy, contentType: String?, directory: String, budget: Budget) {
        self.policy = policy
        lease = Lease(budget, free: Lease.freeBytes)
        if policy.parsesMultipart, let contentType, HeaderParameters(contentType).value == "multipart/form-data" {
            form = MultipartParser(
                boundary: MultipartParser.boundary(in: contentType), policy: policy, directory: directory)
        } else {
            plain = SpillingBuffer(spillBytes: policy.spillBytes, directory: directory)
        }
    }

    /// All of it has come, if it may not all be on disk yet.
    var isWhole: Bool { whole != nil }
    /// Nothing should be read before the disk has taken what has come.
    var isFull: Bool { isWhole || writes.isFull }
    /// The body; nil before all of it has come and is where it goes.
    var body: HTTPBody? { writes.isDone ? whole : nil }

    /// - Throws: ``RequestFault/bodyTooLarge``; ``RequestFault/overloaded`` when there is no memory left for it; for a
    ///   form, what is wrong with it.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) {
        count += bytes.count
        if count > policy.maxBytes { throw .bodyTooLarge }
        plain?.append(bytes, &writes)
        try form?.append(bytes, &writes)
        memoryBytes = (plain?.heldBytes ?? 0) + (form?.heldBytes ?? 0)
        guard lease.hold(memoryBytes + writes.heldBytes) else { throw .overloaded }
    }

    /// The last byte has come.
    mutating func finish() throws(RequestFault) {
        if let form = try form?.finish() {
            whole = .multipart(form)
        } else {
            whole = plain?.finish(&writes) ?? .bytes([])
        }
    }

    /// What is to be written next; nil while that is being done, or when there is nothing worth it.
    mutating func takeWrites() -> [BodyWrites.Write]? { writes.take(isLast: isWhole) }

    /// What was taken is on disk.
    mutating func finishWrites() {
        writes.finish()
        // Less than before, which there is always room for.
        _ = lease.hold(memoryBytes + writes.heldBytes)
    }
}
