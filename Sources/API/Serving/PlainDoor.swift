import Endpoints
import HTTPTypes
import LWS
import Limits

/// Answers the plain port beside the one with TLS: what a certificate authority asks for there, and to everybody else
/// where the same is to be had by TLS.
///
/// Whoever only looks is led on. What would change something has been sent where everybody on the way could read it, and
/// would be again the next time if that worked: it is refused, with a sentence.
struct PlainDoor: HTTPResponder {
    /// What clients reach the server by; nil for the host that each request names, with ``port``.
    let publicURL: String?
    /// Of TLS.
    let port: Int
    /// Nil where no authority asks.
    let challenges: ChallengeFiles?

    private static let folder = [".well-known", "acme-challenge"]

    func bodyPolicy(for head: HTTPRequestHead) -> BodyPolicy { BodyPolicy(maxBytes: 0) }

    @concurrent func refusal(
        of head: HTTPRequestHead, spillingAfter fields: [(name: String, value: String)]
    ) async -> Response? { nil }

    @concurrent func respond(to request: HTTPServerRequest) async -> Response {
        let head = request.head
        guard head.method == .get || head.method == .head else {
            return refusal(.forbidden, path: head.target, sentence: "This port is for HTTPS alone; use https://.")
        }
        if head.path.count == 3, Array(head.path.prefix(2)) == Self.folder {
            guard let bytes = await challenges?.contents(of: head.path[2]) else {
                return refusal(.notFound, path: head.target, sentence: nil)
            }
            return Self.plain(.ok, bytes)
        }
        guard let base = base(of: head) else {
            return refusal(.badRequest, path: head.target, sentence: "The request names no host.")
        }
        var response = Self.plain(.movedPermanently, Array("The same by TLS: \(base)\n".utf8))
        response.headers[.location] = base + head.target
        return response
    }

    func refusal(_ status: Status, path: String, sentence: String?) -> Response {
        Self.plain(status, Array(((sentence ?? status.reasonPhrase) + "\n").utf8))
    }

    /// What addresses begin with by TLS; nil for a request without a host that could be one.
    private func base(of head: HTTPRequestHead) -> String? {
        if let publicURL { return publicURL }
        guard let authority = head.headers[.host], PublicBase.isHost(authority) else { return nil }
        // Of `[::1]:80` the colons before the bracket are no port's.
        let end = authority.lastIndex(of: "]") ?? authority.startIndex
        let host = authority[end...].firstIndex(of: ":").map { authority[..<$0] } ?? authority[...]
        guard !host.isEmpty else { return nil }
        return "https://" + host + (port == 443 ? "" : ":\(port)")
    }

    private static func plain(_ status: Status, _ bytes: [UInt8]) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: "text/plain; charset=utf-8", .cacheControl: "no-store",
                .xContentTypeOptions: "nosniff",
            ], body: .bytes(bytes))
    }
}
