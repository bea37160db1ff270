import Limits

/// Walks over a JSON text (RFC 8259) without building anything.
///
/// Strict: UTF-8 without a byte order mark, no lone surrogates, numbers and literals to the letter, nothing but white space
/// behind the value, and at most `depthLimit` arrays and objects inside each other. It reads each byte once and allocates
/// nothing; a general decoder takes fifty times as long.
struct JSONScanner {
    /// How deep arrays and objects may lie in each other, the outermost included.
    static let depthLimit = Limit.Live.jsonDepth

    /// Valid as long as the caller of the scan holds it; a scanner does not outlive that.
    let bytes: UnsafeRawBufferPointer
    /// The next byte to read.
    var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    // MARK: - Bytes

    /// The next byte, 0 at the end: no JSON text has it outside of strings, nor unescaped in them.
    @inline(__always) var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

    @inline(__always) mutating func skip(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position &+= 1
        return true
    }

    @inline(__always) mutating func skipSpace() {
        // Most messages have none, and nothing that is not white space is this small.
        while next <= 0x20 {
            guard position < bytes.count, next == 0x20 || next == 0x0a || next == 0x0d || next == 0x09 else { return }
            position &+= 1
        }
    }

    mutating func expectEnd() throws(WireError) {
        skipSpace()
        guard position == bytes.count else { throw .badJSON(at: position, "there is more than one value") }
    }

    // MARK: - Objects and arrays

    /// Reads an object, whose `{` is next: calls `member` with each key, the scanner being before its value.
    @inline(__always)
    mutating func object(
        _ member: (inout JSONScanner, JSONString) throws(WireError) -> Void
    ) throws(WireError) {
        position &+= 1
        skipSpace()
        if skip(UInt8(ascii: "}")) { return }
        while true {
            guard next == UInt8(ascii: "\"") else { throw .badJSON(at: position, "a key in quotes is missing") }
            let key = try string()
            skipSpace()
            guard skip(UInt8(ascii: ":")) else { throw .badJSON(at: position, "a colon is missing") }
            skipSpace()
            try member(&self, key)
            skipSpace()
            if skip(UInt8(ascii: ",")) {
                skipSpace()
            } else if skip(UInt8(ascii: "}")) {
                return
            } else {
                throw .badJSON(at: position, "a comma or a closing brace is missing")
            }
        }
    }

    /// Reads an array, whose `[` is next: calls `element` before each value.
    @inline(__always)
    mutating func array(_ element: (inout JSONScanner) throws(WireError) -> Void) throws(WireError) {
        position &+= 1
        skipSpace()
        if skip(UInt8(ascii: "]")) { return }
        while true {
            try element(&self)
            skipSpace()
            if skip(UInt8(ascii: ",")) {
                skipSpace()
            } else if skip(UInt8(ascii: "]")) {
                return
            } else {
                throw .badJSON(at: position, "a comma or a closing bracket is missing")
            }
        }
    }

    /// Checks the next value of any kind.
    ///
    /// `depth` is that of the value: 1 for the whole text.
    mutating func skipValue(depth: Int) throws(WireError) {
        switch next {
        case UInt8(ascii: "\""):
            _ = try string()
        case UInt8(ascii: "{"):
            guard depth <= Self.depthLimit else { throw .badJSON(at: position, "it is nested too deeply") }
            try object { (scanner, _) throws(WireError) in try scanner.skipValue(depth: depth + 1) }
        case UInt8(ascii: "["):
            guard depth <= Self.depthLimit else { throw .badJSON(at: position, "it is nested too deeply") }
            try array { (scanner) throws(WireError) in try scanner.skipValue(depth: depth + 1) }
        case UInt8(ascii: "t"):
            try literal("true")
        case UInt8(ascii: "f"):
            try literal("false")
        case UInt8(ascii: "n"):
            try literal("null")
        default:
            let start = position
            guard number() != nil else { throw .badJSON(at: start, "a value is missing or no JSON") }
        }
    }

    mutating func literal(_ word: StaticString) throws(WireError) {
        guard starts(with: word) else { throw .badJSON(at: position, "a value is no JSON") }
        position &+= word.utf8CodeUnitCount
    }

    /// Whether the next bytes are these.
    func starts(with word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        return matches(word, at: position)
    }

    // MARK: - Strings

