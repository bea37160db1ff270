import Endpoints
import HTTPTypes
import LWS
import Limits
import Services

/// What users change of themselves, and what others see of them, in the running app's API.
struct AccountRoutes: Sendable {
    let core: Core
    let view: UserView

    init(core: Core) {
        self.core = core
        view = UserView(core)
    }

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/api/users",
                EndpointDescription(
                    Self.group, "All users, in the order of their making",
                    "All of them, or a page of them; what anybody may see.",
                    answers: .json(Schema.array(of: Schema.named("User")))),
                access: .open, cost: .userList, input: Form(in: [.query], .page, .limit), users),
            Endpoint(
                .put, "/api/users/update",
                EndpointDescription(
                    Self.group, "Change the nickname or the password",
                    "The password is the credential; what else is sent is ignored.",
                    answers: .json(Schema.named("User")), refusals: Self.byPassword),
                access: .password, cost: .login,
                input: Form(
                    LepaoFields.username, LepaoFields.password, LepaoFields.nickname.optional, Self.newPassword.optional
                ),
                words: Self.words, update),
            Endpoint(
                .delete, "/api/users/delete",
                EndpointDescription(
                    Self.group, "Delete a user with all that belongs to it",
                    answers: .json([
                        "allOf": [
                            Schema.object(["message": Schema.constant("User deleted successfully")]),
                            Schema.named("User"),
                        ]
                    ]), refusals: Self.byPassword),
                access: .password, cost: .login, input: Form(LepaoFields.username, LepaoFields.password),
                words: Self.words, delete),
            Endpoint(
                .put, "/api/users/update/nickname",
                EndpointDescription(
                    Self.group, "Change the nickname",
                    answers: .json(
                        Schema.object([
                            "message": Schema.constant("Nickname updated successfully"), "user": Schema.named("User"),
                        ])), refusals: Self.noSuchUser),
                access: .lepaoToken, cost: .light, input: Form(LepaoFields.namedUser, LepaoFields.nickname),
                setNickname),
            Endpoint(
                .get, "/api/users/nickname/{username}",
                EndpointDescription(
                    Self.group, "A nickname", answers: .json(Schema.object(["nickname": Schema.text])),
                    refusals: Self.noSuchUser),
                access: .open, cost: .light, nickname),
            Endpoint(
                .get, "/api/users/{username}/preferences",
                EndpointDescription(
                    Self.group, "Preferences", answers: Self.preferencesAnswer, refusals: Self.noSuchUser),
                access: .open, cost: .light, shape: .outcome, showPreferences),
            Endpoint(
                .put, "/api/users/{username}/preferences",
                EndpointDescription(
                    Self.group, "Replace the preferences", "What is not sent becomes what it is by default.",
                    answers: Self.preferencesAnswer, refusals: Self.noSuchUser),
                access: .lepaoToken, cost: .light, input: Form(Self.preferences), shape: .outcome, setPreferences),
        ]
    }

    private static let group = "Users"
    private static let noSuchUser = [404: LepaoFields.noSuchUser]
    private static let byPassword = [
        400: "A value breaks a rule, or the password is another one.", 403: "The account is disabled.",
        404: LepaoFields.noSuchUser, 429: LepaoFields.throttled,
    ]

    private static let newPassword = Field.string("newPassword", Schema.text("secret", upTo: Limit.Accounts.password))

    private static let preferenceSchemas: KeyValuePairs = [
        "theme": Schema.words(Preferences.Theme.allCases.map(\.rawValue)), "notifications": Schema.boolean,
        "language": Schema.words(Preferences.Language.allCases.map(\.rawValue)),
    ]
    private static let preferencesAnswer = Operation.Answer.json(
        Schema.object(["success": ["const": true], "preferences": Schema.object(preferenceSchemas)]))

    private static let preferences = Field<Preferences>(
        preferenceSchemas.map { FormMember($0.key, $0.value, isRequired: false) }
    ) { (parameters) throws(ParameterError) in
        var object = JSONObject()
        for (name, _) in preferenceSchemas { object[name] = parameters[name] }
        do throws(ServicesError) {
            return try Preferences(object)
        } catch {
            guard case .invalid(let field, let message) = error else { throw .malformedBody() }
            throw .invalid(field, sentence: message)
        }
    }

    // MARK: - Everybody

    private func users(_ call: Call<Void>, page: Int?, limit: Int?) async throws -> Response {
        guard page != nil || limit != nil else {
            return try await JSONList { [core] last in
                try await core.accounts.accounts(
                    after: last?.id ?? 0, limit: Limit.Lists.usersAtOnce, unlisted: false)
            } json: {
                .object(LepaoJSON.user($0))
            }.response()
        }
        let users = try await core.accounts.accounts(page: page ?? 1, limit: limit ?? 10, unlisted: false)
        return .json(.array(users.map { .object(LepaoJSON.user($0)) }))
    }

    // MARK: - By password

    /// A wrong password is 400 where it stands in place of a token, and 401 at the login.
    private static func words(_ error: any Error) -> Problem {
        if case ServicesError.wrongPassword = error { .badRequest("Invalid password") } else { Problem(lepao: error) }
    }

    private func update(
        _ call: Call<Void>, username: String, password: String, nickname: String?, newPassword: String?
    ) async throws -> Response {
        let account = try await core.accounts.update(
            username: username, password: password, nickname: nickname, newPassword: newPassword, address: call.address
        ) { account throws(ServicesError) in
            try core.limits.takeChange(by: account, in: call.request)
        }
        return .json(.object(try await view.own(account)))
    }

    private func delete(_ call: Call<Void>, username: String, password: String) async throws -> Response {
        let account = try await core.accounts.delete(username: username, password: password, address: call.address)
        var answer = JSONObject()
        answer["message"] = "User deleted successfully"
        for member in LepaoJSON.user(account).members { answer[member.name] = member.value }
        return .json(.object(answer))
    }

    // MARK: - Nicknames

    private func setNickname(
        _ call: Call<LepaoCaller>, username: String?, nickname: String
    ) async throws -> Response {
        let account = try await call.caller.account(named: username)
        let updated = try await core.accounts.setNickname(nickname, account: account.id)
        return .json(["message": "Nickname updated successfully", "user": .object(try await view.own(updated))])
    }

    private func nickname(_ call: Call<Void>) async throws -> Response {
        .json(["nickname": .string(try await account(call).nickname)])
    }

    // MARK: - Preferences

    private func showPreferences(_ call: Call<Void>) async throws -> Response {
        Self.answer(try await core.accounts.preferences(account: try await account(call).id))
    }

    /// Replaces all of them: what is not sent is as it is by default.
    private func setPreferences(_ call: Call<LepaoCaller>, preferences: Preferences) async throws -> Response {
        let account = try await call.caller.account(named: call.path("username"))
        try await core.accounts.setPreferences(preferences, account: account.id)
        return Self.answer(preferences)
    }

    private static func answer(_ preferences: Preferences) -> Response {
        .json(["success": true, "preferences": preferences.json])
    }

    private func account(_ call: Call<Void>) async throws -> Account {
        guard let account = try await core.accounts.account(named: call.path("username")) else {
            throw ServicesError.unknownUser
        }
        return account
    }
}
