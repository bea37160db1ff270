import HTTPTypes
import Services

extension Operation {
    private static let group = "Leaf: users of a video site"
    private static let email = Schema.text("ana@example.org", upTo: 254)
    private static let code = Schema.text("123456", describing: "The six digits that were mailed.")
    private static let newPassword: JSONValue = ["type": "string", "minLength": 6, "maxLength": 128]
    private static let id: JSONValue = ["type": "integer", "minimum": 1]
    private static let done = leafAnswer(["type": "null"])
    private static let tokens = leafAnswer(
        Schema.object(["access_token": Schema.text, "refresh_token": Schema.text, "token": Schema.text]))
    private static let userList = leafAnswer(
        Schema.object(["total": Schema.count, "users": Schema.array(of: Schema.named("LeafUser"))]))
    private static let paging = [
        Parameter(name: "page", schema: Schema.text, description: "From 1, which is also what anything else means."),
        Parameter(name: "page_size", schema: Schema.text, description: "15 if it is not given, 30 at most."),
    ]
    private static let noSuchImage = [404: "There is no such picture."]

    private static func leafAnswer(_ data: JSONValue) -> Answer {
        .json(
            Schema.object(["code": ["const": 200], "data": data, "msg": Schema.constant("ok")]),
            "What happened is in `code`: 200, or one of a refusal.")
    }

    /// What the routes of the folder `Leaf` have.
    static let leaf: [Operation] = leafAccounts + leafProfiles + leafManagement + leafPictures

    private static let leafAccounts: [Operation] = [
        Operation(
            .post, "/api/v1/user/register", group, "Register by mail", description: "The name is made up.",
            body: .json(
                Schema.object(["email": email, "password": newPassword, "code": code]),
                example: ["email": "ana@example.org", "password": "secret", "code": "123456"]), answers: done),
        Operation(
            .post, "/api/v1/user/login", group, "Log in by password",
            description: "After three failures for an address nobody comes in for half an hour: code -1.",
            body: .json(
                Schema.object(["email": email, "password": password]),
                example: ["email": "ana@example.org", "password": "secret"]), answers: tokens),
        Operation(
            .post, "/api/v1/user/login/email", group, "Log in by mailed code",
            body: .json(
                Schema.object(["email": email, "code": code]),
                example: ["email": "ana@example.org", "code": "123456"]), answers: tokens),
        Operation(
            .post, "/api/v1/user/code/email", group, "Have a code mailed",
            description: "Six digits, good for ten minutes, five tries and one use.",
            body: .json(Schema.object(["email": email]), example: ["email": "ana@example.org"]), answers: done),
        Operation(
            .get, "/api/v1/user/resetpwd/check", group, "Begin to replace a password",
            query: [
                Parameter(name: "eamil", schema: Schema.text, description: "The address."),
                Parameter(name: "email", schema: Schema.text, description: "The same, as it should be spelt."),
            ], answers: done),
        Operation(
            .post, "/api/v1/user/pwd/modify", group, "Replace a password",
            description: "Within half an hour of the check. All tokens of the account end.",
            body: .json(
                Schema.object(["email": email, "password": newPassword, "code": code]),
                example: ["email": "ana@example.org", "password": "secret", "code": "123456"]), answers: done),
        Operation(
            .get, "/api/v1/user/token/refresh", group, "Exchange a refresh token", access: .token,
            answers: leafAnswer(Schema.object(["token": Schema.text]))),
        Operation(
            .get, "/api/v1/captcha/get", group, "A slider to solve",
            description: "Only where the server wants it: otherwise this route is not there.",
            query: [Parameter(name: "email", schema: Schema.text, description: "The address that it is for.")],
            answers: leafAnswer(
                Schema.object([
                    "slider_captcha": Schema.object([
                        "slider_img": Schema.text, "bg_img": Schema.text, "y": Schema.count,
                    ])
                ]))),
        Operation(
            .post, "/api/v1/captcha/validate", group, "Solve a slider", description: "Within three pixels.",
            body: .json(
                Schema.object(["email": email, "x": Schema.integer]),
                example: ["email": "ana@example.org", "x": 120]), answers: done),
    ]

