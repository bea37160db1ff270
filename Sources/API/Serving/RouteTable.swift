import HTTPTypes
import LWS
import Limits
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
        var shape: RefusalShape
        var endpoint: Endpoint
        var world: World
    }

    private(set) var router = Router()
    /// In the order of registration.
    private(set) var entries: [Entry] = []
    /// Is told of failures, each of which clients may meet over and over.
    private let incidents: IncidentReporter

    init(logger: Logger) { incidents = IncidentReporter(logger: logger) }

    /// Adds the endpoints of a world.
    mutating func add(_ world: World, core: Core) {
        let keeper = world.gatekeeper(core)
        for endpoint in world.endpoints(core) { add(endpoint, of: world, keeper) }
    }

    private mutating func add(_ endpoint: Endpoint, of world: World, _ keeper: Gatekeeper) {
        let shape =
            endpoint.shape ?? world.shape(endpoint.pattern.split(separator: "/").prefix(3).map(String.init)) ?? .text
        entries.append(
            Entry(
                method: endpoint.method, pattern: endpoint.pattern, shape: shape, endpoint: endpoint, world: world))
        let refusal = refusal(endpoint.method, endpoint.pattern, shape, endpoint.words ?? world.words)
        let gate: Router.Gate = { request in
            try await keeper.begin(request, of: endpoint)
            try await endpoint.admitHead?(keeper, request)
        }
        let isKnown = endpoint.admitHead != nil
        let asksWhenSpilling = isKnown && keeper.tokenParameter != nil && endpoint.cost.body.files > 0
        let policy = endpoint.cost.policy(
            parsesForms: world.parsesForms, asksFirst: isKnown || endpoint.isForSpace,
            asksWhenSpilling: asksWhenSpilling, isOfStrangers: !isKnown)
        router.on(
            endpoint.method, endpoint.pattern, body: policy, gate: refusing(gate, with: refusal),
            spillGate: asksWhenSpilling ? refusing(keeper.checkFields, with: refusal) : nil
        ) { request in
            let cost = endpoint.cost
            do {
                // Who has been asked about a large body has been counted then.
                if !policy.asks(about: request.head) { try await keeper.begin(request, of: endpoint) }
                var response = try await endpoint.answer(keeper, world, request)
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
    static let rateLimitPolicy = HTTPField.Name("RateLimit-Policy")!  // a token
    static let rateLimit = HTTPField.Name("RateLimit")!  // a token
}
