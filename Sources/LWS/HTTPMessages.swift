public import HTTPTypes

/// A request before its body: what routing and admission see.
public struct HTTPRequestHead: Sendable {
    public var method: HTTPRequest.Method
    /// As sent, percent-encoded, with the query.
    public var target: String
    /// Percent-decoded path segments, in order; `/a/b/` and `/a/b` are both ["a", "b"]. An encoded slash stays in its segment.
    public var path: [String]
    /// Percent-decoded pairs in order; `+` is a space.
    public var query: [(name: String, value: String)]
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
    public func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

/// What a route does with the body of a request; decided on the loop when the head has come.
public struct BodyPolicy: Sendable {
    /// More is answered with 413.
    public var maxBytes: Int
    /// Above this the body goes to a temporary file.
    public var spillBytes: Int
    /// Parses multipart/form-data while it arrives, each file to disk above `spillBytes`.
    public var parsesMultipart: Bool
    public var maxFileBytes: Int
    public var maxParts: Int
    public init(
        maxBytes: Int = 4 << 20, spillBytes: Int = 4 << 20, parsesMultipart: Bool = false, maxFileBytes: Int = 5 << 20,
        maxParts: Int = 64
    ) {
        self.maxBytes = maxBytes
        self.spillBytes = spillBytes
        self.parsesMultipart = parsesMultipart
        self.maxFileBytes = maxFileBytes
        self.maxParts = maxParts
    }
}

public enum HTTPBody: Sendable {
    case bytes([UInt8])
    /// Deleted when the last reference goes.
    case file(TemporaryFile)
    case multipart(MultipartForm)
}

public struct MultipartForm: Sendable {
    public struct File: Sendable {
        public var name: String
        public var filename: String
        public var contentType: String?
        public var content: HTTPBody
    }
    public var fields: [(name: String, value: String)]
    public var files: [File]
}

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

public struct HTTPResponse: Sendable {
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// With ETag, `If-None-Match` and Range handled by the server.
        case file(path: String, etag: String)
        /// Sent chunked (HTTP/1.1), pulled as the socket takes it.
        case stream(@Sendable () async throws -> [UInt8]?)
    }
    public var status: HTTPTypes.HTTPResponse.Status
    public var headers: HTTPFields
    public var body: Body
    public init(status: HTTPTypes.HTTPResponse.Status, headers: HTTPFields = [:], body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// What answers requests.
public protocol HTTPResponder: Sendable {
    /// On the loop: quick, without waiting.
    func bodyPolicy(for head: HTTPRequestHead) -> BodyPolicy
    /// Off the loop, on the concurrent executor. Never throws: errors are answers.
    @concurrent func respond(to request: HTTPServerRequest) async -> HTTPResponse
    /// An answer for what the server refuses itself (400, 408, 411, 413, 414, 431, 503), in the API's own error shape.
    func refusal(_ status: HTTPTypes.HTTPResponse.Status, path: String) -> HTTPResponse
}
