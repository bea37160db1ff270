import HTTPTypes
import Limits
import Services

extension Operation {
    private static let group = "Entry task: users by MD5"
    private static let digest: JSONValue = [
        "type": "string", "pattern": "^[0-9A-Fa-f]{32}$",
        "description": "The MD5 of the password in hexadecimal digits.",
        "examples": ["5ebe2294ecd0e0f08eab7690d2a6ee69"],
    ]
    private static let loginExample: JSONValue = [
        "username": "ana", "password": "5ebe2294ecd0e0f08eab7690d2a6ee69",
    ]
    private static let done = entryTaskAnswer(["const": ""])

    private static func entryTaskAnswer(_ result: JSONValue) -> Answer {
        .json(
            Schema.object([
                "code": ["const": 0], "coode": ["const": 0], "msg": ["const": ""], "result": result,
            ]), "What happened is in `code`: 0, or one of a refusal.")
    }

    /// What ``EntryTaskRoutes`` has.
    static let entryTask: [Operation] = [
        Operation(
            .post, "/login", group, "Log in",
            body: .json(
                Schema.object(["username": Schema.text("ana", upTo: 64), "password": digest]), example: loginExample),
            answers: entryTaskAnswer(
                Schema.object([
                    "nickname": Schema.text, "profilePicture": Schema.text, "profile_picture": Schema.text,
                    "token": ["type": "string", "pattern": "^[0-9a-f]{32}$"], "username": Schema.text,
                ]))),
        Operation(
            .post, "/register", group, "Register", description: "Beyond the document; can be switched off.",
            body: .json(
                Schema.object(
                    [
                        "username": Schema.text("ana", upTo: 64), "password": digest,
                        "nickname": Schema.text("Ana", upTo: Limit.Accounts.nickname),
                    ], optional: ["nickname"]), example: loginExample), answers: done),
        Operation(.post, "/user/logout", group, "Log out", access: .token, answers: done),
        Operation(
            .put, "/user/update_user_info", group, "Change the nickname", access: .token,
            body: .json(
                Schema.object(["nickname": Schema.text("Ana", upTo: Limit.Accounts.nickname)]),
                example: ["nickname": "Ana"]),
            answers: done),
        Operation(
            .put, "/user/update_user_profile_picture", group, "Change the picture", access: .token,
            body: .form(Schema.object(["file": file])), answers: done),
        Operation(
            .get, "/user/get_user_info", group, "One's own profile", access: .token,
            answers: entryTaskAnswer(
                Schema.object([
                    "nickname": Schema.text, "profile_picture": Schema.text, "profilePicture": Schema.text,
                    "username": Schema.text,
                ]))),
        Operation(
            .get, "/entrytask/upload/{file}", group, "A picture", answers: .picture("The picture."), part,
            notModified,
            refusals: [404: "There is no such picture.", 416: "The picture has no such part."]),
    ]
}
