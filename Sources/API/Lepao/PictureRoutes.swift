import Endpoints
import HTTPTypes
import LWS
import Services

/// Avatars and images of posts in the running app's API.
struct PictureRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/api/users/update/profilepic",
                EndpointDescription(
                    Self.group, "Change the avatar",
                    answers: .json(
                        Schema.object([
                            "message": Schema.constant("Profile picture uploaded successfully"),
                            "profilePictureId": Schema.objectID, "profilepic": Schema.text,
                        ])), refusals: [404: LepaoFields.noSuchUser]),
                access: .lepaoToken, cost: .upload(), input: Self.form("profilePicture"), uploadAvatar),
            Endpoint(
                .get, "/api/users/profilepic/{username}",
                .picture(
                    Self.group, "An avatar", "Who has uploaded none has one that is made of the name.",
                    missing: LepaoFields.noSuchUser),
                access: .open, cost: .light, avatar),
            Endpoint(
                .post, "/api/users/share/posts/image",
                EndpointDescription(
                    Self.group, "Upload an image for a post",
                    answers: .json(Schema.object(["imageId": Schema.objectID])),
                    refusals: [404: LepaoFields.noSuchUser]),
                access: .lepaoToken, cost: .upload(), input: Self.form("image"), uploadImage),
            Endpoint(
                .get, "/api/users/posts/images/{imageId}",
                .picture(Self.group, "An image of a post", missing: "There is no such image."),
                access: .open, cost: .light, image),
        ]
    }

    private static let group = "Pictures"

    private static func form(_ name: String) -> Form<String?, HTTPBody> {
        Form(
            in: [.form], LepaoFields.namedUser,
            .file(name).orElse("No file uploaded", wrongKind: "Only one file can be uploaded at a time"))
    }

    // MARK: - Avatars

    private func uploadAvatar(_ call: Call<LepaoCaller>, username: String?, file: HTTPBody) async throws -> Response {
        let account = try await call.caller.account(named: username)
        let id = try await core.media.store(upload: file)
        let updated = try await core.media.using([id]) {
            try await core.accounts.setPicture(id, account: account.id)
        }
        return .json([
            "message": "Profile picture uploaded successfully", "profilePictureId": .string(id.text),
            "profilepic": .string(LepaoJSON.avatarPath(of: updated.username)),
        ])
    }

    private func avatar(_ call: Call<Void>) async throws -> Response {
        let name = call.path("username")
        guard let account = try await core.accounts.account(shownAs: name) else {
            throw Problem(.notFound, "Profile picture not found")
        }
        // One address shows whatever picture there is at the time: it may be used for a while, and then asked for
        // anew, which costs a 304.
        let caching = "public, max-age=300, stale-while-revalidate=86400"
        // Who is shown by an alias shows no picture either.
        if name == account.alias { return .identicon(Identicon(name), caching: caching, to: call.request) }
        if let id = account.picture, let picture = try await core.media.openPicture(id) {
            return .stored(picture, caching: caching)
        }
        return .identicon(Identicon(account.username), caching: caching, to: call.request)
    }

    // MARK: - Images of posts

    private func uploadImage(_ call: Call<LepaoCaller>, username: String?, file: HTTPBody) async throws -> Response {
        _ = try await call.caller.account(named: username)
        return .json(["imageId": .string(try await core.media.store(upload: file).text)])
    }

    private func image(_ call: Call<Void>) async throws -> Response {
        guard let id = MediaID(call.path("imageId")), let picture = try await core.media.openPicture(id) else {
            throw Problem(.notFound, "Image not found")
        }
        // What an id names never changes.
        return .stored(picture, caching: Response.forever)
    }
}
