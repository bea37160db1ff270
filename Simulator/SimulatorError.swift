/// Why a simulation cannot begin or go on, in a sentence for the person at the terminal.
enum SimulatorError: Error, Hashable, CustomStringConvertible {
    case badURL(String)
    case badAuthority(file: String)
    case unreachable(url: String, reason: String)
    case unreadableFile(file: String, reason: String)
    case refused(what: String, status: Int, message: String)
    case unexpectedAnswer(what: String)
    case noLoop(String)
    case noPlace(String)
    case noServer(String)
    case serverGone(seconds: Int)
    case nameTaken(username: String)
    case interrupted
    case unwritableReport(file: String, reason: String)

    var description: String {
        switch self {
        case .badURL(let url):
            "\(url) is not the address of a server; it looks like http://127.0.0.1:8000 or wss://run.example.org."
        case .badAuthority(let file): "Cannot read a certificate in PEM from \(file)."
        case .unreachable(let url, let reason): "Cannot reach \(url): \(reason)."
        case .unreadableFile(let file, let reason): "Cannot read \(file): \(reason)"
        case .refused(let what, let status, let message): "The server refused to \(what): \(status) \(message)."
        case .unexpectedAnswer(let what): "The server's answer to “\(what)” is not the JSON it should be."
        case .noLoop(let reason): "Cannot start the network: \(reason)."
        case .noPlace(let place):
            "\(place) is not a place; it looks like 40.0170,116.3900, within 85 degrees of the equator."
        case .noServer(let reason): "The server cannot be started: \(reason)."
        case .serverGone(let seconds): "The server has not been there for \(seconds) s."
        case .nameTaken(let username):
            "The name \(username) belongs to somebody with another password: give the password with which the room was "
                + "first used for this, or another room."
        case .interrupted: "Interrupted before it began."
        case .unwritableReport(let file, let reason): "Cannot write \(file): \(reason)."
        }
    }
}
