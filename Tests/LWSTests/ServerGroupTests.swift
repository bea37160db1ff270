import Glibc
import HTTPTypes
import Logging
import Synchronization
import TestKit
import Testing

@testable import LWS

@Suite("Servers on several loops", .timeLimit(.minutes(2))) struct ServerGroupTests {
    /// Says on which loop each message was read, and goes to the next loop when it is told to.
    ///
    /// `@unchecked`: `place` is only touched on the thread of the socket's loop.
    final class Wanderer: WebSocketHandler, @unchecked Sendable {
        private let loops: [EventLoop]
        private var place: Int
        /// What it was told of moves and ends, with the loop where that was.
        let story = Mutex<[String]>([])
        private let moved: Counter

        init(_ loops: [EventLoop], at place: Int, moved: Counter) {
            self.loops = loops
            self.place = place
            self.moved = moved
        }

        private var here: String { loops.first { $0.isCurrent }?.name ?? "nowhere" }

        private func note(_ what: String) { story.withLock { $0.append("\(what) on \(here)") } }

        func didOpen(_ socket: WebSocket) {}

        func didReceive(text: UnsafeRawBufferPointer, from socket: WebSocket) {
            let said = String(decoding: text, as: UTF8.self)
            switch said {
            case "go":
                #expect(socket.move(to: loops[(place + 1) % loops.count]))
            case "fill":
                for _ in 0..<20 { socket.enqueue(OutgoingMessage(String(repeating: "f", count: 100_000))) }
                #expect(socket.isBusy)
            default:
                let end = said.count > 40 ? "\(said.count)" : said
                socket.enqueue(OutgoingMessage("\(end) \(here)"))
            }
        }

        func didBecomeWritable(_ socket: WebSocket) {}

        func willMove(_ socket: WebSocket) { note("left") }

        func didMove(_ socket: WebSocket) {
            place = (place + 1) % loops.count
            note("came")
            moved.add()
        }

        func didClose(_ socket: WebSocket, code: UInt16?, reason: String) {
            note("closed \(code.map(String.init) ?? "without a code")")
            moved.end()
        }
    }

    final class Counter: Sendable {
        private let moves = Atomic(0)
        private let ends = Atomic(0)
        func add() { moves.add(1, ordering: .relaxed) }
        func end() { ends.add(1, ordering: .relaxed) }
        var count: Int { moves.load(ordering: .relaxed) }
        var ended: Int { ends.load(ordering: .relaxed) }
    }

    struct Stage {
        let group: ServerGroup
        let loops: [EventLoop]
        let port: Int
        let made: Mutex2
        let moved: Counter

        /// How many connections each server has.
        var counts: [Int] {
            get async {
                var counts: [Int] = []
                for server in group.servers { counts.append(await server.loop.run { server.connectionCount }) }
                return counts
            }
        }

        /// Waits until each server has so many connections.
        func hasCounts(_ wanted: [Int]) async throws {
            for _ in 0..<500 where await counts != wanted { try await Task.sleep(for: .milliseconds(10)) }
            #expect(await counts == wanted)
        }
    }

    final class Mutex2: Sendable {
        private let made = Mutex<[Wanderer]>([])
        func add(_ wanderer: Wanderer) { made.withLock { $0.append(wanderer) } }
        var all: [Wanderer] { made.withLock { $0 } }
    }

    func withGroup(
        of count: Int = 2, _ configure: (inout ServerConfiguration) -> Void = { _ in },
        _ body: (Stage) async throws -> Void
    ) async throws {
        var configuration = ServerConfiguration()
        configure(&configuration)
        let loops = try (0..<count).map { try EventLoop(name: "loop \($0)") }
        let (made, moved) = (Mutex2(), Counter())
        var logger = Logger(label: "test")
        logger.logLevel = .error
        let group = ServerGroup(
            configuration: configuration, loops: loops, responder: TestResponder(),
            endpoints: { index in
                [
                    WebSocketEndpoint(path: "/echo", subprotocol: "echo.v1", maxMessageBytes: 1 << 20) { _ in
                        let wanderer = Wanderer(loops, at: index, moved: moved)
                        made.add(wanderer)
                        return wanderer
                    }
                ]
            }, logger: logger)
        let result: Result<Void, any Error>
        do {
            let port = try await group.start()
            result = .success(
                try await body(Stage(group: group, loops: loops, port: port, made: made, moved: moved)))
        } catch {
            result = .failure(error)
        }
        await group.stop(deadline: .seconds(3))
        for loop in loops { await loop.shutDown() }
        try result.get()
    }

    private static func text(_ text: String) -> [UInt8] { RawClient.frame(opcode: 1, Array(text.utf8)) }

    /// A frame of a server with a short text.
    private static func answer(_ text: String) -> [UInt8] { [0x81, UInt8(text.utf8.count)] + Array(text.utf8) }

    @Test("connections go to the loop that has the fewest")
    func spreads() async throws {
        try await withGroup(of: 3) { stage in
            let clients = try await blocking { try (0..<9).map { _ in try RawClient(port: stage.port) } }
            try await stage.hasCounts([3, 3, 3])
            withExtendedLifetime(clients) {}
        }
    }

    @Test("what all clients may have together is one limit for all loops")
    func limit() async throws {
        try await withGroup({ $0.maxConnections = 3 }) { stage in
            let clients = try await blocking { try (0..<3).map { _ in try RawClient(port: stage.port) } }
            try await stage.hasCounts([2, 1])
            let answer = try await RawClient.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", port: stage.port)
            #expect(answer.hasPrefix("HTTP/1.1 503 "))
            withExtendedLifetime(clients) {}
        }
    }

    @Test(
        "a WebSocket goes on on another loop with every byte in its order, and from there to the next one",
        arguments: [false, true])
    func moves(isTLS: Bool) async throws {
        let directory = try TemporaryDirectory.made()
        let (certificate, key) = try TestCertificate.localhost.files(in: directory)
        try await withGroup(of: 2) { configuration in
            if isTLS { configuration.tls = TLSFiles(certificate: certificate, key: key) }
        } _: { stage in
            try await blocking {
                let (send, receive) = try Self.client(of: stage.port, authority: isTLS ? certificate : nil)
                send(Self.text("a"))
                #expect(receive(2 + 8) == Self.answer("a loop 0"))
                for turn in 1...6 {
                    // The move, what comes behind it in one piece, and half of a message.
                    let large = Self.text(String(repeating: "x", count: 200_000))
                    send(Self.text("go") + Self.text("b") + large.prefix(100_000))
                    let said = receive(2 + 8)
                    #expect([turn - 1, turn].contains { said == Self.answer("b loop \($0 % 2)") })
                    send(Array(large.dropFirst(100_000)) + Self.text("c"))
                    #expect(receive(2 + 13) == Self.answer("200000 loop \(turn % 2)"))
                    #expect(receive(2 + 8) == Self.answer("c loop \(turn % 2)"))
                }
                send(RawClient.frame(opcode: 8, [3, 0xe8]))
                #expect(receive(4) == [0x88, 2, 3, 0xe8])
                #expect(receive(1).isEmpty)
            }
            try await stage.hasCounts([0, 0])
            let story = try #require(stage.made.all.first).story.withLock { $0 }
            #expect(
                story.prefix(4) == [
                    "left on loop 0", "came on loop 1", "left on loop 1", "came on loop 0",
                ])
            #expect(story.last == "closed 1000 on loop 0")
            #expect(story.count == 13)
        }
    }

    @Test("what waits for a peer that does not read yet goes with it to the other loop", arguments: [false, true])
    func movesBusy(isTLS: Bool) async throws {
        let directory = try TemporaryDirectory.made()
        let (certificate, key) = try TestCertificate.localhost.files(in: directory)
        try await withGroup(of: 2) { configuration in
            if isTLS { configuration.tls = TLSFiles(certificate: certificate, key: key) }
            configuration.backlogBytes = 100 << 20
        } _: { stage in
            let (send, receive) = try await blocking {
                let client = try Self.client(of: stage.port, authority: isTLS ? certificate : nil)
                client.send(Self.text("fill") + Self.text("go"))
                return client
            }
            for _ in 0..<500 where stage.moved.count == 0 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(stage.moved.count == 1)
            let held = await stage.loops[1].run { stage.group.servers[1].load.backlogBytes }
            #expect(held > 500_000)
            #expect(await stage.loops[0].run { stage.group.servers[0].load.backlogBytes } == 0)
            try await blocking {
                send(Self.text("a"))
                let all = receive(20 * 100_010)
                #expect(all.count == 20 * 100_010 && all.count { $0 == 0x66 } == 20 * 100_000)
                #expect(receive(2 + 8) == Self.answer("a loop 1"))
            }
        }
    }

    @Test("who has moved is told the end of the server, and gives back what it has taken", arguments: [false, true])
    func movesAndStops(isTLS: Bool) async throws {
        let directory = try TemporaryDirectory.made()
        let (certificate, key) = try TestCertificate.localhost.files(in: directory)
        try await withGroup(of: 2) { configuration in
            if isTLS { configuration.tls = TLSFiles(certificate: certificate, key: key) }
        } _: { stage in
            let (send, receive) = try await blocking {
                let client = try Self.client(of: stage.port, authority: isTLS ? certificate : nil)
                client.send(Self.text("go"))
                return client
            }
            try await stage.hasCounts([0, 1])
            async let stopped: Void = stage.group.stop(deadline: .seconds(3))
            let close = try await blocking {
                let close = receive(4)
                send(RawClient.frame(opcode: 8, [3, 0xe9]))
                return close
            }
            #expect(close.first == 0x88 && close.suffix(2) == [3, 0xe9])
            await stopped
            #expect(stage.moved.ended == 1)
        }
    }

    @Test("where no descriptor is left a connection that is to move is closed with 1013, and the others go on")
    func hasNoDescriptor() async {
        // In a process of its own, which may have none.
        await #expect(processExitsWith: .success) {
            try await ServerGroupTests().withGroup { stage in
                let (goes, stays) = try await blocking {
                    let clients = try (0..<2).map { _ in try RawClient(port: stage.port) }
                    for client in clients {
                        client.send(RawClient.handshake())
                        #expect(client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                    }
                    return (clients[0], clients[1])
                }
                try await stage.hasCounts([1, 1])
                var limit = rlimit()
                let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
                try #require(getrlimit(resource, &limit) == 0)
                let before = limit.rlim_cur
                limit.rlim_cur = 0
                try #require(setrlimit(resource, &limit) == 0)
                goes.send(ServerGroupTests.text("go"))
                let farewell = try await blocking { goes.receive() } ?? []
                #expect(farewell.starts(with: [0x88]) && farewell.dropFirst(2).prefix(2).elementsEqual([0x03, 0xf5]))
                stays.send(ServerGroupTests.text("here"))
                #expect(try await blocking { stays.receive(count: 13) }.dropFirst(2).starts(with: "here loop ".utf8))
                limit.rlim_cur = before
                try #require(setrlimit(resource, &limit) == 0)
                #expect(stage.moved.count == 0)
            }
        }
    }

    @Test("peers that go while their connections move leave nothing behind")
    func endsWhileMoving() async throws {
        try await withGroup(of: 3) { stage in
            try await blocking {
                for turn in 0..<60 {
                    let client = try Self.client(of: stage.port, authority: nil)
                    client.send(Array(repeating: Self.text("go"), count: 1 + turn % 3).joined() + [])
                    if turn.isMultiple(of: 2) { client.send(Self.text("a")) }
                }
            }
            try await stage.hasCounts([0, 0, 0])
            #expect(stage.moved.ended == 60)
        }
    }

    @Test("servers that stop while connections move between them end in order", arguments: Seeds.some(of: 0..<8))
    func stopsWhileMoving(round: Int) async throws {
        try await withGroup(of: 4) { stage in
            let clients = try await blocking {
                try (0..<24).map { _ in try Self.client(of: stage.port, authority: nil) }
            }
            for client in clients { client.send(Array(repeating: Self.text("go"), count: 5).joined() + []) }
            // Contexts of libwebsockets go on four threads at once.
            await stage.group.stop(deadline: .milliseconds(200))
            #expect(stage.moved.ended == 24)
            withExtendedLifetime(clients) {}
        }
    }

    typealias Client = (send: @Sendable ([UInt8]) -> Void, receive: @Sendable (Int) -> [UInt8])

    /// A client whose handshake was answered.
    private static func client(of port: Int, authority: String?) throws -> Client {
        let client: Client
        if let authority {
            let secure = try TLSClient(port: port, authority: authority)
            client = ({ secure.send($0) }, { secure.receive(count: $0) })
        } else {
            let plain = try RawClient(port: port)
            client = ({ plain.send($0) }, { plain.receive(count: $0) })
        }
        client.send(Array(RawClient.handshake().utf8))
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            let byte = client.receive(1)
            guard !byte.isEmpty else { break }
            head += byte
        }
        #expect(String(decoding: head, as: UTF8.self).hasPrefix("HTTP/1.1 101 "))
        return client
    }
}
