import HTTPTypes
import LWS
import Limits
import Services

/// The page of the running app on which people ask a coach.
///
/// The original server asked a language model elsewhere; this one answers by itself, in the same form, and sends nothing
/// of what people write to anybody.
struct ChatRoutes: Sendable {
    let identity: LepaoIdentity

    private static let maxMessages = Limit.Content.conversation

    init(core: Core) { identity = LepaoIdentity(core) }

    func add(to table: inout RouteTable) {
        table.on(.get, "/api/chat/test", errors: .titled) { _ in
            .json(["message": "Chat controller is working!", "apiKeySet": false])
        }
        table.on(.post, "/api/chat", errors: .titled) { try await chat($0) }
    }

    private func chat(_ request: HTTPServerRequest) async throws -> Response {
        _ = try await identity.anybody(request)
        let body = try JSONBody(request)
        guard let messages = body["messages"]?.array else { throw Problem.badRequest("Messages must be an array") }
        guard messages.count <= Self.maxMessages else {
            throw Problem.badRequest("A conversation has at most \(Self.maxMessages) messages.")
        }
        var question = ""
        for message in messages {
            guard let fields = message.object.map(JSONBody.init), let role = try fields.string("role"),
                let content = try fields.string("content")
            else { throw Problem.badRequest("Each message must have a role and a content.") }
            if role == "user" { question = content }
        }
        return .json([
            "choices": [["message": ["role": "assistant", "content": .string(Coach.answer(to: question))]]]
        ])
    }
}
