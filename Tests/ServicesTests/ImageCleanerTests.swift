import Testing

@testable import Services

@Suite("Pictures without what is not for showing them")
struct ImageCleanerTests {
    /// Little-endian TIFF with a camera's name, an orientation, and a place.
    private static func tiff(orientation: UInt8) -> [UInt8] {
        let entries: [[UInt8]] = [
            [0x0F, 0x01, 2, 0, 4, 0, 0, 0] + Array("Cam\0".utf8), [0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0],
            [0x25, 0x88, 4, 0, 1, 0, 0, 0, 50, 0, 0, 0],
        ]
        return Array("II".utf8) + [42, 0, 8, 0, 0, 0] + [3, 0] + entries.flatMap { $0 } + [0, 0, 0, 0]
            + Array("GPS 48.1372 N 11.5755 E".utf8)
    }

    private static func segment(_ kind: UInt8, _ content: [UInt8]) -> [UInt8] {
        [0xFF, kind, UInt8((content.count + 2) >> 8), UInt8((content.count + 2) & 0xFF)] + content
    }

    private static let frame = segment(0xC0, [8, 0, 2, 0, 3, 1, 1, 0x11, 0])
    private static let scan: [UInt8] =
        segment(0xDA, [1, 1, 0, 0, 63, 0]) + [0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD0, 0x56, 0xFF, 0xD1, 0x78]

    private func holds(_ text: String, _ bytes: [UInt8]) -> Bool {
        let wanted = Array(text.utf8)
        return bytes.indices.contains { bytes[$0...].starts(with: wanted) }
    }

    @Test("a photograph loses place, camera, comments, previews and what follows its end, and keeps pixels and colours")
    func jpeg() {
        let start: [UInt8] = [0xFF, 0xD8], end: [UInt8] = [0xFF, 0xD9]
        let jfif = Self.segment(0xE0, Array("JFIF\0".utf8) + [1, 1, 0, 0, 1, 0, 1, 0, 0])
        let colours = Self.segment(0xE2, Array("ICC_PROFILE\0".utf8) + [1, 1, 9])
        let adobe = Self.segment(0xEE, Array("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 1])
        let tables = Self.segment(0xDB, [0, 1, 2, 3])
        var photograph = start + jfif
        photograph += Self.segment(0xE1, Array("Exif\0\0".utf8) + Self.tiff(orientation: 1))
        photograph += Self.segment(0xE1, Array("http://ns.adobe.com/xap/1.0/\0GPS".utf8))
        photograph += Self.segment(0xE2, Array("MPF\0GPS".utf8)) + colours
        photograph += Self.segment(0xED, Array("Photoshop 3.0\0GPS".utf8)) + adobe
        photograph += Self.segment(0xFE, Array("taken at home GPS".utf8)) + tables + Self.frame + Self.scan
        // Another scan, with a comment between.
        photograph += Self.segment(0xFE, Array("GPS".utf8)) + Self.scan + end + start
        photograph += Self.segment(0xE1, Array("Exif\0\0GPS".utf8)) + Self.frame + Self.scan + end
        let cleaned = ImageCleaner.cleaned(photograph, .jpeg)
        let kept = start + jfif + colours + adobe
        #expect(cleaned == kept + tables + Self.frame + Self.scan + Self.scan + end)
        #expect(!holds("GPS", cleaned) && !holds("Cam", cleaned))
        #expect(ImageCleaner.cleaned(cleaned, .jpeg) == cleaned, "what is clean stays as it is")
    }

    @Test("which way is up stays, in each format that says it", arguments: 2...8)
    func orientation(value: UInt8) throws {
        let tiff = Self.tiff(orientation: value)
        let exif = Self.segment(0xE1, Array("Exif\0\0".utf8) + tiff)
        let jpeg = [0xFF, 0xD8] + exif + Self.frame + Self.scan + [0xFF, 0xD9]
        let png = Array(Pictures.png().dropLast(12)) + PNGWriter.chunk("eXIf", tiff) + PNGWriter.chunk("IEND", [])
        let chunk = Array("EXIF".utf8) + [UInt8(tiff.count), 0, 0, 0] + tiff + (tiff.count % 2 == 0 ? [] : [0])
        var webP = Pictures.webP(extended: 3, height: 2) + chunk
        webP[20] = 0x0C
        webP[4] = UInt8(webP.count - 8)
        for (bytes, format) in [(jpeg, ImageInfo.Format.jpeg), (png, .png), (webP, .webP)] {
            let cleaned = ImageCleaner.cleaned(bytes, format)
            #expect(!holds("GPS", cleaned) && !holds("Cam", cleaned))
            // Big-endian: the tag, a short, one of it, and its value.
            let entry: [UInt8] = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value]
            #expect(cleaned.indices.contains { cleaned[$0...].starts(with: entry) }, "\(format)")
            #expect(ImageInfo(cleaned) == ImageInfo(bytes))
            #expect(ImageCleaner.cleaned(cleaned, format) == cleaned)
        }
    }

    @Test("a PNG loses texts, times and what nobody knows, and keeps colours, transparency and movement")
    func png() {
        let head = Array(Pictures.png().dropLast(12))
        let shown = ["gAMA", "iCCP", "pHYs", "acTL", "tRNS", "fcTL", "IDAT", "fdAT"].flatMap {
            PNGWriter.chunk($0, [1, 2, 3])
        }
        let hidden = ["tEXt", "zTXt", "iTXt", "tIME", "eXIf", "prVt"].flatMap { PNGWriter.chunk($0, Array("GPS".utf8)) }
        let end = PNGWriter.chunk("IEND", [])
        let picture: [UInt8] = head + hidden + shown + end + Array("GPS".utf8)
        let cleaned = ImageCleaner.cleaned(picture, .png)
        #expect(cleaned == head + shown + end)
    }

    @Test("a WebP loses Exif and XMP, in its chunks and in its flags, and its length is true")
    func webP() {
        func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
            Array(type.utf8) + [UInt8(content.count), 0, 0, 0] + content + (content.count % 2 == 0 ? [] : [0])
        }
        func file(_ chunks: [UInt8]) -> [UInt8] {
            Array("RIFF".utf8) + [UInt8(chunks.count + 4), 0, 0, 0] + Array("WEBP".utf8) + chunks
        }
        let size: [UInt8] = [0, 0, 0, 2, 0, 0, 1, 0, 0]
        let pixels =
            chunk("ICCP", [1, 2, 3]) + chunk("ALPH", [1, 2]) + chunk("VP8 ", [0, 0, 0, 0x9D, 1, 0x2A, 3, 0, 2, 0])
        let hidden = chunk("EXIF", Self.tiff(orientation: 1)) + chunk("XMP ", Array("GPS".utf8)) + chunk("PRIV", [1])
        let cleaned = ImageCleaner.cleaned(file(chunk("VP8X", [0x3C] + size) + pixels + hidden), .webP)
        #expect(cleaned == file(chunk("VP8X", [0x30] + size) + pixels))
    }

