import Foundation
import GRDB
import Testing

/// What no good client sends, to every route of the running app's API.
@Suite("Hostile input", .inTurn)
struct HostileInputTests {
    /// What must come of a request.
    private enum Verdict {
        /// A refusal of the client.
        case refused
        /// A refusal, or an answer that the route documents: what is hostile to one is text to another.
        case documented
        /// A refusal by whatever route its path leads to.
        case elsewhere
    }

    private struct Attack {
        var what: String
        var request: Caller.Request
        var verdict = Verdict.refused
    }

    @Test(
        "whatever comes to whatever route is refused in its shape, logged in a line, and costs the server nothing that stays"
    )
    func sweep() async throws {
        let server = try await RouteWorld.server(.own)
        let documented = try await DocumentedAnswers(port: server.port)
        let expired = try await expiredToken(on: server)
        try await warmUp(server)
        let (descriptors, memory) = (try server.descriptors(), try server.residentBytes())
        // The system's list of locks is not one moment's, and others' come and go: what it ever shows counts.
        var locks = 0
        try await eventually("the lock on the data directory") {
            for _ in 0..<10 { locks = max(locks, try server.locks()) }
            return locks > 0
        }
        let before = lines(of: server)
        let sums = try await withThrowingTaskGroup(of: (sent: Int, refused: Int).self) { group in
            var routes = RouteTable.all.filter { $0.pattern.hasPrefix("/api/") }.makeIterator()
            func addNext() {
                guard let route = routes.next() else { return }
                group.addTask { try await attack(route, on: server, documented, expired: expired) }
            }
            for _ in 0..<3 { addNext() }
            var sums = (sent: 0, refused: 0)
            while let done = try await group.next() {
                sums = (sums.sent + done.sent, sums.refused + done.refused)
                addNext()
            }
            return sums
        }
        try await eventually("\(sums.refused) lines, not \(lines(of: server) - before)") {
            lines(of: server) == before + sums.refused
        }
        #expect(sums.sent > 3000)
        #expect(!server.hasEnded)
        try await eventually("as few descriptors as before: \(descriptors)") {
            try server.descriptors() <= descriptors
        }
        try await eventually("as few locks as before: \(locks)") { try server.locks() <= locks }
        // What has been sent is some hundred megabytes; what the heap keeps of that for the next time is a fraction.
        let grown = try server.residentBytes() - memory
        #expect(grown < (ServerProcess.isSanitized ? 256 : 64) << 20, "\(grown >> 20) MiB")
        let incoming = server.directory + "/media/incoming"
        #expect(try FileManager.default.contentsOfDirectory(atPath: incoming) == [], "no upload is left half")
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

    /// Sends everything to one route.
    ///
    /// - Returns: How many requests that were, and how many were refused.
    private func attack(
        _ route: RouteCases, on server: ServerProcess, _ documented: DocumentedAnswers, expired: String
    ) async throws -> (sent: Int, refused: Int) {
        let world = try await RouteWorld(on: server)
        let base = try #require(route.cases.first { $0.stage == .usual && !$0.isElsewhere })
        let request = try world.request(route, base)
        let attacks = attacks(on: request, of: route, expired: expired)
        let caller = Caller(port: server.port)
        var refused = 0
        for attack in attacks {
            let answer: Caller.Answer
            do {
                answer = try await caller.send(attack.request)
            } catch {
                Issue.record("\(route.name), \(attack.what): \(error)")
                continue
            }
            let comment = Comment(rawValue: "\(route.name), \(attack.what): \(answer)")
            #expect(answer.status < 500, comment)
            if attack.verdict != .documented { #expect((400..<500).contains(answer.status), comment) }
            if attack.verdict == .elsewhere {
                #expect(answer["message"] is String || answer["error"] is String, comment)
            } else {
                #expect(documented.fault(answer, route.method, route.pattern) == nil, comment)
            }
            if answer.status >= 400 { refused += 1 }
        }
        try await hangUp(in: request, server)
        return (attacks.count, refused)
    }

    // MARK: - Attacks

    private func attacks(on request: Caller.Request, of route: RouteCases, expired: String) -> [Attack] {
        targets(request, route) + tokens(request, route, expired: expired) + framings(request, route)
            + bodies(request, route) + forms(request, route)
    }

    /// Ways to write a path that mean another one, and names that are none.
    private func targets(_ request: Caller.Request, _ route: RouteCases) -> [Attack] {
        let path = String(request.target.prefix { $0 != "?" })
        var attacks = [
            "%00", "%0d%0aX-Y:%20z", "/..", "/../../etc/passwd", "/%2e%2e/%2e%2e/", "/.", "%", "%f", "%ff", "%c0%af",
            "%ed%a0%80", "?x=%ff", "?x=%00", "#x", "/%2F", "//", "/\\..\\..", "\u{7f}",
        ].map { end in
            var tricky = request
            tricky.target = path + end
            return Attack(what: "target …\(end)", request: tricky, verdict: .elsewhere)
        }
        let words = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let names = route.pattern.split(separator: "/", omittingEmptySubsequences: false)
        for (index, name) in names.enumerated() where name.hasPrefix("{") {
            for value in [
                "'%20OR%20'1'='1", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "..%2F..%2Fetc%2Fpasswd", "-1", "0", "1.5",
                "9223372036854775807", "9223372036854775808", "NaN", "%E2%80%AE", "null", "ffffffffffffffffffffffff",
                String(repeating: "x", count: 5000), String(repeating: "%CC%81", count: 2000),
            ] {
                var strange = request
                strange.target = words.enumerated().map { $0.offset == index ? value : $0.element }.joined(
                    separator: "/")
                attacks.append(Attack(what: "\(name) = \(value.prefix(40))", request: strange))
            }
        }
        for (query, verdict) in [
            ("page=0", Verdict.documented), ("page=-1&limit=x", .documented),
            ("page=99999999999999999999", .documented),
            ("crs=bd09", .documented), (String(repeating: "a=b&", count: 16_000), .documented),
        ] {
            var queried = request
            queried.target = path + "?" + query
            attacks.append(Attack(what: "query \(query.prefix(40))", request: queried, verdict: verdict))
        }
        return attacks
    }

    /// Tokens that are none; routes that are open to all do not look at them.
    private func tokens(_ request: Caller.Request, _ route: RouteCases, expired: String) -> [Attack] {
        let needsToken = route.cases.contains {
            $0.status == 401 && $0.says == "No token provided" && $0.stage == .usual
        }
        let values = [
            "", "Bearer", "Bearer ", "Bearer a b", "Basic YW5hOnNlY3JldA==",
            "Bearer " + String(repeating: "x", count: 5000),
            "Bearer ' OR 1=1 --", "Bearer \(expired)", String(expired.reversed()), "Bearer Ünïcode",
        ]
        var attacks = values.map { value in
            var tokened = request
            tokened.headers.removeAll { $0.name == "Authorization" }
            tokened.headers.append(("Authorization", value))
            return Attack(
                what: "token \(value.prefix(40))", request: tokened, verdict: needsToken ? .refused : .documented)
        }
        var broken = request
        broken.headers.append(("Authorization", "Bearer a\0b"))
        attacks.append(Attack(what: "NUL in a header", request: broken))
        return attacks
    }

    /// Bodies whose end two programs could see in two places, and bodies without end.
    private func framings(_ request: Caller.Request, _ route: RouteCases) -> [Attack] {
        let takesForms = route.cases.contains { if case .form = $0.body { true } else { false } }
        var attacks = [
            [("Content-Length", "-1")], [("Content-Length", "1e3")], [("Content-Length", "99999999999999999999")],
            [("Content-Length", "5"), ("Content-Length", "6")],
            [("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
        ].map { headers in
            var framed = request
            framed.body = []
            framed.headers += headers
            return Attack(what: "\(headers)", request: framed)
        }
        for (what, body) in [
            ("no chunk", "x\r\n"), ("a chunk of another length", "2\r\nabc\r\n0\r\n\r\n"),
            ("a chunk of 2^60", "fffffffffffffff\r\n"),
        ] {
            var chunked = request
            chunked.headers.append(("Transfer-Encoding", "chunked"))
            chunked.body = Array(body.utf8)
            attacks.append(Attack(what: what, request: chunked))
        }
        if request.method == "GET" { return attacks }
        // More than any of these routes takes, and never announced: what has come is refused before it ends.
        var endless = request
        endless.headers.append(("Transfer-Encoding", "chunked"))
        endless.body = Array("500000\r\n".utf8) + Array(repeating: UInt8(ascii: "x"), count: 5 << 20)
        if takesForms { return attacks }
        attacks.append(Attack(what: "5 MiB in a chunk", request: endless))
        return attacks
    }

    /// JSON that is none, and fields that are not what they should be.
    private func bodies(_ request: Caller.Request, _ route: RouteCases) -> [Attack] {
        guard let object = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any] else {
            return []
        }
        var attacks: [Attack] = []
        func add(_ what: String, _ body: [UInt8], _ verdict: Verdict = .refused) {
            var hostile = request
            hostile.body = body
            attacks.append(Attack(what: what, request: hostile, verdict: verdict))
        }
        for text in [
            "{", "[]", "7", "\"text\"", "nul", "{\"a\":}", "{\"a\":1,}", "{'a':1}",
            "{\"a\":\"\u{1}\"}",
            "{\"a\":1e999}", "{\"a\":01}", String(repeating: "[", count: 50_000), "{\"a\":\"\\u00\"}", "{} {}",
            "\u{FEFF}{",
        ] { add("body \(text.prefix(40))", Array(text.utf8)) }
        add("half of it", Array(request.body.dropLast(2)))
        add("bytes that are no UTF-8", Array("{\"a\":\"".utf8) + [0xFF, 0xC0, 0xAF] + Array("\"}".utf8))
        add("a form", Form.whole(of: [("title", "T")]), .documented)
        for (name, value) in object {
            func change(_ what: String, _ new: Any?, _ verdict: Verdict) {
                var changed = object
                changed[name] = new
                let body = (try? JSONSerialization.data(withJSONObject: changed)).map(Array.init) ?? []
                add("\(name): \(what)", body, verdict)
            }
            let isText = value is String, isPassword = ["password", "newPassword"].contains(name)
            let isIgnored = name == "email"
            change("missing", nil, .documented)
            change("null", NSNull(), .documented)
            change("an object", ["a": [1]], isText && !isIgnored ? .refused : .documented)
            change("a truth value", true, isText && !isIgnored ? .refused : .documented)
            change("a number", 1e300, .documented)
            change("a list", [[["x"]]], isText && !isIgnored ? .refused : .documented)
            guard isText, !isIgnored else { continue }
            change("empty", "", .refused)
            change("overlong", String(repeating: "x", count: 1 << 20), .refused)
            // A post may be long; a name may not, and is not shorter for being one character.
            change(
                "a mountain of accents", "a" + String(repeating: "\u{301}", count: 20_000),
                name == "content" ? .documented : .refused)
            for (what, text) in [
                ("NUL", "a\0b"), ("controls", "\u{1}\u{1b}[31m"), ("C1", "\u{85}\u{9b}"),
                ("SQL", "'; DROP TABLE accounts; --"), ("HTML", "<script>alert(1)</script>"),
                ("a way", "../../etc/passwd"),
                ("blanks", "   "), ("bidi", "\u{202E}ana"),
            ] {
                let isForbidden = what == "NUL" && !isPassword
                change(what, text, isForbidden ? .refused : .documented)
            }
        }
        return attacks
    }

    /// Broken multipart; where no form is wanted, a form is what is broken.
    private func forms(_ request: Caller.Request, _ route: RouteCases) -> [Attack] {
        guard request.headers.contains(where: { $0.value == Form.contentType }) else { return [] }
        let whole = request.body, line = "--\(Form.boundary)\r\n"
        let part = line + "Content-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n", end = "--\(Form.boundary)--\r\n"
        let attacks: [(String, String, [UInt8])] = [
            ("no form at all", Form.contentType, Array("hello".utf8)), ("nothing", Form.contentType, []),
            ("no boundary anywhere", Form.contentTypeWithoutBoundary, Array("hello\r\nworld\r\n".utf8)),
            ("another boundary", "multipart/form-data; boundary=other", whole),
            ("a boundary too long", "multipart/form-data; boundary=\(String(repeating: "b", count: 300))", whole),
            ("an empty boundary", "multipart/form-data; boundary=\"\"", Array("x".utf8)),
            ("cut off in a file", Form.contentType, Array(whole.prefix(whole.count / 2))),
            ("cut off before its end", Form.contentType, Array(whole.dropLast(end.utf8.count))),
            ("thousands of parts", Form.contentType, Array((String(repeating: part, count: 5000) + end).utf8)),
            (
                "a part without a name", Form.contentType,
                Array((line + "Content-Disposition: form-data\r\n\r\nx\r\n" + end).utf8)
            ),
            ("a part without a head", Form.contentType, Array((line + "\r\nx\r\n" + end).utf8)),
            (
                "a head without end", Form.contentType,
                Array((line + "X: " + String(repeating: "y", count: 100_000)).utf8)
            ),
            (
                "a field of 1 MiB", Form.contentType,
                Array((line + "Content-Disposition: form-data; name=\"username\"\r\n\r\n").utf8)
                    + Array(repeating: UInt8(ascii: "x"), count: 1 << 20) + Array(("\r\n" + end).utf8)
            ),
            (
                "a field that is no UTF-8", Form.contentType,
                Array((line + "Content-Disposition: form-data; name=\"username\"\r\n\r\n").utf8) + [0xFF, 0xFE]
                    + Array(("\r\n" + end).utf8)
            ),
            (
                "a file of 6 MiB", Form.contentType,
                Array((line + "Content-Disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\r\n").utf8)
                    + Picture.png + Array(repeating: UInt8(ascii: "x"), count: 6 << 20) + Array(("\r\n" + end).utf8)
            ),
            ("JSON", "application/json", Array(#"{"image":"x"}"#.utf8)),
        ]
        return attacks.map { what, type, body in
            var hostile = request
            hostile.headers.removeAll { $0.name == "Content-Type" }
            hostile.headers.append(("Content-Type", type))
            hostile.body = body
            return Attack(what: what, request: hostile)
        }
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

    /// A token that was valid once.
    private func expiredToken(on server: ServerProcess) async throws -> String {
        let eve = try await REST.registered("eve", port: server.port)
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        let file = try FileManager.default.contentsOfDirectory(atPath: server.directory).first {
            $0.hasSuffix(".sqlite")
        }
        let database = try DatabaseQueue(path: server.directory + "/" + (file ?? ""), configuration: configuration)
        try await database.write { try $0.execute(sql: "UPDATE tokens SET expires_at = 1") }
        try database.close()
        return try #require(eve.token)
    }

    private func lines(of server: ServerProcess) -> Int { server.logText.count { $0 == "\n" } }
}

extension Form {
    fileprivate static func whole(of fields: [(String, String)]) -> [UInt8] {
        var form = Form()
        for (name, value) in fields { form.field(name, value) }
        return form.whole
    }
}
