import Foundation
import GRDB
import TestKit
import Testing

/// What no good client sends, to every route of every world.
@Suite("Hostile input", .inTurn)
struct HostileInputTests {
    /// Tokens that a route does not take for one of its own.
    private struct Strangers {
        var expired: String
        var access: String
        var refresh: String

        /// One that has expired, one of the other kind, and one that is nobody's.
        func tokens(for seed: RouteCase) -> [String] {
            [expired, seed.token == .refresh ? access : refresh, String(repeating: "A", count: 43)]
        }
    }

    @Test(
        "whatever comes to whatever route of any world is refused in its shape, logged, and costs the server nothing that stays",
        arguments: [RouteWorld.Stage.own, .humanCheck])
    func sweep(stage: RouteWorld.Stage) async throws {
        let server = try await RouteWorld.server(stage)
        let documented = try await DocumentedAnswers(port: server.port)
        let strangers = try await strangers(on: server)
        let app = RouteTable.all.filter { $0.pattern.hasPrefix("/api/") }
        let targets = (app + RouteTable.others).filter { $0.needsHumanCheck == (stage == .humanCheck) }
        try await warmUp(server)
        let begun = ContinuousClock.now
        let (descriptors, memory) = (try server.descriptors(), try server.residentBytes())
        let before = refusals(of: server)
        let sums = try await withThrowingTaskGroup(of: (sent: Int, refused: Int).self) { group in
            var routes = targets.makeIterator()
            func addNext() {
                guard let route = routes.next() else { return }
                group.addTask { try await attack(route, on: server, documented, strangers) }
            }
            for _ in 0..<3 { addNext() }
            var sums = (sent: 0, refused: 0)
            while let done = try await group.next() {
                sums = (sums.sent + done.sent, sums.refused + done.refused)
                addNext()
            }
            return sums
        }
        try await eventually("\(sums.refused) lines, not \(refusals(of: server) - before)") {
            refusals(of: server) == before + sums.refused
        }
        let incidents = incidents(of: server)
        // All come from one address. A line a minute of each kind, and one for the minute that has begun.
        let minutes = Int(begun.duration(to: .now) / .seconds(60)) + 1
        #expect(incidents.count >= targets.count, "\(incidents)")
        #expect(incidents.values.allSatisfy { $0 <= minutes }, "\(incidents)")
        #expect(sums.sent > 60 * targets.count)
        #expect(!server.hasEnded)
        try await eventually("as few descriptors as before: \(descriptors)") {
            try server.descriptors() <= descriptors
        }
        // Nobody reads or writes any more: the whole of the database's log can be taken over into it.
        try await eventually("a database that nobody is at") { try await isIdle(databaseFile(of: server)) }
        // What has been sent is some hundred megabytes; what the heap keeps of that for the next time is a fraction.
        let grown = try server.residentBytes() - memory
        #expect(grown < (ServerProcess.isSanitized ? 256 : 64) << 20, "\(grown >> 20) MiB")
        for folder in ["/media/incoming", "/uploads"] {
            try await eventually("folder without an upload that is not left half in \(folder)") {
                // The one is made for the first picture.
                let path = server.directory + folder
                return try !FileManager.default.fileExists(atPath: path)
                    || FileManager.default.contentsOfDirectory(atPath: path) == []
            }
        }
        #expect(!server.logText.contains(" error ") && !server.logText.contains("secret"))
        // It still takes and stores.
        _ = try await RouteWorld(on: server)
        #expect(try await server.terminate() == .exit(0))
        let checked = try await Workshop.runroom("check", "--data", server.directory)
        #expect(checked.ending == .exit(0), "\(checked.output)")
    }

    @Test("SQL and HTML are text like any other: stored, told and shown as they came, and nothing is done with them")
    func text() async throws {
        let server = try await ServerProcess.shared()
        let ana = try await REST.registered("ana", port: server.port)
        for text in [
            "'; DROP TABLE accounts; --", "Robert'); DELETE FROM posts;--", "\" OR \"\"=\"", "$1 ?1 :name @x %s %n {}",
            "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt; &amp; ]]>", "\\u0041 \\n \\\\",
        ] {
            let named = try await ana.call("PUT", "/api/users/update/nickname", ["nickname": text])
            #expect((named["user"] as? [String: Any])?["nickname"] as? String == text)
            let made = try await ana.post("/api/users/share/posts", ["title": text, "content": text])
            let number = try #require((made["post"] as? [String: Any])?["postId"] as? Int)
            let path = "/api/users/share/posts/\(number)"
            #expect(try await ana.post(path + "/comments", ["content": text]).status == 200)
            let read = try await REST(port: server.port).get(path)
            let post = try #require(read["post"] as? [String: Any])
            #expect(post["title"] as? String == text && post["content"] as? String == text)
            #expect((post["author"] as? [String: Any])?["nickname"] as? String == text)
            #expect((post["comments"] as? [[String: Any]])?.first?["content"] as? String == text)
            #expect(read.headers["content-type"] == "application/json; charset=utf-8")
            #expect(read.headers["x-content-type-options"] == "nosniff")
            let room = REST.newName(text.replacing("/", with: "").replacing(" ", with: ""))
            #expect(try await ana.post("/api/runRoom/create", ["runID": room, "password": text]).status == 201)
            let joined = try await ana.post(
                "/api/runRoom/join", ["runID": room, "password": text, "username": ana.username])
            let runners = (joined["room"] as? [String: Any])?["runners"] as? [[String: Any]]
            #expect(runners?.first?["nickname"] as? String == text)
        }
    }

