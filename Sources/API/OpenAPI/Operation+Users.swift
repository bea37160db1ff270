import HTTPTypes
import Limits
import Services

extension Operation {
    private static let group = "Users"
    static let username = Schema.text("ana", upTo: Limit.Accounts.username)
    static let password = Schema.text("secret", upTo: Limit.Accounts.password)
    static let credentials = Schema.object(["username": username, "password": password])
    static let credentialsExample: JSONValue = ["username": "ana", "password": "secret"]
    static let throttled = "Too many requests from this address, or too many wrong passwords."
    /// Who is meant, where a token says it as well.
    static let namedUser = Schema.text(
        "ana", upTo: Limit.Accounts.username, describing: "The token's user if it is left out.")

    /// What ``UserRoutes`` has.
    static let users: [Operation] = [
        Operation(
            .post, "/api/users", group, "Register",
            description: """
                A name is 1 to 32 characters, not blank, without slashes and control characters, and none of the words \
                that stand in its place in paths. Names are compared after Unicode normalisation.
                """,
            body: .json(credentials, example: credentialsExample),
            answers: .json(
                Schema.object([
                    "message": Schema.constant("Register successful"), "token": Schema.text,
                    "newUser": Schema.named("User"), "username": Schema.text, "password": ["const": ""],
                    "_id": Schema.objectID, "createdAt": Schema.date, "updatedAt": Schema.date,
                    "__v": Schema.integer,
                ])),
            refusals: [400: "A value breaks a rule, or the name is taken.", 429: throttled]),
        Operation(
            .post, "/api/users/login", group, "Log in", body: .json(credentials, example: credentialsExample),
            answers: .json(
                Schema.object([
                    "message": Schema.constant("Login successful"), "token": Schema.text,
                    "user": Schema.named("User"),
                ])),
            refusals: [
                401: "The password is another one.", 403: "The account is disabled.", 404: "Nobody has this name.",
                429: throttled,
            ]),
        Operation(
            .post, "/api/users/tokenCheck", group, "Check a token", access: .token,
            answers: .json(
                Schema.object([
                    "message": Schema.constant("Token is valid"),
                    "decoded": Schema.object([
                        "id": Schema.objectID, "username": Schema.text, "loginTime": Schema.date,
                        "iat": Schema.integer, "exp": Schema.integer,
                    ]),
                ]))),
        Operation(
            .get, "/api/users/{id}", group, "A user by name or id",
            description: "With the token of that user, what only its owner sees is shown as well.",
            answers: .json(Schema.named("User")), refusals: [404: "There is no such user."]),
    ]
}
