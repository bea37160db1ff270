import HTTPTypes
import LWS
import Services

/// Registration, login and new passwords by mail address, in Leaf's API.
struct LeafAccountRoutes: Sendable {
    let core: Core

    /// 14 days in milliseconds, of both tokens.
    private static let tokenLifetime: Int64 = 14 * 86_400_000
    /// Of so many logins the tokens are good at a time.
    private static let logins = (count: 3, world: "leaf")

    func add(to table: inout RouteTable) {
        table.leaf(.post, "/api/v1/user/register") { try await register($0) }
        table.leaf(.post, "/api/v1/user/login") { try await login($0) }
        table.leaf(.post, "/api/v1/user/login/email") { try await loginByCode($0) }
        table.leaf(.post, "/api/v1/user/code/email") { try await sendCode($0) }
        table.leaf(.get, "/api/v1/user/resetpwd/check") { try await beginReset($0) }
        table.leaf(.post, "/api/v1/user/pwd/modify") { try await reset($0) }
        table.leaf(.get, "/api/v1/user/token/refresh") { try await refresh($0) }
    }

    private func register(_ request: HTTPServerRequest) async throws -> Response {
        let body = try Self.body(of: request)
        try core.limits[.registrations]?.take(request.head.remoteAddress)
        _ = try await core.mailAccounts.register(
            email: try body.text("email") ?? "", password: try body.text("password") ?? "",
            code: try body.text("code") ?? "", address: request.head.remoteAddress)
        return LeafAnswer.ok()
    }

    private func login(_ request: HTTPServerRequest) async throws -> Response {
        let body = try Self.body(of: request)
        try core.limits[.logins]?.take(request.head.remoteAddress)
        return try await welcome(
            try await core.mailAccounts.login(
                email: try body.text("email") ?? "", password: try body.text("password") ?? ""))
    }

    private func loginByCode(_ request: HTTPServerRequest) async throws -> Response {
        let body = try Self.body(of: request)
        try core.limits[.logins]?.take(request.head.remoteAddress)
        return try await welcome(
            try await core.mailAccounts.login(
                email: try body.text("email") ?? "", code: try body.text("code") ?? "",
                address: request.head.remoteAddress))
    }

    /// With what both versions of the document's server answer.
    private func welcome(_ account: Account) async throws -> Response {
        let session = try await core.tokens.startSession(
            for: account, accessLifetime: Self.tokenLifetime, refreshLifetime: Self.tokenLifetime,
            limit: Self.logins)
        return LeafAnswer.ok([
            "access_token": .string(session.access.token), "refresh_token": .string(session.refresh.token),
            "token": .string(session.access.token),
        ])
    }

    private func sendCode(_ request: HTTPServerRequest) async throws -> Response {
        let body = try Self.body(of: request)
        try core.limits[.mailCodes]?.take(request.head.remoteAddress)
        try await core.mailAccounts.sendCode(to: try body.text("email") ?? "")
        return LeafAnswer.ok()
    }

    /// The document calls the parameter `eamil`, clients call it `email`.
    private func beginReset(_ request: HTTPServerRequest) async throws -> Response {
        let query = try Parameters(request, in: [.query], ignoringCase: true)
        try core.limits[.logins]?.take(request.head.remoteAddress)
        let email = try query.text("eamil") ?? query.text("email")
        try await core.mailAccounts.beginPasswordReset(email: email ?? "")
        return LeafAnswer.ok()
    }

    private func reset(_ request: HTTPServerRequest) async throws -> Response {
        let body = try Self.body(of: request)
        try core.limits[.logins]?.take(request.head.remoteAddress)
        _ = try await core.mailAccounts.resetPassword(
            email: try body.text("email") ?? "", password: try body.text("password") ?? "",
            code: try body.text("code") ?? "", address: request.head.remoteAddress)
        return LeafAnswer.ok()
    }

    private func refresh(_ request: HTTPServerRequest) async throws -> Response {
        try core.limits[.logins]?.take(request.head.remoteAddress)
        switch try await core.tokens.renew(request.authorization, lifetime: Self.tokenLifetime) {
        case .success(let issued): return LeafAnswer.ok(["token": .string(issued.token)])
        case .failure(let refused):
            throw Problem.leaf(refused.refusal)
        }
    }

    /// The parameters of a body; names in any case, as the document's server takes them.
    static func body(of request: HTTPServerRequest) throws(ParameterError) -> Parameters {
        try Parameters(request, in: [.json, .form], ignoringCase: true)
    }
}