    /// Sends everything to one route, and at last what is as it should be.
    ///
    /// - Returns: How many requests that were, and how many of them were refused.
    private func attack(
        _ route: RouteCases, on server: ServerProcess, _ documented: DocumentedAnswers, _ strangers: Strangers
    ) async throws -> (sent: Int, refused: Int) {
        let seed = try #require(
            route.cases.first { ($0.stage == .usual || $0.stage == .humanCheck) && !$0.isElsewhere })
        func freshRequest() async throws -> Caller.Request {
            let world =
                route.isApp
                ? try await RouteWorld(on: server) : try await RouteWorld(on: server, mentionedBy: route)
            for step in route.cases where step.isElsewhere && !route.isApp {
                _ = try await Caller(port: server.port).send(try world.request(route, step))
            }
            return try world.request(route, seed)
        }
        var request = try await freshRequest()
        let attacks = Attacks(
            request: request, route: route, required: documented.required(route.method, route.pattern),
            needsToken: documented.needsToken(route.method, route.pattern), strangers: strangers.tokens(for: seed)
        ).all
        let caller = Caller(port: server.port)
        var refused = 0
        for attack in attacks {
            var hostile = request
            attack.change(&hostile)
            let answer: Caller.Answer
            do {
                answer = try await caller.send(hostile)
            } catch {
                Issue.record("\(route.name), \(attack.what): \(error)")
                continue
            }
            var comment: Comment { Comment(rawValue: "\(route.name), \(attack.what): \(answer)") }
            #expect(!answer.isFailure, comment)
            if attack.verdict != .documented { #expect(answer.isRefusal, comment) }
            if attack.verdict == .elsewhere {
                #expect(answer.isRefusal(under: route.pattern), comment)
            } else {
                #expect(documented.fault(answer, route.method, route.pattern) == nil, comment)
            }
            if answer.isRefusal { refused += 1 }
            if !answer.isRefusal, route.isSpent { request = try await freshRequest() }
        }
        request = try await freshRequest()
        try await hangUp(in: request, server)
        let answer = try await caller.send(request)
        #expect(route.isApp || answer.isRefusal == (seed.says != nil), "\(route.name), as it should be: \(answer)")
        if answer.isRefusal { refused += 1 }
        return (attacks.count + 1, refused)
    }

    // MARK: - Around them

    /// Leaves in the middle of a request: nobody is there to be answered.
    private func hangUp(in request: Caller.Request, _ server: ServerProcess) async throws {
        for share in [0.3, 0.6, 0.9] {
            var request = request
            // Large enough to be kept in a file.
            request.headers.append(("Content-Length", "60000"))
            let socket = try RawSocket.connect(port: server.port)
            let bytes = request.bytes + Array(repeating: UInt8(ascii: "x"), count: 60_000)
            try await socket.write(Array(bytes.prefix(Int(Double(bytes.count) * share))))
        }
    }

    /// Has everything open that the server opens once and keeps, such as the readers of the database.
    private func warmUp(_ server: ServerProcess) async throws {
        let rest = REST(port: server.port)
        for _ in 0..<3 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<24 { group.addTask { _ = try await rest.get("/api/users/share/posts") } }
                try await group.waitForAll()
            }
        }
        var known = -1
        try await eventually("a server that has settled") {
            defer { known = (try? server.descriptors()) ?? -1 }
            return try server.descriptors() == known
        }
    }

    /// Has a token that was valid once, and two that are.
    private func strangers(on server: ServerProcess) async throws -> Strangers {
        let eve = try await REST.registered("eve", port: server.port)
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        let database = try DatabaseQueue(path: databaseFile(of: server), configuration: configuration)
        try await database.write { try $0.execute(sql: "UPDATE tokens SET expires_at = 1") }
        try database.close()
        let login = try await REST(port: server.port).send(
            "POST", "/users/login?username=\(eve.username)&password=secret")
        let refresh = try #require(login["refresh_token"] as? String).dropFirst("Bearer ".count)
        let access = try #require(login["access_token"] as? String).dropFirst("Bearer ".count)
        return Strangers(expired: try #require(eve.token), access: String(access), refresh: String(refresh))
    }

    private func databaseFile(of server: ServerProcess) throws -> String {
        let names = try FileManager.default.contentsOfDirectory(atPath: server.directory)
        return server.directory + "/" + (try #require(names.first { $0.hasSuffix(".sqlite") }))
    }

    /// Whether a checkpoint can have all readers and writers wait for it, and so none of them is in the middle of
    /// something.
    private func isIdle(_ file: String) async throws -> Bool {
        let database = try DatabaseQueue(path: file)
        let isBusy = try await database.writeWithoutTransaction {
            try Bool.fetchOne($0, sql: "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try database.close()
        return isBusy == false
    }

    /// How many refused requests the log tells of: mail that was sent is another thing.
    private func refusals(of server: ServerProcess) -> Int {
        server.logText.split(separator: "\n").count { line in
            line.contains(" route=") && [" refusal=", " status=4", " status=5"].contains(where: line.contains)
        }
    }

    /// How many lines there are about each kind of refusal for those who do not look at single requests.
    private func incidents(of server: ServerProcess) -> [Substring: Int] {
        let kinds = server.logText.split(separator: "\n").compactMap { line in
            line.contains(" info ") ? line.firstMatch(of: #/ kind=(.*?) \[/#)?.1 : nil
        }
        return Dictionary(kinds.map { ($0, 1) }, uniquingKeysWith: +)
    }
}
