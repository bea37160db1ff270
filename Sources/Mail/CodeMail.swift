/// The mail that the server writes: a code that proves who reads an address.
public struct CodeMail: Hashable, Sendable {
    /// The address, ASCII without blanks and controls.
    public let to: String
    /// Six digits.
    public let code: String
    /// When it was asked for, in milliseconds since 1970.
    public let at: Int64
    /// When it is worth nothing any more, in milliseconds since 1970.
    public let expiresAt: Int64

    public init(to: String, code: String, at: Int64, expiresAt: Int64) {
        self.to = to
        self.code = code
        self.at = at
        self.expiresAt = expiresAt
    }
}

extension CodeMail {
    /// Enough of the address for its owner to know it again in a log, and for nobody else: `a…@example.org`.
    public var shortAddress: String {
        guard let at = to.lastIndex(of: "@") else { return "…" }
        return to[..<at].prefix(1) + "…" + to[at...]
    }

    static let subject = "验证码 / Your code"

    /// What stands in the mail.
    var text: String {
        let minutes = max(1, (expiresAt - at) / 60_000)
        return """
            您的验证码是 \(code)，\(minutes) 分钟内有效。如果不是您本人操作，请忽略本邮件。

            Your code is \(code). It is valid for \(minutes) minutes. If you did not ask for it, nothing has happened, \
            and you need not do anything.
            """
    }

    /// The mail as RFC 5322 has it, with lines of ASCII that end in CR and LF.
    ///
    /// - Parameters:
    ///   - sender: The address that it comes from.
    ///   - id: Makes the mail's id, before the sender's domain; letters and digits.
    /// - Returns: Header and body.
    func message(from sender: String, id: String) -> [UInt8] {
        let domain = sender.split(separator: "@").last ?? "localhost"
        let lines = [
            "From: RunRoom <\(sender)>", "To: <\(to)>", "Subject: =?utf-8?B?\(Self.base64(Self.subject))?=",
            "Date: \(MailDate.text(at))", "Message-ID: <\(id)@\(domain)>", "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
        ]
        let body = Self.base64(text.replacing("\n", with: "\r\n") + "\r\n")
        // RFC 2045, section 6.8: at most 76 characters a line.
        let folded = stride(from: 0, to: body.utf8.count, by: 76).map { start in
            String(body.dropFirst(start).prefix(76))
        }
        return Array(((lines + folded).joined(separator: "\r\n") + "\r\n").utf8)
    }
}
