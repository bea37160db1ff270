/// A whole request, as a handler sees it.
public struct HTTPServerRequest: Sendable {
    public var head: HTTPRequestHead
    public var body: HTTPBody
    /// From the route's pattern: `/users/{id}` gives `id`.
    public var parameters: [String: String]

    public init(head: HTTPRequestHead, body: HTTPBody, parameters: [String: String] = [:]) {
        self.head = head
        self.body = body
        self.parameters = parameters
    }
}
