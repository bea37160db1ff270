import HTTPTypes
import Logging
import Synchronization
import TestKit
import Testing

@testable import LWS

/// That those of one address do not take what all have together.
@Suite("What one address may hold", .timeLimit(.minutes(2))) struct BudgetTests {
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    // MARK: - Budgets

    @Test("an address holds a quarter and no more, whoever of it asks; another one has its own, and all is given back")
    func quarters() throws {
        let budget = Budget(limit: 1000)
        let one = try (0..<5).map { _ in Lease(budget, of: try address("192.0.2.1")) }
        #expect(one[0].hold(200) && one[1].hold(50))
        #expect(!one[2].hold(1) && !one[0].hold(201))
        #expect(one[0].held == 200 && one[2].held == 0 && budget.used == 250)
        let other = Lease(budget, of: try address("192.0.2.2"))
        #expect(other.hold(250) && !other.hold(251))
        #expect(budget.refusedByAddress == 3)
        // What is held of it again, and what another of the same address gives back.
        #expect(one[0].hold(100) && one[2].hold(100) && !one[3].hold(1))
        one[1].giveBack()
        #expect(one[3].hold(50))
        for lease in one + [other] { lease.giveBack() }
        #expect(budget.used == 0 && one[4].hold(250))
    }

    @Test("a /64 of IPv6 is an address, and a /48 holds half; who is not counted may have all that is left")
    func networks() throws {
        let budget = Budget(limit: 1000)
        func lease(_ text: String) throws -> Lease { Lease(budget, of: try address(text)) }
        let leases = try ["2001:db8:1:1::1", "2001:db8:1:1::2", "2001:db8:1:2::1", "2001:db8:1:3::1", "2001:db8:2::1"]
            .map(lease)
        #expect(leases[0].hold(250) && !leases[1].hold(1))
        #expect(leases[2].hold(250) && !leases[3].hold(1))
        #expect(leases[4].hold(250))
        let somebody = Lease(budget)
        #expect(somebody.hold(250) && !somebody.hold(251))
        #expect(budget.used == 1000)
    }

    @Test("what is free does not count for an address either")
    func free() throws {
        let budget = Budget(limit: 1000)
        let leases = try (0..<10).map { _ in Lease(budget, of: try address("192.0.2.1"), free: 100) }
        for lease in leases { #expect(lease.hold(100)) }
        #expect(budget.used == 0)
        #expect(leases[0].hold(250) && !leases[1].hold(101) && leases[1].hold(100))
    }

    @Test("whatever is taken and given back, nobody has more than may be, and nothing is left in the end")
    func staysWithin() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = SplitMix(seed: seed)
        let pool =
            try (0..<3).map { try address("192.0.2.\($0)") }
            + (0..<8).map { try address("2001:db8:\($0 / 4):\($0 % 4)::\($0)") }
        let budget = Budget(limit: 1000)
        let leases = (0..<40).map { Lease(budget, of: pool[$0 % pool.count]) }
        var held = [Int](repeating: 0, count: leases.count)
        for _ in 0..<5000 {
            let index = leases.indices.randomElement(using: &generator)!
            let wanted = Int.random(in: 0...120, using: &generator)
            let mine = pool[index % pool.count]
            func sum(_ isMeant: (IPAddress) -> Bool) -> Int {
                held.indices.filter { isMeant(pool[$0 % pool.count]) }.reduce(0) { $0 + held[$1] }
                    + wanted - held[index]
            }
            let fits =
                sum { _ in true } <= 1000 && sum { $0 == mine } <= 250
                && (mine.isV4 || sum { !$0.isV4 && $0.prefix(48) == mine.prefix(48) } <= 500)
            let isHeld = leases[index].hold(wanted)
            #expect(isHeld == (fits || wanted <= held[index]))
            if isHeld { held[index] = wanted }
        }
        #expect(budget.used == held.reduce(0, +))
        for lease in leases { lease.giveBack() }
        #expect(budget.used == 0)
    }

    // MARK: - A server

    private static let clientHeader = HTTPField.Name("X-Client")!

    /// A server behind a proxy: each request says whose it is.
    private func withProxied(
        _ responder: TestResponder = TestResponder(), endpoints: [WebSocketEndpoint] = [],
        _ configure: (inout ServerConfiguration) -> Void,
        _ body: (_ server: Server, _ port: Int, _ loop: EventLoop) async throws -> Void
    ) async throws {
        try await withServer(responder, endpoints: endpoints) {
            $0.shares.isProxy = { $0 == "127.0.0.1" }
            $0.shares.client = { $0.headers[Self.clientHeader] ?? $0.remoteAddress }
            configure(&$0)
        } _: {
            try await body($0, $1, $2)
        }
    }

    private static func get(_ target: String, by client: String) -> String {
        HTTPServerTests.close("GET \(target)", "X-Client: \(client)\r\n")
    }

    private static func post(_ count: Int, to target: String = "/", by client: String) -> String {
        HTTPServerTests.close("POST \(target)", "Content-Length: \(count)\r\nX-Client: \(client)\r\n")
            + String(repeating: "x", count: count)
    }

    private static let one = "198.51.100.1", other = "198.51.100.2"

    private func expectOverloaded(_ answer: String, sourceLocation: SourceLocation = #_sourceLocation) {
        PressureTests().expectOverloaded(answer, sourceLocation: sourceLocation)
    }

    @Test(
        "while one address holds all the memory that it may, bodies and fragments of another are taken, and short ones of all"
    )
    func sharesInput() async throws {
        try await withProxied(TestResponder(handler: { HTTPServerTests.describeBody($0) }), endpoints: [.echo()]) {
            $0.maxInputBytes = 400_000
            // However busy the machine is.
            $0.requestTimeout = .seconds(3600)
        } _: { server, port, loop in
            // Most of two bodies.
            let hoarders = try (0..<2).map { _ in try RawClient(port: port) }
            for raw in hoarders { raw.send(String(Self.post(50_000, by: Self.one).dropLast())) }
            try await eventually { await loop.run { server.load.inputBytes } == 99_998 }
            expectOverloaded(try await RawClient.exchange(Self.post(5000, by: Self.one), port: port))
            #expect(await loop.run { server.load.refusedByAddress } == 1)
            #expect(
                try await RawClient.exchange(Self.post(4096, to: "/now", by: Self.one), port: port)
                    .contains("memory 4096"))
            #expect(
                try await RawClient.exchange(Self.post(90_000, to: "/now", by: Self.other), port: port)
                    .contains("memory 90000"))
            func open(_ client: String) async throws -> RawClient {
                try await blocking {
                    let raw = try RawClient(port: port)
                    raw.send(RawClient.handshake(headers: "X-Client: \(client)\r\n"))
                    #expect(raw.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                    return raw
                }
            }
            let mine = try await open(Self.one), theirs = try await open(Self.other)
            for raw in [mine, theirs] {
                raw.send(RawClient.frame(opcode: 1, Array(repeating: 0x61, count: 60_000), isFinal: false))
            }
            let farewell = try await blocking { mine.receive() } ?? []
            #expect(farewell.starts(with: [0x88]) && farewell.dropFirst(2).prefix(2).elementsEqual([0x03, 0xf5]))
            try await eventually { await loop.run { server.load.inputBytes } == 159_998 }
            theirs.send(RawClient.frame(opcode: 0, [0x64]))
            #expect(try await blocking { theirs.receive(until: "d") }.hasSuffix("aad"))
            for raw in hoarders {
                raw.send("x")
                let answer = try await blocking { raw.receiveAll() }
                #expect(String(decoding: answer, as: UTF8.self).contains("memory 50000"))
            }
            #expect(await loop.run { server.load.inputBytes } == 0)
        }
    }

    @Test("while one address has all handlers that it may, the requests of another are answered")
    func sharesHandlers() async throws {
        let gate = Gate()
        try await withProxied(PressureTests.waiting(at: gate)) {
            $0.maxHandlers = 8
        } _: { server, port, loop in
            async let first = RawClient.exchange(Self.get("/", by: Self.one), port: port)
            async let second = RawClient.exchange(Self.get("/", by: Self.one), port: port)
            try await eventually { gate.arrived == 2 }
            expectOverloaded(try await RawClient.exchange(Self.get("/now", by: Self.one), port: port))
            #expect(
                try await RawClient.exchange(Self.get("/now", by: Self.other), port: port).hasPrefix("HTTP/1.1 200 "))
            gate.open()
            for answer in [try await first, try await second] { #expect(answer.hasPrefix("HTTP/1.1 200 ")) }
            #expect(try await RawClient.exchange(Self.get("/now", by: Self.one), port: port).hasPrefix("HTTP/1.1 200 "))
            #expect(await loop.run { server.load.handlers } == 0)
        }
    }

    @Test("while the bodies of one address have half of the files, another has its own")
    func sharesFiles() async throws {
        let gate = Gate()
        var responder = PressureTests.waiting(at: gate)
        responder.policy.spillBytes = 1000
        try await withProxied(responder) {
            $0.maxFileBytes = 100_000
        } _: { server, port, loop in
            async let first = RawClient.exchange(Self.post(50_000, by: Self.one), port: port)
            try await eventually { gate.arrived == 1 }
            #expect(await loop.run { server.load.fileBytes } == 50_000)
            expectOverloaded(try await RawClient.exchange(Self.post(2000, to: "/now", by: Self.one), port: port))
            #expect(
                try await RawClient.exchange(Self.post(50_000, to: "/now", by: Self.other), port: port)
                    .contains("file 50000"))
            gate.open()
            #expect(try await first.contains("file 50000"))
            try await eventually { await loop.run { server.load.fileBytes } == 0 }
        }
    }

    @Test("who may have any number of connections may have all of the rest as well")
    func counts() async throws {
        let gate = Gate()
        try await withProxied(PressureTests.waiting(at: gate)) {
            $0.shares.perAddress = 0
            $0.maxHandlers = 4
        } _: { _, port, _ in
            async let first = RawClient.exchange(Self.get("/", by: Self.one), port: port)
            async let second = RawClient.exchange(Self.get("/", by: Self.one), port: port)
            try await eventually { gate.arrived == 2 }
            gate.open()
            for answer in [try await first, try await second] { #expect(answer.hasPrefix("HTTP/1.1 200 ")) }
        }
    }

    // MARK: - Answers

    /// Far more than the sockets' buffers hold.
    private static let large = 16 << 20

    private static let answering = TestResponder(handler: { request in
        request.head.path == ["large"]
            ? HTTPResponse(status: .ok, body: .bytes([UInt8](repeating: 0x62, count: large)))
            : HTTPServerTests.text("small")
    })

    @Test(
        "answers that nobody reads count for as long as they wait: one more of the same address is 503, not a short one"
    )
    func countsAnswers() async throws {
        try await withProxied(Self.answering) {
            $0.maxOutputBytes = 4 * Self.large
        } _: { server, port, loop in
            var reader: RawClient? = try RawClient(port: port)
            reader?.send(Self.get("/large", by: Self.one))
            try await eventually { await loop.run { server.load.outputBytes } == Self.large }
            expectOverloaded(try await RawClient.exchange(Self.get("/large", by: Self.one), port: port))
            #expect(try await RawClient.exchange(Self.get("/", by: Self.one), port: port).hasSuffix("small"))
            let answer = try await RawClient.exchange(Self.get("/large", by: Self.other), port: port)
            #expect(answer.utf8.count > Self.large)
            #expect(await loop.run { server.load.outputBytes } == Self.large)
            // Who goes takes its share along.
            reader = nil
            try await eventually { await loop.run { server.load.outputBytes } == 0 }
            let whole = try await RawClient.exchange(Self.get("/large", by: Self.one), port: port)
            #expect(whole.utf8.count > Self.large)
            #expect(await loop.run { server.load.outputBytes } == 0)
        }
    }

    @Test("pieces of an answer that is made as it is sent count too; where there is no room for one, it is cut off")
    func countsPieces() async throws {
        let responder = TestResponder(handler: { request in
            let size = request.head.path == ["large"] ? 300_000 : 200_000
            let rest = Countdown(3)
            return HTTPResponse(
                status: .ok, body: .stream { rest.next() ? [UInt8](repeating: 0x62, count: size) : nil })
        })
        try await withProxied(responder) {
            $0.maxOutputBytes = 4 * 250_000
        } _: { server, port, loop in
            let whole = try await RawClient.exchange(Self.get("/", by: Self.one), port: port)
            #expect(whole.hasSuffix("0\r\n\r\n") && whole.utf8.count > 600_000)
            let broken = try await RawClient.exchange(Self.get("/large", by: Self.one), port: port)
            #expect(broken.hasPrefix("HTTP/1.1 200 ") && broken.utf8.count < 300_000)
            try await eventually { await loop.run { server.load.outputBytes } == 0 }
        }
    }

    /// Says yes so many times.
    private final class Countdown: Sendable {
        private let rest: Mutex<Int>
        init(_ count: Int) { rest = Mutex(count) }
        func next() -> Bool {
            rest.withLock {
                $0 -= 1
                return $0 >= 0
            }
        }
    }

    // MARK: - The log

    @Test("behind a proxy a line about a refusal names the client, and never the proxy")
    func namesClients() async throws {
        let log = TestKit.RecordingLog()
        let gate = Gate()
        defer { gate.open() }
        try await withServer(PressureTests.waiting(at: gate), endpoints: [.echo()], logger: log.logger, level: .info) {
            $0.shares.isProxy = { $0 == "127.0.0.1" }
            $0.shares.client = { $0.headers[Self.clientHeader] ?? $0.remoteAddress }
            $0.maxInputBytes = 40_000
        } _: { _, port, _ in
            for client in [Self.one, Self.other] {
                expectOverloaded(try await RawClient.exchange(Self.post(20_000, by: client), port: port))
                let handshake = RawClient.handshake(headers: "X-Client: \(client)\r\nSec-WebSocket-Protocol: b\r\n")
                #expect(try await RawClient.exchange(handshake, port: port).hasPrefix("HTTP/1.1 400 "))
            }
        }
        let lines = log.lines.filter { $0.contains("refused") }
        #expect(
            lines
                == [Self.one, Self.other].flatMap {
                    ["info refused address=\($0) kind=request 503", "info refused address=\($0) kind=handshake 400"]
                })
    }

    // MARK: - What a WebSocket's handler keeps

    @Test("what a handler keeps of what came counts as fragments do, goes with the socket, and beyond it is 1013")
    func countsKept() async throws {
        let made = WebSocketTests.Made()
        try await withServer(endpoints: [.echo(keep: made.add)], configure: { $0.maxInputBytes = 100_000 }) {
            server, port, loop in
            func open() async throws -> (RawClient, SocketRecorder) {
                let raw = try await blocking {
                    let raw = try RawClient(port: port)
                    raw.send(RawClient.handshake())
                    #expect(raw.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                    return raw
                }
                return (raw, try #require(await made.next()))
            }
            let (first, keeper) = try await open()
            await loop.run { keeper.socket?.keep(60_000) }
            #expect(await loop.run { server.load.inputBytes } == 60_000)
            first.send(RawClient.frame(opcode: 1, Array(repeating: 0x61, count: 30_000), isFinal: false))
            try await eventually { await loop.run { server.load.inputBytes } == 90_000 }
            let (second, other) = try await open()
            await loop.run { other.socket?.keep(60_000) }
            let farewell = try await blocking { second.receive() } ?? []
            #expect(farewell.starts(with: [0x88]) && farewell.dropFirst(2).prefix(2).elementsEqual([0x03, 0xf5]))
            await loop.run { keeper.socket?.keep(0) }
            #expect(await loop.run { server.load.inputBytes } == 30_000)
            first.send(RawClient.frame(opcode: 0, [0x64]))
            #expect(try await blocking { first.receive(until: "d") }.hasSuffix("aad"))
            #expect(await loop.run { server.load.inputBytes } == 0)
        }
    }
}
