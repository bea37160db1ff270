import HTTPTypes
import Services
import Store
import Testing

@testable import API

@Suite("Operations") struct OperationsTests {
    @Test("the root says what this is, and the monitors get their words")
    func answersMonitors() async throws {
        try await withAPI { api in
            #expect(try await api.send(.get, "/").text.hasPrefix("RunRoom"))
            #expect(try await api.send(.get, "/healthz").line == "200 ok\n")
            #expect(try await api.send(.get, "/readyz").line == "200 ready\n")
            try api.database.close()
            #expect(try await api.send(.get, "/healthz").status == 200)
            let unready = try await api.send(.get, "/readyz")
            #expect(unready.status == 503)
            #expect(unready.headers[.retryAfter] != nil)
        }
    }

    @Test("a question that is not answered in time counts as a no")
    func waitsNotForever() async {
        let begun = ContinuousClock.now
        let answer = await answers(within: .milliseconds(20)) {
            try? await Task.sleep(for: .seconds(30))
            return true
        }
        #expect(!answer)
        #expect(begun.duration(to: .now) < .seconds(10))
        #expect(await answers(within: .seconds(10)) { true })
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
