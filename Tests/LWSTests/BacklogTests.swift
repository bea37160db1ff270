import Foundation
import HTTPTypes
import TestKit
import Testing

@testable import LWS

/// A client that reads when a test says so, plain or through TLS.
protocol ReadingClient: Sendable {
    func send(_ bytes: [UInt8])
    func receive(count: Int) -> [UInt8]
    func receive(until end: String) -> String
}

extension ReadingClient {
    /// Up to the first `end`, and nothing of what follows.
    func receive(through end: String) -> String {
        var bytes: [UInt8] = []
        while !bytes.suffix(end.utf8.count).elementsEqual(end.utf8) {
            let byte = receive(count: 1)
            guard !byte.isEmpty else { break }
            bytes += byte
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension TLSClient: ReadingClient {}

extension RawClient: ReadingClient {
    func send(_ bytes: [UInt8]) { send(bytes[...]) }
}

/// Runs `body` against a server with a client of it that is connected, plain or through TLS.
func withClient(
    _ responder: TestResponder = TestResponder(), endpoints: [WebSocketEndpoint] = [], tls: Bool,
    configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (_ server: Server, _ port: Int, _ loop: EventLoop, _ client: any ReadingClient) async throws -> Void
) async throws {
    func run(_ files: TLSFiles?) async throws {
        try await withServer(
            responder, endpoints: endpoints,
            configure: {
                $0.tls = files
                configure(&$0)
            }
        ) { server, port, loop in
            let client = try await blocking {
                let client: any ReadingClient =
                    if let files {
                        try TLSClient(port: port, authority: files.certificate)
                    } else {
                        try RawClient(port: port)
                    }
                return client
            }
            try await body(server, port, loop, client)
        }
    }
    if tls {
        try await TLSTests().withFiles(.localhost) { try await run($0) }
    } else {
        try await run(nil)
    }
}

@Suite("Peers that do not read", .timeLimit(.minutes(5))) struct BacklogTests {
    /// Messages of this size fill a socket's buffers soon, and no test waits long for them.
    private static let large = OutgoingMessage(String(repeating: "m", count: 60_000))
    private static let largeFrame = 60_004

    /// Runs `body` with a server, and a client whose handshake is done.
    private func withStalled(
        tls: Bool = false, backlog: BacklogLimits = BacklogLimits(),
        _ body: (
            _ server: Server, _ loop: EventLoop, _ client: any ReadingClient, _ peer: SocketRecorder, _ port: Int
        ) async throws -> Void
    ) async throws {
        let made = WebSocketTests.Made()
        try await withClient(
            endpoints: [.echo(backlog: backlog, keep: made.add)], tls: tls
        ) { server, port, loop, client in
            let answer = try await blocking {
                client.send(Array(RawClient.handshake().utf8))
                return client.receive(until: "\r\n\r\n")
            }
            try #require(answer.hasPrefix("HTTP/1.1 101 "))
            try await body(server, loop, client, try #require(await made.next()), port)
        }
    }

    /// Sends until the socket takes no more; how many it took.
    ///
    /// The kernels move what they have to the peer's side for a while, and grow its buffer: so until nothing is taken any
    /// more.
    private func fill(_ peer: SocketRecorder, on loop: EventLoop) async throws -> Int {
        var total = 0
        var idle = 0
        for _ in 0..<400 where idle < 10 {
            let sent = await loop.run {
                var sent = 0
                while sent < 1000, peer.socket?.send(Self.large) == true { sent += 1 }
                return sent
            }
            total += sent
            idle = sent == 0 ? idle + 1 : 0
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(idle == 10)
        return total
    }

    @Test(
        "what must arrive waits behind what is on its way, and comes in order when the peer reads",
        arguments: [false, true])
    func keeps(tls: Bool) async throws {
        try await withStalled(tls: tls) { server, loop, client, peer, _ in
            let filled = try await fill(peer, on: loop)
            await loop.run {
                for number in 0..<50 { peer.socket?.enqueue(OutgoingMessage("\(10 + number)")) }
                #expect(server.load.backlogBytes > 100)
                // What is only the newest state does not queue.
                #expect(peer.socket?.send(Self.large) == false)
            }
            let rest = try await blocking {
                #expect(client.receive(count: filled * Self.largeFrame).count == filled * Self.largeFrame)
                return client.receive(count: 50 * 4)
            }
            let texts = stride(from: 0, to: rest.count, by: 4).map {
                String(decoding: rest[$0 + 2..<$0 + 4], as: UTF8.self)
            }
            #expect(texts == (10..<60).map(String.init))
            let left = await loop.run { server.load.backlogBytes }
            #expect(left == 0)
        }
    }

    @Test("a write between two parts of another is refused and counted, and ends nothing but the connection")
    func refusesTornWrites() async throws {
        try await withStalled { _, loop, client, peer, port in
            _ = try await fill(peer, on: loop)
            let before = try #require(ConnectionViolation.all[.writesInTurn])
            let isBroken = await loop.run {
                guard var writer = peer.socket?.writer, writer.isBusy else { return false }
                let held = writer.heldBytes
                guard case .broken = writer.write([1, 2, 3]) else { return false }
                return writer.heldBytes == held
            }
            #expect(isBroken)
            #expect(ConnectionViolation.all[.writesInTurn] == before + 1)
            #expect(try await RawClient.exchange(HTTPServerTests.close("GET /"), port: port).hasPrefix("HTTP/1.1 200 "))
            withExtendedLifetime(client) {}
        }
    }

    @Test("the end of a connection comes behind what waited for it")
    func endsInOrder() async throws {
        try await withStalled { _, loop, client, peer, _ in
            let filled = try await fill(peer, on: loop)
            await loop.run {
                peer.socket?.enqueue(OutgoingMessage("last"))
                peer.socket?.close(code: 4009, reason: "replaced")
                peer.socket?.enqueue(OutgoingMessage("too late"))
            }
            let rest = try await blocking {
                #expect(client.receive(count: filled * Self.largeFrame).count == filled * Self.largeFrame)
                return client.receive(count: 6 + 12)
            }
            #expect(rest == [0x81, 4] + Array("last".utf8) + [0x88, 10, 0x0f, 0xa9] + Array("replaced".utf8))
        }
    }

    @Test("who lets more wait than may is given up as soon as it is put in, and its backlog is dropped")
    func boundsBytes() async throws {
        try await withStalled(backlog: BacklogLimits(bytes: 100_000)) { server, loop, client, peer, _ in
            let filled = try await fill(peer, on: loop)
            let (before, after) = await loop.run {
                peer.socket?.enqueue(Self.large)
                let before = server.load.backlogBytes
                for _ in 0..<100 { peer.socket?.enqueue(Self.large) }
                return (before, server.load.backlogBytes)
            }
            #expect(before >= 60_000 && before < 200_000)
            // Only what is being written is left of it.
            #expect(after == before - 60_000)
            var events = peer.events.makeAsyncIterator()
            #expect(await events.next() == .opened)
            #expect(await events.next() == .fellBehind)
            let rest = try await blocking {
                #expect(client.receive(count: filled * Self.largeFrame).count == filled * Self.largeFrame)
                return client.receive(count: 12)
            }
            #expect(rest == [0x88, 10, 0x0f, 0xaa] + Array("too slow".utf8))
            client.send(RawClient.frame(opcode: 8, [0x0f, 0xaa]))
            #expect(await events.next() == .closed(4010, "too slow"))
            let left = await loop.run { server.load.backlogBytes }
            #expect(left == 0)
        }
    }

    @Test("who lets something wait for too long is given up without anything more being sent")
    func boundsAge() async throws {
        try await withStalled(backlog: BacklogLimits(age: .milliseconds(300))) { server, loop, client, peer, _ in
            _ = try await fill(peer, on: loop)
            var events = peer.events.makeAsyncIterator()
            #expect(await events.next() == .opened)
            let begun = ContinuousClock.now
            await loop.run { peer.socket?.enqueue(OutgoingMessage("must arrive")) }
            #expect(await events.next() == .fellBehind)
            #expect(begun.duration(to: .now) > .milliseconds(250))
            // Nobody reads, and nothing is waited for: it is cut off.
            #expect(await events.next() == .closed(4010, "too slow"))
            #expect(begun.duration(to: .now) < .seconds(8))
            let left = await loop.run { server.load.backlogBytes }
            #expect(left == 0)
            _ = client
        }
    }

    @Test("frames alone, which are only the newest state, make nobody too slow")
    func leavesFrames() async throws {
        try await withStalled(backlog: BacklogLimits(age: .milliseconds(100))) { server, loop, client, peer, _ in
            let filled = try await fill(peer, on: loop)
            // Several looks at what waits.
            try await Task.sleep(for: .milliseconds(400))
            let held = await loop.run { server.load.backlogBytes }
            #expect(held > 0)
            let received = try await blocking { client.receive(count: filled * Self.largeFrame).count }
            #expect(received == filled * Self.largeFrame)
            let isOpen = await loop.run { peer.socket?.send(OutgoingMessage("on")) }
            #expect(isOpen == true)
        }
    }

    @Test("when all together let too much wait, those are cut off for whom the most does")
    func boundsTotal() async throws {
        let made = WebSocketTests.Made()
        try await withServer(endpoints: [.echo(keep: made.add)], configure: { $0.backlogBytes = 1_000_000 }) {
            server, port, loop in
            var clients: [RawClient] = []
            var peers: [SocketRecorder] = []
            for _ in 0..<3 {
                clients.append(
                    try await blocking {
                        let client = try RawClient(port: port)
                        client.send(RawClient.handshake())
                        #expect(client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                        return client
                    })
                let peer = try #require(await made.next())
                _ = try await fill(peer, on: loop)
                peers.append(peer)
            }
            let (small, large, medium) = (peers[0], peers[1], peers[2])
            let total = await loop.run {
                for _ in 0..<9 { large.socket?.enqueue(Self.large) }
                for _ in 0..<2 { medium.socket?.enqueue(Self.large) }
                // One who has only just fallen behind brings the last byte.
                while server.load.backlogBytes > 600_000 { small.socket?.enqueue(Self.large) }
                return server.load.backlogBytes
            }
            #expect(total < 600_000)
            var events = large.events.makeAsyncIterator()
            #expect(await events.next() == .opened)
            #expect(await events.next() == .fellBehind)
            guard case .closed = await events.next() else {
                Issue.record("it was not cut off")
                return
            }
            let areOpen = await loop.run { [small, medium].allSatisfy { $0.socket != nil } }
            #expect(areOpen)
            let count = await loop.run { server.webSocketCount }
            #expect(count == 2)
            _ = clients
        }
    }

    @Test("a flood of pings is answered by the newest alone while nobody reads the answers", arguments: [false, true])
    func boundsPongs(tls: Bool) async throws {
        try await withStalled(tls: tls) { server, loop, client, peer, _ in
            let filled = try await fill(peer, on: loop)
            let before = await loop.run { server.load.backlogBytes }
            try await blocking {
                for number in 0..<5000 { client.send(RawClient.frame(opcode: 9, Array("\(1000 + number)".utf8))) }
                // Told when the pings before it have been.
                client.send(RawClient.frame(opcode: 1, Array("done".utf8)))
            }
            await loop.run { peer.onText = { _, _ in } }
            var events = peer.events.makeAsyncIterator()
            #expect(await events.next() == .opened)
            #expect(await events.next() == .text("done"))
            let after = await loop.run { server.load.backlogBytes }
            let pong = 6
            #expect(after <= before + pong)
            let answers = try await blocking {
                #expect(client.receive(count: filled * Self.largeFrame).count == filled * Self.largeFrame)
                // The kernels may have found room for some meanwhile.
                var answers: [[UInt8]] = []
                while answers.count < 100, answers.last != [0x8a, 4] + Array("5999".utf8) {
                    answers.append(client.receive(count: pong))
                }
                return answers
            }
            #expect(answers.last == [0x8a, 4] + Array("5999".utf8), "\(answers.count)")
        }
    }

    @Test("who sends and does not read is heard all the same", arguments: [false, true])
    func hears(tls: Bool) async throws {
        try await withStalled(tls: tls) { _, loop, client, peer, _ in
            await loop.run { peer.onText = { _, _ in } }
            _ = try await fill(peer, on: loop)
            await loop.run { peer.socket?.enqueue(OutgoingMessage("waits")) }
            var events = peer.events.makeAsyncIterator()
            #expect(await events.next() == .opened)
            for number in 0..<100 {
                let text = #"{"type":"markers","markers":[{"id":\#(number)}]}"#
                try await blocking { client.send(RawClient.frame(opcode: 1, Array(text.utf8))) }
                #expect(await events.next() == .text(text))
            }
        }
    }

    // MARK: - A loop at rest

    /// Processor time of the loop's thread in a while in which nothing happens, as a part of that while.
    ///
    /// A loop that spins takes nearly all of it, and no less than its share of a busy machine.
    private func busyness(of loop: EventLoop) async throws -> Double {
        let begun = ContinuousClock.now
        let before = await loop.run { TLSTests.threadSeconds() }
        try await Task.sleep(for: .milliseconds(500))
        let after = await loop.run { TLSTests.threadSeconds() }
        let took = begun.duration(to: .now)
        return (after - before) / (Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18)
    }

    @Test("frames that nobody reads let the loop rest, whatever their peer sends", arguments: [false, true])
    func restsWithFrames(tls: Bool) async throws {
        try await withStalled(tls: tls) { _, loop, client, peer, _ in
            _ = try await fill(peer, on: loop)
            await loop.run {
                peer.onText = { _, _ in }
                peer.socket?.enqueue(OutgoingMessage("waits"))
            }
            // The beginning of a frame.
            try await blocking { client.send([0x81]) }
            #expect(try await busyness(of: loop) < 0.05)
        }
    }

    @Test("an answer that nobody reads lets the loop rest, whatever its client sends", arguments: [false, true])
    func restsWithAnswer(tls: Bool) async throws {
        let size = 32 << 20
        let responder = TestResponder(handler: { _ in
            HTTPResponse(status: .ok, body: .bytes(Array(repeating: 0x78, count: size)))
        })
        try await withClient(responder, tls: tls) { _, _, loop, client in
            try await blocking {
                client.send(Array("GET / HTTP/1.1\r\nHost: test\r\n\r\n".utf8))
                #expect(client.receive(through: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
                // The beginning of the next request.
                client.send([UInt8(ascii: "G")])
            }
            // Until the kernels have what they hold.
            var last = 1.0
            for _ in 0..<20 where last >= 0.05 { last = try await busyness(of: loop) }
            #expect(last < 0.05)
            // It was heard, and answered when its turn came.
            try await blocking {
                client.send(Array("ET /next HTTP/1.1\r\nHost: test\r\n\r\n".utf8))
                #expect(client.receive(count: size).count == size)
                #expect(client.receive(through: "\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
            }
        }
    }
}
