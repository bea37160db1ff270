/// How long to wait before the next try to connect: twice as long each time, anywhere in that span, so that those who
/// were cut off together do not come back together (“full jitter”).
struct BackOff {
    private var attempts = 0

    /// The next wait, of which `generator` decides where in the span it lies.
    mutating func next(using generator: inout SeededGenerator) -> Duration {
        let span = min(10_000, 400 << min(attempts, 6))
        attempts += 1
        return .milliseconds(Int.random(in: span / 10...span, using: &generator))
    }

    mutating func reset() { attempts = 0 }
}

/// What a close code means for the one who was closed.
enum AfterClose: Equatable {
    case reconnect(after: Duration?)
    case giveUp(String)
    /// The token is not good: a new one may be, or else it is over for a reason.
    case logIn(orGiveUp: String)

    /// - Parameters:
    ///   - code: Of the close frame; nil when the connection broke without one.
    ///   - reason: For 1001 and 1012 a wait in milliseconds.
    init(code: UInt16?, reason: String) {
        switch code {
        case 1001, 1012: self = .reconnect(after: Int(reason).map { .milliseconds(min(max($0, 0), 60_000)) })
        case 4011, 4029: self = .reconnect(after: .seconds(5))
        case 4001: self = .logIn(orGiveUp: Self.words(4001, reason))
        case 1002, 1003, 1007, 1009, 4000, 4003, 4004, 4009:
            self = .giveUp(Self.words(code ?? 0, reason))
        default: self = .reconnect(after: nil)
        }
    }

    private static func words(_ code: UInt16, _ reason: String) -> String {
        "closed with \(code)\(reason.isEmpty ? "" : " “\(reason)”")"
    }
}
