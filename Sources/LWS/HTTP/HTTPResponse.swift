public import HTTPTypes

/// An answer to a request.
public struct HTTPResponse: Sendable {
    public enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// With ETag, `If-None-Match` and Range handled by the server, when the status is 200.
        ///
        /// Opened when the answer begins: a file that is missing then is answered with 404. Read off the loop, in pieces
        /// of 64 KiB, one at a time, as the socket takes them.
        case file(path: String, etag: String)
        /// Sent chunked (HTTP/1.1), pulled as the socket takes it.
        ///
        /// nil ends it; an error ends the connection, from which the client knows that something is missing. Not
        /// called any more when the client has gone.
        case stream(@Sendable () async throws -> [UInt8]?)
    }

    public var status: HTTPTypes.HTTPResponse.Status
    /// `Content-Length`, `Transfer-Encoding`, `Connection` and `Date` are added by the server.
    public var headers: HTTPFields
    public var body: Body

    public init(status: HTTPTypes.HTTPResponse.Status, headers: HTTPFields = [:], body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
