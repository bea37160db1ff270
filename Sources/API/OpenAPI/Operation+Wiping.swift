import HTTPTypes
import Services

extension Operation {
    /// What ``WipeRoutes`` has.
    static let wiping: [Operation] = [
        wipe("/api/users/deleteAll", "Delete all users but the administrators"),
        wipe("/api/users/posts/deleteAll", "Delete all posts"),
        wipe("/api/posts/deleteAll", "Delete all posts, by the path of the app's document"),
        wipe("/api/runRoom/deleteAll", "Delete all rooms"),
    ]

    private static func wipe(_ path: String, _ summary: String) -> Operation {
        Operation(
            .delete, path, "Administration", summary, description: "For administrators only.", access: .token,
            answers: .json(
                Schema.object(["success": ["const": true], "message": Schema.text, "deletedCount": Schema.count])),
            refusals: [403: "The token is not valid, or not an administrator's."])
    }
}
