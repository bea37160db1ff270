import Foundation
import HTTPTypes
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

    /// Processor seconds of the calling thread.
    private static func threadSeconds() -> Double {
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
