import HTTPTypes
import Limits
import Services

extension Operation {
    private static let group = "Run rooms"
    private static let runID = Schema.either(
        Schema.text("159", upTo: 64, describing: "Visible characters without a slash."), Schema.integer)
    private static let roomPassword = Schema.either(Schema.text("pw", upTo: Limit.Accounts.password), Schema.integer)
    private static let room = Schema.object(["runID": runID, "password": roomPassword])
    private static let roomExample: JSONValue = ["runID": "159", "password": "pw"]
    private static let runnerExample: JSONValue = ["runID": "159", "password": "pw", "username": "ana"]
    private static let entering = [
        401: "The room's password is another one.", 404: "There is no such room, user or runner.",
        409: "The room is full.", 429: guesses,
    ]
    private static let leaving = [
        403: "The room's password is another one, or the token is not this user's.",
        404: "There is no such room or runner.", 429: guesses,
    ]
    private static let guesses = "Too many wrong passwords for this room came from this address."

    private static func answer(_ name: String = "room", _ status: Int = 200) -> Answer {
        .json(Schema.object(["message": Schema.text, "\(name)": Schema.named("Room")]), status: status)
    }

    private static func runner(_ more: KeyValuePairs<String, JSONValue> = [:]) -> JSONValue {
        var properties = JSONObject()
        properties["runID"] = runID
        properties["password"] = roomPassword
        properties["username"] = username
        for (name, schema) in more { properties[name] = schema }
        return [
            "type": "object", "properties": .object(properties), "required": ["runID", "password", "username"],
        ]
    }

    /// What ``RoomRoutes`` has, and the way into a live room.
    static let rooms: [Operation] = [
        Operation(
            .get, "/api/runRoom/all", group, "All rooms", access: .token, query: [.coordinateSystem],
            answers: .json(
                Schema.object([
                    "message": Schema.constant("Rooms retrieved successfully."),
                    "rooms": Schema.array(of: Schema.named("Room")),
                ])), refusals: [429: throttled]),
        Operation(
            .get, "/api/runRoom", group, "No room is named", description: "Always refused: the name is missing.",
            refusals: [400: "Run ID is required."]),
        Operation(
            .get, "/api/runRoom/{runID}", group, "A room with its runners",
            description: """
                Open to whoever knows the name, unless the server is told otherwise: then it takes the room's password \
                (`X-Room-Password`, or `password` in the query) or a runner's token.
                """,
            access: .optionalToken,
            query: [
                .coordinateSystem,
                Parameter(
                    name: "password", schema: Schema.text("pw", upTo: Limit.Accounts.password),
                    description: "The room's, where rooms are not open."),
            ],
            answers: .json(
                Schema.object([
                    "success": ["const": true], "code": Schema.constant("ROOM_FOUND"), "message": Schema.text,
                    "data": Schema.object([
                        "runID": Schema.text("159"), "runners": Schema.array(of: Schema.named("Runner")),
                        "createdAt": Schema.date, "updatedAt": Schema.date,
                    ]),
                ])),
            refusals: [
                401: "The room is not open, and neither its password nor a token was sent.",
                404: "There is no such room.", 429: guesses,
            ]),
        Operation(
            .post, "/api/runRoom/create", group, "Make a room", access: .optionalToken,
            body: .json(room, example: roomExample), answers: answer("room", 201),
            refusals: [400: "A value breaks a rule, or the name is taken.", 429: throttled]),
        Operation(
            .post, "/api/runRoom/join", group, "Join a room", description: "Joining twice is joining once.",
            access: .optionalToken,
            body: .json(
                runner(["latitude": Schema.latitude, "longitude": Schema.longitude]), example: runnerExample),
            answers: answer(), refusals: entering),
        Operation(
            .post, "/api/runRoom/update", group, "Report a runner's place and progress",
            description: "At least one of what may change is there; a latitude comes with a longitude.",
            access: .optionalToken,
            body: .json(
                runner([
                    "latitude": Schema.latitude, "longitude": Schema.longitude, "meters": Schema.amount,
                    "seconds": Schema.amount, "running": Schema.boolean, "in_room": Schema.boolean,
                    "markers": Schema.array(of: Schema.anyObject), "start": Schema.date, "end": Schema.date,
                ]),
                example: [
                    "runID": "159", "password": "pw", "username": "ana", "latitude": 39.905, "longitude": 116.407,
                    "in_room": true,
                ]),
            answers: answer(), refusals: entering),
        Operation(
            .post, "/api/runRoom/start", group, "Start a run",
            description: "By the room's password or the runner's token.", access: .optionalToken,
            body: .json(
                Schema.object(
                    ["runID": runID, "username": username, "password": roomPassword], optional: ["password"]),
                example: runnerExample),
            answers: answer(),
            refusals: [
                401: "Neither the right password nor a token was sent.", 404: "There is no such room or runner.",
                429: guesses,
            ]),
        Operation(
            .post, "/api/runRoom/leave", group, "Leave a room", access: .optionalToken,
            body: .json(runner(), example: runnerExample), answers: answer("updatedRoom"), refusals: leaving),
        Operation(
            .delete, "/api/runRoom/delete", group, "Delete a room",
            description: "Clients that cannot send a body with DELETE put the two into the query.",
            access: .optionalToken,
            query: [
                Parameter(name: "runID", schema: Schema.text("159", upTo: 64), description: "If not in the body."),
                Parameter(
                    name: "password", schema: Schema.text("pw", upTo: Limit.Accounts.password),
                    description: "If not in the body."),
            ],
            body: .json(room, example: roomExample),
            answers: .json(Schema.object(["message": Schema.text])), refusals: leaving),
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
            ]),
    ]
}
