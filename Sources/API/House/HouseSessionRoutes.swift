import Endpoints
import HTTPTypes
import LWS
import Limits
import Services

/// Logging in and out, and seeing where one is logged in, in `/v1`.
struct HouseSessionRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        let group = HouseAccountRoutes.group
        return [
            Endpoint(
                .post, "/v1/session",
                EndpointDescription(
                    group, "Log in", "By name or mail address.",
                    answers: .json(Schema.named("Opened"), "Logged in."),
                    refusals: [
                        401: "The name or the password is wrong; which of them is not told.",
                        403: "The account is disabled, or a page of another origin asks for the cookie.",
                    ]),
                access: .password, cost: .login,
                input: Form(
                    in: [.json], HouseAccountRoutes.name, HouseAccountRoutes.password, HouseLogin.asCookie), logIn),
            Endpoint(
                .get, "/v1/session",
                EndpointDescription(
                    group, "Who is logged in here",
                    "With a token or the pages' cookie; null without one, and for one that is worthless.",
                    answers: .json(Schema.object(["account": Schema.orNull(Schema.named("Account"))]))),
                access: .anybody, cost: .light, show),
            Endpoint(
                .put, "/v1/session",
                EndpointDescription(
                    group, "Exchange a refresh token for another access token",
                    answers: .json(Schema.object(["token": Schema.text, "expiresAt": Schema.integer]))),
                access: .refreshToken, cost: .login, renew),
            Endpoint(
                .delete, "/v1/session",
                EndpointDescription(
                    group, "Log out here", answers: .empty(204, "The token is worthless, and the cookie gone."),
                    refusals: [403: "A page of another origin sends it with the cookie."]),
                access: .login, cost: .light, logOut),
            Endpoint(
                .get, "/v1/sessions",
                EndpointDescription(
                    group, "Where one is logged in", "The newest first; a `Link` with `rel=\"next\"` leads on.",
                    answers: .json(Schema.object(["sessions": Schema.array(of: Schema.named("Session"))]))),
                access: .login, cost: .heavyRead, input: Form(in: [.query], Cursor.field), list),
            Endpoint(
                .delete, "/v1/sessions/{id}",
                EndpointDescription(
                    group, "End a login", "Its tokens are worthless then, and its connections are closed.",
                    answers: .empty(204, "Ended."), refusals: [404: "There is no such login."]),
                access: .token, cost: .light, end),
        ]
    }

    private func logIn(
        _ call: Call<Void>, name: String, password: String, asCookie: Bool?
    ) async throws -> Response {
        let login = HouseLogin(core: core)
        try login.check(call.request, asCookie: asCookie)
        // A name may have an @ as well, and comes first.
        var username = name
        if name.contains("@"), try await core.accounts.account(named: name) == nil,
            let account = try await core.accounts.account(email: name)
        {
            username = account.username
        }
        let account = try await core.accounts.login(username: username, password: password, address: call.address)
        return try await login.answer(account, to: call.request, asCookie: asCookie)
    }

    private func show(_ call: Call<SignedIn?>) async throws -> Response {
        let base = core.publicBase.text(for: call.request)
        var response = Response.json([
            "account": call.caller.map { HouseJSON.account($0.account, base: base) } ?? .null
        ])
        response.headers[.cacheControl] = "no-store"
        // One that has ended need not be sent any more.
        let isSent = core.cookie.token(in: call.request.head) != nil
        if call.caller == nil, isSent { response.headers[.setCookie] = core.cookie.forgetting }
        return response
    }

    private func renew(_ call: Call<Void>) async throws -> Response {
        let issued = try await core.tokens.renew(call.request.authorization).get()
        return .json(["token": .string(issued.token), "expiresAt": .int(issued.expiresAt)])
    }

    private func logOut(_ call: Call<SignedIn>) async throws -> Response {
        _ = try await core.tokens.end(call.caller.login.id, of: call.caller.account.id)
        var response = Response(status: .noContent)
        if core.cookie.token(in: call.request.head) != nil {
            response.headers[.setCookie] = core.cookie.forgetting
        }
        return response
    }

    private func list(_ call: Call<SignedIn>, cursor: Cursor) async throws -> Response {
        let logins = try await core.tokens.logins(of: call.caller.account.id)
        // Behind the one that is named; from the start for one that has ended meanwhile.
        let start = cursor.after.flatMap { after in logins.firstIndex { $0.id == after } }.map { $0 + 1 } ?? 0
        let page = logins[start...].prefix(cursor.limit)
        let sessions = page.map { HouseJSON.session($0, isCurrent: $0.login == call.caller.login) }
        let next = page.endIndex < logins.endIndex ? page.last?.id : nil
        return cursor.response(["sessions": .array(sessions)], next: next, of: call.request)
    }

    private func end(_ call: Call<Account>) async throws -> Response {
        guard try await core.tokens.end(call.path("id"), of: call.caller.id) else { throw Problem.notFound }
        return Response(status: .noContent)
    }
}
