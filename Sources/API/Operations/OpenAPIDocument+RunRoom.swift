import Endpoints
import HTTPTypes
import Services

extension OpenAPIDocument {
    /// The description of this server.
    init(_ routes: [Route]) {
        self.init(
            info: [
                "title": "RunRoom", "version": "1",
                "summary": "Live run rooms: the APIs of five clients' worlds, and the way into live rooms.",
                "description": """
                Every answer to `/api` is JSON in UTF-8; a slash at the end of a path does not matter. Dates are ISO 8601 \
                in UTC with milliseconds. Tokens come from registration and login and go into `Authorization`, with or \
                without `Bearer`. What is answered 2xx is on the disk.
                """,
            ], worlds: World.all, others: [.live], routes: routes)
    }
}

extension Operation {
    /// The way into a live room, which is no route.
    static let live = Operation(
        .get, "/live", "Live", "Enter a live room over WebSocket",
        description: """
            An upgrade to WebSocket with the subprotocol `runroom.v1`. The first message is `join`, with the room, its \
            password and a token; the handbook (`/handbook/live-protocol`) has all messages.
            """,
        answers: .empty(101, "The connection is a WebSocket now."),
        refusals: [
            426: "The request asks for no WebSocket, or for another version.",
            400: "The subprotocol is another one, or the handshake is none.",
        ])
}
