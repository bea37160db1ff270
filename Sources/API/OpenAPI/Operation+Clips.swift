import HTTPTypes
import Limits
import Services

extension Operation {
    private static let group = "Clips"

    private static func parameter(
        _ name: String, _ schema: JSONValue, _ description: String, isRequired: Bool = false
    ) -> Parameter {
        Parameter(name: name, schema: schema, description: description, isRequired: isRequired)
    }

    private static let whose = parameter("user_id", idOrText, "Whose; the caller's if it is left out, empty or 0.")
    private static let tokenInQuery = parameter("token", Schema.text, "The token; or in `Authorization`.")
    private static let pages: [Parameter] = [
        parameter("page", ["type": "integer", "minimum": 1], "From 1."),
        parameter(
            "page_size", ["type": "integer", "minimum": 1], "Entries a page: 500 at most, and unless it is given."),
    ]
    /// Numbers and their digits stand for each other.
    private static let idOrText: JSONValue = ["type": ["integer", "string"]]
    private static let toDoOrUndo: JSONValue = [
        "type": ["integer", "string"], "enum": [1, 2, "1", "2"], "description": "1 to do it, 2 to undo it.",
    ]

    private static func done(
        _ message: String = "ok!", _ members: KeyValuePairs<String, JSONValue> = [:]
    ) -> Answer {
        var properties = JSONObject()
        properties["status_code"] = ["const": 0]
        properties["status_msg"] = Schema.constant(message)
        for (name, schema) in members { properties[name] = schema }
        return .json([
            "type": "object", "properties": .object(properties),
            "required": .array(properties.members.map { .string($0.name) }),
        ])
    }

    private static func list(_ path: String, _ summary: String, _ name: String, _ element: String) -> Operation {
        Operation(
            .get, path, group, summary, access: .optionalToken, query: [tokenInQuery, whose] + pages,
            answers: done("ok!", ["\(name)": Schema.array(of: Schema.named(element))]))
    }

    private static func action(
        _ path: String, _ summary: String, _ members: KeyValuePairs<String, JSONValue>, optional: Set<String> = [],
        example: JSONValue, _ answer: Answer = done()
    ) -> Operation {
        var properties = JSONObject()
        properties["token"] = Schema.text
        for (name, schema) in members { properties[name] = schema }
        let required = members.map(\.key).filter { !optional.contains($0) }
        let schema: JSONValue = [
            "type": "object", "properties": .object(properties), "required": .array(required.map { .string($0) }),
        ]
        return Operation(
            .post, path, group, summary, description: "Parameters may stand in the query or a form as well.",
            access: .optionalToken, body: .json(schema, example: example), answers: answer)
    }

    private static let publication = done("ok!", ["vid": Schema.publicID])
    private static let entry = done("Success", ["token": Schema.text, "user_id": Schema.publicID])
    private static let upload = Body.form(
        Schema.object(
            ["data": Schema.file, "token": Schema.text, "title": Schema.text("title", upTo: Limit.Content.clipTitle)],
            optional: ["token"]))

    /// What the routes of the clip API have.
    static let clips: [Operation] = clipUsers + clipVideos + clipInteractions + clipPeople

    private static let clipUsers: [Operation] = [
        Operation(
            .post, "/douyin/user/register", group, "Register",
            description: "Names have 5 to 32 characters and passwords 5 to 72, without blanks.",
            body: .json(
                Schema.object(
                    [
                        "username": Schema.text("ocyss", upTo: Limit.Accounts.username),
                        "password": Schema.text("230724", upTo: 72),
                        "avatar": Schema.text, "background_image": Schema.text, "signature": Schema.text,
                    ], optional: ["avatar", "background_image", "signature"]),
                example: ["username": "ocyss", "password": "230724"]), answers: entry),
        Operation(
            .post, "/douyin/user/login", group, "Log in",
            body: .json(credentials, example: ["username": "ocyss", "password": "230724"]), answers: entry),
        Operation(
            .get, "/douyin/user", group, "A user by id or name", access: .optionalToken, query: [tokenInQuery, whose],
            answers: done("Success", ["user": Schema.named("ClipUser")])),
    ]

