import Endpoints
import HTTPTypes
import LWS
import Services

/// Registration, login and the own account in the article API.
struct JuejinUserRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/users/register",
                EndpointDescription(
                    EndpointDescription.articles, "Register", answers: .juejin("成功注册"),
                    refusals: [400: "A value breaks a rule, or the name is taken."]),
                access: .open, cost: .registration.and(.upload(formsOnly: true)),
                input: Form(JuejinFields.username, JuejinFields.password, JuejinFields.pictureIfAny), register),
            Endpoint(
                .post, "/users/login",
                EndpointDescription(
                    EndpointDescription.articles, "Log in",
                    answers: .json(
                        Schema.object([
                            "access_token": Schema.text, "code": ["const": 200], "msg": Schema.constant("success"),
                            "refresh_token": Schema.text,
                        ])),
                    refusals: [
                        400: "The password is another one.", 403: "The account is disabled.",
                        404: "Nobody has this name.",
                    ]),
                access: .password, cost: .login, input: Form(JuejinFields.username, JuejinFields.password),
                words: {
                    switch $0 {
                    case ServicesError.unknownUser: Problem(.notFound, "该用户不存在")
                    case ServicesError.wrongPassword: .badRequest("密码错误")
                    default: Problem(juejin: $0)
                    }
                }, login),
            Endpoint(
                .get, "/users/login",
                .juejin(
                    "Exchange a refresh token for another access token",
                    answer: .json(
                        Schema.object([
                            "code": ["const": 200], "msg": Schema.constant("success"), "access_token": Schema.text,
                        ]))), access: .refreshToken, cost: .login, renew),
            Endpoint(
                .post, "/users/exit", .juejin("Log out", "Ends both tokens of the login.", answer: .juejin("退出成功")),
                access: .token, cost: .light.withinReserve, exit),
            Endpoint(
                .get, "/users/information",
                .juejin(
                    "The own name and picture",
                    answer: .juejin(
                        "success", data: Schema.object(["username": Schema.text("ana"), "head_image": Schema.text]))),
                access: .token, cost: .light, information),
            Endpoint(
                .put, "/users/changes/head", .juejin("Change the own picture", answer: .juejin("success")),
                access: .token, cost: .upload(), input: Form(JuejinFields.picture), changeHead),
            Endpoint(
                .put, "/users/changes/username", .juejin("Change the own name", answer: .juejin("success")),
                access: .token, cost: .light, input: Form(JuejinFields.username), changeUsername),
            Endpoint(
                .put, "/users/changes/password",
                .juejin("Change the own password", "Ends all tokens of the account.", answer: .juejin("success")),
                access: .token, cost: .login, input: Form(JuejinFields.oldPassword, JuejinFields.newPassword),
                words: {
                    if case ServicesError.wrongPassword = $0 { return .badRequest("与原密码不同") }
                    return Problem(juejin: $0)
                }, changePassword),
            Endpoint(
                .get, "/users/images/files/{name}",
                .picture(EndpointDescription.articles, missing: "There is none of this name."),
                access: .open, cost: .light, picture),
        ]
    }

    // MARK: - In and out

    private func register(
        _ call: Call<Void>, username: String, password: String, image: HTTPBody?
    ) async throws -> Response {
        // Before the picture is kept, for nothing.
        guard try await core.accounts.account(named: username) == nil else { throw ServicesError.nameTaken }
        let picture: MediaID? = if let image { try await core.media.store(upload: image) } else { nil }
        _ = try await core.media.using(picture.map { [$0] } ?? []) {
            try await core.accounts.register(
                username: username, password: password, picture: picture, rules: .longNames,
                for: Passwords.Lane(call.address))
        }
        return .json(JuejinJSON.done("成功注册"))
    }

    private func login(_ call: Call<Void>, username: String, password: String) async throws -> Response {
        let account = try await core.accounts.login(username: username, password: password, address: call.address)
        let session = try await core.tokens.startSession(for: account)
        return .json([
            "access_token": .string("Bearer " + session.access.token), "code": 200, "msg": "success",
            "refresh_token": .string("Bearer " + session.refresh.token),
        ])
    }

    private func renew(_ call: Call<Void>) async throws -> Response {
        let issued = try await core.tokens.renew(call.request.authorization).get()
        return .json(["code": 200, "msg": "success", "access_token": .string("Bearer " + issued.token)])
    }

    private func exit(_ call: Call<Account>) async throws -> Response {
        try await core.tokens.revoke(call.request.authorization)
        return .json(JuejinJSON.done("退出成功"))
    }

    // MARK: - The own account

    private func information(_ call: Call<Account>) -> Response {
        let head = JuejinJSON.headImage(
            picture: call.caller.picture, account: call.caller.id, base: core.publicBase.text(for: call.request))
        return .json(
            JuejinJSON.done(
                "success", data: ["username": .string(call.caller.username), "head_image": .string(head)]))
    }

    private func changeHead(_ call: Call<Account>, image: HTTPBody) async throws -> Response {
        let picture = try await core.media.store(upload: image)
        _ = try await core.media.using([picture]) {
            try await core.accounts.setPicture(picture, account: call.caller.id)
        }
        return .json(JuejinJSON.done("success"))
    }

    private func changeUsername(_ call: Call<Account>, username: String) async throws -> Response {
        _ = try await core.accounts.rename(account: call.caller.id, to: username, rules: .longNames)
        return .json(JuejinJSON.done("success"))
    }

    private func changePassword(_ call: Call<Account>, old: String, new: String) async throws -> Response {
        try await core.accounts.changePassword(of: call.caller.id, from: old, to: new, address: call.address)
        return .json(JuejinJSON.done("success"))
    }

    // MARK: - Pictures

    private func picture(_ call: Call<Void>) async throws -> Response {
        let name = call.path("name")
        if let owner = JuejinJSON.accountOfDefaultPicture(named: name) {
            guard let account = try await core.accounts.account(objectID: owner) else { throw Problem.notFound }
            // Asked for by id, it is not to be recognized as the picture of a name that is hidden.
            let name = account.alias ?? account.username
            return .identicon(Identicon(name), caching: "public, max-age=300", to: call.request)
        }
        guard let id = MediaID(name), let picture = try await core.media.openPicture(id) else {
            throw Problem.notFound
        }
        return .stored(picture, caching: Response.forever)
    }
}
