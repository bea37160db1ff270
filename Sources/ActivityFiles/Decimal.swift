/// Numbers as files write them, in any country.
enum Decimal {
    /// A finite decimal number; not the “inf”, “nan”, hexadecimals and commas that others would read.
    static func number(_ text: some Collection<UInt8>) -> Double? {
        guard !text.isEmpty, text.count <= 64,
            text.allSatisfy({ 0x30...0x39 ~= $0 || $0 == 0x2b || $0 == 0x2d || $0 == 0x2e || $0 | 0x20 == 0x65 }),
            let number = Double(String(decoding: text, as: UTF8.self)), number.isFinite
        else { return nil }
        return number
    }

    static func number(_ text: String?) -> Double? { text.flatMap { number($0.utf8) } }

    /// A number of so many decimals, given in units of the last: 1234 and 2 are “12.34”.
    static func text(_ value: some BinaryInteger, decimals: Int) -> String {
        let digits = String(value.magnitude)
        let sign = value < 0 ? "-" : ""
        guard decimals > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }

    /// A number rounded to so many decimals; what is beyond 2⁶² in units of the last is 0.
    static func text(_ value: Double, decimals: Int) -> String {
        var scaled = value
        for _ in 0..<decimals { scaled *= 10 }
        scaled = scaled.rounded()
        return text(abs(scaled) < 0x1p62 ? Int64(scaled) : 0, decimals: decimals)
    }

    /// A whole number in a range, of a number as files write it; nil outside.
    static func whole(_ number: Double?, in range: ClosedRange<Int>) -> Int? {
        guard let rounded = number?.rounded(), rounded >= Double(range.lowerBound), rounded <= Double(range.upperBound)
        else { return nil }
        return Int(rounded)
    }
}
