/// The picture of who has not uploaded one: a pattern and a colour made of their name, so that people can be told apart
/// on a map.
///
/// Five cells by five, the left half mirrored, as in the pattern:
/// ```text
///  a f k f a      15 bits, of which at least five and at most ten are set:
///  b g l g b      neither empty nor a block
///  c h m h c
///  d i n i d      24 hues, two shades
///  e j o j e
/// ```
public struct Identicon: Hashable, Sendable {
    /// Pixels on each side.
    public static let side = 160
    private static let cell = 26
    private static let margin = 15

    /// 15 bits, column by column.
    let pattern: Int
    /// Steps of 15 degrees, 0..<24.
    let hue: Int
    let isDark: Bool

    /// The picture of a name; the same name always has the same one.
    public init(_ name: String) {
        let digest = Crypto.sha256(Array(("identicon:" + AccountRules.key(name)).utf8))
        var pattern = 0
        // The hash gives eight draws; none of them is good for one name in some ten millions.
        for index in 0..<8 {
            pattern = (Int(digest[2 * index]) << 8 | Int(digest[2 * index + 1])) & 0x7FFF
            if (5...10).contains(pattern.nonzeroBitCount) { break }
        }
        if !(5...10).contains(pattern.nonzeroBitCount) { pattern = 0x2AAA }
        self.pattern = pattern
        hue = Int(digest[16]) * 24 / 256
        isDark = digest[17] & 1 == 1
    }

    /// Without quotation marks; names the picture, and the way it is drawn.
    public var etag: String { "identicon1-\(pattern)-\(hue)-\(isDark ? 1 : 0)" }

    /// The picture as a PNG of about 3 KB.
    ///
    /// One bit a pixel, and the deflate stream in stored blocks: nothing to compress is worth a compressor here.
    public var png: [UInt8] {
        let rowBytes = Self.side / 8
        var rows: [UInt8] = []
        rows.reserveCapacity((rowBytes + 1) * Self.side)
        for y in 0..<Self.side {
            rows.append(0)  // the row is not filtered
            for byte in 0..<rowBytes {
                var bits: UInt8 = 0
                for bit in 0..<8 { bits = bits << 1 | (isSet(x: byte * 8 + bit, y: y) ? 1 : 0) }
                rows.append(bits)
            }
        }
        var header: [UInt8] = []
        header += PNGWriter.bigEndian(UInt32(Self.side)) + PNGWriter.bigEndian(UInt32(Self.side))
        header += [1, 3, 0, 0, 0]  // one bit, a palette, and the only methods there are
        return PNGWriter.signature + PNGWriter.chunk("IHDR", header)
            + PNGWriter.chunk("PLTE", Self.background + colour) + PNGWriter.chunk("IDAT", PNGWriter.stored(rows))
            + PNGWriter.chunk("IEND", [])
    }

    private func isSet(x: Int, y: Int) -> Bool {
        let column = (x - Self.margin) / Self.cell, row = (y - Self.margin) / Self.cell
        guard x >= Self.margin, y >= Self.margin, column < 5, row < 5 else { return false }
        return pattern >> (min(column, 4 - column) * 5 + row) & 1 == 1
    }

    private static let background: [UInt8] = [0xF2, 0xF2, 0xF2]

    /// The hue at full saturation, in one of two lightnesses: red, green, blue.
    private var colour: [UInt8] {
        let lightness = isDark ? 0.32 : 0.5
        let chroma = (1 - abs(2 * lightness - 1)) * 0.75
        let sector = Double(hue) * 15 / 60
        let second = chroma * (1 - abs(sector.truncatingRemainder(dividingBy: 2) - 1))
        let (red, green, blue): (Double, Double, Double) =
            switch Int(sector) {
            case 0: (chroma, second, 0)
            case 1: (second, chroma, 0)
            case 2: (0, chroma, second)
            case 3: (0, second, chroma)
            case 4: (second, 0, chroma)
            default: (chroma, 0, second)
            }
        let floor = lightness - chroma / 2
        return [red, green, blue].map { UInt8((($0 + floor) * 255).rounded()) }
    }
}

/// The frame of a PNG file; PNG (Third Edition), sections 5 and 10, with RFC 1950 and RFC 1951.
enum PNGWriter {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Length, type, data, and the checksum of the last two.
    static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        return bigEndian(UInt32(data.count)) + body + bigEndian(crc32(body))
    }

    /// A zlib stream that holds its bytes as they are.
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        var position = 0
        repeat {
            let count = min(65_535, bytes.count - position)
            let isLast = position + count == bytes.count
            let length = UInt16(count)
            stream += [isLast ? 1 : 0]
            stream += [UInt8(length & 0xFF), UInt8(length >> 8), UInt8(~length & 0xFF), UInt8(~length >> 8)]
            stream += bytes[position..<position + count]
            position += count
        } while position < bytes.count
        return stream + bigEndian(adler32(bytes))
    }

    static func bigEndian(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
    }

    /// The checksum of ISO 3309, reflected.
    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in crcTable[Int((crc ^ UInt32(byte)) & 0xFF)] ^ crc >> 8 }
    }

    static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var a: UInt32 = 1, b: UInt32 = 0
        for byte in bytes {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return b << 16 | a
    }

    private static let crcTable: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
    }
}
