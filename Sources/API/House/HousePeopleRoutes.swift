import Endpoints
import Foundation
import HTTPTypes
import LWS
import Limits
import Services

/// What administrators do with people, in `/v1`.
struct HousePeopleRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        let group = HouseAdminRoutes.group, one = "/v1/admin/people/{id}"
        let none = HouseAdminRoutes.forbidden.merging([404: "There is nobody with this id."]) { $1 }
        let above = none.merging([
            400: "It is one's own account.", 403: "One is no administrator, or their role is not below one's own.",
        ]) { $1 }
        return [
            Endpoint(
                .get, "/v1/admin/people",
                EndpointDescription(
                    group, "People",
                    """
                    In the order of their names, those whose names begin with `search`; whoever has it as mail address or \
                    number comes first. A `Link` with `rel="next"` leads on.
                    """,
                    answers: .json(Schema.object(["people": Schema.array(of: Schema.named("Person"))])),
                    refusals: HouseAdminRoutes.forbidden),
                access: .administrator, cost: .light, input: Form(in: [.query], Cursor.field, Self.search), list),
            Endpoint(
                .get, one,
                EndpointDescription(
                    group, "One of them", answers: .json(Schema.named("PersonSheet")), .notModified, refusals: none),
                access: .administrator, cost: .light, show),
            Endpoint(
                .patch, one,
                EndpointDescription(
                    group, "Give somebody a role, or keep them from using their account",
                    """
                    What is not sent stays as it is. Roles are given by roots; whoever is disabled has a lower role, is \
                    logged out everywhere, and leaves the room they are in. With `If-Match`, only if it is still what was \
                    seen.
                    """,
                    answers: .json(Schema.named("PersonSheet")),
                    refusals: above.merging([412: "It has been changed meanwhile."]) { $1 }),
                access: .administrator, cost: .light,
                input: Form(in: [.json], Self.role.optional, Field.truth("isDisabled").optional), change),
            Endpoint(
                .delete, one,
                EndpointDescription(
                    group, "Delete somebody's account", "With all that is their own.", answers: .empty(204, "Deleted."),
                    refusals: above),
                access: .administrator, cost: .light, delete),
            Endpoint(
                .post, one + "/password",
                EndpointDescription(
                    group, "Give somebody another password",
                    "The answer has it, this once, to be told them; they are logged out everywhere.",
                    answers: .json(Schema.object(["password": Schema.text("k3m9t0qwxy-2b8fhcpz7v")])), refusals: above),
                access: .administrator, cost: .light.withinReserve, resetPassword),
            Endpoint(
                .delete, one + "/sessions",
                EndpointDescription(
                    group, "Log somebody out everywhere", answers: .empty(204, "They are logged out."),
                    refusals: above),
                access: .administrator, cost: .light, endLogins),
        ]
    }

    private static let search = Field.anyText(
        "search", Schema.text("ana"), about: "What their names begin with; everybody if it is not given."
    ).or("")
    private static let role = Field<Account.Role>.word("role")

    private func list(_ call: Call<Administrator>, cursor: Cursor, search: String) async throws -> Response {
        guard search.utf8.count <= Limit.Accounts.usernameBytes else {
            return cursor.response(["people": []], next: nil, of: call.request)
        }
        let (exact, named) = try await core.administration.people(
            matching: search, after: cursor.after, limit: cursor.limit + 1)
        let page = named.prefix(cursor.limit)
        let base = core.publicBase.text(for: call.request)
        let text = search.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return cursor.response(
            ["people": .array((exact + page).map { .object(HouseJSON.person($0, base: base)) })],
            next: named.count > page.count ? page.last?.username : nil, of: call.request,
            keeping: text.isEmpty ? "" : "&search=" + text)
    }

    private func show(_ call: Call<Administrator>) async throws -> Response {
        try await answer(try id(call), to: call.request)
    }

    private func change(
        _ call: Call<Administrator>, role: Account.Role?, isDisabled: Bool?
    ) async throws -> Response {
        let id = try id(call)
        try HouseTag(try await core.administration.sheet(of: id).account).check(call.request)
        if let role {
            _ = try await core.administration.setRole(role, of: id, by: call.caller.account, from: call.address)
        }
        if let isDisabled {
            try await core.administration.setDisabled(isDisabled, id, by: call.caller.account, from: call.address)
        }
        return try await answer(id, to: call.request)
    }

    private func delete(_ call: Call<Administrator>) async throws -> Response {
        try await core.administration.delete(try id(call), by: call.caller.account, from: call.address)
        return Response(status: .noContent)
    }

    private func resetPassword(_ call: Call<Administrator>) async throws -> Response {
        let password = try await core.administration.resetPassword(
            of: try id(call), by: call.caller.account, from: call.address)
        var response = Response.json(["password": .string(password)])
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private func endLogins(_ call: Call<Administrator>) async throws -> Response {
        try await core.administration.endLogins(of: try id(call), by: call.caller.account, from: call.address)
        return Response(status: .noContent)
    }

    private func id(_ call: Call<Administrator>) throws -> Int64 {
        guard let id = ObjectID.id(call.path("id")) else { throw Self.nobody }
        return id
    }

    private static let nobody = Problem.house(.notFound, .notFound, "There is nobody with this id.")

    private func answer(_ id: Int64, to request: HTTPServerRequest) async throws -> Response {
        let sheet = try await core.administration.sheet(of: id)
        var object = HouseJSON.person(sheet.account, base: core.publicBase.text(for: request))
        object["keptBytes"] = .int(Int64(sheet.keptBytes))
        object["logins"] = .int(Int64(sheet.logins))
        return HouseTag(sheet.account).response(.object(object), to: request)
    }
}
