import Endpoints
import HTTPTypes
import LWS
import Services

/// What administrators do with accounts, in Leaf's API.
struct LeafManageRoutes: Sendable {
    let core: Core

    private static let searching = Form(in: [.query], LeafFields.keyword, LeafFields.page)

    var endpoints: [Endpoint] {
        let group = LeafAnswer.group
        return [
            Endpoint(
                .get, "/api/v1/user/manage/list",
                EndpointDescription(group, "All users, for administrators", answers: Self.users), access: .role,
                cost: .light, input: Form(in: [.query], LeafFields.page), list),
            Endpoint(
                .get, "/api/v1/user/manage/search",
                EndpointDescription(group, "Users by number, name or address, for administrators", answers: Self.users),
                access: .role, cost: .light, input: Self.searching, search),
            // The document writes `search&keyword=`, which makes the query a part of the path.
            Endpoint(
                .get, "/api/v1/user/manage/{search}",
                EndpointDescription(
                    group, "The same, spelt search&keyword=… as in the document", answers: Self.users),
                access: .role, cost: .light
            ) { call in
                let meant = try Self.splitting(call.request)
                let (keyword, page) = try Self.searching.read(
                    Parameters(meant, in: [.query], ignoringCase: World.leaf.requests.ignoresCase))
                return try await search(call, keyword: keyword, page: page)
            },
            Endpoint(
                .post, "/api/v1/user/manage/modify",
                EndpointDescription(group, "Change a user of a lower role, or oneself", answers: LeafAnswer.done),
                access: .role, cost: .light,
                input: Form(
                    LeafFields.id, LeafFields.name, .anyText("email", Schema.text("ana@example.org", upTo: 254)),
                    LeafFields.sign), modify),
            Endpoint(
                .post, "/api/v1/user/manage/role/modify",
                EndpointDescription(group, "Change another's role, for roots", answers: LeafAnswer.done),
                access: .role, cost: .light,
                input: Form(
                    Field.integer("role", ["type": "integer", "minimum": 0, "maximum": 3, "examples": [1]]),
                    LeafFields.id), setRole),
            Endpoint(
                .post, "/api/v1/user/manage/delete",
                EndpointDescription(group, "Delete a user of a lower role, everywhere", answers: LeafAnswer.done),
                access: .role, cost: .light.withinReserve, input: Form(LeafFields.id), delete),
        ]
    }

    private static let users = LeafAnswer.described(
        Schema.object(["total": Schema.count, "users": Schema.array(of: Schema.named("LeafUser"))]))

    private func list(_ call: Call<Account>, page: LeafPage) async throws -> Response {
        let found = try await core.profiles.list(page: page.number, size: page.size, actor: call.caller)
        return answer(found, to: call.request)
    }

    private func search(
        _ call: Call<Account>, keyword: String, page: LeafPage
    ) async throws -> Response {
        let found = try await core.profiles.search(keyword, page: page.number, size: page.size, actor: call.caller)
        return answer(found, to: call.request)
    }

    private func answer(_ page: Profiles.Page, to request: HTTPServerRequest) -> Response {
        let json = LeafJSON(core, for: request)
        let users = page.accounts.map { JSONValue.object(json.user($0, email: .whole)) }
        return LeafAnswer.ok(["total": .int(Int64(page.total)), "users": .array(users)])
    }

    private func modify(
        _ call: Call<Account>, id: Int64, name: String, email: String, sign: String?
    ) async throws -> Response {
        try await core.profiles.edit(id, name: name, email: email, sign: sign, actor: call.caller)
        return LeafAnswer.ok()
    }

    private func setRole(_ call: Call<Account>, role: Int64, id: Int64) async throws -> Response {
        try await core.profiles.setRole(rank: Int(role), of: id, actor: call.caller)
        return LeafAnswer.ok()
    }

    private func delete(_ call: Call<Account>, id: Int64) async throws -> Response {
        try await core.profiles.delete(id, actor: call.caller)
        return LeafAnswer.ok()
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
