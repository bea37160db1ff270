import Foundation
import TestKit
import Testing

/// Every route of the running app's API against a real server, by the lines of ``RouteTable``.
@Suite("Routes", .inTurn)
struct RouteTests {
    @Test("does what its cases say, and refuses in the documented shape", arguments: RouteTable.all)
    func route(_ route: RouteCases) async throws {
        let documented = try await DocumentedAnswers(port: RouteWorld.server(.usual).port)
        var worlds: [RouteWorld.Stage: RouteWorld] = [:]
        for routeCase in route.cases {
            var world = worlds[routeCase.stage]
            if world == nil { world = try await RouteWorld(on: routeCase.stage) }
            guard let world else { return }
            worlds[routeCase.stage] = world
            let answer = try await Caller(port: world.server.port).send(try world.request(route, routeCase))
            let comment = Comment(rawValue: "\(routeCase.what): \(answer)")
            #expect(answer.status == routeCase.status, comment)
            if let says = routeCase.says {
                #expect((answer["message"] ?? answer["error"]) as? String == says, comment)
            }
            for path in routeCase.has { #expect(Self.member(path, of: answer.object) != nil, "\(path), \(comment)") }
            if !routeCase.isElsewhere {
                #expect(documented.fault(answer, route.method, route.pattern) == nil, comment)
            }
        }
        let server = try #require(worlds.values.first).server
        try await refusesWhatIsNoRequest(route, server, documented)
        if let world = worlds[.usual] { try await takesWhatClientsAdd(route, world) }
        #expect(!worlds.values.contains { $0.server.logText.contains(" error ") })
    }

    /// What is refused before the route is asked, and yet in its shape.
    private func refusesWhatIsNoRequest(
        _ route: RouteCases, _ server: ServerProcess, _ documented: DocumentedAnswers
    ) async throws {
        let path = route.pattern.replacing("{", with: "").replacing("}", with: "")
        for (status, target, length) in [
            (400, path + "?x=%zz", "0"), (400, path + "?x=%00", "0"), (400, path + "/%2e%2e/", "0"),
            (413, path, "100000000"), (414, path + "?" + String(repeating: "x", count: 70_000), "0"),
        ] {
            let answer = try await Caller(port: server.port).send(
                Caller.Request(route.method, target, headers: [("Content-Length", length)]))
            #expect(answer.status == status, "\(target.prefix(80)): \(answer)")
            #expect(documented.fault(answer, route.method, route.pattern) == nil, "\(target.prefix(80)): \(answer)")
        }
    }

    /// A slash at the end of any path and a body with a GET, which some clients send, change nothing; and a method that
    /// the route does not have is 404, as it was with the server that the app was written for.
    private func takesWhatClientsAdd(_ route: RouteCases, _ world: RouteWorld) async throws {
        guard route.pattern.hasPrefix("/api/"),
            let plain = route.cases.first(where: { $0.stage == .usual && !$0.isElsewhere })
        else { return }
        var request = try world.request(route, plain)
        let query = request.target.firstIndex(of: "?") ?? request.target.endIndex
        request.target.insert("/", at: query)
        if route.method == "GET" {
            request.headers.append(("Content-Type", "application/json"))
            request.body = Array("{}".utf8)
            let answer = try await Caller(port: world.server.port).send(request)
            #expect(answer.status == plain.status, "with a slash and a body: \(answer)")
        }
        request.method = "PATCH"
        let answer = try await Caller(port: world.server.port).send(request)
        #expect(answer.status == 404, "\(answer)")
        #expect(answer["message"] is String || answer["error"] is String, "\(answer)")
    }

    @Test(
        "each route that is served has cases here: one that succeeds and, of the app's, one for each refusal that it documents"
    )
    func completeness() async throws {
        let world = try await RouteWorld(on: .usual)
        let documented = try await DocumentedAnswers(port: world.server.port)
        let named = (RouteTable.all + RouteTable.others).map(\.name)
        #expect(Set(named).count == named.count, "each has one list of cases")
        #expect(Set(named).symmetricDifference(documented.routes).sorted() == [])

        // Those that every route has are tried on each, or are not the route's: a slow, a full, a failing server.
        let common: Set<Int> = [408, 413, 414, 431, 500, 503, 507]
        for route in RouteTable.all {
            let tried = Set(route.cases.map(\.status))
            let wanted = documented.statuses(route.method, route.pattern).subtracting(common).subtracting([400, 429])
            #expect(wanted.subtracting(tried).sorted() == [], "\(route.name) answers these, and no case does")
        }
    }

    @Test("the 37 routes of the app's document are all among them")
    func document() {
        let document = """
            GET /api/users, POST /api/users, POST /api/users/login, GET /api/users/{id}, PUT /api/users/update,
            DELETE /api/users/delete, PUT /api/users/update/nickname, POST /api/users/update/profilepic,
            GET /api/users/profilepic/{username}, PUT /api/users/run/data, GET /api/users/run/data/{username},
            POST /api/users/run/record, GET /api/users/run/records/{username}, GET /api/users/run/records/{username}/{id},
            DELETE /api/users/run/records/{username}/{id}, GET /api/runRoom/all, GET /api/runRoom/{runID},
            POST /api/runRoom/create, POST /api/runRoom/join, POST /api/runRoom/leave, DELETE /api/runRoom/delete,
            POST /api/runRoom/update, POST /api/users/share/posts, GET /api/users/share/posts,
            GET /api/users/share/posts/{postId}, PUT /api/users/share/posts/{postId},
            DELETE /api/users/share/posts/{postId}, GET /api/users/share/{username}/posts,
            POST /api/users/share/posts/{postId}/comments, GET /api/users/share/posts/{postId}/comments,
            DELETE /api/users/share/comments/{commentId}, POST /api/users/share/posts/{postId}/likePost,
            POST /api/users/share/posts/{postId}/unlikePost, POST /api/users/share/posts/{postId}/ifLikedPost,
            POST /api/users/share/posts/{commentId}/likeComment, POST /api/users/share/posts/{commentId}/unlikeComment,
            DELETE /api/posts/deleteAll
            """
        let routes = document.split(separator: ",").map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
        #expect(routes.count == 37)
        #expect(Set(routes).subtracting(RouteTable.all.map(\.name)).sorted() == [])
    }

    @Test("guesses of a room's password and an account's changes are 429 with Retry-After, in the documented shape")
    func limits() async throws {
        // These no route declares; what routes declare is sent to each of them by the matrix of refusals.
        let limits = ["room-guesses": 1, "account-changes": 3]
        // The last flag of a name counts; one every hundred minutes comes back.
        let flags = limits.flatMap { ["--limit-\($0)", "\($1):0.01"] }
        let server = try await ServerProcess.start(["--rate-limits", "on"] + flags)
        let documented = try await DocumentedAnswers(port: server.port)
        let ana = try await REST.registered("ana", port: server.port)
        _ = try await REST(port: server.port).post("/api/runRoom/create", ["runID": "1", "password": "1"])
        let guess = Array(#"{"runID":"1","password":"2","username":"\#(ana.username)","meters":1}"#.utf8)
        let cases: [(String, [(name: String, value: String)], [UInt8])] = [
            ("POST /api/runRoom/join", [], guess), ("POST /api/runRoom/update", [], guess),
            ("POST /api/runRoom/start", [], guess), ("POST /api/runRoom/leave", [], guess),
            ("DELETE /api/runRoom/delete", [], guess),
            (
                "PUT /api/users/update/nickname", [("Authorization", "Bearer \(ana.token ?? "")")],
                Array(#"{"nickname":"A"}"#.utf8)
            ),
        ]
        for (route, headers, body) in cases {
            let words = route.split(separator: " ").map(String.init)
            let request = Caller.Request(words[0], words[1], headers: headers, body: body)
            var answer = try await Caller(port: server.port).send(request)
            for _ in 0..<3 where answer.status != 429 { answer = try await Caller(port: server.port).send(request) }
            #expect(answer.status == 429, "\(route): \(answer)")
            #expect(answer.head.headers["retry-after"].flatMap { Int($0) } ?? 0 > 0, "\(route)")
            #expect(documented.fault(answer, words[0], words[1]) == nil, "\(route): \(answer)")
        }
    }

    /// What is at the end of steps inward.
    private static func member(_ path: String, of object: Any?) -> Any? {
        path.split(separator: ".").reduce(object) { inner, step in
            if let list = inner as? [Any], let index = Int(step) {
                return list.indices.contains(index) ? list[index] : nil
            }
            return (inner as? [String: Any])?[String(step)]
        }
    }
}
