import Foundation
import TestKit
import Testing

/// One request to a route, and what is to come back.
///
/// Targets and bodies are text in which `$ana`, `$post` and the like stand for what a ``RouteWorld`` has.
struct RouteCase: Sendable {
    /// Whose token goes with it.
    enum Token: Sendable {
        case none, ana, ben, cyd, root
        /// Ana's, of the kind that is exchanged for others.
        case refresh
        /// Looks like one, and is nobody's.
        case foreign
        case malformed
    }

    enum Body: Sendable {
        case none
        case json(String)
        case form([String: String], files: [(field: String, content: [UInt8])])
    }

    var what: String
    var status: Int
    /// Where it goes, the pattern itself if nil; with another method in front for a route that prepares the next case.
    var target: String?
    var token: Token
    var headers: [(name: String, value: String)]
    var body: Body
    /// What `message` or `error` says.
    var says: String?
    /// Members that the answer must have, a dot for each step inward; a number is a place in a list.
    var has: [String]
    var stage: RouteWorld.Stage

    /// It goes to another route than the one whose cases these are.
    var isElsewhere: Bool { target?.contains(" ") ?? false }

    /// A request that is carried out.
    static func ok(
        _ what: String, gives status: Int = 200, at target: String? = nil, as token: Token = .none,
        headers: [(name: String, value: String)] = [], _ body: Body = .none, says: String? = nil, has: [String] = [],
        on stage: RouteWorld.Stage = .usual
    ) -> RouteCase {
        RouteCase(
            what: what, status: status, target: target, token: token, headers: headers, body: body, says: says,
            has: has, stage: stage)
    }

    /// A request that is refused.
    static func no(
        _ status: Int, _ says: String? = nil, _ what: String, at target: String? = nil, as token: Token = .none,
        headers: [(name: String, value: String)] = [], _ body: Body = .none, on stage: RouteWorld.Stage = .usual
    ) -> RouteCase {
        RouteCase(
            what: what, status: status, target: target, token: token, headers: headers, body: body, says: says,
            has: [], stage: stage)
    }

    /// What every route does that wants the token of somebody whom the request names: refuses none, and a wrong one.
    static func noToken(at target: String? = nil, _ body: Body = .none) -> [RouteCase] {
        [
            .no(401, "No token provided", "without a token", at: target, body),
            .no(403, "Token is invalid or has expired", "with a foreign token", at: target, as: .foreign, body),
            .no(403, "Token is invalid or has expired", "with a malformed token", at: target, as: .malformed, body),
        ]
    }
}

/// A route with its cases.
struct RouteCases: Sendable, CustomTestStringConvertible {
    let method: String
    let pattern: String
    let cases: [RouteCase]

    init(_ route: String, _ cases: [RouteCase]...) {
        let words = route.split(separator: " ").map(String.init)
        method = words[0]
        pattern = words[1]
        self.cases = cases.flatMap { $0 }
    }

    var name: String { "\(method) \(pattern)" }

    /// Whether it is a route of the running app, or of no world at all.
    var isApp: Bool { !RouteTable.others.contains { $0.name == name } }

    var needsHumanCheck: Bool { cases.contains { $0.stage == .humanCheck } }

    /// Whether what it did once cannot be done again.
    var isSpent: Bool { RouteTable.spent.contains(name) }

    /// Of the form that it takes.
    var fileField: String? {
        for case .form(_, let files) in cases.map(\.body) { if let file = files.first { return file.field } }
        return nil
    }

    var testDescription: String { name }
}

/// People, posts, a room and the rest on a running server, made anew for whoever asks, so that no case sees another's.
struct RouteWorld: Sendable {
    /// What kind of server a case needs.
    enum Stage: Hashable, Sendable {
        case usual
        /// Rooms are readable with a password or a token only.
        case closedRooms
        /// A room takes two runners.
        case smallRooms
        /// Shared with nobody: the case wipes it.
        case own
        /// Nobody gets a code by mail unseen; shared with nobody.
        case humanCheck

        var flags: [String] {
            switch self {
            case .usual: []
            case .own: ["--max-video", "5MiB"]
            case .humanCheck: ["--captcha", "on"]
            case .closedRooms: ["--open-rooms", "off"]
            case .smallRooms: ["--room-capacity", "2"]
            }
        }
    }

    let server: ServerProcess
    private var names: [String: String] = [:]
    private var tokens: [String: String] = [:]

