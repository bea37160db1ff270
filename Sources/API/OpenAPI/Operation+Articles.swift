import HTTPTypes
import Limits
import Services

extension Operation {
    private static let group = "Articles"
    private static let selfTests = "Self tests"
    private static let noSuchArticle = "There is no such article, or the token's account is gone."
    private static let noToken = "No token was sent, or its owner has logged out."
    private static let expired = "The token has expired."

    private static func parameter(_ name: String, _ schema: JSONValue, _ description: String) -> Parameter {
        Parameter(name: name, schema: schema, description: description, isRequired: true)
    }

    private static func done(_ message: String, and data: JSONValue? = nil) -> Answer {
        guard let data else {
            return .json(Schema.object(["code": ["const": 200], "msg": Schema.constant(message)]))
        }
        return .json(Schema.object(["code": ["const": 200], "msg": Schema.constant(message), "data": data]))
    }

    /// The refusals of a route that takes a token: which of four things is wrong with it, the status tells.
    private static func refusals(_ others: [Int: String] = [:]) -> [Int: String] {
        [
            401: noToken, 403: expired, 404: "The token's account is gone.",
            429: "Too many changes by this account, or requests from this address.",
        ].merging(others) { $1 }
    }

    private static let pages: [Parameter] = [
        Parameter(
            name: "page", schema: ["type": "integer", "minimum": 1, "maximum": 1_000_000_000], description: "From 1."),
        Parameter(
            name: "page_size", schema: ["type": "integer", "minimum": 1, "maximum": 1_000_000_000],
            description: "Articles a page: 20 if only `page` is given, 100 at most."),
    ]

    private static func list(_ path: String, _ summary: String, _ description: String? = nil) -> Operation {
        Operation(
            .get, path, group, summary, description: description, access: .token, query: pages,
            answers: done("success", and: Schema.array(of: Schema.named("Article"))), refusals: refusals())
    }

    private static func reaction(_ path: String, _ summary: String, _ message: String) -> Operation {
        Operation(
            .put, path, group, summary, description: "Repeating it changes nothing.", access: .token,
            query: [
                Parameter(
                    name: "status", schema: Schema.words(["0", "1"]),
                    description: "What is to be; also in a form or in JSON.")
            ], answers: done(message), refusals: refusals([404: noSuchArticle]))
    }

    private static let name = parameter("username", Schema.text("ana", upTo: 50), "Also in a form or in JSON.")
    private static let secret = parameter(
        "password", Schema.text("secret", upTo: Limit.Accounts.password), "Also in a form or in JSON.")
    private static let picture = Body.form(Schema.object(["head_image": Schema.file], optional: ["head_image"]))

    /// What ``JuejinUserRoutes``, ``JuejinArticleRoutes`` and ``JuejinTestRoutes`` have.
    static let articles: [Operation] = articleUsers + articlePosts + articleTests

    private static let articleUsers: [Operation] = [
        Operation(
            .post, "/users/register", group, "Register", query: [name, secret], body: picture,
            answers: done("成功注册"), refusals: [400: "A value breaks a rule, or the name is taken.", 429: throttled]),
        Operation(
            .post, "/users/login", group, "Log in", query: [name, secret],
            answers: .json(
                Schema.object([
                    "access_token": Schema.text, "code": ["const": 200], "msg": Schema.constant("success"),
                    "refresh_token": Schema.text,
                ])),
            refusals: [
                400: "The password is another one.", 403: "The account is disabled.", 404: "Nobody has this name.",
                429: throttled,
            ]),
        Operation(
            .get, "/users/login", group, "Exchange a refresh token for another access token", access: .token,
            answers: .json(
                Schema.object([
                    "code": ["const": 200], "msg": Schema.constant("success"), "access_token": Schema.text,
                ])), refusals: refusals()),
        Operation(
            .post, "/users/exit", group, "Log out", description: "Ends both tokens of the login.", access: .token,
            answers: done("退出成功"), refusals: refusals()),
        Operation(
            .get, "/users/information", group, "The own name and picture", access: .token,
            answers: done(
                "success", and: Schema.object(["username": Schema.text("ana"), "head_image": Schema.text])),
            refusals: refusals()),
        Operation(
            .put, "/users/changes/head", group, "Change the own picture", access: .token, body: picture,
            answers: done("success"), refusals: refusals()),
        Operation(
            .put, "/users/changes/username", group, "Change the own name", access: .token, query: [name],
            answers: done("success"), refusals: refusals()),
        Operation(
            .put, "/users/changes/password", group, "Change the own password",
            description: "Ends all tokens of the account.", access: .token,
            query: [
                parameter(
                    "old_password", Schema.text("secret", upTo: Limit.Accounts.password), "Also in a form or in JSON."),
                parameter(
                    "new_password", Schema.text("secret", upTo: Limit.Accounts.password), "Also in a form or in JSON."),
            ], answers: done("success"), refusals: refusals()),
        Operation(
            .get, "/users/images/files/{name}", group, "A picture", answers: .picture("The picture."),
            refusals: [404: "There is none of this name."]),
    ]

