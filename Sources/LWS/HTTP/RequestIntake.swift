/// What comes in on one connection: bytes in, requests out.
///
/// It holds everything that is kept of what a client sends, and answers for it to the server's budget: a head that is not
/// complete, what came behind the request that is being answered, and a body until it is whole. It knows no sockets and
/// no files: whoever has them stops reading while ``isFull``, answers what ``fieldsBeforeSpill`` asks, and writes what
/// ``takeWrites()`` gives out.
///
/// ```text
///   head ──▶ (judged elsewhere) ──collect──▶ body ──the last byte──▶ stored ──writes done──▶ head
/// ```
struct RequestIntake {
    enum Event {
        case head(ParsedHead)
        /// All of a request's body, where its policy wants it, with what it holds of the memory.
        case body(HTTPBody, Lease)
    }

    private var reader: RequestReader
    /// What has come and was not read.
    private var pending: [UInt8] = []
    private var collector: BodyCollector?
    private var bodyBytes = 0
    private let budget: Budget
    /// For ``pending``.
    private let lease: Lease

    /// - Parameters:
    ///   - parser: As in ``RequestReader``.
    ///   - budget: Of what is in memory.
    ///   - peer: Whose the connection is; nil for somebody who is not counted.
    init(_ parser: RequestHeadParser, budget: Budget, peer: IPAddress? = nil) {
        reader = RequestReader(parser)
        self.budget = budget
        lease = Lease(budget, of: peer, free: Lease.freeBytes)
    }

    /// Nothing is kept.
    var isEmpty: Bool { pending.isEmpty }

    /// Nothing but empty lines is kept.
    var isBlank: Bool { Self.isBlank(pending) }

    static func isBlank(_ bytes: some Sequence<UInt8>) -> Bool { bytes.allSatisfy { $0 == 13 || $0 == 10 } }

    /// The path of a request whose head could not be read, as far as it can be told.
    var unreadPath: String { RequestHeadParser.path(in: pending) }

    // MARK: - Reading

    /// Takes what has come.
    ///
    /// - Throws: What is wrong with the body that is being collected.
    mutating func add(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) {
        guard pending.isEmpty, collector?.isWhole == false else {
            pending.append(contentsOf: bytes)
            return
        }
        // Straight through, without a copy.
        let taken = try readBody(bytes)
        if taken < bytes.count { pending.append(contentsOf: bytes[taken...]) }
    }

    /// The next event.
    ///
    /// After a head, ``collect(policy:contentType:directory:)`` comes first.
    ///
    /// - Returns: Nil when it takes more bytes, or the disk has not taken what has come.
    /// - Throws: What is wrong with the request; nothing may follow.
    mutating func next() throws(RequestFault) -> Event? {
        guard let collector else { return try readHead().map(Event.head) }
        if !collector.isWhole {
            let bytes = exchange(&pending, with: [])
            let taken = try bytes.withUnsafeBufferPointer { bytes throws(RequestFault) in
                try readBody(UnsafeRawBufferPointer(bytes))
            }
            pending = Array(bytes[taken...])
        }
        guard let body = self.collector?.body else { return nil }
        self.collector = nil
        return .body(body, collector.lease)
    }

    private mutating func readHead() throws(RequestFault) -> ParsedHead? {
        guard !pending.isEmpty else { return nil }
        let (taken, event) = try Self.read(pending, &reader)
        if taken == pending.count { pending = [] } else { pending.removeSubrange(..<taken) }
        guard case .head(let parsed) = event else { return nil }
        return parsed
    }

    private static func read(
        _ bytes: [UInt8], _ reader: inout RequestReader
    ) throws(RequestFault) -> (taken: Int, event: RequestReader.Event?) {
        try bytes.withUnsafeBufferPointer { bytes throws(RequestFault) in
            try reader.next(in: UnsafeRawBufferPointer(bytes))
        }
    }

    // MARK: - Bodies

    /// Begins to collect the body of the request whose head has come, also of one that has none.
    ///
    /// - Parameters:
    ///   - policy: What is done with it.
    ///   - contentType: As the client says.
    ///   - directory: Where files go.
    ///   - disk: The bytes that they may have together with others'; nil for any number.
    ///   - client: Whose the request is; nil for somebody who is not counted.
    mutating func collect(
        policy: BodyPolicy, contentType: String?, directory: String, disk: Budget? = nil, client: IPAddress? = nil
    ) {
        collector = BodyCollector(
            policy: policy, contentType: contentType, directory: directory, budget: budget, disk: disk, client: client)
    }

    /// - Returns: How many bytes were taken.
    private mutating func readBody(_ bytes: UnsafeRawBufferPointer) throws(RequestFault) -> Int {
        var position = 0
        while reader.isWithinBody {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            let (taken, event) = try reader.next(in: rest)
            position += taken
            guard let event else { return position }
            guard case .body(let range) = event else { break }
            try collector?.append(UnsafeRawBufferPointer(rebasing: rest[range]))
            bodyBytes += range.count
        }
        try collector?.finish()
        return position
    }

    /// How many bytes of the body have come since this was asked last: of the body itself, not of what frames it.
    mutating func takeProgress() -> Int { exchange(&bodyBytes, with: 0) }

    // MARK: - Pressure

    /// The disk has to take something before more is read.
    var isFull: Bool { collector?.isFull ?? false }

    /// Somebody has to say whether the body may go to disk: the fields of the form that came before what does.
    ///
    /// Nil when there is nothing to ask; ``allowWrites()`` is to be told the yes.
    var fieldsBeforeSpill: [(name: String, value: String)]? { collector?.fieldsBeforeSpill }

    mutating func allowWrites() { collector?.allowWrites() }

    /// What is to be written to disk next; ``finishWrites()`` is to be told when it is there.
    mutating func takeWrites() -> [BodyWrites.Write]? { collector?.takeWrites() }

    mutating func finishWrites() { collector?.finishWrites() }

    /// Counts what is kept outside of bodies.
    ///
    /// - Returns: False when the server has no room for it: it is to be let go.
    func isWithinBudget() -> Bool { lease.hold(pending.count) }

    /// Forgets everything; nothing is to be read any more.
    ///
    /// - Returns: What is left of a body, whose files go with it.
    mutating func close() -> BodyCollector? {
        pending = []
        lease.giveBack()
        return exchange(&collector, with: nil)
    }

    /// What was not read, of a connection that speaks HTTP no more.
    mutating func takeRest() -> [UInt8] { exchange(&pending, with: []) }
}
