public import Limits

/// Why a text is no JSON, and where.
public struct JSONError: Error, Hashable, Sendable {
    /// The byte at which it stopped making sense.
    public let offset: Int
    /// A sentence for a person.
    public let message: String
}

extension JSONValue {
    /// Reads a JSON text, RFC 8259: nothing but one value and white space around it.
    ///
    /// Of members of one name the last counts, as in JavaScript. A lone surrogate in an escape is half of a character,
    /// and refused.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8. Whatever it is, reading it ends: no text makes it crash or loop.
    ///   - depth: How deep arrays and objects may be nested.
    /// - Throws: ``JSONError``, also for a number beyond the range of a `Double`.
    /// - Complexity: Linear.
    public init(parsing bytes: some Collection<UInt8>, depth: Int = Limit.HTTP.jsonDepth) throws(JSONError) {
        let result: Result<JSONValue, JSONError>
        let parse = { (buffer: UnsafeBufferPointer<UInt8>) -> Result<JSONValue, JSONError> in
            var parser = JSONParser(bytes: buffer)
            return Result { () throws(JSONError) in try parser.document(depth: depth) }
        }
        result = bytes.withContiguousStorageIfAvailable(parse) ?? Array(bytes).withUnsafeBufferPointer(parse)
        self = try result.get()
    }

    /// As ``init(parsing:depth:)``, of what strangers send: with a bound of its values, where a tree takes many times the
    /// memory of its text, and without the elements of some arrays, which are shown one by one and not kept.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8.
    ///   - depth: How deep arrays and objects may be nested.
    ///   - count: How many values there may be beside those elements.
    ///   - names: Members of the object at the top whose arrays are shown, and are empty in the result.
    ///   - elementCount: How many values one of their elements may have.
    ///   - look: Gets the name, and each element in turn.
    /// - Throws: ``JSONError``, also for too many values.
    public init(
        parsing bytes: [UInt8], depth: Int = Limit.HTTP.jsonDepth, atMost count: Int, showing names: Set<String>,
        atMostEach elementCount: Int, _ look: (String, JSONValue) -> Void
    ) throws(JSONError) {
        let result = withoutActuallyEscaping(look) { look in
            bytes.withUnsafeBufferPointer { bytes in
                var parser = JSONParser(
                    bytes: bytes, left: count,
                    shown: JSONParser.Shown(names: names, depth: depth, count: elementCount, look: look))
                return Result { () throws(JSONError) in try parser.document(depth: depth) }
            }
        }
        self = try result.get()
    }

    /// As ``init(parsing:depth:)``, of a text.
    public init(parsing text: String, depth: Int = Limit.HTTP.jsonDepth) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), depth: depth)
    }
}

/// A recursive descent over bytes that outlive it.
private struct JSONParser {
    /// Arrays whose elements are shown and not kept.
    struct Shown {
        let names: Set<String>
        /// Of the object whose members they are.
        let depth: Int
        let count: Int
        let look: (String, JSONValue) -> Void
    }

    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    /// How many values there may be yet.
    private var left: Int
    private let shown: Shown?

    init(bytes: UnsafeBufferPointer<UInt8>, left: Int = .max, shown: Shown? = nil) {
        self.bytes = bytes
        self.left = left
        self.shown = shown
    }

    mutating func document(depth: Int) throws(JSONError) -> JSONValue {
        let value = try value(depth: depth)
        skipSpace()
        guard position == bytes.count else { throw error("There is something after the value.") }
        return value
    }

