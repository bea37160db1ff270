/// What the first bytes of a picture say of it: all that is believed of an upload.
///
/// Pictures are not decoded here, only by those who look at them; what counts is that nothing else than a picture is
/// ever served as one, and that nobody has to decode one of a billion pixels.
struct ImageInfo: Hashable, Sendable {
    /// The formats that every client shows.
    ///
    /// SVG is not among them: it can hold scripts.
    enum Format: String, Hashable, Sendable {
        case png = "image/png"
        case jpeg = "image/jpeg"
        case gif = "image/gif"
        case webP = "image/webp"
    }

    let format: Format
    /// Pixels, 1 or more.
    let width: Int
    /// Pixels, 1 or more.
    let height: Int

    /// Reads the head of a picture; nil for what is none of the formats, is cut off before its size, or is empty.
    init?(_ bytes: [UInt8]) {
        let reader = Reader(bytes)
        guard let (format, size) = Self.png(reader) ?? Self.gif(reader) ?? Self.webP(reader) ?? Self.jpeg(reader),
            size.width > 0, size.height > 0
        else { return nil }
        self.format = format
        width = size.width
        height = size.height
    }

    private typealias Found = (Format, (width: Int, height: Int))

    /// PNG (Third Edition), 5.2 and 11.2.1: the signature, then a header chunk of 13 bytes.
    private static func png(_ reader: Reader) -> Found? {
        guard reader.has([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], at: 0),
            reader.has([0, 0, 0, 13] + "IHDR".utf8, at: 8), reader.count >= 33
        else { return nil }
        return (.png, (reader.bigEndian(4, at: 16), reader.bigEndian(4, at: 20)))
    }

    /// GIF89a, section 18: the logical screen.
    private static func gif(_ reader: Reader) -> Found? {
        guard reader.has("GIF87a".utf8, at: 0) || reader.has("GIF89a".utf8, at: 0), reader.count >= 13 else {
            return nil
        }
        return (.gif, (reader.littleEndian(2, at: 6), reader.littleEndian(2, at: 8)))
    }

    /// RFC 9649, section 2: a RIFF container whose first chunk is one of three.
    private static func webP(_ reader: Reader) -> Found? {
        guard reader.has("RIFF".utf8, at: 0), reader.has("WEBP".utf8, at: 8), reader.count >= 30 else { return nil }
        if reader.has("VP8X".utf8, at: 12) {
            return (.webP, (reader.littleEndian(3, at: 24) + 1, reader.littleEndian(3, at: 27) + 1))
        }
        if reader.has("VP8L".utf8, at: 12), reader.has([0x2F], at: 20) {
            let packed = reader.littleEndian(4, at: 21)
            return (.webP, ((packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1))
        }
        // RFC 6386, section 9.1: a start code, then 14 bits each with 2 bits of scale.
        if reader.has("VP8 ".utf8, at: 12), reader.has([0x9D, 0x01, 0x2A], at: 23) {
            return (.webP, (reader.littleEndian(2, at: 26) & 0x3FFF, reader.littleEndian(2, at: 28) & 0x3FFF))
        }
        return nil
    }

    /// ITU-T T.81, B.2.2: segments up to the frame header, which has the size.
    private static func jpeg(_ reader: Reader) -> Found? {
        guard reader.has([0xFF, 0xD8, 0xFF], at: 0) else { return nil }
        var position = 2
        while position + 4 <= reader.count, reader.has([0xFF], at: position) {
            let marker = reader.bigEndian(1, at: position + 1)
            switch marker {
            case 0xFF:
                // Fill bytes may stand before a marker.
                position += 1
                continue
            case 0x01, 0xD0...0xD7:
                // Without a length.
                position += 2
                continue
            case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
                guard position + 9 <= reader.count else { return nil }
                return (.jpeg, (reader.bigEndian(2, at: position + 7), reader.bigEndian(2, at: position + 5)))
            case 0xD8...0xDA:
                // A second start, the end, or the data: before the size all are wrong.
                return nil
            default: break
            }
            let length = reader.bigEndian(2, at: position + 2)
            guard length >= 2 else { return nil }
            position += 2 + length
        }
        return nil
    }

    private struct Reader {
        private let bytes: [UInt8]

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var count: Int { bytes.count }

        func has(_ expected: some Collection<UInt8>, at offset: Int) -> Bool {
            offset + expected.count <= bytes.count && bytes[offset..<offset + expected.count].elementsEqual(expected)
        }

        /// - Precondition: The bytes are there; so for the next one.
        func bigEndian(_ count: Int, at offset: Int) -> Int {
            bytes[offset..<offset + count].reduce(0) { $0 << 8 | Int($1) }
        }

        func littleEndian(_ count: Int, at offset: Int) -> Int {
            bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
    }
}
