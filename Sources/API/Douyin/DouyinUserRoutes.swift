import HTTPTypes
import LWS
import Services
import Store

/// Registration, login and profiles in the clip API.
struct DouyinUserRoutes: Sendable {
    let core: Core
    let identity: DouyinIdentity

    init(core: Core) {
        self.core = core
        identity = DouyinIdentity(core)
    }

    func add(to table: inout RouteTable) {
        table.onDouyin(.post, "/douyin/user/register") { try await register($0) }
        table.onDouyin(.post, "/douyin/user/login", failure: Self.wrongCredentials) { try await login($0) }
        table.onDouyin(.get, "/douyin/user") { try await user($0) }
    }

    /// One sentence for both, so that nobody finds out who is there.
    private static let wrongCredentials = "用户名或者密码不正确!"

    private func register(_ request: HTTPServerRequest) async throws -> Response {
        try core.limits[.registrations]?.take(request.head.remoteAddress)
        let parameters = try DouyinParameters(request)
        let account: Account
        do {
            account = try await core.accounts.register(
                username: try parameters.required("username"), password: try parameters.required("password"),
                rules: .strict)
        } catch ServicesError.nameTaken {
            throw Problem.badRequest("该用户名已被使用!")
        }
        try await core.social.setProfile(
            avatar: try parameters.text("avatar"), background: try parameters.text("background_image"),
            signature: try parameters.text("signature"), account: account.id)
        return try await answer(account)
    }

    private func login(_ request: HTTPServerRequest) async throws -> Response {
        try core.limits[.logins]?.take(request.head.remoteAddress)
        let parameters = try DouyinParameters(request)
        do {
            return try await answer(
                try await core.accounts.login(
                    username: try parameters.required("username"), password: try parameters.required("password"),
                    address: request.head.remoteAddress))
        } catch ServicesError.unknownUser, ServicesError.wrongPassword {
            throw Problem.badRequest(Self.wrongCredentials)
        }
    }

    private func answer(_ account: Account) async throws -> Response {
        let token = try await core.tokens.issue(for: account, lifetime: DouyinIdentity.tokenLifetime)
        let profile = try await core.social.profile(account: account.id, viewer: account.id)
        return .json(
            DouyinJSON.done("Success", ["token": .string(token.token), "user_id": .int(profile.publicID)]))
    }

    private func user(_ request: HTTPServerRequest) async throws -> Response {
        let parameters = try DouyinParameters(request)
        let caller = try await identity.account(of: request, parameters, words: "Token 认证失败")
        let profile = try await profile(named: try parameters.text("user_id") ?? "", viewer: caller.id)
        var user = JSONObject()
        // Its document says one, its clients read the other.
        user["user_id"] = .int(profile.publicID)
        for member in DouyinJSON.user(profile, base: core.publicBase.text(for: request)).members {
            user[member.name] = member.value
        }
        return .json(DouyinJSON.done("Success", ["user": .object(user)]))
    }

    /// Somebody by id, or by name where that is nobody's id; the caller for neither.
    private func profile(named text: String, viewer: Int64) async throws -> Profile {
        if text.isEmpty || text == "0" { return try await core.social.profile(account: viewer, viewer: viewer) }
        // A name may be of digits as well.
        if let id = Int64(text), let found = try await core.social.profileIfAny(publicID: id, viewer: viewer) {
            return found
        }
        guard let account = try await core.accounts.account(named: text) else { throw ServicesError.unknownUser }
        return try await core.social.profile(account: account.id, viewer: viewer)
    }
}
