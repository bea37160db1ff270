import Limits

/// What names and passwords may be where somebody registers: the rules of all accounts, and those of one world on top.
///
/// Whoever has an account has it in every world: a world's own rules hold for what is chosen there, not for logins.
public struct RegistrationRules: Sendable {
    /// Characters of a name.
    let names: ClosedRange<Int>
    /// Characters of a password.
    let passwords: ClosedRange<Int>
    /// Whether blanks may be in either.
    let allowsBlanks: Bool

    /// Names of up to 32 characters, passwords of up to 128.
    public static let usual = RegistrationRules(names: 1...32, passwords: 1...128, allowsBlanks: true)
    /// Names of up to 50 characters.
    public static let longNames = RegistrationRules(names: 1...50, passwords: 1...128, allowsBlanks: true)
    /// Names of up to 64 characters.
    public static let veryLongNames = RegistrationRules(
        names: 1...Limit.Accounts.longestUsername, passwords: 1...128, allowsBlanks: true)
    /// Names of up to 30 characters, passwords of 6 to 128.
    public static let shortNames = RegistrationRules(names: 1...30, passwords: 6...128, allowsBlanks: true)
    /// Names of 5 to 32 characters, passwords of 5 to 72, both without blanks and control characters.
    public static let strict = RegistrationRules(names: 5...32, passwords: 5...72, allowsBlanks: false)

    func check(username: String) throws(ServicesError) {
        try AccountRules.checkUsername(username, upTo: names.upperBound)
        try check(username, "username", names)
    }

    func check(password: String) throws(ServicesError) {
        try AccountRules.checkPassword(password)
        try check(password, "password", passwords)
    }

    private func check(_ text: String, _ field: String, _ lengths: ClosedRange<Int>) throws(ServicesError) {
        guard lengths.contains(text.count) else {
            throw .invalid(
                field: field,
                message: "The \(field) must have \(lengths.lowerBound) to \(lengths.upperBound) characters.")
        }
        if allowsBlanks { return }
        let isClean = text.unicodeScalars.allSatisfy { scalar in
            !scalar.properties.isWhitespace && scalar.properties.generalCategory != .control
        }
        guard isClean else {
            throw .invalid(field: field, message: "The \(field) must not contain blanks or control characters.")
        }
    }
}
