import HTTPTypes
import LWS
package import Services

/// How a group of routes writes its refusals.
package struct RefusalShape: Sendable {
    /// What HTTP's status says of a refusal.
    package enum StatusUse: Sendable {
        /// What is wrong.
        case tells
        /// That all is well, unless the server itself is at fault: the body tells.
        case hidesClientFaults
        /// Always that all is well: clients of this world know no other.
        case hidesAll
    }

    /// Of its schema in the description.
    package let name: String
    /// JSON Schema of the body; nil for a line of text.
    package let schema: JSONValue?
    package let statusUse: StatusUse
    /// Of the body.
    package let contentType: String
    private let render: @Sendable (Problem) -> Response

    package init(
        _ name: String, schema: JSONValue?, status statusUse: StatusUse = .tells,
        contentType: String = "application/json",
        render: @escaping @Sendable (Problem) -> Response
    ) {
        self.name = name
        self.schema = schema
        self.statusUse = statusUse
        self.contentType = contentType
        self.render = render
    }

    package func response(for problem: Problem) -> Response {
        var response = render(problem)
        if let retryAfter = problem.retryAfter { response.headers[.retryAfter] = String(retryAfter) }
        return response
    }

    /// A refusal before any route has the request: with its status, in worlds too that tell refusals by the body, unless
    /// they know no other status at all.
    package func early(_ problem: Problem) -> Response {
        var response = response(for: problem)
        if statusUse != .hidesAll { response.status = problem.status }
        return response
    }

    /// A line of text, for people and monitors.
    package static let text = RefusalShape("TextRefusal", schema: nil) {
        Response.text($0.message + "\n", status: $0.status)
    }
}
