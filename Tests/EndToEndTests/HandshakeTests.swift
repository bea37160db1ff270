import TestKit
import Testing

/// Who gets a WebSocket at all: what an upgrade is answered, and how many connections there may be.
@Suite("Handshakes", .inTurn)
struct HandshakeTests {
    @Test("a server that is full answers 503 with Retry-After, to HTTP and to the upgrade, and serves those it has")
    func maxConnections() async throws {
        let server = try await ServerProcess.start(["--max-connections", "2"])
        let first = try await RawSocket.webSocket(port: server.port)
        let second = try await RawSocket.webSocket(port: server.port)
        let surplus = try RawSocket.connect(port: server.port)
        let head = try await surplus.upgrade()
        #expect(head.status == 503)
        #expect(try #require(head.headers["retry-after"].flatMap { Int($0) }) > 0)
        let plain = try RawSocket.connect(port: server.port)
        try await plain.write(Array("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        #expect(try await plain.readHead().status == 503)
        // The two that are in are served.
        try await second.send(text: #"{"type":"join","runID":"nowhere","role":"spectator"}"#)
        #expect(try await second.closing().code == 4004)
        try await second.send(8, [])
        try await eventually("a free place") {
            let next = try RawSocket.connect(port: server.port)
            return try await next.upgrade().status == 101
        }
        try await first.send(text: #"{"type":"join","runID":"nowhere","role":"spectator"}"#)
        #expect(try await first.closing().code == 4004)
    }

    @Test("one address behind a proxy cannot take all connections, and the machine's own are not counted")
    func connectionsPerAddress() async throws {
        let server = try await ServerProcess.start([
            "--connections-per-address", "2", "--trusted-proxies", "127.0.0.1", "--backlog", "1MiB",
            "--total-backlog", "64MiB",
        ])
        func open(_ client: String?) async throws -> (socket: RawSocket, status: Int) {
            let socket = try RawSocket.connect(port: server.port)
            let head = try await socket.upgrade(headers: client.map { ["X-Forwarded-For": "192.0.2.9, \($0)"] } ?? [:])
            return (socket, head.status)
        }
        var sockets: [RawSocket] = []
        var statuses: [Int] = []
        for client in ["198.51.100.1", "198.51.100.1", "198.51.100.1", "198.51.100.2", nil, nil, nil] {
            let (socket, status) = try await open(client)
            sockets.append(socket)
            statuses.append(status)
        }
        #expect(statuses == [101, 101, 503, 101, 101, 101, 101])
        let metrics = try await server.metrics()
        #expect(metrics["runroom_connections_refused_total"] == 1)
        #expect(metrics["runroom_backlog_bytes"] == 0)
        // Its share is given back with its connection.
        try await sockets[0].send(8, [])
        try await eventually("a free place") { try await open("198.51.100.1").status == 101 }
    }

    @Test("behind a proxy the log names the client of a live connection that is refused, and never the proxy")
    func namedClients() async throws {
        let server = try await ServerProcess.start(["--trusted-proxies", "127.0.0.1"])
        for client in ["198.51.100.1", "198.51.100.2"] {
            let socket = try RawSocket.connect(port: server.port)
            #expect(try await socket.upgrade(headers: ["X-Forwarded-For": client]).status == 101)
            try await socket.send(text: #"{"type":"join","runID":"nowhere","role":"spectator"}"#)
            #expect(try await socket.closing().code == 4004)
            try await server.logs("address=\(client) kind=live 4004")
        }
        #expect(!server.logText.contains("address=127.0.0.1 kind="))
    }

    @Test(
        "the upgrade: this subprotocol, or none, or this one among others; a foreign one is 400",
        arguments: [
            ("runroom.v1", 101, "runroom.v1"), (nil, 101, nil), ("chat, runroom.v1", 101, "runroom.v1"),
            ("chat", 400, nil), ("runroom.v2", 400, nil), ("RUNROOM.V1", 400, nil),
        ] as [(String?, Int, String?)])
    func subprotocols(offered: String?, status: Int, chosen: String?) async throws {
        let server = try await ServerProcess.shared()
        let socket = try RawSocket.connect(port: server.port)
        let head = try await socket.upgrade(subprotocol: offered)
        #expect(head.status == status)
        guard status == 101 else { return }
        #expect(head.headers["sec-websocket-protocol"] == chosen)
        // RFC 6455, section 1.3, has this answer for the key that was sent.
        #expect(head.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(head.headers["sec-websocket-extensions"] == nil)
        try await socket.send(text: #"{"type":"join","runID":"nowhere","role":"spectator"}"#)
        #expect(try await socket.closing().code == 4004)
    }

    @Test("permessage-deflate is not negotiated, and other paths are no place for WebSockets")
    func handshake() async throws {
        let server = try await ServerProcess.shared()
        let socket = try RawSocket.connect(port: server.port)
        #expect(try await socket.upgrade(path: "/elsewhere").status == 404)
        let offering = try RawSocket.connect(port: server.port)
        try await offering.write(
            Array(
                """
                GET /live HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n
                """.utf8))
        let head = try await offering.readHead()
        #expect(head.status == 101)
        #expect(head.headers["sec-websocket-extensions"] == nil)
    }
}
