import Services

extension World {
    /// The clip API.
    static let douyin = World(
        name: .douyin,
        shape: { path in
            guard path.first == "douyin" else { return nil }
            return switch path.dropFirst().first {
            // Players look at the status.
            case "videos", "covers": .text
            default: .douyin
            }
        },
        schemas: [:],
        shapes: [.douyin]
    ) { _ in [] }
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
