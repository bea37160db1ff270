import Foundation
import HTTPTypes
import TestKit
import Testing

@Suite("Operations", .inTurn)
struct OperationsTests {
    @Test("healthz, readyz and metrics answer; the page is what Prometheus reads")
    func pages() async throws {
        let server = try await ServerProcess.shared()
        let rest = REST(port: server.port)
        for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
            let answer = try await rest.get(path)
            #expect(answer.status == 200 && answer.text == text)
        }
        let page = try await rest.get("/metrics")
        #expect(page.status == 200)
        #expect(page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        // Each sample belongs to a metric that was announced before it, with a kind and a help.
        var announced: [String: String] = [:]
        var helped: Set<String> = []
        for line in page.text.split(separator: "\n", omittingEmptySubsequences: false) where !line.isEmpty {
            let words = line.split(separator: " ")
            if line.hasPrefix("# HELP ") {
                helped.insert(String(words[2]))
            } else if line.hasPrefix("# TYPE ") {
                announced[String(words[2])] = String(words[3])
            } else {
                let name = String(line.prefix { $0 != "{" && $0 != " " })
                var family = name
                for suffix in ["_bucket", "_sum", "_count"] where announced[family] == nil && name.hasSuffix(suffix) {
                    family = String(name.dropLast(suffix.count))
                }
                #expect(announced[family] != nil && helped.contains(family), "\(line)")
                if name.hasSuffix("_total") { #expect(announced[family] == "counter") }
                #expect(Double(words.last ?? "") != nil, "\(line)")
            }
        }
        #expect(page.text.hasSuffix("\n"))
    }

