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
            try await withServer(endpoints: [.echo()], configure: { $0.tls = files }) { server, port, loop in
                let client = try WebSocketClient(loop: loop, trustsAnyCertificate: true)
                let recorder = SocketRecorder()
                await loop.run {
                    client.connect(
                        host: "127.0.0.1", port: port, path: "/echo", subprotocol: "echo.v1", tls: true,
                        handler: recorder)
                }
                var events = recorder.events.makeAsyncIterator()
                #expect(await events.next() == .opened)
                for count in [0, 1, 5000, 65_536] {
                    let text = String(repeating: "s", count: count)
                    await loop.run { _ = recorder.socket?.send(OutgoingMessage(text)) }
                    #expect(await events.next() == .text(text))
                }
                await client.shutDown()
                #expect(await events.next() == .closed(1000, ""))
            }
        }
    }

    @Test("a client checks the certificate, and a server refuses what is no TLS")
    func checks() async throws {
        try await withFiles(Self.certificate, Self.key) { files in
            try await withServer(endpoints: [.echo()], configure: { $0.tls = files }) { _, port, loop in
                let client = try WebSocketClient(loop: loop)
                let recorder = SocketRecorder()
                await loop.run {
                    client.connect(
                        host: "127.0.0.1", port: port, path: "/echo", subprotocol: nil, tls: true, handler: recorder)
                }
                guard case .closed(nil, _) = await recorder.events.first(where: { _ in true }) else {
                    Issue.record("an unknown certificate was taken")
                    return
                }
                let plain = try await RawClient.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", port: port)
                #expect(!plain.hasPrefix("HTTP/1.1 2"))
                await client.shutDown()
            }
        }
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
