import HTTPTypes
import Services

extension Operation {
    private static let group = "Operations"

    /// What ``OperationsRoutes`` and ``DocumentRoutes`` have.
    static let operations: [Operation] = [
        Operation(.get, "/", group, "Whether anything is here", answers: .text("hello world")),
        Operation(.get, "/healthz", group, "Whether the server lives", answers: .text("It does.")),
        Operation(.get, "/readyz", group, "Whether the database answers", answers: .text("It does.")),
        Operation(
            .get, "/metrics", group, "What the server is doing, as Prometheus reads it",
            answers: .text("Samples.")),
        Operation(.get, "/openapi.json", group, "This description", answers: .json(Schema.anyObject)),
        Operation(
            .get, "/docs", group, "This description for people", answers: .text("A page.", type: "text/html")),
    ]
}
