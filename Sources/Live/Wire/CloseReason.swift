/// Why the server ends a connection: protocol.md's close table.
enum CloseReason: UInt16, CaseIterable {
    case badMessage = 4000
    case unauthorized = 4001
    case wrongPassword = 4003
    case noSuchRoom = 4004
    case silent = 4008
    case replaced = 4009
    case tooSlow = 4010
    case full = 4011
    case tooManyMessages = 4029

    /// The `error` that is sent before the close frame.
    var code: String {
        switch self {
        case .badMessage: "bad_message"
        case .unauthorized: "unauthorized"
        case .wrongPassword: "wrong_password"
        case .noSuchRoom: "no_such_room"
        case .silent: "timeout"
        case .replaced: "replaced"
        case .tooSlow: "too_slow"
        case .full: "room_full"
        case .tooManyMessages: "too_many_messages"
        }
    }
}