    @Test(
        "every number of the server is there and moves: connections, rooms, runners, markers, frames, delays, HTTP, journal"
    )
    func metrics() async throws {
        let server = try await ServerProcess.start(["--tick", "50", "--late-markers", "1"])
        let before = try await server.metrics()
        #expect(before["runroom_live_connections"] == 0 && before["runroom_rooms_awake"] == 0)
        #expect(before["runroom_markers_received_total"] == 0 && before["runroom_journal_bytes"] == 0)

        let room = try await REST.newRoom(port: server.port)
        let ana = try await Runner.enter(room, as: "ana", port: server.port)
        let (spectator, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let start = Way.now - 60_000
        ana.phone.send(["type": "start", "time": start])
        try await ana.sendAndAwaitAck(Way.markers(1...10, from: start, stride: 10, interval: 3))
        ana.send(Way.markers(5...14, from: start, stride: 10, interval: 3))
        try await ana.phone.next("ack") { $0.int("marker") == 14 }
        try await spectator.row(of: 1, "130 m") { abs($0.meters! - 130) < 0.5 }
        #expect(try await REST(port: server.port).get("/api/runRoom/nowhere?password=secret").status == 404)
        let missing = try await Phone.connect(port: server.port)
        missing.send(["type": "join", "runID": "nowhere", "role": "spectator"])
        _ = try await missing.closed()
        // Some gauges are as of the last second.
        try await eventually("gauges") {
            let now = try await server.metrics()
            return now["runroom_runners_connected"] == 1 && now["runroom_spectators_connected"] == 1
                && now["runroom_live_connections"] == 2 && now["runroom_unstored_markers"] == 0
                && now["runroom_journal_bytes"].map { $0 > 14 } ?? false
        }
        let after = try await server.metrics()
        #expect(after["runroom_rooms_awake"] == 1)
        #expect(after["runroom_markers_received_total"] == 20, "repeats count")
        // Joins, start and two messages of markers; and the join of somebody who found no room.
        #expect(after["runroom_messages_received_total"] == 6)
        let frames = ana.phone.all("frame").count + spectator.all("frame").count
        #expect(try #require(after["runroom_frames_sent_total"]) >= Double(frames))
        #expect(try #require(after["runroom_frame_rows_sent_total"]) >= Double(frames))
        #expect(try #require(after["runroom_frame_bytes_sent_total"]) > Double(frames) * 50)
        #expect(after["runroom_frames_skipped_total"] == 0)
        #expect(after["runroom_acks_sent_total"] == Double(ana.phone.all("ack").count))
        #expect(
            after["runroom_events_sent_total"] == Double(ana.phone.all("event").count + spectator.all("event").count))
        #expect(after["runroom_closes_total{code=\"4004\"}"] == 1)
        #expect(try #require(after["runroom_commits_total"]) >= 3)
        #expect(after["runroom_commits_failed_total"] == 0 && after["runroom_journal_rows_damaged_total"] == 0)
        #expect(try #require(after["runroom_journal_bytes"]) > 14)
        #expect(try #require(after["runroom_connections"]) >= 3)
        #expect(try #require(after["process_resident_memory_bytes"]) > 1e6)
        #expect(try #require(after["process_cpu_seconds_total"]) > 0)
        #expect(try #require(after["process_open_fds"]) > 5)
        let acknowledged = try #require(after["runroom_ack_delay_seconds_count"])
        #expect(acknowledged >= 2)
        #expect(try #require(after["runroom_ack_delay_seconds_sum"]) < acknowledged * 5)
        for of in ["store_delay", "ack_delay", "tick_delay", "commit"] {
            let name = "runroom_\(of)_seconds"
            let count = try #require(after["\(name)_count"])
            #expect(count > 0 && after["\(name)_bucket{le=\"+Inf\"}"] == count)
            let buckets = after.filter { $0.key.hasPrefix("\(name)_bucket") }
            #expect(buckets.count > 5 && buckets.values.allSatisfy { $0 <= count })
        }
        // HTTP by route, method and status; never by path.
        func requests(_ route: String, _ method: String, _ status: Int) -> Double? {
            after["runroom_http_requests_total{route=\"\(route)\",method=\"\(method)\",status=\"\(status)\"}"]
        }
        #expect(requests("/api/users", "POST", 200) == 1)
        #expect(requests("/api/runRoom/create", "POST", 201) == 1)
        #expect(requests("/api/runRoom/{runID}", "GET", 404) == 1)
        #expect(try #require(requests("/metrics", "GET", 200)) >= 1)
        #expect(
            after["runroom_http_request_seconds_count{route=\"/api/runRoom/create\",method=\"POST\"}"] == 1)
        #expect(!after.keys.contains { $0.contains("nowhere") || $0.contains("secret") })

