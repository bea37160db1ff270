public import HTTPTypes

/// A request before its body: what routing and admission see.
public struct HTTPRequestHead: Sendable {
    public var method: HTTPRequest.Method
    /// Path and query as sent, percent-encoded.
    ///
    /// Of an address, which proxies send, it is what follows the host, and the host is in `headers`.
    public var target: String
    /// Percent-decoded path segments, in order.
    ///
    /// `/a/b/` and `/a/b` are both ["a", "b"]. An encoded slash stays in its segment.
    public var path: [String]
    /// Percent-decoded pairs in order; `+` is a space.
    public var query: [(name: String, value: String)]
    /// All of them; the subscript joins repeated ones with commas.
    public var headers: HTTPFields
    /// The peer's address without its port.
    public var remoteAddress: String

    public init(
        method: HTTPRequest.Method, target: String, path: [String], query: [(name: String, value: String)],
        headers: HTTPFields, remoteAddress: String
    ) {
        self.method = method
        self.target = target
        self.path = path
        self.query = query
        self.headers = headers
        self.remoteAddress = remoteAddress
    }

    /// The first value of that name.
    public func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }
}
