/// Reads one JSON text (RFC 8259) from front to back, for messages whose shape is known.
///
/// Frames are most of what a simulator of ten thousand runners receives. A general decoder costs microseconds a row;
/// this one builds nothing but what is asked for. It is strict, since what it refuses is a finding about the server.
struct JSONReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var depth = 0

    /// Deeper nesting than any message has.
    private static let maximumDepth = 64

    /// - Parameter bytes: The text; must outlive the reader.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    // MARK: - Containers

    /// Reads an object, handing each member's name to `member`, which must read or skip its value.
    mutating func object(
        _ member: (String, inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        try open(UInt8(ascii: "{"))
        if closes(UInt8(ascii: "}")) { return }
        repeat {
            let name = try string()
            try expect(UInt8(ascii: ":"))
            try member(name, &self)
        } while try separator(before: UInt8(ascii: "}"))
    }

    /// Reads an array, calling `element` before each of its values, which `element` must read or skip.
    mutating func array(_ element: (inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
        try open(UInt8(ascii: "["))
        if closes(UInt8(ascii: "]")) { return }
        repeat { try element(&self) } while try separator(before: UInt8(ascii: "]"))
    }

    private mutating func open(_ byte: UInt8) throws(JSONError) {
        try expect(byte)
        depth += 1
        if depth > Self.maximumDepth { throw failure }
    }

    private mutating func closes(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard peek == byte else { return false }
        position += 1
        depth -= 1
        return true
    }

    /// True after a comma; false after `end`, which it consumes.
    private mutating func separator(before end: UInt8) throws(JSONError) -> Bool {
        if closes(end) { return false }
        try expect(UInt8(ascii: ","))
        return true
    }

    // MARK: - Values

    mutating func string() throws(JSONError) -> String {
        try expect(UInt8(ascii: "\""))
        let start = position
        while let byte = peek, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw failure }
            if byte == UInt8(ascii: "\\") { return try stringWithEscapes(from: start) }
            position += 1
        }
        let text = bytes[start..<position]
        try expect(UInt8(ascii: "\""))
        guard let string = String(validating: text, as: UTF8.self) else { throw failure }
        return string
    }

    private mutating func stringWithEscapes(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while let byte = peek, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw failure }
            position += 1
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard let escaped = peek else { throw failure }
            position += 1
            switch escaped {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escaped)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0c)
            case UInt8(ascii: "n"): text.append(0x0a)
            case UInt8(ascii: "r"): text.append(0x0d)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): text += Array(String(try escapedScalar()).utf8)
            default: throw failure
            }
        }
        try expect(UInt8(ascii: "\""))
        guard let string = String(validating: text, as: UTF8.self) else { throw failure }
        return string
    }

    /// What follows `\u`: one scalar, by a pair of surrogates if it needs one.
    private mutating func escapedScalar() throws(JSONError) -> Character {
        var code = UInt32(try codeUnit())
        if (0xd800..<0xdc00).contains(code) {
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw failure }
            let low = UInt32(try codeUnit())
            guard (0xdc00..<0xe000).contains(low) else { throw failure }
            code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw failure }
        return Character(scalar)
    }

    private mutating func codeUnit() throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw failure }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }

    mutating func number() throws(JSONError) -> Double {
        skipBlanks()
        let start = position
        let isNegative = take(UInt8(ascii: "-"))
        var mantissa: UInt64 = 0
        var decimals = 0
        let whole = digits(into: &mantissa)
        guard whole.count == 1 || (whole.count > 1 && bytes[whole.lowerBound] != UInt8(ascii: "0")) else {
            throw failure
        }
        var isPlain = whole.count <= 15
        if take(UInt8(ascii: ".")) {
            decimals = digits(into: &mantissa).count
            guard decimals > 0 else { throw failure }
            isPlain = whole.count + decimals <= 15
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            var exponent: UInt64 = 0
            guard !digits(into: &exponent).isEmpty else { throw failure }
            isPlain = false
        }
        if isPlain {
            // Both are exact in a Double, so the quotient is the nearest one to what was written.
            let value = Double(mantissa) / Self.powersOfTen[decimals]
            return isNegative ? -value : value
        }
        guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else { throw failure }
        return value
    }

    private static let powersOfTen: [Double] = (0...15).map { power in
        (0..<power).reduce(1.0) { value, _ in value * 10 }
    }

    /// The range of the digits; `value` wraps beyond 64 bits, which the caller recognises by the count.
    private mutating func digits(into value: inout UInt64) -> Range<Int> {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            value = value &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
            position += 1
        }
        return start..<position
    }

    mutating func integer() throws(JSONError) -> Int {
        guard let value = Int(exactly: try number()) else { throw failure }
        return value
    }

    mutating func bool() throws(JSONError) -> Bool {
        skipBlanks()
        if word("true") { return true }
        if word("false") { return false }
        throw failure
    }

    /// Consumes `null` if that is what comes next.
    mutating func null() -> Bool {
        skipBlanks()
        return word("null")
    }

    /// What `value` reads, or nil for `null`.
    mutating func optional<Value>(
        _ value: (inout JSONReader) throws(JSONError) -> Value
    ) throws(JSONError) -> Value? {
        null() ? nil : try value(&self)
    }

    /// Reads a value of any kind and forgets it.
    mutating func skip() throws(JSONError) {
        skipBlanks()
        switch peek {
        case UInt8(ascii: "{"): try object { _, reader throws(JSONError) in try reader.skip() }
        case UInt8(ascii: "["): try array { reader throws(JSONError) in try reader.skip() }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try bool()
        case UInt8(ascii: "n"): guard null() else { throw failure }
        default: _ = try number()
        }
    }

    /// Reads an object or array and forgets it, looking at nothing but where it ends: for those that are long.
    mutating func skipUnread() throws(JSONError) {
        skipBlanks()
        var open = 0
        repeat {
            guard let byte = peek else { throw failure }
            position += 1
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): open += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): open -= 1
            case UInt8(ascii: "\""):
                while let byte = peek, byte != UInt8(ascii: "\"") {
                    position += byte == UInt8(ascii: "\\") ? 2 : 1
                }
                position += 1
            default: break
            }
        } while open > 0
        guard position <= bytes.count else { throw failure }
    }

    /// Demands that nothing but blanks is left.
    mutating func end() throws(JSONError) {
        skipBlanks()
        guard position == bytes.count else { throw failure }
    }

    // MARK: - Bytes

    /// An error that names the present position, also for a value that is JSON but not what was expected.
    var failure: JSONError { JSONError(offset: position) }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        skipBlanks()
        guard take(byte) else { throw failure }
        // After a colon or comma blanks are allowed; each value skips its own.
    }

    private mutating func word(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        for index in 0..<count where bytes[position + index] != word.utf8Start[index] { return false }
        position += count
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }
}

/// A text that is not JSON, or not the JSON that was expected.
struct JSONError: Error, Hashable {
    /// Bytes before the place where it was noticed.
    var offset: Int
}
