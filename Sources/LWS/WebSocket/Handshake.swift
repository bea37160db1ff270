internal import CLibwebsockets

/// What the two sides of an opening handshake say to each other (RFC 6455, section 4).
enum WebSocketHandshake {
    /// The value of `Sec-WebSocket-Accept` for a key.
    static func accept(for key: String) -> String {
        let bytes = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        lws_SHA1(bytes, bytes.count, &digest)
        return base64(digest)
    }

    /// A key that nobody could have foreseen.
    static func makeKey() -> String { base64((0..<16).map { _ in UInt8.random(in: .min ... .max) }) }

    /// The server's answer to a handshake that it takes.
    static func answer(key: String, subprotocol: String?) -> [UInt8] {
        var text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        text += "Sec-WebSocket-Accept: \(accept(for: key))\r\n"
        if let subprotocol { text += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    /// What a client offers to speak, octet by octet as it wrote it: these words have no small and capital letters.
    static func subprotocols(_ value: some BidirectionalCollection<UInt8>) -> [[UInt8]] {
        value.split(separator: UInt8(ascii: ",")).map { Array($0.trimmingBlanks) }.filter { !$0.isEmpty }
    }

    /// Whether a key is sixteen bytes in base64.
    static func isKey(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 24 && bytes.suffix(2) == [61, 61]
            && bytes.dropLast(2).allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        // Four for each three, and C's zero.
        var text = [CChar](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        bytes.withUnsafeBytes { raw in
            _ = lws_b64_encode_string(
                raw.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(raw.count), &text, CInt(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
