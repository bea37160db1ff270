import HTTPTypes
import LWS
import Services

/// What administrators do with accounts, in Leaf's API.
struct LeafManageRoutes: Sendable {
    let core: Core
    let identity: HeaderIdentity

    private static let defaultPageSize = 15

    init(core: Core) {
        self.core = core
        identity = .leaf(core)
    }

    func add(to table: inout RouteTable) {
        table.leaf(.get, "/api/v1/user/manage/list") { try await list($0) }
        table.leaf(.get, "/api/v1/user/manage/search") { try await search($0) }
        // The document writes `search&keyword=`, which makes the query a part of the path.
        table.leaf(.get, "/api/v1/user/manage/{search}") { try await search(Self.splitting($0)) }
        table.leaf(.post, "/api/v1/user/manage/modify") { try await modify($0) }
        table.leaf(.post, "/api/v1/user/manage/role/modify") { try await setRole($0) }
        table.leaf(.post, "/api/v1/user/manage/delete") { try await delete($0) }
    }

    private func list(_ request: HTTPServerRequest) async throws -> Response {
        let actor = try await identity.account(of: request)
        let (page, size) = try Self.page(Parameters(request, in: [.query], ignoringCase: true))
        return answer(try await core.profiles.list(page: page, size: size, actor: actor), to: request)
    }

    private func search(_ request: HTTPServerRequest) async throws -> Response {
        let actor = try await identity.account(of: request)
        let query = try Parameters(request, in: [.query], ignoringCase: true)
        let (page, size) = try Self.page(query)
        let found = try await core.profiles.search(
            try query.text("keyword") ?? "", page: page, size: size, actor: actor)
        return answer(found, to: request)
    }

    private func answer(_ page: Profiles.Page, to request: HTTPServerRequest) -> Response {
        let json = LeafJSON(core, for: request)
        let users = page.accounts.map { JSONValue.object(json.user($0, email: .whole)) }
        return LeafAnswer.ok(["total": .int(Int64(page.total)), "users": .array(users)])
    }

    private func modify(_ request: HTTPServerRequest) async throws -> Response {
        let actor = try await identity.account(of: request)
        let body = try LeafAccountRoutes.body(of: request)
        try await core.profiles.edit(
            try body.requiredInteger("id"), name: try LeafProfileRoutes.name(in: body),
            email: try body.requiredText("email"), sign: try body.text("sign"), actor: actor)
        return LeafAnswer.ok()
    }

    private func setRole(_ request: HTTPServerRequest) async throws -> Response {
        let actor = try await identity.account(of: request)
        let body = try LeafAccountRoutes.body(of: request)
        let role = try body.requiredInteger("role")
        try await core.profiles.setRole(
            rank: Int(role), of: try body.requiredInteger("id"), actor: actor)
        return LeafAnswer.ok()
    }

    private func delete(_ request: HTTPServerRequest) async throws -> Response {
        let actor = try await identity.account(of: request)
        let number = try LeafAccountRoutes.body(of: request).requiredInteger("id")
        try await core.profiles.delete(number, actor: actor)
        return LeafAnswer.ok()
    }

    /// What is no page is the first one, and what is no size the usual one.
    private static func page(_ query: Parameters) throws -> (page: Int, size: Int) {
        let page = try query.text("page").flatMap { Int($0) } ?? 1
        let size = try query.text("page_size").flatMap { Int($0) } ?? defaultPageSize
        return (page < 1 ? 1 : page, size < 1 ? defaultPageSize : size)
    }

    /// The request that was meant by `search&keyword=ana`.
    private static func splitting(_ request: HTTPServerRequest) throws(Problem) -> HTTPServerRequest {
        let word = "search&"
        guard request.parameter("search").hasPrefix(word), let start = request.head.target.firstRange(of: word) else {
            throw .notFound
        }
        var request = request
        let fields = request.head.target[start.upperBound...].replacing("?", with: "&")
        do {
            request.head.query = try RequestTarget.form(Array(fields.utf8))
        } catch {
            throw .leaf(.badParameter)
        }
        return request
    }
}
