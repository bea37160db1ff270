import Foundation
import Glibc

/// A file that takes the place of mail: one line of JSON for each, `{"to":"…","code":"…","at":…}`, with `text` in place of
/// `code` for what brings none.
///
/// For servers without mail, whose operator hands codes out, and for tests. Readable by its owner only.
public struct Outbox: MailTransport {
    /// Where the file is.
    public let path: String

    /// An outbox in a directory that exists; the file is made with the first mail.
    public init(directory: String) { path = directory + "/outbox" }

    /// One writes at a time.
    public var connections: Int { 1 }

    public func deliver(_ mail: OutgoingMail, isCancelled: @escaping @Sendable () -> Bool) throws(MailFailure) {
        // Addresses and codes are checked, and hold nothing that JSON would want escaped; another's mistake would still
        // not forge a line.
        guard let to = Self.json(mail.to), let content = Self.json(mail.code ?? mail.text) else {
            throw MailFailure(isPermanent: true, "the mail cannot be written as JSON")
        }
        let key = mail.code == nil ? "text" : "code"
        let line = Array("{\"to\":\(to),\"\(key)\":\(content),\"at\":\(mail.at)}\n".utf8)
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.failure("the outbox cannot be opened") }
        defer { close(file) }
        // One call, so that lines stay whole; what is cut off by a full disk is no line.
        guard write(file, line, line.count) == line.count else { throw Self.failure("the outbox cannot be written") }
        guard fsync(file) == 0 else { throw Self.failure("the outbox cannot be synced") }
    }

    private static func json(_ text: String) -> String? {
        (try? JSONSerialization.data(withJSONObject: text, options: [.fragmentsAllowed, .withoutEscapingSlashes]))
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private static func failure(_ sentence: String) -> MailFailure {
        MailFailure(isPermanent: false, "\(sentence): \(String(cString: strerror(errno)))")
    }
}
