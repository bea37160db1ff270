import HTTPTypes
import LWS
import Limits
import Services

/// The entry task's API: login with an MD5 in place of the password, and one's own profile.
struct EntryTaskRoutes: Sendable {
    let core: Core

    private var identity: HeaderIdentity { HeaderIdentity(core) { $0.error } }

    /// 24 hours in milliseconds.
    private static let tokenLifetime: Int64 = 86_400_000
    private static let folder = "/entrytask/upload/"

    func add(to table: inout RouteTable) {
        on(&table, .post, "/login") { try await login($0) }
        on(&table, .post, "/register") { try await register($0) }
        on(&table, .post, "/user/logout") { try await logout($0) }
        on(&table, .put, "/user/update_user_info") { try await setNickname($0) }
        on(
            &table, .put, "/user/update_user_profile_picture", .entryTaskPicture, body: UploadForm.policy,
            checkHead: identity.checkHead
        ) { try await setPicture($0) }
        on(&table, .get, "/user/get_user_info") { try await info($0) }
        on(&table, .get, Self.folder + "{file}") { try await picture($0) }
    }

    private func on(
        _ table: inout RouteTable, _ method: HTTPRequest.Method, _ pattern: String, _ shape: ErrorShape = .entryTask,
        body: BodyPolicy = BodyPolicy(maxBytes: Limit.HTTP.body),
        checkHead: (@Sendable (HTTPServerRequest) async throws -> Void)? = nil,
        _ handler: @escaping @Sendable (HTTPServerRequest) async throws -> Response
    ) {
        table.on(
            method, pattern, errors: shape, body: body, saying: { Problem(entryTask: $0) }, checkHead: checkHead,
            handler)
    }

    // MARK: - Coming and going

    private func login(_ request: HTTPServerRequest) async throws -> Response {
        let body = try Parameters(request, in: [.json, .form])
        try core.limits.logins?.take(request.head.remoteAddress)
        let account = try await core.accounts.login(
            username: try Self.string("username", in: body), digest: try Self.string("password", in: body),
            address: request.head.remoteAddress)
        let token = try await core.tokens.issue(for: account, lifetime: Self.tokenLifetime, form: .hexadecimal)
        let address = try await pictureAddress(of: account, for: request)
        return EntryTaskAnswer.ok([
            "nickname": .string(account.nickname), "profilePicture": address, "profile_picture": address,
            "token": .string(token.token), "username": .string(account.username),
        ])
    }

    private func register(_ request: HTTPServerRequest) async throws -> Response {
        guard core.entryTaskRegistration else { throw Problem.entryTask(.closed) }
        let body = try Parameters(request, in: [.json, .form])
        try core.limits.registrations?.take(request.head.remoteAddress)
        let nickname = try body["nickname"] == nil ? nil : Self.string("nickname", in: body)
        _ = try await core.accounts.register(
            username: try Self.string("username", in: body), digest: try Self.string("password", in: body),
            nickname: nickname)
        return EntryTaskAnswer.ok()
    }

    private func logout(_ request: HTTPServerRequest) async throws -> Response {
        _ = try await core.tokens.verify(request.authorization)
        try await core.tokens.revoke(request.authorization)
        return EntryTaskAnswer.ok()
    }

    // MARK: - One's profile

    private func info(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await identity.account(of: request)
        let address = try await pictureAddress(of: account, for: request)
        return EntryTaskAnswer.ok([
            "nickname": .string(account.nickname), "profile_picture": address, "profilePicture": address,
            "username": .string(account.username),
        ])
    }

    private func setNickname(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await identity.account(of: request)
        let nickname = try Self.string("nickname", in: Parameters(request, in: [.json, .form]))
        _ = try await core.accounts.setNickname(nickname, account: account.id)
        return EntryTaskAnswer.ok()
    }

    private func setPicture(_ request: HTTPServerRequest) async throws -> Response {
        try core.limits.uploads?.take(request.head.remoteAddress)
        let account = try await identity.account(of: request)
        let id = try await core.media.store(upload: try UploadForm(request).file("file"))
        _ = try await core.media.using([id]) { try await core.accounts.setPicture(id, account: account.id) }
        if let old = account.picture { try await core.media.remove(old) }
        return EntryTaskAnswer.ok()
    }

    /// A picture by its name, of which only the id counts.
    private func picture(_ request: HTTPServerRequest) async throws -> Response {
        let name = request.parameter("file").prefix { $0 != "." }
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

    /// A text that has to be there; a number is none.
    private static func string(_ name: String, in parameters: Parameters) throws(ParameterError) -> String {
        guard let value = parameters[name] else { throw .missing(name) }
        guard let text = value.string else { throw .wrongKind(name) }
        return text
    }
}
