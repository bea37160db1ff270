/// Boxes of MP4 and QuickTime files, and elements of WebM ones, made by hand.
enum Boxes {
    static func box(_ type: String, _ body: [UInt8] = []) -> [UInt8] {
        number(UInt32(body.count + 8)) + Array(type.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }) + body
    }

    /// With a length of 64 bits.
    static func largeBox(_ type: String, _ body: [UInt8]) -> [UInt8] {
        number(UInt32(1)) + Array(type.utf8) + number(UInt64(body.count + 16)) + body
    }

    static func number<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    /// With a length of four bytes, or an unknown one of eight.
    static func element(_ id: UInt32, _ body: [UInt8], isUnknown: Bool = false) -> [UInt8] {
        let id = Array(number(id).drop { $0 == 0 })
        if isUnknown { return id + [0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF] + body }
        return id + number(UInt32(body.count) | 1 << 28) + body
    }
}
