import HTTPTypes
import Testing

@testable import LWS

@Suite("Response writer", .timeLimit(.minutes(1))) struct ResponseWriterTests {
    typealias Response = LWS.HTTPResponse

    /// A request, as it is read.
    static func request(_ text: String = "GET / HTTP/1.1\r\nHost: a\r\n\r\n") throws -> ParsedHead {
        var reader = RequestReader(RequestHeadParser(maxTargetBytes: 1000, maxHeaderBytes: 1000))
        let bytes = Array(text.utf8)
        guard case .head(let head)? = try bytes.withUnsafeBytes({ try reader.next(in: $0) }).event else {
            throw RequestFault.failed
        }
        return head
    }

    static func get(_ headers: String, method: String = "GET", version: String = "1.1") -> String {
        "\(method) / HTTP/\(version)\r\nHost: a\r\n\(headers)\r\n"
    }

    /// An answer with a date that stands still.
    static func response(
        _ status: HTTPTypes.HTTPResponse.Status = .ok, _ body: Response.Body, _ headers: HTTPFields = [:]
    ) -> Response {
        var response = Response(status: status, headers: headers, body: body)
        response.headers[.date] = "now"
        return response
    }

    static func make(
        _ response: Response, fileSize: Int = 0, to request: ParsedHead?, keepsAlive: Bool = true
    ) -> ResponseWriter {
        var heads = ResponseHeadWriter()
        return ResponseWriter(
            response, fileSize: fileSize, to: request, keepsAlive: keepsAlive,
            refusal: { Self.response($0, .bytes(Array("refused".utf8))) }, headWriter: &heads)
    }

    /// Everything an answer is, of a file that has the letters a to z over and over, and of a stream of pieces.
    ///
    /// - Returns: The bytes, and how they end.
    static func all(
        _ response: Response, fileSize: Int = 0, to request: ParsedHead?, keepsAlive: Bool = true,
        pieces: [Result<[UInt8]?, any Error>] = []
    ) -> (text: String, end: String, keepsAlive: Bool) {
        var writer = make(response, fileSize: fileSize, to: request, keepsAlive: keepsAlive)
        var pieces = pieces[...]
        var bytes: [UInt8] = []
        // More steps than any answer here has.
        for _ in 0..<1000 {
            switch writer.next() {
            case .write(let piece): bytes += piece
            case .read(let range):
                if case .wait = writer.next() {} else { return ("asks again before it was told", "", false) }
                writer.took(read: range.map { UInt8(97 + $0 % 26) })
            case .pull:
                #expect(writer.isWaiting)
                writer.took(pulled: pieces.popFirst() ?? .success(nil))
            case .wait: return (String(decoding: bytes, as: UTF8.self), "waits", writer.keepsAlive)
            case .end: return (String(decoding: bytes, as: UTF8.self), "end", writer.keepsAlive)
            case .broken: return (String(decoding: bytes, as: UTF8.self), "broken", writer.keepsAlive)
            }
        }
        return ("", "endless", false)
    }

    @Test("an answer of bytes has their count; HEAD has the count alone; 204 and 304 have neither")
    func writesBytes() throws {
        let body = Response.Body.bytes(Array("hello".utf8))
        let whole = Self.all(Self.response(.ok, body, [.contentType: "x/y"]), to: try Self.request())
        #expect(whole.text == "HTTP/1.1 200 OK\r\nContent-Type: x/y\r\nDate: now\r\nContent-Length: 5\r\n\r\nhello")
        #expect(whole.end == "end" && whole.keepsAlive)
        let head = Self.all(Self.response(.ok, body), to: try Self.request(Self.get("", method: "HEAD")))
        #expect(head.text == "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 5\r\n\r\n" && head.end == "end")
        let none = Self.all(Self.response(.ok, .none), to: try Self.request())
        #expect(none.text == "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 0\r\n\r\n")
        for (status, line) in [
            (HTTPTypes.HTTPResponse.Status.noContent, "204 No Content"), (.notModified, "304 Not Modified"),
        ] {
            let answer = Self.all(Self.response(status, body), to: try Self.request())
            #expect(answer.text == "HTTP/1.1 \(line)\r\nDate: now\r\n\r\n" && answer.end == "end")
        }
    }

    @Test("a short body goes with its head in one piece, a long one in pieces of 64 KiB behind it")
    func cutsPieces() throws {
        func pieces(_ count: Int) throws -> [Int] {
            var writer = Self.make(
                Self.response(.ok, .bytes(Array(repeating: 1, count: count))), to: try Self.request())
            var sizes: [Int] = []
            while case .write(let bytes) = writer.next() { sizes.append(bytes.count) }
            return sizes
        }
        let head = "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 65536\r\n\r\n".utf8.count
        #expect(try pieces(65_536) == [head + 65_536])
        #expect(try pieces(65_537) == [head, 65_536, 1])
        #expect(try pieces(200_000) == [head + 1, 65_536, 65_536, 65_536, 3392])
    }

    @Test(
        "the connection stays if both sides want it, and the answer says so where the version does not",
        arguments: [
            ("1.1", "", true, "", true), ("1.1", "Connection: close\r\n", true, "Connection: close\r\n", false),
            ("1.1", "", false, "Connection: close\r\n", false),
            ("1.0", "", true, "Connection: close\r\n", false),
            ("1.0", "Connection: keep-alive\r\n", true, "Connection: keep-alive\r\n", true),
            ("1.0", "Connection: keep-alive\r\n", false, "Connection: close\r\n", false),
        ])
    func keepsAlive(version: String, headers: String, server: Bool, line: String, stays: Bool) throws {
        let request = try Self.request(Self.get(headers, version: version))
        let answer = Self.all(Self.response(.ok, .none), to: request, keepsAlive: server)
        #expect(answer.text == "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 0\r\n\(line)\r\n")
        #expect(answer.keepsAlive == stays)
    }

    @Test("what could not be read is answered, and the connection ends")
    func answersNobody() {
        let answer = Self.all(Self.response(.badRequest, .none), to: nil)
        #expect(
            answer.text == "HTTP/1.1 400 Bad Request\r\nDate: now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        #expect(!answer.keepsAlive)
    }

    @Test(
        "of a file goes what the request asks for",
        arguments: [
            ("", "200 OK", "Accept-Ranges: bytes\r\nContent-Length: 10\r\n", "abcdefghij"),
            (
                "Range: bytes=2-4\r\n", "206 Partial Content",
                "Accept-Ranges: bytes\r\nContent-Range: bytes 2-4/10\r\nContent-Length: 3\r\n", "cde"
            ),
            (
                "Range: bytes=-3\r\n", "206 Partial Content",
                "Accept-Ranges: bytes\r\nContent-Range: bytes 7-9/10\r\nContent-Length: 3\r\n", "hij"
            ),
            ("If-None-Match: \"v\"\r\n", "304 Not Modified", "Accept-Ranges: bytes\r\n", ""),
        ])
    func sendsFiles(headers: String, status: String, fields: String, body: String) throws {
        let file = Self.response(.ok, .file(path: "/x", etag: "v"))
        let answer = Self.all(file, fileSize: 10, to: try Self.request(Self.get(headers)))
        #expect(answer.text == "HTTP/1.1 \(status)\r\nDate: now\r\nETag: \"v\"\r\n\(fields)\r\n\(body)")
        #expect(answer.end == "end" && answer.keepsAlive)
    }

    @Test("a range that is not there is refused in the server's words; HEAD reads nothing; an empty file is empty")
    func sendsNothingOfFiles() throws {
        let file = Self.response(.ok, .file(path: "/x", etag: "v"))
        let beyond = Self.all(file, fileSize: 10, to: try Self.request(Self.get("Range: bytes=10-\r\n")))
        #expect(
            beyond.text == "HTTP/1.1 416 Range Not Satisfiable\r\nDate: now\r\nETag: \"v\"\r\n"
                + "Accept-Ranges: bytes\r\nContent-Range: bytes */10\r\nContent-Length: 7\r\n\r\nrefused")
        let head = Self.all(file, fileSize: 10, to: try Self.request(Self.get("", method: "HEAD")))
        #expect(head.text.hasSuffix("Content-Length: 10\r\n\r\n") && head.end == "end")
        let empty = Self.all(file, fileSize: 0, to: try Self.request())
        #expect(empty.text.hasSuffix("Content-Length: 0\r\n\r\n") && empty.end == "end")
    }

    @Test(
        "a file is read in pieces of 64 KiB, one at a time; one that has shrunk, or cannot be read, breaks the answer")
    func readsFiles() throws {
        let file = Self.response(.ok, .file(path: "/x", etag: "v"))
        func steps(_ give: (Range<Int>) -> [UInt8]?) throws -> (ranges: [Range<Int>], end: String) {
            var writer = Self.make(file, fileSize: 150_000, to: try Self.request())
            var ranges: [Range<Int>] = []
            for _ in 0..<100 {
                switch writer.next() {
                case .read(let range):
                    #expect(writer.isWaiting)
                    ranges.append(range)
                    writer.took(read: give(range))
                case .write: #expect(!writer.isWaiting)
                case .end: return (ranges, "end")
                case .broken: return (ranges, "broken")
                case .pull, .wait: return (ranges, "?")
                }
            }
            return (ranges, "endless")
        }
        let whole = try steps { Array(repeating: 1, count: $0.count) }
        #expect(whole.ranges == [0..<65_536, 65_536..<131_072, 131_072..<150_000] && whole.end == "end")
        // Less at once is no fault, and what is missing is asked for.
        let short = try steps { Array(repeating: 1, count: min(60_000, $0.count)) }
        #expect(short.ranges == [0..<65_536, 60_000..<125_536, 120_000..<150_000] && short.end == "end")
        let shrunk = try steps { $0.lowerBound == 0 ? Array(repeating: 1, count: $0.count) : [] }
        #expect(shrunk.ranges.count == 2 && shrunk.end == "broken")
        #expect(try steps { _ in nil }.end == "broken")
    }

    @Test("a stream goes in chunks, to HTTP/1.0 until the end; empty pieces are none, and a failure is not the end")
    func streams() throws {
        struct Failure: Error {}
        let stream = Self.response(.ok, .stream { nil })
        let pieces: [Result<[UInt8]?, any Error>] = [
            .success(Array("hello".utf8)), .success([]), .success(Array(repeating: 120, count: 17)), .success(nil),
        ]
        let chunked = Self.all(stream, to: try Self.request(), pieces: pieces)
        #expect(
            chunked.text == "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5\r\nhello\r\n11\r\nxxxxxxxxxxxxxxxxx\r\n0\r\n\r\n")
        #expect(chunked.end == "end" && chunked.keepsAlive)
        let old = Self.all(
            stream, to: try Self.request(Self.get("Connection: keep-alive\r\n", version: "1.0")), pieces: pieces)
        #expect(old.text == "HTTP/1.1 200 OK\r\nDate: now\r\nConnection: close\r\n\r\nhelloxxxxxxxxxxxxxxxxx")
        #expect(old.end == "end" && !old.keepsAlive)
        let failed = Self.all(stream, to: try Self.request(), pieces: [pieces[0], .failure(Failure())])
        #expect(failed.text.hasSuffix("\r\n\r\n5\r\nhello\r\n") && failed.end == "broken")
        let head = Self.all(stream, to: try Self.request(Self.get("", method: "HEAD")), pieces: pieces)
        #expect(head.text == "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n" && head.end == "end")
        let nothing = Self.all(Self.response(.noContent, .stream { nil }), to: try Self.request(), pieces: pieces)
        #expect(nothing.text == "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n" && nothing.end == "end")
    }
}
