import Endpoints
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

    var endpoints: [Endpoint] {
        let group = LeafAnswer.group
        return [
            Endpoint(
                .post, "/api/v1/user/register",
                EndpointDescription(group, "Register by mail", "The name is made up.", answers: LeafAnswer.done),
                access: .open, cost: .registration,
                input: Form(LeafFields.email, LeafFields.newPassword, LeafFields.code), register),
            Endpoint(
                .post, "/api/v1/user/login",
                EndpointDescription(
                    group, "Log in by password",
                    "After three failures for an address who has failed comes in half an hour later: code -1.",
                    answers: Self.tokens),
                access: .password, cost: .login, input: Form(LeafFields.email, LeafFields.password), login),
            Endpoint(
                .post, "/api/v1/user/login/email",
                EndpointDescription(group, "Log in by mailed code", answers: Self.tokens), access: .password,
                cost: .login, input: Form(LeafFields.email, LeafFields.code), loginByCode),
            Endpoint(
                .post, "/api/v1/user/code/email",
                EndpointDescription(
                    group, "Have a code mailed", "Six digits, good for ten minutes, five tries and one use.",
                    answers: LeafAnswer.done),
                access: .open, cost: .mailCode, input: Form(LeafFields.email), sendCode),
            Endpoint(
                .get, "/api/v1/user/resetpwd/check",
                EndpointDescription(group, "Begin to replace a password", answers: LeafAnswer.done), access: .open,
                cost: .login, input: Form(in: [.query], LeafFields.misspeltEmail), beginReset),
            Endpoint(
                .post, "/api/v1/user/pwd/modify",
                EndpointDescription(
                    group, "Replace a password",
                    "Within half an hour of the check. All tokens of the account end.", answers: LeafAnswer.done),
                access: .password, cost: .login,
                input: Form(LeafFields.email, LeafFields.newPassword, LeafFields.code), reset),
            Endpoint(
                .get, "/api/v1/user/token/refresh",
                EndpointDescription(
                    group, "Exchange a refresh token",
                    answers: LeafAnswer.described(Schema.object(["token": Schema.text]))),
                access: .refreshToken, cost: .login, refresh),
        ]
    }

    private static let tokens = LeafAnswer.described(
        Schema.object(["access_token": Schema.text, "refresh_token": Schema.text, "token": Schema.text]))

    private func register(
        _ call: Call<Void>, email: String, password: String, code: String
    ) async throws -> Response {
        _ = try await core.mailAccounts.register(
            email: email, password: password, code: code, address: call.address)
        return LeafAnswer.ok()
    }

    private func login(_ call: Call<Void>, email: String, password: String) async throws -> Response {
        try await welcome(
            try await core.mailAccounts.login(email: email, password: password, address: call.address))
    }

    private func loginByCode(_ call: Call<Void>, email: String, code: String) async throws -> Response {
        try await welcome(try await core.mailAccounts.login(email: email, code: code, address: call.address))
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

    private func sendCode(_ call: Call<Void>, email: String) async throws -> Response {
        try await core.mailAccounts.sendCode(to: email, address: call.address)
        return LeafAnswer.ok()
    }

    private func beginReset(_ call: Call<Void>, email: String) async throws -> Response {
        try await core.mailAccounts.beginPasswordReset(email: email, address: call.address)
        return LeafAnswer.ok()
    }

    private func reset(_ call: Call<Void>, email: String, password: String, code: String) async throws -> Response {
        _ = try await core.mailAccounts.resetPassword(
            email: email, password: password, code: code, address: call.address)
        return LeafAnswer.ok()
    }

    private func refresh(_ call: Call<Void>) async throws -> Response {
        let issued = try await core.tokens.renew(call.request.authorization, lifetime: Self.tokenLifetime).get()
        return LeafAnswer.ok(["token": .string(issued.token)])
    }
}
