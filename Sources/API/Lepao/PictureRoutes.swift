import HTTPTypes
import LWS
import Services

/// Avatars and images of posts in the running app's API.
struct PictureRoutes: Sendable {
    let core: Core
    let identity: LepaoIdentity

    init(core: Core) {
        self.core = core
        identity = LepaoIdentity(core)
    }

    func add(to table: inout RouteTable) {
        let form = UploadForm.policy
        let check = identity.checkHead
        table.on(.post, "/api/users/update/profilepic", errors: .message, body: form, checkHead: check) {
            try await uploadAvatar($0)
        }
        table.on(.get, "/api/users/profilepic/{username}", errors: .message) { try await avatar($0) }
        table.on(.post, "/api/users/share/posts/image", errors: .message, body: form, checkHead: check) {
            try await uploadImage($0)
        }
        table.on(.get, "/api/users/posts/images/{imageId}", errors: .message) { try await image($0) }
    }

    // MARK: - Avatars

    private func uploadAvatar(_ request: HTTPServerRequest) async throws -> Response {
        let (account, id) = try await upload(request, field: "profilePicture")
        let updated = try await core.media.using([id]) {
            try await core.accounts.setPicture(id, account: account.id)
        }
        return .json([
            "message": "Profile picture uploaded successfully", "profilePictureId": .string(id.text),
            "profilepic": .string(LepaoJSON.avatarPath(of: updated.username)),
        ])
    }

    private func avatar(_ request: HTTPServerRequest) async throws -> Response {
        guard let account = try await core.accounts.account(named: request.parameter("username")) else {
            throw Problem(.notFound, "Profile picture not found")
        }
        // One address shows whatever picture there is at the time: it may be used for a while, and then asked for
        // anew, which costs a 304.
        let caching = "public, max-age=300, stale-while-revalidate=86400"
        if let id = account.picture, let picture = try await core.media.openPicture(id) {
            return .stored(picture, caching: caching)
        }
        return .identicon(Identicon(account.username), caching: caching, to: request)
    }

    // MARK: - Images of posts

    private func uploadImage(_ request: HTTPServerRequest) async throws -> Response {
        let (_, id) = try await upload(request, field: "image")
        return .json(["imageId": .string(id.text)])
    }

    private func image(_ request: HTTPServerRequest) async throws -> Response {
        guard let id = MediaID(request.parameter("imageId")), let picture = try await core.media.openPicture(id) else {
            throw Problem(.notFound, "Image not found")
        }
        // What an id names never changes.
        return .stored(picture, caching: Response.forever)
    }

    // MARK: - Both

    private func upload(_ request: HTTPServerRequest, field: String) async throws -> (Account, MediaID) {
        try core.limits[.uploads]?.take(request.head.remoteAddress)
        let form = UploadForm(request)
        let account = try await identity.account(of: request, named: form.field("username"))
        return (account, try await core.media.store(upload: form.file(field)))
    }
}
