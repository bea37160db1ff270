import Foundation
import TestKit
import Testing

@testable import Live

@Suite("JSON writer") struct JSONWriterTests {
    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
        defer { buffer.deallocate() }
        var writer = JSONWriter(buffer)
        body(&writer)
        return String(decoding: UnsafeRawBufferPointer(rebasing: buffer[..<writer.count]), as: UTF8.self)
    }

    @Test(
        "a decimal has at most so many places and no zeros at its end",
        arguments: [
            (39.90512, 6, "39.90512"), (116.407, 7, "116.407"), (0, 1, "0"), (1234.5, 1, "1234.5"),
            (1234.0, 1, "1234"), (1234.56, 1, "1234.6"), (-0.05, 1, "-0.1"), (-0.04, 1, "0"), (0.05, 1, "0.1"),
            (0.0000001, 7, "0.0000001"), (-180, 6, "-180"), (9_999_999.95, 1, "10000000"), (1e300, 1, "null"),
            (100, 0, "100"), (0.1 + 0.2, 1, "0.3"),
        ])
    func writesDecimals(value: Double, places: Int, expected: String) {
        #expect(written { $0.decimal(value, places: places) } == expected)
    }

    @Test("what is not a number is null", arguments: [Double.nan, .infinity, -.infinity])
    func writesNull(value: Double) {
        #expect(written { $0.decimal(value, places: 1) } == "null")
    }

    @Test(
        "integers of every size are written",
        arguments: [0, 1, -1, 9, 10, 99, 100, 1_732_350_000_400, Int64.max, Int64.min])
    func writesIntegers(value: Int64) {
        #expect(written { $0.integer(value) } == "\(value)")
    }

    @Test("decimals read back as the rounded value")
    func decimalsReadBack() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<Seeds.count(of: 10_000) {
            let value = Double.random(in: -200_000...200_000, using: &generator)
            let text = written { $0.decimal(value, places: 6) }
            let back = try #require(Double(text))
            #expect(abs(back - value) <= 0.000_000_5 + 1e-9, "\(value) became \(text)")
        }
    }

    @Test("strings are escaped so that any JSON reader gets them back")
    func escapesStrings() throws {
        for text in ["", "加油 🏃", "a\"b\\c", "\u{0}\u{1F}\u{7F}\n\t", "</script>", "\u{2028}"] {
            let json = written { $0.string(text) }
            let back = try JSONDecoder().decode([String].self, from: Data("[\(json)]".utf8))
            #expect(back == [text])
            #expect(json.utf8.count <= JSONWriter.capacity(of: text))
        }
    }
}
