import Endpoints
import HTTPTypes
import LWS
import Limits
import Logging

/// Finds the route of each request, and gives every answer what all of them carry: safety headers, a line in the log,
/// and a place in the metrics.
struct APIResponder: HTTPResponder {
    let router: Router
    /// What people open in a browser, beside the routes of the APIs.
    let pages: Router
    /// What ``router`` has, with the shapes of refusals.
    let routes: [RouteTable.Entry]
    let metrics: HTTPMetrics
    let policy: HTTPPolicy
    let logger: Logger
    /// Is told of those who are refused.
    let incidents: IncidentReporter

    /// A responder with the routes of all groups.
    ///
    /// - Parameters:
    ///   - core: What the routes work with.
    ///   - policy: What every answer carries, and whose address counts.
    ///   - worlds: Which are served.
    ///   - pages: For people.
    ///   - logger: Hears of each request at debug level, of those who are refused once a minute at info level, and of
    ///     failures.
    init(
        core: Core, policy: HTTPPolicy = HTTPPolicy(), worlds: [World] = World.all, pages: Router = Router(),
        logger: Logger
    ) {
        let metrics = HTTPMetrics()
        var table = RouteTable(logger: logger)
        let document = DocumentPages()
        let operations = World.operations(metrics: metrics, document: document)
        for world in worlds + [operations] { table.add(world, with: core, core.gatekeeper(for: world)) }
        document.describe(table.entries)
        router = table.router
        self.pages = pages
        routes = table.entries
        self.metrics = metrics
        self.policy = policy
        self.logger = logger
        incidents = IncidentReporter(logger: logger)
    }

    /// What answers a request: a page for who asks for HTML, as a browser does for the person before it, where there is
    /// one; else the API's route.
    private func match(_ head: HTTPRequestHead) -> Router.Match {
        let asksForPage = head.headers[.accept]?.asciiLowercased.utf8.contains("text/html".utf8) == true
        let (first, second) = asksForPage ? (pages, router) : (router, pages)
        let match = first.match(head.method, path: head.path)
        if case .route = match { return match }
        let other = second.match(head.method, path: head.path)
        guard case .notFound = other, asksForPage else { return other }
        return pages.match(head.method, path: Self.missing)
    }

    /// The page for a person whose address leads nowhere.
    private static let missing = ["missing"]

    func bodyPolicy(for head: HTTPRequestHead) -> BodyPolicy {
        switch match(head) {
        case .route(let route, _): route.bodyPolicy
        // Not kept; taken so that the answer can say what is wrong.
        case .methodNotAllowed, .notFound: BodyPolicy(maxBytes: Limit.HTTP.body)
        }
    }

    /// Whoever asks how a server does is told so when it is full as well.
    func answersWhenFull(_ head: HTTPRequestHead) -> Bool {
        head.method == .get && [["healthz"], ["readyz"], ["metrics"]].contains(head.path)
    }

    @concurrent func refusal(of head: HTTPRequestHead) async -> Response? {
        await refusal(of: head, .bytes([])) { $0.gate }
    }

    @concurrent func refusal(
        of head: HTTPRequestHead, spillingAfter fields: [(name: String, value: String)]
    ) async -> Response? {
        await refusal(of: head, .multipart(MultipartForm(fields: fields, files: []))) { $0.spillGate }
    }

    /// Has a route's gate judge a request, of whose body there is not more than what is given.
    private func refusal(
        of head: HTTPRequestHead, _ body: HTTPBody, by gate: (Router.Route) -> Router.Gate?
    ) async -> Response? {
        guard case .route(let route, let parameters) = match(head), let gate = gate(route) else { return nil }
        let begun = ContinuousClock.now
        var request = HTTPServerRequest(head: head, body: body, parameters: parameters)
        request.head.remoteAddress = policy.trustedProxies.client(of: head)
        do {
            try await gate(request)
            return nil
        } catch {
            let refusal = Self.refusal(error, to: head)
            return finish(refusal.response, refusal.problem, to: head, pattern: route.pattern, begun: begun)
        }
    }

