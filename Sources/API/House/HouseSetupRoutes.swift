import Endpoints
import HTTPTypes
import LWS
import Limits
import Services

/// The first administrator, in `/v1`.
struct HouseSetupRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/admin/setup",
                EndpointDescription(
                    HouseAdminRoutes.group, "Make the first administrator",
                    """
                    With the code that the server prints at each start while it has no administrator: good once, for half \
                    an hour. It makes a new account, a root.
                    """,
                    answers: .json(Schema.named("Opened"), status: 201, "Made and logged in."),
                    refusals: [
                        400: "The code is wrong or has expired, or there is an administrator.",
                        403: "A page of another origin asks for the cookie.", 409: "The name is taken.",
                    ]),
                access: .password, cost: .registration,
                input: Form(
                    in: [.json], Field.filled("code", Schema.text("VY9Zb0nDq1oQw3Jt5kfXRg")), HouseAccountRoutes.name,
                    HouseAccountRoutes.password, HouseLogin.asCookie), make)
        ]
    }

    private func make(
        _ call: Call<Void>, code: String, name: String, password: String, asCookie: Bool?
    ) async throws -> Response {
        let login = HouseLogin(core: core)
        try login.check(call.request, asCookie: asCookie)
        let account = try await core.firstAdministrator.make(
            code: code, username: name, password: password, address: call.address)
        return try await login.answer(account, to: call.request, asCookie: asCookie, status: .created)
    }
}
