import Foundation
import HTTPTypes
import Logging
import Synchronization
import Testing

@testable import LWS

@Suite("TLS", .timeLimit(.minutes(5))) struct TLSTests {
    /// A certificate for localhost that signs itself, until 2126, and its key; made for these tests alone.
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBmjCCAUGgAwIBAgIUJEZoxuxrYzs8Uoh9qFBOQLoR0y8wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA2NTQzNloYDzIxMjYxMDI4
        MDY1NDM2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAARZQ+xntf9RZQHxtz/MkFlUzlGVVec95rlAlkChrUBDbtpmFn0qh7Hi
        uT2Nfufnb2/xmQWKMJqqiigKnfNAQWm+o28wbTAdBgNVHQ4EFgQU4dyseOVBoGMz
        eTaNaUptFv0ftCQwHwYDVR0jBBgwFoAU4dyseOVBoGMzeTaNaUptFv0ftCQwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDRwAwRAIgb45GImpE0N/z1kOX6bS6wdMSJ50k5vn/BTO8cWD8940CIFl3
        7aTAXnRiNu3TJCrt/TAxkO9/utt8aaSFnkRRG8h0
        -----END CERTIFICATE-----
        """
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfNSFHz9VDds96dmp
        74S43HEgAXpQK1pkroHZ4t6rwc2hRANCAARZQ+xntf9RZQHxtz/MkFlUzlGVVec9
        5rlAlkChrUBDbtpmFn0qh7HiuT2Nfufnb2/xmQWKMJqqiigKnfNAQWm+
        -----END PRIVATE KEY-----
        """
    /// A key that does not belong to the certificate.
    static let otherKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0cYowkLdhPI49abY
        CURONEEmahZggrGghyA93j1p7X6hRANCAAQnSMS9SKvAgAUK2nlHCG29wUkplOzL
        tCqTz0ot9LP4W1PMa1MWvAr99qLRDeLR2HoSjp/oaslzG2DV0uCZrboO
        -----END PRIVATE KEY-----
        """

    /// Another certificate, of another kind of key, and its key.
    static let rsaCertificate = """
        -----BEGIN CERTIFICATE-----
        MIIDJzCCAg+gAwIBAgIUUrf1HfyAACmhJab5jMYN20TBLLgwDQYJKoZIhvcNAQEL
        BQAwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODIyNTU1M1oYDzIxMjYx
        MTA0MjI1NTUzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwggEiMA0GCSqGSIb3DQEB
        AQUAA4IBDwAwggEKAoIBAQDA7c+AhA44dpG1aGQUgHxlgB9vqoGYGec0qaUuulak
        3azaYYSl0nunBhm9W/n2P1FW2oLeTEQw5cYml+4qU+Ba0d0hZ9MX5u9OHKgGTRHa
        4zBQrcvr9zE6bsuHhhWALXiEOWnJdfLg/GUnrCDHj0grLz0jsRBt/4OyjyflPpCz
        7WUX8z1+mYmP4E9/pOGXzacpCJpQ9i64G0N2xr5C1r6qW9Y9iyyMLS7abnmjHJu6
        HRAv5+OVZDWwBPvBnZDD+fqPRadYKB7xDLJW8CJf6zCb+h4gei3vADz0EYBeRsvy
        prQDU6+ix5xGeRMOAMn0hhRl448vl58vIofYiacERglVAgMBAAGjbzBtMB0GA1Ud
        DgQWBBSNHIRk1GHTknbzXd7KsDvRaa23JTAfBgNVHSMEGDAWgBSNHIRk1GHTknbz
        Xd7KsDvRaa23JTAPBgNVHRMBAf8EBTADAQH/MBoGA1UdEQQTMBGCCWxvY2FsaG9z
        dIcEfwAAATANBgkqhkiG9w0BAQsFAAOCAQEAruevpbHYhThdg94gSF4x6ej//eC/
        kBrwz40p9D7Gmxe5dX8wXVVd9ryvC2DMyf3A6X0xKf1Gbn6BfAE2gNiK86gc8r8V
        UDzF6soHOBiFu7OLlL9OAgS3uL4oxKB3BF5pD9iKM6dHc5Wik1wV5MulDKU2kUcp
        t4COB4t9MCuEiSePiGF3HTQ8P/ztQftUEUBfHRQ9weKaiwO0Rlq7NDlwbekPzNd0
        8tg8m0iS+DqLH9hO3CLhASLh8uMqd4FxDDZKtpTjP8Urew4r185kGiemEQpcZETO
        SMqeUBIX7B9fsNGeHzwVaFVck09zbj3VLiyckavFy45Sc6s/tktbeuEAmQ==
        -----END CERTIFICATE-----
        """
    static let rsaKey = """
        -----BEGIN PRIVATE KEY-----
        MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDA7c+AhA44dpG1
        aGQUgHxlgB9vqoGYGec0qaUuulak3azaYYSl0nunBhm9W/n2P1FW2oLeTEQw5cYm
        l+4qU+Ba0d0hZ9MX5u9OHKgGTRHa4zBQrcvr9zE6bsuHhhWALXiEOWnJdfLg/GUn
        rCDHj0grLz0jsRBt/4OyjyflPpCz7WUX8z1+mYmP4E9/pOGXzacpCJpQ9i64G0N2
        xr5C1r6qW9Y9iyyMLS7abnmjHJu6HRAv5+OVZDWwBPvBnZDD+fqPRadYKB7xDLJW
        8CJf6zCb+h4gei3vADz0EYBeRsvyprQDU6+ix5xGeRMOAMn0hhRl448vl58vIofY
        iacERglVAgMBAAECggEAAIQtE9HNw7d5hD22cfbvLIN5/Lo9JOGP+gGacS0u0dg+
        QAOWdq4IPz09G2VZAdlPpFwj5oT0SYrExJkeC/9JIl35+AXcuEK2H1nIK8dBzQf+
        utQZkzh6FBVX71G/YG1iR+fc/ABth1xHViKQ2QDDGxIJPOgoynxZEgvfsryjS0cV
        Otum9lDN+u/5wjt9F48UoRa2e2H3xvJjbSLiIVmwA7mNNXI1VwxCpfxZGmQWsDJS
        Ux2VOTOYEGxaTTYGFZ7f35kYaC/XDzcZoo+sSdJ4e01s98KqkMAe8RMnyxQ30gU1
        osO1FgcyoM9SJCkJ26yKvmv/N2skmAz/pHglzGFLvwKBgQDmRUuMhFFmUuSKoRNE
        GQzc1DGy96Zly/JKuFIpW/DLwLDJ7UNJvjouPvluej/SKQkUs+7iSBCY0IDFI/S+
        Im/iobPHOJeuV4PyBpraNE6Wi3pkrh1Buyl16zjp4DNh8Rg/XNLlcrBCBM1HbzP+
        Rx/OnSUejG6YoIhWbZCOtgAaTwKBgQDWfGK0BmFUgwc9ofVJlDuw3Ys5mLdD5dYz
        vcKbNdIysi/4SavbdO2wNmy5UM2WyzR34u3jNUQkbgf67ADw/beX7XQG9XFEKbjQ
        DY1fSbkwP9QRkBbfRMIP+Q3QISFtY2NU0fPpeBcLGhe3S1byDAPJm4zF/Gbg+Rmg
        jrcvDS7NGwKBgAGsJyxSGbVAjOBk4xrvg6Rm9iVynwbGQHBCfnZGcK1KLP6Kdp6m
        fw2u72jaAnSoT6SS2f1SwKwbd5P2+uQWo/Flc0TTKGbfw9mSKrXDA38cbDsm+Jdt
        oJN2reck9bqUYbS0G+QGvTj9h/Ao4pvKMHTztz1Nj9AT+mmGSjJ/J+kJAoGAK/t/
        xgjU5p6j2nieswLppqAXj60IT60O2rdb87X6r5ioi5KX4j29C/htHSc7sWNkE/19
        6Kygl5PUoRjKLKDqiAYSV+b23hJsKoXM6rBUgFdmZl+UwR35aYsZ0QcqMqNB2D/h
        c4vDtewY1uZlIudh03LJUEQs2I9cOPdrCwP6B+cCgYAUAelh/ZjFmXE1cZLFLHLl
        ucGfPjR902g3Fl4KfZp6rGXnnW3k7q5mCEP4UE4H0WBdpTNhnpFcm2CbARZ7RAoi
        cvz09o723gCXfeaAWx+4HEQ/aMm/dUP7xha04i5BVyQ9ZbqKKdzRgKvsEyalW5mh
        fixn9Kh3sU5OSBG+ldcczQ==
        -----END PRIVATE KEY-----
        """

    /// Runs `body` with the texts in files.
    func withFiles(_ certificate: String, _ key: String, _ body: (TLSFiles) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "tls-\(UUID().uuidString)"
        let files = TLSFiles(certificate: path + ".crt", key: path + ".key")
        try certificate.write(toFile: files.certificate, atomically: true, encoding: .utf8)
        try key.write(toFile: files.key, atomically: true, encoding: .utf8)
        defer {
            try? FileManager.default.removeItem(atPath: files.certificate)
            try? FileManager.default.removeItem(atPath: files.key)
        }
        try await body(files)
    }

    @Test("a WebSocket through TLS carries messages of any size and its close, as one without")
    func carries() async throws {
        try await withFiles(Self.certificate, Self.key) { files in
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
        try await withFiles(Self.certificate, Self.key) { files in
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
        try await withFiles(Self.certificate, Self.key) { files in
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
        try await withFiles(Self.certificate, Self.key) { files in
            try await withServer(endpoints: [.echo()], configure: { $0.tls = files }) { _, port, _ in
                let client = try await blocking { try TLSClient(port: port, authority: files.certificate) }
                let handshake = try await blocking {
                    client.send(Array(RawClient.handshake().utf8))
                    return client.receive(until: "\r\n\r\n")
                }
                #expect(handshake.hasPrefix("HTTP/1.1 101 "))
                // libwebsockets gives a handshake twenty seconds, and looks at its clock once a second.
                for _ in 0..<23 {
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

    @Test("a server refuses what is no TLS")
    func refusesPlain() async throws {
        try await withFiles(Self.certificate, Self.key) { files in
            try await withServer(endpoints: [.echo()], configure: { $0.tls = files }) { _, port, _ in
                let plain = try await RawClient.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", port: port)
                #expect(!plain.hasPrefix("HTTP/1.1 2"))
            }
        }
    }

    @Test("a certificate that changes is shown to new connections, and one that cannot be used is not")
    func followsCertificate() async throws {
        let log = RecordingLog()
        try await withFiles(Self.certificate, Self.key) { files in
            try await withFiles(Self.rsaCertificate, Self.rsaKey) { next in
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
                    try Self.certificate.write(toFile: old, atomically: true, encoding: .utf8)
                    defer { try? FileManager.default.removeItem(atPath: old) }
                    let client = try await blocking {
                        let client = try TLSClient(port: port, authority: old)
                        client.send(Array(RawClient.handshake().utf8))
                        #expect(client.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                        return client
                    }
                    #expect(try await !shows(next.certificate))

                    // One that is not its key's changes nothing, until its key is there too.
                    try Self.rsaCertificate.write(toFile: files.certificate, atomically: true, encoding: .utf8)
                    try await log.waits(for: "cannot be used")
                    #expect(try await shows(old))
                    try Self.rsaKey.write(toFile: files.key, atomically: true, encoding: .utf8)
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
                    try Self.key.write(toFile: files.key, atomically: true, encoding: .utf8)
                    try Self.certificate.write(toFile: files.certificate, atomically: true, encoding: .utf8)
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
        try await withFiles("one", "key") { files in
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
        arguments: [("nonsense", key), (certificate, "nonsense"), (certificate, otherKey), ("", "")])
    func refuses(certificate: String, key: String) async throws {
        try await withFiles(certificate, key) { files in
            var files = files
            if certificate.isEmpty { files.certificate += ".missing" }
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
