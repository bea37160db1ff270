import Foundation
import HTTPTypes
import Logging
import Synchronization
import TestKit
import Testing

@testable import LWS

/// A disk whose threads stand still until it is let go.
///
/// `@unchecked`: what changes is behind the condition.
final class HeldDisk: Disk, @unchecked Sendable {
    private let disk: ThreadPoolDisk
    private let condition = NSCondition()
    private var arrivedCount = 0
    private var passedCount = 0
    /// How many pieces of work are let through in all.
    private var limit = Int.max

    init(loop: EventLoop) { disk = ThreadPoolDisk(loop: loop) }

    /// Pieces of work that have been begun so far.
    var arrived: Int { condition.withLock { arrivedCount } }

    /// Lets so many more pieces of work through.
    func hold(after count: Int = 0) {
        condition.withLock {
            limit = passedCount + count
            condition.broadcast()
        }
    }

    func letGo() {
        condition.withLock {
            limit = .max
            condition.broadcast()
        }
    }

    private func pass() {
        condition.withLock {
            arrivedCount += 1
            while passedCount >= limit { condition.wait() }
            passedCount += 1
        }
    }

    func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value, then done: @escaping (Value) -> Void) {
        disk.run(
            {
                self.pass()
                return work()
            }, then: done)
    }
}

