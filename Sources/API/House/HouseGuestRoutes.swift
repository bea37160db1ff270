import Endpoints
import HTTPTypes
import LWS
import Limits
import Services
import Store

/// Who comes by a runner's link and has no account, in `/v1`.
struct HouseGuestRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/guests",
                EndpointDescription(
                    HouseAccountRoutes.group, "Run by a link, without an account",
                    """
                    Makes an account without a password and logs it in; `name` is what others see. `PUT /v1/me/password` \
                    makes it one like any other. Without that nobody can come back to it once its login has ended; where it \
                    ran it is shown as long as the room is there. With an `Idempotency-Key`, the same request again has the \
                    same answer for a day, and makes no second account.
                    """,
                    answers: .json(Schema.named("GuestLogin"), status: 201, "Logged in."),
                    refusals: [
                        403: "The link is not good, or not for runners.", 409: "A request with this key is under way.",
                        422: "The key belongs to another request.",
                    ]),
                access: .open, cost: .registration,
                input: Form(
                    in: [.json], Field.filled("name", Schema.text("Ana", upTo: Limit.Accounts.nickname)),
                    Field.filled("link", Schema.text("VY9Zb0nDq1oQw3Jt5kfXRg")), HouseLogin.asCookie), register)
        ]
    }

    private func register(_ call: Call<Void>, name: String, link: String, asCookie: Bool?) async throws -> Response {
        let login = HouseLogin(core: core)
        try login.check(call.request, asCookie: asCookie)
        return try await core.repeats.answer(call.request, by: call.address) {
            guard let found = try await core.links.find(link), found.link.role == .runner else {
                throw Problem.house(
                    .forbidden, .badLink, "The link is not good, or not any more, or it is for spectators.")
            }
            let account = try await core.accounts.registerGuest(nickname: name)
            return try await login.answer(
                account, to: call.request, asCookie: asCookie, status: .created, room: found.runID)
        }
    }
}
