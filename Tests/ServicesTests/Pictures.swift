@testable import Services

/// The heads of pictures: as much as is read of them, and a little more.
enum Pictures {
    static func png(width: UInt32 = 3, height: UInt32 = 2, tail: [UInt8] = []) -> [UInt8] {
        PNGWriter.signature
            + PNGWriter.chunk(
                "IHDR", PNGWriter.bigEndian(width) + PNGWriter.bigEndian(height) + [8, 2, 0, 0, 0])
            + PNGWriter.chunk("IEND", tail)
    }

    static func gif(width: UInt8 = 3, height: UInt8 = 2, version: String = "GIF89a") -> [UInt8] {
        Array(version.utf8) + [width, 0, height, 0, 0, 0, 0, 0x3B]
    }

    /// With a JFIF segment, a fill byte and a Huffman table before the frame.
    static func jpeg(width: UInt8 = 3, height: UInt8 = 2, frame: UInt8 = 0xC0) -> [UInt8] {
        [0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xFF, 0xC4, 0, 3, 0, 0xFF, frame, 0, 11, 8, 0, height, 0, width, 1]
            + [1, 0x11, 0, 0xFF, 0xD9]
    }

    static func webP(lossy width: UInt8 = 3, height: UInt8 = 2) -> [UInt8] {
        riff("VP8 ", [0, 0, 0, 0x9D, 0x01, 0x2A, width, 0x40, height, 0x80])
    }

    static func webP(lossless width: Int, height: Int) -> [UInt8] {
        let packed = (width - 1) | (height - 1) << 14
        return riff("VP8L", [0x2F] + (0..<4).map { UInt8(packed >> ($0 * 8) & 0xFF) } + [0, 0, 0, 0, 0])
    }

    static func webP(extended width: Int, height: Int) -> [UInt8] {
        let sides = [width - 1, height - 1].flatMap { side in (0..<3).map { UInt8(side >> ($0 * 8) & 0xFF) } }
        return riff("VP8X", [0, 0, 0, 0] + sides)
    }

    private static func riff(_ type: String, _ data: [UInt8]) -> [UInt8] {
        Array("RIFF".utf8) + [30, 0, 0, 0] + Array("WEBP".utf8) + Array(type.utf8) + [UInt8(data.count), 0, 0, 0] + data
    }
}