    private static let clipVideos: [Operation] = [
        Operation(
            .get, "/douyin/feed", group, "Clips, newest first", access: .optionalToken,
            query: [
                tokenInQuery,
                parameter(
                    "latest_time", Schema.text,
                    "The `next_time` of the answer before; or a time, in seconds or milliseconds."),
                parameter("limit", ["type": "integer"], "5 unless it is given, 30 at most."),
            ],
            answers: done(
                "ok!", ["next_time": Schema.count, "video_list": Schema.array(of: Schema.named("Clip"))])),
        Operation(
            .post, "/douyin/publish/action", group, "Publish a video",
            description: "MP4, QuickTime or WebM, as its first bytes must say.", access: .optionalToken, body: upload,
            answers: publication),
        Operation(
            .post, "/douyin/douyin/publish/action", group, "Publish a video, by the path as it was printed",
            access: .optionalToken, body: upload, answers: publication),
        action(
            "/douyin/publish/actionUrl", "Publish a video that is elsewhere",
            [
                "id": idOrText, "url": Schema.text, "title": Schema.text("title", upTo: Limit.Content.clipTitle),
                "cover_url": Schema.text, "user_creations": [:],
            ], optional: ["id", "cover_url", "user_creations"],
            example: ["url": "//example.org/v.mp4", "title": "title"], publication),
        list("/douyin/publish/list", "What somebody published, newest first", "video_list", "Clip"),
        Operation(
            .get, "/douyin/videos/{id}", group, "The bytes of a clip", description: "Ranges and conditions are served.",
            answers: Answer(status: 200, description: "The video.", mediaType: "video/*", schema: [:]),
            refusals: [404: "There is no such clip here."]),
        Operation(
            .get, "/douyin/covers/{id}", group, "A picture for a clip", answers: .picture("The picture."),
            refusals: [404: "There is no such clip."]),
    ]

    private static let clipInteractions: [Operation] = [
        action(
            "/douyin/favorite/action", "Like a clip, or no longer",
            ["video_id": idOrText, "action_type": toDoOrUndo],
            example: ["video_id": 1_000_000_000_000_001, "action_type": 1]),
        list("/douyin/favorite/list", "What somebody likes, the last first", "video_list", "Clip"),
        action(
            "/douyin/comment/action", "Comment on a clip, or delete a comment",
            [
                "video_id": idOrText, "action_type": toDoOrUndo, "comment_text": Schema.text("第一", upTo: 1000),
                "comment_id": idOrText,
            ], optional: ["comment_text", "comment_id"],
            example: ["video_id": 1_000_000_000_000_001, "action_type": 1, "comment_text": "第一"],
            done("ok!", ["comment": Schema.orNull(Schema.named("ClipComment"))])),
        Operation(
            .get, "/douyin/comment/list", group, "The comments on a clip, newest first", access: .optionalToken,
            query: [tokenInQuery, parameter("video_id", idOrText, "Which clip.", isRequired: true)] + pages,
            answers: done("ok!", ["comment_list": Schema.array(of: Schema.named("ClipComment"))])),
    ]

    private static let clipPeople: [Operation] = [
        action(
            "/douyin/relation/action", "Follow somebody, or no longer",
            ["to_user_id": idOrText, "action_type": toDoOrUndo],
            example: ["to_user_id": 1_000_000_000_000_001, "action_type": 1]),
        list("/douyin/relation/follow/list", "Whom somebody follows, the last first", "user_list", "ClipUser"),
        list("/douyin/relation/follower/list", "Who follows somebody, the last first", "user_list", "ClipUser"),
        list(
            "/douyin/relation/friend/list", "Whom one follows and is followed by, with the last message", "user_list",
            "ClipUser"),
        action(
            "/douyin/message/action", "Write to somebody",
            [
                "to_user_id": idOrText, "content": Schema.text("你好", upTo: 1000),
                "action_type": ["type": ["integer", "string"], "enum": [1, "1"]],
            ], example: ["to_user_id": 1_000_000_000_000_001, "content": "你好", "action_type": 1]),
        Operation(
            .get, "/douyin/message/chat", group, "Messages with somebody behind a time, oldest first",
            description: "At most 500. Asking again with the time of the last one misses none.",
            access: .optionalToken,
            query: [
                tokenInQuery, parameter("to_user_id", idOrText, "With whom.", isRequired: true),
                parameter("pre_msg_time", idOrText, "Milliseconds since 1970; all if it is left out."),
            ],
            answers: done("ok!", ["message_list": Schema.array(of: Schema.named("DirectMessage"))])),
    ]
}
