import HTTPTypes
import TestKit
import Testing

@testable import LWS

@Suite("Request reader", .timeLimit(.minutes(5))) struct RequestReaderTests {
    private static func reader() -> RequestReader {
        RequestReader(RequestHeadParser(maxTargetBytes: 65 << 10, maxHeaderBytes: 16 << 10))
    }

    /// What a reader says of bytes that come in pieces: one line for each head, body and end, and for what is wrong.
    static func read(_ pieces: some Sequence<ArraySlice<UInt8>>) -> [String] {
        var reader = reader()
        var pending: [UInt8] = []
        var lines: [String] = []
        var body: [UInt8] = []
        for piece in pieces {
            pending += piece
            do throws(RequestFault) {
                while true {
                    let (taken, event) = try pending.withUnsafeBufferPointer { bytes throws(RequestFault) in
                        try reader.next(in: UnsafeRawBufferPointer(bytes))
                    }
                    switch event {
                    case .head(let head):
                        let fields = head.fields.map { "\($0.name): \($0.value)" }.joined(separator: " | ")
                        lines.append("\(head.method) \(head.target) \(head.framing) \(head.keepsAlive) \(fields)")
                    case .body(let range): body += pending[range]
                    case .end:
                        lines.append("\(body)")
                        body = []
                    case nil: break
                    }
                    pending.removeFirst(taken)
                    if event == nil { break }
                }
            } catch {
                return lines + ["\(body)", "\(error.status.code) \(error.sentence ?? "")"]
            }
        }
        return lines + ["\(body)", reader.isWithinBody ? "in a body" : "in a head"]
    }

    static let corpus: [[UInt8]] =
        [
            HTTPComplianceTests.requestLines, HTTPComplianceTests.absoluteForms, HTTPComplianceTests.hosts,
            HTTPComplianceTests.fields, HTTPComplianceTests.lineEnds, HTTPComplianceTests.lengths,
            HTTPComplianceTests.codings, HTTPComplianceTests.chunks, HTTPComplianceTests.trailers,
        ].joined().map(\.bytes)

    /// Cuts at random places, a few or all of them.
    private static func pieces(
        of bytes: [UInt8], using generator: inout some RandomNumberGenerator
    ) -> [ArraySlice<UInt8>] {
        let longest = [1, 2, 7, 64, max(1, bytes.count)].randomElement(using: &generator) ?? 1
        var pieces: [ArraySlice<UInt8>] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + .random(in: 1...longest, using: &generator))
            pieces.append(bytes[start..<end])
            start = end
        }
        return pieces
    }

    @Test("the pieces in which bytes come make no difference to what is read")
    func readsPieces() {
        var generator = SystemRandomNumberGenerator()
        for bytes in Self.corpus where bytes.count < 50_000 {
            let whole = Self.read([(bytes + Array(HTTPComplianceTests.get("/after").utf8))[...]])
            let seed = UInt64.random(in: .min ... .max, using: &generator)
            var seeded = SplitMix(seed: seed)
            for _ in 0..<3 {
                let pieces = Self.pieces(
                    of: bytes + Array(HTTPComplianceTests.get("/after").utf8), using: &seeded)
                #expect(
                    Self.read(pieces) == whole, "seed \(seed): \(String(decoding: bytes.prefix(500), as: UTF8.self))")
            }
        }
    }

    @Test("whatever is changed in a request, it is read to an end or refused, and alike in any pieces")
    func readsAnything() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SplitMix(seed: seed)
        let short = Self.corpus.filter { $0.count < 1000 }
        let signs = Array("\r\n\t ;:,=\"\\%/?#*.0aF\u{0}\u{7f}".utf8) + [0x80, 0xc3, 0xff]
        for number in 0..<5000 {
            var bytes = (short.randomElement(using: &generator) ?? []) + (short.randomElement(using: &generator) ?? [])
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[place] = signs.randomElement(using: &generator) ?? 0
                case 1: bytes.insert(signs.randomElement(using: &generator) ?? 0, at: place)
                case 2: bytes.remove(at: place)
                default: bytes.removeSubrange(place..<min(bytes.count, place + 8))
                }
            }
            let whole = Self.read([bytes[...]])
            let pieces = Self.pieces(of: bytes, using: &generator)
            #expect(Self.read(pieces) == whole, "seed \(seed), \(number): \(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test("what belongs to no body stays: a reader takes nothing behind the end of a request")
    func takesNoMore() throws {
        var reader = Self.reader()
        let bytes = Array("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiGET".utf8)
        let first = try bytes.withUnsafeBytes { try reader.next(in: $0) }
        #expect(first.taken == bytes.count - 5 && reader.isWithinBody)
        let second = try bytes.suffix(5).withUnsafeBytes { try reader.next(in: $0) }
        #expect(second.taken == 2)
        let third = try bytes.suffix(3).withUnsafeBytes { try reader.next(in: $0) }
        guard case .end = third.event else {
            Issue.record("\(third)")
            return
        }
        #expect(third.taken == 0 && !reader.isWithinBody)
    }

    @Test("extensions of chunks may be as long as the body in all, and 16 KiB more")
    func boundsExtensions() {
        func outcome(extensions: Int, of length: Int, data: Int) -> String {
            let chunk = "1;\(String(repeating: "e", count: length))\r\nx\r\n"
            let request =
                HTTPComplianceTests.chunked("\(String(data, radix: 16))\r\n\(String(repeating: "d", count: data))\r\n")
                + String(repeating: chunk, count: extensions) + "0\r\n\r\n"
            return Self.read([Array(request.utf8)[...]]).last ?? ""
        }
        #expect(outcome(extensions: 1, of: 1022, data: 1) == "in a head")
        #expect(outcome(extensions: 1, of: 1023, data: 1) == "400 The extensions of the chunks are too long")
        #expect(outcome(extensions: 16, of: 1020, data: 1) == "in a head")
        #expect(outcome(extensions: 17, of: 1020, data: 1) == "400 The extensions of the chunks are too long")
        // As with signatures: a hundred bytes on each chunk of a large body.
        #expect(outcome(extensions: 1000, of: 100, data: 100_000) == "in a head")
    }

    @Test("what HTTP/1.0 does not know is not heeded in it")
    func readsOldVersion() {
        for (version, expects) in [("HTTP/1.0", false), ("HTTP/1.1", true)] {
            var reader = Self.reader()
            let request = Array(
                "POST / \(version)\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n".utf8)
            let read = try? request.withUnsafeBytes { try reader.next(in: $0) }
            guard case .head(let head) = read?.event else {
                Issue.record("no head of \(version)")
                continue
            }
            #expect(head.expectsContinue == expects)
        }
    }

    @Test("words of HTTP are compared octet by octet")
    func comparesOctets() {
        #expect(HTTPToken("ChunKed".utf8) == "chunked")
        #expect(HTTPToken("chun\u{212A}ed".utf8) != "chunked")
        #expect(HTTPToken.list(Array("a ,\t,B\u{301}, ".utf8)) == [HTTPToken("a".utf8), HTTPToken("b\u{301}".utf8)])
        #expect(" \t\u{301} x\t".trimmingBlanks == "\u{301} x")
        #expect("/a?\u{301}b".pathOnly == "/a")
        #expect("K\u{212A}".asciiLowercased.unicodeScalars.elementsEqual("k\u{212A}".unicodeScalars))
    }
}
