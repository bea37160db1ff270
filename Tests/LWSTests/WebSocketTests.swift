import HTTPTypes
import Synchronization
import TestKit
import Testing

@testable import LWS

@Suite("WebSocket", .timeLimit(.minutes(5))) struct WebSocketTests {
    typealias Event = SocketRecorder.Event

    /// Opens a client connection and returns its recorder.
    func connect(
        _ client: WebSocketClient, on loop: EventLoop, port: Int, path: String = "/echo",
        subprotocol: String? = "echo.v1", headers: HTTPFields = [:], recorder: SocketRecorder = SocketRecorder()
    ) async -> SocketRecorder {
        await loop.run {
            client.connect(
                host: "127.0.0.1", port: port, path: path, subprotocol: subprotocol, headers: headers,
                handler: recorder)
        }
        return recorder
    }

    /// A raw socket on which the handshake is done.
    func open(_ port: Int, headers: String = "") async throws -> RawClient {
        try await blocking {
            let raw = try RawClient(port: port)
            raw.send(RawClient.handshake(headers: headers))
            #expect(raw.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
            return raw
        }
    }

    /// The handlers that the server makes, in order.
    final class Made: Sendable {
        private let stream: AsyncStream<SocketRecorder>
        private let continuation: AsyncStream<SocketRecorder>.Continuation
        init() { (stream, continuation) = AsyncStream.makeStream() }
        func add(_ recorder: SocketRecorder) { continuation.yield(recorder) }
        func next() async -> SocketRecorder? { await stream.first { _ in true } }
    }

    // MARK: - Messages

    @Test(
        "a message comes back whole, whatever its size",
        arguments: [0, 1, 125, 126, 511, 512, 513, 4096, 65_535, 65_536])
    func echoes(count: Int) async throws {
        try await withServer(endpoints: [.echo()]) { (_, port, loop) async throws in
            let client = try WebSocketClient(loop: loop)
            let recorder = await connect(client, on: loop, port: port)
            var events = recorder.events.makeAsyncIterator()
            #expect(await events.next() == .opened)
            let text = String(repeating: "x", count: count)
            #expect(await loop.run { recorder.socket?.send(OutgoingMessage(text)) } == true)
            #expect(await events.next() == .text(text))
            await client.shutDown()
            #expect(await events.next() == .closed(1000, ""))
        }
    }

    @Test("many clients share a loop, and each gets its own messages")
    func serves() async throws {
        try await withServer(endpoints: [.echo()]) { (server, port, loop) async throws in
            let client = try WebSocketClient(loop: loop)
            var recorders: [SocketRecorder] = []
            for _ in 0..<500 { recorders.append(await connect(client, on: loop, port: port)) }
            for (number, recorder) in recorders.enumerated() {
                var events = recorder.events.makeAsyncIterator()
                #expect(await events.next() == .opened)
                await loop.run { _ = recorder.socket?.send(OutgoingMessage("\(number)")) }
                #expect(await events.next() == .text("\(number)"))
            }
            #expect(await loop.run { server.webSocketCount } == 500)
            #expect(await loop.run { server.connectionCount } == 500)
            await client.shutDown()
        }
    }

    @Test("one prepared message goes to any number of sockets unchanged")
    func shares() async throws {
        let made = Made()
        try await withServer(endpoints: [.echo(keep: made.add)]) { (_, port, loop) async throws in
            let client = try WebSocketClient(loop: loop)
            var pairs: [(client: SocketRecorder, server: SocketRecorder)] = []
            for _ in 0..<10 {
                let recorder = await connect(client, on: loop, port: port)
                pairs.append((recorder, try #require(await made.next())))
            }
            let servers = pairs.map(\.server)
            for recorder in pairs.map(\.client) {
                var events = recorder.events.makeAsyncIterator()
                #expect(await events.next() == .opened)
            }
            let message = OutgoingMessage(capacity: 1000) { buffer in
                buffer.copyBytes(from: Array("{\"type\":\"frame\"}".utf8))
                return 16
            }
            await loop.run { for server in servers { #expect(server.socket?.send(message) == true) } }
            for recorder in pairs.map(\.client) {
                var events = recorder.events.makeAsyncIterator()
                #expect(await events.next() == .text("{\"type\":\"frame\"}"))
            }
            #expect(message.count == 16)
            await client.shutDown()
        }
    }

    @Test("fragments are put together, control frames between them or not")
    func assembles() async throws {
        try await withServer(endpoints: [.echo()]) { (_, port, _) async throws in
            let raw = try await open(port)
            raw.send(RawClient.frame(opcode: 1, Array("你".utf8.prefix(2)), isFinal: false))
            raw.send(RawClient.frame(opcode: 9, Array("now".utf8)))
            raw.send(RawClient.frame(opcode: 0, Array("你".utf8.suffix(1)), isFinal: false))
            raw.send(RawClient.frame(opcode: 0, Array("好".utf8)))
            // The pong may come before the message or after it.
            let answer = try await blocking {
                let first = raw.receive(until: "你好")
                return first.contains("\u{03}now") ? first : first + raw.receive(until: "\u{03}now")
            }
            #expect(answer.contains("你好") && answer.contains("\u{03}now"))
        }
    }

    @Test("what comes in one piece with the handshake is not lost")
    func takesEarlyMessages() async throws {
        try await withServer(endpoints: [.echo()]) { (_, port, _) async throws in
            let answer = try await blocking {
                let raw = try RawClient(port: port)
                raw.send(
                    Array(RawClient.handshake().utf8) + RawClient.frame(opcode: 1, Array("one".utf8))
                        + RawClient.frame(opcode: 1, Array("two".utf8)))
                return raw.receive(until: "two")
            }
            #expect(answer.contains("one"))
        }
    }

    @Test(
        "a handshake behind a request that is being answered is taken up when its turn comes, with what came with it",
        arguments: [false, true])
    func takesTurns(tls: Bool) async throws {
        let gate = Gate()
        let responder = TestResponder(handler: { _ in
            await gate.pass()
            return HTTPResponse(status: .ok, body: .bytes(Array("waited".utf8)))
        })
        try await withClient(responder, endpoints: [.echo()], tls: tls) { _, _, _, client in
            try await blocking {
                client.send(
                    Array(("GET /wait HTTP/1.1\r\nHost: test\r\n\r\n" + RawClient.handshake()).utf8)
                        + RawClient.frame(opcode: 1, Array("one".utf8)))
            }
            try await eventually { gate.arrived == 1 }
            gate.open()
            try await blocking {
                #expect(client.receive(through: "\r\n\r\nwaited").hasPrefix("HTTP/1.1 200 "))
                #expect(client.receive(through: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                #expect(client.receive(count: 5) == [0x81, 3] + Array("one".utf8))
                // The socket is read again.
                client.send(RawClient.frame(opcode: 1, Array("two".utf8)))
                #expect(client.receive(count: 5) == [0x81, 3] + Array("two".utf8))
            }
        }
    }

    // MARK: - Closing

    @Test(
        "what must not be sent is answered with the close code for it",
        arguments: [
            (2 as UInt8, Array("binary".utf8), 1003 as UInt16), (1, [0xe4, 0xbd], 1007), (1, [0xc0, 0xaf], 1007),
            (1, [0xed, 0xa0, 0x80], 1007), (1, [0xff], 1007), (1, Array(repeating: 0x61, count: 1001), 1009),
        ].map { (opcode: UInt8, payload: [UInt8], code: UInt16) in (opcode, Abridged(payload), code) })
    func refuses(opcode: UInt8, payload: Abridged<[UInt8]>, code: UInt16) async throws {
        let payload = payload.value
        let made = Made()
        try await withServer(endpoints: [.echo(maxMessageBytes: 1000, keep: made.add)]) { (_, port, _) async throws in
            let raw = try await open(port)
            raw.send(RawClient.frame(opcode: opcode, payload))
            let answer = try await blocking { raw.receive() } ?? []
            #expect(answer.starts(with: [0x88]))
            #expect(answer.dropFirst(2).prefix(2).elementsEqual([UInt8(code >> 8), UInt8(code & 0xff)]))
            raw.send(RawClient.frame(opcode: 8, Array(answer.dropFirst(2))))
            let server = try #require(await made.next())
            var events = server.events.makeAsyncIterator()
            #expect(await events.next() == .opened)
            guard case .closed(code, _) = await events.next() else {
                Issue.record("not closed with \(code)")
                return
            }
        }
    }

    @Test("a message that is announced as too big, or grows too big in fragments, is refused before it has come")
    func bounds() async throws {
        try await withServer(endpoints: [.echo(maxMessageBytes: 1000)]) { (_, port, _) async throws in
            let announced = try await open(port)
            announced.send([0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4] + Array(repeating: 0x61, count: 600))
            #expect(
                try await blocking { announced.receive() }?.dropFirst(2).prefix(2).elementsEqual([3, 0xf1]) == true)

            let grown = try await open(port)
            grown.send(RawClient.frame(opcode: 1, Array(repeating: 0x61, count: 900), isFinal: false))
            grown.send(RawClient.frame(opcode: 0, Array(repeating: 0x61, count: 101), isFinal: false))
            #expect(try await blocking { grown.receive() }?.dropFirst(2).prefix(2).elementsEqual([3, 0xf1]) == true)
        }
    }

    @Test("a client hears the code and the reason that the server closes with, after what was sent before")
    func closes() async throws {
        let made = Made()
        try await withServer(endpoints: [.echo(keep: made.add)]) { (server, port, loop) async throws in
            let client = try WebSocketClient(loop: loop)
            let recorder = await connect(client, on: loop, port: port)
            let peer = try #require(await made.next())
            var events = recorder.events.makeAsyncIterator()
            #expect(await events.next() == .opened)
            await loop.run {
                peer.socket?.send(OutgoingMessage("last words"))
                peer.socket?.close(code: 4009, reason: "replaced")
                peer.socket?.close(code: 4000, reason: "ignored")
                #expect(peer.socket?.send(OutgoingMessage("too late")) == false)
            }
            #expect(await events.next() == .text("last words"))
            #expect(await events.next() == .closed(4009, "replaced"))
            var peerEvents = peer.events.makeAsyncIterator()
            #expect(await peerEvents.next() == .opened)
            #expect(await peerEvents.next() == .closed(4009, "replaced"))
            await client.shutDown()
        }
    }

    @Test("the server hears the code and the reason that a client closes with, and a break as no code")
    func hearsCloses() async throws {
        let made = Made()
        try await withServer(endpoints: [.echo(keep: made.add)]) { (_, port, loop) async throws in
            let client = try WebSocketClient(loop: loop)
            let recorder = await connect(client, on: loop, port: port)
            var events = recorder.events.makeAsyncIterator()
            #expect(await events.next() == .opened)
            await loop.run { recorder.socket?.close(code: 4321, reason: "再见") }
            let polite = try #require(await made.next())
            #expect(await polite.events.first { $0 != .opened } == .closed(4321, "再见"))
            await client.shutDown()

            var raw: RawClient? = try await open(port)
            let broken = try #require(await made.next())
            raw?.send(RawClient.frame(opcode: 8, []))
            #expect(await broken.events.first { $0 != .opened } == .closed(1005, ""))
            raw = try await open(port)
            raw = nil
            let lost = try #require(await made.next())
            #expect(await lost.events.first { $0 != .opened } == .closed(nil, ""))
        }
    }

    @Test("a peer that never answers a close frame is cut off within seconds")
    func cutsOff() async throws {
        let made = Made()
        try await withServer(endpoints: [.echo(keep: made.add)]) { (_, port, loop) async throws in
            let raw = try await open(port)
            let peer = try #require(await made.next())
            let start = ContinuousClock.now
            await loop.run { peer.socket?.close(code: 4001) }
            #expect(try await blocking { raw.receiveAll() } == [0x88, 2, 0x0f, 0xa1])
            #expect(ContinuousClock.now - start < .seconds(8))
        }
    }

    @Test("a peer that stops reading makes the socket busy, and one that reads again makes it writable")
    func feelsPressure() async throws {
        let made = Made()
        try await withServer(endpoints: [.echo(keep: made.add)]) { (_, port, loop) async throws in
            let raw = try await open(port)
            let peer = try #require(await made.next())
            let message = OutgoingMessage(String(repeating: "m", count: 60_000))
            let sent = await loop.run {
                var sent = 0
                while sent < 1000, peer.socket?.send(message) == true { sent += 1 }
                #expect(peer.socket?.isBusy == true)
                peer.socket?.requestWritable()
                return sent
            }
            // The socket's buffers and one message, not the thousand that were to be sent.
            #expect((1..<300).contains(sent))
            let total = sent * (60_000 + 4)
            let received = try await blocking {
                var received = 0
                while received < total, let bytes = raw.receive(), !bytes.isEmpty { received += bytes.count }
                return received
            }
            #expect(received == total)
            #expect(await peer.events.first { $0 == .writable } == .writable)
            #expect(await loop.run { peer.socket?.isBusy } == false)
        }
    }

    @Test("a ping is answered, and its pong counts as a sign of life")
    func hearsPongs() async throws {
        let made = Made()
        try await withServer(endpoints: [.echo(keep: made.add)]) { (_, port, loop) async throws in
            let client = try WebSocketClient(loop: loop)
            _ = await connect(client, on: loop, port: port)
            let peer = try #require(await made.next())
            #expect(await peer.events.first { $0 == .opened } == .opened)
            let before = await loop.run {
                peer.socket?.sendPing()
                return peer.socket?.lastHeard
            }
            var heard = before
            // No event tells of a pong, so this looks again, for a second at most.
            for _ in 0..<200 where heard == before {
                try await Task.sleep(for: .milliseconds(5))
                heard = await loop.run { peer.socket?.lastHeard }
            }
            #expect(heard != before)
            await client.shutDown()
        }
    }

    // MARK: - Handshakes

    @Test(
        "a handshake that could be read in another way is none",
        arguments: [
            ("HTTP/1.0", "", ""), ("HTTP/1.1", "Content-Length: 2\r\n", "\u{81}\u{80}"),
            ("HTTP/1.1", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            ("HTTP/1.1", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""),
        ])
    func refusesHandshakes(version: String, headers: String, body: String) async throws {
        try await withServer(endpoints: [.echo()]) { (_, port, _) async throws in
            let request = RawClient.handshake(headers: headers).replacing("HTTP/1.1", with: version) + body
            #expect(try await RawClient.exchange(request, port: port).hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test("who comes without a handshake, or with one of another version, is told which one is wanted")
    func wantsHandshake() async throws {
        try await withServer(endpoints: [.echo()]) { (_, port, _) async throws in
            for request in [
                "GET /echo HTTP/1.1\r\nHost: test\r\n\r\n",
                RawClient.handshake().replacing("Version: 13", with: "Version: 8"),
            ] {
                let answer = try await RawClient.exchange(request, port: port)
                #expect(answer.hasPrefix("HTTP/1.1 426 "))
                #expect(answer.contains("Upgrade: websocket\r\n") && answer.contains("Sec-WebSocket-Version: 13\r\n"))
            }
        }
    }

    @Test("a protocol whose name only looks like it is no WebSocket: the sign for Kelvin is no k")
    func refusesLookAlikes() async throws {
        try await withServer(endpoints: [.echo()]) { (_, port, _) async throws in
            let request = RawClient.handshake().replacing("Upgrade: websocket", with: "Upgrade: websoc\u{212a}et")
            #expect(request.utf8.count == RawClient.handshake().utf8.count + 2)
            #expect(try await RawClient.exchange(request, port: port).hasPrefix("HTTP/1.1 426 "))
        }
    }

    @Test("an upgrade that is offered where there is no WebSocket is passed over, and the request is answered")
    func passesOverUpgrades() async throws {
        try await withServer(endpoints: [.echo()]) { (_, port, _) async throws in
            let answer = try await blocking {
                let raw = try RawClient(port: port)
                raw.send(RawClient.handshake("/healthz"))
                let first = raw.receive(until: "hello /healthz")
                // It goes on as HTTP.
                raw.send("GET /next HTTP/1.1\r\nHost: test\r\n\r\n")
                return first + raw.receive(until: "hello /next")
            }
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            #expect(!answer.contains("Upgrade:") && !answer.contains(" 101 "))
            #expect(answer.contains("hello /healthz") && answer.contains("hello /next"))
        }
    }

    @Test("an upgrade is refused with the status that says why")
    func refusesUpgrades() async throws {
        let full = HTTPResponse(status: .serviceUnavailable, headers: [.retryAfter: "7"])
        let endpoint = WebSocketEndpoint.echo(refuse: { $0.queryValue("full") == nil ? nil : full })
        try await withServer(endpoints: [endpoint]) { (_, port, _) async throws in
            func status(_ request: String) async throws -> String {
                String(try await RawClient.exchange(request, port: port).prefix { $0 != "\r\n" })
            }
            for other in ["a, b", "ECHO.V1", "echo.v1 x", "x,\u{301}echo.v1"] {
                let answer = try await RawClient.exchange(
                    RawClient.handshake(headers: "Sec-WebSocket-Protocol: \(other)\r\n"), port: port)
                #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request"))
                #expect(answer.contains("No WebSocket subprotocol but echo.v1 is spoken here"))
            }
            let refused = try await RawClient.exchange(RawClient.handshake("/echo?full=1"), port: port)
            #expect(refused.hasPrefix("HTTP/1.1 503 ") && refused.contains("Retry-After: 7\r\n"))
            let old = RawClient.handshake().replacing("Version: 13", with: "Version: 8")
            #expect(try await RawClient.exchange(old, port: port).contains("Sec-WebSocket-Version: 13\r\n"))
            let keyless = RawClient.handshake().replacing("dGhlIHNhbXBsZSBub25jZQ==", with: "short")
            #expect(try await status(keyless) == "HTTP/1.1 400 Bad Request")
        }
    }

    @Test("the subprotocol is confirmed when it is offered, and extensions never are")
    func negotiates() async throws {
        try await withServer(endpoints: [.echo()]) { (_, port, _) async throws in
            func answer(_ headers: String) async throws -> String {
                try await blocking {
                    let raw = try RawClient(port: port)
                    raw.send(RawClient.handshake(headers: headers))
                    return raw.receive(until: "\r\n\r\n")
                }
            }
            // Octet by octet: a mark behind a comma hides no comma.
            for list in ["echo.v1", " x ,\techo.v1 ", "echo.v1,\u{301}x", ",,echo.v1,"] {
                let lines = try await answer("Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: \(list)\r\n")
                #expect(lines.contains("Sec-WebSocket-Protocol: echo.v1\r\n"))
            }
            let offered = try await answer("Sec-WebSocket-Protocol: other, echo.v1\r\n")
            #expect(offered.contains("Sec-WebSocket-Protocol: echo.v1\r\n"))
            // The accept key of RFC 6455, section 1.3.
            #expect(offered.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            let plain = try await answer("Sec-WebSocket-Extensions: permessage-deflate\r\n")
            #expect(plain.hasPrefix("HTTP/1.1 101 "))
            #expect(!plain.contains("Protocol:") && !plain.contains("Extensions:"))
        }
    }

    @Test("the handler is made with the request's head, query and headers included")
    func passesHead() async throws {
        let heads = Mutex<[HTTPRequestHead]>([])
        let endpoint = WebSocketEndpoint(path: "/live", subprotocol: "v1", maxMessageBytes: 100) { head in
            heads.withLock { $0.append(head) }
            return SocketRecorder.echo()
        }
        try await withServer(endpoints: [endpoint, .echo()]) { (_, port, loop) async throws in
            let client = try WebSocketClient(loop: loop)
            let recorder = await connect(
                client, on: loop, port: port, path: "/live?a=1%2F2", subprotocol: nil,
                headers: [.authorization: "Bearer token"])
            var events = recorder.events.makeAsyncIterator()
            #expect(await events.next() == .opened)
            let head = try #require(heads.withLock { $0.first })
            #expect(head.path == ["live"])
            #expect(head.queryValue("a") == "1/2")
            #expect(head.headers[.authorization] == "Bearer token")
            #expect(head.remoteAddress == "127.0.0.1")
            await client.shutDown()
        }
    }

    @Test("a connection that cannot be made is closed without having been open")
    func failsToConnect() async throws {
        try await withServer(endpoints: [.echo()]) { (_, port, loop) async throws in
            let client = try WebSocketClient(loop: loop)
            // Port 1 is reserved, and nobody listens there.
            let nobody = await connect(client, on: loop, port: 1)
            let wrong = await connect(client, on: loop, port: port, path: "/nowhere")
            for recorder in [nobody, wrong] {
                var events = recorder.events.makeAsyncIterator()
                guard case .closed(nil, _) = await events.next() else {
                    Issue.record("opened, or closed with a code")
                    return
                }
            }
            await client.shutDown()
            await client.shutDown()
        }
    }
}
