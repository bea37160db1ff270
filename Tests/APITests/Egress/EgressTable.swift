/// All routes, by whether somebody's place may be in what they answer.
///
/// A new route has to be put here, and one that tells others places is tried by ``EgressTests`` in the whole matrix.
enum EgressTable {
    /// Those that tell places of people to others: what a zone hides must not be in them.
    static let ofOthers = [
        "GET /api/runRoom/all", "POST /api/runRoom/join", "POST /api/runRoom/start",
        "POST /api/runRoom/update", "GET /api/runRoom/{runID}", "GET /bridge/{app}/{token}",
        "POST /bridge/{app}/{token}", "PUT /bridge/{app}/{token}", "GET /bridge/{app}/{token}/{first}",
        "POST /bridge/{app}/{token}/{first}", "PUT /bridge/{app}/{token}/{first}",
        "GET /bridge/{app}/{token}/{first}/{second}", "POST /bridge/{app}/{token}/{first}/{second}",
        "PUT /bridge/{app}/{token}/{first}/{second}", "GET /v1/rooms/{runID}/state", "GET /v1/rooms/{runID}/tracks",
        "GET /v1/runs/{id}", "GET /v1/runs/{id}.csv", "GET /v1/runs/{id}.fit", "GET /v1/runs/{id}.geojson",
        "GET /v1/runs/{id}.gpx", "GET /v1/runs/{id}.kml", "GET /v1/runs/{id}.tcx", "GET /v1/runs/{id}/course.fit",
        "GET /v1/runs/{id}/course.gpx", "GET /v1/rooms/{runID}/course.fit", "GET /v1/rooms/{runID}/course.gpx",
        // The last one: who leaves has no way in the room any more.
        "POST /api/runRoom/leave",
    ]

    /// Those that tell places, each to whose they are and nobody else.
    static let ofOneself = [
        "PUT /api/users/run/data", "GET /api/users/run/data/{username}", "POST /api/users/run/record",
        "GET /api/users/run/records/{username}", "GET /api/users/run/records/{username}/{id}", "GET /api/users/{id}",
        "GET /v1/me/export", "GET /v1/me/zones", "POST /v1/me/zones", "GET /v1/me/zones/{id}",
        "PATCH /v1/me/zones/{id}",
    ]

    /// Those that tell the place of who calls for help, to whom they have named and to the room's owner: it is not hidden
    /// from these.
    static let ofCalls = ["GET /v1/alarms", "POST /v1/alarms"]

