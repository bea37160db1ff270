import Endpoints
import HTTPTypes
import LWS
import Limits
import Services

/// Registration, in `/v1`.
struct HouseAccountRoutes: Sendable {
    let core: Core

    static let group = "RunRoom: accounts and sessions"

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/accounts",
                EndpointDescription(
                    Self.group, "Register",
                    """
                    With an `Idempotency-Key`, the same request again has the same answer for a day, and makes no second \
                    account.
                    """,
                    answers: .json(Schema.named("Opened"), status: 201, "Registered and logged in."),
                    refusals: [
                        403: "A page of another origin asks for the cookie.",
                        409: "The name is taken, or a request with this key is under way.",
                        422: "The key belongs to another request.",
                    ]),
                access: .open, cost: .registration,
                // Not from the query: passwords do not belong where proxies write them down.
                input: Form(
                    in: [.json], Self.name, Self.password, Self.nickname.optional, HouseLogin.asCookie), register)
        ]
    }

    static let name = Field.string("name", Schema.text("ana", upTo: Limit.Accounts.nickname))
    static let password = Field.string("password", Schema.text("secret", upTo: Limit.Accounts.password))
    static let nickname = Field.string("nickname", Schema.text("Ana", upTo: Limit.Accounts.nickname))

    private func register(
        _ call: Call<Void>, name: String, password: String, nickname: String?, asCookie: Bool?
    ) async throws -> Response {
        let login = HouseLogin(core: core)
        try login.check(call.request, asCookie: asCookie)
        return try await core.repeats.answer(call.request, by: call.address) {
            let account = try await core.accounts.register(
                username: name, password: password, nickname: nickname, rules: .veryLongNames,
                for: Passwords.Lane(call.address))
            var response = try await login.answer(account, to: call.request, asCookie: asCookie, status: .created)
            response.headers[.location] = "/v1/me"
            return response
        }
    }
}
