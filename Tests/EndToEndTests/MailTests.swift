import Foundation
import TestKit
import Testing

/// Codes by SMTP, against a mail server that shares nothing with the program.
@Suite("Mail", .inTurn)
struct MailTests {
    private func ask(_ server: ServerProcess, for email: String) async throws {
        let answer = try await WorldClient(port: server.port).send(
            "POST", "/api/v1/user/code/email", json: #"{"email":"\#(email)"}"#)
        #expect(answer.text == #"{"code":200,"data":null,"msg":"ok"}"#)
    }

    private func flags(_ mail: MailServer, _ workshop: Workshop, password: String = "mail secret") throws -> [String] {
        let file = try workshop.file("password-\(UUID().uuidString)", holding: password + "\n")
        return [
            "--mail", "smtp", "--smtp-url", "smtp://127.0.0.1:\(mail.port)", "--smtp-user", "runroom",
            "--smtp-password-file", file, "--mail-from", "codes@example.org",
        ]
    }

    @Test("a code goes by STARTTLS and with a password, and who reads it registers")
    func delivers() async throws {
        let workshop = try Workshop()
        let (cert, key) = try TestCertificate.localhost.files(in: workshop.folder)
        let mail = try await MailServer(["--tls", cert, key, "--user", "runroom", "--password", "mail secret"])
        let server = try await ServerProcess.start(try flags(mail, workshop) + ["--smtp-ca", cert])
        try await ask(server, for: "ana@example.org")
        let received = try await mail.mail(to: "ana@example.org")
        #expect(received.isEncrypted && received.user == "runroom" && received.sender == "codes@example.org")
        #expect(received.content.contains("To: <ana@example.org>\r\n"))
        #expect(received.content.contains("From: RunRoom <codes@example.org>\r\n"))
        let lines = received.content.split(separator: "\r\n")
        #expect(lines.contains { $0.wholeMatch(of: #/Message-ID: <[0-9a-f]{32}@example\.org>/#) != nil })
        #expect(lines.contains { $0.firstMatch(of: #/^Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} /#) != nil })
        #expect(received.content.utf8.allSatisfy { $0 < 0x80 })
        let code = try #require(received.code)
        let registered = try await WorldClient(port: server.port).send(
            "POST", "/api/v1/user/register",
            json: #"{"email":"ana@example.org","password":"secret","code":"\#(code)"}"#)
        #expect(registered.int("code") == 200)
        #expect(!FileManager.default.fileExists(atPath: server.directory + "/outbox"))
        try await eventually("a line in the log") { server.logText.contains("mail sent") }
        #expect(!server.logText.contains(code) && !server.logText.contains("mail secret"))
        #expect(try await server.terminate() == .exit(0))
    }

    @Test("what the mail server puts off is tried again")
    func retries() async throws {
        let workshop = try Workshop()
        let (cert, key) = try TestCertificate.localhost.files(in: workshop.folder)
        let mail = try await MailServer([
            "--tls", cert, key, "--user", "runroom", "--password", "mail secret", "--busy", "1",
        ])
        let server = try await ServerProcess.start(try flags(mail, workshop) + ["--smtp-ca", cert])
        try await ask(server, for: "ana@example.org")
        #expect(try await mail.mail(to: "ana@example.org").code != nil)
        #expect(mail.events("busy").count == 1)
        try await server.logs("mail not sent, to be tried again")
    }

    @Test("a wrong password is a line in the log, without the password")
    func wrongPassword() async throws {
        let workshop = try Workshop()
        let (cert, key) = try TestCertificate.localhost.files(in: workshop.folder)
        let mail = try await MailServer(["--tls", cert, key, "--user", "runroom", "--password", "mail secret"])
        let server = try await ServerProcess.start(
            try flags(mail, workshop, password: "wrong word") + ["--smtp-ca", cert])
        try await ask(server, for: "ana@example.org")
        try await eventually("a refusal") { server.logText.contains("mail not sent") }
        #expect(mail.events("refused").count == 1 && mail.events("refused").first?["tls"] as? Bool == true)
        #expect(mail.mails.isEmpty && !server.logText.contains("wrong word"))
    }

    @Test(
        "nothing is sent to a server without TLS, or with a certificate that nobody trusts")
    func wantsEncryption() async throws {
        let workshop = try Workshop()
        let (cert, key) = try TestCertificate.localhost.files(in: workshop.folder)
        let (other, _) = try TestCertificate.rsa.files(in: workshop.folder, "other")
        let plain = try await MailServer([])
        let strange = try await MailServer(["--tls", cert, key])
        for (mail, authorities) in [(plain, cert), (strange, other)] {
            let server = try await ServerProcess.start(try flags(mail, workshop) + ["--smtp-ca", authorities])
            try await ask(server, for: "ana@example.org")
            try await eventually("a failure") { server.logText.contains("mail not sent") }
            #expect(mail.mails.isEmpty && mail.events("refused").isEmpty)
        }
        // Unless that is what was asked for.
        let open = try await ServerProcess.start([
            "--mail", "smtp://127.0.0.1:\(plain.port)", "--mail-from", "codes@example.org", "--smtp-tls", "none",
        ])
        try await ask(open, for: "ben@example.org")
        let received = try await plain.mail(to: "ben@example.org")
        #expect(!received.isEncrypted && received.user == nil)
    }

    @Test("settings that make no sense are refused in one line")
    func settings() async throws {
        let workshop = try Workshop()
        let password = try workshop.file("password", holding: "x")
        for (flags, words) in [
            (["--mail", "pigeon"], "pigeon"), (["--mail", "smtp"], "--smtp-url"),
            (["--mail", "smtp://127.0.0.1"], "--mail-from"),
            (["--mail", "smtp://me:secret@127.0.0.1", "--mail-from", "a@b.cc"], "without a user"),
            (["--mail", "smtp://127.0.0.1", "--mail-from", "a"], "name@example.org"),
            (["--mail", "smtp://127.0.0.1", "--mail-from", "a@b.cc", "--smtp-user", "x"], "password file"),
            (
                [
                    "--mail", "smtp://127.0.0.1", "--mail-from", "a@b.cc", "--smtp-user", "x", "--smtp-password-file",
                    "/nowhere",
                ],
                "/nowhere"
            ),
            (
                [
                    "--mail", "smtp://127.0.0.1", "--mail-from", "a@b.cc", "--smtp-user", "x", "--smtp-password-file",
                    password, "--smtp-tls", "none",
                ], "without encryption"
            ),
            (["--mail", "smtp://127.0.0.1", "--mail-from", "a@b.cc", "--smtp-ca", "/nowhere"], "/nowhere"),
        ] {
            let answer = try await RunningProgram.run(
                ServerProcess.executable, ServerProcess.arguments(flags, in: workshop.file("data")))
            #expect(answer.ending == .exit(1), "\(flags)")
            #expect(
                answer.errors.contains(words) && answer.errors.split(separator: "\n").count == 1, "\(answer.errors)")
            #expect(!answer.errors.contains("secret"))
        }
    }
}
