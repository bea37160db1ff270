import HTTPTypes
import LWS
import Limits
import Services

/// What users change of themselves, and what others see of them, in the running app's API.
struct AccountRoutes: Sendable {
    let core: Core
    let identity: LepaoIdentity
    let view: UserView

    private static let usersAtOnce = Limit.Lists.usersAtOnce

    init(core: Core) {
        self.core = core
        identity = LepaoIdentity(core)
        view = UserView(core)
    }

    func add(to table: inout RouteTable) {
        table.on(.get, "/api/users", errors: .message) { try await users($0) }
        table.on(.put, "/api/users/update", errors: .message) { try await update($0) }
        table.on(.delete, "/api/users/delete", errors: .message) { try await delete($0) }
        table.on(.put, "/api/users/update/nickname", errors: .message) { try await setNickname($0) }
        table.on(.get, "/api/users/nickname/{username}", errors: .message) { try await nickname($0) }
        table.on(.get, "/api/users/{username}/preferences", errors: .outcome) { try await preferences($0) }
        table.on(.put, "/api/users/{username}/preferences", errors: .outcome) { try await setPreferences($0) }
    }

    // MARK: - Everybody

    private func users(_ request: HTTPServerRequest) async throws -> Response {
        let page = try request.positiveInteger("page"), limit = try request.positiveInteger("limit")
        guard page != nil || limit != nil else {
            try core.limits[.userLists]?.take(request.head.remoteAddress)
            return try await JSONList { [core] last in
                try await core.accounts.accounts(after: last?.id ?? 0, limit: Self.usersAtOnce)
            } json: {
                .object(LepaoJSON.user($0))
            }.response()
        }
        let users = try await core.accounts.accounts(page: page ?? 1, limit: limit ?? 10)
        return .json(.array(users.map { .object(LepaoJSON.user($0)) }))
    }

    // MARK: - By password

    private func update(_ request: HTTPServerRequest) async throws -> Response {
        let credentials = try PasswordCredentials(request)
        let nickname = try credentials.body.string("nickname")
        let newPassword = try credentials.body.string("newPassword")
        let account = try await credentials.use { username, password, address throws(ServicesError) in
            try await core.accounts.update(
                username: username, password: password, nickname: nickname, newPassword: newPassword, address: address)
        }
        return .json(.object(try await view.own(account)))
    }

    private func delete(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await PasswordCredentials(request).use { username, password, address throws(ServicesError) in
            try await core.accounts.delete(username: username, password: password, address: address)
        }
        var answer = JSONObject()
        answer["message"] = "User deleted successfully"
        for member in LepaoJSON.user(account).members { answer[member.name] = member.value }
        return .json(.object(answer))
    }

    // MARK: - Nicknames

    private func setNickname(_ request: HTTPServerRequest) async throws -> Response {
        let body = try JSONBody(request)
        let account = try await identity.account(of: request, named: try body.string("username"))
        guard let nickname = try body.string("nickname") else { throw Problem.badRequest("nickname is required.") }
        let updated = try await core.accounts.setNickname(nickname, account: account.id)
        return .json(["message": "Nickname updated successfully", "user": .object(try await view.own(updated))])
    }

    private func nickname(_ request: HTTPServerRequest) async throws -> Response {
        .json(["nickname": .string(try await account(request).nickname)])
    }

    // MARK: - Preferences

    private func preferences(_ request: HTTPServerRequest) async throws -> Response {
        Self.answer(try await core.accounts.preferences(account: try await account(request).id))
    }

    /// Replaces all of them: what is not sent is as it is by default.
    private func setPreferences(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await identity.account(of: request, named: request.parameter("username"))
        let preferences = try Preferences(try JSONBody(request).object)
        try await core.accounts.setPreferences(preferences, account: account.id)
        return Self.answer(preferences)
    }

    private static func answer(_ preferences: Preferences) -> Response {
        .json(["success": true, "preferences": preferences.json])
    }

    private func account(_ request: HTTPServerRequest) async throws -> Account {
        guard let account = try await core.accounts.account(named: request.parameter("username")) else {
            throw ServicesError.unknownUser
        }
        return account
    }
}
