import Endpoints
import HTTPTypes
import LWS
import Services

/// Whether the parts of the server work, as the article API asks it.
struct JuejinTestRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        let group = "Self tests"
        return [
            Endpoint(
                .get, "/testmysql",
                EndpointDescription(
                    group, "The name of the first user",
                    answers: .json(Schema.object(["username": Schema.text("ana")]))),
                access: .open, cost: .light, firstUser),
            Endpoint(
                .get, "/testredis",
                EndpointDescription(
                    group, "What is kept under a key", answers: .json(Schema.object(["value": Schema.text("b")]))),
                access: .open, cost: .light, value),
            Endpoint(
                .get, "/testheadimages",
                EndpointDescription(group, "A picture", answers: .picture("The picture.")), access: .open,
                cost: .light, picture),
        ]
    }

    private func firstUser(_ call: Call<Void>) async throws -> Response {
        .json(["username": .string(try await core.accounts.accounts(limit: 1, unlisted: false).first?.username ?? "")])
    }

    private func value(_ call: Call<Void>) async throws -> Response {
        .json(["value": .string(try await core.forum.keyValue("a") ?? "")])
    }

    private func picture(_ call: Call<Void>) -> Response {
        .identicon(Identicon("runroom"), caching: "public, max-age=300", to: call.request)
    }
}
