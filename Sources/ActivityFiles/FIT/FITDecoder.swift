/// A message of a FIT file: its number in the profile, and what its fields say.
struct FITMessage {
    enum Value: Hashable {
        case integer(Int64)
        case real(Double)
        case text(String)
        /// Of an array of bytes, or of a field whose size is none of its type.
        case bytes([UInt8])
    }

    let number: UInt16
    /// Fields that have a value; of arrays, the first element.
    var fields: [(number: UInt8, value: Value)]
    /// Seconds since FIT's epoch, of the message itself or of its header.
    var time: UInt32?

    subscript(_ field: UInt8) -> Value? { fields.last { $0.number == field }?.value }

    func integer(_ field: UInt8) -> Int64? {
        guard case .integer(let value)? = self[field] else { return nil }
        return value
    }

    func text(_ field: UInt8) -> String? {
        guard case .text(let value)? = self[field], !value.isEmpty else { return nil }
        return value
    }

    /// A whole number divided by its scale.
    func scaled(_ field: UInt8, by scale: Double) -> Double? {
        switch self[field] {
        case .integer(let value): Double(value) / scale
        case .real(let value): value / scale
        default: nil
        }
    }
}

/// Takes the messages out of one FIT file (protocol 1.0 and 2.0), which may be one of a chain.
///
/// What the definitions say is believed for the sizes, so that unknown messages, unknown fields and developers' fields
/// are passed over; a field whose size is no multiple of its type's, as COROS writes them, has no value.
struct FITDecoder {
    /// How the file ended.
    struct End {
        /// Where the next of a chain begins.
        var next: Int
        var isTruncated: Bool
        var isDamaged: Bool
    }

    private struct Definition {
        struct Field {
            var number: UInt8
            var size: Int
            var type: UInt8
        }

        var isBigEndian: Bool
        var number: UInt16
        var fields: [Field]
        /// Bytes of all fields, developers' included.
        var size: Int
    }

    private let bytes: UnsafeRawBufferPointer
    private var position: Int
    private var end: Int
    private var definitions = [Definition?](repeating: nil, count: 16)
    private var lastTime: UInt32?

    /// Whether a FIT file begins here.
    static func begins(_ bytes: UnsafeRawBufferPointer, at start: Int) -> Bool {
        start + 12 <= bytes.count && bytes[start] >= 12 && start + Int(bytes[start]) <= bytes.count
            && bytes[(start + 8)..<(start + 12)].elementsEqual(".FIT".utf8)
    }

    /// Reads the file that begins at `start`, where `begins` is true, and tells the wanted messages in the order of the file.
    static func read(
        _ bytes: UnsafeRawBufferPointer, at start: Int, wanted: (UInt16) -> Bool,
        _ body: (FITMessage) throws(ActivityFileError) -> Void
    ) throws(ActivityFileError) -> End {
        let dataStart = start + Int(bytes[start])
        let size = (0..<4).reduce(0) { $0 | Int(bytes[start + 4 + $1]) << (8 * $1) }
        var result = End(next: bytes.count, isTruncated: false, isDamaged: false)
        var dataEnd = bytes.count
        if size == 0 {
            // The device had no time to write how much there is: all, but perhaps for a checksum.
            result.isTruncated = true
        } else if dataStart + size + 2 > bytes.count {
            result.isTruncated = true
            dataEnd = min(bytes.count, dataStart + size)
        } else {
            dataEnd = dataStart + size
            result.next = dataEnd + 2
            var checksum = FITChecksum()
            checksum.add(bytes[start..<dataEnd])
            let written = UInt16(bytes[dataEnd]) | UInt16(bytes[dataEnd + 1]) << 8
            result.isDamaged = checksum.value != written
        }
        var decoder = FITDecoder(bytes: bytes, position: dataStart, end: dataEnd)
        while decoder.position < dataEnd {
            guard let message = decoder.next(wanted) else {
                result.isTruncated = true
                break
            }
            if let message = message.message { try body(message) }
        }
        return result
    }

    private init(bytes: UnsafeRawBufferPointer, position: Int, end: Int) {
        self.bytes = bytes
        self.position = position
        self.end = end
    }

    /// The next message, if it is a wanted one with data; nil when what comes cannot be read.
    private mutating func next(_ wanted: (UInt16) -> Bool) -> (message: FITMessage?, Void)? {
        guard let header = byte() else { return nil }
        if header & 0x80 != 0 {
            return data(Int(header >> 5 & 3), offset: UInt32(header & 0x1f), wanted)
        }
        if header & 0x40 != 0 {
            return define(Int(header & 0xf), hasDeveloperFields: header & 0x20 != 0) ? (nil, ()) : nil
        }
        return data(Int(header & 0xf), offset: nil, wanted)
    }

