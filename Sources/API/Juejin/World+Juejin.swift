import Endpoints
import HTTPTypes
import Services

extension World {
    /// The article API.
    static let juejin = World(
        name: WorldName.juejin.rawValue,
        shape: { path in
            switch path.first {
            case "users", "articles", "testmysql", "testredis", "testheadimages": .juejin
            default: nil
            }
        },
        words: { Problem(juejin: $0) },
        schemas: ["Article": JuejinJSON.articleSchema, "ArticleComment": JuejinJSON.commentSchema],
        shapes: [.juejin]
    ) { core in
        JuejinUserRoutes(core: core).endpoints + JuejinArticleRoutes(core: core).endpoints
            + JuejinReaderRoutes(core: core).endpoints + JuejinTestRoutes(core: core).endpoints
    }
}

extension RefusalShape {
    /// `{"code":404,"msg":"…"}`, with the status once more.
    static let juejin = RefusalShape(
        "ArticleRefusal", schema: Schema.object(["code": Schema.integer, "msg": Schema.text])
    ) {
        Response.json(
            [
                "code": .int(Int64($0.status.code)),
                "msg": .string($0.status.code == 500 ? "server error" : $0.message),
            ], status: $0.status)
    }
}
