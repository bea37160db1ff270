import TestKit
import Testing

@testable import LWS

@Suite("WebSocket frames, taken apart") struct FrameReaderTests {
    /// An event with bytes of its own.
    enum Event: Equatable {
        case text([UInt8]), binary([UInt8]), ping([UInt8]), pong([UInt8])
        case close(UInt16, String), fragment, fault(UInt16)

        init(_ event: FrameReader.Event) {
            switch event {
            case .text(let bytes): self = .text(Array(bytes))
            case .binary(let bytes): self = .binary(Array(bytes))
            case .ping(let bytes): self = .ping(Array(bytes))
            case .pong(let bytes): self = .pong(Array(bytes))
            case .close(let code, let reason): self = .close(code, reason)
            case .fragment: self = .fragment
            case .fault(let code, _): self = .fault(code)
            }
        }
    }

    /// What a server's reader makes of bytes that come in pieces.
    private func events(
        _ pieces: [[UInt8]], side: FrameReader.Side = .server, maxMessageBytes: Int = 1 << 20, takesBinary: Bool = true
    ) -> [Event] {
        var reader = FrameReader(side: side, maxMessageBytes: maxMessageBytes, takesBinary: takesBinary)
        var events: [Event] = []
        for var piece in pieces {
            piece.withUnsafeMutableBytes { bytes in
                reader.read(bytes) {
                    events.append(Event($0))
                    return true
                }
            }
        }
        return events
    }

    private static func frame(_ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
        RawClient.frame(opcode: opcode, payload, isFinal: isFinal)
    }

