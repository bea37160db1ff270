import HTTPTypes
import LWS
import Live
import Services

/// Registration, login and users of the running app's API.
struct UserRoutes: Sendable {
    let core: Core
    let identity: LepaoIdentity
    let view: UserView

    init(core: Core) {
        self.core = core
        identity = LepaoIdentity(core)
        view = UserView(core)
    }

    func add(to table: inout RouteTable) {
        table.on(.post, "/api/users", errors: .message) { try await register($0) }
        table.on(.post, "/api/users/login", errors: .message) { try await login($0) }
        table.on(.post, "/api/users/tokenCheck", errors: .message) { try await checkToken($0) }
        table.on(.get, "/api/users/{id}", errors: .message) { try await user($0) }
    }

    /// Answers with the user twice: nested, as the original server does, and flat, as its document says.
    private func register(_ request: HTTPServerRequest) async throws -> Response {
        try core.limits[.registrations]?.take(request.head.remoteAddress)
        let wanted = try PasswordCredentials(request)
        let account = try await core.accounts.register(username: wanted.username, password: wanted.password)
        let token = try await core.tokens.issue(for: account)
        let user = try await view.own(account)
        var answer = JSONObject()
        answer["message"] = "Register successful"
        answer["token"] = .string(token.token)
        answer["newUser"] = .object(user)
        for name in ["username", "password", "_id", "createdAt", "updatedAt", "__v"] { answer[name] = user[name] }
        return .json(.object(answer))
    }

    private func login(_ request: HTTPServerRequest) async throws -> Response {
        try core.limits[.logins]?.take(request.head.remoteAddress)
        let credentials = try PasswordCredentials(request)
        let account = try await core.accounts.login(
            username: credentials.username, password: credentials.password, address: credentials.address)
        let token = try await core.tokens.issue(for: account)
        core.recentLogins?.record(account, from: credentials.address)
        return .json([
            "message": "Login successful", "token": .string(token.token), "user": .object(try await view.own(account)),
        ])
    }

    private func checkToken(_ request: HTTPServerRequest) async throws -> Response {
        let identity = try await core.tokens.verify(request.authorization)
        core.recentLogins?.record(identity, from: request.head.remoteAddress)
        return .json([
            "message": "Token is valid",
            "decoded": [
                "id": .string(identity.objectID), "username": .string(identity.username),
                "loginTime": LepaoJSON.date(identity.issuedAt), "iat": .int(identity.issuedAt / 1000),
                "exp": .int(identity.expiresAt / 1000),
            ],
        ])
    }

    /// One user by name, or by id where nobody has that name.
    private func user(_ request: HTTPServerRequest) async throws -> Response {
        let wanted = request.parameter("id")
        var account = try await core.accounts.account(named: wanted)
        if account == nil { account = try await core.accounts.account(objectID: wanted) }
        guard let account else { throw ServicesError.unknownUser }
        let isOwner = try await identity.accountIfKnown(request) == account.id
        return .json(.object(isOwner ? try await view.own(account) : LepaoJSON.user(account)))
    }
}