    private static let leafProfiles: [Operation] = [
        Operation(
            .get, "/api/v1/user/info/other", group, "A user by number",
            query: [Parameter(name: "uid", schema: Schema.integer, description: "The number.")],
            answers: leafAnswer(Schema.object(["user": Schema.named("LeafUser")]))),
        Operation(
            .get, "/api/v1/user/uid", group, "The number of a name; 0 for one that nobody has",
            query: [Parameter(name: "name", schema: Schema.text, description: "The name.")],
            answers: leafAnswer(Schema.object(["uid": Schema.count]))),
        Operation(
            .get, "/api/v1/user/info/get", group, "One's own profile", access: .token,
            answers: leafAnswer(Schema.object(["user_info": Schema.named("LeafUser")]))),
        Operation(
            .post, "/api/v1/user/info/modify", group, "Change one's profile", access: .token,
            body: .json(
                Schema.object(
                    [
                        "name": Schema.text("ana", upTo: 30), "avatar": Schema.text, "birthday": Schema.text,
                        "gender": ["type": "integer", "minimum": 0, "maximum": 2],
                        "sign": ["type": "string", "maxLength": 50],
                    ], optional: ["avatar", "birthday", "gender", "sign"]),
                example: ["name": "ana", "avatar": "", "birthday": "1990-05-17", "gender": 2, "sign": "跑步"]),
            answers: done),
        Operation(
            .post, "/api/v1/user/cover/modify", group, "Change the picture above one's page", access: .token,
            body: .json(Schema.object(["spacecover": Schema.text]), example: ["spacecover": ""]), answers: done),
    ]

    private static let leafManagement: [Operation] = [
        Operation(
            .get, "/api/v1/user/manage/list", group, "All users, for administrators", access: .token, query: paging,
            answers: userList),
        Operation(
            .get, "/api/v1/user/manage/search", group, "Users by number, name or address, for administrators",
            access: .token,
            query: [Parameter(name: "keyword", schema: Schema.text, description: "All of what is looked for.")]
                + paging,
            answers: userList),
        Operation(
            .get, "/api/v1/user/manage/{search}", group, "The same, spelt search&keyword=… as in the document",
            access: .token, answers: userList),
        Operation(
            .post, "/api/v1/user/manage/modify", group, "Change a user of a lower role, or oneself", access: .token,
            body: .json(
                Schema.object(
                    [
                        "id": id, "name": Schema.text("ana", upTo: 30), "email": email,
                        "sign": ["type": "string", "maxLength": 50],
                    ], optional: ["sign"]),
                example: ["id": 1, "name": "ana", "email": "ana@example.org", "sign": ""]), answers: done),
        Operation(
            .post, "/api/v1/user/manage/role/modify", group, "Change another's role, for roots", access: .token,
            body: .json(
                Schema.object(["id": id, "role": ["type": "integer", "minimum": 0, "maximum": 3]]),
                example: ["id": 1, "role": 1]), answers: done),
        Operation(
            .post, "/api/v1/user/manage/delete", group, "Delete a user of a lower role, everywhere", access: .token,
            body: .json(Schema.object(["id": id]), example: ["id": 1]), answers: done),
    ]

    private static let leafPictures: [Operation] = [
        Operation(
            .post, "/api/v1/upload/image", group, "Upload a picture for one's profile",
            description: "Good for 20 minutes, for who uploaded it.", access: .token,
            body: .form(Schema.object(["image": Schema.file])),
            answers: leafAnswer(Schema.object(["url": Schema.text]))),
        Operation(
            .get, "/api/v1/upload/image/{id}", group, "A picture", answers: .picture("The picture."), .part,
            .notModified, refusals: noSuchImage.merging([416: "The picture has no such part."]) { $1 }),
    ]
}
