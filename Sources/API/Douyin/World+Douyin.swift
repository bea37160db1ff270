import Endpoints
import LWS
import Services

extension World {
    /// The clip API.
    static let douyin = World(
        name: WorldName.douyin.rawValue,
        shape: { path in
            guard path.first == "douyin" else { return nil }
            return switch path.dropFirst().first {
            // Players look at the status.
            case "videos", "covers": .text
            default: .douyin
            }
        },
        requests: RequestConventions(
            describedSource: .json, credential: douyinToken, headCredential: { $0.head.queryValue("token") },
            tokenParameter: FormMember(
                "token", Schema.text, about: "The token; or in `Authorization`. In a form it stands before the file.",
                isRequired: false)),
        words: DouyinWords().problem, schemas: DouyinJSON.schemas, shapes: [.douyin]
    ) { core in
        DouyinUserRoutes(core: core).endpoints + DouyinVideoRoutes(core: core).endpoints
            + DouyinInteractionRoutes(core: core).endpoints + DouyinSocialRoutes(core: core).endpoints
    }

    /// The token among the parameters, or that of the header for those who keep tokens out of addresses.
    private static func douyinToken(_ request: HTTPServerRequest) throws -> String? {
        let parameter =
            try request.head.queryValue("token") ?? Parameters(request, in: [.form, .json]).text("token")
        return parameter?.isEmpty ?? true ? request.authorization : parameter
    }
}

extension RefusalShape {
    /// `{"status_code":1,"status_msg":"…","errmsg":["…"]}`, always with the status 200.
    static let douyin = RefusalShape(
        "ClipRefusal",
        schema: Schema.object([
            "status_code": ["const": 1], "status_msg": Schema.text, "errmsg": Schema.array(of: Schema.text),
        ]),
        status: .hidesAll
    ) {
        Response.json([
            "status_code": 1, "status_msg": .string($0.message), "errmsg": [.string($0.detail ?? $0.message)],
        ])
    }
}