    private func error(_ message: String) -> JSONError { JSONError(offset: position, message: message) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipSpace()
        guard left > 0 else { throw error("There are too many values.") }
        left -= 1
        switch next {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-")?, (UInt8(ascii: "0")...UInt8(ascii: "9"))?: return try number()
        case nil: throw error("The text ends where a value is expected.")
        default: throw error("A value is expected.")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count,
            (0..<count).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
        else { throw error("A value is expected.") }
        position += count
        return value
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        guard depth > 0 else { throw error("Arrays and objects are nested too deep.") }
        position += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take("]") { return elements }
        while true {
            elements.append(try value(depth: depth - 1))
            skipSpace()
            if take("]") { return elements }
            guard take(",") else { throw error("A comma or the end of the array is expected.") }
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        guard depth > 0 else { throw error("Arrays and objects are nested too deep.") }
        position += 1
        var members: [JSONObject.Member] = []
        // Looking through the members is quicker while they are few, and quadratic when they are many.
        var indexes: [String: Int] = [:]
        skipSpace()
        if take("}") { return JSONObject() }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error("The name of a member is expected.") }
            let name = try string()
            skipSpace()
            guard take(":") else { throw error("A colon is expected.") }
            let value = try member(name, depth: depth)
            if members.count == 16 {
                for (index, member) in members.enumerated() { indexes[member.name] = index }
            }
            let known = members.count < 16 ? members.firstIndex { $0.name == name } : indexes[name]
            if let known {
                members[known].value = value
            } else {
                if members.count >= 16 { indexes[name] = members.count }
                members.append(JSONObject.Member(name: name, value: value))
            }
            skipSpace()
            if take("}") { return JSONObject(distinct: members) }
            guard take(",") else { throw error("A comma or the end of the object is expected.") }
        }
    }

    /// The value of a member.
    private mutating func member(_ name: String, depth: Int) throws(JSONError) -> JSONValue {
        skipSpace()
        guard let shown, depth == shown.depth, next == UInt8(ascii: "["), shown.names.contains(name) else {
            return try value(depth: depth - 1)
        }
        guard depth > 1 else { throw error("Arrays and objects are nested too deep.") }
        position += 1
        skipSpace()
        if take("]") { return [] }
        let others = left
        while true {
            left = shown.count
            shown.look(name, try value(depth: depth - 2))
            left = others
            skipSpace()
            if take("]") { return [] }
            guard take(",") else { throw error("A comma or the end of the array is expected.") }
        }
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        let isNegative = take("-"), isZero = take("0")
        guard isZero || digits() else { throw error("A digit is expected.") }
        var isInteger = !(isNegative && isZero)  // no integer is -0
        if take(".") {
            isInteger = false
            guard digits() else { throw error("A digit is expected.") }
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            guard digits() else { throw error("A digit is expected.") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else {
            position = start
            throw error("The number is too large.")
        }
        return .double(value)
    }

    /// Whether there was at least one.
    private mutating func digits() -> Bool {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position > start
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        // The common string has no escapes, and is read in one piece.
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if next == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try text(bytes[start..<position], at: start)
        }
        var plain = Array(bytes[start..<position])
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try text(plain[...], at: start)
            case UInt8(ascii: "\\"): try escape(into: &plain)
            case 0..<0x20:
                position -= 1
                throw error("A control character in a string has to be escaped.")
            default: plain.append(byte)
            }
        }
        throw error("The text ends within a string.")
    }

    private func text(_ bytes: some Collection<UInt8>, at start: Int) throws(JSONError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw JSONError(offset: start, message: "A string is not valid UTF-8.")
        }
        return text
    }

    /// Reads what follows a backslash.
    private mutating func escape(into plain: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw error("The text ends within a string.") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain.append(byte)
        case UInt8(ascii: "b"): plain.append(0x08)
        case UInt8(ascii: "f"): plain.append(0x0C)
        case UInt8(ascii: "n"): plain.append(0x0A)
        case UInt8(ascii: "r"): plain.append(0x0D)
        case UInt8(ascii: "t"): plain.append(0x09)
        case UInt8(ascii: "u"):
            let first = try unit()
            var scalar = Unicode.Scalar(first)
            if UTF16.isLeadSurrogate(UInt16(first)), take("\\"), take("u") {
                let second = try unit()
                if UTF16.isTrailSurrogate(UInt16(second)) {
                    scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
                }
            }
            guard let scalar else { throw error("A surrogate without its other half is no character.") }
            plain.append(contentsOf: Array(String(scalar).utf8))
        default:
            position -= 1
            throw error("The escape is unknown.")
        }
    }

    /// Four hexadecimal digits.
    private mutating func unit() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("Four hexadecimal digits are expected.")
            }
            value = value << 4 + UInt32(digit)
            position += 1
        }
        return value
    }
}