        // The journal of a run that is over and settled goes.
        ana.phone.send(["type": "finish"])
        _ = try await ana.phone.event("finished")
        ana.phone.send(["type": "start"])
        _ = try await ana.phone.event("started") { $0.int("event") ?? 0 > 3 }
        try await eventually("an empty journal") { try await server.metrics()["runroom_journal_bytes"] == 0 }
    }

    @Test("what operators ask has a listener of its own where that is wanted, and the port no longer has it")
    func ownListener() async throws {
        let server = try await ServerProcess.start(["--admin-listen", "127.0.0.1:0"])
        let line = try #require(server.logText.split(separator: "\n").first { $0.contains("operators are answered") })
        let port = try #require(
            line.split(separator: "address=127.0.0.1:").last.flatMap { Int($0.prefix { $0.isNumber }) })
        let (everybody, operators) = (REST(port: server.port), REST(port: port))
        for (path, there) in [("/metrics", 404), ("/readyz", 404), ("/healthz", 200), ("/openapi.json", 200)] {
            #expect(try await everybody.get(path).status == there, "\(path)")
            #expect(try await operators.get(path).status == (path == "/openapi.json" ? 404 : 200), "\(path)")
        }
        #expect(try await server.terminate() == .exit(0))
    }

    @Test("a proxy on the same machine is not told what is for operators, whether it is trusted or not")
    func proxies() async throws {
        for flags in [[], ["--trusted-proxies", "127.0.0.1"]] {
            let server = try await ServerProcess.shared(flags)
            for client in ["192.0.2.1", "127.0.0.1"] {
                let raw = try RawSocket.connect(port: server.port)
                let request = "GET /metrics HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: \(client)\r\n\r\n"
                try await raw.write(Array(request.utf8))
                #expect(try await raw.readHead().status == 404)
            }
        }
    }

    @Test("while nobody reads the log the server serves, and it ends in order")
    func unreadLog() async throws {
        // The kernel holds 64 KiB of it, which is a few hundred requests.
        let pipe = Pipe()
        let server = try await ServerProcess.start(
            ["--log-level", "debug"], errors: pipe.fileHandleForWriting.fileDescriptor)
        let room = try await REST.newRoom(port: server.port)
        let (phone, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        for number in 1...10 {
            for _ in 0..<100 { #expect(try await REST(port: server.port).get("/healthz").status == 200) }
            phone.send(["type": "ping", "t": number])
            try await phone.next("pong") { $0.int("t") == number }
        }
        #expect(try await server.terminate() == .exit(0))
        try pipe.fileHandleForWriting.close()
        let begin = try await blocking { pipe.fileHandleForReading.readDataToEndOfFile() }
        #expect(begin.count > 60_000)
    }

    @Test("logs never hold a token, a password or a query, whatever happens and at every level")
    func secrets() async throws {
        let server = try await ServerProcess.start(["--log-level", "trace"])
        let rest = REST(port: server.port)
        let secrets = [
            "hush-password", "hush-room", "hush-query", "hush-header", "hush-wrong", "hush-live", "hush-unknown",
        ]
        #expect(
            try await rest.post("/api/users", ["username": "ana", "password": "hush-password"]).status == 200)
        let login = try await rest.post("/api/users/login", ["username": "ana", "password": "hush-password"])
        let token = try #require(login["token"] as? String)
        #expect(try await rest.post("/api/users/login", ["username": "ana", "password": "hush-wrong"]).status == 401)
        #expect(
            try await rest.post("/api/runRoom/create", ["runID": "quiet", "password": "hush-room"]).status == 201)
        _ = try await rest.get("/api/runRoom/quiet?password=hush-query&crs=wgs84")
        _ = try await rest.get("/api/runRoom/quiet?token=hush-query")
        #expect(
            try await REST(port: server.port, token: "hush-header").post("/api/users/tokenCheck", [:]).status == 403)
        #expect(try await rest.delete("/api/runRoom/delete?runID=quiet&password=hush-wrong").status == 403)
        _ = try await rest.call("POST", "/api/runRoom/create", ["runID": ["hush-unknown"], "password": "hush-unknown"])
        let raw = try RawSocket.connect(port: server.port)
        #expect(try await raw.upgrade(path: "/live?token=hush-query").status == 101)
        try await raw.send(text: #"{"type":"join","runID":"quiet","password":"hush-live","token":"hush-live"}"#)
        #expect(try await raw.closing().code == 4001)
        let broken = try await RawSocket.webSocket(port: server.port)
        try await broken.send(text: #"{"type":"join","runID":{},"password":"hush-live"}"#)
        #expect(try await broken.closing().code == 4000)
        let phone = try await Phone.connect(port: server.port, headers: [.authorization: "Bearer \(token)"])
        phone.send(["type": "join", "runID": "quiet", "password": "hush-room"])
        try await phone.next("joined")
        phone.send(["type": "hush-unknown"])
        try await phone.next("error")
        phone.send(["type": "leave"])
        _ = try await phone.closed()
        #expect(try await server.terminate() == .exit(0))
        let log = server.logText
        // What was done is in the log, so that this looks at something.
        #expect(log.contains("/api/users/login") && log.contains("/api/runRoom/{runID}"))
        for secret in secrets + [token] { #expect(!log.contains(secret), "\(secret)") }
        #expect(!log.contains("?"), "no query of any kind")
        #expect(!server.greeting.contains("hush"))
    }
}
