import Endpoints
import HTTPTypes
import LWS
import Limits
import Services
import Store

/// One's own account, in `/v1`.
struct HouseMeRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        let group = HouseAccountRoutes.group
        return [
            Endpoint(
                .get, "/v1/me",
                EndpointDescription(
                    group, "One's own account", "With an `ETag` for changing only what one has seen.",
                    answers: Self.whole, .notModified),
                access: .token, cost: .light, show),
            Endpoint(
                .patch, "/v1/me",
                EndpointDescription(
                    group, "Change one's account",
                    "What is not sent stays as it is. With `If-Match`, only if it is still what was seen.",
                    answers: Self.whole,
                    refusals: [409: "The name is taken.", 412: "It has been changed meanwhile."]),
                access: .token, cost: .light,
                input: Form(
                    in: [.json], HouseAccountRoutes.name.optional, HouseAccountRoutes.nickname.optional,
                    Field.string("sign", Schema.text("Runs at dawn"), about: "A line about oneself.").optional,
                    Field.truth("isListed", about: "Whether one is in the list of users that anybody may read.")
                        .optional,
                    Field.truth(
                        "showsName",
                        about: """
                            Whether rooms show the name. Otherwise others see the nickname, and in place of name and \
                            picture an `alias` that means nobody.
                            """
                    ).optional), change),
            Endpoint(
                .put, "/v1/me/password",
                EndpointDescription(
                    group, "Change one's password",
                    """
                    All logins end with it, this one too. A guest, who has none, gives the new one alone: the account is \
                    like any other then, and its logins stay.
                    """,
                    answers: .empty(204, "Changed."), refusals: [401: "The present password is wrong."]),
                access: .token, cost: .login,
                input: Form(
                    in: [.json], HouseAccountRoutes.password.optional,
                    Field.string("newPassword", Schema.text("secret2", upTo: Limit.Accounts.password))), setPassword),
            Endpoint(
                .post, "/v1/me/email/code",
                EndpointDescription(
                    group, "Have a code mailed to a new mail address",
                    "Six digits, good for ten minutes. Not for guests.", answers: .empty(202, "It is on its way."),
                    refusals: [403: "A guest has no mail address."]),
                access: .token, cost: .mailCode, input: Form(in: [.json], Self.email), sendCode),
            Endpoint(
                .put, "/v1/me/email",
                EndpointDescription(
                    group, "Change one's mail address", "With the code that was mailed to it. Not for guests.",
                    answers: Self.whole,
                    refusals: [
                        400: "The code is wrong or has expired.", 401: "The password is wrong.",
                        403: "A guest has no mail address.", 409: "The address belongs to another account.",
                    ]),
                access: .token, cost: .login,
                input: Form(
                    in: [.json], Self.email, Field.string("code", Schema.text("123456", upTo: 6)),
                    HouseAccountRoutes.password), setEmail),
            Endpoint(
                .get, "/v1/me/export",
                EndpointDescription(
                    group, "Everything of one's own",
                    """
                    A zip archive: account, rooms, runs, posts, comments, likes and messages as JSON, runs that this \
                    server measured as GPX as well, and pictures.
                    """,
                    answers: .file("The archive.", type: "application/zip"),
                    refusals: [503: "Too many exports are under way."]),
                access: .token, cost: .heavyRead, export),
            Endpoint(
                .put, "/v1/me/picture",
                EndpointDescription(group, "Change one's picture", answers: Self.whole), access: .token,
                cost: .upload(), input: Form(in: [.form], .file("picture")), setPicture),
            Endpoint(
                .delete, "/v1/me",
                EndpointDescription(
                    group, "Delete one's account",
                    "With all that is one's own, for good. A guest needs no password for it.",
                    answers: .empty(204, "Deleted."), refusals: [401: "The password is wrong."]),
                access: .token, cost: .login, input: Form(in: [.json], HouseAccountRoutes.password.optional), delete),
        ]
    }

    private static let email = Field.string(
        "email", Schema.text("ana@example.org", upTo: 254))
    private static let whole = Operation.Answer.json(Schema.named("Account"))

    private func show(_ call: Call<Account>) async throws -> Response {
        let account = call.caller
        if let field = call.request.head.headers[.ifNoneMatch], let tag = EntityTag("\"\(account.tag)\""),
            tag.isNoneMatch(field)
        {
            var response = Response(status: .notModified)
            response.headers[.eTag] = "\(tag)"
            return response
        }
        return answer(account, to: call.request)
    }

    private func change(
        _ call: Call<Account>, name: String?, nickname: String?, sign: String?, isListed: Bool?, showsName: Bool?
    ) async throws -> Response {
        let tag = try Self.wantedTag(call.request, of: call.caller)
        do {
            let account = try await core.accounts.edit(
                Accounts.Edit(
                    username: name == call.caller.username ? nil : name, nickname: nickname, sign: sign,
                    isListed: isListed, showsName: showsName),
                account: call.caller.id, ifTagged: tag)
            return answer(account, to: call.request)
        } catch ServicesError.forbidden {
            throw Self.changedMeanwhile
        }
    }

    private func setPassword(_ call: Call<Account>, present: String?, new: String) async throws -> Response {
        if call.caller.isGuest {
            try await core.accounts.makeWhole(call.caller, password: new, address: call.address)
            return Response(status: .noContent)
        }
        guard let present else { throw ParameterError.missing("password") }
        try await core.accounts.changePassword(of: call.caller.id, from: present, to: new, address: call.address)
        return Response(status: .noContent)
    }

    private func sendCode(_ call: Call<Account>, email: String) async throws -> Response {
        try await core.mailAccounts.sendCode(to: email, of: call.caller, address: call.address)
        return Response(status: .accepted)
    }

    private func setEmail(
        _ call: Call<Account>, email: String, code: String, password: String
    ) async throws -> Response {
        let account = try await core.mailAccounts.setEmail(
            email, code: code, of: call.caller, password: password, address: call.address)
        return answer(account, to: call.request)
    }

    private func export(_ call: Call<Account>) async throws -> Response {
        let place = try core.exports.take(1, for: "account \(call.caller.id)")
        let export = HouseExport(
            call.caller, core: core, base: core.publicBase.text(for: call.request), at: IDGenerator.systemTime())
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/zip", .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"runroom.zip\"",
            ],
            body: .stream {
                defer { withExtendedLifetime(place) {} }
                return try await export.piece()
            })
    }

    private func setPicture(_ call: Call<Account>, picture: HTTPBody) async throws -> Response {
        let id = try await core.media.store(upload: picture)
        let account = try await core.media.using([id]) {
            try await core.accounts.setPicture(id, account: call.caller.id)
        }
        return answer(account, to: call.request)
    }

    private func delete(_ call: Call<Account>, password: String?) async throws -> Response {
        if call.caller.isGuest {
            try await core.accounts.deleteGuest(call.caller)
            return Response(status: .noContent)
        }
        guard let password else { throw ParameterError.missing("password") }
        _ = try await core.accounts.delete(
            username: call.caller.username, password: password, address: call.address)
        return Response(status: .noContent)
    }

    // MARK: - Tags

    /// The tag that `If-Match` asks for; nil where any state will do.
    private static func wantedTag(_ request: HTTPServerRequest, of account: Account) throws(Problem) -> String? {
        guard let field = request.head.headers[.ifMatch], field != "*" else { return nil }
        guard let wanted = EntityTag(field), !wanted.isWeak, wanted.opaque.isSameOctets(as: account.tag) else {
            throw changedMeanwhile
        }
        return wanted.opaque
    }

    private static let changedMeanwhile = Problem.house(
        .preconditionFailed, .changedMeanwhile, "It has been changed since you read it.")

    private func answer(_ account: Account, to request: HTTPServerRequest) -> Response {
        var response = Response.json(HouseJSON.account(account, base: core.publicBase.text(for: request)))
        response.headers[.eTag] = "\"\(account.tag)\""
        // Asked anew each time, and told that nothing has changed.
        response.headers[.cacheControl] = "private, no-cache"
        return response
    }
}
