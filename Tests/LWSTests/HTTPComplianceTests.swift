import Foundation
import HTTPTypes
import TestKit
import Testing

@testable import LWS

/// Requests that servers and what stands before them have read in different ways, and what RFC 9110 and 9112 ask for.
///
/// Behind each request that is to be answered comes another, to the letter: were the end of the first found elsewhere, the
/// second would not be answered as itself. Behind one that is to be refused nothing may be answered at all.
@Suite("HTTP compliance", .timeLimit(.minutes(5))) struct HTTPComplianceTests {
    enum Outcome: Sendable {
        /// Each request is answered with 200, and by these texts in turn: method, path, `[body]`, host.
        case answered([String])
        /// One answer with this status, and the connection ends.
        case refused(Int)
        /// The request is not whole: 408 when its time is over.
        case waits
    }

    struct Probe: Sendable, CustomTestStringConvertible {
        let name: String
        /// A byte for each of its scalars.
        let request: String
        let outcome: Outcome

        init(_ name: String, _ request: String, _ outcome: Outcome) {
            (self.name, self.request, self.outcome) = (name, request, outcome)
        }

        var testDescription: String { name }
        var bytes: [UInt8] { request.unicodeScalars.map { UInt8($0.value) } }
    }

    /// Answers with what has been understood.
    static let mirror = TestResponder(handler: { request in
        let head = request.head
        guard case .bytes(let body) = request.body else { return HTTPServerTests.text("no bytes") }
        return HTTPServerTests.text(
            "\(head.method) /\(head.path.joined(separator: "/")) [\(String(decoding: body, as: UTF8.self))] "
                + (head.headers[HTTPField.Name("Host")!] ?? "-") + "\n")
    })

    /// A request of HTTP/1.1 with a Host, whose lines end as they should.
    static func get(_ target: String = "/", _ fields: String...) -> String {
        (["GET \(target) HTTP/1.1", "Host: a"] + fields).map { "\($0)\r\n" }.joined() + "\r\n"
    }

    static func post(_ fields: String..., body: String = "") -> String {
        (["POST / HTTP/1.1", "Host: a"] + fields).map { "\($0)\r\n" }.joined() + "\r\n" + body
    }

    static func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked", body: body) }

    private static let coding = "Transfer-Encoding: chunked"
    private static let plain = Outcome.answered(["GET / [] a"])
    private static let hello = Outcome.answered(["POST / [hello] a"])
    private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

    // MARK: - Request lines and targets

    static let requestLines: [Probe] = [
        .init("the plainest request", get(), plain),
        .init("two requests in one piece", get("/a") + get("/b"), .answered(["GET /a [] a", "GET /b [] a"])),
        .init("two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        .init("two blanks before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        .init("a blank at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .refused(400)),
        .init("a blank at the beginning", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        .init("tabs for blanks", "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        .init("a blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        .init("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        .init("nothing but blanks", "   \r\n\r\n", .refused(400)),
        .init("HTTP/0.9", "GET /\r\n", .refused(400)),
        .init("HTTP/9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", .refused(505)),
        .init("HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", .refused(505)),
        .init("HTTP/0.9 by name", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", .refused(505)),
        .init("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .refused(505)),
        .init("HTTP/1.2, which is 1.1 to us", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", plain),
        .init("no minor version", "GET / HTTP/1\r\nHost: a\r\n\r\n", .refused(400)),
        .init("a minor version of two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", .refused(400)),
        .init("zeros before the version", "GET / HTTP/01.01\r\nHost: a\r\n\r\n", .refused(400)),
        .init("a blank in the version", "GET / HTTP/ 1.1\r\nHost: a\r\n\r\n", .refused(400)),
        .init("a version in small letters", "GET / http/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        .init("a comma in the version", "GET / HTTP/1,1\r\nHost: a\r\n\r\n", .refused(400)),
        .init("another protocol", "GET / ICY/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        .init("a method in small letters, another one", "get / HTTP/1.1\r\nHost: a\r\n\r\n", .answered(["get / [] a"])),
        .init("an unknown method", "FOOBAR / HTTP/1.1\r\nHost: a\r\n\r\n", .answered(["FOOBAR / [] a"])),
        .init("a method that is no token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        .init("a method beyond ASCII", "G\u{c3}\u{8b}T / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(400)),
        .init(
            "an endless method", String(repeating: "A", count: 100_000) + " / HTTP/1.1\r\nHost: a\r\n\r\n",
            .refused(501)),
        .init("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", .refused(501)),
        .init("CONNECT to a path", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", .refused(501)),
        .init("TRACE goes to who answers", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", .answered(["TRACE / [] a"])),
        .init("a star with GET", get("*"), .refused(400)),
        .init("a star with OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", .answered(["OPTIONS / [] a"])),
        .init("an authority for a target", get("a:80"), .refused(400)),
        .init("a path without its slash", get("index"), .refused(400)),
        .init("a fragment", get("/a#b"), .refused(400)),
        .init("NUL in the target", get("/\u{0}a"), .refused(400)),
        .init("DEL in the target", get("/\u{7f}"), .refused(400)),
        .init("NUL in the target, encoded", get("/a%00.html"), .refused(400)),
        .init("a line end in the target, encoded", get("/a%0d%0aX-Injected:%20true"), .refused(400)),
        .init("too long a form of a slash", get("/\u{c0}\u{af}"), .refused(400)),
        .init("too long a form of a slash, encoded", get("/%c0%af"), .refused(400)),
        .init("a target that is not UTF-8", get("/\u{ff}\u{fe}"), .refused(400)),
        .init("a target in UTF-8, not encoded", get("/\u{c3}\u{a9}"), .answered(["GET /\u{c3}\u{a9} [] a"])),
        .init("a backslash, a character of its segment", get("/a\\b"), .answered(["GET /a\\b [] a"])),
        .init("a mark on the first slash", get("/\u{cc}\u{81}a"), .answered(["GET /\u{cc}\u{81}a [] a"])),
        .init("dot segments", get("/a/../b"), .refused(400)),
        .init("dot segments, encoded", get("/%2e%2e/b"), .refused(400)),
        .init("half a percent sign", get("/%4"), .refused(400)),
        .init(
            "a target of 8,000 bytes", get("/" + String(repeating: "a", count: 8000)),
            .answered(["GET /\(String(repeating: "a", count: 8000)) [] a"])),
        .init("a target of 100,000 bytes", get("/" + String(repeating: "a", count: 100_000)), .refused(414)),
        .init("an endless target", "GET /" + String(repeating: "a", count: 100_000), .refused(414)),
        .init("rubbish", "\u{0}\u{1}\u{2}\u{ff}\u{fe}rubbish", .refused(400)),
        .init("a greeting of TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{fc}\u{3}\u{3}", .refused(400)),
        .init("a greeting of SSH", "SSH-2.0-OpenSSH_9.2\r\n", .refused(400)),
        .init("nothing but the beginning", "GET / HT", .waits),
        .init("fields without an end", "GET / HTTP/1.1\r\nHost: a\r\nX-A: b", .waits),
        .init("everything but the last byte", "GET / HTTP/1.1\r\nHost: a\r\n\r", .waits),
    ]

    static let absoluteForms: [Probe] = [
        .init("an address", get("http://a/b"), .answered(["GET /b [] a"])),
        .init("the host of the address wins", get("http://other.example/b"), .answered(["GET /b [] other.example"])),
        .init("with its port", get("http://other.example:81/b"), .answered(["GET /b [] other.example:81"])),
        .init("a scheme in capitals", get("HTTP://other.example/"), .answered(["GET / [] other.example"])),
        .init(
            "https, as through a proxy that ends TLS", get("https://other.example/"),
            .answered(["GET / [] other.example"])),
        .init("no path", get("http://other.example"), .answered(["GET / [] other.example"])),
        .init("a query without a path", get("http://x?/healthz"), .answered(["GET / [] x"])),
        .init("no host", get("http:///healthz"), .refused(400)),
        .init("no host but a port", get("http://:80/healthz"), .refused(400)),
        .init("nothing", get("http://"), .refused(400)),
        .init("a user in the address", get("http://user@other.example/"), .refused(400)),
        .init("a fragment in the address", get("http://x#/healthz"), .refused(400)),
        .init("a host that is none", get("http://a|b/"), .refused(400)),
        .init("another scheme", get("ftp://a/b"), .refused(400)),
        .init("a scheme with a look-alike", get("http\u{cc}\u{81}://a/b"), .refused(400)),
        .init("an address without a Host beside it", "GET http://a/ HTTP/1.1\r\n\r\n", .refused(400)),
        .init("an address beside a Host that is none", "GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n", .refused(400)),
        .init(
            "an address in HTTP/1.0", "GET http://x/p HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            .answered(["GET /p [] x"])),
        .init("dot segments in an address", get("http://a/../b"), .refused(400)),
    ]

    // MARK: - Host

    static let hosts: [Probe] =
        [
            ("a name", "example.org"), ("a port", "example.org:8080"), ("a port left out", "example.org:"),
            ("an address", "127.0.0.1:80"), ("an address of IPv6", "[::1]:80"), ("IPv6 with IPv4", "[::ffff:1.2.3.4]"),
            ("an address of the future", "[v1.a:b]"), ("an underscore", "run_room"), ("encoded", "a%20b"),
            ("a dot at the end", "example.org."), ("sub-delimiters", "a!$&'()*+;=b"),
        ].map { .init("Host with \($0)", "GET / HTTP/1.1\r\nHost: \($1)\r\n\r\n", .answered(["GET / [] \($1)"])) }
        + [
            ("nothing", ""), ("blanks alone", "   "), ("a blank", "a b"), ("a user", "u@h"), ("a path", "h/p"),
            ("a query", "h?q"), ("a fragment", "h#f"), ("a tag", "<script>"), ("a backslash", "a\\b"),
            ("two names", "a, b"), ("two names and no blank", "a,b"), ("a port that is none", "a:b"),
            ("a negative port", "a:-1"), ("too high a port", "a:65536"), ("two ports", "a:1:2"), ("no name", ":80"),
            ("half a bracket", "[::1"), ("another half", "::1]"), ("IPv6 without brackets", "::1"),
            ("too much of IPv6", "[1:2:3:4:5:6:7:8:9]"), ("a zone", "[fe80::1%25eth0]"), ("rubbish behind", "[::1]a"),
            ("nothing in brackets", "[]"), ("half an encoding", "a%2"), ("letters beyond ASCII", "\u{c3}\u{a9}"),
            ("a quote", "a\"b"), ("a whole address", "http://a/"),
        ].map { .init("Host with \($0)", "GET / HTTP/1.1\r\nHost: \($1)\r\n\r\n", .refused(400)) }
        + [
            .init("no Host", "GET / HTTP/1.1\r\n\r\n", .refused(400)),
            .init("two Hosts", get("/", "Host: b"), .refused(400)),
            .init("the same Host twice", get("/", "Host: a"), .refused(400)),
            .init("two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", .refused(400)),
            .init("a Host that is none in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", .refused(400)),
            .init("no Host in HTTP/1.0", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", .answered(["GET / [] -"])),
        ]

    // MARK: - Fields and line ends

    static let fields: [Probe] = [
        .init("a blank before the colon", get("/", "X-A : b"), .refused(400)),
        .init("a tab before the colon", get("/", "X-A\t: b"), .refused(400)),
        .init("no name", get("/", ": b"), .refused(400)),
        .init("no colon", get("/", "X-A"), .refused(400)),
        .init("a bracket in a name", get("/", "X[A: b"), .refused(400)),
        .init("a tab in a name", get("/", "Content\tLength: 9"), .refused(400)),
        .init("a letter beyond ASCII in a name", get("/", "X-\u{c3}\u{ab}: b"), .refused(400)),
        .init("NUL in a name", get("/", "X-\u{0}A: b"), .refused(400)),
        .init("a folded line", get("/", "X-A: b", " c"), .refused(400)),
        .init("a line folded with a tab", get("/", "X-A: b", "\tc"), .refused(400)),
        .init("a blank line before the fields", "GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n", .refused(400)),
        .init("a blank before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", .refused(400)),
        .init("NUL in a value", get("/", "X-A: b\u{0}c"), .refused(400)),
        .init("control characters in a value", get("/", "X-A: b\u{7}\u{8}\u{b}c"), .refused(400)),
        .init("DEL in a value", get("/", "X-A: \u{7f}"), .refused(400)),
        .init("a carriage return in a value", get("/", "X-A: b\rc"), .refused(400)),
        .init("bytes beyond ASCII in a value", get("/", "X-A: \u{ff}\u{e9}"), plain),
        .init("no value", get("/", "X-A:"), plain),
        .init("blanks around a value", get("/", "X-A: \t b \t "), plain),
        .init("underscores are another name", post("Content_Length: 99", "Content-Length: 5", body: "hello"), hello),
        .init(
            "underscores are no coding", post("Transfer_Encoding: chunked", "Content-Length: 5", body: "hello"), hello),
        .init("an endless value", get("/", "X-A: " + String(repeating: "b", count: 100_000)), .refused(431)),
        .init("an endless name", get("/", String(repeating: "b", count: 100_000) + ": c"), .refused(431)),
        .init(
            "ten thousand fields",
            "GET / HTTP/1.1\r\nHost: a\r\n" + (0..<10_000).map { "X-\($0): b\r\n" }.joined() + "\r\n", .refused(431)),
        .init(
            "257 short fields", "GET / HTTP/1.1\r\n" + String(repeating: "A:\r\n", count: 257) + "\r\n", .refused(431)),
        .init("a cookie of 64 KiB", get("/", "Cookie: a=" + String(repeating: "b", count: 65_536)), .refused(431)),
        .init("NUL in a cookie", get("/", "Cookie: a=\u{0}"), .refused(400)),
        .init("control characters in a cookie", get("/", "Cookie: a=\u{1}\u{2}\u{3}"), .refused(400)),
        .init("a cookie of signs", get("/", "Cookie: ===;;;"), plain),
        .init("an empty cookie", get("/", "Cookie: "), plain),
        .init("two cookies", get("/", "Cookie: a=1", "Cookie: b=2"), plain),
        .init(
            "two types",
            post("Content-Type: text/plain", "Content-Type: text/html", "Content-Length: 5", body: "hello"),
            hello),
        .init("an Accept that is none", get("/", "Accept: application/x-nonsense"), plain),
        .init("a Range that is none", get("/", "Range: bytes=abc-xyz"), plain),
        .init("a thousand ranges", get("/", "Range: bytes=" + String(repeating: "0-,", count: 1000) + "0-"), plain),
        .init("a Range on POST", post("Range: bytes=0-1", "Content-Length: 5", body: "hello"), hello),
        .init("an Expect that is none", get("/", "Expect: 200-ok"), plain),
        .init("an upgrade to something else", get("/", "Connection: Upgrade", "Upgrade: made-up/1.0"), plain),
        .init(
            "an upgrade by POST",
            post(
                "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Content-Length: 5",
                body: "hello"), hello),
        .init("an upgrade without its Connection", get("/", "Upgrade: websocket", "Sec-WebSocket-Version: 13"), plain),
    ]

    static let lineEnds: [Probe] = [
        .init("a bare line feed after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", .refused(400)),
        .init("a bare line feed after a field", "GET / HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n", .refused(400)),
        .init("a bare line feed at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n", .refused(400)),
        .init("bare line feeds everywhere", "GET / HTTP/1.1\nHost: a\n\n", .refused(400)),
        .init(
            "bare line feeds and a large header",
            "GET / HTTP/1.1\nHost: a\nX: " + String(repeating: "a", count: 25_000) + "\n\n", .refused(400)),
        .init("a bare carriage return after the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n", .refused(400)),
        .init("a bare carriage return after a field", "GET / HTTP/1.1\r\nHost: a\rX-A: b\r\n\r\n", .refused(400)),
        .init("two carriage returns", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", .refused(400)),
        .init("two carriage returns at the end", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", .refused(400)),
        .init("an empty line before a request", "\r\n" + get(), plain),
        .init("two empty lines before a request", "\r\n\r\n" + get(), plain),
        .init(
            "an empty line between requests", get("/a") + "\r\n" + get("/b"),
            .answered(["GET /a [] a", "GET /b [] a"])),
        .init("endless empty lines", String(repeating: "\r\n", count: 100_000) + get(), .refused(400)),
        .init("a bare carriage return before a request", "\r" + get(), .refused(400)),
        .init("a bare line feed before a request", "\n" + get(), .refused(400)),
        .init("an empty line and a half before a request", "\r\n\r" + get(), .refused(400)),
    ]

    // MARK: - Where a body ends

    static let lengths: [Probe] =
        [
            .init("a length", post("Content-Length: 5", body: "hello"), hello),
            .init("a length of nothing", post("Content-Length: 0"), .answered(["POST / [] a"])),
            .init("neither length nor coding", post(), .answered(["POST / [] a"])),
            .init("a body of GET", get("/", "Content-Length: 5") + "hello", .answered(["GET / [hello] a"])),
            .init(
                "a body of GET that is a request", get("/", "Content-Length: \(smuggled.utf8.count)") + smuggled,
                .answered(["GET / [\(smuggled)] a"])),
            .init(
                "half a request in a body of GET", get("/", "Content-Length: 25") + "GET /x HTTP/1.1\r\nHost: a\r",
                .answered(["GET / [GET /x HTTP/1.1\r\nHost: a\r] a"])),
            .init(
                "a body of OPTIONS", "OPTIONS / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
                .answered(["OPTIONS / [hello] a"])),
            .init(
                "a body of TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
                .answered(["TRACE / [hello] a"])),
            .init(
                "a byte behind a body of nothing", post("Content-Length: 0", body: "X"),
                .answered(["POST / [] a", "XGET /after [] a"])),
            .init(
                "a body with leave that nobody waits for",
                post("Expect: 100-continue", "Content-Length: 5", body: "hello"),
                hello),
            .init("zeros before a length", post("Content-Length: 005", body: "hello"), hello),
            .init("zeros alone", post("Content-Length: 00"), .answered(["POST / [] a"])),
            .init(
                "a length is not octal", post("Content-Length: 010", body: "helloworld"),
                .answered(["POST / [helloworld] a"])),
            .init("blanks before a length", post("Content-Length:  5", body: "hello"), hello),
            .init("a tab before a length", post("Content-Length:\t5", body: "hello"), hello),
            .init("a blank behind a length", post("Content-Length: 5 ", body: "hello"), hello),
        ]
        + [
            ("letters", "abc"), ("a plus sign", "+5"), ("a minus sign", "-1"), ("minus zero", "-0"), ("octal", "0o5"),
            ("hexadecimal", "0x5"), ("a blank inside", "1 0"), ("an underscore", "1_0"), ("nothing", ""),
            ("blanks alone", "   "), ("a comma alone", ","), ("two values", "5, 10"), ("one value twice", "5, 5"),
            ("one value three times", "5, 5, 5"), ("a comma behind", "5,"), ("a comma before", ",5"),
            ("a fraction", "5.0"),
            ("an exponent", "5e0"), ("wide digits", "\u{ef}\u{bc}\u{95}"), ("digits of Arabic", "\u{d9}\u{a5}"),
            ("a semicolon", "5;a=b"), ("a quote", "\"5\""),
        ].map { .init("a length of \($0)", post("Content-Length: \($1)", body: "hello"), .refused(400)) }
        + [
            .init("two lengths", post("Content-Length: 5", "Content-Length: 10", body: "helloworld"), .refused(400)),
            .init("one length twice", post("Content-Length: 5", "Content-Length: 5", body: "hello"), .refused(400)),
            .init(
                "two lengths and a request",
                post("Content-Length: 4", "Content-Length: \(4 + smuggled.utf8.count)", body: "PING" + smuggled),
                .refused(400)),
            .init("two lengths, one empty", post("Content-Length: 5", "Content-Length:", body: "hello"), .refused(400)),
            .init("a length beyond all numbers", post("Content-Length: 99999999999999999999"), .refused(413)),
            .init("a length beyond the limit", post("Content-Length: 999999999"), .refused(413)),
            .init(
                "a blank before the colon of a second length",
                post("Content-Length: 11", "Content-Length : 5", body: "hello world"), .refused(400)),
            .init("half a body", post("Content-Length: 10", body: "hello"), .waits),
        ]

    static let codings: [Probe] = [
        .init("chunks", chunked("5\r\nhello\r\n0\r\n\r\n"), hello),
        .init("two chunks", chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), .answered(["POST / [hello world] a"])),
        .init("no chunk", chunked("0\r\n\r\n"), .answered(["POST / [] a"])),
        .init("capitals", post("Transfer-Encoding: ChUnKeD", body: "5\r\nhello\r\n0\r\n\r\n"), hello),
        .init("a name in capitals", post("TRANSFER-ENCODING: chunked", body: "5\r\nhello\r\n0\r\n\r\n"), hello),
        .init("a tab before it", post("Transfer-Encoding:\tchunked", body: "5\r\nhello\r\n0\r\n\r\n"), hello),
        .init("a blank behind it", post("Transfer-Encoding: chunked ", body: "5\r\nhello\r\n0\r\n\r\n"), hello),
        .init(
            "an empty element before it", post("Transfer-Encoding: , chunked", body: "5\r\nhello\r\n0\r\n\r\n"), hello),
        .init(
            "an empty element behind it", post("Transfer-Encoding: chunked,", body: "5\r\nhello\r\n0\r\n\r\n"), hello),
        .init("chunks of GET", get("/", coding) + "5\r\nhello\r\n0\r\n\r\n", .answered(["GET / [hello] a"])),
        .init("another coding first", post("Transfer-Encoding: gzip, chunked", body: "0\r\n\r\n"), .refused(501)),
        .init("another coding alone", post("Transfer-Encoding: gzip"), .refused(400)),
        .init("chunked not last", post("Transfer-Encoding: chunked, gzip", body: "0\r\n\r\n"), .refused(400)),
        .init("chunked twice", post("Transfer-Encoding: chunked, chunked", body: "0\r\n\r\n"), .refused(400)),
        .init("chunked in two fields", post(coding, coding, body: "0\r\n\r\n"), .refused(400)),
        .init(
            "two codings in two fields", post(coding, "Transfer-Encoding: identity", body: "0\r\n\r\n"), .refused(400)),
        .init("identity", post("Transfer-Encoding: identity", "Content-Length: 5", body: "hello"), .refused(400)),
        .init("parameters", post("Transfer-Encoding: chunked;a=b", body: "0\r\n\r\n"), .refused(400)),
        .init("a longer word", post("Transfer-Encoding: xchunked", "Content-Length: 5", body: "hello"), .refused(400)),
        .init("quotes", post("Transfer-Encoding: \"chunked\"", body: "0\r\n\r\n"), .refused(400)),
        .init("nothing", post("Transfer-Encoding:", body: "0\r\n\r\n"), .refused(400)),
        .init(
            "nothing, beside a length", post("Transfer-Encoding: ", "Content-Length: 5", body: "hello"), .refused(400)),
        .init(
            "commas alone, beside a length", post("Transfer-Encoding: ,,", "Content-Length: 5", body: "hello"),
            .refused(400)),
        .init(
            "a look-alike", post("Transfer-Encoding: chun\u{e2}\u{84}\u{aa}ed", body: "5\r\nhello\r\n0\r\n\r\n"),
            .refused(400)),
        .init(
            "a mark on the comma", post("Transfer-Encoding: gzip,\u{cc}\u{81} chunked", body: "0\r\n\r\n"),
            .refused(400)),
        .init(
            "a blank before the colon", post("Transfer-Encoding : chunked", "Content-Length: 5", body: "hello"),
            .refused(400)),
        .init(
            "a vertical tab", post("Transfer-Encoding: \u{b}chunked", "Content-Length: 5", body: "hello"), .refused(400)
        ),
        .init(
            "a form feed", post("Transfer-Encoding: \u{c}chunked", "Content-Length: 5", body: "hello"), .refused(400)),
        .init(
            "NUL behind it", post("Transfer-Encoding: chunked\u{0}", "Content-Length: 5", body: "hello"), .refused(400)),
        .init("a blank that is none", post("Transfer-Encoding: \u{c2}\u{a0}chunked", body: "0\r\n\r\n"), .refused(400)),
        .init(
            "a folded line", post("Transfer-Encoding:", " chunked", "Content-Length: 5", body: "hello"), .refused(400)),
        .init("HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .refused(400)),
        .init("a length beside it", post("Content-Length: 15", coding, body: "5\r\nhello\r\n0\r\n\r\n"), .refused(400)),
        .init("a length behind it", post(coding, "Content-Length: 15", body: "5\r\nhello\r\n0\r\n\r\n"), .refused(400)),
        .init("a shorter length beside it", post("Content-Length: 6", coding, body: "0\r\n\r\nX"), .refused(400)),
        .init("a longer length behind it", post(coding, "Content-Length: 30", body: "0\r\n\r\nX"), .refused(400)),
        .init("a length that is none beside it", post("Content-Length: +5", coding, body: "0\r\n\r\n"), .refused(400)),
        .init("an empty length beside it", post("Content-Length:", coding, body: "0\r\n\r\n"), .refused(400)),
        .init(
            "a length and a request behind the last chunk",
            post("Content-Length: \(5 + smuggled.utf8.count)", coding, body: "0\r\n\r\n" + smuggled), .refused(400)),
        .init(
            "a length, a blank and a request",
            post("Content-Length: \(5 + smuggled.utf8.count)", coding + " ", body: "0\r\n\r\n" + smuggled),
            .refused(400)),
        .init(
            "a length, a comma and a request",
            post(
                "Content-Length: \(5 + smuggled.utf8.count)", "Transfer-Encoding: , chunked",
                body: "0\r\n\r\n" + smuggled), .refused(400)),
        .init(
            "a length, capitals and a request",
            post(
                "Content-Length: \(5 + smuggled.utf8.count)", "Transfer-Encoding: Chunked",
                body: "0\r\n\r\n" + smuggled), .refused(400)),
        .init(
            "a length and a request in a chunk",
            post(
                coding, "Content-Length: 4",
                body: "\(String(smuggled.utf8.count, radix: 16))\r\n\(smuggled)\r\n0\r\n\r\n"),
            .refused(400)),
    ]

    static let chunks: [Probe] =
        [
            .init("a size in capitals", chunked("A\r\nhelloworld\r\n0\r\n\r\n"), .answered(["POST / [helloworld] a"])),
            .init(
                "a size in small letters", chunked("a\r\nhelloworld\r\n0\r\n\r\n"), .answered(["POST / [helloworld] a"])
            ),
            .init("zeros before a size", chunked("0005\r\nhello\r\n000\r\n\r\n"), hello),
            .init("an extension", chunked("5;a=b\r\nhello\r\n0\r\n\r\n"), hello),
            .init("an extension without a value", chunked("5;a\r\nhello\r\n0;b\r\n\r\n"), hello),
            .init("an extension in quotes", chunked("5;a=\"b; \\\"c\"\r\nhello\r\n0\r\n\r\n"), hello),
            .init("two extensions", chunked("5;a=b;c\r\nhello\r\n0\r\n\r\n"), hello),
            .init("blanks in an extension", chunked("5 ; a\t= b ;c\r\nhello\r\n0\r\n\r\n"), hello),
            .init(
                "a chunk that looks like the end", chunked("5\r\n0\r\n\r\n\r\n0\r\n\r\n"),
                .answered(["POST / [0\r\n\r\n] a"])),
            .init("no last chunk", chunked("5\r\nhello\r\n"), .waits),
            .init("no end of the last chunk", chunked("5\r\nhello\r\n0\r\n"), .waits),
        ]
        + [
            ("a semicolon alone", "5;\r\nhello\r\n0\r\n\r\n"),
            ("a bracket in an extension", "5;a[=b\r\nhello\r\n0\r\n\r\n"),
            ("an extension without its value", "5;a=\r\nhello\r\n0\r\n\r\n"),
            ("an extension without its name", "5;=b\r\nhello\r\n0\r\n\r\n"),
            ("a quote without an end", "5;a=\"b\r\nhello\r\n0\r\n\r\n"),
            ("something behind a quote", "5;a=\"b\"c\r\nhello\r\n0\r\n\r\n"),
            ("a control character in quotes", "5;a=\"\u{1}\"\r\nhello\r\n0\r\n\r\n"),
            ("NUL in an extension", "5;\u{0}ext\r\nhello\r\n0\r\n\r\n"),
            ("a carriage return in an extension", "5;a\rX\r\nhello\r\n0\r\n\r\n"),
            ("a line feed in an extension", "5;\nhello\r\n0\r\n\r\n"),
            ("a line feed behind an extension", "5;a\nhello\r\n0\r\n\r\n"),
            ("an extension of 64 KiB", "5;a=\(String(repeating: "b", count: 65_536))\r\nhello\r\n0\r\n\r\n"),
            ("rubbish behind a size", "5 these bytes\r\nhello\r\n0\r\n\r\n"),
            ("NUL behind a size", "5 \u{0}\r\nhello\r\n0\r\n\r\n"),
            ("a blank behind a size", "5 \r\nhello\r\n0\r\n\r\n"),
            ("a blank before a size", " 5\r\nhello\r\n0\r\n\r\n"), ("a prefix of a size", "0x5\r\nhello\r\n0\r\n\r\n"),
            ("a plus sign", "+5\r\nhello\r\n0\r\n\r\n"), ("a minus sign", "-1\r\nhello\r\n0\r\n\r\n"),
            ("plus nothing", "+0\r\n\r\nX"), ("an underscore", "1_0\r\nhello world!!!!!\r\n0\r\n\r\n"),
            ("no size", "\r\nhello\r\n0\r\n\r\n"), ("a size of letters", "xyz\r\nhello\r\n0\r\n\r\n"),
            ("wide digits", "\u{ef}\u{bc}\u{95}\r\nhello\r\n0\r\n\r\n"),
            ("a line feed behind a size", "5\nhello\r\n0\r\n\r\n"),
            ("a carriage return behind a size", "5\rhello\r\n0\r\n\r\n"),
            ("two behind a size", "5\r\r\nhello\r\n0\r\n\r\n"),
            ("no line end behind a chunk", "5\r\nhello0\r\n\r\n"),
            ("more than was announced", "5\r\nhello!!\r\n0\r\n\r\n"),
            ("a line feed behind a chunk", "5\r\nhello\n0\r\n\r\n"),
            ("a carriage return behind a chunk", "5\r\nhello\r0\r\n\r\n"),
            ("a line feed behind the last size", "5\r\nhello\r\n0\n\r\n"),
            ("a line feed at the end", "5\r\nhello\r\n0\r\n\n"),
            ("two carriage returns at the end", "5\r\nhello\r\n0\r\n\r\r\n"),
        ].map { .init("chunks with \($0)", chunked($1), .refused(400)) }
        + [
            .init("a size beyond all numbers", chunked("FFFFFFFFFFFFFFFF0\r\nhello\r\n0\r\n\r\n"), .refused(413)),
            .init(
                "a size beyond the limit", chunked("7FFFFFFF\r\n" + String(repeating: "x", count: 5 << 20)),
                .refused(413)),
        ]

    static let trailers: [Probe] =
        [
            "X-Checksum: abc", "X-A:", "X-A: \u{ff}", "Content-Length: 50", "Transfer-Encoding: chunked",
            "Host: evil.example", "Authorization: Bearer evil", "Content-Type: text/evil", "A: b\r\nC: d",
        ].map { .init("a trailer \($0)", chunked("5\r\nhello\r\n0\r\n\($0)\r\n\r\n"), hello) }
        + [
            ("NUL", "X\u{0}: a"), ("NUL in the value", "X: \u{0}"), ("no colon", "bad line"),
            ("a blank before the colon", "X : a"), ("a blank at the beginning", " X: a"), ("no name", ": a"),
            ("a bare carriage return", "X: a\rb"), ("a bare line feed", "X: a\nY: b"), ("a folded line", "X: a\r\n b"),
            ("a carriage return too many", "X: a\r"),
        ].map { .init("a trailer with \($0)", chunked("5\r\nhello\r\n0\r\n\($1)\r\n\r\n"), .refused(400)) }
        + [
            .init("endless trailers", chunked("0\r\n" + String(repeating: "X-A: b\r\n", count: 10_000)), .refused(431))
        ]

    // MARK: - Tests

    @Test("request lines and targets", arguments: requestLines) func readsRequestLines(probe: Probe) async throws {
        try await check(probe)
    }

    @Test("targets in absolute form", arguments: absoluteForms) func readsAbsoluteForms(probe: Probe) async throws {
        try await check(probe)
    }

    @Test("hosts", arguments: hosts) func readsHosts(probe: Probe) async throws { try await check(probe) }

    @Test("header fields", arguments: fields) func readsFields(probe: Probe) async throws { try await check(probe) }

    @Test("line ends", arguments: lineEnds) func readsLineEnds(probe: Probe) async throws { try await check(probe) }

    @Test("lengths of bodies", arguments: lengths) func readsLengths(probe: Probe) async throws {
        try await check(probe)
    }

    @Test("transfer codings", arguments: codings) func readsCodings(probe: Probe) async throws {
        try await check(probe)
    }

    @Test("chunks", arguments: chunks) func readsChunks(probe: Probe) async throws { try await check(probe) }

    @Test("trailers", arguments: trailers) func readsTrailers(probe: Probe) async throws { try await check(probe) }

    private func check(_ probe: Probe) async throws {
        var requestTimeout = Duration.seconds(60)
        if case .waits = probe.outcome { requestTimeout = .milliseconds(100) }
        let bytes = probe.bytes
        try await withServer(Self.mirror, configure: { $0.requestTimeout = requestTimeout }) {
            (_, port, _) async throws in
            var request = bytes
            if case .answered = probe.outcome {
                request += Array("GET /after HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
            }
            let sent = request
            let received = try await blocking {
                let client = try RawClient(port: port)
                client.send(sent)
                return client.receiveAll()
            }
            // Scalar by scalar, as it was sent.
            let answer = String(String.UnicodeScalarView(received.map { Unicode.Scalar($0) }))
            let statuses = answer.matches(of: /HTTP\/1\.1 (\d{3}) [A-Z]/).compactMap { Int($0.1) }.filter { $0 >= 200 }
            switch probe.outcome {
            case .answered(let texts):
                // What swallows the request behind the probe is all there is.
                let all = texts.last?.contains("/after") == true ? texts : texts + ["GET /after [] a"]
                #expect(statuses == all.map { _ in 200 })
                var rest = answer[...]
                for text in all {
                    let found = rest.range(of: "\r\n\r\n\(text)\n")
                    #expect(found != nil, "\(text) is not in \(rest.prefix(2000))")
                    if let found { rest = rest[found.upperBound...] }
                }
            case .refused(let status):
                #expect(statuses == [status], "\(answer.prefix(1000))")
                #expect(answer.contains("\r\nConnection: close\r\n"))
            case .waits:
                #expect(statuses == [408])
            }
        }
    }
}
