import TestKit

/// A request as it should be to each route of the other worlds: what hostile ones are made of.
///
/// What else these routes do, and how they refuse, the tests of each world say.
extension RouteTable {
    static let others = articles + clips + leaf + entryTask + house

    /// Those that can be done once with a token, a name or a code.
    static let spent: Set = [
        "POST /users/register", "POST /users/exit", "PUT /users/changes/password", "DELETE /articles/{id}",
        "DELETE /articles/{id}/del", "POST /douyin/user/register", "POST /api/v1/user/register",
        "POST /api/v1/user/login/email", "POST /api/v1/user/pwd/modify", "POST /api/v1/user/manage/delete",
        "POST /register", "POST /user/logout", "POST /v1/accounts", "DELETE /v1/session", "PUT /v1/me/password",
        "DELETE /v1/me", "DELETE /v1/posts/{post}", "DELETE /v1/comments/{comment}", "DELETE /v1/rooms/{runID}",
        "DELETE /v1/rooms/{runID}/links/{id}", "DELETE /v1/runs/{id}",
        "DELETE /v1/devices/{id}", "DELETE /v1/alarms/{id}", "DELETE /v1/me/zones/{id}", "DELETE /v1/admin/people/{id}",
        "POST /v1/admin/reports/{id}/decision",
    ]

    private static let png = [(field: "head_image", content: Picture.png)]
    private static let article = "/articles/$post"

    private static let articles =
        [
            RouteCases("GET /testmysql", [.ok("the first user")]), RouteCases("GET /testredis", [.ok("a key")]),
            RouteCases("GET /testheadimages", [.ok("a picture")]),
            RouteCases(
                "POST /users/register",
                [.ok("new", at: "/users/register?username=$new&password=secret", .form([:], files: png))]),
            RouteCases("POST /users/login", [.ok("by name", at: "/users/login?username=$ana&password=secret")]),
            RouteCases("GET /users/login", [.ok("again", as: .refresh)]),
            RouteCases("POST /users/exit", [.ok("out", as: .ana)]),
            RouteCases("GET /users/information", [.ok("one's own", as: .ana)]),
            RouteCases("PUT /users/changes/head", [.ok("a picture", as: .ana, .form([:], files: png))]),
            RouteCases(
                "PUT /users/changes/username", [.ok("a name", at: "/users/changes/username?username=$new", as: .ana)]),
            RouteCases(
                "PUT /users/changes/password",
                [.ok("a new one", at: "/users/changes/password?old_password=secret&new_password=other", as: .ana)]),
            RouteCases("GET /users/images/files/{name}", [.ok("a picture", at: "/users/images/files/$picture")]),
            RouteCases(
                "POST /articles/editor",
                [.ok("one more", at: "/articles/editor?title=T&content=C&create_time=now", as: .ana)]),
            RouteCases("DELETE /articles/{id}", [.ok("one's own", at: article, as: .ana)]),
            RouteCases("DELETE /articles/{id}/del", [.ok("one's own", at: article + "/del", as: .ana)]),
            RouteCases(
                "POST /articles/{id}/comments",
                [.ok("one more", at: article + "/comments?comment=c&time=now&last_cid=0&level=1", as: .ana)]),
            RouteCases("GET /articles/{id}/comments", [.ok("all", at: article + "/comments")]),
            RouteCases("PUT /articles/{id}/likes", [.ok("a like", at: article + "/likes?status=1", as: .ana)]),
            RouteCases(
                "PUT /articles/{id}/collections", [.ok("kept", at: article + "/collections?status=1", as: .ana)]),
            RouteCases("PUT /articles/{id}/hits", [.ok("opened", at: article + "/hits", as: .ana)]),
        ]
        + ["mine", "likes", "collections", "hot", "new"].map { list in
            RouteCases("GET /articles/\(list)", [.ok("a page", at: "/articles/\(list)?page=1&page_size=5", as: .ana)])
        }

    // MARK: - Clips

    private static let film = RouteCase.Body.form([:], files: [(field: "data", content: Array(video(bytes: 500)))])
    private static let mine = "?token=$anaToken&"