    private static let articlePosts: [Operation] = [
        Operation(
            .post, "/articles/editor", group, "Write an article",
            description: "It is a post of the forum, which shows it as well.", access: .token,
            query: [
                parameter("title", Schema.text("title", upTo: Limit.Content.title), "Also in a form or in JSON."),
                parameter("content", Schema.text("content"), "Up to 1,000,000 bytes; 64 KiB fit into a query."),
                parameter("create_time", Schema.text("2024/2/6 13:8:24", upTo: 64), "Shown as it is."),
            ], answers: done("添加成功", and: Schema.object(["id": Schema.integer])), refusals: refusals()),
        list("/articles/mine", "The own articles, oldest first"),
        list("/articles/likes", "What one likes, the last first"),
        list("/articles/collections", "What one has put aside, the last first"),
        list("/articles/hot", "Those opened most often", "200 at most, unless pages are asked for."),
        list("/articles/new", "The newest", "2000 at most, unless pages are asked for."),
        Operation(
            .delete, "/articles/{id}", group, "Delete an article", description: "By its author.",
            access: .token, answers: done("删除成功"),
            refusals: refusals([403: "The token has expired, or is not the author's.", 404: noSuchArticle])),
        Operation(
            .delete, "/articles/{id}/del", group, "Delete an article, as older clients call it", access: .token,
            answers: done("删除成功"),
            refusals: refusals([403: "The token has expired, or is not the author's.", 404: noSuchArticle])),
        Operation(
            .post, "/articles/{id}/comments", group, "Comment on an article", access: .token,
            query: [
                parameter("comment", Schema.text("Well done!", upTo: 1000), "Also in a form or in JSON."),
                parameter("time", Schema.text("2024/2/11 20:49:24", upTo: 64), "Shown as it is."),
                parameter("last_cid", Schema.count, "The comment that it replies to; 0 for none."),
                parameter("level", ["type": "integer", "minimum": 1], "1 for a comment, more for a reply."),
            ], answers: done("评论成功", and: Schema.object(["cid": Schema.integer])),
            refusals: refusals([404: noSuchArticle])),
        Operation(
            .get, "/articles/{id}/comments", group, "The comments on an article, oldest first",
            answers: done("success", and: Schema.array(of: Schema.named("ArticleComment"))),
            refusals: [404: "There is no such article."]),
        reaction("/articles/{id}/likes", "Like an article, or no longer", "点赞成功"),
        reaction("/articles/{id}/collections", "Put an article aside, or no longer", "收藏成功"),
        Operation(
            .put, "/articles/{id}/hits", group, "Count that an article was opened",
            description: "Once in 30 seconds for each reader; without a token, for each address.",
            access: .optionalToken, answers: done("success"), refusals: refusals([404: noSuchArticle])),
    ]

    private static let articleTests: [Operation] = [
        Operation(
            .get, "/testmysql", selfTests, "The name of the first user",
            answers: .json(Schema.object(["username": Schema.text("ana")]))),
        Operation(
            .get, "/testredis", selfTests, "What is kept under a key",
            answers: .json(Schema.object(["value": Schema.text("b")]))),
        Operation(.get, "/testheadimages", selfTests, "A picture", answers: .picture("The picture.")),
    ]
}
