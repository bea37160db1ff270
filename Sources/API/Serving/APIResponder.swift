import HTTPTypes
import LWS
import Logging

/// Finds the route of each request, and gives every answer what all of them carry: safety headers, a line in the log,
/// and a place in the metrics.
struct APIResponder: HTTPResponder {
    let router: Router
    /// What ``router`` has, with the shapes of refusals.
    let routes: [RouteTable.Entry]
    let metrics: HTTPMetrics
    let policy: HTTPPolicy
    let logger: Logger

    /// A responder with the routes of all groups.
    ///
    /// - Parameters:
    ///   - core: What the routes work with.
    ///   - connections: How many TCP connections there are, for the metrics.
    ///   - policy: What every answer carries, and whose address counts.
    ///   - logger: Hears of each request, of those that were refused at info level and of others at debug level, and of
    ///     failures.
    init(
        core: Core, connections: @escaping @Sendable () async -> Int? = { nil }, policy: HTTPPolicy = HTTPPolicy(),
        logger: Logger
    ) {
        let metrics = HTTPMetrics()
        var table = RouteTable(logger: logger)
        OperationsRoutes(core: core, metrics: metrics, connections: connections).add(to: &table)
        UserRoutes(core: core).add(to: &table)
        AccountRoutes(core: core).add(to: &table)
        PictureRoutes(core: core).add(to: &table)
        RunRoutes(core: core).add(to: &table)
        ForumRoutes(core: core).add(to: &table)
        WipeRoutes(core: core).add(to: &table)
        RoomRoutes(core: core).add(to: &table)
        ChatRoutes(core: core).add(to: &table)
        JuejinUserRoutes(core: core).add(to: &table)
        JuejinArticleRoutes(core: core).add(to: &table)
        JuejinTestRoutes(core: core).add(to: &table)
        DouyinUserRoutes(core: core).add(to: &table)
        DouyinVideoRoutes(core: core).add(to: &table)
        DouyinInteractionRoutes(core: core).add(to: &table)
        DouyinSocialRoutes(core: core).add(to: &table)
        LeafAccountRoutes(core: core).add(to: &table)
        LeafProfileRoutes(core: core).add(to: &table)
        LeafManageRoutes(core: core).add(to: &table)
        LeafImageRoutes(core: core).add(to: &table)
        LeafCaptchaRoutes(core: core).add(to: &table)
        EntryTaskRoutes(core: core).add(to: &table)
        DocumentRoutes.add(to: &table)
        router = table.router
        routes = table.entries
        self.metrics = metrics
        self.policy = policy
        self.logger = logger
    }

    func bodyPolicy(for head: HTTPRequestHead) -> BodyPolicy {
        switch router.match(head.method, path: head.path) {
        case .route(let route, _): route.bodyPolicy
        // Not kept; taken so that the answer can say what is wrong.
        case .methodNotAllowed, .notFound: BodyPolicy(maxBytes: 64 << 10)
        }
    }

    @concurrent func refusal(of head: HTTPRequestHead) async -> Response? {
        guard case .route(let route, let parameters) = router.match(head.method, path: head.path),
            let gate = route.gate
        else { return nil }
        let begun = ContinuousClock.now
        var request = HTTPServerRequest(head: head, body: .bytes([]), parameters: parameters)
        request.head.remoteAddress = policy.trustedProxies.client(of: head)
        guard var response = await gate(request) else { return nil }
        finish(&response, to: head, pattern: route.pattern, begun: begun)
        return response
    }

    @concurrent func respond(to request: HTTPServerRequest) async -> Response {
        let begun = ContinuousClock.now
        let head = request.head
        var pattern = "(none)"
        var response: Response
        switch router.match(head.method, path: head.path) {
        case .route(let route, let parameters):
            pattern = route.pattern
            var request = request
            request.parameters = parameters
            request.head.remoteAddress = policy.trustedProxies.client(of: head)
            do {
                response = try await route.handler(request)
            } catch {
                response = ErrorShape(path: head.path).response(for: Problem(error))
            }
        case .methodNotAllowed, .notFound:
            if head.method == .options {
                pattern = "(preflight)"
                response = policy.preflight(origin: head.headers[.origin])
            } else {
                response = ErrorShape(path: head.path).early(.notFound)
            }
        }
        finish(&response, to: head, pattern: pattern, begun: begun)
        return response
    }

    private func finish(
        _ response: inout Response, to head: HTTPRequestHead, pattern: String, begun: ContinuousClock.Instant
    ) {
        policy.secure(&response, origin: head.headers[.origin])
        let elapsed = begun.duration(to: .now)
        metrics.record(method: head.method, pattern: pattern, status: response.status.code, elapsed: elapsed)
        let status = response.status.code
        logger.log(
            level: Self.level(of: status), "request",
            metadata: [
                "method": "\(head.method)", "route": "\(pattern)", "status": "\(status)",
                "milliseconds": "\(elapsed / .milliseconds(1))",
            ])
    }

    /// What is refused is worth a line to whoever wonders about a client; that somebody asks too often is not, since
    /// they would write as often.
    private static func level(of status: Int) -> Logger.Level {
        (400..<500).contains(status) && status != 429 ? .info : .debug
    }

    func refusal(_ status: Status, path: String) -> Response {
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
        var problem = Problem(status, message)
        if status.code == 503 { problem.retryAfter = 5 }
        var response = ErrorShape(path: path).early(problem)
        policy.secure(&response, origin: nil)
        metrics.record(method: nil, pattern: "(refused)", status: status.code, elapsed: .zero)
        logger.log(
            level: Self.level(of: status.code), "request",
            metadata: ["route": "(refused)", "status": "\(status.code)"])
        return response
    }
}