/// In turn: who holds a disk holds threads of libuv's pool, which has four for the whole process.
@Suite("Disk", .serialized, .timeLimit(.minutes(2))) struct DiskTests {
    /// No two places of it look alike.
    static let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

    /// A server with its disk, a directory for bodies, and a WebSocket on the same loop that echoes.
    func withHeldDisk(
        _ responder: TestResponder,
        _ body: (_ disk: HeldDisk, _ port: Int, _ directory: String, _ server: Server, _ loop: EventLoop) async throws
            -> Void
    ) async throws {
        let directory = NSTemporaryDirectory() + "disk-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var made: HeldDisk?
        let make = { (loop: EventLoop) -> any Disk in
            let disk = HeldDisk(loop: loop)
            made = disk
            return disk
        }
        try await withServer(
            responder, endpoints: [.echo()], configure: { $0.temporaryDirectory = directory }, disk: make
        ) { (server, port, loop) async throws in
            let disk = try #require(made)
            defer { disk.letGo() }
            try await body(disk, port, directory, server, loop)
        }
    }

    /// Frames go to and fro on the loop.
    func expectEchoes(port: Int) async throws {
        try await blocking {
            let raw = try RawClient(port: port)
            raw.send(RawClient.handshake())
            #expect(raw.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
            for number in 0..<20 {
                raw.send(RawClient.frame(opcode: 1, Array("frame \(number)".utf8)))
                #expect(raw.receive(until: "frame \(number)").hasSuffix("frame \(number)"))
            }
        }
    }

    /// Answers with what was uploaded, read back.
    static let reflecting = TestResponder(
        policy: BodyPolicy(
            maxBytes: 8 << 20, spillBytes: 1000, parsesMultipart: true, maxFileBytes: 2 << 20),
        handler: { request in
            func bytes(_ body: HTTPBody) -> [UInt8] {
                switch body {
                case .bytes(let bytes): bytes
                case .file(let file): Array(FileManager.default.contents(atPath: file.path) ?? Data())
                case .multipart(let form):
                    form.fields.flatMap { Array($0.value.utf8) } + form.files.flatMap { bytes($0.content) }
                }
            }
            return HTTPResponse(status: .ok, body: .bytes(bytes(request.body)))
        })

    @Test("frames go on while the disk keeps a download waiting, at its opening and at each piece; all of it comes")
    func downloads() async throws {
        let path = NSTemporaryDirectory() + "file-\(UUID().uuidString)"
        try Data(Self.content).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let responder = TestResponder(handler: { _ in
            HTTPResponse(status: .ok, body: .file(path: path, etag: "v"))
        })
        try await withHeldDisk(responder) { disk, port, _, _, _ in
            disk.hold()
            let raw = try RawClient(port: port)
            raw.send(HTTPServerTests.close("GET /"))
            try await eventually { disk.arrived == 1 }
            try await expectEchoes(port: port)
            // The opening and two pieces.
            disk.hold(after: 3)
            try await eventually { disk.arrived == 4 }
            try await expectEchoes(port: port)
            disk.letGo()
            let answer = try await blocking { raw.receiveAll() }
            #expect(answer.suffix(Self.content.count).elementsEqual(Self.content))
        }
    }

    @Test("frames go on while the disk keeps an upload waiting, of which little is held; all of it arrives in order")
    func uploads() async throws {
        try await withHeldDisk(Self.reflecting) { disk, port, _, server, loop in
            disk.hold()
            let raw = try RawClient(port: port)
            async let answer = blocking {
                raw.send(HTTPServerTests.close("POST /", "Content-Length: 1000000\r\n"))
                raw.send(Self.content)
                return raw.receiveAll()
            }
            try await eventually { disk.arrived == 1 }
            try await expectEchoes(port: port)
            // A batch that is out and the next, each with what one read brought.
            let held = await loop.run { server.load.inputBytes }
            #expect((1...2 * (64 + 32) << 10).contains(held))
            #expect(disk.arrived == 1)
            disk.letGo()
            #expect(try await answer.suffix(Self.content.count).elementsEqual(Self.content))
            try await eventually { await loop.run { server.load.inputBytes } == 0 }
        }
    }

    @Test("the files of a form arrive whole and in order, whatever the disk takes for each")
    func uploadsForms() async throws {
        try await withHeldDisk(Self.reflecting) { disk, port, directory, _, _ in
            var form: [UInt8] = []
            var expected: [UInt8] = []
            form += Array("--b\r\nContent-Disposition: form-data; name=t\r\n\r\n".utf8)
            // A field beyond the limit for files stays in memory.
            form += Array(repeating: 116, count: 5000) + Array("\r\n".utf8)
            expected += Array(repeating: 116, count: 5000)
            for (number, count) in [1001, 200_000, 0, 70_000, 999].enumerated() {
                let file = Self.content.dropFirst(number * 1000).prefix(count)
                form += Array("--b\r\nContent-Disposition: form-data; name=f; filename=f\(number)\r\n\r\n".utf8)
                form += Array(file) + Array("\r\n".utf8)
                expected += file
            }
            form += Array("--b--\r\n".utf8)
            let headers = "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: \(form.count)\r\n"
            let request = Array(HTTPServerTests.close("POST /", headers).utf8) + form
            for _ in 0..<3 {
                let answer = try await blocking {
                    let raw = try RawClient(port: port)
                    raw.send(request)
                    return raw.receiveAll()
                }
                #expect(answer.suffix(expected.count).elementsEqual(expected))
            }
            try await eventually { try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty }
        }
    }

    @Test("a client that goes while a piece is on the disk leaves nothing, and harms nobody")
    func leavesNothing() async throws {
        let path = NSTemporaryDirectory() + "file-\(UUID().uuidString)"
        try Data(Self.content).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        var responder = Self.reflecting
        responder.handler = { request in
            request.head.method == .get
                ? HTTPResponse(status: .ok, body: .file(path: path, etag: "v")) : HTTPServerTests.describeBody(request)
        }
        try await withHeldDisk(responder) { disk, port, directory, server, loop in
            disk.hold()
            let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n"
            var clients: [RawClient] = []
            for request in ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", head + String(repeating: "x", count: 400_000)] {
                let client = try RawClient(port: port)
                async let sent: Void = blocking { client.send(request) }
                let before = clients.count
                try await eventually { disk.arrived == before + 1 }
                clients.append(client)
                _ = try? await sent
            }
            clients = []
            disk.letGo()
            try await eventually { await loop.run { server.connectionCount } == 0 }
            try await eventually { try FileManager.default.contentsOfDirectory(atPath: directory).isEmpty }
            try await eventually { await loop.run { server.load.inputBytes } == 0 }
            let next = try await RawClient.exchange(
                HTTPServerTests.close("POST /", "Content-Length: 2000\r\n") + String(repeating: "x", count: 2000),
                port: port)
            #expect(next.hasSuffix("file 2000 2000"))
        }
    }

    @Test("a server that stops while the disk has a piece ends in time, and the piece finds nobody")
    func stops() async throws {
        let loop = try EventLoop()
        let disk = HeldDisk(loop: loop)
        let server = Server(
            configuration: ServerConfiguration(), loop: loop, disk: disk, responder: Self.reflecting, endpoints: [],
            logger: .init(label: "test"))
        let port = try await server.start()
        disk.hold()
        let raw = try RawClient(port: port)
        async let answer = blocking {
            raw.send(HTTPServerTests.close("POST /", "Content-Length: 200000\r\n"))
            raw.send(Array(repeating: 120, count: 200_000))
            return raw.receiveAll()
        }
        try await eventually { disk.arrived == 1 }
        await server.stop(deadline: .milliseconds(100))
        #expect(try await answer.isEmpty)
        disk.letGo()
        await loop.shutDown()
    }

    @Test("a disk that takes nothing is answered with 500, also when all of the body has come")
    func fails() async throws {
        try await withServer(Self.reflecting, configure: { $0.temporaryDirectory = "/nonexistent" }) {
            _, port, _ in
            for count in [2000, 300_000] {
                let answer = try await RawClient.exchange(
                    HTTPServerTests.close("POST /", "Content-Length: \(count)\r\n")
                        + String(repeating: "x", count: count), port: port)
                #expect(answer.hasPrefix("HTTP/1.1 500 "))
            }
        }
    }

    @Test("a disk that is slow is not held against the client, whose time goes on when it is quick again")
    func forgives() async throws {
        let directory = NSTemporaryDirectory()
        var made: HeldDisk?
        try await withServer(
            Self.reflecting,
            configure: {
                $0.temporaryDirectory = directory
                $0.requestTimeout = .milliseconds(100)
            },
            disk: {
                let disk = HeldDisk(loop: $0)
                made = disk
                return disk
            }
        ) { server, port, loop in
            let disk = try #require(made)
            disk.hold()
            defer { disk.letGo() }
            let begun = ContinuousClock.now
            async let answer = RawClient.exchange(
                HTTPServerTests.close("POST /", "Content-Length: 2000\r\n") + String(repeating: "x", count: 2000),
                port: port)
            try await eventually { disk.arrived == 1 }
            try await eventually { begun.duration(to: .now) > .milliseconds(400) }
            disk.letGo()
            #expect(try await answer.hasPrefix("HTTP/1.1 200 "))
        }
    }
}
