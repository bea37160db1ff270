import Foundation
import HTTPTypes
import Logging
import Synchronization
import TestKit
import Testing

@testable import LWS

@Suite("TLS", .timeLimit(.minutes(5))) struct TLSTests {
    /// Runs `body` with a certificate and its key in files.
    func withFiles(_ pair: TestCertificate, _ body: (TLSFiles) async throws -> Void) async throws {
        let directory = try TemporaryDirectory.made()
        let (certificate, key) = try pair.files(in: directory)
        try await body(TLSFiles(certificate: certificate, key: key))
    }

    @Test("a WebSocket through TLS carries messages of any size and its close, as one without")
    func carries() async throws {
        try await withFiles(.localhost) { files in
            try await withServer(endpoints: [.echo(maxMessageBytes: 1 << 20)], configure: { $0.tls = files }) {
                _, port, _ in
                try await blocking {
                    let client = try TLSClient(port: port, authority: files.certificate)
                    client.send(Array(RawClient.handshake().utf8))
                    #expect(client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                    for count in [0, 1, 5000, 65_536, 300_000] {
                        client.send(RawClient.frame(opcode: 1, Array(repeating: 0x73, count: count)))
                        let header = count < 126 ? 2 : count < 65_536 ? 4 : 10
                        #expect(client.receive(count: header + count).dropFirst(header).allSatisfy { $0 == 0x73 })
                    }
                    client.send(RawClient.frame(opcode: 8, [3, 0xe8]))
                    #expect(client.receive(count: 4) == [0x88, 2, 3, 0xe8])
                    #expect(client.receive(count: 1).isEmpty)
                }
            }
        }
    }

    @Test(
        "two messages that go out together are one record as far as they fit",
        arguments: [(300, true), (16_300, false)])
    func recordOfTwo(length: Int, isOne: Bool) async throws {
        try await withFiles(.localhost) { files in
            let made = WebSocketTests.Made()
            try await withServer(endpoints: [.echo(keep: made.add)], configure: { $0.tls = files }) {
                _, port, loop in
                let client = try await blocking {
                    let client = try TLSClient(port: port, authority: files.certificate)
                    client.send(Array(RawClient.handshake().utf8))
                    #expect(client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                    return client
                }
                let peer = try #require(await made.next())
                let (ack, frame) = (
                    OutgoingMessage(String(repeating: "a", count: 100)),
                    OutgoingMessage(String(repeating: "f", count: length))
                )
                #expect(await loop.run { peer.socket?.send(ack, frame) } == true)
                let record = try await blocking { client.receiveRecord() }
                #expect(record.count == (isOne ? 102 + 4 + length : 102))
                let rest = try await blocking { client.receive(count: 106 + length - record.count) }
                #expect((record + rest).filter { $0 == 0x66 }.count == length)
            }
        }
    }

    @Test("who sends through TLS and does not read is heard all the same, and holds one message in memory")
    func hearsWhoDoesNotRead() async throws {
        try await withFiles(.localhost) { files in
            let made = WebSocketTests.Made()
            try await withServer(endpoints: [.echo(keep: made.add)], configure: { $0.tls = files }) {
                _, port, loop in
                let client = try await blocking {
                    let client = try TLSClient(port: port, authority: files.certificate)
                    client.send(Array(RawClient.handshake().utf8))
                    #expect(client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                    return client
                }
                let peer = try #require(await made.next())
                let message = OutgoingMessage(String(repeating: "m", count: 60_000))
                let sent = await loop.run {
                    peer.onText = { _, _ in }
                    var sent = 0
                    while sent < 1000, peer.socket?.send(message) == true { sent += 1 }
                    #expect(peer.socket?.isBusy == true)
                    return sent
                }
                #expect((1..<300).contains(sent))
                var events = peer.events.makeAsyncIterator()
                #expect(await events.next() == .opened)
                let before = await loop.run { Self.threadSeconds() }
                for number in 0..<20 {
                    try await blocking { client.send(RawClient.frame(opcode: 1, Array("\(number)".utf8))) }
                    #expect(await events.next() == .text("\(number)"))
                }
                // Twenty turns of the loop, not as many as it can make.
                #expect(await loop.run { Self.threadSeconds() } - before < 1)
                let received = try await blocking { client.receive(count: sent * 60_004).count }
                #expect(received == sent * 60_004)
            }
        }
    }

    @Test("a connection through TLS lives on when the time for its handshake is over")
    func outlivesHandshake() async throws {
        try await withFiles(.localhost) { files in
            let configure = { (configuration: inout ServerConfiguration) in
                configuration.tls = files
                configuration.handshakeSeconds = 3
            }
            try await withServer(endpoints: [.echo()], configure: configure) { _, port, _ in
                let client = try await blocking { try TLSClient(port: port, authority: files.certificate) }
                let handshake = try await blocking {
                    client.send(Array(RawClient.handshake().utf8))
                    return client.receive(until: "\r\n\r\n")
                }
                #expect(handshake.hasPrefix("HTTP/1.1 101 "))
                // libwebsockets looks at its clock once a second.
                for _ in 0..<6 {
                    try await Task.sleep(for: .seconds(1))
                    let answer = try await blocking {
                        client.send(RawClient.frame(opcode: 1, [0x61]))
                        return client.receive(count: 3)
                    }
                    #expect(answer == [0x81, 1, 0x61])
                }
            }
        }
    }

    @Test("who connects and begins no handshake, or does not end it, is let go")
    func endsHandshake() async throws {
        try await withFiles(.localhost) { files in
            let configure = { (configuration: inout ServerConfiguration) in
                configuration.tls = files
                configuration.handshakeSeconds = 1
            }
            try await withServer(endpoints: [.echo()], configure: configure) { _, port, _ in
                // Nothing, and the head of a record that never comes.
                for beginning in [[], [0x16, 0x03, 0x01, 0x02, 0x00]] as [[UInt8]] {
                    let received = try await blocking {
                        let descriptor = try LoopbackSocket.connect(port: port, patience: 30)
                        defer { close(descriptor) }
                        if !beginning.isEmpty { #expect(write(descriptor, beginning, beginning.count) == 5) }
                        var byte: UInt8 = 0
                        return read(descriptor, &byte, 1)
                    }
                    #expect(received == 0, "the end, and no answer")
                }
            }
        }
    }

    @Test("a server refuses what is no TLS")
    func refusesPlain() async throws {
        try await withFiles(.localhost) { files in
            try await withServer(endpoints: [.echo()], configure: { $0.tls = files }) { _, port, _ in
                let plain = try await RawClient.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", port: port)
                #expect(!plain.hasPrefix("HTTP/1.1 2"))
            }
        }
    }

    @Test("a certificate that changes is shown to new connections, and one that cannot be used is not")
    func followsCertificate() async throws {
        let log = RecordingLog()
        try await withFiles(.localhost) { files in
            try await withFiles(.rsa) { next in
                try await withServer(
                    endpoints: [.echo()], logger: log.logger,
                    configure: {
                        $0.tls = files
                        $0.certificateInterval = .milliseconds(20)
                    }
                ) { _, port, _ in
                    func shows(_ authority: String) async throws -> Bool {
                        try await blocking { (try? TLSClient(port: port, authority: authority)) != nil }
                    }
                    let old = NSTemporaryDirectory() + "tls-\(UUID().uuidString).old"
                    try TestCertificate.localhost.certificate.write(toFile: old, atomically: true, encoding: .utf8)
                    defer { try? FileManager.default.removeItem(atPath: old) }
                    let client = try await blocking {
                        let client = try TLSClient(port: port, authority: old)
                        client.send(Array(RawClient.handshake().utf8))
                        #expect(client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                        return client
                    }
                    #expect(try await !shows(next.certificate))

                    // One that is not its key's changes nothing, until its key is there too.
                    try TestCertificate.rsa.certificate.write(
                        toFile: files.certificate, atomically: true, encoding: .utf8)
                    try await log.waits(for: "cannot be used")
                    #expect(try await shows(old))
                    try TestCertificate.rsa.key.write(toFile: files.key, atomically: true, encoding: .utf8)
                    try await log.waits(for: "new connections get the new one")
                    #expect(try await shows(next.certificate))
                    #expect(try await !shows(old))

                    // Nor does one that is none, or is not there.
                    try "nonsense".write(toFile: files.key, atomically: true, encoding: .utf8)
                    try await log.waits(for: "cannot be used")
                    try FileManager.default.removeItem(atPath: files.certificate)
                    try await log.waits(for: "cannot be used")
                    #expect(try await shows(next.certificate))

                    // Back to the first kind of key.
                    try TestCertificate.localhost.key.write(toFile: files.key, atomically: true, encoding: .utf8)
                    try TestCertificate.localhost.certificate.write(
                        toFile: files.certificate, atomically: true, encoding: .utf8)
                    try await log.waits(for: "new connections get the new one")
                    #expect(try await shows(old))
                    #expect(try await !shows(next.certificate))

                    // Who was there all the while, still is.
                    let echo = try await blocking {
                        client.send(RawClient.frame(opcode: 1, [0x61]))
                        return client.receive(count: 3)
                    }
                    #expect(echo == [0x81, 1, 0x61])
                }
            }
        }
    }

    @Test("files are read when they have changed and then stayed the same for a look, and once")
    func seesChanges() async throws {
        try await withFiles(TestCertificate(certificate: "one", key: "key")) { files in
            var change = CertificateChange(.init(files))
            func look() -> Bool { change.isDue(.init(files)) }
            #expect([look(), look()] == [false, false])
            try "two".write(toFile: files.certificate, atomically: true, encoding: .utf8)
            #expect([look(), look(), look()] == [false, true, false])
            try "three".write(toFile: files.certificate, atomically: false, encoding: .utf8)
            #expect(!look())
            try "another".write(toFile: files.key, atomically: true, encoding: .utf8)
            #expect([look(), look(), look()] == [false, true, false])
            try FileManager.default.removeItem(atPath: files.key)
            #expect([look(), look(), look()] == [false, true, false])
        }
    }

    /// Processor seconds of the calling thread.
    static func threadSeconds() -> Double {
        var time = timespec()
        #expect(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Test(
        "a server does not start with a certificate that is missing, broken, or not its key's",
        arguments: ["broken certificate", "broken key", "another key", "missing"])
    func refuses(what: String) async throws {
        var pair = TestCertificate.localhost
        switch what {
        case "broken certificate": pair.certificate = "nonsense"
        case "broken key": pair.key = "nonsense"
        case "another key": pair.key = TestCertificate.otherKey
        default: break
        }
        try await withFiles(pair) { files in
            var files = files
            if what == "missing" { files.certificate += ".missing" }
            do {
                try await withServer(configure: { $0.tls = files }) { _, _, _ in }
                Issue.record("it started")
            } catch let error as LWSError {
                guard case .badCertificate(let text) = error, !text.isEmpty else {
                    Issue.record("\(error)")
                    return
                }
            }
        }
    }
}

/// Keeps lines of a log for a test to wait for.
final class RecordingLog: Sendable {
    private let lines = Mutex<[String]>([])

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: RecordingLog
        var metadata: Logger.Metadata = [:]
        /// Whatever it is set to.
        var logLevel: Logger.Level {
            get { .notice }
            set {}
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { log.lines.withLock { $0.append("\(event.message)") } }
    }

    struct Silence: Error { var wanted: String }

    /// Waits for a line, and forgets it with those before it.
    func waits(for text: String) async throws {
        for _ in 0..<2000 {
            let isThere = lines.withLock { lines in
                guard let index = lines.firstIndex(where: { $0.contains(text) }) else { return false }
                lines.removeFirst(index + 1)
                return true
            }
            if isThere { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Silence(wanted: text)
    }
}
