import HTTPTypes
import LWS
import Services

/// Pictures for profiles, in Leaf's API.
struct LeafImageRoutes: Sendable {
    let core: Core
    let identity: HeaderIdentity

    init(core: Core) {
        self.core = core
        identity = .leaf(core)
    }

    func add(to table: inout RouteTable) {
        table.leaf(.post, "/api/v1/upload/image", body: UploadForm.policy, checkHead: identity.checkHead) {
            try await upload($0)
        }
        table.leaf(.get, "/api/v1/upload/image/{id}") { try await image($0) }
    }

    private func upload(_ request: HTTPServerRequest) async throws -> Response {
        try core.limits[.uploads]?.take(request.head.remoteAddress)
        let account = try await identity.account(of: request)
        let id = try await core.media.store(upload: try UploadForm(request).file("image"), by: account.id)
        return LeafAnswer.ok(["url": .string(LeafJSON(core, for: request).address(of: id))])
    }

    private func image(_ request: HTTPServerRequest) async throws -> Response {
        guard let id = MediaID(request.parameter("id")), let picture = try await core.media.openPicture(id) else {
            var refusal = LeafAnswer.refusal(.leaf(.linkInvalid))
            // For image tags, which read no codes.
            refusal.status = .notFound
            return refusal
        }
        return .stored(picture, caching: Response.forever)
    }
}
