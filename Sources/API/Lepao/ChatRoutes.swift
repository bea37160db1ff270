import Endpoints
import HTTPTypes
import LWS
import Limits
import Services

/// The page of the running app on which people ask a coach.
///
/// The original server asked a language model elsewhere; this one answers by itself, in the same form, and sends nothing
/// of what people write to anybody.
enum ChatRoutes {
    static let endpoints = [
        Endpoint(
            .get, "/api/chat/test",
            EndpointDescription(
                group, "Whether there is a coach",
                answers: .json(Schema.object(["message": Schema.text, "apiKeySet": Schema.boolean]))),
            access: .open, cost: .light
        ) { _ in
            .json(["message": "Chat controller is working!", "apiKeySet": false])
        },
        Endpoint(
            .post, "/api/chat",
            EndpointDescription(
                group, "Ask the coach", "The newest message of the role `user` is answered, in its language.",
                answers: .json(Schema.object(["choices": Schema.array(of: Schema.object(["message": message]))]))),
            access: .lepaoAnybody, cost: .light.withinReserve, input: Form(question)
        ) { _, question in
            .json(["choices": [["message": ["role": "assistant", "content": .string(Coach.answer(to: question))]]]])
        },
    ]

    private static let group = "Coach"
    private static let message = Schema.object([
        "role": Schema.text("user"), "content": Schema.text("How do I warm up?"),
    ])

    /// The newest message of the user's; empty without any.
    private static let question = Field<String>(
        "messages",
        Schema.showing(
            [["role": "user", "content": "How do I warm up?"]],
            Schema.array(of: message, upTo: Limit.Content.conversation))
    ) { (parameters) throws(ParameterError) in
        func refusal(_ sentence: String) -> ParameterError { .invalid("messages", sentence: sentence) }
        guard let messages = parameters["messages"]?.array else { throw refusal("Messages must be an array") }
        guard messages.count <= Limit.Content.conversation else {
            throw refusal("A conversation has at most \(Limit.Content.conversation) messages.")
        }
        var question = ""
        for message in messages {
            guard let fields = message.object.map({ Parameters($0) }), let role = try fields.string("role"),
                let content = try fields.string("content")
            else { throw refusal("Each message must have a role and a content.") }
            if role == "user" { question = content }
        }
        return question
    }
}
