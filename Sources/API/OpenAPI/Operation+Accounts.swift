import HTTPTypes
import Limits
import Services

extension Operation {
    private static let group = "Users"
    private static let noSuchUser = "There is no such user."
    private static let preferences = Schema.object([
        "theme": Schema.words(Preferences.Theme.allCases.map(\.rawValue)), "notifications": Schema.boolean,
        "language": Schema.words(Preferences.Language.allCases.map(\.rawValue)),
    ])
    private static let preferencesAnswer = Answer.json(
        Schema.object(["success": ["const": true], "preferences": preferences]))
    private static let byPassword = [
        400: "A value breaks a rule, or the password is another one.", 403: "The account is disabled.",
        404: noSuchUser, 429: throttled,
    ]

    /// What ``AccountRoutes`` has.
    static let accounts: [Operation] = [
        Operation(
            .get, "/api/users", group, "All users, in the order of their making",
            description: "All of them, or a page of them; what anybody may see.", query: [.page, .limit],
            answers: .json(Schema.array(of: Schema.named("User"))), refusals: [429: throttled]),
        Operation(
            .put, "/api/users/update", group, "Change the nickname or the password",
            description: "The password is the credential; what else is sent is ignored.",
            body: .json(
                Schema.object(
                    [
                        "username": username, "password": password,
                        "nickname": Schema.text("Ana", upTo: Limit.Accounts.nickname),
                        "newPassword": password,
                    ], optional: ["nickname", "newPassword"]),
                example: ["username": "ana", "password": "secret", "nickname": "Ana"]),
            answers: .json(Schema.named("User")), refusals: byPassword),
        Operation(
            .delete, "/api/users/delete", group, "Delete a user with all that belongs to it",
            body: .json(credentials, example: ["username": "nobody", "password": "secret"]),
            answers: .json([
                "allOf": [
                    Schema.object(["message": Schema.constant("User deleted successfully")]), Schema.named("User"),
                ]
            ]), refusals: byPassword),
        Operation(
            .put, "/api/users/update/nickname", group, "Change the nickname", access: .token,
            body: .json(
                Schema.object(
                    ["username": namedUser, "nickname": Schema.text("Ana", upTo: Limit.Accounts.nickname)],
                    optional: ["username"]),
                example: ["username": "ana", "nickname": "Ana"]),
            answers: .json(
                Schema.object([
                    "message": Schema.constant("Nickname updated successfully"), "user": Schema.named("User"),
                ])), refusals: [404: noSuchUser]),
        Operation(
            .get, "/api/users/nickname/{username}", group, "A nickname",
            answers: .json(Schema.object(["nickname": Schema.text])), refusals: [404: noSuchUser]),
        Operation(
            .get, "/api/users/{username}/preferences", group, "Preferences", answers: preferencesAnswer,
            refusals: [404: noSuchUser]),
        Operation(
            .put, "/api/users/{username}/preferences", group, "Replace the preferences",
            description: "What is not sent becomes what it is by default.", access: .token,
            body: .json(
                ["type": "object", "properties": preferences["properties"] ?? [:]],
                example: ["theme": "dark", "notifications": false, "language": "zh"]),
            answers: preferencesAnswer, refusals: [404: noSuchUser]),
    ]
}
