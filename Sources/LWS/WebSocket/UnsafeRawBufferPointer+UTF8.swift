extension UnsafeRawBufferPointer {
    /// Whether the bytes are well-formed UTF-8 (Unicode 16, table 3-7); no surrogates, nothing overlong.
    var isValidUTF8: Bool {
        // Most messages are ASCII: eight bytes at a time.
        var index = 0
        while index + 8 <= count {
            if loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { break }
            index += 8
        }
        let rest = UnsafeRawBufferPointer(rebasing: self[index...])
        if rest.isEmpty { return true }
        return rest.withMemoryRebound(to: UInt8.self) { (try? UTF8Span(validating: Span(_unsafeElements: $0))) != nil }
    }
}
