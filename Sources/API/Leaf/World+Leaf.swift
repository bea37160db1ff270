import Services

extension World {
    /// Leaf: the users of a video site, and who manages them.
    static let leaf = World(
        name: "leaf",
        shape: { path in
            path.count == 3 && path[0] == "api" && path[1] == "v1" && ["user", "upload", "captcha"].contains(path[2])
                ? .leaf : nil
        },
        sources: [.json, .form], ignoresCase: true,
        words: { Problem(leaf: $0) },
        schemas: ["LeafUser": LeafJSON.userSchema],
        shapes: [.leaf]
    ) { core in
        LeafAccountRoutes(core: core).endpoints + LeafCaptchaRoutes(core: core).endpoints
            + LeafProfileRoutes(core: core).endpoints + LeafManageRoutes(core: core).endpoints
            + LeafImageRoutes(core: core).endpoints
    }
}

extension RefusalShape {
    /// `{"code":4010,"data":null,"msg":"…"}`: the code tells what happened, the status as a rule nothing.
    static let leaf = RefusalShape(
        "LeafRefusal",
        schema: Schema.object(["code": Schema.integer, "data": ["type": "null"], "msg": Schema.text("用户未授权")]),
        status: .hidesClientFaults
    ) { LeafAnswer.refusal($0) }
}
