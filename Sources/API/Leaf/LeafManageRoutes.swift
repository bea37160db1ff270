import HTTPTypes
import LWS
import Services

/// What administrators do with accounts, in Leaf's API.
struct LeafManageRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/user/manage/list", .leaf("All users, for administrators", data: Self.users),
                access: .role, cost: .light, input: Form(in: [.query], LeafFields.page, LeafFields.pageSize), list),
            Endpoint(
                .get, "/api/v1/user/manage/search",
                .leaf("Users by number, name or address, for administrators", data: Self.users), access: .role,
                cost: .light, input: Self.searching, search),
            Endpoint(
                .get, "/api/v1/user/manage/{search}",
                .leaf("The same, spelt search&keyword=… as in the document", data: Self.users), access: .role,
                cost: .light, searchByPath),
            Endpoint(
                .post, "/api/v1/user/manage/modify", .leaf("Change a user of a lower role, or oneself"),
                access: .role, cost: .light,
                input: Form(
                    LeafFields.id, LeafFields.name, .anyText("email", Schema.text("ana@example.org", upTo: 254)),
                    LeafFields.sign), modify),
            Endpoint(
                .post, "/api/v1/user/manage/role/modify", .leaf("Change another's role, for roots"), access: .role,
                cost: .light, input: Form(Self.role, LeafFields.id), setRole),
            Endpoint(
                .post, "/api/v1/user/manage/delete", .leaf("Delete a user of a lower role, everywhere"),
                access: .role, cost: .light, input: Form(LeafFields.id), delete),
        ]
    }

    private static let users = Schema.object([
        "total": Schema.count, "users": Schema.array(of: Schema.named("LeafUser")),
    ])

    private static let role = Field.integer("role", ["type": "integer", "minimum": 0, "maximum": 3, "examples": [1]])

    private static let searching = Form(
        in: [.query],
        Field("keyword", Schema.text, about: "All of what is looked for.", isRequired: false) {
            (parameters) throws(ParameterError) -> String in try parameters.text("keyword") ?? ""
        }, LeafFields.page, LeafFields.pageSize)

    private func list(_ call: Call<Account>, page: Int, size: Int) async throws -> Response {
        answer(try await core.profiles.list(page: page, size: size, actor: call.caller), to: call.request)
    }

    private func search(_ call: Call<Account>, keyword: String, page: Int, size: Int) async throws -> Response {
        let found = try await core.profiles.search(keyword, page: page, size: size, actor: call.caller)
        return answer(found, to: call.request)
    }

    /// The document writes `search&keyword=`, which makes the query a part of the path.
    private func searchByPath(_ call: Call<Account>) async throws -> Response {
        let word = "search&"
        guard call.path("search").hasPrefix(word), let start = call.request.head.target.firstRange(of: word) else {
            throw Problem.notFound
        }
        var request = call.request
        let fields = request.head.target[start.upperBound...].replacing("?", with: "&")
        do {
            request.head.query = try RequestTarget.form(Array(fields.utf8))
        } catch {
            throw Problem.leaf(.badParameter)
        }
        let (keyword, page, size) = try Self.searching.read(Parameters(request, in: [.query], ignoringCase: true))
        return try await search(call, keyword: keyword, page: page, size: size)
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
}
