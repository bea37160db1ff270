import Foundation
import Glibc
import TestKit
import Testing

/// `--http-port` and `--acme-webroot`, by a real process.
@Suite("A plain port beside the one with TLS", .inTurn)
struct PlainPortTests {
    /// A server with TLS and the plain port, and that port.
    private func start(_ workshop: Workshop, _ flags: [String] = []) async throws -> (ServerProcess, plain: Int) {
        let (certificate, key) = try TestCertificate.localhost.files(in: workshop.folder)
        let server = try await ServerProcess.start(
            ["--tls-cert", certificate, "--tls-key", key, "--http-port", "0"] + flags)
        let line = try #require(server.logText.split(separator: "\n").first { $0.contains("plain requests are led") })
        let port = line.split(separator: "address=127.0.0.1:").last.flatMap { Int($0.prefix { $0.isNumber }) }
        return (server, try #require(port))
    }

    private func ask(_ request: String, _ port: Int, host: String? = "localhost") async throws -> RawSocket.Head {
        let socket = try RawSocket.connect(port: port)
        let hostLine = host.map { "Host: \($0)\r\n" } ?? ""
        try await socket.write(Array("\(request)\r\n\(hostLine)Connection: close\r\n\r\n".utf8))
        return try await socket.readHead()
    }

    @Test("leads who looks to the same address by TLS, and takes nothing that would change something")
    func leadsOn() async throws {
        let workshop = try Workshop()
        let (server, plain) = try await start(workshop)
        for (host, target, location) in [
            ("localhost", "/r/159?lang=zh", "https://localhost:\(server.port)/r/159?lang=zh"),
            ("localhost:\(plain)", "/", "https://localhost:\(server.port)/"),
            ("[::1]:80", "/runs", "https://[::1]:\(server.port)/runs"),
            ("[::1]", "/.well-known/acme-challenge", "https://[::1]:\(server.port)/.well-known/acme-challenge"),
        ] {
            let answer = try await ask("GET \(target) HTTP/1.1", plain, host: host)
            #expect(answer.status == 301 && answer.headers["location"] == location, "\(answer)")
            // RFC 6797, section 7.2: not where anybody on the way could write it.
            #expect(answer.headers["strict-transport-security"] == nil)
        }
        #expect(try await ask("GET / HTTP/1.0", plain, host: nil).status == 400)
        #expect(try await ask("POST /v1/session HTTP/1.1\r\nContent-Length: 0", plain).status == 403)
        #expect(try await ask("POST /v1/session HTTP/1.1\r\nContent-Length: 9", plain).status == 413)
        #expect([301, 404].contains(try await RawSocket.connect(port: plain).upgrade().status), "no live connection")
        #expect(try await ask("GET /.well-known/acme-challenge/a HTTP/1.1", plain).status == 404, "without a folder")
        #expect(try await server.terminate() == .exit(0))
    }

    @Test("gives a certificate authority what was put down for it, and nothing else from the disk")
    func challenges() async throws {
        let workshop = try Workshop()
        let webroot = workshop.file("acme"), folder = webroot + "/.well-known/acme-challenge"
        let files = FileManager.default
        try files.createDirectory(atPath: folder + "/inner", withIntermediateDirectories: true)
        let secret = try workshop.file("secret", holding: "secret")
        try Data("token.print".utf8).write(to: URL(filePath: folder + "/to_Ken-1"))
        try Data("hidden".utf8).write(to: URL(filePath: folder + "/.hidden"))
        try Data(repeating: 120, count: 5000).write(to: URL(filePath: folder + "/large"))
        try files.createSymbolicLink(atPath: folder + "/link", withDestinationPath: secret)
        try files.createSymbolicLink(atPath: folder + "/inside", withDestinationPath: folder + "/to_Ken-1")
        #expect(mkfifo(folder + "/pipe", 0o600) == 0)
        let (server, plain) = try await start(workshop, ["--acme-webroot", webroot])
        let base = "/.well-known/acme-challenge/"
        let found = try await ask("GET \(base)to_Ken-1 HTTP/1.1", plain)
        #expect(found.status == 200 && found.body == "token.print")
        #expect(found.headers["content-type"]?.hasPrefix("text/plain") == true)
        for name in ["none", "large", "link", "inside", "pipe", "inner", ".hidden", "%2e%2e%2fsecret", "a%2Fb", ""] {
            let answer = try await ask("GET \(base)\(name) HTTP/1.1", plain)
            #expect([400, 404, 301].contains(answer.status) && !answer.body.contains("secret"), "\(name): \(answer)")
            #expect((answer.status == 301) == name.isEmpty, "\(name)")
        }
        #expect(try await ask("GET \(base)../../../secret HTTP/1.1", plain).status == 400)
        // Put down while the server runs, as certbot does; and a folder that is a link to elsewhere is none.
        try Data("later".utf8).write(to: URL(filePath: folder + "/later"))
        #expect(try await ask("GET \(base)later HTTP/1.1", plain).body == "later")
        try files.moveItem(atPath: folder, toPath: webroot + "/moved")
        try files.createSymbolicLink(atPath: folder, withDestinationPath: webroot + "/moved")
        #expect(try await ask("GET \(base)later HTTP/1.1", plain).status == 404)
        #expect(try await server.terminate() == .exit(0))
    }

    @Test("settings that make no plain port end the start with a sentence")
    func settings() async throws {
        let workshop = try Workshop()
        let (certificate, key) = try TestCertificate.localhost.files(in: workshop.folder)
        let tls = ["--tls-cert", certificate, "--tls-key", key]
        for (flags, sentence) in [
            (["--http-port", "0"], "needs --tls-cert"), (tls + ["--acme-webroot", "/tmp"], "--http-port"),
            (tls + ["--http-port", "0", "--acme-webroot", "/nowhere"], "is not there"),
            (tls + ["--http-port", "8000"], "must differ"),
        ] {
            let program = try RunningProgram(ServerProcess.executable, ["config", "check"] + flags)
            #expect(try await program.ended() == .exit(1) && program.errors.contains(sentence), "\(program.errors)")
        }
    }
}
