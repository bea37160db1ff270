import HTTPTypes
import TestKit
import Testing

@testable import LWS

/// How slowly a peer may send, or read.
@Suite("The pace of a peer", .timeLimit(.minutes(2))) struct PaceTests {
    private static let pace = Pace(bytesPerSecond: 1000, longest: .seconds(60))
    private static let start = ContinuousClock.now

    /// When a peer would be given up that moves so many bytes at each of some moments, having a minute at first.
    private func end(_ moves: [(at: Double, count: Int)]) -> Double {
        var deadline = Self.start + .seconds(60)
        for move in moves {
            let now = Self.start + .seconds(move.at)
            if deadline < now { break }
            deadline = Self.pace.deadline(deadline, after: move.count, at: now)
        }
        return Self.start.duration(to: deadline) / .seconds(1)
    }

    @Test("who keeps to it goes on for as long as it takes, in however many pieces")
    func goesOn() {
        #expect(end((0..<3600).map { (Double($0), 1000) }) >= 3600)
        #expect(end((0..<360).map { (Double($0) * 10, 10_000) }) >= 3600)
        #expect(end([]) == 60)
    }

    @Test("bytes that come at once buy no more than a minute from then, and a few after them no more than they are")
    func buysLittle() {
        #expect(end([(1, 63 << 20)]) == 61)
        // A byte now and then keeps nothing open.
        #expect(end([(1, 63 << 20)] + (1...60).map { (Double($0) * 59, 1) }) < 62)
        // Nor does it take time away.
        #expect(end([(0, 1)]) >= 60)
    }

    @Test("who is slower than it is given up: after the first minute, and what the bytes so far are worth")
    func givesUp() {
        #expect((119...121).contains(end((0..<3600).map { (Double($0), 500) })))
        #expect((60...62).contains(end((0..<3600).map { (Double($0), 10) })))
    }

    @Test("who sends most of a body at once and then nothing is 408 soon, however much that was")
    func silentBody() async throws {
        let responder = TestResponder(policy: BodyPolicy(maxBytes: 8 << 20, spillBytes: 8 << 20))
        try await withServer(responder) {
            $0.requestTimeout = .milliseconds(200)
            $0.bodyPace.longest = .milliseconds(400)
        } _: { _, port, _ in
            let count = 4 << 20
            let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(count + 1)\r\n\r\n"
            let begun = ContinuousClock.now
            let answer = try await RawClient.exchange(head + String(repeating: "x", count: count), port: port)
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
            // 64 s are what so many bytes would be worth.
            #expect(begun.duration(to: .now) < .seconds(30))
        }
    }

    @Test("who reads an answer in memory a piece now and then is cut off, and who keeps to the pace has all of it")
    func slowReader() async throws {
        let size = 32 << 20
        let responder = TestResponder(handler: { _ in
            HTTPResponse(status: .ok, body: .bytes([UInt8](repeating: 0x62, count: size)))
        })
        try await withServer(responder) {
            $0.requestTimeout = .seconds(3)
            // All of it is worth two seconds.
            $0.readerPace = Pace(bytesPerSecond: size / 2, longest: .seconds(3))
        } _: { server, port, loop in
            let whole = try await RawClient.exchange(HTTPServerTests.close("GET /"), port: port)
            #expect(whole.utf8.count > size)
            let slow = try RawClient(port: port)
            slow.send(HTTPServerTests.close("GET /"))
            // Within three seconds each of the kernel's buffers is free again, and all would take half a minute.
            var count = 0
            for _ in 0..<1000 where await loop.run({ server.connectionCount }) > 0 {
                count += try await blocking { slow.receive(count: 128 << 10) }.count
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(await loop.run { server.connectionCount } == 0)
            #expect(await loop.run { server.load.outputBytes } == 0)
            #expect(count < size)
        }
    }
}
