/// Takes out of a picture what is not for showing it: where and when it was taken, by which camera, comments, previews,
/// and whatever stands behind its end.
///
/// A phone writes the place into each photograph, and whoever shows a face to a forum does not mean to show where they
/// live. Pixels are not touched. What is kept are the parts that are known to be needed, so that what nobody has heard
/// of goes too; a picture that is cut off stays cut off. One thing of the rest is kept, which way is up, since phones
/// leave it to the viewer to turn the picture.
enum ImageCleaner {
    /// The picture without what is not for showing it.
    ///
    /// - Parameters:
    ///   - bytes: A picture whose head ``ImageInfo`` has understood.
    ///   - format: As that said.
    /// - Returns: A picture of the same format, size and pixels.
    /// - Complexity: Linear.
    static func cleaned(_ bytes: [UInt8], _ format: ImageInfo.Format) -> [UInt8] {
        switch format {
        case .png: png(bytes)
        case .jpeg: jpeg(bytes)
        case .gif: gif(bytes)
        case .webP: webP(bytes)
        }
    }

    // MARK: - JPEG

    /// ITU-T T.81, annex B: segments, and after each start of a scan its data up to the next marker.
    private static func jpeg(_ bytes: [UInt8]) -> [UInt8] {
        var cleaned = Array(bytes[..<2])
        var position = 2
        while let start = marker(in: bytes, from: position) {
            let kind = bytes[start + 1]
            if kind == 0xD9 { return cleaned + [0xFF, 0xD9] }
            guard !hasNoLength(kind) else {
                cleaned += [0xFF, kind]
                position = start + 2
                continue
            }
            guard start + 4 <= bytes.count else { break }
            let end = start + 2 + bigEndian(bytes[start + 2..<start + 4])
            guard end >= start + 4, end <= bytes.count else { break }
            let segment = bytes[start..<end]
            position = end
            if kind == 0xE1 {
                if let orientation = orientation(ofExif: segment.dropFirst(4)) {
                    cleaned += jpegSegment(orientation: orientation)
                }
            } else if isShown(kind, segment.dropFirst(4)) {
                cleaned += segment
            }
            if kind == 0xDA {
                // The data of a scan ends where a marker begins that is neither a stuffed byte nor a restart.
                position = endOfScan(in: bytes, from: end)
                cleaned += bytes[end..<position]
            }
        }
        return cleaned
    }

    /// Where the next marker begins, fill bytes and what belongs to nothing passed over.
    private static func marker(in bytes: [UInt8], from position: Int) -> Int? {
        var position = position
        while let found = bytes[position...].firstIndex(of: 0xFF), found + 1 < bytes.count {
            if bytes[found + 1] != 0xFF, bytes[found + 1] != 0 { return found }
            position = found + 1
        }
        return nil
    }

    private static func endOfScan(in bytes: [UInt8], from position: Int) -> Int {
        var position = position
        while let found = bytes[position...].firstIndex(of: 0xFF) {
            guard found + 1 < bytes.count else { break }
            switch bytes[found + 1] {
            case 0, 0xD0...0xD7: position = found + 2
            case 0xFF: position = found + 1
            default: return found
            }
        }
        return bytes.count
    }

    private static func hasNoLength(_ kind: UInt8) -> Bool { kind == 0x01 || (0xD0...0xD8).contains(kind) }

    private static func isShown(_ kind: UInt8, _ content: ArraySlice<UInt8>) -> Bool {
        switch kind {
        case 0xE0: content.starts(with: "JFIF\0".utf8)
        case 0xE2: content.starts(with: "ICC_PROFILE\0".utf8)
        // Adobe's says how the colours are to be read.
        case 0xEE: content.starts(with: "Adobe".utf8)
        case 0xE1...0xEF, 0xF0...0xFD, 0xFE: false
        default: true
        }
    }

    private static func jpegSegment(orientation: UInt8) -> [UInt8] {
        let content = "Exif\0\0".utf8 + tiff(orientation: orientation)
        return [0xFF, 0xE1, 0, UInt8(content.count + 2)] + content
    }

    // MARK: - Orientation

    /// Which way is up, if it is not the usual one (1), of a block that begins with `Exif`.
    private static func orientation(ofExif content: ArraySlice<UInt8>) -> UInt8? {
        let prefix = Array("Exif\0\0".utf8)
        guard content.starts(with: prefix) else { return nil }
        return orientation(ofTIFF: Array(content.dropFirst(prefix.count)))
    }

    /// TIFF 6.0, section 2: a header, and at the place that it names entries of 12 bytes.
    private static func orientation(ofTIFF bytes: [UInt8]) -> UInt8? {
        guard bytes.count >= 8 else { return nil }
        let isLittle = bytes[0] == UInt8(ascii: "I")
        func number(_ count: Int, at offset: Int) -> Int {
            let field = bytes[offset..<offset + count]
            return isLittle ? bigEndian(field.reversed()) : bigEndian(field)
        }
        let directory = number(4, at: 4)
        guard directory <= bytes.count - 2 else { return nil }
        for index in 0..<number(2, at: directory) {
            let entry = directory + 2 + index * 12
            guard entry + 12 <= bytes.count else { return nil }
            if number(2, at: entry) == 0x0112 {
                let value = number(2, at: entry + 8)
                return (2...8).contains(value) ? UInt8(value) : nil
            }
        }
        return nil
    }

