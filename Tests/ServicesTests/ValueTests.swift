import Foundation
import Store
import Testing

@testable import Services

@Suite("JSON") struct JSONTests {
    @Test("elements of an array at the top are shown and not kept, and everything is bounded by its number")
    func shows() throws {
        func read(_ text: String, atMost count: Int = 4) throws -> (JSONValue, [JSONValue]) {
            var seen: [JSONValue] = []
            let value = try JSONValue(
                parsing: Array(text.utf8), atMost: count, showing: ["m"], atMostEach: 3
            ) { name, element in
                #expect(name == "m")
                seen.append(element)
            }
            return (value, seen)
        }
        let (value, seen) = try read(#"{"a":1,"m":[{"x":1,"y":2},5,[]],"b":{"m":[7]}}"#, atMost: 5)
        #expect(value == ["a": 1, "m": [], "b": ["m": [7]]] && seen == [["x": 1, "y": 2], 5, []])
        #expect(try read(#"{"m" : [ ] }"#).0 == ["m": []])
        #expect(try read(#"{"m":"x"}"#).0 == ["m": "x"])
        #expect(try read(#"{"m":["# + String(repeating: "1,", count: 1000) + "1]}").1.count == 1001)
        for text in [
            #"{"m":[[1,2,3]]}"#, #"{"a":[1,2,3]}"#, #"[{"m":[1,2]}]"#, #"{"m":[1,]}"#, #"{"m":[1"#, #"{"m":[1}"#,
            #"{"m":[]"#,
        ] {
            #expect(throws: JSONError.self, "\(text)") { try read(text) }
        }
    }

    @Test(
        "a text comes back as it was",
        arguments: [
            "null", "true", "[]", "{}", "0", "-1", "1.5", "-0.0", "9223372036854775807", "-9223372036854775808", "1.0",
            #""""#, #""天天乐跑 🏃""#, #"{"b":1,"a":[1.0,{"c":null}],"":false}"#, #""a\"b\\c\nd\u0001""#, "1e+300",
        ])
    func roundTrip(text: String) throws {
        #expect(try JSONValue(parsing: text).text == text)
        let coded = try JSONDecoder().decode([JSONValue].self, from: JSONEncoder().encode([JSONValue(parsing: text)]))
        // Codable knows neither the order of members nor 1.0 from 1.
        if !text.contains("{"), !text.contains(".0") { #expect(try coded == [JSONValue(parsing: text)]) }
    }

    @Test(
        "other ways to write it are read",
        arguments: [
            (" [ 1 , 2 ] ", "[1,2]"), (#""\u5929\/\b\f\r\t""#, #""天/\u0008\u000c\r\t""#),
            (#""\ud83c\udfc3""#, #""🏃""#), (#""\uD83C\uDFC3x""#, #""🏃x""#), ("1E2", "100.0"), ("-0", "-0.0"),
            ("9223372036854775808", "9.223372036854776e+18"), (#"{"a":1,"a":2}"#, #"{"a":2}"#),
        ])
    func reading(text: String, canonical: String) throws {
        #expect(try JSONValue(parsing: text).text == canonical)
    }

    @Test(
        "what is no JSON is refused",
        arguments: [
            "", " ", "nul", "nulll", "01", "-", "1.", ".5", "1e", "+1", "1e999", "[1,]", "[1", "[,]", "{\"a\"}",
            "{\"a\":}",
            "{a:1}", "{\"a\":1,}", "\"", "\"\n\"", #""\x""#, #""\u12""#, #""\u12g4""#, #""\"#, "1 2", "[]]", "NaN",
            "'a'", "/**/1",
            // Halves of characters.
            #""\ud83c""#, #""\ud83cx""#, #""\ud83c\n""#, #""\udfc3\ud83c\udfc3""#, #""\udfc3\ud83c""#,
            #""\ud83c\ud83c""#, #""\ud83c\u0041""#, #"{"\udfc3":1}"#,
        ])
    func nonsense(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test(
        "bytes that are no UTF-8 are refused in strings",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE5]])
    func invalidUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22] + bytes + [0x22]) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0x5C, 0x6E] + bytes + [0x22]) }
    }

    @Test("nesting is bounded")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try JSONValue(parsing: nested(64)).array?.count == 1)
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(65)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "[", count: 1_000_000)) }
    }

    @Test("whatever the bytes, reading ends")
    func fuzz() throws {
        let seed = Array(#"{"a":[1,-2.5e3,"x\u00e9\n",true,null],"b":{"c":"天"}}"#.utf8)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<5000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.insert(seed[Int.random(in: 0..<seed.count, using: &generator)], at: index)
                }
            }
            // What is read, is read again as the same.
            if let value = try? JSONValue(parsing: bytes) { #expect(try JSONValue(parsing: value.bytes) == value) }
        }
    }

    @Test("objects of very many members are read in linear time, the last of a name counting")
    func manyMembers() throws {
        let members = (0..<20_000).map { "\"k\($0 % 10_000)\":\($0)" }.joined(separator: ",")
        let object = try #require(try JSONValue(parsing: "{\(members)}").object)
        #expect(object.members.count == 10_000)
        #expect(object["k17"] == 10_017)
    }

    @Test("members are set in place, added at the end, and removed")
    func members() {
        var object = JSONObject()
        object["a"] = 1
        object["b"] = 2
        object["a"] = "x"
        object["c"] = nil
        #expect(JSONValue.object(object).text == #"{"a":"x","b":2}"#)
        object["a"] = nil
        #expect(object.members.map(\.name) == ["b"])
    }

    @Test("a number is written as JavaScript would", arguments: [(5000.0, "5000"), (0.1, "0.1"), (-0.0, "-0.0")])
    func number(value: Double, text: String) {
        #expect(JSONValue.number(value).text == text)
    }
}

@Suite("Object ids") struct ObjectIDTests {
    @Test("an id comes back through its text, which begins with the second of creation")
    func roundTrip() {
        let id = IDGenerator(now: { 1_732_351_183_038 }).next()
        let text = ObjectID.text(id)
        #expect(text.count == 24 && text.hasPrefix("674194cf"))
        #expect(ObjectID.id(text) == id && ObjectID.id(text.uppercased()) == id)
        for id in [1, 1 << 21, Int64.max] { #expect(ObjectID.id(ObjectID.text(id)) == id) }
    }

    @Test(
        "what was never made is refused",
        arguments: [
            "", "674194cf", "ffffffffffffffffffffffff", "000000000000000000000000", "00000001000000000000000f",
            "00000000+00000000000000f", "天天乐跑天天乐跑", "00000000000000000000000g",
        ])
    func nonsense(text: String) {
        #expect(ObjectID.id(text) == nil)
    }
}