    /// Registers ana, ben and cyd; ana has a post, a record, a picture and a room with ben in it, and ben has commented.
    init(on stage: Stage) async throws { try await self.init(on: try await Self.server(stage)) }

    /// Makes them on a server that ``server(_:)`` has made.
    init(on server: ServerProcess) async throws {
        self.server = server
        for stem in ["ana", "ben", "cyd"] {
            let person = try await REST.registered(stem, port: server.port)
            names[stem] = person.username
            tokens[stem] = person.token
        }
        names["new"] = REST.newName("new")
        names["root"] = "root"
        names["disabled"] = "dora"
        let root = try await REST(port: server.port).post(
            "/api/users/login", ["username": "root", "password": "root secret"])
        tokens["root"] = root["token"] as? String
        try await fill()
    }

    /// Makes what the cases of a route of another world mention, and nothing else.
    init(on server: ServerProcess, mentionedBy route: RouteCases) async throws {
        self.server = server
        for routeCase in route.cases {
            if case .refresh = routeCase.token { try await provide("refresh") }
            if case .root = routeCase.token { try await provide("root") }
            for name in (["ana"] + Self.names(in: routeCase)) { try await provide(name) }
        }
    }

    /// The names in a case, in the order of their places.
    private static func names(in routeCase: RouteCase) -> [String] {
        var text = routeCase.target ?? ""
        if case .json(let body) = routeCase.body { text += body }
        return text.split(separator: "$", omittingEmptySubsequences: false).dropFirst()
            .map { String($0.prefix { $0.isLetter }) }
    }