    /// Cuts bytes at random places, some pieces empty.
    private static func cut(_ bytes: [UInt8], using generator: inout some RandomNumberGenerator) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(
                in: 0...min(rest.count, Int.random(in: 1...40, using: &generator)), using: &generator)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }

    @Test("however the bytes are cut, the same events come out, and those are what was sent")
    func ignoresCuts() {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = SplitMix(seed: seed)
        for _ in 0..<200 {
            var bytes: [UInt8] = []
            var sent: [Event] = []
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let length = [0, 1, 7, 8, 9, 124, 125, 126, 127, 300, 70_000].randomElement(using: &generator)!
                let text = Array(String(repeating: "aé你😀", count: length / 10 + 1).utf8.prefix(length))
                // A cut character is no text; whole ones are.
                let whole =
                    String(validating: text, as: UTF8.self) != nil ? text : Array(repeating: 0x61, count: length)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0:
                    bytes += Self.frame(1, whole)
                    sent.append(.text(whole))
                case 1:
                    bytes += Self.frame(2, text)
                    sent.append(.binary(text))
                case 2:
                    let payload = Array(text.prefix(125))
                    bytes += Self.frame(9, payload) + Self.frame(10, payload)
                    sent += [.ping(payload), .pong(payload)]
                default:
                    // In three pieces, with a ping between them.
                    let (first, second) = (whole.count / 3, whole.count / 2)
                    bytes += Self.frame(1, Array(whole[..<first]), isFinal: false) + Self.frame(9, [1])
                    bytes += Self.frame(0, Array(whole[first..<second]), isFinal: false)
                    bytes += Self.frame(0, Array(whole[second...]))
                    sent += [.fragment, .ping([1]), .fragment, .text(whole)]
                }
            }
            #expect(events([bytes]) == sent)
            #expect(events(Self.cut(bytes, using: &generator)) == sent)
        }
    }

    @Test(
        "what the standard forbids is a fault with its close code, and nothing is read after it",
        arguments: [
            ([0x81, 0x01, 0x61], 1002), ([0xc1, 0x80, 0, 0, 0, 0], 1002), ([0x91, 0x80, 0, 0, 0, 0], 1002),
            ([0xa1, 0x80, 0, 0, 0, 0], 1002), ([0x83, 0x80, 0, 0, 0, 0], 1002), ([0x8b, 0x80, 0, 0, 0, 0], 1002),
            ([0x09, 0x80, 0, 0, 0, 0], 1002), ([0x89, 0xfe, 0, 126, 0, 0, 0, 0], 1002),
            ([0x80, 0x80, 0, 0, 0, 0], 1002), ([0x81, 0xfe, 0, 125, 0, 0, 0, 0], 1002),
            ([0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0], 1002),
            ([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1002),
            ([0x81, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0], 1009),
            (frame(8, [3]), 1002), (frame(8, [3, 0xe8, 0xff]), 1007), (frame(1, [0xc0, 0xaf]), 1007),
            (frame(1, [0x61], isFinal: false) + frame(1, [0x62]), 1002),
            (frame(1, [0xe4, 0xbd], isFinal: false) + frame(0, [0x61]), 1007),
            (frame(1, [0xe4], isFinal: false) + frame(0, [0xbd]), 1007),
        ] as [([UInt8], UInt16)])
    func finds(bytes: [UInt8], code: UInt16) {
        let seen = events([bytes + Self.frame(1, [0x61])])
        #expect(seen.last == .fault(code))
        #expect(seen.dropLast().allSatisfy { $0 == .fragment })
        #expect(events(bytes.map { [$0] }).last == .fault(code))
    }

    @Test("text that can become none any more is a fault before its message is complete")
    func failsEarly() {
        #expect(events([Self.frame(1, [0x61, 0xed, 0xa0], isFinal: false)]) == [.fault(1007)])
        let long = Self.frame(1, [0xff] + Array(repeating: 0x61, count: 100))
        #expect(events([Array(long.prefix(8))]) == [.fault(1007)])
    }

    @Test("close codes are those that may be sent")
    func judgesCloseCodes() {
        // Not an argument each: five thousand of them are half a megabyte of log.
        for code in 0...5100 as ClosedRange<UInt16> {
            let isGood = (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code)
            let seen = events([Self.frame(8, [UInt8(code >> 8), UInt8(code & 0xff)] + Array("bye".utf8))])
            #expect(seen == [isGood ? .close(code, "bye") : .fault(1002)], "\(code)")
        }
    }

    @Test("an empty close frame says nothing, and what follows it is not read")
    func takesEmptyClose() {
        #expect(events([Self.frame(8, []) + Self.frame(1, [0x61])]) == [.close(1005, "")])
    }

    @Test("binary is refused by its header where text alone is taken")
    func refusesBinary() {
        #expect(events([Array(Self.frame(2, [1, 2, 3]).prefix(2))], takesBinary: false) == [.fault(1003)])
    }

    @Test("a message is as large as it may be, and no byte larger, in one frame or many")
    func boundsMessages() {
        #expect(events([Self.frame(1, Array(repeating: 0x61, count: 1000))], maxMessageBytes: 1000).count == 1)
        #expect(events([Self.frame(1, Array(repeating: 0x61, count: 1001))], maxMessageBytes: 1000) == [.fault(1009)])
        let half = Array(repeating: 0x61 as UInt8, count: 500)
        let two = Self.frame(1, half, isFinal: false) + Self.frame(0, half, isFinal: false)
        #expect(events([two + Self.frame(0, [])], maxMessageBytes: 1000).last == .text(half + half))
        #expect(events([two + Self.frame(0, [0x61])], maxMessageBytes: 1000).last == .fault(1009))
    }

    @Test("a client's frames are made so that a server reads them, and a server's so that a client does")
    func readsOwnFrames() {
        for count in [0, 1, 125, 126, 65_535, 65_536] {
            let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 % 128) }
            let masked = payload.withUnsafeBytes { OutgoingFrame.bytes(.binary, $0, masked: true) }
            let plain = payload.withUnsafeBytes { OutgoingFrame.bytes(.binary, $0, masked: false) }
            #expect(events([masked]) == [.binary(payload)])
            #expect(events([plain], side: .client) == [.binary(payload)])
            #expect(events([masked], side: .client) == [.fault(1002)])
        }
        #expect(events([OutgoingFrame.close(nil, "", masked: true)]) == [.close(1005, "")])
        #expect(events([OutgoingFrame.close(4001, "再见", masked: true)]) == [.close(4001, "再见")])
    }

    @Test("UTF-8 is judged piece by piece as it is at once")
    func judgesText() {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var generator = SplitMix(seed: seed)
        let starts: [UInt8] = [
            0x41, 0x7f, 0x80, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xa0, 0x90, 0x8f,
        ]
        for _ in 0..<Seeds.count(of: 50_000) {
            let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                starts.randomElement(using: &generator)!
            }
            var progress = UTF8Progress()
            var isGood = true
            for piece in Self.cut(bytes, using: &generator) where isGood {
                isGood = piece.withUnsafeBytes { progress.accept($0) }
            }
            #expect((isGood && progress.isAtBoundary) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }
}
