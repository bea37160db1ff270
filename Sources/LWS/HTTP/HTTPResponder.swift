public import HTTPTypes

/// What answers requests.
public protocol HTTPResponder: Sendable {
    /// On the loop: quick, without waiting.
    func bodyPolicy(for head: HTTPRequestHead) -> BodyPolicy
    /// Whether a request is to be answered although ``ServerConfiguration/maxHandlers`` are at work, as an operator's
    /// questions about a server that is full; on the loop: quick.
    func answersWhenFull(_ head: HTTPRequestHead) -> Bool
    /// Whether a large body is not worth taking: off the loop, when the head has come and nothing of the body is kept.
    ///
    /// Asked where ``BodyPolicy/asksAbove`` wants it.
    ///
    /// - Returns: Nil to take the body; or the answer, after which the connection ends, since the body is not read.
    @concurrent func refusal(of head: HTTPRequestHead) async -> HTTPResponse?
    /// Whether a body is not worth the disk: off the loop, before the first byte of it goes there.
    ///
    /// Asked where ``BodyPolicy/asksWhenSpilling`` wants it, at most once for a body.
    ///
    /// - Parameters:
    ///   - head: Of the request.
    ///   - fields: Those of the form that came before the file that is too large for memory; none where the body is no
    ///     form.
    /// - Returns: As ``refusal(of:)``.
    @concurrent func refusal(
        of head: HTTPRequestHead, spillingAfter fields: [(name: String, value: String)]
    ) async -> HTTPResponse?
    /// Off the loop, on the concurrent executor.
    ///
    /// Never throws: errors are answers. HEAD is answered as GET would be; the server leaves the body out. The answer
    /// to a client that has gone meanwhile is dropped.
    @concurrent func respond(to request: HTTPServerRequest) async -> HTTPResponse
    /// An answer for what the server refuses itself, in the API's own error shape; on the loop.
    ///
    /// - Parameters:
    ///   - status: 400, 404 (a WebSocket handshake or a file without a place), 408, 413, 414, 426, 431, 500, 501, 503
    ///     or 505.
    ///   - path: As sent, without the query; empty when the request could not be read so far.
    ///   - sentence: What is wrong, for whoever wrote the client: nothing of what was sent is in it. Nil where the status
    ///     says it all.
    /// - Returns: The answer; `Retry-After` is added to a 503 that has none.
    func refusal(_ status: HTTPTypes.HTTPResponse.Status, path: String, sentence: String?) -> HTTPResponse
}

extension HTTPResponder {
    /// No request is above the others.
    public func answersWhenFull(_ head: HTTPRequestHead) -> Bool { false }

    /// Takes every body.
    @concurrent public func refusal(of head: HTTPRequestHead) async -> HTTPResponse? { nil }

    /// A refusal whose status says it all.
    public func refusal(_ status: HTTPTypes.HTTPResponse.Status, path: String) -> HTTPResponse {
        refusal(status, path: path, sentence: nil)
    }
}
