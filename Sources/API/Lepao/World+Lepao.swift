import Endpoints
import HTTPTypes
import Services

extension World {
    /// 天天乐跑: the running app, its forum and its run rooms.
    static let lepao = World(
        name: WorldName.lepao.rawValue,
        shape: { path in
            guard path.first == "api", !(path.dropFirst().first == "v1") else { return nil }
            return switch path.dropFirst().first {
            case "runRoom": .error
            case "chat": .titled
            default: .message
            }
        },
        requests: RequestConventions(sources: [.json]),
        words: { Problem(lepao: $0) },
        schemas: LepaoSchemas.all,
        shapes: [.message, .error, .coded, .outcome, .titled],
        endpoints: { core in
            UserRoutes(core: core).endpoints
                + AccountRoutes(core: core).endpoints
                + PictureRoutes(core: core).endpoints
                + RunRoutes(core: core).endpoints
                + ForumRoutes(core: core).endpoints
                + RoomRoutes(core: core).endpoints
                + WipeRoutes(core: core).endpoints
                + ChatRoutes.endpoints
        })
}

extension Problem {
    /// What an error is to a client of the running app's API.
    init(lepao error: any Error) {
        switch error {
        case ParameterError.missing(let name): self = .badRequest("\(name) is required.")
        default: self.init(error)
        }
    }
}

extension RefusalShape {
    /// `{"message":"…"}`.
    static let message = RefusalShape("MessageRefusal", schema: Schema.object(["message": Schema.text])) {
        Response.json(["message": .string($0.message)], status: $0.status)
    }

    /// `{"error":"…"}`.
    static let error = RefusalShape("ErrorRefusal", schema: Schema.object(["error": Schema.text])) {
        Response.json(["error": .string($0.message)], status: $0.status)
    }

    /// `{"success":false,"code":"…","message":"…"}`.
    static let coded = RefusalShape(
        "CodedRefusal",
        schema: Schema.object([
            "success": ["const": false], "code": Schema.text("ROOM_NOT_FOUND"), "message": Schema.text,
        ])
    ) {
        Response.json(
            [
                "success": false, "code": .string($0.code ?? code(for: $0.status)), "message": .string($0.message),
            ], status: $0.status)
    }

    /// `{"success":false,"message":"…"}`.
    static let outcome = RefusalShape(
        "OutcomeRefusal", schema: Schema.object(["success": ["const": false], "message": Schema.text])
    ) {
        Response.json(["success": false, "message": .string($0.message)], status: $0.status)
    }

    /// `{"error":"Bad Request","message":"…"}`: the status in words, and what is wrong.
    static let titled = RefusalShape(
        "TitledRefusal", schema: Schema.object(["error": Schema.text("Bad Request"), "message": Schema.text])
    ) {
        Response.json(
            ["error": .string($0.status.reasonPhrase), "message": .string($0.message)], status: $0.status)
    }

    private static func code(for status: Status) -> String {
        switch status.code {
        case 401: "UNAUTHORIZED"
        case 403: "FORBIDDEN"
        case 404: "NOT_FOUND"
        case 413: "TOO_LARGE"
        case 429: "TOO_MANY_REQUESTS"
        case 500...: "SERVER_ERROR"
        default: "BAD_REQUEST"
        }
    }
}
