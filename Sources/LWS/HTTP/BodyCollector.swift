/// Collects the body of one request as its policy says.
struct BodyCollector: Sendable {
    private let policy: BodyPolicy
    /// One of the two.
    private var plain: SpillingBuffer?
    private var form: MultipartParser?
    private var count = 0
    private var writes: BodyWrites
    /// Whether anything may go to disk, which is asked first where the policy wants it.
    private var mayWrite: Bool
    /// Of what stays in memory.
    private var memoryBytes = 0
    /// The body, all of which has come.
    private var whole: HTTPBody?
    /// What is held of it in memory, from its first byte until its handler has answered.
    let lease: Lease

    /// - Parameters:
    ///   - policy: What is done with the body.
    ///   - contentType: As the client says.
    ///   - directory: Where files go.
    ///   - budget: Of what is in memory.
    ///   - disk: Of what is in files; nil for any number of bytes.
    ///   - client: Who sends it; nil for somebody who is not counted.
    init(
        policy: BodyPolicy, contentType: String?, directory: String, budget: Budget, disk: Budget? = nil,
        client: IPAddress? = nil
    ) {
        self.policy = policy
        writes = BodyWrites(within: disk, of: client)
        mayWrite = !policy.asksWhenSpilling
        lease = Lease(budget, of: client, free: Lease.freeBytes)
        if policy.parsesMultipart, let contentType, HeaderParameters(contentType).value == "multipart/form-data" {
            form = MultipartParser(
                boundary: MultipartParser.boundary(in: contentType), policy: policy, directory: directory)
        } else {
            plain = SpillingBuffer(spillBytes: policy.spillBytes, directory: directory)
        }
    }

    /// All of it has come, if it may not all be on disk yet.
    var isWhole: Bool { whole != nil }
    /// Nothing should be read before the disk has taken what has come, or before it is known whether it may.
    var isFull: Bool { isWhole || writes.isFull || fieldsBeforeSpill != nil }
    /// The body; nil before all of it has come and is where it goes.
    var body: HTTPBody? { writes.isDone ? whole : nil }

    /// The question whether what waits may go to disk: the fields of the form that came before it, none of a body that is
    /// no form; nil when there is nothing to ask.
    var fieldsBeforeSpill: [(name: String, value: String)]? {
        guard !mayWrite, !writes.isDone else { return nil }
        return form?.fieldsBeforeSpill ?? []
    }

    /// It may, and so may what follows.
    mutating func allowWrites() { mayWrite = true }

    /// - Throws: ``RequestFault/bodyTooLarge``; ``RequestFault/overloaded`` when memory or disk have no room for it; for a
    ///   form, what is wrong with it.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) {
        count += bytes.count
        if count > policy.maxBytes { throw .bodyTooLarge }
        plain?.append(bytes, &writes)
        try form?.append(bytes, &writes)
        memoryBytes = (plain?.heldBytes ?? 0) + (form?.heldBytes ?? 0)
        guard !writes.isOverBudget, lease.hold(memoryBytes + writes.heldBytes) else { throw .overloaded }
    }

    /// The last byte has come.
    mutating func finish() throws(RequestFault) {
        if let form = try form?.finish() {
            whole = .multipart(form)
        } else {
            whole = plain?.finish(&writes) ?? .bytes([])
        }
    }

    /// What is to be written next; nil while that is being done, when there is nothing worth it, and before it may be.
    mutating func takeWrites() -> [BodyWrites.Write]? { mayWrite ? writes.take(isLast: isWhole) : nil }

    /// What was taken is on disk.
    mutating func finishWrites() {
        writes.finish()
        // Less than before, which there is always room for.
        _ = lease.hold(memoryBytes + writes.heldBytes)
    }
}
