import HTTPTypes
import LWS
import Logging

/// A refusal in the shape of its route, with what it is whatever that shape says.
struct Refusal: Error {
    var response: Response
    var problem: Problem
}

/// Collects the routes of all groups, each with the shape of its refusals.
struct RouteTable {
    /// A route, as its description needs it.
    struct Entry: Sendable {
        var method: HTTPRequest.Method
        var pattern: String
        var shape: ErrorShape
    }

    private(set) var router = Router()
    /// In the order of registration.
    private(set) var entries: [Entry] = []
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// Adds a route whose errors are answered in a shape: whatever its handler throws is thrown on as a ``Refusal``.
    mutating func on(
        _ method: HTTPRequest.Method, _ pattern: String, errors shape: ErrorShape,
        body: BodyPolicy = BodyPolicy(maxBytes: 64 << 10),
        _ handler: @escaping @Sendable (HTTPServerRequest) async throws -> Response
    ) {
        entries.append(Entry(method: method, pattern: pattern, shape: shape))
        let logger = logger
        router.on(method, pattern, body: body) { request in
            do {
                return try await handler(request)
            } catch {
                let problem = Problem(error)
                if let cause = problem.cause {
                    logger.error(
                        "request failed",
                        metadata: [
                            "method": "\(method)", "route": "\(pattern)", "status": "\(problem.status.code)",
                            "cause": "\(cause)",
                        ])
                }
                throw Refusal(response: shape.response(for: problem), problem: problem)
            }
        }
    }
}
