import Services

/// What an operator wants done with accounts and their runs: a line of JSON on the socket of a running server.
enum OperatorCommand: Codable, Hashable, Sendable {
    case create(username: String, password: String, role: String, email: String?)
    /// The administrators.
    case list
    /// All accounts behind one, by its id; 0 for the first.
    case listAll(after: Int64)
    case show(username: String)
    case setRole(username: String, role: String)
    /// Whether the MD5 of its password lets its owner in.
    case setMD5Login(username: String, isAllowed: Bool)
    case disable(username: String)
    case enable(username: String)
    case resetPassword(username: String, password: String)
    case endSessions(username: String)
    case delete(username: String)
    /// Takes runs in, for somebody, from files by their whole paths.
    case importFiles(username: String, paths: [String])

    /// What it is and whom it is about, for a log: never a password.
    var title: (name: String, username: String?) {
        switch self {
        case .create(let username, _, _, _): ("create", username)
        case .list, .listAll: ("list", nil)
        case .show(let username): ("show", username)
        case .setRole(let username, _): ("set-role", username)
        case .setMD5Login(let username, _): ("set-md5-login", username)
        case .disable(let username): ("disable", username)
        case .enable(let username): ("enable", username)
        case .resetPassword(let username, _): ("reset-password", username)
        case .endSessions(let username): ("end-sessions", username)
        case .delete(let username): ("delete", username)
        case .importFiles(let username, _): ("import", username)
        }
    }
}

/// What has become of a command: another line of JSON.
struct OperatorAnswer: Codable, Hashable, Sendable {
    /// For the person at the terminal.
    var lines: [String] = []
    /// What to list next, nil at the end.
    var next: Int64?
    /// What has become of runs in files.
    var imports: Imports?
    /// Why the command was not carried out, a sentence; nil if it was.
    var problem: String?

    struct Imports: Codable, Hashable, Sendable {
        var made = 0
        var duplicates = 0
        var refused = 0

        mutating func add(_ other: Imports) {
            made += other.made
            duplicates += other.duplicates
            refused += other.refused
        }
    }

    static func problem(_ sentence: String) -> Self { Self(problem: sentence) }
}
