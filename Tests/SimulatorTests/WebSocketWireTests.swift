import Testing

@testable import Simulator

@Suite("The client's side of WebSocket") struct WebSocketWireTests {
    func handshake(_ text: String) -> WebSocketWire.Handshake {
        Array(text.utf8).withUnsafeBytes(WebSocketWire.handshake)
    }

    @Test("an answer is accepted when it proves that it read the request")
    func handshakes() {
        let accepted = WebSocketWire.acceptance
        #expect(accepted.withUnsafeBytes(WebSocketWire.handshake) == .accepted(length: accepted.count))
        #expect(accepted.dropLast().withUnsafeBytes(WebSocketWire.handshake) == .incomplete)
        #expect(handshake("HTTP/1.1 503 Full\r\nRetry-After: 5\r\n\r\n") == .refused(status: 503))
        #expect(handshake("HTTP/1.1 101 Yes\r\nSec-WebSocket-Accept: x\r\n\r\n") == .nonsense)
        #expect(handshake("SSH-2.0-OpenSSH\r\n\r\n") == .nonsense)
        #expect(handshake(String(repeating: "x", count: 20_000)) == .nonsense)
    }

    @Test("what is written masked is the text again", arguments: [0, 1, 3, 125, 126, 127, 4097, 65_535, 65_536])
    func masking(count: Int) {
        let text = (0..<count).map { UInt8($0 & 0x7f) }
        var bytes: [UInt8] = []
        WebSocketWire.append(text, opcode: .text, key: 0x0102_0304, to: &bytes)
        guard case .header(let header) = bytes.withUnsafeBytes({ WebSocketWire.header($0, at: 0) }) else {
            return #expect(Bool(false))
        }
        #expect(header.isMasked && header.isFinal && header.opcode == .text)
        #expect(header.length == count && header.end == bytes.count)
        let plain = bytes[header.start...].enumerated().map { $1 ^ UInt8($0 % 4 + 1) }
        #expect(plain == text)
    }

    @Test("a header in pieces is waited for, and nonsense is told")
    func headers() {
        var bytes: [UInt8] = []
        WebSocketWire.appendText(Array(repeating: 0x61, count: 300), to: &bytes)
        for count in 0..<4 {
            #expect(bytes.prefix(count).withUnsafeBytes { WebSocketWire.header($0, at: 0) } == .incomplete)
        }
        for nonsense: [UInt8] in [[0xf1, 0], [0x83, 0], [0x81, 127, 0xff, 0, 0, 0, 0, 0, 0, 0]] {
            #expect(nonsense.withUnsafeBytes { WebSocketWire.header($0, at: 0) } == .nonsense)
        }
    }

    @Test("a close frame has a code and a reason, or neither")
    func closing() {
        let (code, reason) = ([0x03, 0xe9, 0x35] as [UInt8]).withUnsafeBytes(WebSocketWire.closing)
        #expect(code == 1001 && reason == "5")
        #expect(([] as [UInt8]).withUnsafeBytes(WebSocketWire.closing).code == nil)
    }
}

@Suite("Answers of HTTP") struct HTTPAnswerTests {
    func parse(_ text: String) -> (status: Int, body: String, closes: Bool)? {
        guard case .answer(let answer, let closes) = HTTPAnswerParser.parse(Array(text.utf8)) else { return nil }
        return (answer.status, String(decoding: answer.body, as: UTF8.self), closes)
    }

    @Test("end after their length, or after their last chunk")
    func bodies() {
        let plain = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        #expect(parse(plain)! == (200, "hello", false))
        #expect(parse(String(plain.dropLast())) == nil)
        let chunked =
            "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
        #expect(parse(chunked)! == (201, "hello", true))
        #expect(parse(String(chunked.dropLast(10))) == nil)
        #expect(parse("HTTP/1.1 204 No Content\r\n\r\n")! == (204, "", false))
    }

    @Test("that are none are told from those that are not complete")
    func nonsense() {
        guard case .nonsense = HTTPAnswerParser.parse(Array("220 smtp ready\r\n".utf8)) else {
            return #expect(Bool(false))
        }
        guard case .incomplete = HTTPAnswerParser.parse(Array("HTTP/1.1 200".utf8)) else {
            return #expect(Bool(false))
        }
    }
}
