import Endpoints
import HTTPTypes
import LWS

/// Answers a listener's requests, and keeps what is for operators, `/metrics` and `/readyz`, to them.
///
/// Both tell how busy a server is and cost it something. `/healthz` tells nothing and is everybody's.
struct OperatorDoor: HTTPResponder {
    /// Who comes in here.
    enum Side: Hashable, Sendable {
        /// Anybody, and among them operators: those who ask on the machine itself.
        case everybody
        /// Anybody but operators, who have a listener of their own.
        case clients
        /// Operators alone.
        case operators
    }

    let responder: any HTTPResponder
    let side: Side

    /// Headers by which a proxy says that it hands on what another sent.
    ///
    /// A proxy on the same machine is no operator, also when nobody has said that it is one.
    private static let handedOn: [HTTPField.Name] = ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"].compactMap {
        HTTPField.Name($0)
    }

    private func isOpen(to head: HTTPRequestHead) -> Bool {
        let isForOperators = head.path == ["metrics"] || head.path == ["readyz"]
        return switch side {
        case .everybody: !isForOperators || Self.isOfThisMachine(head)
        case .clients: !isForOperators
        case .operators: isForOperators || head.path == ["healthz"]
        }
    }

    private static func isOfThisMachine(_ head: HTTPRequestHead) -> Bool {
        IPAddress(head.remoteAddress)?.isLoopback == true && handedOn.allSatisfy { head.headers[$0] == nil }
    }

    func bodyPolicy(for head: HTTPRequestHead) -> BodyPolicy { responder.bodyPolicy(for: head) }

    func answersWhenFull(_ head: HTTPRequestHead) -> Bool { isOpen(to: head) && responder.answersWhenFull(head) }

    @concurrent func refusal(of head: HTTPRequestHead) async -> Response? {
        isOpen(to: head) ? await responder.refusal(of: head) : notFound(head)
    }

    @concurrent func refusal(
        of head: HTTPRequestHead, spillingAfter fields: [(name: String, value: String)]
    ) async -> Response? {
        isOpen(to: head) ? await responder.refusal(of: head, spillingAfter: fields) : notFound(head)
    }

    @concurrent func respond(to request: HTTPServerRequest) async -> Response {
        isOpen(to: request.head) ? await responder.respond(to: request) : notFound(request.head)
    }

    func refusal(_ status: Status, path: String, sentence: String?) -> Response {
        responder.refusal(status, path: path, sentence: sentence)
    }

    private func notFound(_ head: HTTPRequestHead) -> Response { refusal(.notFound, path: head.target, sentence: nil) }
}
