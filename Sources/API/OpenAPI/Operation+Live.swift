import HTTPTypes

extension Operation {
    /// The way into a live room, which is no route.
    static let live: [Operation] = [
        Operation(
            .get, "/live", "Live", "Enter a live room over WebSocket",
            description: """
                An upgrade to WebSocket with the subprotocol `runroom.v1`. The first message is `join`, with the room, \
                its password and a token; README has all messages.
                """,
            answers: .empty(101, "The connection is a WebSocket now."),
            refusals: [
                426: "The request asks for no WebSocket, or for another version.",
                400: "The subprotocol is another one, or the handshake is none.",
            ])
    ]
}
