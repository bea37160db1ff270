import Services
import Testing

@testable import API
@testable import Endpoints

@Suite("Written JSON") struct JSONTextTests {
    @Test(
        "decimals are rounded half away from zero, without zeros at the end",
        arguments: [
            (0, 1, "0"), (0.04, 1, "0"), (0.05, 1, "0.1"), (-0.04, 1, "0"), (12.25, 1, "12.3"), (-12.25, 1, "-12.3"),
            (99.95, 1, "100"), (100, 1, "100"), (39.905, 6, "39.905"), (116.4070001, 6, "116.407"),
            (-0.000001, 6, "-0.000001"), (-179.9999999, 7, "-179.9999999"), (1e9, 1, "1000000000"), (3.7, 0, "4"),
        ])
    func rounds(value: Double, decimals: Int, text: String) {
        var json = JSONText()
        json.decimal(value, decimals: decimals)
        #expect(String(decoding: json.bytes, as: UTF8.self) == text)
    }

    @Test("what is written reads back as the rounded number", arguments: 0...7)
    func readsBack(decimals: Int) throws {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        for step in -1000...1000 {
            let value = Double(step) * 0.179_999_937
            var json = JSONText()
            json.decimal(value, decimals: decimals)
            #expect(try JSONValue(parsing: json.bytes).number == (value * scale).rounded() / scale)
        }
    }

    @Test("integers of any size, texts and arrays are JSON")
    func writes() throws {
        var json = JSONText()
        json.array([Int64.min, -1, 0, 9, 10, 1_732_351_183_038, Int64.max]) { $0.integer($1) }
        #expect(
            try JSONValue(parsing: json.bytes) == [
                .int(.min), -1, 0, 9, 10, 1_732_351_183_038, .int(.max),
            ])
        json = JSONText()
        json.array(["a\"\n", ""]) { $0.string($1) }
        #expect(String(decoding: json.bytes, as: UTF8.self) == #"["a\"\n",""]"#)
    }
}
