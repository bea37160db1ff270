import Foundation

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

    static func checkUsername(_ username: String, upTo limit: Int = 32) throws(ServicesError) {
        try check(username, as: "username", named: "The username", upTo: limit)
        guard !username.contains("/") else {
            throw .invalid(field: "username", message: "The username must not contain a slash.")
        }
        guard !reservedNames.contains(username.lowercased()) else {
            throw .invalid(field: "username", message: "The username is reserved.")
        }
    }

    static func checkNickname(_ nickname: String) throws(ServicesError) {
        try check(nickname, as: "nickname", named: "The nickname", upTo: 64)
    }

    /// Any characters: what a password is made of is its owner's matter.
    static func checkPassword(_ password: String, field: String = "password") throws(ServicesError) {
        // One character may be any number of bytes: the second limit bounds the work.
        guard !password.isEmpty, password.count <= 128, password.utf8.count <= 1024 else {
            throw .invalid(field: field, message: "The password must have 1 to 128 characters.")
        }
    }

    /// Not whether mail would arrive: that only mail can tell.
    static func checkEmail(_ email: String) throws(ServicesError) {
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), email.utf8.count <= 254,
            !email.unicodeScalars.contains(where: { isControl($0) || $0.properties.isWhitespace })
        else { throw .invalid(field: "email", message: "The e-mail address must look like name@example.org.") }
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
        guard !text.unicodeScalars.allSatisfy(\.properties.isWhitespace) else {
            throw .invalid(field: field, message: "\(name) must not be blank.")
        }
    }

    /// Controls, line ends, and what turns the direction of the text around it.
    ///
    /// Not the joiners of emoji and of Indic scripts.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: scalar.properties.isBidiControl
        }
    }
}
