import Foundation
import HTTPTypes
import Synchronization
import Testing

@testable import LWS

/// Who sends a body is known before it goes to disk.
@Suite("Bodies on their way to disk", .timeLimit(.minutes(2))) struct SpillingTests {
    private static let policy = BodyPolicy(
        maxBytes: 4 << 20, spillBytes: 1000, parsesMultipart: true, maxFileBytes: 2 << 20, asksWhenSpilling: true)

    /// A form whose parts are `name=value`, or a name and how many bytes its file has.
    private static func form(_ parts: [(name: String, value: String)], end: String = "--b--\r\n") -> [UInt8] {
        var text = ""
        for (name, value) in parts {
            let count = Int(value)
            text += "--b\r\nContent-Disposition: form-data; name=\(name)\(count == nil ? "" : "; filename=f")\r\n\r\n"
            text += (count.map { String(repeating: "x", count: $0) } ?? value) + "\r\n"
        }
        return Array((text + end).utf8)
    }

    private static func collector(directory: String = NSTemporaryDirectory()) -> BodyCollector {
        BodyCollector(
            policy: policy, contentType: "multipart/form-data; boundary=b", directory: directory,
            budget: Budget(limit: 1 << 30))
    }

    private static func names(_ fields: [(name: String, value: String)]?) -> [String]? { fields?.map(\.name) }

    @Test(
        "the fields that stand before the first file too large for memory are asked about, in whatever pieces it comes",
        arguments: [1, 7, 1000, 100_000])
    func asks(size: Int) throws {
        var collector = Self.collector()
        let bytes = Self.form([
            ("a", "one"), ("s", "1000"), ("token", "t"), ("f", "1001"), ("late", "x"), ("g", "5000"),
        ])
        var asked: [[String]] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            try bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { try collector.append($0) }
            if let fields = Self.names(collector.fieldsBeforeSpill), asked.last != fields { asked.append(fields) }
        }
        try collector.finish()
        #expect(
            asked == [["a", "token"]], "a file of a thousand bytes stays in memory, and the second is not asked about")
        let early = collector.takeWrites()
        #expect(early == nil && collector.isFull && collector.body == nil)
        collector.allowWrites()
        #expect(collector.fieldsBeforeSpill == nil)
        let taken = collector.takeWrites()
        let writes = try #require(taken)
        #expect(BodyWrites.Write.perform(writes) == nil)
        collector.finishWrites()
        guard case .multipart(let form)? = collector.body else {
            Issue.record("no form")
            return
        }
        #expect(form.fields.map(\.name) == ["a", "token", "late"] && form.files.map(\.name) == ["s", "f", "g"])
    }

    @Test(
        "nothing more is read of a body before it is known whether it may go to disk, form or not",
        arguments: [true, false])
    func waits(isForm: Bool) throws {
        var collector =
            isForm
            ? Self.collector()
            : BodyCollector(
                policy: Self.policy, contentType: nil, directory: NSTemporaryDirectory(), budget: Budget(limit: 1 << 20)
            )
        try Self.form([("f", "999")], end: "").withUnsafeBytes { try collector.append($0) }
        if isForm { #expect(collector.fieldsBeforeSpill == nil && !collector.isFull) }
        try Array(repeating: UInt8(ascii: "y"), count: 200).withUnsafeBytes { try collector.append($0) }
        let writes = collector.takeWrites()
        #expect(collector.fieldsBeforeSpill?.isEmpty == true && collector.isFull && writes == nil)
        collector.allowWrites()
        #expect(collector.fieldsBeforeSpill == nil && !collector.isFull)
    }

    @Test("the files of all bodies have so many bytes; one more is refused, and has them when another is gone")
    func sharesDisk() throws {
        let disk = Budget(limit: 5000)
        func collect(_ count: Int) throws -> BodyCollector {
            var collector = BodyCollector(
                policy: BodyPolicy(maxBytes: 1 << 20, spillBytes: 1000), contentType: nil,
                directory: NSTemporaryDirectory(), budget: Budget(limit: 1 << 30), disk: disk)
            for _ in 0..<count {
                try [UInt8](repeating: 7, count: 1000).withUnsafeBytes { try collector.append($0) }
            }
            return collector
        }
        var first: BodyCollector? = try collect(3)
        #expect(disk.used == 3000)
        _ = try collect(1)
        #expect(disk.used == 3000, "what stays in memory is not on the disk")
        #expect(throws: RequestFault.overloaded) { try collect(3) }
        #expect(disk.used == 3000, "what was refused holds nothing")
        let second = try collect(2)
        #expect(disk.used == 5000)
        func finish(_ whole: BodyCollector) throws -> HTTPBody? {
            var collector = whole
            try collector.finish()
            let taken = collector.takeWrites()
            #expect(BodyWrites.Write.perform(try #require(taken)) == nil)
            collector.finishWrites()
            return collector.body
        }
        func count(_ body: HTTPBody?) -> Int { if case .file(let file)? = body { file.count } else { 0 } }
        var body = try finish(try #require(first))
        first = nil
        #expect(count(body) == 3000 && disk.used == 5000, "as long as its handler has it")
        body = nil
        #expect(disk.used == 2000)
        _ = try collect(3)
        withExtendedLifetime(second) {}
    }

    @Test("bodies of nobody in particular have files of their own, and leave those of others alone")
    func boundsStrangers() async throws {
        for (isOfStrangers, status) in [(true, 503), (false, 200)] {
            let responder = TestResponder(
                policy: BodyPolicy(maxBytes: 1 << 20, spillBytes: 1000, isOfStrangers: isOfStrangers),
                handler: { HTTPServerTests.describeBody($0) })
            try await withServer(
                responder,
                configure: {
                    $0.maxFileBytes = 300_000
                    $0.maxStrangersFileBytes = 100_000
                }
            ) { (server, port, loop) async throws in
                for _ in 1...3 {
                    let answer = try await RawClient.exchange(
                        HTTPServerTests.close("POST /", "Content-Length: 200000\r\n")
                            + String(repeating: "x", count: 200_000), port: port)
                    #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer.prefix(100))")
                }
            }
        }
    }

    /// Takes to disk what comes behind a `token` of `yes`.
    private static let responder = TestResponder(
        policy: policy,
        spillGate: { fields in
            fields.contains { $0 == ("token", "yes") }
                ? nil : HTTPResponse(status: .unauthorized, body: .bytes(Array("who are you".utf8)))
        }, handler: { HTTPServerTests.describeBody($0) })

    private static func post(_ count: Int, type: String = "multipart/form-data; boundary=b") -> String {
        HTTPServerTests.close("POST /", "Content-Type: \(type)\r\nContent-Length: \(count)\r\n")
    }

    @Test(
        "a body that may not go to disk is refused when it would, and nothing of it is there",
        arguments: [
            ("multipart/form-data; boundary=b", [("f", "300000")]),
            ("multipart/form-data; boundary=b", [("token", "no"), ("f", "300000")]),
            ("multipart/form-data; boundary=b", [("f", "300000"), ("token", "yes")]), ("text/plain", [("f", "300000")]),
        ])
    func refuses(type: String, parts: [(String, String)]) async throws {
        // What is written there fails, which is a 500.
        let nowhere = NSTemporaryDirectory() + "nowhere-\(UUID().uuidString)"
        try await withServer(Self.responder, configure: { $0.temporaryDirectory = nowhere }) {
            (_, port, _) async throws in
            let body = Self.form(parts)
            let all = try await RawClient.exchange(
                Self.post(body.count, type: type) + String(decoding: body, as: UTF8.self), port: port)
            #expect(all.hasPrefix("HTTP/1.1 401 ") && all.hasSuffix("who are you"), "\(all.prefix(200))")
            // Before the rest of it comes.
            let part = try await RawClient.exchange(
                Self.post(body.count, type: type) + String(decoding: body.prefix(2000), as: UTF8.self), port: port)
            #expect(part.hasPrefix("HTTP/1.1 401 ") && part.hasSuffix("who are you"), "\(part.prefix(200))")
        }
    }

    @Test("a body that may go to disk does, and one that stays in memory is not asked about")
    func takes() async throws {
        try await withServer(Self.responder) { (_, port, _) async throws in
            for (parts, answer) in [
                ([("token", "yes"), ("f", "400000"), ("late", "x")], "form 2 1"),
                ([("token", "yes"), ("f", "1001")], "form 1 1"), ([("f", "1000"), ("token", "no")], "form 1 1"),
                ([("token", "no")], "form 1 0"),
            ] {
                let body = Self.form(parts)
                // Two on one connection.
                let request = Self.post(body.count).replacing("Connection: close\r\n", with: "")
                let answers = try await RawClient.exchange(
                    request + String(decoding: body, as: UTF8.self) + Self.post(body.count)
                        + String(decoding: body, as: UTF8.self), port: port)
                #expect(answers.components(separatedBy: answer).count == 3, "\(parts): \(answers)")
            }
        }
    }

    @Test("a client that goes while it is asked about leaves nothing")
    func asksInVain() async throws {
        let asked = AsyncStream<Void>.makeStream(), answered = AsyncStream<Void>.makeStream()
        var responder = Self.responder
        responder.spillGate = { _ in
            asked.continuation.yield()
            for await _ in answered.stream { break }
            return nil
        }
        try await withServer(responder) { (_, port, _) async throws in
            let body = Self.form([("f", "300000")])
            do {
                let raw = try RawClient(port: port)
                raw.send(Self.post(body.count))
                raw.send(body.prefix(5000))
                for await _ in asked.stream { break }
            }
            answered.continuation.yield()
            let small = Self.form([("f", "4")])
            let next = try await RawClient.exchange(
                Self.post(small.count) + String(decoding: small, as: UTF8.self), port: port)
            #expect(next.hasSuffix("form 0 1"))
        }
    }
}
