import Endpoints
import Services

extension World {
    /// Leaf: the users of a video site, and who manages them.
    static let leaf = World(
        name: WorldName.leaf.rawValue,
        shape: { path in
            path.count == 3 && path[0] == "api" && path[1] == "v1" && ["user", "upload", "captcha"].contains(path[2])
                ? .leaf : nil
        },
        requests: RequestConventions(sources: [.json, .form], ignoresCase: true),
        words: { Problem(leaf: $0) },
        schemas: [
            "LeafUser": Schema.object(
                [
                    "uid": Schema.count, "name": Schema.text("ana"), "sign": Schema.text, "avatar": Schema.text,
                    "spacecover": Schema.text, "gender": ["type": "integer", "minimum": 0, "maximum": 2],
                    "email": Schema.text("a****a@example.org"),
                    "role": ["type": "integer", "minimum": 0, "maximum": 3], "birthday": Schema.date,
                    "created_at": Schema.date,
                ], optional: ["email", "role", "birthday", "created_at"])
        ],
        shapes: [.leaf]
    ) { core in
        LeafAccountRoutes(core: core).endpoints + LeafProfileRoutes(core: core).endpoints
            + LeafManageRoutes(core: core).endpoints + LeafImageRoutes(core: core).endpoints
            + LeafCaptchaRoutes(core: core).endpoints
    }
}

extension RefusalShape {
    /// `{"code":4010,"data":null,"msg":"…"}`: the code tells what happened, the status as a rule nothing.
    static let leaf = RefusalShape(
        "LeafRefusal",
        schema: Schema.object([
            "code": ["type": "integer", "not": ["const": 200]], "data": ["type": "null"],
            "msg": Schema.text("用户未授权"),
        ]),
        status: .hidesClientFaults
    ) { LeafAnswer.refusal($0) }
}
