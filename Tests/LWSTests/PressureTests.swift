import Foundation
import HTTPTypes
import TestKit
import Testing

@testable import LWS

/// What many clients together may hold of a server.
@Suite("Pressure", .timeLimit(.minutes(2))) struct PressureTests {
    /// Answers when the gate is open, but at once at `/now`.
    static func waiting(at gate: Gate) -> TestResponder {
        TestResponder(handler: { request in
            if request.head.target != "/now" { await gate.pass() }
            return HTTPServerTests.describeBody(request)
        })
    }

    static func post(_ count: Int, to target: String = "/") -> String {
        HTTPServerTests.close("POST \(target)", "Content-Length: \(count)\r\n") + String(repeating: "x", count: count)
    }

    func expectOverloaded(_ answer: String, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(answer.hasPrefix("HTTP/1.1 503 "), sourceLocation: sourceLocation)
        #expect(answer.contains("Retry-After: 5\r\n"), sourceLocation: sourceLocation)
        #expect(answer.contains("Connection: close\r\n"), sourceLocation: sourceLocation)
    }

    @Test("bodies count until their handlers have answered; one more is 503, but a short one; then all is free again")
    func countsBodies() async throws {
        let gate = Gate()
        try await withServer(Self.waiting(at: gate), configure: { $0.maxInputBytes = 200_000 }) { server, port, loop in
            async let first = RawClient.exchange(Self.post(60_000), port: port)
            async let second = RawClient.exchange(Self.post(60_000), port: port)
            async let third = RawClient.exchange(Self.post(60_000), port: port)
            try await eventually { gate.arrived == 3 }
            #expect(await loop.run { server.load.inputBytes } == 180_000)
            expectOverloaded(try await RawClient.exchange(Self.post(60_000), port: port))
            #expect(await loop.run { server.load.inputBytes } == 180_000)
            #expect(try await RawClient.exchange(Self.post(4096, to: "/now"), port: port).contains("memory 4096"))
            gate.open()
            for answer in [try await first, try await second, try await third] {
                #expect(answer.contains("memory 60000"))
            }
            #expect(await loop.run { server.load.inputBytes } == 0)
            #expect(try await RawClient.exchange(Self.post(199_000), port: port).contains("memory 199000"))
        }
    }

    @Test("the share of a body whose client has gone is given back when its handler has answered, and not before")
    func countsOrphans() async throws {
        let gate = Gate()
        try await withServer(Self.waiting(at: gate)) { server, port, loop in
            do {
                let raw = try RawClient(port: port)
                raw.send(Self.post(60_000))
                try await eventually { gate.arrived == 1 }
            }
            // Turns of the loop in which it could see the end.
            for _ in 0..<20 { await loop.run {} }
            #expect(await loop.run { server.load.inputBytes } == 60_000)
            #expect(await loop.run { server.load.handlers } == 1)
            gate.open()
            try await eventually { await loop.run { server.load.inputBytes + server.load.handlers } == 0 }
            // One that leaves in the middle of its body.
            do {
                let raw = try RawClient(port: port)
                raw.send(String(Self.post(60_000).dropLast(10_000)))
                try await eventually { await loop.run { server.load.inputBytes } == 50_000 }
            }
            try await eventually { await loop.run { server.load.inputBytes } == 0 }
        }
    }

    @Test("heads that are not finished count together, but for short ones")
    func countsHeads() async throws {
        try await withServer(configure: { $0.maxInputBytes = 10_000 }) { server, port, loop in
            let half = "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 8000)
            let held = try RawClient(port: port)
            held.send(half)
            try await eventually { await loop.run { server.load.inputBytes } > 8000 }
            expectOverloaded(try await RawClient.exchange(half, port: port))
            let short =
                "GET /short HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX: " + String(repeating: "x", count: 3000)
            let patient = try RawClient(port: port)
            patient.send(short)
            await loop.run {}
            patient.send("\r\n\r\n")
            #expect(try await blocking { patient.receiveAll() }.suffix(12).elementsEqual("hello /short".utf8))
            held.send("\r\n\r\n")
            #expect(try await blocking { held.receive(until: "hello /") }.hasPrefix("HTTP/1.1 200 "))
            #expect(await loop.run { server.load.inputBytes } == 0)
        }
    }

    /// Requests that are sent ahead, as many as there is time for.
    private static let ahead = Array(
        String(repeating: "GET /now HTTP/1.1\r\nHost: a\r\n\r\n", count: 200_000).utf8)

    @Test("requests that are sent ahead wait in the kernel while one is answered: what one read brought is held")
    func holdsLittleAhead() async throws {
        let gate = Gate()
        try await withServer(Self.waiting(at: gate)) { server, port, loop in
            let raw = try RawClient(port: port)
            raw.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually { gate.arrived == 1 }
            // Until nothing is taken any more, though the loop has turned a hundred times.
            var rest = Self.ahead[...], refused = 0
            while !rest.isEmpty, refused < 100 {
                let count = raw.trySend(rest.prefix(65_536))
                rest = rest.dropFirst(count)
                refused = count == 0 ? refused + 1 : 0
                #expect(await loop.run { server.load.inputBytes } <= 32 << 10)
            }
            #expect(refused == 100, "the kernel has room for \(Self.ahead.count) bytes")
        }
    }

    @Test("and so they do through TLS")
    func holdsLittleAheadOfTLS() async throws {
        let gate = Gate()
        let tests = TLSTests()
        try await tests.withFiles(.localhost) { files in
            try await withServer(Self.waiting(at: gate), configure: { $0.tls = files }) { server, port, loop in
                let client = try await blocking { try TLSClient(port: port, authority: files.certificate) }
                async let sent: Void = blocking {
                    client.send(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
                    client.send(Self.ahead)
                }
                try await eventually { gate.arrived == 1 }
                for _ in 0..<500 {
                    #expect(await loop.run { server.load.inputBytes } <= 32 << 10)
                    await Task.yield()
                }
                await server.stop(deadline: .milliseconds(50))
                gate.open()
                _ = try? await sent
            }
        }
    }

    @Test("what was sent ahead and finds no memory is answered with 503 when its turn comes")
    func losesInput() async throws {
        let gate = Gate()
        try await withServer(Self.waiting(at: gate), configure: { $0.maxInputBytes = 20_000 }) { server, port, loop in
            let large = HTTPServerTests.close("GET /now", "X: \(String(repeating: "x", count: 12_000))\r\n")
            func begin(_ number: Int) async throws -> RawClient {
                let raw = try RawClient(port: port)
                // In one piece, so that the second comes with the first.
                raw.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + large)
                try await eventually { gate.arrived == number }
                return raw
            }
            let first = try await begin(1)
            try await eventually { await loop.run { server.load.inputBytes } > 12_000 }
            let second = try await begin(2)
            gate.open()
            let lost = try await blocking { String(decoding: second.receiveAll(), as: UTF8.self) }
            #expect(lost.hasPrefix("HTTP/1.1 200 "))
            expectOverloaded(String(lost[(lost.range(of: "memory 0 ")?.upperBound ?? lost.endIndex)...]))
            let kept = try await blocking { String(decoding: first.receiveAll(), as: UTF8.self) }
            #expect(kept.matches(of: #/HTTP/1.1 200 /#).count == 2 && !kept.contains("503"))
            #expect(await loop.run { server.load.inputBytes } == 0)
        }
    }

    @Test("fragments count with all the rest: one more is 1013, but a short one, and the others go on")
    func countsFragments() async throws {
        try await withServer(endpoints: [.echo()], configure: { $0.maxInputBytes = 100_000 }) { server, port, loop in
            func open() async throws -> RawClient {
                try await blocking {
                    let raw = try RawClient(port: port)
                    raw.send(RawClient.handshake())
                    #expect(raw.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                    return raw
                }
            }
            let first = try await open()
            first.send(RawClient.frame(opcode: 1, Array(repeating: 0x61, count: 60_000), isFinal: false))
            try await eventually { await loop.run { server.load.inputBytes } == 60_000 }
            let second = try await open()
            second.send(RawClient.frame(opcode: 1, Array(repeating: 0x61, count: 60_000), isFinal: false))
            let farewell = try await blocking { second.receive() } ?? []
            #expect(farewell.starts(with: [0x88]) && farewell.dropFirst(2).prefix(2).elementsEqual([0x03, 0xf5]))
            second.send(RawClient.frame(opcode: 8, [0x03, 0xf5]))
            let short = try await open()
            short.send(RawClient.frame(opcode: 1, Array(repeating: 0x62, count: 4096), isFinal: false))
            short.send(RawClient.frame(opcode: 0, [0x63]))
            #expect(try await blocking { short.receive(until: "c") }.hasSuffix("bbc"))
            first.send(RawClient.frame(opcode: 0, [0x64]))
            #expect(try await blocking { first.receive(until: "d") }.hasSuffix("aad"))
            #expect(await loop.run { server.load.inputBytes } == 0)
            // One that goes takes its share with it.
            do {
                let gone = try await open()
                gone.send(RawClient.frame(opcode: 1, Array(repeating: 0x61, count: 60_000), isFinal: false))
                try await eventually { await loop.run { server.load.inputBytes } == 60_000 }
            }
            try await eventually { await loop.run { server.load.inputBytes } == 0 }
        }
    }

    @Test("handlers at work are counted: one more request is 503, unless it is one of those that are always answered")
    func countsHandlers() async throws {
        let gate = Gate()
        var responder = Self.waiting(at: gate)
        responder.vital = ["/now"]
        try await withServer(responder, configure: { $0.maxHandlers = 2 }) { server, port, loop in
            let get = HTTPServerTests.close("GET /wait")
            async let first = RawClient.exchange(get, port: port)
            async let second = RawClient.exchange(get, port: port)
            try await eventually { gate.arrived == 2 }
            #expect(await loop.run { server.load.handlers } == 2)
            expectOverloaded(try await RawClient.exchange(get, port: port))
            expectOverloaded(try await RawClient.exchange(Self.post(100_000), port: port))
            #expect(
                try await RawClient.exchange(HTTPServerTests.close("GET /now"), port: port).hasPrefix("HTTP/1.1 200 "))
            #expect(gate.arrived == 2)
            gate.open()
            for answer in [try await first, try await second] { #expect(answer.hasPrefix("HTTP/1.1 200 ")) }
            #expect(await loop.run { server.load.handlers } == 0)
            #expect(try await RawClient.exchange(get, port: port).hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("those who are asked about large bodies count among the handlers")
    func countsQuestions() async throws {
        let gate = Gate()
        var responder = TestResponder(policy: BodyPolicy(asksAbove: 1000))
        responder.gate = { _ in
            await gate.pass()
            return nil
        }
        try await withServer(responder, configure: { $0.maxHandlers = 1 }) { server, port, loop in
            async let first = RawClient.exchange(Self.post(2000), port: port)
            try await eventually { gate.arrived == 1 }
            #expect(await loop.run { server.load.handlers } == 1)
            expectOverloaded(try await RawClient.exchange(Self.post(2000), port: port))
            gate.open()
            #expect(try await first.hasPrefix("HTTP/1.1 200 "))
            #expect(await loop.run { server.load.handlers } == 0)
        }
    }

    @Test("those that are always answered have no more than a few places either")
    func boundsSpares() async throws {
        let gate = Gate()
        var responder = Self.waiting(at: gate)
        responder.vital = ["/wait"]
        try await withServer(responder, configure: { $0.maxHandlers = 1 }) { server, port, loop in
            let clients = try (0..<17).map { _ in
                let raw = try RawClient(port: port)
                raw.send(HTTPServerTests.close("GET /wait"))
                return raw
            }
            try await eventually { gate.arrived == 17 }
            expectOverloaded(try await RawClient.exchange(HTTPServerTests.close("GET /wait"), port: port))
            gate.open()
            for raw in clients {
                #expect(try await blocking { raw.receiveAll() }.starts(with: "HTTP/1.1 200 ".utf8))
            }
        }
    }
}
