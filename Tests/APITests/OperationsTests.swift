import HTTPTypes
import LWS
import Logging
import Services
import Store
import TestKit
import Testing

@testable import API
@testable import Endpoints

@Suite("Operations") struct OperationsTests {
    @Test("the root greets, and the monitors get their words")
    func answersMonitors() async throws {
        try await withAPI { api in
            #expect(try await api.send(.get, "/").text == "hello world")
            #expect(try await api.send(.get, "/healthz").line == "200 ok\n")
            #expect(try await api.send(.get, "/readyz").line == "200 ready\n")
            try api.database.close()
            #expect(try await api.send(.get, "/healthz").status == 200)
            let unready = try await api.send(.get, "/readyz")
            #expect(unready.status == 503)
            #expect(unready.headers[.retryAfter] != nil)
        }
    }

    @Test("a question that is not answered in time counts as a no", .timeLimit(.minutes(2)))
    func waitsNotForever() async {
        let answer = await answers(within: .milliseconds(20)) {
            try? await Task.sleep(for: .seconds(3600))
            return true
        }
        #expect(!answer)
        #expect(await answers(within: .seconds(10)) { true })
    }

    @Test("a request is one line of the log, without what is secret")
    func logsRequests() async throws {
        let log = RecordingLog()
        try await withAPI(logger: log.logger) { api in
            let token = try await api.register("ana", password: "verysecret")
            _ = try await api.send(.get, "/api/users/ana?q=hidden", token: token)
            _ = try await api.send(.delete, "/api/runRoom/delete?runID=5&password=roomsecret")
            let lines = log.lines.filter { $0.contains(" request ") }
            #expect(lines.count == 3)
            #expect(lines[0].hasPrefix("debug request method=POST milliseconds="))
            #expect(lines[0].hasSuffix(" route=/api/users status=200"))
            #expect(lines[1].hasSuffix(" route=/api/users/{id} status=200"))
            #expect(lines[2].hasSuffix(" route=/api/runRoom/delete status=404"))
            for secret in ["verysecret", "hidden", "roomsecret", token] {
                #expect(!log.lines.contains { $0.contains(secret) })
            }
        }
    }

    @Test(
        """
        a refusal is a line at info level in every world, whatever status it has: once a minute for each route, status \
        and address
        """)
    func logsRefusals() async throws {
        let log = RecordingLog()
        try await withAPI(limits: RateLimits(), logger: log.logger) { api in
            for (method, target, body, kind) in [
                (.post, "/api/users/login", #"{"username":"nobody","password":"x"}"#, "/api/users/login 404"),
                (.get, "/users/information", "", "/users/information 401"),
                (.get, "/douyin/publish/list", "", "/douyin/publish/list 400"),
                (.get, "/douyin/nothing", "", "(none) 404"),
                (.get, "/api/v1/user/info/get", "", "/api/v1/user/info/get 400"),
                (.post, "/login", #"{"username":"nobody","password":"x"}"#, "/login 400"),
            ] as [(HTTPRequest.Method, String, String, String)] {
                let before = log.lines.count
                for _ in 0..<3 { _ = try await api.send(method, target, raw: Array(body.utf8)) }
                let lines = log.lines.dropFirst(before)
                #expect(lines.filter { $0.hasPrefix("debug request ") }.count == 3, "\(target): \(lines)")
                let refusals = lines.filter { !$0.hasPrefix("debug ") }
                #expect(
                    refusals.map { $0.split(separator: " kind=").last.map(String.init) } == [kind],
                    "\(target): \(lines)")
                #expect(refusals.first?.hasPrefix("info refused address=") == true, "\(target): \(lines)")
            }
            // Ten wrong passwords are answered; more are another kind.
            for _ in 0..<20 { _ = try await api.send(.post, "/login", ["username": "nobody", "password": "x"]) }
            #expect(log.lines.filter { $0.hasPrefix("info ") && $0.hasSuffix(" kind=/login 429") }.count == 1)
        }
    }

    @Test("a server that is full answers who asks how it does, and nobody else")
    func answersWhenFull() async throws {
        try await withAPI { api in
            for (method, target, isAnswered) in [
                (.get, "/healthz", true), (.get, "/readyz", true), (.get, "/metrics", true), (.post, "/metrics", false),
                (.get, "/", false),
                (.get, "/api/runRoom/159", false),
            ] as [(HTTPRequest.Method, String, Bool)] {
                let head = HTTPRequestHead(
                    method: method, target: target, path: try RequestTarget(target).path, query: [], headers: [:],
                    remoteAddress: "192.0.2.1")
                #expect(api.responder.answersWhenFull(head) == isAnswered, "\(method) \(target)")
            }
        }
    }

    @Test("the metrics are a page of Prometheus's text format that counts what happened")
    func showsMetrics() async throws {
        try await withAPI { api in
            try await api.makeRoom("159")
            _ = try await api.send(.get, "/api/runRoom/159")
            _ = try await api.send(.get, "/api/runRoom/160")
            _ = try await api.send(HTTPRequest.Method("BREW")!, "/api/runRoom/160")
            let page = try await api.send(.get, "/metrics")
            #expect(page.status == 200)
            #expect(page.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            let lines = page.text.split(separator: "\n").map(String.init)
            #expect(lines.contains("runroom_rooms_awake 1"))
            #expect(
                lines.contains(
                    #"runroom_http_requests_total{route="/api/runRoom/{runID}",method="GET",status="200"} 1"#))
            #expect(
                lines.contains(
                    #"runroom_http_requests_total{route="/api/runRoom/{runID}",method="GET",status="404"} 1"#))
            #expect(
                lines.contains(
                    #"runroom_http_request_seconds_count{route="/api/runRoom/{runID}",method="GET"} 2"#))
            #expect(lines.contains(#"runroom_http_requests_total{route="(none)",method="other",status="404"} 1"#))
            #expect(lines.contains { $0.hasPrefix("process_resident_memory_bytes ") })
            #expect(lines.contains { $0.hasPrefix("process_cpu_seconds_total ") })
            #expect(lines.contains("runroom_journal_bytes 0"))
            expectWellFormed(lines)
        }
    }

    /// Every sample follows the HELP and TYPE of its metric, no metric comes twice, and histograms add up.
    private func expectWellFormed(_ lines: [String]) {
        var described: Set<String> = [], current = "", kind = ""
        var previousBucket = 0.0
        for line in lines {
            if line.hasPrefix("# HELP ") {
                current = String(line.split(separator: " ")[2])
                #expect(described.insert(current).inserted)
                continue
            }
            if line.hasPrefix("# TYPE ") {
                #expect(line.split(separator: " ")[2] == current)
                kind = String(line.split(separator: " ")[3])
                continue
            }
            let name = line.prefix { $0 != "{" && $0 != " " }
            let value = line.split(separator: " ").last.flatMap { Double($0) }
            #expect(value != nil)
            guard kind == "histogram" else {
                #expect(name == current)
                continue
            }
            #expect(name.hasPrefix(current))
            guard name.hasSuffix("_bucket") else {
                if name.hasSuffix("_count") { #expect(value == previousBucket) }
                if name.hasSuffix("_count") { previousBucket = 0 }
                continue
            }
            #expect((value ?? -1) >= previousBucket)
            previousBucket = value ?? 0
        }
    }
}
