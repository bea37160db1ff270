import HTTPTypes
import LWS
import Services

/// Registration, login and the own account in the article API.
struct JuejinUserRoutes: Sendable {
    let core: Core
    let identity: HeaderIdentity

    init(core: Core) {
        self.core = core
        identity = .juejin(core)
    }

    func add(to table: inout RouteTable) {
        let form = UploadForm.policy
        table.on(.post, "/users/register", errors: .juejin, body: form) { try await register($0) }
        table.on(.post, "/users/login", errors: .juejin, body: .parameters) { try await login($0) }
        table.on(.get, "/users/login", errors: .juejin) { try await renew($0) }
        table.on(.post, "/users/exit", errors: .juejin) { try await exit($0) }
        table.on(.get, "/users/information", errors: .juejin) { try await information($0) }
        table.on(.put, "/users/changes/head", errors: .juejin, body: form, checkHead: identity.checkHead) {
            try await changeHead($0)
        }
        table.on(.put, "/users/changes/username", errors: .juejin, body: .parameters) { try await changeUsername($0) }
        table.on(.put, "/users/changes/password", errors: .juejin, body: .parameters) { try await changePassword($0) }
        table.on(.get, "/users/images/files/{name}", errors: .juejin) { try await picture($0) }
    }

    // MARK: - In and out

    private func register(_ request: HTTPServerRequest) async throws -> Response {
        try core.limits[.registrations]?.take(request.head.remoteAddress)
        let parameters = try JuejinParameters(request)
        let username = try parameters.text("username"), password = try parameters.text("password")
        let image = try parameters.file("head_image")
        // Before the picture is kept, for nothing.
        guard try await core.accounts.account(named: username) == nil else { throw Self.nameTaken }
        var picture: MediaID?
        if let image { picture = try await store(image, from: request) }
        try await core.media.using(picture.map { [$0] } ?? []) {
            let account = try await Self.sayingThatNameIsTaken { () throws(ServicesError) in
                try await core.accounts.register(username: username, password: password, rules: .longNames)
            }
            if let picture { _ = try await core.accounts.setPicture(picture, account: account.id) }
        }
        return .json(JuejinJSON.done("成功注册"))
    }

    private func login(_ request: HTTPServerRequest) async throws -> Response {
        try core.limits[.logins]?.take(request.head.remoteAddress)
        let parameters = try JuejinParameters(request)
        let username = try parameters.text("username"), password = try parameters.text("password")
        let account: Account
        do {
            account = try await core.accounts.login(
                username: username, password: password, address: request.head.remoteAddress)
        } catch .unknownUser {
            throw Problem(.notFound, "该用户不存在")
        } catch .wrongPassword {
            throw Problem.badRequest("密码错误")
        }
        let session = try await core.tokens.startSession(for: account)
        return .json([
            "access_token": .string("Bearer " + session.access.token), "code": 200, "msg": "success",
            "refresh_token": .string("Bearer " + session.refresh.token),
        ])
    }

    /// Exchanges a refresh token for another access token.
    private func renew(_ request: HTTPServerRequest) async throws -> Response {
        try core.limits[.logins]?.take(request.head.remoteAddress)
        switch try await core.tokens.renew(request.authorization) {
        case .success(let issued):
            return .json(["code": 200, "msg": "success", "access_token": .string("Bearer " + issued.token)])
        case .failure(let refused): throw Problem.juejin(refused.refusal)
        }
    }

    private func exit(_ request: HTTPServerRequest) async throws -> Response {
        _ = try await identity.account(of: request)
        try await core.tokens.revoke(request.authorization)
        return .json(JuejinJSON.done("退出成功"))
    }

    // MARK: - The own account

    private func information(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await identity.account(of: request)
        let head = JuejinJSON.headImage(
            picture: account.picture, account: account.id, base: core.publicBase.text(for: request))
        return .json(
            JuejinJSON.done("success", data: ["username": .string(account.username), "head_image": .string(head)]))
    }

    private func changeHead(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await identity.account(of: request)
        guard let image = try JuejinParameters(request).file("head_image") else {
            throw Problem.badRequest("head_image error")
        }
        let picture = try await store(image, from: request)
        _ = try await core.media.using([picture]) {
            try await core.accounts.setPicture(picture, account: account.id)
        }
        return .json(JuejinJSON.done("success"))
    }

    private func changeUsername(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await identity.account(of: request)
        let username = try JuejinParameters(request).text("username")
        _ = try await Self.sayingThatNameIsTaken { () throws(ServicesError) in
            try await core.accounts.rename(account: account.id, to: username, rules: .longNames)
        }
        return .json(JuejinJSON.done("success"))
    }

    private func changePassword(_ request: HTTPServerRequest) async throws -> Response {
        let account = try await identity.account(of: request)
        let parameters = try JuejinParameters(request)
        let old = try parameters.text("old_password"), new = try parameters.text("new_password")
        do {
            try await core.accounts.changePassword(
                of: account.id, from: old, to: new, address: request.head.remoteAddress)
        } catch .wrongPassword {
            throw Problem.badRequest("与原密码不同")
        }
        return .json(JuejinJSON.done("success"))
    }

    // MARK: - Pictures

    private func picture(_ request: HTTPServerRequest) async throws -> Response {
        let name = request.parameter("name")
        if let owner = JuejinJSON.accountOfDefaultPicture(named: name) {
            guard let account = try await core.accounts.account(objectID: owner) else { throw Problem.notFound }
            return .identicon(Identicon(account.username), caching: "public, max-age=300", to: request)
        }
        guard let id = MediaID(name), let picture = try await core.media.openPicture(id) else {
            throw Problem.notFound
        }
        return .stored(picture, caching: Response.forever)
    }

    private func store(_ image: HTTPBody, from request: HTTPServerRequest) async throws -> MediaID {
        try core.limits[.uploads]?.take(request.head.remoteAddress)
        return try await core.media.store(upload: image)
    }

    private static let nameTaken = Problem.badRequest("该用户已存在")

    private static func sayingThatNameIsTaken<Value>(
        _ work: () async throws(ServicesError) -> Value
    ) async throws -> Value {
        do {
            return try await work()
        } catch .nameTaken {
            throw nameTaken
        }
    }
}
