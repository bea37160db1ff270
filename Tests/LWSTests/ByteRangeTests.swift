import LWS
import Testing

@Suite("Byte range")
struct ByteRangeTests {
    @Test(
        "one range of a thousand bytes",
        arguments: [
            ("bytes=0-499", .part(0..<500)), ("bytes=500-999", .part(500..<1000)), ("bytes=-500", .part(500..<1000)),
            ("bytes=9-", .part(9..<1000)), ("bytes=0-0", .part(0..<1)), ("bytes=-1", .part(999..<1000)),
            ("bytes=999-", .part(999..<1000)), ("bytes=0-5000", .part(0..<1000)), ("bytes=-5000", .part(0..<1000)),
            ("Bytes=1-2", .part(1..<3)), ("bytes= 1-2 ", .part(1..<3)), ("bytes=00001-2", .part(1..<3)),
            ("bytes=0-99999999999999999999999", .part(0..<1000)), ("bytes=-99999999999999999999", .part(0..<1000)),
            ("bytes=0-9223372036854775807", .part(0..<1000)),
        ] as [(String, ByteRange)])
    func part(field: String, range: ByteRange) {
        #expect(ByteRange(range: field, count: 1000) == range)
    }

    @Test(
        "ranges that lie behind the end",
        arguments: ["bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=99999999999999999999-", "bytes=5000-6000"])
    func unsatisfiable(field: String) {
        #expect(ByteRange(range: field, count: 1000) == .unsatisfiable)
    }

    @Test(
        "what cannot be read, is another unit's, or is several, is as no range",
        arguments: [
            nil, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1", "bytes=5-4", "bytes=1-2,4-5", "bytes=0-,-1",
            "bytes=--1", "bytes=1--2", "bytes=+1-2", "bytes=0x1-2", "bytes=1 - 2", "items=0-5", "bytes =0-5", "0-5",
            "bytes=1.5-2", "bytes=１-2", "bytes=99999999999999999999-1",
        ])
    func whole(field: String?) {
        #expect(ByteRange(range: field, count: 1000) == .whole)
    }

    @Test("nothing is a part of nothing")
    func empty() {
        for field in ["bytes=0-", "bytes=0-0", "bytes=-1"] {
            #expect(ByteRange(range: field, count: 0) == .unsatisfiable)
        }
        #expect(ByteRange(range: nil, count: 0) == .whole)
    }

    @Test(
        "If-Range lets a range count only for the very same bytes",
        arguments: [
            ("\"x\"", "\"x\"", true), (" \"x\" ", "\"x\"", true), ("\"y\"", "\"x\"", false),
            ("W/\"x\"", "\"x\"", false),
            ("\"x\"", "W/\"x\"", false), ("W/\"x\"", "W/\"x\"", false), ("\"x\"", nil, false), ("x", "\"x\"", false),
            ("Sat, 29 Oct 1994 19:43:31 GMT", "\"x\"", false), ("", "\"x\"", false), ("\"x\", \"y\"", "\"x\"", false),
        ])
    func ifRange(field: String, etag: String?, counts: Bool) {
        let range = ByteRange(range: "bytes=0-9", ifRange: field, etag: etag.flatMap { EntityTag($0) }, count: 1000)
        #expect(range == (counts ? .part(0..<10) : .whole))
    }

    @Test("an answer says which bytes it has")
    func contentRange() {
        #expect(ByteRange(range: "bytes=-500", count: 1234).contentRange(of: 1234) == "bytes 734-1233/1234")
        #expect(ByteRange.unsatisfiable.contentRange(of: 1234) == "bytes */1234")
        #expect(ByteRange.whole.contentRange(of: 1234) == nil)
    }
}
