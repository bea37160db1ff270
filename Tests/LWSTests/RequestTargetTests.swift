import LWS
import Testing

@Suite("Request target")
struct RequestTargetTests {
    @Test(
        "paths are decoded segment by segment",
        arguments: [
            ("/", []), ("/a", ["a"]), ("/a/", ["a"]), ("/a/b", ["a", "b"]), ("/a//b", ["a", "", "b"]),
            ("//", [""]), ("/a%2Fb/c", ["a/b", "c"]), ("/a%2fb", ["a/b"]), ("/%E5%8A%A0%E6%B2%B9", ["加油"]),
            ("/加油", ["加油"]), ("/a+b", ["a+b"]), ("/a%20b", ["a b"]), ("/%25%32%65", ["%2e"]), ("/%3F%23", ["?#"]),
            ("/...", ["..."]), ("/.a/a.", [".a", "a."]), ("/a?b/../c", ["a"]), ("/a;b=c", ["a;b=c"]),
        ])
    func paths(target: String, path: [String]) throws {
        #expect(try RequestTarget(target).path == path)
    }

    @Test(
        "queries are decoded field by field",
        arguments: [
            ("/", []), ("/?", []), ("/?a=1", ["a:1"]), ("/?a=1&b=2&a=3", ["a:1", "b:2", "a:3"]), ("/?a", ["a:"]),
            ("/?a=", ["a:"]), ("/?=a", [":a"]), ("/?&&a=1&", ["a:1"]), ("/?a=b=c", ["a:b=c"]),
            ("/?a=b+c%2Bd", ["a:b c+d"]),
            ("/?a=%26%3D", ["a:&="]), ("/?a=?/", ["a:?/"]), ("/?n=%E5%8A%A0", ["n:加"]), ("/?a=..", ["a:.."]),
            ("/?a=1%0D%0A%092", ["a:1\r\n\t2"]),
        ])
    func queries(target: String, fields: [String]) throws {
        #expect(try RequestTarget(target).query.map { "\($0.name):\($0.value)" } == fields)
    }

    @Test(
        "nonsense is refused",
        arguments: [
            ("", .notOriginForm), ("a", .notOriginForm), ("*", .notOriginForm), ("?a=1", .notOriginForm),
            ("http://a/b", .notOriginForm), ("\\a", .notOriginForm),
            ("/%", .badPercentEncoding), ("/%2", .badPercentEncoding), ("/%zz", .badPercentEncoding),
            ("/%2/5", .badPercentEncoding), ("/a?b=%", .badPercentEncoding), ("/a?%4=b", .badPercentEncoding),
            ("/%+1", .badPercentEncoding), ("/a?b=%4&1", .badPercentEncoding), ("/%２５", .badPercentEncoding),
            ("/%ff", .invalidUTF8), ("/%C0%AF", .invalidUTF8), ("/%E5%8A", .invalidUTF8), ("/%ED%A0%80", .invalidUTF8),
            ("/%F4%90%80%80", .invalidUTF8), ("/?a=%80", .invalidUTF8),
            ("/%00", .invalidCharacter), ("/a%0Ab", .invalidCharacter), ("/a%7F", .invalidCharacter),
            ("/a\u{0}b", .invalidCharacter), ("/a\tb", .invalidCharacter), ("/a b", .invalidCharacter),
            ("/?a=%00", .invalidCharacter), ("/?a=\n", .invalidCharacter), ("/?a=b\u{1}", .invalidCharacter),
            ("/%C2%85", .invalidCharacter),
            ("/a#b", .invalidCharacter),
            ("/.", .dotSegment), ("/..", .dotSegment), ("/a/../b", .dotSegment), ("/%2e%2E/etc", .dotSegment),
            ("/a/.%2e", .dotSegment), ("/./a", .dotSegment), ("/a/%2E/", .dotSegment),
        ] as [(String, RequestTargetError)])
    func nonsense(target: String, error: RequestTargetError) {
        #expect(throws: error) { try RequestTarget(target) }
    }

    @Test("forms are read like queries")
    func forms() throws {
        let fields = try RequestTarget.form("text=a%0D%0Ab%09c&user=ana+b&empty".utf8)
        #expect(fields.map(\.name) == ["text", "user", "empty"])
        #expect(fields.map(\.value) == ["a\r\nb\tc", "ana b", ""])
        #expect(try RequestTarget.form([]).isEmpty)
        #expect(throws: RequestTargetError.invalidCharacter) { try RequestTarget.form("a=%00".utf8) }
        #expect(throws: RequestTargetError.invalidCharacter) { try RequestTarget.form("a=b\nc".utf8) }
        #expect(throws: RequestTargetError.badPercentEncoding) { try RequestTarget.form("a=%4".utf8) }
        #expect(throws: RequestTargetError.invalidUTF8) { try RequestTarget.form([0x61, 0x3d, 0xff]) }
    }
}
