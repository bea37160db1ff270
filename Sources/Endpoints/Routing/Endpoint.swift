package import HTTPTypes
package import LWS

/// One call of a world, as a value: who may make it, what it costs, what it takes, what it gives.
///
/// The limits, the check of the head before a large body, how much of a body is taken, refusals, the description and the
/// tests that it refuses what it must all follow from this.
package struct Endpoint: Sendable {
    package let method: HTTPRequest.Method
    /// Of the path: `/users/{id}`.
    package let pattern: String
    package let access: AccessKind
    package let cost: Cost
    /// The parameters that are read.
    package let members: [FormMember]
    /// Where those are looked for; nil for where the world looks.
    package let sources: [Parameters.Source]?
    package let description: EndpointDescription
    /// Of refusals; nil for what the world has for the path.
    package let shape: RefusalShape?
    /// What an error is in this endpoint's words; nil for the world's.
    package let words: (@Sendable (any Error) -> Problem)?
    /// Refuses by the head, before a large body is taken; nil where the head cannot tell.
    package let admitHead: (@Sendable (Gatekeeper, HTTPServerRequest) async throws -> Void)?
    /// Lets the caller in, reads the form, and answers.
    package let answer: @Sendable (Gatekeeper, HTTPServerRequest) async throws -> Response

    /// Whether it is refused while the disk has less than its ``DiskReserve`` left: whatever its method does not keep from
    /// storing, unless its cost says otherwise.
    package var isForSpace: Bool {
        switch method {
        case .get, .head, .delete: false
        default: !cost.isWithinReserve
        }
    }

    /// - Parameters:
    ///   - method: Of the request.
    ///   - pattern: Of the path.
    ///   - description: For those who call it.
    ///   - access: Who may call it.
    ///   - cost: What a call may make the server spend.
    ///   - input: What a request holds.
    ///   - shape: Of refusals, where it is not what the world has for the path.
    ///   - words: What an error is, where the world's words are not those of this endpoint.
    ///   - handle: Answers, given what the form reads.
    package init<Caller: Sendable, each Value: Sendable>(
        _ method: HTTPRequest.Method, _ pattern: String, _ description: EndpointDescription, access: Access<Caller>,
        cost: Cost, input: Form<repeat each Value>, shape: RefusalShape? = nil,
        words: (@Sendable (any Error) -> Problem)? = nil,
        _ handle: @escaping @Sendable (Call<Caller>, repeat each Value) async throws -> Response
    ) {
        self.method = method
        self.pattern = pattern
        self.access = access.kind
        self.cost = cost
        members = input.members
        sources = input.sources
        self.description = description
        self.shape = shape
        self.words = words
        admitHead = access.admitHead
        let judges = input.judges
        answer = { keeper, request in
            let caller = try await access.admit(keeper, request)
            guard cost.takes(request.body) else { throw Problem(.contentTooLarge, "The body is too large") }
            let parameters = try Parameters(
                request, in: input.sources ?? keeper.requests.sources, ignoringCase: keeper.requests.ignoresCase,
                judging: judges)
            let values = try input.read(parameters)
            return try await handle(Call(request: request, caller: caller), repeat each values)
        }
    }

    /// An endpoint that reads no parameters; what a request holds is not looked at.
    package init<Caller: Sendable>(
        _ method: HTTPRequest.Method, _ pattern: String, _ description: EndpointDescription, access: Access<Caller>,
        cost: Cost, shape: RefusalShape? = nil, words: (@Sendable (any Error) -> Problem)? = nil,
        _ handle: @escaping @Sendable (Call<Caller>) async throws -> Response
    ) {
        self.method = method
        self.pattern = pattern
        self.access = access.kind
        self.cost = cost
        members = []
        sources = []
        self.description = description
        self.shape = shape
        self.words = words
        admitHead = access.admitHead
        answer = { keeper, request in
            let caller = try await access.admit(keeper, request)
            return try await handle(Call(request: request, caller: caller))
        }
    }
}

/// What an endpoint is to those who call it, beyond what its access, cost and form tell.
package struct EndpointDescription: Sendable {
    package var group: String
    package var summary: String
    package var text: String?
    package var answers: [Operation.Answer]
    /// Statuses of refusals, with the reason; those of access and cost are added.
    package var refusals: [Int: String]

    package init(
        _ group: String, _ summary: String, _ text: String? = nil, answers: Operation.Answer...,
        refusals: [Int: String] = [:]
    ) {
        self.group = group
        self.summary = summary
        self.text = text
        self.answers = answers
        self.refusals = refusals
    }
}

extension EndpointDescription {
    /// Of a stored picture, of which a client may ask for a part, or whether it has changed.
    package static func picture(
        _ group: String, _ summary: String = "A picture", _ text: String? = nil,
        missing: String = "There is no such picture."
    ) -> EndpointDescription {
        EndpointDescription(
            group, summary, text, answers: .picture("The picture."), .part, .notModified,
            refusals: [404: missing, 416: "The picture has no such part."])
    }
}
