import HTTPTypes
import Limits
import Services

extension World {
    /// 天天乐跑: the running app, its forum and its run rooms.
    static let lepao = World(
        name: "lepao",
        shape: { path in
            guard path.first == "api", !(path.dropFirst().first == "v1") else { return nil }
            return switch path.dropFirst().first {
            case "runRoom": .error
            case "chat": .titled
            default: .message
            }
        },
        sources: [.json],
        schemas: [
            "Runner": Schema.object(
                [
                    "username": Schema.text("ana"), "nickname": Schema.text("Ana"),
                    "profile_pic": Schema.orNull(Schema.text), "meters": Schema.amount, "seconds": Schema.amount,
                    "latitude": Schema.latitude, "longitude": Schema.longitude, "running": Schema.boolean,
                    "markers": Schema.array(of: Schema.anyObject), "start": Schema.date, "end": Schema.date,
                    "marathon_place": Schema.text("1", describing: "The rank, or N/A."), "in_room": Schema.boolean,
                    "_id": Schema.objectID,
                ], optional: ["_id"]),
            "Room": Schema.object([
                "_id": Schema.objectID, "runID": Schema.text("159"), "password": ["const": ""],
                "runners": Schema.array(of: Schema.named("Runner")), "createdAt": Schema.date, "updatedAt": Schema.date,
                "__v": Schema.integer,
            ]),
            "Author": Schema.object(["_id": Schema.objectID, "id": Schema.objectID, "nickname": Schema.text("Ana")]),
            "Comment": Schema.object([
                "_id": Schema.objectID, "commentId": ["type": "integer", "minimum": 1], "content": Schema.text,
                "author": Schema.either(Schema.named("Author"), Schema.objectID), "post": Schema.objectID,
                "likes": Schema.count, "createdAt": Schema.date, "updatedAt": Schema.date, "__v": Schema.integer,
            ]),
            "Post": Schema.object([
                "_id": Schema.objectID, "postId": ["type": "integer", "minimum": 1], "title": Schema.text,
                "content": Schema.text, "author": Schema.either(Schema.named("Author"), Schema.objectID),
                "images": Schema.array(of: Schema.objectID, upTo: Limit.Content.images), "commentCount": Schema.count,
                "comments": Schema.array(of: Schema.either(Schema.named("Comment"), Schema.objectID)),
                "likes": Schema.count, "createdAt": Schema.date, "updatedAt": Schema.date, "__v": Schema.integer,
            ]),
        ],
        shapes: [.message, .error, .coded, .outcome, .titled]
    ) { ForumRoutes(core: $0).endpoints + RoomRoutes(core: $0).endpoints }
}

extension RefusalShape {
    /// `{"message":"…"}`
    static let message = RefusalShape("MessageRefusal", schema: Schema.object(["message": Schema.text])) {
        Response.json(["message": .string($0.message)], status: $0.status)
    }

    /// `{"error":"…"}`
    static let error = RefusalShape("ErrorRefusal", schema: Schema.object(["error": Schema.text])) {
        Response.json(["error": .string($0.message)], status: $0.status)
    }

    /// `{"success":false,"code":"…","message":"…"}`
    static let coded = RefusalShape(
        "CodedRefusal",
        schema: Schema.object([
            "success": ["const": false], "code": Schema.text("ROOM_NOT_FOUND"), "message": Schema.text,
        ])
    ) {
        Response.json(
            [
                "success": false, "code": .string($0.code ?? code(for: $0.status)), "message": .string($0.message),
            ], status: $0.status)
    }

    /// `{"success":false,"message":"…"}`
    static let outcome = RefusalShape(
        "OutcomeRefusal", schema: Schema.object(["success": ["const": false], "message": Schema.text])
    ) {
        Response.json(["success": false, "message": .string($0.message)], status: $0.status)
    }

    /// `{"error":"Bad Request","message":"…"}`: the status in words, and what is wrong.
    static let titled = RefusalShape(
        "TitledRefusal", schema: Schema.object(["error": Schema.text("Bad Request"), "message": Schema.text])
    ) {
        Response.json(
            ["error": .string($0.status.reasonPhrase), "message": .string($0.message)], status: $0.status)
    }

    private static func code(for status: Status) -> String {
        switch status.code {
        case 401: "UNAUTHORIZED"
        case 403: "FORBIDDEN"
        case 404: "NOT_FOUND"
        case 413: "TOO_LARGE"
        case 429: "TOO_MANY_REQUESTS"
        case 500...: "SERVER_ERROR"
        default: "BAD_REQUEST"
        }
    }
}