    @Test("a GIF loses comments and notes of programs, and goes on moving")
    func gif() {
        // Two colours, then blocks.
        let head = Array("GIF89a".utf8) + [1, 0, 1, 0, 0x80, 0, 0] + [0, 0, 0, 255, 255, 255]
        let loop: [UInt8] = [0x21, 0xFF, 11] + Array("NETSCAPE2.0".utf8) + [3, 1, 0, 0, 0]
        let times: [UInt8] = [0x21, 0xF9, 4, 0, 10, 0, 0, 0]
        let image: [UInt8] = [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]
        let comment: [UInt8] = [0x21, 0xFE, 3] + Array("GPS".utf8) + [0]
        let note: [UInt8] = [0x21, 0xFF, 11] + Array("XMP DataXMP".utf8) + [3] + Array("GPS".utf8) + [0]
        let picture: [UInt8] = head + loop + comment + times + image + note + image + [0x3B] + Array("GPS".utf8)
        let cleaned = ImageCleaner.cleaned(picture, .gif)
        #expect(cleaned == head + loop + times + image + image + [0x3B])
    }

    @Test("what is cut off anywhere, or changed anywhere, is cleaned without a crash, and never grows")
    func damaged() {
        let exif = Self.segment(0xE1, Array("Exif\0\0".utf8) + Self.tiff(orientation: 6))
        let jpeg = [0xFF, 0xD8] + exif + Self.frame + Self.scan + [0xFF, 0xD9]
        let wholes: [[UInt8]] = [
            jpeg, Pictures.png(tail: [1, 2]), Pictures.gif(), Pictures.webP(), Pictures.webP(extended: 3, height: 2),
            Array(Pictures.png().dropLast(12)) + PNGWriter.chunk("eXIf", Self.tiff(orientation: 3)),
        ]
        for whole in wholes {
            for count in whole.indices {
                clean(Array(whole[..<count]))
                for value in [0, 1, 0x7F, 0xFF] as [UInt8] {
                    var changed = whole
                    changed[count] = value
                    clean(changed)
                }
            }
        }
    }

    private func clean(_ bytes: [UInt8]) {
        guard let info = ImageInfo(bytes) else { return }
        #expect(ImageCleaner.cleaned(bytes, info.format).count <= bytes.count + 4)
    }
}
