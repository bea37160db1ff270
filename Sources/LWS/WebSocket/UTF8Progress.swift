/// Whether text that arrives piece by piece is well-formed UTF-8 so far (Unicode 16, table 3-7): no surrogates, nothing
/// overlong, nothing beyond U+10FFFF.
struct UTF8Progress {
    /// Bytes of the present character that are still to come.
    private var missing = 0
    /// What the next one of them may be; the second byte of a character has narrower bounds than the others.
    private var bounds: ClosedRange<UInt8> = 0x80...0xbf

    /// Whether no character is incomplete.
    var isAtBoundary: Bool { missing == 0 }

    /// Takes the next piece.
    ///
    /// - Returns: False as soon as no continuation could make it well-formed.
    mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            // Most text is ASCII: eight bytes at a time.
            if missing == 0, index + 8 <= bytes.count,
                bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                index += 8
                continue
            }
            guard accept(bytes[index]) else { return false }
            index += 1
        }
        return true
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        if missing > 0 {
            guard bounds.contains(byte) else { return false }
            missing -= 1
            bounds = 0x80...0xbf
            return true
        }
        switch byte {
        case 0x00...0x7f: return true
        case 0xc2...0xdf: missing = 1
        case 0xe0: (missing, bounds) = (2, 0xa0...0xbf)
        case 0xe1...0xec, 0xee...0xef: missing = 2
        case 0xed: (missing, bounds) = (2, 0x80...0x9f)
        case 0xf0: (missing, bounds) = (3, 0x90...0xbf)
        case 0xf1...0xf3: missing = 3
        case 0xf4: (missing, bounds) = (3, 0x80...0x8f)
        default: return false
        }
        return true
    }
}
