/// A mail that the server writes.
public struct OutgoingMail: Hashable, Sendable {
    /// What it says.
    public enum Content: Hashable, Sendable {
        /// A code of six digits that proves who reads the address.
        case code(String)
        /// Somebody calls for help.
        case call(HelpCall)
    }

    /// That somebody calls for help, as others are told.
    public struct HelpCall: Hashable, Sendable {
        /// What others call who calls; one line.
        public let nickname: String
        /// Where they are, and when, as it is read; nil when that is not known.
        public let place: String?
        /// Where they are seen; nil when the server does not know what it is called.
        public let page: String?
        /// Whether nobody has called, and they run and do not move.
        public let isStill: Bool

        public init(nickname: String, place: String?, page: String?, isStill: Bool = false) {
            self.nickname = nickname
            self.place = place
            self.page = page
            self.isStill = isStill
        }
    }

    /// The address, ASCII without blanks and controls.
    public let to: String
    public let content: Content
    /// When it was asked for, in milliseconds since 1970.
    public let at: Int64
    /// When it is worth nothing any more, in milliseconds since 1970.
    public let expiresAt: Int64

    public init(to: String, _ content: Content, at: Int64, expiresAt: Int64) {
        self.to = to
        self.content = content
        self.at = at
        self.expiresAt = expiresAt
    }

    /// The code that it brings; nil for a mail of another kind.
    public var code: String? { if case .code(let code) = content { code } else { nil } }
}

extension OutgoingMail {
    /// Enough of the address for its owner to know it again in a log, and for nobody else: `a…@example.org`.
    public var shortAddress: String {
        guard let at = to.lastIndex(of: "@") else { return "…" }
        return to[..<at].prefix(1) + "…" + to[at...]
    }

    var subject: String {
        switch content {
        case .code: "验证码 / Your code"
        case .call(let call): call.isStill ? "跑步中静止不动 / Not moving during a run" : "求助 / A call for help"
        }
    }

    /// What stands in the mail.
    var text: String {
        switch content {
        case .code(let code):
            let minutes = max(1, (expiresAt - at) / 60_000)
            return """
                您的验证码是 \(code)，\(minutes) 分钟内有效。如果不是您本人操作，请忽略本邮件。

                Your code is \(code). It is valid for \(minutes) minutes. If you did not ask for it, nothing has \
                happened, and you need not do anything.
                """
        case .call(let call):
            let lines = [
                call.isStill
                    ? """
                    \(call.nickname) 在跑步中已有五分钟没有移动。 / \(call.nickname) is in a run and has not moved for \
                    five minutes.
                    """ : "\(call.nickname) 正在求助。 / \(call.nickname) calls for help.",
                call.place.map { "最后位置 / Last at: \($0)" } ?? "位置未知。 / The place is not known.",
                call.page.map { "查看 / To be seen at: \($0)" } ?? "",
                """
                您收到此邮件，是因为对方指定了您，或者正在您的房间里跑步。 / You get this since they have named you, or \
                run in a room of yours.
                """,
            ]
            return lines.filter { !$0.isEmpty }.joined(separator: "\n\n")
        }
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
            "From: RunRoom <\(sender)>", "To: <\(to)>", "Subject: =?utf-8?B?\(Self.base64(subject))?=",
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
