/// Walks through JSON (RFC 8259) and keeps nothing of it: who asks for a value gets it, and passes over the others.
///
/// Duplicate keys are told as they come. Depth and texts are bounded; numbers are read as `Double`.
struct JSONReader {
    private let bytes: UnsafeRawBufferPointer
    private let bounds: FileBounds
    private var position = 0
    private var depth = 0

    init(_ bytes: UnsafeRawBufferPointer, bounds: FileBounds) {
        self.bytes = bytes
        self.bounds = bounds
    }

    private var wrong: ActivityFileError { .malformedJSON(byte: position) }

    /// The byte with which the next value begins.
    mutating func peek() throws(ActivityFileError) -> UInt8 {
        skipBlanks()
        guard position < bytes.count else { throw wrong }
        return bytes[position]
    }

    /// An object, whose members `body` must each read or skip.
    mutating func object(
        _ body: (String, inout JSONReader) throws(ActivityFileError) -> Void
    ) throws(ActivityFileError) {
        try enter("{")
        if try peek() == UInt8(ascii: "}") { return leave() }
        while true {
            guard try peek() == UInt8(ascii: "\"") else { throw wrong }
            let key = try string()
            try take(":")
            try body(key, &self)
            if try !goesOn(until: "}") { return }
        }
    }

    /// An array, whose elements `body` must each read or skip.
    mutating func array(_ body: (inout JSONReader) throws(ActivityFileError) -> Void) throws(ActivityFileError) {
        try enter("[")
        if try peek() == UInt8(ascii: "]") { return leave() }
        while true {
            try body(&self)
            if try !goesOn(until: "]") { return }
        }
    }

    /// The next value, if it is a number; others are passed over.
    mutating func number() throws(ActivityFileError) -> Double? {
        let byte = try peek()
        guard byte == UInt8(ascii: "-") || 0x30...0x39 ~= byte else {
            try skip()
            return nil
        }
        let start = position
        while position < bytes.count,
            0x30...0x39 ~= bytes[position] || [0x2b, 0x2d, 0x2e, 0x45, 0x65].contains(bytes[position])
        { position += 1 }
        let text = bytes[start..<position]
        guard Self.isNumber(text) else {
            position = start
            throw wrong
        }
        return Decimal.number(text)
    }

    /// The next value, if it is a text; others are passed over.
    mutating func text() throws(ActivityFileError) -> String? {
        guard try peek() == UInt8(ascii: "\"") else {
            try skip()
            return nil
        }
        return try string()
    }

    /// Passes over the next value.
    mutating func skip() throws(ActivityFileError) {
        switch try peek() {
        case UInt8(ascii: "{"): try object { _, reader throws(ActivityFileError) in try reader.skip() }
        case UInt8(ascii: "["): try array { reader throws(ActivityFileError) in try reader.skip() }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        case UInt8(ascii: "-"), 0x30...0x39: _ = try number()
        default: throw wrong
        }
    }

    /// - Throws: ``ActivityFileError/malformedJSON(byte:)`` if anything follows.
    mutating func finish() throws(ActivityFileError) {
        skipBlanks()
        guard position == bytes.count else { throw wrong }
    }

    // MARK: - Tokens

    private mutating func skipBlanks() {
        while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) throws(ActivityFileError) {
        guard try peek() == UInt8(ascii: character) else { throw wrong }
        position += 1
    }

    private mutating func enter(_ character: Unicode.Scalar) throws(ActivityFileError) {
        guard depth < bounds.depth else { throw .tooDeep }
        try take(character)
        depth += 1
    }

    private mutating func leave() {
        position += 1
        depth -= 1
    }

    private mutating func goesOn(until end: Unicode.Scalar) throws(ActivityFileError) -> Bool {
        let byte = try peek()
        if byte == UInt8(ascii: end) {
            leave()
            return false
        }
        guard byte == UInt8(ascii: ",") else { throw wrong }
        position += 1
        return true
    }

    private mutating func word(_ word: String) throws(ActivityFileError) {
        guard bytes[position...].starts(with: word.utf8) else { throw wrong }
        position += word.utf8.count
    }

    private mutating func string() throws(ActivityFileError) -> String {
        position += 1
        var text: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw wrong }
                return string
            case UInt8(ascii: "\\"): try escape(&text)
            case 0..<0x20: throw wrong
            default: text.append(byte)
            }
            guard text.count <= bounds.text else { throw .tooLong }
        }
        throw wrong
    }

    private mutating func escape(_ text: inout [UInt8]) throws(ActivityFileError) {
        guard position < bytes.count else { throw wrong }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var scalar = try hexadecimal()
            if 0xd800..<0xdc00 ~= scalar, bytes[position...].starts(with: "\\u".utf8) {
                let back = position
                position += 2
                let low = try hexadecimal()
                if 0xdc00..<0xe000 ~= low {
                    scalar = 0x1_0000 + (scalar - 0xd800) << 10 + (low - 0xdc00)
                } else {
                    position = back
                }
            }
            // Half a pair is no character.
            text.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{fffd}").utf8)
        default: throw wrong
        }
    }

    private mutating func hexadecimal() throws(ActivityFileError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw wrong }
        var value: UInt32 = 0
        for byte in bytes[position..<(position + 4)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw wrong }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }

    // -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
    private static func isNumber(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
        var rest = text
        func digits() -> Int {
            let count = rest.prefix { 0x30...0x39 ~= $0 }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let leading = rest.first
        let whole = digits()
        guard whole > 0, whole == 1 || leading != UInt8(ascii: "0") else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