    private mutating func byte() -> UInt8? {
        guard position < end else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func define(_ local: Int, hasDeveloperFields: Bool) -> Bool {
        guard byte() != nil, let architecture = byte(), let first = byte(), let second = byte(), let count = byte(),
            position + 3 * Int(count) <= end
        else { return false }
        let isBigEndian = architecture & 1 == 1
        var definition = Definition(
            isBigEndian: isBigEndian,
            number: isBigEndian ? UInt16(first) << 8 | UInt16(second) : UInt16(second) << 8 | UInt16(first),
            fields: [], size: 0)
        for index in 0..<Int(count) {
            let field = Definition.Field(
                number: bytes[position + 3 * index], size: Int(bytes[position + 3 * index + 1]),
                type: bytes[position + 3 * index + 2])
            definition.fields.append(field)
            definition.size += field.size
        }
        position += 3 * Int(count)
        if hasDeveloperFields {
            guard let count = byte(), position + 3 * Int(count) <= end else { return false }
            for index in 0..<Int(count) { definition.size += Int(bytes[position + 3 * index + 1]) }
            position += 3 * Int(count)
        }
        definitions[local] = definition
        return true
    }

    private mutating func data(
        _ local: Int, offset: UInt32?, _ wanted: (UInt16) -> Bool
    ) -> (message: FITMessage?, Void)? {
        guard let definition = definitions[local], position + definition.size <= end else { return nil }
        var at = position
        position += definition.size
        let isWanted = wanted(definition.number)
        var message = FITMessage(number: definition.number, fields: [])
        for field in definition.fields {
            // The time of every message counts, since compressed times go on from it.
            if isWanted || field.number == 253, let value = value(field, at: at, definition.isBigEndian) {
                message.fields.append((field.number, value))
            }
            at += field.size
        }
        if let time = message.integer(253), let time = UInt32(exactly: time) {
            message.time = time
            lastTime = time
        } else if let offset, let last = lastTime {
            let time = (last & ~31) &+ offset &+ (offset < last & 31 ? 32 : 0)
            message.time = time
            lastTime = time
        }
        return (isWanted ? message : nil, ())
    }

    private func value(_ field: Definition.Field, at start: Int, _ isBigEndian: Bool) -> FITMessage.Value? {
        let bytes = bytes[start..<(start + field.size)]
        switch field.type {
        case 0x07:
            let text = bytes.prefix { $0 != 0 }
            return text.isEmpty ? nil : .text(String(decoding: text, as: UTF8.self))
        case 0x0d:
            return bytes.isEmpty || bytes.allSatisfy { $0 == 0xff } ? nil : .bytes(Array(bytes))
        default:
            guard let type = FITType(rawValue: field.type), field.size > 0, field.size.isMultiple(of: type.size) else {
                return nil
            }
            var raw: UInt64 = 0
            for index in 0..<type.size {
                let shift = isBigEndian ? type.size - 1 - index : index
                raw |= UInt64(bytes[start + index]) << UInt64(8 * shift)
            }
            return type.value(raw)
        }
    }
}

/// The numbers among FIT's base types.
private enum FITType: UInt8 {
    case enumeration = 0x00
    case sint8 = 0x01
    case uint8 = 0x02
    case sint16 = 0x83
    case uint16 = 0x84
    case sint32 = 0x85
    case uint32 = 0x86
    case float32 = 0x88
    case float64 = 0x89
    case uint8z = 0x0a
    case uint16z = 0x8b
    case uint32z = 0x8c
    case sint64 = 0x8e
    case uint64 = 0x8f
    case uint64z = 0x90

    var size: Int {
        switch self {
        case .enumeration, .sint8, .uint8, .uint8z: 1
        case .sint16, .uint16, .uint16z: 2
        case .sint32, .uint32, .float32, .uint32z: 4
        case .float64, .sint64, .uint64, .uint64z: 8
        }
    }

    /// What the bits mean; nil for those that say that there is no value.
    func value(_ raw: UInt64) -> FITMessage.Value? {
        switch self {
        case .enumeration, .uint8, .uint16, .uint32:
            raw == UInt64.max >> UInt64(64 - 8 * size) ? nil : .integer(Int64(raw))
        case .uint64: raw == .max ? nil : Int64(exactly: raw).map { .integer($0) }
        case .uint8z, .uint16z, .uint32z, .uint64z: raw == 0 ? nil : Int64(exactly: raw).map { .integer($0) }
        case .sint8: raw == 0x7f ? nil : .integer(Int64(Int8(truncatingIfNeeded: raw)))
        case .sint16: raw == 0x7fff ? nil : .integer(Int64(Int16(truncatingIfNeeded: raw)))
        case .sint32: raw == 0x7fff_ffff ? nil : .integer(Int64(Int32(truncatingIfNeeded: raw)))
        case .sint64: raw == UInt64(Int64.max) ? nil : .integer(Int64(truncatingIfNeeded: raw))
        case .float32: finite(Double(Float(bitPattern: UInt32(truncatingIfNeeded: raw))))
        case .float64: finite(Double(bitPattern: raw))
        }
    }

    private func finite(_ number: Double) -> FITMessage.Value? { number.isFinite ? .real(number) : nil }
}
