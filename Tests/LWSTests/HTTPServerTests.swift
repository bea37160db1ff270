import Foundation
import HTTPTypes
import Logging
import Synchronization
import TestKit
import Testing

@testable import LWS

@Suite("HTTP server", .timeLimit(.minutes(5))) struct HTTPServerTests {
    static func text(_ text: String, status: HTTPTypes.HTTPResponse.Status = .ok) -> LWS.HTTPResponse {
        HTTPResponse(status: status, headers: [.contentType: "text/plain"], body: .bytes(Array(text.utf8)))
    }

    /// Answers with the body's size and beginning.
    static func describeBody(_ request: HTTPServerRequest) -> LWS.HTTPResponse {
        switch request.body {
        case .bytes(let bytes): text("memory \(bytes.count) \(String(decoding: bytes.prefix(20), as: UTF8.self))")
        case .file(let file): text("file \(file.count) \(FileManager.default.contents(atPath: file.path)?.count ?? -1)")
        case .multipart(let form): text("form \(form.fields.count) \(form.files.count)")
        }
    }

    static func close(_ request: String, _ headers: String = "") -> String {
        "\(request) HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\(headers)\r\n"
    }

    // MARK: - Requests

    @Test("a head reaches the handler as it was sent, unknown fields and an encoded slash included")
    func passesHead() async throws {
        let heads = Mutex<[HTTPRequestHead]>([])
        let responder = TestResponder(handler: { request in
            heads.withLock { $0.append(request.head) }
            return Self.text("ok")
        })
        try await withServer(responder) { (_, port, _) async throws in
            let answer = try await RawClient.exchange(
                Self.close("GET /users/ana%2Fb/%E8%B7%91?x=1&y=%26+z&x=2", "X-Own: one\r\nX-Own: two\r\nX-Empty:\r\n"),
                port: port)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            let head = try #require(heads.withLock { $0.first })
            #expect(head.target == "/users/ana%2Fb/%E8%B7%91?x=1&y=%26+z&x=2")
            #expect(head.path == ["users", "ana/b", "跑"])
            #expect(head.query.map { "\($0.name)=\($0.value)" } == ["x=1", "y=& z", "x=2"])
            #expect(head.headers[HTTPField.Name("X-Own")!] == "one, two")
            #expect(head.headers[HTTPField.Name("X-Empty")!] == "")
            #expect(head.remoteAddress == "127.0.0.1")
        }
    }

    @Test(
        "any method gets through, with a body or without",
        arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
    func takesMethods(method: String) async throws {
        let responder = TestResponder(handler: { request in
            guard case .bytes(let bytes) = request.body else { return Self.text("?") }
            return Self.text("\(request.head.method) \(String(decoding: bytes, as: UTF8.self))")
        })
        try await withServer(responder) { (_, port, _) async throws in
            let answer = try await RawClient.exchange(
                Self.close("\(method) /", "Content-Length: 4\r\n") + "body", port: port)
            #expect(answer.hasSuffix("\r\n\r\n\(method) body"))
        }
    }

    @Test("an answer to HEAD says how long the body would be, and has none")
    func answersHead() async throws {
        try await withServer { (_, port, _) async throws in
            let answer = try await RawClient.exchange(Self.close("HEAD /x"), port: port)
            #expect(answer.contains("Content-Length: 8\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }

    @Test("many requests share a connection, and pipelined ones are answered in order")
    func keepsAlive() async throws {
        try await withServer { (server, port, loop) async throws in
            let raw = try await blocking { try RawClient(port: port) }
            for number in 0..<50 {
                raw.send("GET /\(number) HTTP/1.1\r\nHost: test\r\n\r\n")
                #expect(try await blocking { raw.receive(until: "hello /\(number)") }.hasPrefix("HTTP/1.1 200 OK"))
            }
            #expect(await loop.run { server.connectionCount } == 1)
            let requests = (0..<500).map { "GET /\($0) HTTP/1.1\r\nHost: test\r\n\r\n" }.joined()
            let answer = try await blocking {
                raw.send(requests + Self.close("GET /last"))
                return String(decoding: raw.receiveAll(), as: UTF8.self)
            }
            let order = answer.matches(of: /hello \/(\w+)/).map { String($0.1) }
            // Answers without a separator: the next status line follows the number.
            #expect(order.map { $0.replacing("HTTP", with: "") } == (0..<500).map(String.init) + ["last"])
        }
    }

    @Test(
        "a request that cannot be read is refused with the status that says why, and the connection ends",
        arguments: [
            ("nonsense\r\n\r\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400), ("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET /.. HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nA: b\u{1}\r\n\r\n", 400), ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
        ])
    func refuses(request: String, status: Int) async throws {
        try await withServer { (_, port, _) async throws in
            let answer = try await RawClient.exchange(request, port: port)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.contains("Connection: close\r\n"))
            #expect(answer.hasSuffix("refused \(status)"))
        }
    }

    @Test("targets just below the limit pass, longer ones are 414; too many header bytes are 431")
    func bounds() async throws {
        try await withServer(configure: { $0.maxTargetBytes = 64 << 10 }) { (_, port, _) async throws in
            let longest = "/" + String(repeating: "a", count: (64 << 10) - 1)
            #expect(try await RawClient.exchange(Self.close("GET \(longest)"), port: port).hasPrefix("HTTP/1.1 200 "))
            #expect(try await RawClient.exchange(Self.close("GET \(longest)a"), port: port).hasPrefix("HTTP/1.1 414 "))
            let endless = "GET /" + String(repeating: "a", count: 200_000)
            #expect(try await RawClient.exchange(endless, port: port).hasPrefix("HTTP/1.1 414 "))
            let field = "X: \(String(repeating: "b", count: 17_000))\r\n"
            #expect(try await RawClient.exchange(Self.close("GET /", field), port: port).hasPrefix("HTTP/1.1 431 "))
        }
    }

    @Test("a head and a body are read whatever pieces they come in")
    func readsPieces() async throws {
        let responder = TestResponder(handler: { Self.describeBody($0) })
        try await withServer(responder) { (_, port, _) async throws in
            let request =
                Self.close("POST /x", "Transfer-Encoding: chunked\r\n") + "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n"
            let answer = try await blocking {
                let raw = try RawClient(port: port)
                for byte in request.utf8 { raw.send([byte]) }
                return String(decoding: raw.receiveAll(), as: UTF8.self)
            }
            #expect(answer.hasSuffix("memory 5 abcde"))
        }
    }

    // MARK: - Bodies

    @Test("a body beyond the limit is 413: by its announced length before it is sent, or while it comes")
    func limitsBodies() async throws {
        let responder = TestResponder(policy: BodyPolicy(maxBytes: 1000), handler: { Self.describeBody($0) })
        try await withServer(responder) { (_, port, _) async throws in
            let announced = try await RawClient.exchange(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n", port: port)
            #expect(announced.hasPrefix("HTTP/1.1 413 "))
            let chunk = "100\r\n" + String(repeating: "c", count: 256) + "\r\n"
            let chunked = try await RawClient.exchange(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + String(repeating: chunk, count: 4000), port: port)
            #expect(chunked.hasPrefix("HTTP/1.1 413 "))
            let exact = try await RawClient.exchange(
                Self.close("POST /", "Content-Length: 1000\r\n") + String(repeating: "x", count: 1000), port: port)
            #expect(exact.contains("memory 1000"))
        }
    }

    @Test("a large body goes to a temporary file, which is gone when the request is")
    func spills() async throws {
        let directory = NSTemporaryDirectory() + "spills-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let responder = TestResponder(
            policy: BodyPolicy(maxBytes: 1 << 20, spillBytes: 1000), handler: { Self.describeBody($0) })
        try await withServer(responder, configure: { $0.temporaryDirectory = directory }) { (_, port, _) async throws in
            let answer = try await RawClient.exchange(
                Self.close("POST /", "Content-Length: 300000\r\n") + String(repeating: "x", count: 300_000), port: port)
            #expect(answer.hasSuffix("file 300000 300000"))
            // One that leaves in the middle.
            try await blocking {
                let raw = try RawClient(port: port)
                raw.send(
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + String(repeating: "x", count: 5000)
                )
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
    }

    /// Asks about bodies above 1000 bytes, and takes them from who says `Authorization: yes`.
    private static let asking = TestResponder(
        policy: BodyPolicy(maxBytes: 1 << 20, spillBytes: 1000, asksAbove: 1000),
        gate: { head in
            head.headers[.authorization] == "yes"
                ? nil : HTTPResponse(status: .unauthorized, body: .bytes(Array("who are you".utf8)))
        }, handler: { Self.describeBody($0) })

    @Test(
        "a large body is refused before any of it comes, or is kept",
        arguments: [
            "Content-Length: 300000\r\n", "Content-Length: 300000\r\nExpect: 100-continue\r\n",
            "Transfer-Encoding: chunked\r\n",
        ])
    func asksFirst(framing: String) async throws {
        let directory = NSTemporaryDirectory() + "asks-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await withServer(Self.asking, configure: { $0.temporaryDirectory = directory }) {
            (_, port, _) async throws in
            let head = "POST / HTTP/1.1\r\nHost: a\r\n\(framing)\r\n"
            let answer = try await RawClient.exchange(head, port: port)
            #expect(answer.hasPrefix("HTTP/1.1 401 ") && answer.hasSuffix("who are you"))
            #expect(answer.contains("connection: close") || answer.contains("Connection: close"))
            // Also for who sends it all the same.
            let pushed = try await RawClient.exchange(head + String(repeating: "1\r\nx\r\n", count: 50_000), port: port)
            #expect(pushed.hasPrefix("HTTP/1.1 401 ") || pushed.isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty)
        }
    }

    @Test("a large body that is not refused is taken, what came with its head included, and so is a small one unasked")
    func asksAndTakes() async throws {
        try await withServer(Self.asking) { (_, port, _) async throws in
            let large = try await RawClient.exchange(
                Self.close("POST /", "Authorization: yes\r\nContent-Length: 300000\r\n")
                    + String(repeating: "x", count: 300_000), port: port)
            #expect(large.hasSuffix("file 300000 300000"))
            let patient = try await blocking {
                let raw = try RawClient(port: port)
                raw.send(
                    Self.close("POST /", "Authorization: yes\r\nContent-Length: 2000\r\nExpect: 100-continue\r\n"))
                let leave = raw.receive(until: "\r\n\r\n")
                raw.send(String(repeating: "x", count: 2000))
                return leave + String(decoding: raw.receiveAll(), as: UTF8.self)
            }
            #expect(patient.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
            #expect(patient.hasSuffix("file 2000 2000"))
            let small = try await RawClient.exchange(Self.close("POST /", "Content-Length: 4\r\n") + "body", port: port)
            #expect(small.hasSuffix("memory 4 body"))
            // Two on one connection.
            let request = "POST / HTTP/1.1\r\nHost: a\r\nAuthorization: yes\r\nContent-Length: 2000\r\n\r\n"
            let body = String(repeating: "x", count: 2000)
            let both = try await RawClient.exchange(
                request + body + Self.close("POST /", "Authorization: yes\r\nContent-Length: 2000\r\n") + body,
                port: port)
            #expect(both.components(separatedBy: "file 2000 2000").count == 3)
        }
    }

    @Test("a client that goes while it is asked about leaves nothing")
    func asksInVain() async throws {
        let asked = AsyncStream<Void>.makeStream(), answered = AsyncStream<Void>.makeStream()
        var responder = Self.asking
        responder.gate = { _ in
            asked.continuation.yield()
            for await _ in answered.stream { break }
            return nil
        }
        try await withServer(responder) { (_, port, _) async throws in
            do {
                let raw = try RawClient(port: port)
                raw.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n")
                for await _ in asked.stream { break }
            }
            answered.continuation.yield()
            let next = try await RawClient.exchange(Self.close("POST /", "Content-Length: 4\r\n") + "body", port: port)
            #expect(next.hasSuffix("memory 4 body"))
        }
    }

    @Test("a client that waits for leave to send its body gets it")
    func continues() async throws {
        let responder = TestResponder(handler: { Self.describeBody($0) })
        try await withServer(responder) { (_, port, _) async throws in
            let answer = try await blocking {
                let raw = try RawClient(port: port)
                raw.send(Self.close("POST /", "Content-Length: 4\r\nExpect: 100-continue\r\n"))
                let leave = raw.receive(until: "\r\n\r\n")
                raw.send("body")
                return leave + String(decoding: raw.receiveAll(), as: UTF8.self)
            }
            #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix("memory 4 body"))
        }
    }

    // MARK: - Timeouts and limits

    @Test("an incomplete request is 408 after its time, an idle connection just ends")
    func timesOut() async throws {
        try await withServer(configure: {
            $0.requestTimeout = .milliseconds(500)
            $0.keepAliveTimeout = .milliseconds(500)
        }) { (server, port, loop) async throws in
            #expect(try await RawClient.exchange("GET / HTTP/1.1\r\nHo", port: port).hasPrefix("HTTP/1.1 408 "))
            let body = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"
            #expect(try await RawClient.exchange(body, port: port).hasPrefix("HTTP/1.1 408 "))
            #expect(try await RawClient.exchange("", port: port).isEmpty)
            let idle = try await RawClient.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", port: port)
            #expect(idle.hasPrefix("HTTP/1.1 200 ") && !idle.contains("Connection: close"))
        }
    }

    @Test("a body that keeps coming may take longer: a second for each 64 KiB")
    func slowBodies() async throws {
        try await withServer(configure: { $0.requestTimeout = .milliseconds(200) }) { (_, port, _) async throws in
            let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n"
            let begun = ContinuousClock.now
            let answer = try await RawClient.exchange(head + String(repeating: "x", count: 65_536), port: port)
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
            #expect(begun.duration(to: .now) >= .seconds(1))
        }
    }

    @Test("one connection more than the server takes is answered with 503 and Retry-After")
    func limitsConnections() async throws {
        try await withServer(configure: { $0.maxConnections = 2 }) { (_, port, _) async throws in
            let held = try await blocking {
                try (0..<2).map { number in
                    let raw = try RawClient(port: port)
                    raw.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                    _ = raw.receive(until: "hello /\(number)")
                    return raw
                }
            }
            let answer = try await RawClient.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", port: port)
            #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("Retry-After: "))
            withExtendedLifetime(held) {}
        }
    }

    @Test("a client that leaves before its answer harms nobody, and its connection ends with the answer")
    func survivesLeaving() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let (started, start) = AsyncStream<Void>.makeStream()
        let responder = TestResponder(handler: { request in
            if request.head.path == ["wait"] {
                start.yield()
                for await _ in gate { break }
            }
            return Self.text("late")
        })
        try await withServer(responder) { (server, port, loop) async throws in
            do {
                let raw = try RawClient(port: port)
                raw.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
                for await _ in started { break }
                raw.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
            }
            #expect(try await RawClient.exchange(Self.close("GET /now"), port: port).hasSuffix("late"))
            open.yield()
            while await loop.run({ server.connectionCount }) > 0 { await Task.yield() }
        }
    }

    @Test("a client that has closed its half gets the answers to what it sent before")
    func answersHalfClosed() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let (started, start) = AsyncStream<Void>.makeStream()
        let responder = TestResponder(handler: { request in
            start.yield()
            for await _ in gate { break }
            return Self.describeBody(request)
        })
        let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"
        try await withServer(responder) { (_, port, loop) async throws in
            for request in [
                post + "body" + post + "more",
                post.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n") + "body",
            ] {
                let raw = try RawClient(port: port)
                raw.send(request)
                raw.endSending()
                for await _ in started { break }
                // Turns of the loop in which it could see the end.
                for _ in 0..<20 { await loop.run {} }
                open.yield()
                open.yield()
                let answer = try await blocking { String(decoding: raw.receiveAll(), as: UTF8.self) }
                #expect(answer.contains("memory 4 body"))
                #expect(answer.contains("memory 4 more") == request.contains("more"))
            }
        }
    }

    @Test("half a request and its end are the end")
    func endsHalfRequests() async throws {
        try await withServer { (server, port, loop) async throws in
            for request in ["GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo", ""] {
                let raw = try RawClient(port: port)
                raw.send(request)
                raw.endSending()
                #expect(try await blocking { raw.receive() } == [])
            }
            while await loop.run({ server.connectionCount }) > 0 { await Task.yield() }
        }
    }

    @Test("empty lines before a request buy no time")
    func countsEmptyLinesForNothing() async throws {
        try await withServer(configure: { $0.keepAliveTimeout = .milliseconds(300) }) { (_, port, _) async throws in
            let raw = try RawClient(port: port)
            raw.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await blocking { raw.receive(until: "hello /") }.hasSuffix("hello /"))
            raw.send("\r\n\r\n")
            // Far sooner than after the minute that a request may take.
            #expect(try await blocking { raw.receive() } == [])
        }
    }

    @Test("what frames a body buys no time, only the body does")
    func countsFramingForNothing() async throws {
        let responder = TestResponder(handler: { Self.describeBody($0) })
        try await withServer(responder, configure: { $0.requestTimeout = .milliseconds(100) }) {
            (_, port, _) async throws in
            // 1.1 MB, which would be 17 s; of the body there are 60,000 bytes, which is one.
            let chunks = String(repeating: "00000000000001\r\nx\r\n", count: 60_000)
            let begun = ContinuousClock.now
            let answer = try await RawClient.exchange(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, port: port)
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
            #expect(begun.duration(to: .now) < .seconds(9))
        }
    }

    @Test(
        "a refusal says what is wrong",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", "There is no Host"),
            ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "Host is not a host"),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "There is more than one Host"),
            (
                "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
                "A percent sign in the target has no two hexadecimal digits behind it"
            ),
            ("GET / HTTP/1.1\nHost: a\r\n\r\n", "A line feed stands without its carriage return"),
            ("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", "A carriage return stands without its line feed"),
            ("GET /\r\n", "The request line names no version of HTTP"),
            ("GET / HTTP/3.0\r\n\r\n", "No version of HTTP but 1.1 and 1.0 is spoken"),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n",
                "A blank stands in the name of a header field, or behind it"
            ),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "Content-Length is not a number"),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", "Transfer-Encoding does not end with chunked"),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx",
                "The size of a chunk is not a hexadecimal number"
            ),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab",
                "A chunk does not end where its size says"
            ),
        ])
    func says(request: String, sentence: String) async throws {
        try await withServer { (_, port, _) async throws in
            #expect(try await RawClient.exchange(request, port: port).contains("\r\n\r\n\(sentence); refused "))
        }
    }

    // MARK: - Answers

    @Test("a file is sent whole, by ranges, and not at all to one who has it")
    func sendsFiles() async throws {
        let path = NSTemporaryDirectory() + "file-\(UUID().uuidString)"
        let content = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
        try content.write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let responder = TestResponder(handler: { request in
            let name = request.head.path == ["gone"] ? path + "-gone" : path
            return HTTPResponse(status: .ok, body: .file(path: name, etag: "\"v1\""))
        })
        try await withServer(responder) { (_, port, _) async throws in
            func get(_ path: String = "/", method: String = "GET", _ headers: String = "") async throws -> (
                String, Data
            ) {
                let bytes = try await blocking {
                    let raw = try RawClient(port: port)
                    raw.send(Self.close("\(method) \(path)", headers))
                    return raw.receiveAll()
                }
                let all = Data(bytes)
                let end = try #require(all.range(of: Data("\r\n\r\n".utf8)))
                return (String(decoding: all[..<end.upperBound], as: UTF8.self), Data(all[end.upperBound...]))
            }
            let whole = try await get()
            #expect(whole.0.contains("ETag: \"v1\"\r\n") && whole.0.contains("Content-Length: 300000\r\n"))
            #expect(whole.1 == content)
            let part = try await get("/", "Range: bytes=100000-199999\r\n")
            #expect(part.0.hasPrefix("HTTP/1.1 206 "))
            #expect(part.0.contains("Content-Range: bytes 100000-199999/300000\r\n"))
            #expect(part.1 == content[100_000..<200_000])
            let beyond = try await get("/", "Range: bytes=300000-\r\n")
            #expect(beyond.0.hasPrefix("HTTP/1.1 416 ") && beyond.0.contains("Content-Range: bytes */300000\r\n"))
            let known = try await get("/", "If-None-Match: \"v0\", \"v1\"\r\n")
            #expect(known.0.hasPrefix("HTTP/1.1 304 ") && known.1.isEmpty)
            let head = try await get(method: "HEAD")
            #expect(head.0.contains("Content-Length: 300000\r\n") && head.1.isEmpty)
            #expect(try await get("/gone").0.hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test("an answer has its date, as HTTP writes it, and one of 204 says nothing of a length")
    func datesAnswers() async throws {
        let responder = TestResponder(handler: { _ in HTTPResponse(status: .noContent) })
        try await withServer(responder) { (_, port, _) async throws in
            let answer = try await RawClient.exchange(Self.close("GET /"), port: port)
            let date = #/\r\nDate: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n/#
            #expect(answer.hasPrefix("HTTP/1.1 204 ") && answer.contains(date))
            #expect(!answer.lowercased().contains("content-length") && !answer.lowercased().contains("transfer-enc"))
        }
    }

    @Test("a stream is sent in chunks, to HTTP/1.0 until the end, and its failure is not taken for its end")
    func streams() async throws {
        struct Failure: Error {}
        let responder = TestResponder(handler: { request in
            let count = Mutex(0)
            let fails = request.head.path == ["fails"]
            let next: @Sendable () async throws -> [UInt8]? = {
                let number = count.withLock { count in
                    count += 1
                    return count
                }
                if fails, number == 3 { throw Failure() }
                return number <= 100 ? Array("\(number) ".utf8) : nil
            }
            return HTTPResponse(status: .ok, body: .stream(next))
        })
        try await withServer(responder) { (_, port, _) async throws in
            let chunked = try await RawClient.exchange(Self.close("GET /"), port: port)
            #expect(chunked.contains("Transfer-Encoding: chunked\r\n"))
            #expect(chunked.contains("\r\n\r\n2\r\n1 \r\n2\r\n2 \r\n") && chunked.hasSuffix("4\r\n100 \r\n0\r\n\r\n"))
            let plain = try await RawClient.exchange("GET / HTTP/1.0\r\n\r\n", port: port)
            #expect(plain.hasSuffix("\r\n\r\n" + (1...100).map { "\($0) " }.joined()))
            let failed = try await RawClient.exchange(Self.close("GET /fails"), port: port)
            #expect(failed.hasSuffix("2\r\n2 \r\n"))
        }
    }

    @Test("a large answer to one who reads slowly does not keep the others waiting, and is whole in the end")
    func sendsSlowly() async throws {
        let size = 8 << 20
        let responder = TestResponder(handler: { request in
            request.head.path == ["big"]
                ? HTTPResponse(status: .ok, body: .bytes(Array(repeating: 0x62, count: size))) : Self.text("small")
        })
        try await withServer(responder) { (_, port, _) async throws in
            let raw = try await blocking { try RawClient(port: port) }
            raw.send(Self.close("GET /big"))
            for _ in 0..<10 {
                #expect(try await RawClient.exchange(Self.close("GET /"), port: port).hasSuffix("small"))
            }
            let answer = try await blocking { raw.receiveAll() }
            #expect(answer.count > size && answer.count < size + 500)
        }
    }

    // MARK: - Starting and stopping

    @Test("a busy port and an unknown host are told apart")
    func failsToListen() async throws {
        try await withServer { (_, port, _) async throws in
            await #expect(throws: LWSError.addressInUse(host: "127.0.0.1", port: port)) {
                try await withServer(configure: { $0.port = port }) { _, _, _ in }
            }
        }
        for host in ["no.such.host.invalid", "203.0.113.1"] {
            do {
                try await withServer(configure: { $0.host = host }) { _, _, _ in }
                Issue.record("listens on \(host)")
            } catch let error as LWSError {
                guard case .cannotListen(host, 0, _) = error else {
                    Issue.record("\(error)")
                    continue
                }
            }
        }
    }

    @Test("a stop lets answers end, closes WebSockets with 1001 and a wait, and listens no more")
    func stops() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let (started, start) = AsyncStream<Void>.makeStream()
        let responder = TestResponder(handler: { _ in
            start.yield()
            for await _ in gate { break }
            return Self.text("done")
        })
        let loop = try EventLoop()
        let server = Server(
            configuration: ServerConfiguration(), loop: loop, responder: responder, endpoints: [.echo()],
            logger: .init(label: "test"))
        let port = try await server.start()
        let clientLoop = try EventLoop()
        let client = try WebSocketClient(loop: clientLoop)
        let recorder = SocketRecorder()
        await clientLoop.run {
            client.connect(host: "127.0.0.1", port: port, path: "/echo", subprotocol: nil, handler: recorder)
        }
        #expect(await recorder.events.first { $0 == .opened } == .opened)
        async let answer = RawClient.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", port: port)
        for await _ in started { break }

        async let stopped: Void = server.stop()
        guard case .closed(1001, let wait) = await recorder.events.first(where: { _ in true }) else {
            Issue.record("not closed with 1001")
            return
        }
        #expect((0..<10_000).contains(try #require(Int(wait))))
        await #expect(throws: LoopbackSocket.NotConnected.self) { try await blocking { _ = try RawClient(port: port) } }
        open.yield()
        await stopped
        #expect(try await answer.hasSuffix("done"))
        #expect(try await answer.contains("Connection: close\r\n"))
        await server.stop()
        await client.shutDown()
        await clientLoop.shutDown()
        await loop.shutDown()
    }

    @Test("a stop cuts off at its deadline what does not end")
    func stopsInTime() async throws {
        let (gate, open) = AsyncStream<Void>.makeStream()
        let (started, start) = AsyncStream<Void>.makeStream()
        let responder = TestResponder(handler: { _ in
            start.yield()
            for await _ in gate { break }
            return Self.text("too late")
        })
        let loop = try EventLoop()
        let server = Server(
            configuration: ServerConfiguration(), loop: loop, responder: responder, endpoints: [.echo()],
            logger: .init(label: "test"))
        let port = try await server.start()
        let silent = try await blocking {
            let raw = try RawClient(port: port)
            raw.send(RawClient.handshake())
            _ = raw.receive(until: "\r\n\r\n")
            return raw
        }
        async let answer = RawClient.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", port: port)
        for await _ in started { break }
        let begin = ContinuousClock.now
        await server.stop(deadline: .milliseconds(300))
        #expect(ContinuousClock.now - begin < .seconds(3))
        #expect(try await answer.isEmpty)
        await loop.shutDown()
        open.yield()
        withExtendedLifetime(silent) {}
    }
}
