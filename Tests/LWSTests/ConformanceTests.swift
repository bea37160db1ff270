import Foundation
import TestKit
import Testing

@testable import LWS

/// Sends every message back as it came, in order, however slowly it is read.
final class Echo: WebSocketHandler {
    func didOpen(_ socket: WebSocket) {}
    func didReceive(text: UnsafeRawBufferPointer, from socket: WebSocket) {
        socket.enqueue(OutgoingMessage(String(decoding: text, as: UTF8.self)))
    }
    func didReceive(binary: UnsafeRawBufferPointer, from socket: WebSocket) {
        socket.enqueue(OutgoingMessage(binary: binary))
    }
    func didBecomeWritable(_ socket: WebSocket) {}
    func didClose(_ socket: WebSocket, code: UInt16?, reason: String) {}

    /// `/echo`, for text and binary messages of up to 32 MiB.
    static let endpoint = WebSocketEndpoint(
        path: "/echo", subprotocol: "echo.v1", maxMessageBytes: 32 << 20, takesBinary: true,
        backlog: BacklogLimits(bytes: 256 << 20)
    ) { _ in Echo() }
}

/// RFC 6455 on a real socket against an echo, by the groups of Autobahn's suite, which `.ci/autobahn` runs where there is
/// a Python for it (``AutobahnTests``).
@Suite("WebSocket conformance", .timeLimit(.minutes(5))) struct ConformanceTests {
    /// What a server has sent.
    enum Answer: Equatable {
        case text([UInt8]), binary([UInt8]), ping([UInt8]), pong([UInt8])
        case close(UInt16?)
        /// Something that no frame of a server is.
        case nonsense
    }

    private static func frame(_ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true) -> [UInt8] {
        RawClient.frame(opcode: opcode, payload, isFinal: isFinal)
    }

    /// Takes a server's frames apart, independently of the reader that is tested.
    private static func answers(_ bytes: [UInt8]) -> [Answer] {
        var answers: [Answer] = []
        var rest = bytes[...]
        while rest.count >= 2 {
            let (first, second) = (rest[rest.startIndex], Int(rest[rest.startIndex + 1]))
            let extra = second == 126 ? 2 : second == 127 ? 8 : 0
            guard second < 128, rest.count >= 2 + extra else { return answers + [.nonsense] }
            let length = extra == 0 ? second : rest.dropFirst(2).prefix(extra).reduce(0) { $0 << 8 | Int($1) }
            let payload = Array(rest.dropFirst(2 + extra).prefix(length))
            guard payload.count == length else { return answers + [.nonsense] }
            rest = rest.dropFirst(2 + extra + length)
            switch first {
            case 0x81: answers.append(.text(payload))
            case 0x82: answers.append(.binary(payload))
            case 0x89: answers.append(.ping(payload))
            case 0x8a: answers.append(.pong(payload))
            case 0x88: answers.append(.close(payload.count < 2 ? nil : UInt16(payload[0]) << 8 | UInt16(payload[1])))
            default: answers.append(.nonsense)
            }
        }
        return rest.isEmpty ? answers : answers + [.nonsense]
    }

    /// Sends pieces, each by itself, and returns what comes until the server ends the connection.
    private static func exchange(_ pieces: [[UInt8]], port: Int) async throws -> [Answer] {
        try await blocking {
            let raw = try RawClient(port: port)
            raw.send(RawClient.handshake())
            guard raw.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 ") else { return [.nonsense] }
            for piece in pieces { raw.send(piece) }
            return answers(raw.receiveAll())
        }
    }

    /// The end of a conversation in which all was well.
    private static let farewell = frame(8, [3, 0xe8])
    private static let end = Answer.close(1000)

    /// Has the exchanges of a group one after the other with one server.
    private func check(_ exchanges: [(sent: [[UInt8]], expected: [Answer])]) async throws {
        try await withServer(endpoints: [Echo.endpoint]) { _, port, _ in
            for (sent, expected) in exchanges {
                let answers = try await Self.exchange(sent, port: port)
                #expect(answers == expected, "\(sent.joined().prefix(40).map { String($0, radix: 16) })")
            }
        }
    }

    private static func octets(_ bytes: [UInt8]) -> [[UInt8]] { bytes.map { [$0] } }
    private static func pieces(_ bytes: [UInt8], of size: Int) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min(bytes.count, $0 + size)]) }
    }

    // MARK: - 1: Framing

    @Test("1: messages of any size come back as what they were, in one piece or many")
    func framing() async throws {
        var exchanges: [(sent: [[UInt8]], expected: [Answer])] = []
        for count in [0, 1, 125, 126, 127, 128, 65_535, 65_536] {
            let payload = Array(repeating: 0x2a as UInt8, count: count)
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            exchanges.append(([Self.frame(1, payload) + Self.farewell], [.text(payload), Self.end]))
            exchanges.append(([Self.frame(2, bytes) + Self.farewell], [.binary(bytes), Self.end]))
            let piece = count > 1000 ? 997 : 1
            exchanges.append(
                (Self.pieces(Self.frame(2, bytes) + Self.farewell, of: piece), [.binary(bytes), Self.end]))
        }
        try await check(exchanges)
    }

    // MARK: - 2: Pings and pongs

    @Test("2: each ping is answered with what it holds, and no pong is")
    func pings() async throws {
        let full = (0..<125).map { UInt8($0) | 0x80 }
        let ten = (0..<10).map { Self.frame(9, [UInt8($0)]) }
        try await check([
            ([Self.frame(9), Self.farewell], [.pong([]), Self.end]),
            ([Self.frame(9, Array("hello".utf8)), Self.farewell], [.pong(Array("hello".utf8)), Self.end]),
            ([Self.frame(9, full), Self.farewell], [.pong(full), Self.end]),
            (Self.octets(Self.frame(9, full)) + [Self.farewell], [.pong(full), Self.end]),
            ([Self.frame(9, Array(repeating: 0xfe, count: 126))], [.close(1002)]),
            ([Self.frame(10), Self.farewell], [Self.end]),
            ([Self.frame(10, [1, 2]), Self.frame(9, [3]), Self.farewell], [.pong([3]), Self.end]),
            (ten + [Self.farewell], (0..<10).map { .pong([UInt8($0)]) } + [Self.end]),
            (Self.octets(ten.flatMap { $0 }) + [Self.farewell], (0..<10).map { .pong([UInt8($0)]) } + [Self.end]),
        ])
    }

    // MARK: - 3 and 4: Reserved bits and opcodes

    @Test(
        "3: reserved bits are a fault in every frame, and what came before is answered",
        arguments: 1...7 as ClosedRange<UInt8>)
    func reservedBits(bits: UInt8) async throws {
        let text = Self.frame(1, [0x61])
        try await check(
            ([1, 2, 8, 9, 10] as [UInt8]).flatMap { opcode -> [(sent: [[UInt8]], expected: [Answer])] in
                var bad = Self.frame(opcode, opcode == 8 ? [3, 0xe8] : [0x62])
                bad[0] |= bits << 4
                return [
                    ([bad], [.close(1002)]), ([text + bad + text], [.text([0x61]), .close(1002)]),
                    (Self.octets(text + bad), [.text([0x61]), .close(1002)]),
                ]
            })
    }

    @Test(
        "4: opcodes that mean nothing are a fault, whatever they hold",
        arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8])
    func reservedOpcodes(opcode: UInt8) async throws {
        let text = Self.frame(1, [0x61])
        try await check([
            ([Self.frame(opcode)], [.close(1002)]),
            ([text, Self.frame(opcode, Array("payload".utf8)), Self.frame(9)], [.text([0x61]), .close(1002)]),
            (Self.octets(text + Self.frame(opcode, [1])), [.text([0x61]), .close(1002)]),
        ])
    }

    // MARK: - 5: Fragments

    @Test(
        "5: fragments make a message in whatever pieces they come, with control frames between them",
        arguments: [1, 2] as [UInt8])
    func fragments(opcode: UInt8) async throws {
        let (one, two) = (Array("fragment1".utf8), Array("fragment2".utf8))
        let whole: Answer = opcode == 1 ? .text(one + two) : .binary(one + two)
        let first = Self.frame(opcode, one, isFinal: false)
        let last = Self.frame(0, two)
        let many = (0..<5).map { Self.frame($0 == 0 ? opcode : 0, [0x61 + UInt8($0)], isFinal: $0 == 4) }
        let letters = Array("abcde".utf8)
        try await check([
            ([first + last + Self.farewell], [whole, Self.end]),
            ([first, last, Self.farewell], [whole, Self.end]),
            (Self.octets(first + last + Self.farewell), [whole, Self.end]),
            ([first, Self.frame(9, [7]), last, Self.farewell], [.pong([7]), whole, Self.end]),
            ([first + Self.frame(10) + Self.frame(9, [7]) + last + Self.farewell], [.pong([7]), whole, Self.end]),
            (Self.octets(first + Self.frame(9, [7]) + last + Self.farewell), [.pong([7]), whole, Self.end]),
            (many + [Self.farewell], [opcode == 1 ? .text(letters) : .binary(letters), Self.end]),
            // Of nothing.
            (
                [
                    Self.frame(opcode, [], isFinal: false), Self.frame(0, [], isFinal: false), Self.frame(0),
                    Self.farewell,
                ],
                [opcode == 1 ? .text([]) : .binary([]), Self.end]
            ),
            // Control frames have no fragments.
            ([Self.frame(9, [1], isFinal: false), Self.frame(0, [2])], [.close(1002)]),
            ([Self.frame(10, [1], isFinal: false), Self.frame(0, [2])], [.close(1002)]),
            ([Self.frame(8, [3, 0xe8], isFinal: false)], [.close(1002)]),
            // There is nothing to go on with, or a new message where the old one goes on.
            ([Self.frame(0, one)], [.close(1002)]), ([Self.frame(0, one, isFinal: false)], [.close(1002)]),
            ([first + last + Self.frame(0, one)], [whole, .close(1002)]),
            ([first, Self.frame(opcode, two)], [.close(1002)]), ([first, Self.frame(3 - opcode, two)], [.close(1002)]),
            (Self.octets(first + Self.frame(opcode, two)), [.close(1002)]),
        ])
    }

    // MARK: - 6: UTF-8

    @Test("6: text that is UTF-8 comes back, cut in the middle of its characters too")
    func validText() async throws {
        let texts: [[UInt8]] = [
            Array("Hello-µ@ßöäüàá-UTF-8!!".utf8), Array("κόσμε".utf8), Array("再见 👟🏃‍♀️".utf8), [0x00], [0x7f],
            // First and last of each length, around the surrogates, and what is no character but can be written.
            [0xc2, 0x80], [0xdf, 0xbf], [0xe0, 0xa0, 0x80], [0xef, 0xbf, 0xbf], [0xf0, 0x90, 0x80, 0x80],
            [0xf4, 0x8f, 0xbf, 0xbf], [0xed, 0x9f, 0xbf], [0xee, 0x80, 0x80], [0xef, 0xbf, 0xbd], [0xef, 0xbf, 0xbe],
            [0xf0, 0x9f, 0xbf, 0xbe], [0xf3, 0xaf, 0xbf, 0xbf],
        ]
        try await check(
            texts.flatMap { text -> [(sent: [[UInt8]], expected: [Answer])] in
                let each = text.enumerated().map { index, byte in
                    Self.frame(index == 0 ? 1 : 0, [byte], isFinal: index == text.count - 1)
                }
                return [
                    ([Self.frame(1, text), Self.farewell], [.text(text), Self.end]),
                    (each + [Self.farewell], [.text(text), Self.end]),
                    (Self.octets(Self.frame(1, text) + Self.farewell), [.text(text), Self.end]),
                ]
            })
    }

    @Test("6: text that is none is a fault as soon as it cannot become any, and binary messages may hold it")
    func invalidText() async throws {
        let texts: [[UInt8]] = [
            // Continuations alone, and beginnings without them.
            [0x80], [0xbf], [0x80, 0xbf, 0x80], [0xc0], [0xc3, 0x20], [0xe1, 0x80, 0x20], [0xf0, 0x90, 0x80, 0x20],
            [0xfe], [0xff], [0xfe, 0xfe, 0xff, 0xff],
            // Longer than they need to be.
            [0xc0, 0xaf], [0xe0, 0x80, 0xaf], [0xf0, 0x80, 0x80, 0xaf], [0xf8, 0x80, 0x80, 0x80, 0xaf],
            [0xfc, 0x80, 0x80, 0x80, 0x80, 0xaf], [0xc1, 0xbf], [0xe0, 0x9f, 0xbf], [0xf0, 0x8f, 0xbf, 0xbf],
            [0xc0, 0x80], [0xe0, 0x80, 0x80], [0xf0, 0x80, 0x80, 0x80],
            // Surrogates, alone and in pairs, and beyond the last character.
            [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf], [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80], [0xf4, 0x90, 0x80, 0x80],
            [0xf5, 0x80, 0x80, 0x80], [0xf7, 0xbf, 0xbf, 0xbf], [0xfb, 0xbf, 0xbf, 0xbf, 0xbf],
        ]
        var exchanges: [(sent: [[UInt8]], expected: [Answer])] = []
        for text in texts {
            let around = Array("κόσμε".utf8) + text + Array("edited".utf8)
            exchanges.append(([Self.frame(1, text)], [.close(1007)]))
            exchanges.append(([Self.frame(1, around)], [.close(1007)]))
            exchanges.append((Self.octets(Self.frame(1, around)), [.close(1007)]))
            exchanges.append(([Self.frame(1, around, isFinal: false)], [.close(1007)]))
            exchanges.append(([Self.frame(2, around), Self.farewell], [.binary(around), Self.end]))
        }
        // Characters that do not end with the message.
        for text in [[0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x91]] as [[UInt8]] {
            exchanges.append(([Self.frame(1, text)], [.close(1007)]))
            exchanges.append(([Self.frame(1, text, isFinal: false), Self.frame(0)], [.close(1007)]))
        }
        try await check(exchanges)
    }

    // MARK: - 7: Closing

    @Test("7: after a close frame nothing is read, and it is answered with its code")
    func closing() async throws {
        let text = Self.frame(1, [0x61])
        let reason = Array(repeating: 0x2a as UInt8, count: 123)
        try await check([
            ([text, Self.farewell], [.text([0x61]), Self.end]), ([Self.farewell + Self.farewell], [Self.end]),
            ([Self.farewell + Self.frame(9)], [Self.end]), ([Self.farewell + text], [Self.end]),
            ([Self.frame(1, [0x61], isFinal: false) + Self.farewell + Self.frame(0, [0x62])], [Self.end]),
            (
                [Self.frame(1, Array(repeating: 0x61, count: 262_144)) + Self.farewell + Self.frame(9)],
                [.text(Array(repeating: 0x61, count: 262_144)), Self.end]
            ),
            ([Self.frame(8)], [.close(nil)]), ([Self.frame(8, [3])], [.close(1002)]),
            ([Self.frame(8, [3, 0xe8] + Array("Hello World!".utf8))], [Self.end]),
            ([Self.frame(8, [3, 0xe8] + reason)], [Self.end]),
            ([Self.frame(8, [3, 0xe8] + reason + [0x2a])], [.close(1002)]),
            ([Self.frame(8, [3, 0xe8, 0xce, 0xba, 0xed, 0xa0, 0x80])], [.close(1007)]),
            (Self.octets(Self.frame(8, [3, 0xe8] + Array("bye".utf8))), [Self.end]),
        ])
    }

    @Test("7: a code that may be sent comes back, and one that may not is a fault")
    func closeCodes() async throws {
        let good: [UInt16] = [
            1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
        ]
        let bad: [UInt16] = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]
        try await check(
            good.map { code in ([Self.frame(8, [UInt8(code >> 8), UInt8(code & 0xff)])], [.close(code)]) }
                + bad.map { code in ([Self.frame(8, [UInt8(code >> 8), UInt8(code & 0xff)])], [.close(1002)]) })
    }

    // MARK: - 9 and 10: Large and many

    @Test("9: large messages come back, in one frame, in fragments of any size, and in pieces of any size")
    func largeMessages() async throws {
        let count = 1 << 20
        let text = Array(String(repeating: "BAsd7&jh23", count: count / 10).utf8)
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        func fragments(_ opcode: UInt8, _ payload: [UInt8], of size: Int) -> [UInt8] {
            let parts = Self.pieces(payload, of: size)
            return parts.indices.flatMap {
                Self.frame($0 == 0 ? opcode : 0, parts[$0], isFinal: $0 == parts.count - 1)
            }
        }
        var exchanges: [(sent: [[UInt8]], expected: [Answer])] = [
            ([Self.frame(1, text) + Self.farewell], [.text(text), Self.end]),
            ([Self.frame(2, bytes) + Self.farewell], [.binary(bytes), Self.end]),
        ]
        for size in [64, 4096, 65_536, 262_144] {
            exchanges.append(([fragments(1, text, of: size) + Self.farewell], [.text(text), Self.end]))
            exchanges.append(([fragments(2, bytes, of: size) + Self.farewell], [.binary(bytes), Self.end]))
        }
        for size in [512, 2048, 65_000] {
            exchanges.append((Self.pieces(Self.frame(1, text) + Self.farewell, of: size), [.text(text), Self.end]))
        }
        // Fragments of one byte each, and 10: one large enough to be cut on its way.
        let short = Array(bytes.prefix(20_000))
        exchanges.append(([fragments(2, short, of: 1) + Self.farewell], [.binary(short), Self.end]))
        exchanges.append(
            (
                [fragments(1, Array(text.prefix(65_536)), of: 1300) + Self.farewell],
                [.text(Array(text.prefix(65_536))), Self.end]
            ))
        try await check(exchanges)
    }

    @Test(
        "9: a thousand messages come back in order",
        arguments: [(1, 0), (1, 125), (1, 4096), (2, 126), (2, 16_384)] as [(UInt8, Int)])
    func manyMessages(opcode: UInt8, count: Int) async throws {
        let payloads = (0..<1000).map { Array("\($0) ".utf8) + Array(repeating: 0x2a as UInt8, count: count) }
        try await withServer(endpoints: [Echo.endpoint]) { _, port, _ in
            let answers = try await blocking {
                let raw = try RawClient(port: port)
                raw.send(RawClient.handshake())
                #expect(raw.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101 "))
                var received: [UInt8] = []
                // Ten at a time, so that both sides' buffers hold what is on its way.
                for batch in Self.pieces(Array(repeating: 0, count: 1000), of: 10).indices {
                    let sent = payloads[batch * 10..<batch * 10 + 10]
                    raw.send(sent.flatMap { Self.frame(opcode, $0) })
                    let expected = sent.reduce(0) { $0 + $1.count + ($1.count < 126 ? 2 : 4) }
                    received += raw.receive(count: expected)
                }
                raw.send(Self.farewell)
                return Self.answers(received + raw.receiveAll())
            }
            #expect(answers == payloads.map { opcode == 1 ? .text($0) : .binary($0) } + [Self.end])
        }
    }
}
