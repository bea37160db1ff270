import Endpoints
import HTTPTypes
import LWS
import Live
import Services
import Store

/// The routes that empty the server, for administrators; who they are is decided on the command line.
///
/// By the token alone: nobody is named, and no recent login counts.
struct WipeRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        [
            wipe("/api/users/deleteAll", "Delete all users but the administrators", .allUsersDeleted, users),
            wipe("/api/users/posts/deleteAll", "Delete all posts", .allPostsDeleted, posts),
            // Headed "delete all users" in the app's document. The path is believed, which does less harm.
            wipe(
                "/api/posts/deleteAll", "Delete all posts, by the path of the app's document", .allPostsDeleted, posts),
            wipe("/api/runRoom/deleteAll", "Delete all rooms", .allRoomsDeleted, rooms),
        ]
    }

    private func wipe(
        _ path: String, _ summary: String, _ action: AuditAction,
        _ work: @escaping @Sendable () async throws -> (done: String, count: Int)
    ) -> Endpoint {
        Endpoint(
            .delete, path,
            EndpointDescription(
                "Administration", summary, "For administrators only.",
                answers: .json(
                    Schema.object(["success": ["const": true], "message": Schema.text, "deletedCount": Schema.count])),
                refusals: [403: "The token is not valid, or not an administrator's."]),
            access: .role, cost: .light
        ) { [core] call in
            guard call.caller.isAdministrator else { throw ServicesError.forbidden }
            let event = AuditEvent(action, by: .account(call.caller.id), from: call.address)
            let (done, count) = try await core.audited(event, work)
            return .json(["success": true, "message": .string(done), "deletedCount": .int(Int64(count))])
        }
    }

    /// All but the administrators, who could not come back otherwise.
    private func users() async throws -> (done: String, count: Int) {
        ("All users deleted", try await core.accounts.deleteAllUsers())
    }

    private func posts() async throws -> (done: String, count: Int) {
        ("All posts deleted", try await core.forum.deleteAllPosts())
    }

    private func rooms() async throws -> (done: String, count: Int) {
        ("All rooms deleted", try await core.live.deleteAllRooms())
    }
}
