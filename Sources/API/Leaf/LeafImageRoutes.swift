import Endpoints
import HTTPTypes
import LWS
import Services

/// Pictures for profiles, in Leaf's API.
struct LeafImageRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/api/v1/upload/image",
                EndpointDescription(
                    LeafAnswer.group, "Upload a picture for one's profile",
                    "Good for 20 minutes, for who uploaded it.",
                    answers: LeafAnswer.described(Schema.object(["url": Schema.text]))),
                access: .token, cost: .upload(), input: Form(.file("image")), upload),
            Endpoint(
                .get, "/api/v1/upload/image/{id}",
                .picture(LeafAnswer.group),
                access: .open, cost: .light, image),
        ]
    }

    private func upload(_ call: Call<Account>, image: HTTPBody) async throws -> Response {
        let id = try await core.media.store(upload: image, by: call.caller.id)
        return LeafAnswer.ok(["url": .string(LeafJSON(core, for: call.request).address(of: id))])
    }

    private func image(_ call: Call<Void>) async throws -> Response {
        guard let id = MediaID(call.path("id")), let picture = try await core.media.openPicture(id) else {
            var refusal = LeafAnswer.refusal(.leaf(.linkInvalid))
            // For image tags, which read no codes.
            refusal.status = .notFound
            return refusal
        }
        return .stored(picture, caching: Response.forever)
    }
}