    /// A block that says this and nothing else.
    private static func tiff(orientation: UInt8) -> [UInt8] {
        Array("MM".utf8) + [0, 42, 0, 0, 0, 8] + [0, 1] + [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]
            + [0, 0, 0, 0]
    }

    private static func bigEndian(_ bytes: some Sequence<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

    // MARK: - PNG

    /// PNG (Third Edition), section 5: chunks of a length, a type, data and a checksum.
    private static func png(_ bytes: [UInt8]) -> [UInt8] {
        var cleaned = Array(bytes[..<8])
        var position = 8
        while position + 12 <= bytes.count {
            let count = bigEndian(bytes[position..<position + 4])
            let end = position + 12 + count
            guard end <= bytes.count else { break }
            let type = String(decoding: bytes[position + 4..<position + 8], as: UTF8.self)
            if pngChunks.contains(type) {
                cleaned += bytes[position..<end]
            } else if type == "eXIf",
                let orientation = orientation(ofTIFF: Array(bytes[position + 8..<position + 8 + count]))
            {
                cleaned += PNGWriter.chunk("eXIf", tiff(orientation: orientation))
            }
            if type == "IEND" { break }
            position = end
        }
        return cleaned
    }

    private static let pngChunks: Set<String> = [
        "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "cICP", "mDCV", "cLLI", "bKGD",
        "hIST", "pHYs", "acTL", "fcTL", "fdAT",
    ]

    // MARK: - WebP

    /// RFC 9649: chunks of a type, a length and data, padded to even lengths, in a chunk of their own.
    private static func webP(_ bytes: [UInt8]) -> [UInt8] {
        var chunks: [UInt8] = []
        var flags: Int?
        var position = 12
        while position + 8 <= bytes.count {
            let type = String(decoding: bytes[position..<position + 4], as: UTF8.self)
            let count = bigEndian(bytes[position + 4..<position + 8].reversed())
            let content = position + 8
            guard content + count <= bytes.count else { break }
            let end = min(content + count + count % 2, bytes.count)
            if type == "EXIF" {
                // Some write the prefix that belongs into JPEG.
                let block = bytes[content..<content + count]
                if let orientation = orientation(ofExif: block) ?? orientation(ofTIFF: Array(block)) {
                    let kept = tiff(orientation: orientation)
                    chunks += Array("EXIF".utf8) + [UInt8(kept.count), 0, 0, 0] + kept
                    if let flags { chunks[flags] |= 0x08 }
                }
            } else if webPChunks.contains(type) {
                if type == "VP8X", count >= 10 { flags = chunks.count + 8 }
                chunks += bytes[position..<end]
                // What the header announces beside pixels and colours, Exif and XMP, is no longer there.
                if let flags, type == "VP8X" { chunks[flags] &= ~0x0C }
            }
            position = end
        }
        var cleaned = Array("RIFF".utf8)
        cleaned += PNGWriter.bigEndian(UInt32(chunks.count + 4)).reversed()
        cleaned += "WEBP".utf8
        return cleaned + chunks
    }

    private static let webPChunks: Set<String> = ["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"]

    // MARK: - GIF

    /// GIF89a: the screen, then blocks, each with sub-blocks that begin with their length.
    private static func gif(_ bytes: [UInt8]) -> [UInt8] {
        var position = 13 + colours(bytes[10])
        guard position <= bytes.count else { return bytes }
        var cleaned = Array(bytes[..<position])
        while position < bytes.count {
            let start = position
            switch bytes[start] {
            case 0x2C where start + 10 <= bytes.count:
                // The place, the colours, and the width of the codes that follow.
                guard let end = endOfBlocks(in: bytes, from: start + 10 + colours(bytes[start + 9]) + 1) else {
                    return cleaned + bytes[start...]
                }
                cleaned += bytes[start..<end]
                position = end
            case 0x21 where start + 2 <= bytes.count:
                guard let end = endOfBlocks(in: bytes, from: start + 2) else { return cleaned }
                if isShown(extension: bytes[start..<end]) { cleaned += bytes[start..<end] }
                position = end
            case 0x3B: return cleaned + [0x3B]
            default: return cleaned
            }
        }
        return cleaned
    }

    /// How many bytes a table of colours has, by the field that announces it.
    private static func colours(_ packed: UInt8) -> Int { packed & 0x80 == 0 ? 0 : 3 << ((packed & 7) + 1) }

    private static func endOfBlocks(in bytes: [UInt8], from position: Int) -> Int? {
        var position = position
        while position < bytes.count {
            if bytes[position] == 0 { return position + 1 }
            position += 1 + Int(bytes[position])
        }
        return nil
    }

    /// Times, transparency and text over the picture are shown, and that it begins again; comments are not.
    private static func isShown(extension block: ArraySlice<UInt8>) -> Bool {
        let content = block.dropFirst(3)
        return switch block[block.startIndex + 1] {
        case 0xF9, 0x01: true
        case 0xFF: content.starts(with: "NETSCAPE2.0".utf8) || content.starts(with: "ANIMEXTS1.0".utf8)
        default: false
        }
    }
}
