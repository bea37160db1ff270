import Foundation
import TestKit
import Testing

@testable import Live

@Suite("JSON scanner")
struct JSONScannerTests {
    private func type(_ text: String) throws(WireError) -> String {
        let result = Array(text.utf8).withUnsafeBytes { bytes in
            Result { () throws(WireError) in try JSONScanner.messageType(of: bytes) }
        }
        return try result.get()
    }

    @Test(
        "the type of a message is found wherever it stands",
        arguments: [
            (#"{"type":"join"}"#, "join"), (#"  { "a" : [ 1 , 2 ] , "type" : "ping" } "#, "ping"),
            (#"{"x":{"type":"no","markers":[],"markers":1},"type":"yes"}"#, "yes"), (#"{"type":""}"#, ""),
            (#"{"\u0074ype":"join"}"#, "join"), (#"{"type":"a\"\\\/\b\f\n\r\tz"}"#, "a\"\\/\u{8}\u{c}\n\r\tz"),
            (#"{"type":"\u52a0\ud83c\udfc3加🏃"}"#, "加🏃加🏃"), (#"{"type":"\u0000"}"#, "\0"),
            (#"{"a":1,"a":2,"type":"x"}"#, "x"), (#"{"":null,"type":"x"}"#, "x"),
            ("\r\n\t{\"type\":\"x\"\r\n}\t", "x"),
        ])
    func types(text: String, expected: String) throws {
        #expect(try type(text) == expected)
    }

    @Test(
        "JSON of every kind is skipped",
        arguments: [
            "0", "-0", "1", "-1.5", "1e5", "1E+5", "1e-5", "0.0e0", "123456789012345678901234567890", "1e999", "true",
            "false",
            "null", "\"\"", "\"\\u00e9\"", "[]", "[ ]", "{}", "{ }", "[1,[2,[3]],{\"a\":[{}]}]", "\"\u{7f}\"",
            "\"\u{10ffff}\"",
        ])
    func valid(value: String) throws {
        #expect(try type(#"{"v":\#(value),"type":"x"}"#) == "x")
        #expect(try type(#"{"type":"x","v":[\#(value),\#(value)]}"#) == "x")
    }

    @Test(
        "what is no JSON is refused, also behind the type",
        arguments: [
            "", "01", "00", "-", "+1", ".5", "1.", "1.e5", "1e", "1e+", "-a", "0x10", "1_000", "NaN", "nan", "Infinity",
            "-Infinity", "True", "tru", "truer", "nul", "undefined", "'a'", "\"a", "\"\\\"", "\"\\x41\"", "\"\\u12\"",
            "\"\\u12g4\"", "\"\\u+123\"", "\"\t\"", "\"\n\"", "\"\u{0}\"", "\"\\ud800\"", "\"\\udc00\"",
            "\"\\ud800\\u0041\"",
            "\"\\ud800\\ud800\"", "\"\\ud800x\"", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "]", "{", "{\"a\"",
            "{\"a\":", "{\"a\":1",
            "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "}", "1}", "/**/1", "1//",
            "\u{a0}1",
            "\u{feff}1", "\"\\u１２３４\"", "\u{c}1", "\u{b}1",
        ])
    func invalid(value: String) {
        for text in [#"{"type":"x","v":\#(value)}"#, #"{"v":\#(value),"type":"x"}"#] {
            #expect(performing: { try type(text) }, throws: { ($0 as? WireError)?.code == "bad_json" })
        }
    }

    @Test(
        "one object, and nothing behind it",
        arguments: [
            ("", "bad_json"), (" ", "bad_json"), ("x", "bad_json"), ("{", "bad_json"), ("\0", "bad_json"),
            (#"{"type":"x"}}"#, "bad_json"), (#"{"type":"x"}{}"#, "bad_json"), (#"{"type":"x"},"#, "bad_json"),
            ("{\"type\":\"x\"}\0", "bad_json"), ("\u{feff}{\"type\":\"x\"}", "bad_json"), ("[] x", "bad_json"),
            ("[]", "bad_message"), ("1", "bad_message"), ("null", "bad_message"), (#""type""#, "bad_message"),
        ])
    func outermost(text: String, code: String) {
        #expect(performing: { try type(text) }, throws: { ($0 as? WireError)?.code == code })
    }

    @Test(
        "a message has one string type and at most one list of markers",
        arguments: [
            ("{}", "`type` is missing."), (#"{"Type":"x"}"#, "`type` is missing."),
            (#"{"type":1}"#, "`type` is not a string."),
            (#"{"type":null}"#, "`type` is not a string."), (#"{"type":{"type":"x"}}"#, "`type` is not a string."),
            (#"{"type":"x","type":"x"}"#, "`type` is there twice."),
            (#"{"type":"x","\u0074ype":1}"#, "`type` is there twice."),
            (#"{"markers":[],"type":"x","markers":1}"#, "`markers` is there twice."),
        ])
    func ambiguous(text: String, message: String) {
        #expect(throws: WireError(code: "bad_message", message: message)) { try type(text) }
    }

    @Test("nesting ends at 32", arguments: [("[", "]"), ("{\"a\":", "}")])
    func depth(open: String, close: String) throws {
        func nested(_ depth: Int) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        #expect(try type(#"{"v":\#(nested(31)),"type":"x"}"#) == "x")
        for depth in [32, 33, 20_000] {
            #expect(
                performing: { try type(#"{"v":\#(nested(depth)),"type":"x"}"#) },
                throws: { ($0 as? WireError)?.code == "bad_json" })
            #expect(performing: { try type(nested(depth + 1)) }, throws: { ($0 as? WireError)?.code == "bad_json" })
        }
    }

    @Test(
        "strings are UTF-8",
        arguments: [
            [0x80], [0xc3], [0xc0, 0xaf], [0xc1, 0xbf], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80],
            [0xf0, 0x8f, 0xbf, 0xbf],
            [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0xe5, 0x8a], [0xe5, 0x8a, 0x22],
            [0xf0, 0x9f, 0x8f],
        ] as [[UInt8]])
    func badUTF8(bytes: [UInt8]) {
        let message = Array(#"{"type":"x","v":""#.utf8) + bytes + Array(#""}"#.utf8)
        message.withUnsafeBytes { message -> Void in
            #expect(
                performing: { try JSONScanner.messageType(of: message) },
                throws: { ($0 as? WireError)?.code == "bad_json" })
        }
    }

    @Test("errors say where")
    func position() {
        #expect(
            throws: WireError(code: "bad_json", message: "This is not JSON: at byte 8, a value is missing or no JSON.")
        ) {
            try type(#"{"type":}"#)
        }
    }

    @Test(
        "a value is cut out as it was sent",
        arguments: [
            (#"{"type":"ping","t":1732350000000.10}"#, "1732350000000.10"),
            (#"{"t" : {"a":[1, 2]} ,"type":"ping"}"#, #"{"a":[1, 2]}"#),
            (#"{"t":1,"\u0074":"a\n"}"#, #""a\n""#), (#"{"x":{"t":1}}"#, nil), ("[]", nil), ("", nil),
            (#"{"t":}"#, nil),
        ])
    func value(text: String, expected: String?) {
        #expect(JSONScanner.value(of: "t", in: Data(text.utf8)) == expected.map { Array($0.utf8) })
    }

    // MARK: - Numbers

    private func number(_ text: String) throws -> (double: Double, integer: Int64?) {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            let found = scanner.number()
            let number = try #require(found)
            #expect(scanner.position == bytes.count)
            return (scanner.double(number), scanner.integer(number))
        }
    }

    @Test(
        "numbers are the nearest doubles, however they are written",
        arguments: [
            "0", "-0", "0.0", "1", "39.9050", "116.4070", "0.1", "0.2", "0.30000000000000004", "1e22", "1e23", "1e-22",
            "1e-23",
            "9007199254740993", "9007199254740992.5", "9007199254740993e0", "123456789012345678",
            "1234567890123456789012",
            "0.000000000000000000000000000001", "2.2250738585072011e-308", "2.2250738585072014e-308", "4.9e-324",
            "2e-324",
            "1e-400", "1.7976931348623157e308", "8.442911973260991817129021e-309", "90.00000000000001",
            "90.000000000000001",
            "3.14159265358979323846264338327950288419716939937510", "1e-99999999999999999999", "0e99999999999999999999",
            "179.99999999999997", "1732350000000.0000001",
            "7.0420557077594588669468784357561207962098443483187940792729600000e+59",
        ])
    func doubles(text: String) throws {
        let expected = strtod(text, nil)
        let value = try number(text).double
        #expect(value == expected)
        #expect(value.sign == expected.sign)
        #expect(try number("-" + text.replacing(/^-/, with: "")).double == -abs(expected))
    }

    @Test("random decimals are the nearest doubles")
    func randomDoubles() throws {
        var random = SplitMix(seed: 1)
        for _ in 0..<5000 {
            let digits = String(UInt64.random(in: 0...UInt64(pow(10, Double.random(in: 1...18.9))), using: &random))
            let point = Int.random(in: 0...digits.count, using: &random)
            var text = "\(point == 0 ? "0" : digits.prefix(point)).\(digits.dropFirst(point))0"
            if Bool.random(using: &random) { text += "e\(Int.random(in: -330...300, using: &random))" }
            if text.hasPrefix("0"), !text.hasPrefix("0.") { continue }
            #expect(try number(text).double == strtod(text, nil), "\(text)")
        }
    }

    @Test(
        "integers are integers, however they are written",
        arguments: [
            ("0", 0), ("-0", 0), ("1", 1), ("1.0", 1), ("1e0", 1), ("10e-1", 1), ("0.1e1", 1), ("1.50e1", 15),
            ("-7.00", -7),
            ("1732350000000", 1_732_350_000_000), ("1.7323500E12", 1_732_350_000_000), ("0e5", 0), ("0.000e-99", 0),
            ("1.00000000000000000000000000000000000000", 1), ("100000000000000000000e-20", 1),
            ("9223372036854775807", .max),
            ("0.00000000000000000000000000001e29", 1), ("1.5", nil), ("0.1", nil), ("1e-1", nil), ("1e19", nil),
            ("9223372036854775808", nil), ("1.00000000000000000000000000000000000001", nil), ("1e999999999", nil),
            ("123456789012345678901", nil), ("1e-999999999", nil),
            ("12345678901234567890e-1", 1_234_567_890_123_456_789), ("1.25e1", nil),
        ] as [(String, Int64?)])
    func integers(text: String, expected: Int64?) throws {
        #expect(try number(text).integer == expected)
    }

    // MARK: - Another opinion

    @Test("Foundation finds the same texts valid")
    func mutations() throws {
        let seeds = [
            #"{"type":"markers","markers":[{"id":1,"latitude":39.9050,"longitude":-1.5e2,"time":1732350000000,"x":null}]}"#,
            #"{"type":"join","runID":"159","since":{"epoch":"é\n\"\u00e9","event":57},"a":[true,false,[],{},0,-0.5E-2]}"#,
            #" { "type" : "cheer" , "to" : 3 , "text" : "加油\\\/" } "#,
        ].map { Array($0.utf8) }
        let alphabet = Array(#"{}[]":,\/.-+eE0123456789ntfu aé"#.utf8) + [0x09, 0x0a, 0x1f, 0x80]
        var random = SplitMix(seed: 1)
        var valid = 0
        for _ in 0..<20_000 {
            var text = seeds.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text[index] = alphabet.randomElement(using: &random)!
                case 1: text.insert(alphabet.randomElement(using: &random)!, at: index)
                case 2: text.remove(at: index)
                default: text.swapAt(index, .random(in: 0..<text.count, using: &random))
                }
            }
            let isValid = text.withUnsafeBytes { bytes in
                do throws(WireError) {
                    _ = try JSONScanner.messageType(of: bytes)
                    return true
                } catch {
                    return error.code != "bad_json"
                }
            }
            // The scan of markers never accepts more.
            let markers = text.withUnsafeBytes { try? MarkersScanner.scan($0, maxMarkers: 500) }
            #expect(markers == nil || isValid)

            let foundation = (try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)) != nil
            if isValid { valid += 1 }
            let string = String(decoding: text, as: UTF8.self)
            #expect(isValid == foundation || isDialect(string), "\(string)")
        }
        #expect(valid > 1000)
    }

    /// Whether Foundation is known to read another language here.
    ///
    /// It refuses numbers beyond doubles, and lets objects and arrays end with a comma.
    private func isDialect(_ text: String) -> Bool {
        text.contains(/[eE][-+]?[0-9]{3}/) || text.contains(/,[ \t\r\n]*[}\]]/)
    }
}
