import HTTPTypes
import Limits
import Services

extension Operation {
    private static let group = "Coach"
    private static let message = Schema.object([
        "role": Schema.text("user"), "content": Schema.text("How do I warm up?"),
    ])

    /// What ``ChatRoutes`` has.
    static let chat: [Operation] = [
        Operation(
            .get, "/api/chat/test", group, "Whether there is a coach",
            answers: .json(Schema.object(["message": Schema.text, "apiKeySet": Schema.boolean]))),
        Operation(
            .post, "/api/chat", group, "Ask the coach",
            description: "The newest message of the role `user` is answered, in its language.", access: .token,
            body: .json(
                Schema.object(["messages": Schema.array(of: message, upTo: Limit.Content.conversation)]),
                example: ["messages": [["role": "user", "content": "How do I warm up?"]]]),
            answers: .json(
                Schema.object(["choices": Schema.array(of: Schema.object(["message": message]))]))),
    ]
}