    @concurrent func respond(to request: HTTPServerRequest) async -> Response {
        let begun = ContinuousClock.now
        let head = request.head
        var pattern = "(none)"
        var response: Response
        var problem: Problem?
        switch match(head) {
        case .route(let route, let parameters):
            pattern = route.pattern
            var request = request
            request.parameters = parameters
            request.head.remoteAddress = policy.trustedProxies.client(of: head)
            do {
                response = try await route.handler(request)
            } catch {
                let refusal = Self.refusal(error, to: head)
                (response, problem) = (refusal.response, refusal.problem)
            }
        case .methodNotAllowed, .notFound:
            if head.method == .options {
                pattern = "(preflight)"
                response = policy.preflight(origin: head.headers[.origin])
            } else {
                (response, problem) = (World.all.shape(of: head.path).early(.notFound), .notFound)
            }
        }
        return finish(response, problem, to: head, pattern: pattern, begun: begun)
    }

    /// What a route threw, which is a refusal of ``RouteTable``'s as a rule.
    private static func refusal(_ error: any Error, to head: HTTPRequestHead) -> Refusal {
        if let refusal = error as? Refusal { return refusal }
        let problem = Problem(error)
        return Refusal(response: World.all.shape(of: head.path).response(for: problem), problem: problem)
    }

    /// The answer with what all carry, counted and logged.
    private func finish(
        _ answer: Response, _ problem: Problem?, to head: HTTPRequestHead, pattern: String,
        begun: ContinuousClock.Instant
    ) -> Response {
        var response = answer
        policy.secure(&response, origin: head.headers[.origin])
        let elapsed = begun.duration(to: .now)
        metrics.record(method: head.method, pattern: pattern, status: response.status.code, elapsed: elapsed)
        let status = response.status.code
        var metadata: Logger.Metadata = [
            "method": "\(head.method)", "route": "\(pattern)", "status": "\(status)",
            "milliseconds": "\(elapsed / .milliseconds(1))",
        ]
        // Where HTTP says that all is well.
        if let problem, status < 400 { metadata["refusal"] = "\(problem.code ?? "\(problem.status.code)")" }
        logger.debug("request", metadata: metadata)
        // A failure with a cause has its line already.
        let judged = problem?.status.code ?? status
        if problem?.cause == nil, Self.isWorthALine(judged) {
            incidents.refused("\(pattern) \(judged)", from: policy.trustedProxies.client(of: head))
        }
        return response
    }

    /// What is refused is worth a line to whoever wonders about a client, or about a server that has no room for one.
    ///
    /// - Parameter status: What the answer is, in worlds too whose answers have the status of a success.
    /// - Returns: Whether it lies with the client, or with a server that is full.
    private static func isWorthALine(_ status: Int) -> Bool { (400..<500).contains(status) || status == 503 }

    func refusal(_ status: Status, path: String, sentence: String? = nil) -> Response {
        let path = path.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        let message =
            switch status.code {
            case 408: "The request did not come in time"
            case 411: "The length of the body is missing"
            case 413: "The body is too large"
            case 416: "There is no such part"
            case 414: "The request target is too long"
            case 431: "The header is too large"
            case 503: "The server is full. Try again later."
            case 400: "The request is not valid HTTP"
            default: status.reasonPhrase
            }
        var problem = Problem(status, sentence ?? message)
        if status.code == 503 { problem.retryAfter = 5 }
        var response = World.all.shape(of: path).early(problem)
        policy.secure(&response, origin: nil)
        metrics.record(method: nil, pattern: "(refused)", status: status.code, elapsed: .zero)
        // Whom this is for the server knows, and says it.
        logger.debug("request", metadata: ["route": "(refused)", "status": "\(status.code)"])
        return response
    }
}