    /// Reads a string, whose quote is next.
    @inline(__always) mutating func string() throws(WireError) -> JSONString {
        position &+= 1
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let string = JSONString(start: start, end: position, hasEscapes: false)
                position &+= 1
                return string
            }
            guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\\") else { break }
            position &+= 1
        }
        return try uncommonString(from: start)
    }

    /// The rest of a string that has escapes or characters beyond ASCII.
    @inline(never) private mutating func uncommonString(from start: Int) throws(WireError) -> JSONString {
        var hasEscapes = false
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return JSONString(start: start, end: position - 1, hasEscapes: hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try escape()
            case 0x20..<0x80:
                position += 1
            case 0x80...:
                try multibyteCharacter()
            default:
                throw .badJSON(at: position, "a control character stands in a string")
            }
        }
        throw .badJSON(at: position, "a string does not end")
    }

    private mutating func escape() throws(WireError) {
        let start = position
        position += 1
        switch next {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            guard let unit = hexadecimal() else { throw .badJSON(at: start, "an escape has no four digits") }
            if 0xd800..<0xdc00 ~= unit {
                guard skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")), let low = hexadecimal(),
                    0xdc00..<0xe000 ~= low
                else { throw .badJSON(at: start, "half a surrogate pair stands alone") }
            } else if 0xdc00..<0xe000 ~= unit {
                throw .badJSON(at: start, "half a surrogate pair stands alone")
            }
        default:
            throw .badJSON(at: start, "there is no such escape")
        }
    }

    private mutating func hexadecimal() -> UInt16? {
        guard bytes.count - position >= 4 else { return nil }
        var unit: UInt16 = 0
        for byte in bytes[position..<(position + 4)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        position += 4
        return unit
    }

    /// A sequence of UTF-8 (The Unicode Standard, table 3-7).
    private mutating func multibyteCharacter() throws(WireError) {
        let first = bytes[position]
        let count: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch first {
        case 0xc2...0xdf: count = 2
        case 0xe0: (count, second) = (3, 0xa0...0xbf)
        case 0xed: (count, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: count = 3
        case 0xf0: (count, second) = (4, 0x90...0xbf)
        case 0xf4: (count, second) = (4, 0x80...0x8f)
        case 0xf1...0xf3: count = 4
        default: throw .badJSON(at: position, "a string is not UTF-8")
        }
        guard bytes.count - position >= count, second.contains(bytes[position + 1]),
            bytes[(position + 2)..<(position + count)].allSatisfy({ 0x80...0xbf ~= $0 })
        else { throw .badJSON(at: position, "a string is not UTF-8") }
        position += count
    }

    /// Whether a string says that, escapes or not.
    @inline(__always) func equals(_ string: JSONString, _ word: StaticString) -> Bool {
        guard !string.hasEscapes else { return text(of: string) == "\(word)" }
        let count = string.end &- string.start
        guard count == word.utf8CodeUnitCount else { return false }
        return matches(word, at: string.start)
    }

    /// Whether a word stands there, for which there is room.
    @inline(__always) private func matches(_ word: StaticString, at start: Int) -> Bool {
        for offset in 0..<word.utf8CodeUnitCount where bytes[start &+ offset] != word.utf8Start[offset] {
            return false
        }
        return true
    }

    /// What a string says.
    ///
    /// It was read without an error, so that its escapes are whole.
    func text(of string: JSONString) -> String {
        let raw = bytes[string.start..<string.end]
        guard string.hasEscapes else { return String(decoding: raw, as: UTF8.self) }
        var units: [UInt16] = []
        var rest = String(decoding: raw, as: UTF8.self).utf16[...]
        while let unit = rest.popFirst() {
            guard unit == UInt8(ascii: "\\"), let kind = rest.popFirst() else {
                units.append(unit)
                continue
            }
            switch UInt8(truncatingIfNeeded: kind) {
            case UInt8(ascii: "b"): units.append(0x08)
            case UInt8(ascii: "f"): units.append(0x0c)
            case UInt8(ascii: "n"): units.append(0x0a)
            case UInt8(ascii: "r"): units.append(0x0d)
            case UInt8(ascii: "t"): units.append(0x09)
            case UInt8(ascii: "u"):
                units.append(UInt16(String(rest.prefix(4)) ?? "", radix: 16) ?? 0xfffd)
                rest = rest.dropFirst(4)
            default: units.append(kind)
            }
        }
        return String(decoding: units, as: UTF16.self)
    }
}

/// Where a string lies in the bytes of a scanner, without its quotes.
struct JSONString {
    var start: Int
    var end: Int
    var hasEscapes: Bool
}
