/// The opening handshake of a client: what it asks, and what becomes of the answer (RFC 6455, section 4.1).
///
/// On the loop's thread.
final class ClientHandshake {
    enum Progress {
        case more
        /// The connection is a WebSocket; `rest` came behind the answer.
        case accepted(rest: [UInt8])
        case refused(String)
    }

    /// The request.
    let bytes: [UInt8]
    private let accept: String
    private let subprotocol: String?
    private var answer: [UInt8] = []

    private static let maxAnswerBytes = 16 << 10

    /// - Parameters:
    ///   - authority: Host and port.
    ///   - path: With the query, percent-encoded.
    ///   - subprotocol: The one that is offered; nil offers none.
    ///   - headers: Further fields.
    init(
        authority: String, path: String, subprotocol: String?, headers: [(name: String, value: String)]
    ) {
        let key = WebSocketHandshake.makeKey()
        accept = WebSocketHandshake.accept(for: key)
        self.subprotocol = subprotocol
        var text = "GET \(path) HTTP/1.1\r\nHost: \(authority)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        text += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(key)\r\n"
        if let subprotocol { text += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        bytes = Array((text + "\r\n").utf8)
    }

    /// Takes what has come of the answer.
    func read(_ bytes: UnsafeRawBufferPointer) -> Progress {
        answer += bytes
        guard let end = endOfHead else {
            return answer.count > Self.maxAnswerBytes ? .refused("the answer has no end") : .more
        }
        let lines = String(decoding: answer[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first, status.hasPrefix("HTTP/1.1 101") else {
            return .refused(lines.first.map(String.init) ?? "no answer")
        }
        func value(of name: String) -> String? {
            lines.dropFirst().first { $0.lowercased().hasPrefix(name + ":") }
                .map { String($0.dropFirst(name.count + 1)).trimmingBlanks }
        }
        guard value(of: "sec-websocket-accept") == accept else { return .refused("the answer is to another key") }
        let chosen = value(of: "sec-websocket-protocol")
        guard chosen == nil || chosen == subprotocol else { return .refused("an unknown subprotocol") }
        return .accepted(rest: Array(answer[end...]))
    }

    private var endOfHead: Int? {
        var index = 3
        while index < answer.count {
            if answer[index - 3...index].elementsEqual([13, 10, 13, 10]) { return index + 1 }
            index += 1
        }
        return nil
    }
}
