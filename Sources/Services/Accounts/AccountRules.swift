import Foundation
import Limits
import Text

/// What names and passwords may be.
enum AccountRules {
    /// Words that stand where a username stands in a path.
    static let reservedNames: Set<String> = [
        "login", "update", "delete", "deleteall", "tokencheck", "nickname", "profilepic", "run", "share", "posts",
        // Every HTTP client resolves these before it sends a path.
        ".", "..",
    ]

    /// The key that a username is compared by: one for all ways to encode the same characters; case counts.
    static func key(_ username: String) -> String { username.precomposedStringWithCanonicalMapping }

    /// Checks a username; worlds differ in how long a name they let their users choose.
    static func checkUsername(_ username: String, upTo limit: Int = Limit.Accounts.username) throws(ServicesError) {
        try check(username, as: "username", named: "The username", upTo: limit)
        // Two names must not look the same because one has something more that no font shows.
        guard !username.hasDefaultIgnorables else {
            throw .invalid(field: "username", message: "The username must not contain characters that nobody can see.")
        }
        guard !username.contains("/") else {
            throw .invalid(field: "username", message: "The username must not contain a slash.")
        }
        guard !reservedNames.contains(username.lowercased()) else {
            throw .invalid(field: "username", message: "The username is reserved.")
        }
    }

    static func checkNickname(_ nickname: String) throws(ServicesError) {
        try check(nickname, as: "nickname", named: "The nickname", upTo: Limit.Accounts.nickname)
        guard !nickname.hasStrayInvisibles else {
            throw .invalid(field: "nickname", message: "The nickname must not contain characters that nobody can see.")
        }
    }

    /// Any characters: what a password is made of is its owner's matter.
    static func checkPassword(_ password: String, field: String = "password") throws(ServicesError) {
        // One character may be any number of bytes: the second limit bounds the work.
        guard (1...Limit.Accounts.password).contains(password.count), password.utf8.count <= Limit.Accounts.secretBytes
        else {
            throw .invalid(field: field, message: "The password must have 1 to 128 characters.")
        }
    }

    /// A line about oneself; empty for none.
    static func checkSign(_ sign: String) throws(ServicesError) {
        if !sign.isEmpty { try check(sign, as: "sign", named: "The line", upTo: Limit.Accounts.sign) }
    }

    /// Checks that a text is an address that mail can be sent to as it stands: RFC 5321, section 4.1.2, without quoted
    /// names and numbers in brackets.
    ///
    /// Not whether mail would arrive: that only mail can tell. No character of it means anything to a mail server, a
    /// header or a log.
    static func checkEmail(_ email: String) throws(ServicesError) {
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, email.utf8.count <= 254, parts[0].utf8.count <= 64, isDotted(parts[0], isOfLocalPart),
            parts[1].contains("."), isDotted(parts[1], isOfDomain),
            parts[1].split(separator: ".").allSatisfy({ !$0.hasPrefix("-") && !$0.hasSuffix("-") && $0.count <= 63 })
        else { throw .invalid(field: "email", message: "The e-mail address must look like name@example.org.") }
    }

    /// The form in which an address is compared: the case of letters does not count.
    ///
    /// It might, by the standard, before the `@`; no mail server is known where it does.
    static func emailKey(_ email: String) -> String {
        String(
            decoding: email.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 },
            as: UTF8.self)
    }

    /// Whether a text is words with dots between them.
    private static func isDotted(_ text: Substring, _ isOfWord: (UInt8) -> Bool) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { word in
            !word.isEmpty && word.utf8.allSatisfy(isOfWord)
        }
    }

    private static func isOfDomain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func isOfLocalPart(_ byte: UInt8) -> Bool {
        isOfDomain(byte) || "!#$%&'*+/=?^_`{|}~".utf8.contains(byte)
    }

    private static func check(
        _ text: String, as field: String, named name: String, upTo limit: Int
    ) throws(ServicesError) {
        // A character may carry any number of combining marks, hence the limit in bytes.
        guard !text.isEmpty, text.count <= limit, text.utf8.count <= limit * 16 else {
            throw .invalid(field: field, message: "\(name) must have 1 to \(limit) characters.")
        }
        guard !text.unicodeScalars.contains(where: isControl) else {
            throw .invalid(field: field, message: "\(name) must not contain control characters.")
        }
        guard !text.isInvisible else {
            throw .invalid(field: field, message: "\(name) must not be blank.")
        }
    }

    /// Controls, line ends, and what turns the direction of the text around it.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: scalar.properties.isBidiControl
        }
    }
}
