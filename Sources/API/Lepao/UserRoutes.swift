import Endpoints
import HTTPTypes
import LWS
import Live
import Services

/// Registration, login and users of the running app's API.
struct UserRoutes: Sendable {
    let core: Core
    let view: UserView

    init(core: Core) {
        self.core = core
        view = UserView(core)
    }

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/api/users",
                EndpointDescription(
                    Self.group, "Register",
                    """
                    A name is 1 to 32 characters, not blank, without slashes and control characters, and none of the \
                    words that stand in its place in paths. Names are compared after Unicode normalisation.
                    """,
                    answers: .json(
                        Schema.object([
                            "message": Schema.constant("Register successful"), "token": Schema.text,
                            "newUser": Schema.named("User"), "username": Schema.text, "password": ["const": ""],
                            "_id": Schema.objectID, "createdAt": Schema.date, "updatedAt": Schema.date,
                            "__v": Schema.integer,
                        ])),
                    refusals: [400: "A value breaks a rule, or the name is taken.", 429: LepaoFields.throttled]),
                access: .open, cost: .registration, input: Form(LepaoFields.newUsername, LepaoFields.password),
                register),
            Endpoint(
                .post, "/api/users/login",
                EndpointDescription(
                    Self.group, "Log in",
                    answers: .json(
                        Schema.object([
                            "message": Schema.constant("Login successful"), "token": Schema.text,
                            "user": Schema.named("User"),
                        ])),
                    refusals: [
                        401: "The password is another one.", 403: "The account is disabled.",
                        404: "Nobody has this name.", 429: LepaoFields.throttled,
                    ]),
                access: .password, cost: .login, input: Form(LepaoFields.username, LepaoFields.password), login),
            Endpoint(
                .post, "/api/users/tokenCheck",
                EndpointDescription(
                    Self.group, "Check a token",
                    answers: .json(
                        Schema.object([
                            "message": Schema.constant("Token is valid"),
                            "decoded": Schema.object([
                                "id": Schema.objectID, "username": Schema.text, "loginTime": Schema.date,
                                "iat": Schema.integer, "exp": Schema.integer,
                            ]),
                        ]))),
                access: tokenItself, cost: .light.withinReserve, checkToken),
            Endpoint(
                .get, "/api/users/{id}",
                EndpointDescription(
                    Self.group, "A user by name or id",
                    "With the token of that user, what only its owner sees is shown as well.",
                    answers: .json(Schema.named("User")), refusals: [404: LepaoFields.noSuchUser]),
                access: .lepaoIfKnown, cost: .light, user),
        ]
    }

    private static let group = "Users"

    /// Whoever has a valid token; that it is looked at is no change of its owner's.
    private var tokenItself: Access<Tokens.Identity> {
        Access(.token) { [tokens = core.tokens] _, request in try await tokens.verify(request.authorization) }
    }

    /// Answers with the user twice: nested, as the original server does, and flat, as its document says.
    private func register(_ call: Call<Void>, username: String, password: String) async throws -> Response {
        let account = try await core.accounts.register(
            username: username, password: password, for: Passwords.Lane(call.address))
        let token = try await core.tokens.issue(for: account)
        let user = try await view.own(account)
        var answer = JSONObject()
        answer["message"] = "Register successful"
        answer["token"] = .string(token.token)
        answer["newUser"] = .object(user)
        for name in ["username", "password", "_id", "createdAt", "updatedAt", "__v"] { answer[name] = user[name] }
        return .json(.object(answer))
    }

    private func login(_ call: Call<Void>, username: String, password: String) async throws -> Response {
        let account = try await core.accounts.login(username: username, password: password, address: call.address)
        let token = try await core.tokens.issue(for: account)
        core.recentLogins?.record(account, from: call.address)
        return .json([
            "message": "Login successful", "token": .string(token.token), "user": .object(try await view.own(account)),
        ])
    }

    private func checkToken(_ call: Call<Tokens.Identity>) async throws -> Response {
        core.recentLogins?.record(call.caller, from: call.address)
        return .json([
            "message": "Token is valid",
            "decoded": [
                "id": .string(call.caller.objectID), "username": .string(call.caller.username),
                "loginTime": LepaoJSON.date(call.caller.issuedAt), "iat": .int(call.caller.issuedAt / 1000),
                "exp": .int(call.caller.expiresAt / 1000),
            ],
        ])
    }

    /// One user by name, or by id where nobody has that name.
    private func user(_ call: Call<Account?>) async throws -> Response {
        let wanted = call.path("id")
        var found = try await core.accounts.account(named: wanted)
        if found == nil, let account = try await core.accounts.account(objectID: wanted) {
            // An id, which stands at rooms and runs, does not lead others to the name of who hides it.
            found = account.alias == nil || account.id == call.caller?.id ? account : nil
        }
        guard let account = found else { throw ServicesError.unknownUser }
        let isOwner = call.caller?.id == account.id
        return .json(.object(isOwner ? try await view.own(account) : LepaoJSON.user(account)))
    }
}
