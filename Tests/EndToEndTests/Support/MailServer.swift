import Foundation
import TestKit

/// A real mail server, `mail/server.py`, as a process of its own.
final class MailServer: Sendable {
    let port: Int
    private let program: RunningProgram

    struct Mail {
        var sender: String
        var recipients: [String]
        var isEncrypted: Bool
        var user: String?
        /// Header and body as they came, CR and LF included.
        var content: String

        /// The body, as the person reads it.
        var text: String {
            let body = content.components(separatedBy: "\r\n\r\n").dropFirst().joined()
            let data = Data(base64Encoded: body, options: .ignoreUnknownCharacters) ?? Data()
            return String(decoding: data, as: UTF8.self)
        }

        /// The six digits.
        var code: String? { text.firstMatch(of: /[0-9]{6}/).map { String($0.output) } }
    }

    init(_ arguments: [String]) async throws {
        let python = try await Self.python.value
        program = try RunningProgram(python, ["-u", Self.folder + "/server.py"] + arguments)
        let running = program
        try await eventually("a mail server") { running.output.contains("\n") || running.hasEnded }
        guard let line = running.output.split(separator: "\n").first,
            let ready = Self.json(String(line)), let port = (ready["port"] as? NSNumber)?.intValue
        else { throw Phone.Missing(description: "mail server: \(running.errors)") }
        self.port = port
    }

    deinit { program.kill(SIGKILL) }

    /// What has happened of a kind.
    func events(_ kind: String) -> [[String: Any]] {
        program.output.split(separator: "\n").compactMap { Self.json(String($0)) }
            .filter { $0["event"] as? String == kind }
    }

    var mails: [Mail] {
        events("mail").map { event in
            Mail(
                sender: event["sender"] as? String ?? "", recipients: event["recipients"] as? [String] ?? [],
                isEncrypted: event["tls"] as? Bool ?? false, user: event["user"] as? String,
                content: String(
                    decoding: Data(base64Encoded: event["content"] as? String ?? "") ?? Data(), as: UTF8.self))
        }
    }

    /// The first mail to an address.
    func mail(to address: String) async throws -> Mail {
        try await eventually("mail to \(address)") { mails.contains { $0.recipients == [address] } }
        guard let mail = mails.first(where: { $0.recipients == [address] }) else {
            throw Phone.Missing(description: "mail to \(address)")
        }
        return mail
    }

    private static func json(_ line: String) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
    }

    // MARK: - Python

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("mail").path

    /// A Python with what the server needs, in a folder in `.build`; made once, by way of a name of its own.
    private static let python = Task { () throws -> String in
        let build = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(".build").path
        let home = build + "/mailserver", python = home + "/bin/python3"
        if FileManager.default.fileExists(atPath: home + "/ready") { return python }
        try? FileManager.default.removeItem(atPath: home)
        try await run("/usr/bin/python3", ["-m", "venv", home])
        try await run(python, ["-m", "pip", "install", "--quiet", "-r", folder + "/requirements.txt"])
        try Data().write(to: URL(fileURLWithPath: home + "/ready"))
        return python
    }

    private static func run(_ executable: String, _ arguments: [String]) async throws {
        let program = try RunningProgram(executable, arguments)
        try await eventually("end of \(arguments)", within: .seconds(300)) { program.hasEnded }
        guard try await program.ended() == .exit(0) else {
            throw Phone.Missing(description: "\(arguments): \(program.errors)")
        }
    }
}
