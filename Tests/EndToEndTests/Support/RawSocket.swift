import Foundation
import Glibc
import TestKit

/// A WebSocket client byte by byte: for what no good client sends, and for those who do not read.
final class RawSocket {
    struct Frame: Equatable {
        var opcode: UInt8
        var payload: [UInt8]

        var text: String { String(decoding: payload, as: UTF8.self) }
        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(payload))) as? [String: Any] ?? [:]
        }
    }

    struct Head {
        var status: Int
        var headers: [String: String]
        var bytes: [UInt8] = []

        var body: String { String(decoding: bytes, as: UTF8.self) }
    }

    struct Gone: Error, CustomStringConvertible {
        var description: String
    }

    private let input: Int32
    private let output: Int32
    private var received: [UInt8] = []
    /// Nothing more comes.
    private(set) var hasEnded = false

    /// On descriptors that are this object's from now on; they may be the same.
    init(input: Int32, output: Int32) {
        self.input = input
        self.output = output
        for descriptor in [input, output] { _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) }
    }

    /// Connects to a server of this machine; `receiveBuffer` is what the kernel is asked to hold at most for this client
    /// when it does not read.
    static func connect(port: Int, receiveBuffer: Int32? = nil) throws -> RawSocket {
        let descriptor = try LoopbackSocket.connect(port: port, receiveBuffer: receiveBuffer)
        return RawSocket(input: descriptor, output: descriptor)
    }

    /// Connects and has become a WebSocket.
    static func webSocket(port: Int, receiveBuffer: Int32? = nil) async throws -> RawSocket {
        let socket = try connect(port: port, receiveBuffer: receiveBuffer)
        let head = try await socket.upgrade()
        guard head.status == 101 else { throw Gone(description: "\(head)") }
        return socket
    }

    deinit {
        close(input)
        if output != input { close(output) }
    }

    // MARK: - Handshake

    /// Asks for the upgrade; an answer other than 101 is read to the end of its body.
    ///
    /// With some `frames` right behind what asks for it.
    func upgrade(
        path: String = "/live", subprotocol: String? = "runroom.v1", headers: [String: String] = [:],
        frames: [UInt8] = []
    ) async throws -> Head {
        var request = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        request += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        if let subprotocol { request += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
        for (name, value) in headers { request += "\(name): \(value)\r\n" }
        try await write(Array((request + "\r\n").utf8) + frames)
        return try await readHead()
    }

    /// The head of an answer, and its body if it announces one; an answer to HEAD has none all the same.
    func readHead(hasBody: Bool = true) async throws -> Head {
        let end = Array("\r\n\r\n".utf8)
        var size = 0
        try await read("head of an answer") { bytes in
            guard bytes.count >= 4,
                let index = (0...(bytes.count - 4)).first(where: { Array(bytes[$0..<$0 + 4]) == end })
            else { return false }
            size = index + 4
            return true
        }
        let lines = String(decoding: received.prefix(size), as: UTF8.self).components(separatedBy: "\r\n")
        received.removeFirst(size)
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
        }
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        var body: [UInt8] = []
        if headers["transfer-encoding"] == "chunked", hasBody {
            body = try await readChunks()
        } else if status != 101, status != 304, hasBody, let length = headers["content-length"].flatMap({ Int($0) }) {
            try await read("body of an answer") { $0.count >= length }
            body = Array(received.prefix(length))
            received.removeFirst(min(length, received.count))
        }
        return Head(status: status, headers: headers, bytes: body)
    }

    private func readChunks() async throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            var lineEnd = 0
            try await read("size of a chunk") { bytes in
                guard let end = bytes.firstIndex(of: 13), end + 2 <= bytes.count else { return false }
                lineEnd = end
                return true
            }
            guard let size = Int(String(decoding: received.prefix(lineEnd), as: UTF8.self), radix: 16) else {
                throw Gone(description: "no chunk of an answer")
            }
            let (start, end) = (lineEnd + 2, lineEnd + 2 + size)
            try await read("chunk of an answer") { $0.count >= end + 2 }
            guard received.count >= end + 2 else { throw Gone(description: "an answer that ends in a chunk") }
            body += received[start..<end]
            received.removeFirst(end + 2)
            if size == 0 { return body }
        }
    }

    // MARK: - Sending

    func send(text: String) async throws { try await send(1, Array(text.utf8)) }

    func send(json: [String: Any]) async throws {
        try await send(1, Array(try JSONSerialization.data(withJSONObject: json)))
    }

    /// Sends messages in one piece.
    func send(texts: [String]) async throws {
        try await write(texts.flatMap { ClientFrame.bytes(opcode: 1, Array($0.utf8)) })
    }

    /// Sends one frame: 0 is a continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong.
    func send(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true, reserved: UInt8 = 0)
        async throws
    {
        try await write(
            ClientFrame.bytes(opcode: opcode, payload, isFinal: isFinal, isMasked: isMasked, reserved: reserved))
    }

    func write(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        try await eventually("room to write") {
            let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) }
            if count < 0, errno != EAGAIN {
                throw Gone(description: "cannot write: \(String(cString: strerror(errno)))")
            }
            return rest.isEmpty
        }
    }

    // MARK: - Reading

    /// The next frame; nil when the connection is over.
    func frame() async throws -> Frame? {
        var size = 0
        var start = 0
        try await read("frame") { bytes in
            guard bytes.count >= 2 else { return false }
            start = 2
            size = Int(bytes[1] & 0x7f)
            if size == 126 {
                guard bytes.count >= 4 else { return false }
                (start, size) = (4, Int(bytes[2]) << 8 | Int(bytes[3]))
            } else if size == 127 {
                guard bytes.count >= 10 else { return false }
                (start, size) = (10, bytes[2..<10].reduce(0) { $0 << 8 | Int($1) })
            }
            return bytes.count >= start + size
        }
        guard received.count >= max(2, start + size) else { return nil }
        let frame = Frame(opcode: received[0] & 0x0f, payload: Array(received[start..<start + size]))
        received.removeFirst(start + size)
        return frame
    }

    /// The next text message of a type; others are passed over.
    func next(_ type: String) async throws -> [String: Any] {
        while let frame = try await frame() {
            if frame.opcode == 8 { throw Gone(description: "closed: \(Self.reading(frame)) instead of \(type)") }
            if frame.opcode == 1, frame.json["type"] as? String == type { return frame.json }
        }
        throw Gone(description: "the connection ended instead of \(type)")
    }

    /// The close frame that ends the connection, nil if it ends without one; and the messages before it.
    func closing() async throws -> (code: UInt16?, reason: String, messages: [[String: Any]]) {
        var messages: [[String: Any]] = []
        while let frame = try await frame() {
            if frame.opcode == 8 {
                let (code, reason) = Self.reading(frame)
                return (code, reason, messages)
            }
            if frame.opcode == 1 { messages.append(frame.json) }
        }
        return (nil, "", messages)
    }

    private static func reading(_ close: Frame) -> (UInt16?, String) {
        guard close.payload.count >= 2 else { return (nil, "") }
        return (
            UInt16(close.payload[0]) << 8 | UInt16(close.payload[1]),
            String(decoding: close.payload.dropFirst(2), as: UTF8.self)
        )
    }

    /// Reads until what has come is enough, or nothing more comes.
    private func read(_ what: String, until isEnough: ([UInt8]) -> Bool) async throws {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        try await eventually(what) {
            while !isEnough(received) {
                let count = Glibc.read(input, &buffer, buffer.count)
                if count > 0 {
                    received += buffer[..<count]
                } else if count < 0, errno == EAGAIN {
                    return false
                } else {
                    hasEnded = true
                    return true
                }
            }
            return true
        }
    }
}
