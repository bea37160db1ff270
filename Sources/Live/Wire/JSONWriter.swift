/// Writes JSON into memory that is large enough: the hot half of encoding, without allocation or bounds that grow.
///
/// Whoever makes the buffer reckons its capacity from the constants here; running over it is a programmer's error and
/// stops the process rather than writing elsewhere.
struct JSONWriter {
    /// The most bytes that any integer or decimal takes.
    static let numberCapacity = 24

    private let buffer: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

    /// The most bytes that a string takes, with its quotes: every byte as `\u00XX`.
    static func capacity(of text: String) -> Int { 2 + text.utf8.count * 6 }

    @inline(__always)
    private mutating func put(_ byte: UInt8) {
        precondition(count < buffer.count)
        buffer[count] = byte
        count += 1
    }

    /// Text that is JSON already.
    @inline(__always)
    mutating func raw(_ text: StaticString) {
        precondition(count + text.utf8CodeUnitCount <= buffer.count)
        buffer.baseAddress?.advanced(by: count).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    /// Bytes that are JSON already.
    mutating func raw(_ bytes: some Collection<UInt8>) {
        for byte in bytes { put(byte) }
    }

    /// As many at once.
    mutating func raw(_ bytes: [UInt8]) {
        precondition(count + bytes.count <= buffer.count)
        bytes.withUnsafeBytes { bytes in
            guard let from = bytes.baseAddress else { return }
            buffer.baseAddress?.advanced(by: count).copyMemory(from: from, byteCount: bytes.count)
        }
        count += bytes.count
    }

    @inline(__always)
    mutating func byte(_ character: Unicode.Scalar) { put(UInt8(ascii: character)) }

    mutating func integer(_ value: some FixedWidthInteger) {
        if value < 0 { put(UInt8(ascii: "-")) }
        digits(UInt64(value.magnitude), minimum: 1, places: 0)
    }

    /// A decimal with at most `places` digits behind the point, rounded half away from zero, without trailing zeros.
    ///
    /// What is not finite, or too large to have such digits, cannot come from a room and is written as `null`.
    mutating func decimal(_ value: Double, places: Int) {
        let scale = Self.scales[places]
        let scaled = (value * scale).rounded()
        guard abs(scaled) < 9e15 else {
            raw("null")
            return
        }
        var magnitude = UInt64(abs(scaled))
        if scaled < 0, magnitude > 0 { put(UInt8(ascii: "-")) }
        var places = places
        while places > 0, magnitude % 10 == 0 {
            magnitude /= 10
            places -= 1
        }
        digits(magnitude, minimum: places + 1, places: places)
    }

    private static let scales: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8]

    /// Decimal digits, with zeros in front up to `minimum`, and a point before the last `places` of them.
    private mutating func digits(_ value: UInt64, minimum: Int, places: Int) {
        // From the last one on: each division is by ten, which the compiler knows how to do by a multiplication.
        let length = max(Self.digitCount(value), minimum)
        let end = count + length + (places > 0 ? 1 : 0)
        precondition(end <= buffer.count)
        var rest = value
        var position = end
        for digit in 0..<length {
            if digit == places, places > 0 {
                position -= 1
                buffer[position] = UInt8(ascii: ".")
            }
            position -= 1
            buffer[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count = end
    }

    private static func digitCount(_ value: UInt64) -> Int {
        // 1233 / 4096 is a little more than the logarithm of 2.
        let estimate = ((64 - value.leadingZeroBitCount) * 1233) >> 12
        return max(1, value >= powers[estimate] ? estimate + 1 : estimate)
    }

    private static let powers: [UInt64] = (0..<20).map { exponent in
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// A string with its quotes, escaped as RFC 8259 asks.
    mutating func string(_ text: String) {
        put(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                put(UInt8(ascii: "\\"))
                put(byte)
            case 0..<0x20, 0x7F:
                raw("\\u00")
                put(Self.hex[Int(byte >> 4)])
                put(Self.hex[Int(byte & 15)])
            default:
                put(byte)
            }
        }
        put(UInt8(ascii: "\""))
    }

    private static let hex = Array("0123456789abcdef".utf8)
}