    private static let clips = [
        RouteCases(
            "POST /douyin/user/register",
            [.ok("new", .json(#"{"username":"$new","password":"230724","signature":"s"}"#))]),
        RouteCases("POST /douyin/user/login", [.ok("by name", .json(#"{"username":"$ana","password":"secret"}"#))]),
        RouteCases("GET /douyin/user", [.ok("another", at: "/douyin/user\(mine)user_id=$benID")]),
        RouteCases("GET /douyin/feed", [.ok("the newest", at: "/douyin/feed\(mine)latest_time=0&limit=5")]),
        RouteCases(
            "POST /douyin/publish/action", [.ok("a video", at: "/douyin/publish/action\(mine)title=T", film)]),
        RouteCases(
            "POST /douyin/douyin/publish/action",
            [.ok("a video", at: "/douyin/douyin/publish/action\(mine)title=T", film)]),
        action("publish/actionUrl", #""url":"http://a.example/b","title":"T""#),
        list("publish/list", "user_id=$anaID&page=1&page_size=5"),
        RouteCases("GET /douyin/videos/{id}", [.ok("its bytes", at: "/douyin/videos/$film")]),
        RouteCases("GET /douyin/covers/{id}", [.ok("a picture", at: "/douyin/covers/$film")]),
        action("favorite/action", #""video_id":$clip,"action_type":"1""#),
        list("favorite/list", "user_id=$anaID&page=1&page_size=5"),
        action("comment/action", #""video_id":"$clip","action_type":1,"comment_text":"c""#),
        list("comment/list", "video_id=$clip&page=1&page_size=5"),
        action("relation/action", #""to_user_id":"$benID","action_type":"1""#),
        list("relation/follow/list", "user_id=$benID&page=1&page_size=5"),
        list("relation/follower/list", "user_id=$benID&page=1&page_size=5"),
        list("relation/friend/list", "user_id=$anaID&page=1&page_size=5"),
        action("message/action", #""to_user_id":"$benID","action_type":"1","content":"c""#),
        list("message/chat", "to_user_id=$benID&pre_msg_time=0"),
    ]

    private static func action(_ path: String, _ members: String) -> RouteCases {
        RouteCases("POST /douyin/\(path)", [.ok("it is done", .json(#"{"token":"$anaToken",\#(members)}"#))])
    }

    private static func list(_ path: String, _ query: String) -> RouteCases {
        RouteCases("GET /douyin/\(path)", [.ok("a page", at: "/douyin/\(path)\(mine)\(query)")])
    }

    // MARK: - Leaf

    private static let leafUser = "/api/v1/user/"

    private static let leaf = [
        RouteCases(
            "POST /api/v1/user/register",
            [.ok("by mail", .json(#"{"email":"$newEmail","password":"secret","code":"$code"}"#))]),
        RouteCases("POST /api/v1/user/login", [.ok("by password", .json(#"{"email":"$email","password":"secret"}"#))]),
        RouteCases("POST /api/v1/user/login/email", [.ok("by code", .json(#"{"email":"$email","code":"$code"}"#))]),
        RouteCases("POST /api/v1/user/code/email", [.ok("a code", .json(#"{"email":"$email"}"#))]),
        RouteCases("GET /api/v1/user/resetpwd/check", [.ok("it begins", at: leafUser + "resetpwd/check?eamil=$email")]),
        RouteCases(
            "POST /api/v1/user/pwd/modify",
            [
                .ok("it begins", at: "GET " + leafUser + "resetpwd/check?email=$email"),
                .ok("it ends", .json(#"{"email":"$email","password":"secret","code":"$code"}"#)),
            ]),
        RouteCases("GET /api/v1/user/token/refresh", [.ok("another", as: .refresh)]),
        RouteCases("GET /api/v1/user/info/other", [.ok("ana", at: leafUser + "info/other?uid=$anaNumber")]),
        RouteCases("GET /api/v1/user/uid", [.ok("ana's", at: leafUser + "uid?name=$ana")]),
        RouteCases("GET /api/v1/user/info/get", [.ok("one's own", as: .ana)]),
        RouteCases(
            "POST /api/v1/user/info/modify",
            [.ok("all", as: .ana, .json(#"{"name":"$ana","birthday":"1990-05-17","gender":2,"sign":"s"}"#))]),
        RouteCases("POST /api/v1/user/cover/modify", [.ok("none", as: .ana, .json(#"{"spacecover":""}"#))]),
        RouteCases(
            "GET /api/v1/user/manage/list", [.ok("a page", at: leafUser + "manage/list?page=1&page_size=5", as: .root)]),
        RouteCases(
            "GET /api/v1/user/manage/search",
            [.ok("ana", at: leafUser + "manage/search?keyword=$ana&page=1&page_size=5", as: .root)]),
        RouteCases(
            "GET /api/v1/user/manage/{search}", [.ok("ana", at: leafUser + "manage/search&keyword=$ana", as: .root)]),
        RouteCases(
            "POST /api/v1/user/manage/modify",
            [.ok("ana", as: .root, .json(#"{"id":$anaNumber,"name":"$ana","email":"$email","sign":"s"}"#))]),
        RouteCases(
            "POST /api/v1/user/manage/role/modify", [.ok("ana", as: .root, .json(#"{"id":$anaNumber,"role":1}"#))]),
        RouteCases("POST /api/v1/user/manage/delete", [.ok("ben", as: .root, .json(#"{"id":$benNumber}"#))]),
        RouteCases(
            "POST /api/v1/upload/image",
            [.ok("a picture", as: .ana, .form([:], files: [(field: "image", content: Picture.png)]))]),
        RouteCases("GET /api/v1/upload/image/{id}", [.ok("it again", at: "/api/v1/upload/image/$picture")]),
        RouteCases(
            "GET /api/v1/captcha/get", [.ok("a slider", at: "/api/v1/captcha/get?email=a@b.cc", on: .humanCheck)]),
        RouteCases(
            "POST /api/v1/captcha/validate",
            [.no(200, "人机验证失败", "a guess", .json(#"{"email":"a@b.cc","x":-100}"#), on: .humanCheck)]),
    ]

    // MARK: - The entry task

    private static let credentials = #""password":"5ebe2294ecd0e0f08eab7690d2a6ee69""#

    private static let entryTask = [
        RouteCases("POST /login", [.ok("by MD5", .json(#"{"username":"$lambo",\#(credentials)}"#))]),
        RouteCases(
            "POST /register", [.ok("new", .json(#"{"username":"$new",\#(credentials),"nickname":"N"}"#))]),
        RouteCases("POST /user/logout", [.ok("out", as: .ana)]),
        RouteCases("PUT /user/update_user_info", [.ok("a nickname", as: .ana, .json(#"{"nickname":"N"}"#))]),
        RouteCases(
            "PUT /user/update_user_profile_picture",
            [.ok("a picture", as: .ana, .form([:], files: [(field: "file", content: Picture.png)]))]),
        RouteCases("GET /user/get_user_info", [.ok("one's own", as: .ana)]),
        RouteCases("GET /entrytask/upload/{file}", [.ok("a picture", at: "/entrytask/upload/$picture.png")]),
    ]
}
