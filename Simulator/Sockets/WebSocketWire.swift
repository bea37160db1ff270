/// The client's side of RFC 6455, as far as `runroom.v1` needs it: one shared recipe for ten thousand connections.
enum WebSocketWire {
    /// The nonce of every handshake here: that of the RFC's own example, so that the right answer is known beforehand.
    ///
    /// A nonce keeps caches from answering; between a load test and its server there are none.
    private static let nonce = "dGhlIHNhbXBsZSBub25jZQ=="
    private static let answer = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

    static func request(path: String, authority: String) -> [UInt8] {
        Array(
            """
            GET \(path) HTTP/1.1\r\nHost: \(authority)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: \(nonce)\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: runroom.v1\r\n\r\n
            """.utf8)
    }

    /// The answer of a server to any request made by ``request(path:authority:)``.
    static let acceptance = Array(
        """
        HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: \(answer)\r\nSec-WebSocket-Protocol: runroom.v1\r\n\r\n
        """.utf8)

    /// What became of a handshake.
    enum Handshake: Equatable {
        case incomplete
        /// The first frame begins after so many bytes.
        case accepted(length: Int)
        case refused(status: Int)
        case nonsense
    }

    /// Reads the answer to a handshake.
    static func handshake(_ bytes: UnsafeRawBufferPointer) -> Handshake {
        guard let end = endOfHead(bytes) else { return bytes.count > 16_384 ? .nonsense : .incomplete }
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: true)
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else { return .nonsense }
        guard status == 101 else { return .refused(status: status) }
        let isRight = lines.contains { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return parts.count == 2 && parts[0].lowercased() == "sec-websocket-accept"
                && parts[1].drop { $0 == " " } == answer
        }
        return isRight ? .accepted(length: end) : .nonsense
    }

    /// How long a head is with the empty line that ends it.
    static func endOfHead(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 3..<bytes.count
        where bytes[index] == 0x0a && bytes[index - 1] == 0x0d && bytes[index - 2] == 0x0a
            && bytes[index - 3] == 0x0d
        {
            return index + 1
        }
        return nil
    }

    // MARK: - Frames

    enum Opcode: UInt8 {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    /// The beginning of a frame.
    struct Header: Equatable {
        var opcode: Opcode
        var isFinal: Bool
        /// Where the payload begins, and how long it is.
        var start: Int
        var length: Int
        var isMasked: Bool

        var end: Int { start + length }
    }

    enum HeaderResult: Equatable {
        case incomplete
        case header(Header)
        /// Reserved bits or opcodes, or a length that nobody sends.
        case nonsense
    }

    /// The longest message that is taken.
    static let maximumLength = 1 << 26

    /// Reads the header of the frame that begins at an offset.
    @inline(__always)
    static func header(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> HeaderResult {
        guard bytes.count - offset >= 2 else { return .incomplete }
        let (first, second) = (bytes[offset], bytes[offset + 1])
        guard first & 0x70 == 0, let opcode = Opcode(rawValue: first & 0x0f) else { return .nonsense }
        var length = Int(second & 0x7f)
        var start = offset + 2
        if length == 126 {
            guard bytes.count - offset >= 4 else { return .incomplete }
            length = Int(bytes[start]) << 8 | Int(bytes[start + 1])
            start += 2
        } else if length == 127 {
            guard bytes.count - offset >= 10 else { return .incomplete }
            length = bytes[start..<start + 8].reduce(0) { $0 << 8 | Int($1) }
            start += 8
            guard (0...maximumLength).contains(length) else { return .nonsense }
        }
        let isMasked = second & 0x80 != 0
        if isMasked { start += 4 }
        return .header(
            Header(opcode: opcode, isFinal: first & 0x80 != 0, start: start, length: length, isMasked: isMasked))
    }

    /// Appends a client's frame, masked with a key.
    static func append(
        _ payload: some Collection<UInt8>, opcode: Opcode, key: UInt32, to bytes: inout [UInt8]
    ) {
        let count = payload.count
        bytes.append(0x80 | opcode.rawValue)
        if count < 126 {
            bytes.append(0x80 | UInt8(count))
        } else if count <= 0xffff {
            bytes += [0x80 | 126, UInt8(count >> 8), UInt8(count & 0xff)]
        } else {
            bytes.append(0x80 | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: count >> shift))
            }
        }
        let mask = (
            UInt8(truncatingIfNeeded: key >> 24), UInt8(truncatingIfNeeded: key >> 16),
            UInt8(truncatingIfNeeded: key >> 8), UInt8(truncatingIfNeeded: key)
        )
        bytes += [mask.0, mask.1, mask.2, mask.3]
        let start = bytes.count
        bytes.append(contentsOf: payload)
        bytes.withUnsafeMutableBufferPointer { buffer in
            var index = start
            while index + 4 <= buffer.count {
                buffer[index] ^= mask.0
                buffer[index + 1] ^= mask.1
                buffer[index + 2] ^= mask.2
                buffer[index + 3] ^= mask.3
                index += 4
            }
            if index < buffer.count { buffer[index] ^= mask.0 }
            if index + 1 < buffer.count { buffer[index + 1] ^= mask.1 }
            if index + 2 < buffer.count { buffer[index + 2] ^= mask.2 }
        }
    }

    /// Appends a server's text frame, which is not masked.
    static func appendText(_ payload: some Collection<UInt8>, to bytes: inout [UInt8]) {
        let count = payload.count
        bytes.append(0x80 | Opcode.text.rawValue)
        if count < 126 {
            bytes.append(UInt8(count))
        } else if count <= 0xffff {
            bytes += [126, UInt8(count >> 8), UInt8(count & 0xff)]
        } else {
            bytes.append(127)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: count >> shift))
            }
        }
        bytes.append(contentsOf: payload)
    }

    /// The code and the reason of a close frame's payload.
    static func closing(_ payload: UnsafeRawBufferPointer) -> (code: UInt16?, reason: String) {
        guard payload.count >= 2 else { return (nil, "") }
        return (
            UInt16(payload[0]) << 8 | UInt16(payload[1]),
            String(decoding: payload.dropFirst(2), as: UTF8.self)
        )
    }
}
