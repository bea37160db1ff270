import TestKit
/// What each route of the running app's API does, and how it refuses: a line a case.
enum RouteTable {
    static let all = users + accounts + pictures + runs + rooms + posts + comments + likes + chat + wiping + operations

    private static let share = "/api/users/share"
    private static let thread = "/api/users/share/posts/$post"
    private static let upgrade = [
        ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]

    // MARK: - Users

    private static let users = [
        RouteCases(
            "POST /api/users",
            [
                .ok(
                    "somebody new", .json(#"{"username":"$new","password":"secret"}"#),
                    says: "Register successful", has: ["token", "newUser.nickname", "username", "_id", "__v"]),
                .no(400, "Username already exists", "a taken name", .json(#"{"username":"$ana","password":"x"}"#)),
                .no(400, "username and password are required.", "nothing"),
                .no(400, "username and password are required.", "no password", .json(#"{"username":"$new"}"#)),
                .no(
                    400, "username and password are required.", "an empty one",
                    .json(#"{"username":"$new","password":""}"#)),
                .no(400, "`username` must be a string.", "a number", .json(#"{"username":7,"password":"x"}"#)),
                .no(
                    400, "The username is reserved.", "a word of the paths",
                    .json(#"{"username":"tokenCheck","password":"x"}"#)),
            ]),
        RouteCases(
            "POST /api/users/login",
            [
                .ok(
                    "name and password", .json(#"{"username":"$ana","password":"secret"}"#), says: "Login successful",
                    has: ["token", "user.username", "user.nickname", "user.profilepic", "user.lastRunId"]),
                .no(401, "Invalid password", "a wrong password", .json(#"{"username":"$ana","password":"x"}"#)),
                .no(404, "User not found", "an unknown name", .json(#"{"username":"$new","password":"x"}"#)),
                .no(400, "username and password are required.", "no password", .json(#"{"username":"$ana"}"#)),
                .no(
                    403, "This account is disabled", "a disabled account",
                    .json(#"{"username":"$disabled","password":"root secret"}"#)),
            ]),
        RouteCases(
            "POST /api/users/tokenCheck",
            [
                .ok(
                    "a token", as: .ana, says: "Token is valid",
                    has: ["decoded.id", "decoded.username", "decoded.loginTime", "decoded.iat", "decoded.exp"])
            ], RouteCase.noToken()),
        RouteCases(
            "GET /api/users/{id}",
            [
                .ok("by name", at: "/api/users/$ana", has: ["_id", "id", "username", "profilePicture", "createdAt"]),
                .ok("the owner", at: "/api/users/$ana", as: .ana, has: ["data.meters", "record", "lastRunId"]),
                .no(404, "User not found", "nobody", at: "/api/users/$new"),
                .no(404, "User not found", "no id", at: "/api/users/ffffffffffffffffffffffff"),
            ]),
    ]

    private static let accounts = [
        RouteCases(
            "GET /api/users",
            [
                .ok("all", has: ["0.username"]), .ok("a page", at: "/api/users?page=1&limit=2", has: ["1.username"]),
                .no(400, "`page` must be a positive whole number.", "page zero", at: "/api/users?page=0"),
                .no(400, "`limit` must be a positive whole number.", "a word", at: "/api/users?limit=all"),
            ]),
        RouteCases(
            "PUT /api/users/update",
            [
                .ok(
                    "nickname and password",
                    .json(
                        #"{"username":"$ana","password":"secret","nickname":"A","newPassword":"s","email":"a@b"}"#),
                    has: ["username", "nickname"]),
                .no(400, "Invalid password", "a wrong password", .json(#"{"username":"$ana","password":"x"}"#)),
                .no(404, "User not found", "nobody", .json(#"{"username":"$new","password":"x"}"#)),
                .no(400, "username and password are required.", "nothing"),
                .no(
                    403, "This account is disabled", "a disabled account",
                    .json(#"{"username":"$disabled","password":"root secret"}"#)),
            ]),
        RouteCases(
            "DELETE /api/users/delete",
            [
                .no(400, "Invalid password", "a wrong password", .json(#"{"username":"$ana","password":"x"}"#)),
                .no(400, "username and password are required.", "nothing"),
                .no(
                    403, "This account is disabled", "a disabled account",
                    .json(#"{"username":"$disabled","password":"root secret"}"#)),
                .ok(
                    "name and password", .json(#"{"username":"$ana","password":"secret"}"#),
                    says: "User deleted successfully", has: ["username", "_id"]),
                .no(404, "User not found", "the same again", .json(#"{"username":"$ana","password":"secret"}"#)),
            ]),
        RouteCases(
            "PUT /api/users/update/nickname",
            [
                .ok(
                    "one's own", as: .ana, .json(#"{"username":"$ana","nickname":"Ana 🏃"}"#),
                    says: "Nickname updated successfully", has: ["user.nickname"]),
                .ok("without a name", as: .ana, .json(#"{"nickname":"Ana"}"#), has: ["user.nickname"]),
                .no(400, "nickname is required.", "none", as: .ana, .json(#"{"username":"$ana"}"#)),
                .no(
                    400, "The nickname must have 1 to 64 characters.", "an empty one", as: .ana,
                    .json(#"{"username":"$ana","nickname":""}"#)),
                .no(
                    403, "The token belongs to another user", "somebody else's", as: .ben,
                    .json(#"{"username":"$ana","nickname":"B"}"#)),
                .no(404, "User not found", "nobody's", as: .ben, .json(#"{"username":"$new","nickname":"B"}"#)),
            ], RouteCase.noToken(.json(#"{"username":"$ana","nickname":"B"}"#))),
        RouteCases(
            "GET /api/users/nickname/{username}",
            [
                .ok("somebody's", at: "/api/users/nickname/$ana", has: ["nickname"]),
                .no(404, "User not found", "nobody's", at: "/api/users/nickname/$new"),
            ]),
        RouteCases(
            "GET /api/users/{username}/preferences",
            [
                .ok("the defaults", at: "/api/users/$ana/preferences", has: ["success", "preferences.theme"]),
                .no(404, "User not found", "nobody's", at: "/api/users/$new/preferences"),
            ]),
        RouteCases(
            "PUT /api/users/{username}/preferences",
            [
                .ok(
                    "one's own", at: "/api/users/$ana/preferences", as: .ana,
                    .json(#"{"theme":"dark","notifications":false,"language":"zh"}"#), has: ["preferences.language"]),
                .ok("none: the defaults", at: "/api/users/$ana/preferences", as: .ana, has: ["preferences.theme"]),
                .no(
                    400, "Invalid theme", "a theme", at: "/api/users/$ana/preferences", as: .ana,
                    .json(#"{"theme":"red"}"#)),
                .no(
                    400, "Invalid language", "a language", at: "/api/users/$ana/preferences", as: .ana,
                    .json(#"{"language":"xx"}"#)),
                .no(
                    403, "The token belongs to another user", "somebody else's", at: "/api/users/$ana/preferences",
                    as: .ben),
                .no(404, "User not found", "nobody's", at: "/api/users/$new/preferences", as: .ben),
            ], RouteCase.noToken(at: "/api/users/$ana/preferences")),
    ]

    // MARK: - Pictures

    private static let pictures = [
        RouteCases(
            "POST /api/users/update/profilepic",
            [
                .ok(
                    "a picture", as: .ana, .form(["username": "$ana"], files: [("profilePicture", Picture.webP)]),
                    says: "Profile picture uploaded successfully", has: ["profilePictureId", "profilepic"]),
                .no(400, "No file uploaded", "no file", as: .ana, .form(["username": "$ana"], files: [])),
                .no(
                    400, "The file must be a PNG, JPEG, GIF or WebP image", "a drawing that may hold scripts", as: .ana,
                    .form([:], files: [("profilePicture", Array("<svg xmlns='…'/>".utf8))])),
                .no(
                    403, "The token belongs to another user", "somebody else's", as: .ben,
                    .form(["username": "$ana"], files: [("profilePicture", Picture.png)])),
                .no(
                    404, "User not found", "nobody's", as: .ben,
                    .form(["username": "$new"], files: [("profilePicture", Picture.png)])),
            ], RouteCase.noToken(.form(["username": "$ana"], files: [("profilePicture", Picture.png)]))),
        RouteCases(
            "GET /api/users/profilepic/{username}",
            [
                .ok("an uploaded one", at: "/api/users/profilepic/$ana?t=1732350000000"),
                .ok("one made of the name", at: "/api/users/profilepic/$ben"),
                .ok("a part", gives: 206, at: "/api/users/profilepic/$ana", headers: [("Range", "bytes=0-3")]),
                .ok(
                    "any but the one that is there", gives: 304, at: "/api/users/profilepic/$ana",
                    headers: [("If-None-Match", "*")]),
                .no(
                    416, nil, "a part beyond the end", at: "/api/users/profilepic/$ana",
                    headers: [("Range", "bytes=999999-")]),
                .no(404, "Profile picture not found", "nobody's", at: "/api/users/profilepic/$new"),
            ]),
        RouteCases(
            "POST /api/users/share/posts/image",
            [
                .ok("a picture", as: .ana, .form([:], files: [("image", Picture.png)]), has: ["imageId"]),
                .no(400, "No file uploaded", "no file", as: .ana, .form([:], files: [])),
                .no(
                    400, "Only one file can be uploaded at a time", "two", as: .ana,
                    .form([:], files: [("image", Picture.png), ("image", Picture.gif)])),
                .no(
                    403, "The token belongs to another user", "somebody else's", as: .ben,
                    .form(["username": "$ana"], files: [("image", Picture.png)])),
                .no(
                    404, "User not found", "nobody's", as: .ben,
                    .form(["username": "$new"], files: [("image", Picture.png)])),
            ], RouteCase.noToken(.form([:], files: [("image", Picture.png)]))),
        RouteCases(
            "GET /api/users/posts/images/{imageId}",
            [
                .ok("the image", at: "/api/users/posts/images/$image"),
                .ok("a part", gives: 206, at: "/api/users/posts/images/$image", headers: [("Range", "bytes=-4")]),
                .ok(
                    "any but the one that is there", gives: 304, at: "/api/users/posts/images/$image",
                    headers: [("If-None-Match", "*")]),
                .no(
                    416, nil, "a part beyond the end", at: "/api/users/posts/images/$image",
                    headers: [("Range", "bytes=999999-")]),
                .no(404, "Image not found", "no image", at: "/api/users/posts/images/ffffffffffffffffffffffff"),
                .no(404, "Image not found", "no id", at: "/api/users/posts/images/..%2F..%2Frunroom.sqlite"),
            ]),
    ]

    // MARK: - Runs

    private static let runs = [
        RouteCases(
            "PUT /api/users/run/data",
            [
                .ok(
                    "some of it", as: .ana, .json(#"{"username":"$ana","runData":{"meters":12,"pace":"5:00"}}"#),
                    says: "Run data updated successfully", has: ["data.meters", "data.start"]),
                .no(400, "runData is required.", "none", as: .ana, .json(#"{"username":"$ana"}"#)),
                .no(400, nil, "a word for a number", as: .ana, .json(#"{"runData":{"meters":"abc"}}"#)),
                .no(400, nil, "no place on earth", as: .ana, .json(#"{"runData":{"latitude":91}}"#)),
                .no(
                    403, "The token belongs to another user", "somebody else's", as: .ben,
                    .json(#"{"username":"$ana","runData":{}}"#)),
                .no(404, "User not found", "nobody's", as: .ben, .json(#"{"username":"$new","runData":{}}"#)),
            ], RouteCase.noToken(.json(#"{"username":"$ana","runData":{}}"#))),
        RouteCases(
            "GET /api/users/run/data/{username}",
            [
                .ok("one's own", at: "/api/users/run/data/$ana", as: .ana, has: ["meters", "markers", "running"]),
                .no(
                    403, "The token belongs to another user", "somebody else's", at: "/api/users/run/data/$ana",
                    as: .ben),
                .no(404, "User not found", "nobody's", at: "/api/users/run/data/$new", as: .ben),
            ], RouteCase.noToken(at: "/api/users/run/data/$ana")),
        RouteCases(
            "POST /api/users/run/record",
            [
                .ok(
                    "a run", as: .ana,
                    .json(
                        #"{"username":"$ana","runRecord":{"meters":1,"seconds":2,"markers":[],"start":"2024-12-09T10:00:00Z"}}"#
                    ), says: "Run record saved successfully",
                    has: ["record.runId", "record.timestamp", "record.meters"]),
                .no(400, "runRecord is required.", "none", as: .ana, .json("{}")),
                .no(400, "`runRecord` must be an object.", "a list", as: .ana, .json(#"{"runRecord":[]}"#)),
                .no(
                    403, "The token belongs to another user", "somebody else's", as: .ben,
                    .json(#"{"username":"$ana","runRecord":{}}"#)),
                .no(404, "User not found", "nobody's", as: .ben, .json(#"{"username":"$new","runRecord":{}}"#)),
            ], RouteCase.noToken(.json(#"{"username":"$ana","runRecord":{}}"#))),
        RouteCases(
            "GET /api/users/run/records/{username}",
            [
                .ok(
                    "all", at: "/api/users/run/records/$ana", as: .ana,
                    has: ["records.0.runId", "records.0.markers", "pagination.total"]),
                .ok(
                    "a page", at: "/api/users/run/records/$ana?page=1&limit=10&crs=wgs84", as: .ana,
                    has: ["records.0.timestamp", "pagination.pages"]),
                .no(
                    400, "`crs` must be wgs84 or gcj02.", "no such coordinates",
                    at: "/api/users/run/records/$ana?crs=bd09", as: .ana),
                .no(
                    403, "The token belongs to another user", "somebody else's", at: "/api/users/run/records/$ana",
                    as: .ben),
                .no(404, "User not found", "nobody's", at: "/api/users/run/records/$new", as: .ben),
            ], RouteCase.noToken(at: "/api/users/run/records/$ana")),
        RouteCases(
            "GET /api/users/run/records/{username}/{id}",
            [
                .ok("one", at: "/api/users/run/records/$ana/1", as: .ana, has: ["runId", "meters", "start", "_id"]),
                .no(404, "Record not found", "none", at: "/api/users/run/records/$ana/2", as: .ana),
                .no(404, "Record not found", "no number", at: "/api/users/run/records/$ana/one", as: .ana),
                .no(404, "User not found", "nobody's", at: "/api/users/run/records/$new/1", as: .ana),
                .no(
                    403, "The token belongs to another user", "somebody else's", at: "/api/users/run/records/$ana/1",
                    as: .ben),
            ], RouteCase.noToken(at: "/api/users/run/records/$ana/1")),
        RouteCases(
            "DELETE /api/users/run/records/{username}/{id}",
            [
                .no(
                    403, "The token belongs to another user", "somebody else's", at: "/api/users/run/records/$ana/1",
                    as: .ben),
                .no(404, "User not found", "nobody's", at: "/api/users/run/records/$new/1", as: .ana),
            ], RouteCase.noToken(at: "/api/users/run/records/$ana/1"),
            [
                .ok("one's own", at: "/api/users/run/records/$ana/1", as: .ana, says: "Record deleted successfully"),
                .no(404, "Record not found", "the same again", at: "/api/users/run/records/$ana/1", as: .ana),
            ]),
    ]

    // MARK: - Rooms

    private static let room = #"{"runID":"$room","password":"pw","username":"$ana"}"#

    private static func room(_ more: String) -> RouteCase.Body { .json(room.dropLast() + "," + more + "}") }

    /// What all want that name a runner in a room.
    private static func runner(wrongPassword: Int) -> [RouteCase] {
        let words = wrongPassword == 401 ? "Invalid password" : "Invalid password for the room."
        let more = #""in_room":true"#
        return [
            .no(
                wrongPassword, words, "a wrong password",
                .json(#"{"runID":"$room","password":"x","username":"$ana",\#(more)}"#)),
            .no(403, "Token is invalid or has expired", "a foreign token", as: .foreign, room(more)),
            .no(403, "The token belongs to another user", "somebody else's token", as: .ben, room(more)),
        ]
    }

    private static let rooms = [
        RouteCases(
            "GET /api/runRoom/all",
            [
                .ok("all", as: .ana, says: "Rooms retrieved successfully.", has: ["rooms.0.runID", "rooms.0.runners"]),
                .no(
                    400, "`crs` must be wgs84 or gcj02.", "no such coordinates", at: "/api/runRoom/all?crs=x", as: .ana),
            ], RouteCase.noToken()),
        RouteCases(
            "GET /api/runRoom",
            [.no(400, "Run ID is required", "no name"), .no(400, nil, "a slash", at: "/api/runRoom/")]),
        RouteCases(
            "GET /api/runRoom/{runID}",
            [
                .ok(
                    "by name", at: "/api/runRoom/$room",
                    has: [
                        "success", "code", "data.runners.1.nickname", "data.runners.0.marathon_place", "data.createdAt",
                    ]),
                .no(404, "Run room not found", "none", at: "/api/runRoom/nowhere"),
                .ok("a closed one by password", at: "/api/runRoom/$room?password=pw", has: ["data"], on: .closedRooms),
                .ok("a closed one by its runner", at: "/api/runRoom/$room", as: .ana, has: ["data"], on: .closedRooms),
                .no(401, "No token provided", "a closed one", at: "/api/runRoom/$room", on: .closedRooms),
                .no(
                    403, "Invalid password for the room", "a closed one by a wrong password",
                    at: "/api/runRoom/$room?password=x", on: .closedRooms),
                .no(
                    403, "You are not a runner of this room", "a closed one by somebody else", at: "/api/runRoom/$room",
                    as: .cyd, on: .closedRooms),
            ]),
        RouteCases(
            "POST /api/runRoom/create",
            [
                .ok(
                    "a room", gives: 201, .json(#"{"runID":"$new","password":"pw"}"#),
                    says: "Room created successfully",
                    has: ["room._id", "room.runners", "room.password"]),
                .no(400, "Room already exists", "the same again", .json(#"{"runID":"$new","password":"pw"}"#)),
                .no(400, "runID and password are required.", "no name", .json(#"{"password":"pw"}"#)),
                .no(
                    400, "runID and password are required.", "an empty password", .json(#"{"runID":"x","password":""}"#)
                ),
                .no(
                    400, "`runID` is a reserved word.", "a word of the paths",
                    .json(#"{"runID":"all","password":"pw"}"#)),
                .no(
                    403, "Token is invalid or has expired", "a foreign token", as: .foreign,
                    .json(#"{"runID":"x","password":"pw"}"#)),
            ]),
        RouteCases(
            "POST /api/runRoom/join",
            [
                .ok("again", .json(room), says: "Joined room successfully", has: ["room.runners.0.username"]),
                .ok(
                    "somebody new",
                    .json(
                        #"{"runID":"$room","password":"pw","username":"$cyd","latitude":40,"longitude":116}"#),
                    has: ["room.runners.2.in_room"]),
                .no(404, "Room not found", "no room", .json(#"{"runID":"$new","password":"x","username":"$ana"}"#)),
                .no(404, "User not found", "nobody", .json(#"{"runID":"$room","password":"pw","username":"$new"}"#)),
                .no(
                    400, "runID, password, and username are required.", "nobody",
                    .json(#"{"runID":"$room","password":"pw"}"#)),
                .no(
                    409, "Room is full", "a full room", .json(#"{"runID":"$room","password":"pw","username":"$cyd"}"#),
                    on: .smallRooms),
            ], runner(wrongPassword: 401)),
        RouteCases(
            "POST /api/runRoom/update",
            [
                .ok(
                    "a place", room(#""latitude":40,"longitude":116.3,"in_room":true"#),
                    says: "Room updated successfully",
                    has: ["room.runners.0.latitude"]),
                .ok("progress alone", room(#""meters":10,"seconds":3,"running":true"#), has: ["room"]),
                .no(400, "Missing required fields", "nothing new", .json(room)),
                .no(400, "Missing required fields", "half a place", room(#""latitude":40"#)),
                .no(400, "Missing required fields", "no runner", .json(#"{"runID":"$room","password":"pw"}"#)),
                .no(400, nil, "no place on earth", room(#""latitude":40,"longitude":181"#)),
                .no(
                    404, "Room not found", "no room",
                    .json(#"{"runID":"$new","password":"x","username":"$ana","meters":1}"#)),
                .no(
                    404, "Runner not found in the room", "no runner",
                    .json(#"{"runID":"$room","password":"pw","username":"$cyd","meters":1}"#)),
            ], runner(wrongPassword: 401),
            [
                .ok("leaves the place to another", room(#""in_room":false"#), on: .smallRooms),
                .ok(
                    "who takes it", at: "POST /api/runRoom/join",
                    .json(#"{"runID":"$room","password":"pw","username":"$cyd"}"#), on: .smallRooms),
                .no(409, "Room is full", "who comes back too late", room(#""in_room":true"#), on: .smallRooms),
            ]),
        RouteCases(
            "POST /api/runRoom/start",
            [
                .ok("by the room's password", .json(room), says: "Run started", has: ["room.runners.0.running"]),
                .ok("by the token", as: .ben, .json(#"{"runID":"$room","username":"$ben"}"#), has: ["room"]),
                .no(400, "Missing required fields", "nobody", .json(#"{"runID":"$room"}"#)),
                .no(
                    401, "The room's password or a token is required", "by neither",
                    .json(#"{"runID":"$room","username":"$ana"}"#)),
                .no(404, "Room not found", "no room", .json(#"{"runID":"$new","password":"x","username":"$ana"}"#)),
                .no(
                    404, "Runner not found in the room", "no runner",
                    .json(#"{"runID":"$room","password":"pw","username":"$cyd"}"#)),
            ], runner(wrongPassword: 401)),
        RouteCases(
            "POST /api/runRoom/leave",
            [
                .no(400, "runID, username, and password are required.", "nobody", .json(#"{"runID":"$room"}"#)),
                .no(404, "RunRoom not found.", "no room", .json(#"{"runID":"$new","password":"x","username":"$ana"}"#)),
                .no(
                    404, "Runner not found in the specified room.", "no runner",
                    .json(#"{"runID":"$room","password":"pw","username":"$cyd"}"#)),
            ], runner(wrongPassword: 403),
            [.ok("the room", .json(room), has: ["message", "updatedRoom.runners.0.in_room"])]),
        RouteCases(
            "DELETE /api/runRoom/delete",
            [
                .no(400, "runID and password are required.", "nothing"),
                .no(
                    403, "Invalid password for the room.", "a wrong password",
                    .json(#"{"runID":"$room","password":"x"}"#)),
                .no(403, "Token is invalid or has expired", "a foreign token", as: .foreign, .json(room)),
                .ok("by name and password", .json(#"{"runID":"$room","password":"pw"}"#), has: ["message"]),
                .no(
                    404, "RunRoom not found.", "the same again, in the query",
                    at: "/api/runRoom/delete?runID=$room&password=pw"),
            ]),
        RouteCases(
            "GET /live",
            [
                .ok("an upgrade", gives: 101, headers: upgrade + [("Sec-WebSocket-Protocol", "runroom.v1")]),
                .no(400, nil, "another protocol", headers: upgrade + [("Sec-WebSocket-Protocol", "chat")]),
                .no(426, nil, "no upgrade"),
            ]),
    ]

    // MARK: - Forum

    private static let draft = #"{"title":"Morning","content":"Five kilometres.","username":"$ana"}"#

    private static let posts = [
        RouteCases(
            "POST /api/users/share/posts",
            [
                .ok(
                    "words", as: .ana, .json(draft), says: "Post created successfully",
                    has: ["post.postId", "post._id", "post.author", "post.images"]),
                .ok(
                    "a picture", as: .ana,
                    .form(
                        ["title": "T", "content": "C", "username": "$ana"], files: [("images", Picture.png)]),
                    says: "Post created successfully", has: ["post.images.0"]),
                .ok(
                    "one more within five seconds", as: .ana,
                    .form(
                        ["title": "T", "content": "C", "username": "$ana"],
                        files: [("images", Picture.gif), ("images", Picture.webP)]),
                    says: "Image added to existing post", has: ["post.images.2"]),
                .no(
                    400, "A post has at most 3 images.", "four pictures", as: .ana,
                    .form(
                        ["title": "T4", "content": "C"],
                        files: Array(repeating: ("images", Picture.png), count: 4))),
                .no(400, "title is required.", "no title", as: .ana, .json(#"{"content":"C"}"#)),
                .no(400, "content is required.", "no content", as: .ana, .json(#"{"title":"T","content":""}"#)),
                .no(
                    400, "The file must be a PNG, JPEG, GIF or WebP image", "no picture", as: .ana,
                    .form(
                        ["title": "T", "content": "C"], files: [("images", Array("GIF".utf8))])),
                .no(403, "The token belongs to another user", "for somebody else", as: .ben, .json(draft)),
                .no(
                    404, "User not found", "for nobody", as: .ben,
                    .json(#"{"title":"T","content":"C","username":"$new"}"#)),
            ], RouteCase.noToken(.json(draft))),
        RouteCases(
            "GET /api/users/share/posts",
            [
                .ok(
                    "all", says: "Posts retrieved successfully",
                    has: ["posts.0.postId", "posts.0.author.nickname", "posts.0.likes"]),
                .ok("a page", at: "/api/users/share/posts?page=1&limit=1", has: ["posts.0.title", "pagination.pages"]),
                .no(400, nil, "no page", at: "/api/users/share/posts?page=-1"),
            ]),
        RouteCases(
            "GET /api/users/share/{username}/posts",
            [
                .ok(
                    "somebody's", at: "/api/users/share/$ana/posts", has: ["0.postId", "0.comments.0.author.nickname"]),
                .ok("none", at: "/api/users/share/$cyd/posts"),
                .no(404, "User not found", "nobody's", at: "/api/users/share/$new/posts"),
            ]),
        RouteCases(
            "GET /api/users/share/posts/{postId}",
            [
                .ok(
                    "by number", at: thread, says: "Post retrieved successfully",
                    has: ["post.author.nickname", "post.comments.0.author.nickname", "post.commentCount"]),
                .ok("by id", at: share + "/posts/$longPost", has: ["post.title"]),
                .no(404, "Post not found", "none", at: share + "/posts/999999999"),
                .no(404, "Post not found", "no number", at: share + "/posts/one"),
            ]),
        RouteCases(
            "PUT /api/users/share/posts/{postId}",
            [
                .ok(
                    "one's own", at: thread, as: .ana, .json(draft), says: "Post updated successfully",
                    has: ["post.title"]),
                .ok(
                    "with a picture", at: thread, as: .ana,
                    .form(["title": "T", "content": "C"], files: [("images", Picture.png)]), has: ["post.images.0"]),
                .no(400, "title is required.", "no title", at: thread, as: .ana, .json(#"{"content":"C"}"#)),
                .no(
                    403, "You may not do this", "somebody else's", at: thread, as: .ben,
                    .json(#"{"title":"T","content":"C"}"#)),
                .no(404, "Post not found", "none", at: share + "/posts/999999999", as: .ana, .json(draft)),
            ], RouteCase.noToken(at: thread, .json(draft))),
        RouteCases(
            "DELETE /api/users/share/posts/{postId}",
            [.no(403, "You may not do this", "somebody else's", at: thread, as: .ben)],
            RouteCase.noToken(at: thread),
            [
                .ok("one's own", at: thread, as: .ana, says: "Post deleted successfully"),
                .no(404, "Post not found", "the same again", at: thread, as: .ana),
            ]),
    ]

    private static let comments = [
        RouteCases(
            "POST /api/users/share/posts/{postId}/comments",
            [
                .ok(
                    "on a post", at: thread + "/comments", as: .cyd, .json(#"{"content":"加油","username":"$cyd"}"#),
                    says: "Comment created successfully", has: ["comment.commentId", "comment.author", "comment.post"]),
                .no(400, "content is required.", "nothing", at: thread + "/comments", as: .cyd, .json("{}")),
                .no(
                    403, "The token belongs to another user", "for somebody else", at: thread + "/comments", as: .ben,
                    .json(#"{"content":"x","username":"$ana"}"#)),
                .no(
                    404, "Post not found", "on none", at: share + "/posts/999999999/comments", as: .ben,
                    .json(#"{"content":"x"}"#)),
                .no(
                    404, "User not found", "for nobody", at: thread + "/comments", as: .ben,
                    .json(#"{"content":"x","username":"$new"}"#)),
            ], RouteCase.noToken(at: thread + "/comments", .json(#"{"content":"x","username":"$ana"}"#))),
        RouteCases(
            "GET /api/users/share/posts/{postId}/comments",
            [
                .ok("all", at: thread + "/comments", has: ["0.content", "0.author.nickname", "0.likes"]),
                .ok("with a slash", at: thread + "/comments/", has: ["0.commentId"]),
                .no(404, "Post not found", "on none", at: share + "/posts/999999999/comments"),
            ]),
        RouteCases(
            "DELETE /api/users/share/comments/{commentId}",
            [.no(403, "You may not do this", "somebody else's", at: share + "/comments/$comment", as: .cyd)],
            RouteCase.noToken(at: share + "/comments/$comment"),
            [
                .ok(
                    "on one's own post", at: share + "/comments/$comment", as: .ana,
                    says: "Comment deleted successfully", has: ["comment.content"]),
                .no(404, "Comment not found", "the same again", at: share + "/comments/$longComment", as: .ben),
            ]),
    ]

    /// Liking and taking it back: the same refusals, and each once.
    private static func likes(
        _ verb: String, of what: String, at path: String, done: String, again: String, first: [RouteCase] = []
    ) -> RouteCases {
        let target = share + "/posts/" + path + "/" + verb
        let name = what == "Post" ? "{postId}" : "{commentId}"
        return RouteCases(
            "POST /api/users/share/posts/\(name)/\(verb)", first,
            [
                .ok(
                    "once", at: target, as: .ben, .json(#"{"username":"$ben"}"#), says: done,
                    has: ["\(what.lowercased()).likes"]),
                .no(400, again, "twice", at: target, as: .ben),
                .no(
                    403, "The token belongs to another user", "for somebody else", at: target, as: .ben,
                    .json(#"{"username":"$ana"}"#)),
                .no(404, "\(what) not found", "none", at: share + "/posts/999999999/\(verb)", as: .ben),
                .no(404, "User not found", "for nobody", at: target, as: .ben, .json(#"{"username":"$new"}"#)),
            ], RouteCase.noToken(at: target, .json(#"{"username":"$ben"}"#)))
    }

    private static let likes = [
        likes(
            "likePost", of: "Post", at: "$post", done: "Post liked successfully", again: "Post already liked by user"),
        likes(
            "unlikePost", of: "Post", at: "$post", done: "Post unliked successfully", again: "Post not liked by user",
            first: [.ok("a like before", at: "POST " + thread + "/likePost", as: .ben)]),
        likes(
            "likeComment", of: "Comment", at: "$comment", done: "Comment liked successfully",
            again: "Comment already liked by user"),
        likes(
            "unlikeComment", of: "Comment", at: "$longComment", done: "Comment unliked successfully",
            again: "Comment not liked by user",
            first: [.ok("a like before", at: "POST " + share + "/posts/$comment/likeComment", as: .ben)]),
        RouteCases(
            "POST /api/users/share/posts/{postId}/ifLikedPost",
            [
                .ok(
                    "not yet", at: thread + "/ifLikedPost", .json(#"{"username":"$ben"}"#),
                    says: "Post not liked by user", has: ["liked"]),
                .ok("a like", at: "POST " + thread + "/likePost", as: .ben),
                .ok(
                    "now", at: thread + "/ifLikedPost", .json(#"{"username":"$ben"}"#), says: "Post liked by user",
                    has: ["liked"]),
                .no(400, "username is required.", "nobody is named", at: thread + "/ifLikedPost"),
                .no(404, "User not found", "nobody", at: thread + "/ifLikedPost", .json(#"{"username":"$new"}"#)),
                .no(
                    404, "Post not found", "none", at: share + "/posts/999999999/ifLikedPost",
                    .json(#"{"username":"$ben"}"#)),
            ]),
        RouteCases(
            "GET /api/users/share/posts/{postId}/ifLikedPost",
            [
                .ok("by name", at: thread + "/ifLikedPost?username=$ben", has: ["liked"]),
                .ok("by token", at: thread + "/ifLikedPost", as: .ben, has: ["liked"]),
                .no(404, "User not found", "nobody", at: thread + "/ifLikedPost?username=$new"),
            ]),
    ]

    // MARK: - The rest

    private static let chat = [
        RouteCases("GET /api/chat/test", [.ok("there is a coach", has: ["message", "apiKeySet"])]),
        RouteCases(
            "POST /api/chat",
            [
                .ok(
                    "a question", as: .ana, .json(#"{"messages":[{"role":"user","content":"How do I warm up?"}]}"#),
                    has: ["choices.0.message.content"]),
                .no(400, "Messages must be an array", "none", as: .ana, .json(#"{"messages":"hello"}"#)),
                .no(
                    400, "Each message must have a role and a content.", "half of one", as: .ana,
                    .json(#"{"messages":[{"role":"user"}]}"#)),
            ], RouteCase.noToken(.json(#"{"messages":[]}"#))),
    ]

    private static let wiping = [
        ("/api/users/deleteAll", "All users deleted"), ("/api/users/posts/deleteAll", "All posts deleted"),
        ("/api/posts/deleteAll", "All posts deleted"), ("/api/runRoom/deleteAll", "All rooms deleted"),
    ].map { path, done in
        RouteCases(
            "DELETE \(path)", RouteCase.noToken(),
            [
                .no(403, "You may not do this", "an ordinary user", as: .ana),
                .ok("an administrator", as: .root, says: done, has: ["success", "deletedCount"], on: .own),
            ])
    }

    private static let operations = [
        RouteCases("GET /", [.ok("a line")]), RouteCases("GET /healthz", [.ok("it lives")]),
        RouteCases("GET /readyz", [.ok("the database answers")]), RouteCases("GET /metrics", [.ok("numbers")]),
        RouteCases("GET /openapi.json", [.ok("the description", has: ["openapi", "paths"])]),
        RouteCases("GET /docs", [.ok("a page")]),
    ]
}
