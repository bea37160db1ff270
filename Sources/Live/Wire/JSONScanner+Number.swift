/// A number as a scanner found it: ± mantissa × 10^exponent.
struct JSONNumber {
    var isNegative: Bool
    /// Meaningless if there are more than 19 digits.
    var mantissa: UInt64
    var exponent: Int
    /// Whether `mantissa` holds all digits.
    var isWhole: Bool
    /// Where it lies in the bytes.
    var start: Int
    var end: Int
}

extension JSONScanner {
    /// Reads a number; nil if there is none or it is not as RFC 8259 wants it.
    ///
    /// The position is then anywhere.
    @inline(__always) mutating func number() -> JSONNumber? {
        let start = position
        let isNegative = skip(UInt8(ascii: "-"))
        var mantissa: UInt64 = 0

        let integerStart = position
        readDigits(into: &mantissa)
        var digitCount = position &- integerStart
        // Something must be there, and no zero before other digits.
        guard digitCount > 0, digitCount == 1 || bytes[integerStart] != UInt8(ascii: "0") else { return nil }

        var exponent = 0
        if skip(UInt8(ascii: ".")) {
            let fractionStart = position
            readDigits(into: &mantissa)
            let count = position &- fractionStart
            guard count > 0 else { return nil }
            digitCount &+= count
            exponent = 0 &- count
        }
        if next | 0x20 == UInt8(ascii: "e") {
            position &+= 1
            let isDown = skip(UInt8(ascii: "-"))
            if !isDown { _ = skip(UInt8(ascii: "+")) }
            let exponentStart = position
            var power = 0
            while 0x30...0x39 ~= next {
                // Beyond this everything is 0 or too much.
                if power < 100_000 { power = power * 10 + Int(next & 0x0f) }
                position &+= 1
            }
            guard position > exponentStart else { return nil }
            exponent &+= isDown ? 0 &- power : power
        }
        return JSONNumber(
            isNegative: isNegative, mantissa: mantissa, exponent: exponent, isWhole: digitCount <= 19, start: start,
            end: position)
    }

    @inline(__always) private mutating func readDigits(into mantissa: inout UInt64) {
        while position < bytes.count {
            let digit = bytes[position] &- 0x30
            guard digit < 10 else { return }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            position &+= 1
        }
    }

    /// The double nearest to a number; infinite if it is beyond all of them.
    @inline(__always) func double(_ number: JSONNumber) -> Double {
        // W. D. Clinger, “How to Read Floating Point Numbers Accurately” (1990): where mantissa and power of ten are both
        // doubles, one division or multiplication rounds once, hence correctly.
        if number.isWhole, number.mantissa <= 1 << 53, -22...22 ~= number.exponent {
            let mantissa = Double(number.mantissa)
            let power = powersOfTen[abs(number.exponent)]
            let value = number.exponent < 0 ? mantissa / power : mantissa * power
            return number.isNegative ? -value : value
        }
        return uncommonDouble(number)
    }

    /// By the standard library, which rounds correctly however many digits there are.
    @inline(never) private func uncommonDouble(_ number: JSONNumber) -> Double {
        Double(String(decoding: bytes[number.start..<number.end], as: UTF8.self)) ?? .nan
    }

    /// The number, if it is an integer that fits: `1`, `1.0`, `1e0` and `10e-1` all are 1.
    @inline(__always) func integer(_ number: JSONNumber) -> Int64? {
        if number.isWhole, number.exponent == 0, number.mantissa <= UInt64(Int64.max) {
            let magnitude = Int64(number.mantissa)
            return number.isNegative ? -magnitude : magnitude
        }
        return uncommonInteger(number)
    }

    /// The number without its fraction; nil if it does not lie in a range of not more than 2⁵³.
    @inline(__always) func wholePart(_ number: JSONNumber, in range: ClosedRange<Int64>) -> Int64? {
        if let integer = integer(number) { return range ~= integer ? integer : nil }
        return uncommonWholePart(number, in: range)
    }

    @inline(never) private func uncommonWholePart(_ number: JSONNumber, in range: ClosedRange<Int64>) -> Int64? {
        let value = double(number)
        guard value >= Double(range.lowerBound), value < Double(range.upperBound) + 1 else { return nil }
        return Int64(value)
    }

    @inline(never) private func uncommonInteger(_ number: JSONNumber) -> Int64? {
        guard var (mantissa, exponent) = number.isWhole ? (number.mantissa, number.exponent) : significant(number)
        else { return nil }
        if mantissa == 0 { return 0 }
        while exponent < 0 {
            guard mantissa.isMultiple(of: 10) else { return nil }
            mantissa /= 10
            exponent += 1
        }
        while exponent > 0 {
            let (product, isTooMuch) = mantissa.multipliedReportingOverflow(by: 10)
            guard !isTooMuch else { return nil }
            mantissa = product
            exponent -= 1
        }
        guard mantissa <= UInt64(Int64.max) else { return nil }
        return number.isNegative ? -Int64(mantissa) : Int64(mantissa)
    }

    /// The digits of a long number without the zeros at its end; nil if even these are more than 19, as it then has a
    /// fraction or is beyond 64 bits.
    private func significant(_ number: JSONNumber) -> (mantissa: UInt64, exponent: Int)? {
        var mantissa: UInt64 = 0
        var zeros = 0
        var digits = 0
        for byte in bytes[number.start..<number.end] {
            if byte | 0x20 == UInt8(ascii: "e") { break }
            guard 0x30...0x39 ~= byte else { continue }
            if byte == 0x30 {
                if mantissa > 0 { zeros += 1 }
                continue
            }
            digits += zeros + 1
            guard digits <= 19 else { return nil }
            for _ in 0..<zeros { mantissa *= 10 }
            mantissa = mantissa * 10 + UInt64(byte & 0x0f)
            zeros = 0
        }
        return (mantissa, number.exponent + zeros)
    }
}

/// 10⁰ … 10²², the powers of ten that are doubles.
private let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
]
