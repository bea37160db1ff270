import Endpoints
import HTTPTypes
import LWS

extension World {
    /// What operators and their monitors ask, and the description of all: no client's world, and always served.
    static func operations(metrics: HTTPMetrics, document: DocumentPages) -> World {
        World(
            name: nil, shape: { _ in .text }, requests: RequestConventions(sources: []), words: { Problem($0) },
            shapes: []
        ) { core in
            OperationsRoutes(core: core, metrics: metrics).endpoints + document.endpoints
        }
    }
}

extension Endpoint {
    /// A question of operators, which anybody may ask.
    static func operation(
        _ pattern: String, _ summary: String, _ answer: Operation.Answer,
        _ handle: @escaping @Sendable (Call<Void>) async throws -> Response
    ) -> Endpoint {
        Endpoint(
            .get, pattern, EndpointDescription("Operations", summary, answers: answer), access: .open, cost: .light,
            handle)
    }
}
