import Endpoints
import HTTPTypes
import LWS
import Limits
import Services

/// The entry task's API: login with an MD5 in place of the password, and one's own profile.
struct EntryTaskRoutes: Sendable {
    let core: Core

    /// 24 hours in milliseconds.
    private static let tokenLifetime: Int64 = 86_400_000
    private static let folder = "/entrytask/upload/"

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/login",
                EndpointDescription(
                    Self.group, "Log in",
                    answers: Self.answer(
                        Schema.object([
                            "nickname": Schema.text, "profilePicture": Schema.text, "profile_picture": Schema.text,
                            "token": ["type": "string", "pattern": "^[0-9a-f]{32}$"], "username": Schema.text,
                        ]))),
                access: .password, cost: .login, input: Form(Self.username, Self.digest), login),
            Endpoint(
                .post, "/register",
                EndpointDescription(
                    Self.group, "Register", "Beyond the document; can be switched off.", answers: Self.done),
                access: .open, cost: .registration, input: Form(Self.username, Self.digest, Self.nickname.optional),
                register),
            Endpoint(
                .post, "/user/logout", EndpointDescription(Self.group, "Log out", answers: Self.done), access: .token,
                cost: .light.withinReserve, logout),
            Endpoint(
                .put, "/user/update_user_info",
                EndpointDescription(Self.group, "Change the nickname", answers: Self.done), access: .token,
                cost: .light, input: Form(Self.nickname), setNickname),
            Endpoint(
                .put, "/user/update_user_profile_picture",
                EndpointDescription(Self.group, "Change the picture", answers: Self.done), access: .token,
                cost: .upload(), input: Form(.file("file")), setPicture),
            Endpoint(
                .get, "/user/get_user_info",
                EndpointDescription(
                    Self.group, "One's own profile",
                    answers: Self.answer(
                        Schema.object([
                            "nickname": Schema.text, "profile_picture": Schema.text, "profilePicture": Schema.text,
                            "username": Schema.text,
                        ]))),
                access: .token, cost: .light, info),
            Endpoint(
                .get, Self.folder + "{file}",
                .picture(Self.group),
                access: .open, cost: .light, picture),
        ]
    }

    private static let group = "Entry task: users by MD5"
    private static let done = answer(["const": ""])

    private static func answer(_ result: JSONValue) -> Operation.Answer {
        .json(
            Schema.object(["code": ["const": 0], "coode": ["const": 0], "msg": ["const": ""], "result": result]),
            "What happened is in `code`: 0, or one of a refusal.")
    }

    private static let username = Field.string("username", Schema.text("ana", upTo: Limit.Accounts.nickname))
    private static let nickname = Field.string("nickname", Schema.text("Ana", upTo: Limit.Accounts.nickname))
    private static let digest = Field.string(
        "password",
        [
            "type": "string", "pattern": "^[0-9A-Fa-f]{32}$",
            "description": "The MD5 of the password in hexadecimal digits.",
            "examples": ["5ebe2294ecd0e0f08eab7690d2a6ee69"],
        ])

    // MARK: - Coming and going

    private func login(_ call: Call<Void>, username: String, digest: String) async throws -> Response {
        let account = try await core.accounts.login(username: username, digest: digest, address: call.address)
        let token = try await core.tokens.issue(for: account, lifetime: Self.tokenLifetime, form: .hexadecimal)
        let address = try await pictureAddress(of: account, for: call.request)
        return EntryTaskAnswer.ok([
            "nickname": .string(account.nickname), "profilePicture": address, "profile_picture": address,
            "token": .string(token.token), "username": .string(account.username),
        ])
    }

    private func register(
        _ call: Call<Void>, username: String, digest: String, nickname: String?
    ) async throws -> Response {
        guard core.entryTaskRegistration else { throw Problem.entryTask(.closed) }
        _ = try await core.accounts.register(
            username: username, digest: digest, nickname: nickname, for: Passwords.Lane(call.address))
        return EntryTaskAnswer.ok()
    }

    private func logout(_ call: Call<Account>) async throws -> Response {
        try await core.tokens.revoke(call.request.authorization)
        return EntryTaskAnswer.ok()
    }

    // MARK: - One's profile

    private func info(_ call: Call<Account>) async throws -> Response {
        let address = try await pictureAddress(of: call.caller, for: call.request)
        return EntryTaskAnswer.ok([
            "nickname": .string(call.caller.nickname), "profile_picture": address, "profilePicture": address,
            "username": .string(call.caller.username),
        ])
    }

    private func setNickname(_ call: Call<Account>, nickname: String) async throws -> Response {
        _ = try await core.accounts.setNickname(nickname, account: call.caller.id)
        return EntryTaskAnswer.ok()
    }

    private func setPicture(_ call: Call<Account>, file: HTTPBody) async throws -> Response {
        let id = try await core.media.store(upload: file)
        _ = try await core.media.using([id]) { try await core.accounts.setPicture(id, account: call.caller.id) }
        // The new one is shown already, whatever becomes of the old one.
        if let old = call.caller.picture { await core.media.discard([old]) }
        return EntryTaskAnswer.ok()
    }

    /// A picture by its name, of which only the id counts.
    private func picture(_ call: Call<Void>) async throws -> Response {
        let name = call.path("file").prefix { $0 != "." }
        guard let id = MediaID(name), let picture = try await core.media.openPicture(id) else {
            var refusal = EntryTaskAnswer.refusal(.entryTask(.badParameters, "there is no such picture"))
            // For image tags, which read no codes.
            refusal.status = .notFound
            return refusal
        }
        return .stored(picture, caching: Response.forever)
    }

    /// Empty for who has none.
    private func pictureAddress(of account: Account, for request: HTTPServerRequest) async throws -> JSONValue {
        guard let id = account.picture, let picture = try await core.media.openPicture(id) else { return "" }
        let type = picture.contentType.split(separator: "/").last ?? "png"
        return .string(core.publicBase.text(for: request) + Self.folder + "\(id).\(type)")
    }
}