    private mutating func provide(_ name: String) async throws {
        if names[name] != nil { return }
        let rest = REST(port: server.port), client = WorldClient(port: server.port)
        func have(_ name: String) async throws -> String {
            try await provide(name)
            return names[name] ?? ""
        }
        let value: Any?
        switch name {
        case "ana", "ben":
            let person = try await REST.registered(name, port: server.port)
            tokens[name] = person.token
            value = person.username
        case "root":
            tokens[name] =
                try await rest.post("/api/users/login", ["username": name, "password": "root secret"])["token"]
                as? String
            value = name
        case "anaToken", "benToken":
            value = try await have(String(name.prefix(3))).isEmpty ? nil : tokens[String(name.prefix(3))]
        case "lambo":
            // By MD5.
            let username = REST.newName(name)
            let form = #"{"username":"\#(username)","password":"5ebe2294ecd0e0f08eab7690d2a6ee69"}"#
            value = try await client.send("POST", "/register", json: form).int("code") == 0 ? username : nil
        case "new": value = REST.newName(name)
        case "newEmail": value = try await have("new") + "@example.org"
        case "refresh":
            let login = try await rest.send("POST", "/users/login?username=\(have("ana"))&password=secret")
            tokens[name] = login.text("refresh_token")?.replacing("Bearer ", with: "")
            value = tokens[name]
        case "anaID", "benID":
            value = try await rest.get("/douyin/user?token=\(have(name.prefix(3) + "Token"))").int("user", "id")
        case "anaNumber", "benNumber":
            value = try await rest.get("/api/v1/user/uid?name=\(have(String(name.prefix(3))))").int("data", "uid")
        case "email":
            let address = try await have("ana") + "@example.org", number = try await have("anaNumber")
            try await provide("root")
            let edit = #"{"id":\#(number),"name":"\#(names["ana"] ?? "")","email":"\#(address)"}"#
            let edited = try await client.send(
                "POST", "/api/v1/user/manage/modify", json: edit, authorization: tokens["root"])
            value = edited.int("code") == 200 ? address : nil
        case "code":
            // For the one address that is mentioned before it.
            let address = names["newEmail"] ?? names["email"] ?? ""
            _ = try await rest.post("/api/v1/user/code/email", ["email": address])
            value = try await server.code(for: address)
        case "picture":
            let uploaded = try await client.send(
                "POST", "/api/v1/upload/image", form: Multipart(file: ("image", "a.png", Data(Picture.png))),
                authorization: have("anaToken"))
            value = uploaded.text("data", "url")?.split(separator: "/").last
        case "post":
            let written = try await client.send(
                "POST", "/articles/editor?title=T&content=C&create_time=now",
                authorization: "Bearer \(have("anaToken"))")
            value = written.int("data", "id")
        case "clip":
            let published = try await rest.post(
                "/douyin/publish/actionUrl", ["token": have("anaToken"), "title": "T", "url": "http://a.example/b"])
            value = published.int("vid")
        case "film":
            let form = Multipart(
                ["token": try await have("anaToken"), "title": "T"], file: ("data", "v", video(bytes: 500)))
            value = try await client.send("POST", "/douyin/publish/action", form: form).int("vid")
        case "benPerson":
            try await provide("root")
            let found = try await client.send(
                "GET", "/v1/admin/people?search=\(have("ben"))&limit=1",
                authorization: "Bearer \(tokens["root"] ?? "")")
            value = found.value("people", 0, "id")
        case "report":
            try await provide("root")
            let body = Data(#"{"reason":"other"}"#.utf8)
            _ = try await client.send(
                "POST", "/v1/people/\(have("ben"))/report", body, authorization: "Bearer \(have("anaToken"))")
            let found = try await client.send(
                "GET", "/v1/admin/reports?limit=1", authorization: "Bearer \(tokens["root"] ?? "")")
            value = found.value("reports", 0, "id")
        case "club", "clubLink", "clubLinkID", "remark", "run", "way", "phone", "phonePath", "zone", "alarm":
            let authorization = try await "Bearer " + have("anaToken")
            value = try await client.houseThing(name, authorization: authorization) { try await have($0) }
        default: value = nil
        }
        guard let value else { throw Phone.Missing(description: "value of $\(name)") }
        names[name] = "\(value)"
    }

    private mutating func fill() async throws {
        func made(_ body: RouteCase.Body, _ target: String, as token: RouteCase.Token) async throws -> [String: Any] {
            let answer = try await Caller(port: server.port).send(
                request(RouteCases("POST \(target)"), RouteCase.ok("", as: token, body)))
            guard (200..<300).contains(answer.status) else {
                throw Phone.Missing(description: "\(target): \(answer)")
            }
            return answer.json
        }
        let posts = "/api/users/share/posts"
        let post = try await made(.json(#"{"title":"Sunday","content":"Ten kilometres."}"#), posts, as: .ana)["post"]
        names["post"] = ((post as? [String: Any])?["postId"] as? Int).map { "\($0)" }
        names["longPost"] = (post as? [String: Any])?["_id"] as? String
        let comment = try await made(.json(#"{"content":"Well done!"}"#), posts + "/$post/comments", as: .ben)[
            "comment"]
        names["comment"] = ((comment as? [String: Any])?["commentId"] as? Int).map { "\($0)" }
        names["longComment"] = (comment as? [String: Any])?["_id"] as? String
        let record = #"{"runRecord":{"meters":5000,"seconds":1500,"markers":[{"latitude":1,"longitude":2,"id":1}]}}"#
        _ = try await made(.json(record), "/api/users/run/record", as: .ana)
        names["image"] =
            try await made(.form([:], files: [("image", Picture.gif)]), posts + "/image", as: .ana)["imageId"]
            as? String
        _ = try await made(
            .form([:], files: [("profilePicture", Picture.png)]), "/api/users/update/profilepic", as: .ana)
        names["room"] = REST.newName("room")
        _ = try await made(.json(#"{"runID":"$room","password":"pw"}"#), "/api/runRoom/create", as: .none)
        for who in ["ana", "ben"] {
            _ = try await made(
                .json(#"{"runID":"$room","password":"pw","username":"$\#(who)"}"#), "/api/runRoom/join", as: .none)
        }
    }

    /// A case as it goes over the wire.
    func request(_ route: RouteCases, _ routeCase: RouteCase) throws -> Caller.Request {
        let words = (routeCase.target ?? route.pattern).split(separator: " ").map(String.init)
        let (method, target) = words.count == 2 ? (words[0], words[1]) : (route.method, words[0])
        var request = Caller.Request(method, try filled(target), headers: routeCase.headers)
        switch routeCase.token {
        case .none: break
        case .ana, .ben, .cyd, .root, .refresh:
            request.headers.append(("Authorization", "Bearer \(tokens["\(routeCase.token)"] ?? "")"))
        case .foreign: request.headers.append(("Authorization", "Bearer \(String(repeating: "A", count: 43))"))
        case .malformed: request.headers.append(("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30."))
        }
        switch routeCase.body {
        case .none: break
        case .json(let text):
            request.headers.append(("Content-Type", "application/json"))
            request.body = Array(try filled(text).utf8)
        case .form(let fields, let files):
            var form = MultipartBody()
            for (name, value) in fields.sorted(by: { $0.key < $1.key }) { form.field(name, try filled(value)) }
            for file in files { form.file(file.field, file.content) }
            request.headers.append(("Content-Type", MultipartBody().contentType))
            request.body = form.whole
        }
        return request
    }

    /// The text with what its `$names` stand for.
    func filled(_ text: String) throws -> String {
        var filled = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            let name = rest[rest.index(after: dollar)...].prefix { $0.isLetter }
            guard let value = names[String(name)] else { throw Phone.Missing(description: "value of $\(name)") }
            filled += rest[..<dollar] + value
            rest = rest[name.endIndex...]
        }
        return filled + rest
    }

    // MARK: - Servers

    static func server(_ stage: Stage) async throws -> ServerProcess {
        // These are asked what they have logged.
        if [.own, .humanCheck].contains(stage) { return try await start(stage, ["--log-level", "debug"]) }
        return try await ServerProcess.shared("for routes, \(stage)") { try await start(stage) }
    }

    /// With an administrator, and with an account that is disabled.
    private static func start(_ stage: Stage, _ flags: [String] = []) async throws -> ServerProcess {
        let directory = ServerProcess.makeDirectory()
        let workshop = try Workshop()
        let password = try workshop.file("password", holding: "root secret\n")
        for command in [
            ["create", "--username", "root", "--role", "root", "--password-file", password],
            ["create", "--username", "dora", "--role", "admin", "--password-file", password],
            ["disable", "--username", "dora"],
        ] {
            let done = try await RunningProgram.run(
                ServerProcess.executable, ["admin"] + command + ["--data", directory])
            guard done.ending == .exit(0) else { throw Phone.Missing(description: done.errors) }
        }
        return try await ServerProcess.start(stage.flags + flags, in: directory)
    }
}

extension WorldClient {
    /// Makes one of the things of `/v1` that cases mention, and says what it is called.
    fileprivate func houseThing(
        _ name: String, authorization: String, having have: (String) async throws -> String
    ) async throws -> String? {
        switch name {
        case "club":
            return try await send("POST", "/v1/rooms", json: #"{"name":"Club"}"#, authorization: authorization)
                .text("runID")
        case "clubLink", "clubLinkID":
            let made = try await send(
                "POST", "/v1/rooms/\(have("club"))/links", json: #"{"role":"runner"}"#, authorization: authorization)
            return made.text(name == "clubLink" ? "link" : "id")
        case "phone", "phonePath":
            let made = try await send(
                "POST", "/v1/devices", json: #"{"app":"traccar","runID":"\#(have("club"))"}"#,
                authorization: authorization)
            let path = made.text("address").flatMap { $0.firstRange(of: "/bridge").map { $0.lowerBound } }
            guard name == "phonePath", let address = made.text("address"), let path else { return made.text("id") }
            return String(address[path...])
        case "zone":
            return try await send(
                "POST", "/v1/me/zones", json: #"{"latitude":-50,"longitude":180,"radius":300}"#,
                authorization: authorization
            ).text("id")
        case "alarm":
            return try await send("POST", "/v1/alarms", json: "{}", authorization: authorization).text("id")
        case "remark":
            return try await send(
                "POST", "/v1/posts/\(have("post"))/comments", json: #"{"content":"C"}"#, authorization: authorization
            ).text("id")
        case "way":
            let points = (0...4).map { second in
                "<trkpt lat=\"39.\(9000 + second)\" lon=\"116.4\"><time>2024-11-23T08:20:0\(second)Z</time></trkpt>"
            }
            let gpx = "<gpx><trk><trkseg>\(points.joined())</trkseg></trk></gpx>"
            let taken = try await send(
                "POST", "/v1/runs", Data(gpx.utf8), type: "application/gpx+xml", authorization: authorization)
            return taken.value("files", 0, "id") as? String
        default:
            let markers = #"[{"latitude":1,"longitude":2,"id":1}]"#
            let record = #"{"runRecord":{"meters":5000,"seconds":1500,"markers":\#(markers)}}"#
            _ = try await send("POST", "/api/users/run/record", json: record, authorization: authorization)
            let answer = try await send("GET", "/v1/runs?limit=1", authorization: authorization)
            let runs = (answer.json as? [String: Any])?["runs"] as? [[String: Any]]
            return runs?.first?["id"] as? String
        }
    }
}
