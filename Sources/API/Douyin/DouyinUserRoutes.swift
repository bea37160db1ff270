import Endpoints
import HTTPTypes
import LWS
import Limits
import Services
import Store

/// Registration, login and profiles in the clip API.
struct DouyinUserRoutes: Sendable {
    let core: Core

    /// As long as its document says: 90 days, in milliseconds.
    private static let tokenLifetime: Int64 = 90 * 86_400_000

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/douyin/user/register",
                .clips(
                    "Register", Self.entry, answering: "Success",
                    about: "Names have 5 to 32 characters and passwords 5 to 72, without blanks."),
                access: .open, cost: .registration,
                input: Form(
                    Self.username, Self.password, Field.anyText("avatar").optional,
                    Field.anyText("background_image").optional, Field.anyText("signature").optional),
                register),
            Endpoint(
                .post, "/douyin/user/login", .clips("Log in", Self.entry, answering: "Success"), access: .password,
                cost: .login, input: Form(Self.username, Self.password), login),
            Endpoint(
                .get, "/douyin/user",
                .clips("A user by id or name", ["user": Schema.named("ClipUser")], answering: "Success"),
                access: .token, cost: .light,
                input: Form(
                    Field.anyText("user_id", about: "Whose, or their name; the caller's if it is left out, empty or 0.")
                        .or("")),
                words: DouyinWords(token: "Token 认证失败").problem, user),
        ]
    }

    private static let username = Field.text("username", Schema.text("ocyss", upTo: Limit.Accounts.username))
    private static let password = Field.text("password", Schema.text("230724"))
    private static let entry: KeyValuePairs<String, JSONValue> = ["token": Schema.text, "user_id": Schema.publicID]

    private func register(
        _ call: Call<Void>, username: String, password: String, avatar: String?, background: String?, signature: String?
    ) async throws -> Response {
        let account = try await core.accounts.register(
            username: username, password: password, rules: .strict, for: Passwords.Lane(call.address))
        try await core.social.setProfile(
            avatar: avatar, background: background, signature: signature, account: account.id)
        return try await answer(account)
    }

    private func login(_ call: Call<Void>, username: String, password: String) async throws -> Response {
        do {
            return try await answer(
                try await core.accounts.login(username: username, password: password, address: call.address))
        } catch ServicesError.unknownUser, ServicesError.wrongPassword {
            // One sentence for both, so that nobody finds out who is there.
            throw Problem.badRequest("用户名或者密码不正确!")
        }
    }

    private func answer(_ account: Account) async throws -> Response {
        let token = try await core.tokens.issue(for: account, lifetime: Self.tokenLifetime)
        let profile = try await core.social.profile(account: account.id, viewer: account.id)
        return .json(
            DouyinJSON.done("Success", ["token": .string(token.token), "user_id": .int(profile.publicID)]))
    }

    private func user(_ call: Call<Account>, name: String) async throws -> Response {
        let profile = try await profile(named: name, viewer: call.caller.id)
        var user = JSONObject()
        // Its document says one, its clients read the other.
        user["user_id"] = .int(profile.publicID)
        for member in DouyinJSON.user(profile, base: core.publicBase.text(for: call.request)).members {
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