    /// Those that tell no place.
    static let none = [
        "GET /", "POST /api/chat", "GET /api/chat/test", "DELETE /api/posts/deleteAll", "GET /api/runRoom",
        "POST /api/runRoom/create", "DELETE /api/runRoom/delete", "DELETE /api/runRoom/deleteAll", "GET /api/users",
        "POST /api/users", "DELETE /api/users/delete", "DELETE /api/users/deleteAll", "POST /api/users/login",
        "GET /api/users/nickname/{username}", "DELETE /api/users/posts/deleteAll",
        "GET /api/users/posts/images/{imageId}", "GET /api/users/profilepic/{username}",
        "DELETE /api/users/run/records/{username}/{id}", "DELETE /api/users/share/comments/{commentId}",
        "GET /api/users/share/posts", "POST /api/users/share/posts", "POST /api/users/share/posts/image",
        "POST /api/users/share/posts/{commentId}/likeComment",
        "POST /api/users/share/posts/{commentId}/unlikeComment", "DELETE /api/users/share/posts/{postId}",
        "GET /api/users/share/posts/{postId}", "PUT /api/users/share/posts/{postId}",
        "GET /api/users/share/posts/{postId}/comments", "POST /api/users/share/posts/{postId}/comments",
        "GET /api/users/share/posts/{postId}/ifLikedPost", "POST /api/users/share/posts/{postId}/ifLikedPost",
        "POST /api/users/share/posts/{postId}/likePost", "POST /api/users/share/posts/{postId}/unlikePost",
        "GET /api/users/share/{username}/posts", "POST /api/users/tokenCheck", "PUT /api/users/update",
        "PUT /api/users/update/nickname", "POST /api/users/update/profilepic",
        "GET /api/users/{username}/preferences", "PUT /api/users/{username}/preferences", "GET /api/v1/captcha/get",
        "POST /api/v1/captcha/validate", "POST /api/v1/upload/image", "GET /api/v1/upload/image/{id}",
        "POST /api/v1/user/code/email", "POST /api/v1/user/cover/modify", "GET /api/v1/user/info/get",
        "POST /api/v1/user/info/modify", "GET /api/v1/user/info/other", "POST /api/v1/user/login",
        "POST /api/v1/user/login/email", "POST /api/v1/user/manage/delete", "GET /api/v1/user/manage/list",
        "POST /api/v1/user/manage/modify", "POST /api/v1/user/manage/role/modify", "GET /api/v1/user/manage/search",
        "GET /api/v1/user/manage/{search}", "POST /api/v1/user/pwd/modify", "POST /api/v1/user/register",
        "GET /api/v1/user/resetpwd/check", "GET /api/v1/user/token/refresh", "GET /api/v1/user/uid",
        "GET /articles/collections", "POST /articles/editor", "GET /articles/hot", "GET /articles/likes",
        "GET /articles/mine", "GET /articles/new", "DELETE /articles/{id}", "PUT /articles/{id}/collections",
        "GET /articles/{id}/comments", "POST /articles/{id}/comments", "DELETE /articles/{id}/del",
        "PUT /articles/{id}/hits", "PUT /articles/{id}/likes", "GET /docs", "POST /douyin/comment/action",
        "GET /douyin/comment/list", "GET /douyin/covers/{id}", "POST /douyin/douyin/publish/action",
        "POST /douyin/favorite/action", "GET /douyin/favorite/list", "GET /douyin/feed",
        "POST /douyin/message/action", "GET /douyin/message/chat", "POST /douyin/publish/action",
        "POST /douyin/publish/actionUrl", "GET /douyin/publish/list", "POST /douyin/relation/action",
        "GET /douyin/relation/follow/list", "GET /douyin/relation/follower/list", "GET /douyin/relation/friend/list",
        "GET /douyin/user", "POST /douyin/user/login", "POST /douyin/user/register", "GET /douyin/videos/{id}",
        "GET /entrytask/upload/{file}", "GET /healthz", "POST /login", "GET /metrics",
        "GET /openapi.json", "GET /readyz", "POST /register", "GET /testheadimages", "GET /testmysql",
        "GET /testredis", "GET /user/get_user_info", "POST /user/logout", "PUT /user/update_user_info",
        "PUT /user/update_user_profile_picture", "PUT /users/changes/head", "PUT /users/changes/password",
        "PUT /users/changes/username", "POST /users/exit", "GET /users/images/files/{name}", "GET /users/information",
        "GET /users/login", "POST /users/login", "POST /users/register", "POST /v1/accounts",
        "DELETE /v1/comments/{comment}", "GET /v1/devices", "POST /v1/devices", "DELETE /v1/devices/{id}",
        "GET /v1/devices/{id}", "PATCH /v1/devices/{id}", "POST /v1/guests", "GET /v1/links/{link}", "DELETE /v1/me",
        "GET /v1/me", "PATCH /v1/me", "PUT /v1/me/email", "POST /v1/me/email/code", "PUT /v1/me/password",
        "PUT /v1/me/picture", "GET /v1/me/rooms", "GET /v1/me/totals", "DELETE /v1/me/zones/{id}",
        "GET /v1/me/confidants", "PUT /v1/me/confidants", "PATCH /v1/alarms/{id}", "DELETE /v1/alarms/{id}",
        "GET /v1/posts",
        "POST /v1/posts", "DELETE /v1/posts/{post}", "GET /v1/posts/{post}", "PATCH /v1/posts/{post}",
        "GET /v1/posts/{post}/comments", "POST /v1/posts/{post}/comments", "DELETE /v1/posts/{post}/like",
        "PUT /v1/posts/{post}/like", "GET /v1/rooms", "POST /v1/rooms", "DELETE /v1/rooms/{runID}",
        "GET /v1/rooms/{runID}", "PATCH /v1/rooms/{runID}", "GET /v1/rooms/{runID}/links",
        "POST /v1/rooms/{runID}/links", "DELETE /v1/rooms/{runID}/links/{id}",
        "POST /v1/rooms/{runID}/people/{runner}/remove", "GET /v1/rooms/{runID}/results.csv", "GET /v1/runs",
        "POST /v1/runs", "DELETE /v1/runs/{id}",
        "PATCH /v1/runs/{id}", "DELETE /v1/session", "GET /v1/session", "POST /v1/session", "PUT /v1/session",
        "GET /v1/sessions", "DELETE /v1/sessions/{id}",
        "POST /v1/admin/setup", "GET /v1/admin/rooms", "GET /v1/admin/server", "GET /v1/admin/settings",
        "GET /v1/admin/backups", "POST /v1/admin/backups",
        "GET /v1/admin/audit", "GET /v1/admin/people", "GET /v1/admin/people/{id}", "PATCH /v1/admin/people/{id}",
        "DELETE /v1/admin/people/{id}", "POST /v1/admin/people/{id}/password",
        "DELETE /v1/admin/people/{id}/sessions", "GET /v1/admin/reports", "POST /v1/admin/reports/{id}/decision",
        "POST /v1/posts/{post}/report", "POST /v1/comments/{comment}/report", "POST /v1/people/{name}/report",
        "POST /v1/rooms/{runID}/report",
    ]
}
