import HTTPTypes
import LWS
import Live
import Services
import Store

/// The routes that empty the server, for administrators; who they are is decided on the command line.
struct WipeRoutes: Sendable {
    let core: Core
    let identity: LepaoIdentity

    init(core: Core) {
        self.core = core
        identity = LepaoIdentity(core)
    }

    func add(to table: inout RouteTable) {
        table.on(.delete, "/api/users/deleteAll", errors: .message) { try await users($0) }
        table.on(.delete, "/api/users/posts/deleteAll", errors: .message) { try await posts($0) }
        // Headed "delete all users" in the app's document. The path is believed, which does less harm.
        table.on(.delete, "/api/posts/deleteAll", errors: .message) { try await posts($0) }
        table.on(.delete, "/api/runRoom/deleteAll", errors: .error) { try await rooms($0) }
    }

    /// All but the administrators, who could not come back otherwise.
    private func users(_ request: HTTPServerRequest) async throws -> Response {
        try await checkAdministrator(request)
        let count = try await core.accounts.deleteAllUsers()
        return Self.done("All users deleted", count)
    }

    private func posts(_ request: HTTPServerRequest) async throws -> Response {
        try await checkAdministrator(request)
        return Self.done("All posts deleted", try await core.forum.deleteAllPosts())
    }

    /// One room after the other, so that everybody in them is told.
    private func rooms(_ request: HTTPServerRequest) async throws -> Response {
        try await checkAdministrator(request)
        var count = 0
        for room in try await core.database.rooms() {
            do {
                try await core.live.deleteRoom(room.runID)
                count += 1
            } catch LiveError.noSuchRoom {
                // Somebody else has just deleted it.
                continue
            }
        }
        return Self.done("All rooms deleted", count)
    }

    /// By the token alone: nobody is named, and no recent login counts.
    private func checkAdministrator(_ request: HTTPServerRequest) async throws {
        let account = try await identity.account(of: request, named: nil)
        guard account.isAdministrator else { throw ServicesError.forbidden }
    }

    private static func done(_ message: String, _ count: Int) -> Response {
        .json(["success": true, "message": .string(message), "deletedCount": .int(Int64(count))])
    }
}
