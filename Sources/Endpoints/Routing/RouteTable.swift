package import HTTPTypes
package import LWS
import Limits
package import Logging

/// A refusal in the shape of its route, with what it is whatever that shape says.
package struct Refusal: Error {
    package var response: Response
    package var problem: Problem

    package init(response: Response, problem: Problem) {
        self.response = response
        self.problem = problem
    }
}

/// Collects the routes of all groups, each with the shape of its refusals.
package struct RouteTable {
    /// A route, as its description needs it.
    package struct Entry: Sendable {
        package var method: HTTPRequest.Method
        package var pattern: String
        package var shape: RefusalShape
        package var endpoint: Endpoint
        /// Of the world that it is in.
        package var worldName: String?
        package var operation: Operation

        package var described: OpenAPIDocument.Route { OpenAPIDocument.Route(operation: operation, shape: shape) }
    }

    package private(set) var router = Router()
    /// In the order of registration.
    package private(set) var entries: [Entry] = []
    /// Is told of failures, each of which clients may meet over and over.
    private let incidents: IncidentReporter

    package init(logger: Logger) { incidents = IncidentReporter(logger: logger) }

    /// Adds the endpoints of a world.
    ///
    /// - Parameters:
    ///   - world: The world.
    ///   - context: What its endpoints work with.
    ///   - keeper: What stands before them.
    package mutating func add<Context>(_ world: World<Context>, with context: Context, _ keeper: Gatekeeper) {
        for endpoint in world.endpoints(context) { add(endpoint, of: world, keeper) }
    }

    private mutating func add<Context>(_ endpoint: Endpoint, of world: World<Context>, _ keeper: Gatekeeper) {
        let shape =
            endpoint.shape ?? world.shape(endpoint.pattern.split(separator: "/").prefix(3).map(String.init)) ?? .text
        entries.append(
            Entry(
                method: endpoint.method, pattern: endpoint.pattern, shape: shape, endpoint: endpoint,
                worldName: world.name,
                operation: Operation(endpoint, for: world.requests)))
        let refusal = refusal(endpoint.method, endpoint.pattern, shape, endpoint.words ?? world.words)
        let gate: Router.Gate = { request in
            try await keeper.begin(request, of: endpoint)
            try await endpoint.admitHead?(keeper, request)
        }
        let isKnown = endpoint.admitHead != nil
        let asksWhenSpilling = isKnown && world.requests.tokenParameter != nil && endpoint.cost.body.files > 0
        let policy = endpoint.cost.policy(
            parsesForms: world.requests.parsesForms, asksFirst: isKnown || endpoint.isForSpace,
            asksWhenSpilling: asksWhenSpilling, isOfStrangers: !isKnown)
        router.on(
            endpoint.method, endpoint.pattern, body: policy, gate: refusing(gate, with: refusal),
            spillGate: asksWhenSpilling ? refusing(keeper.checkFields, with: refusal) : nil
        ) { request in
            let cost = endpoint.cost
            do {
                // Who has been asked about a large body has been counted then.
                if !policy.asks(about: request.head) { try await keeper.begin(request, of: endpoint) }
                var response = try await endpoint.answer(keeper, request)
                if world.tellsLimits { response.tell(cost.standing(of: request, in: keeper.limits)) }
                return response
            } catch {
                var refusal = refusal(error)
                if world.tellsLimits { refusal.response.tell(cost.standing(of: request, in: keeper.limits)) }
                throw refusal
            }
        }
    }

    /// The same gate, whose errors are refusals.
    private func refusing(
        _ gate: @escaping Router.Gate, with refusal: @escaping @Sendable (any Error) -> Refusal
    ) -> Router.Gate {
        { request in
            do {
                try await gate(request)
            } catch {
                throw refusal(error)
            }
        }
    }

    /// What makes a refusal of an error, in the shape and the words of a route.
    private func refusal(
        _ method: HTTPRequest.Method, _ pattern: String, _ shape: RefusalShape,
        _ problem: @escaping @Sendable (any Error) -> Problem
    ) -> @Sendable (any Error) -> Refusal {
        { [incidents] error in
            let problem = problem(error)
            if let cause = problem.cause {
                incidents.failed(
                    "request failed", at: "\(method) \(pattern) \(problem.status.code)",
                    metadata: [
                        "method": "\(method)", "route": "\(pattern)", "status": "\(problem.status.code)",
                        "cause": "\(cause)",
                    ])
            }
            return Refusal(response: shape.response(for: problem), problem: problem)
        }
    }
}

extension LWS.HTTPResponse {
    /// Tells how much of the limits is left.
    fileprivate mutating func tell(_ standing: (policy: String, remaining: String)?) {
        guard let standing else { return }
        headers[.rateLimitPolicy] = standing.policy
        headers[.rateLimit] = standing.remaining
    }
}

extension HTTPField.Name {
    package static let rateLimitPolicy = HTTPField.Name("RateLimit-Policy")!  // a token
    package static let rateLimit = HTTPField.Name("RateLimit")!  // a token
}
