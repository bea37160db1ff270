public import Foundation

#if canImport(FoundationXML)
import FoundationXML
#endif

/// GPX, the exchange format of tracks (https://www.topografix.com/GPX/1/1/), 1.0 and 1.1.
public enum GPX {
    /// Reads the tracks of a file.
    ///
    /// Waypoints and routes are not ways that somebody went, and are left out.
    ///
    /// Elements are known by their names without prefix, so that it does not matter what a device calls its
    /// namespaces, as long as it declares them. The rules for what devices get wrong:
    /// - A point must have a latitude and a longitude in range, else nothing of the file is believed.
    /// - A time is ISO 8601 with any fraction of a second; without a zone it is UTC, as the format demands. A time that
    ///   cannot be read is an error, none at all is `nil`.
    /// - An elevation that is no number is `nil`; so is a heart rate that is none or outside 1 … 500, as watches write 0
    ///   for “no contact”. The heart rate is the `hr` or `heartrate` anywhere in a point's extensions, the last one
    ///   if there are several.
    ///
    /// Nothing is loaded from elsewhere, and a document type declaration, which no GPX file has and with which entities
    /// come, is refused, and so are encodings in which it could hide. Takes about 2 µs a point and does not return before
    /// it is done: not for an event loop.
    ///
    /// - Parameters:
    ///   - data: The file.
    ///   - maximumCount: More points in all the tracks together are refused.
    /// - Returns: The tracks in the order of the file, those without points included.
    /// - Throws: `GPXError` with the line. A file without tracks is not an error.
    public static func parse(_ data: Data, maximumCount: Int = 1_000_000) throws(GPXError) -> [GPXTrack] {
        guard let data = withoutZeros(data), hasASCIILetters(data) else { throw .malformed(line: 1) }
        guard !hasDocumentType(data) else { throw .documentType }
        let reader = GPXReader(maximumCount: maximumCount)
        let parser = XMLParser(data: data)
        parser.shouldResolveExternalEntities = false
        parser.delegate = reader
        let isWellFormed = parser.parse()
        if let error = reader.error { throw error }
        // The parser of swift-corelibs-foundation succeeds with files that are cut off, hence the second question.
        guard isWellFormed, reader.isComplete else {
            throw .malformed(line: parser.lineNumber)
        }
        return reader.tracks
    }

    /// The file in an encoding of single bytes: what is in UTF-16, by its mark or its first “<”, becomes UTF-8, without
    /// the declaration that says otherwise.
    ///
    /// The parser of swift-corelibs-foundation crashes at wide characters that are none, and at UTF-32.
    ///
    /// - Returns: Nil for what is not well-formed, and for zeros elsewhere, which are no characters of XML.
    private static func withoutZeros(_ data: Data) -> Data? {
        let isBigEndian: Bool
        switch Array(data.prefix(2)) {
        case [0xff, 0xfe], [0x3c, 0]: isBigEndian = false
        case [0xfe, 0xff], [0, 0x3c]: isBigEndian = true
        default: return data.contains(0) ? nil : data
        }
        guard data.count.isMultiple(of: 2) else { return nil }
        let bytes = Array(data)
        let units = stride(from: 0, to: bytes.count, by: 2).map { index in
            let pair = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
            return isBigEndian ? pair.0 << 8 | pair.1 : pair.1 << 8 | pair.0
        }
        guard var text = String(validating: units, as: UTF16.self)?[...], !text.unicodeScalars.contains("\0") else {
            return nil
        }
        if text.unicodeScalars.first == "\u{feff}" { text.unicodeScalars.removeFirst() }
        if text.hasPrefix("<?xml") {
            guard let end = text.range(of: "?>") else { return nil }
            text = text[end.upperBound...]
        }
        return Data(text.utf8)
    }

    /// Whether the file's encoding is one in which ASCII is itself: in UTF-7 and EBCDIC, which the parser would read too,
    /// a document type cannot be seen by its letters.
    private static func hasASCIILetters(_ data: Data) -> Bool {
        // Without the mark of the byte order. EBCDIC's “<” is an “L”.
        let start = String(decoding: data.prefix(400).filter { 1..<0x80 ~= $0 }, as: UTF8.self).lowercased()
        guard let first = start.first else { return true }
        guard first == "<" || first.isWhitespace else { return false }
        guard start.hasPrefix("<?xml") else { return true }
        // A declaration has some dozen bytes.
        guard let end = start.range(of: "?>") else { return false }
        guard let name = start[..<end.lowerBound].range(of: "encoding") else { return true }
        let encoding = start[name.upperBound..<end.lowerBound].drop { " \t\r\n=\"'".contains($0) }
        return encodings.contains { encoding.hasPrefix($0) }
    }

    /// How the names of such encodings begin.
    private static let encodings = [
        "utf-8", "utf8", "us-ascii", "ascii", "iso-8859-", "iso8859", "latin", "windows-125",
        "cp125", "koi8-", "gb2312", "gbk", "gb18030", "big5", "shift_jis", "euc-",
    ]

    /// Whether `<!DOCTYPE` is in there, in any encoding in which ASCII is itself.
    private static func hasDocumentType(_ data: Data) -> Bool {
        let pattern = Array("<!doctype".utf8)
        var matched = 0
        for byte in data {
            // Only letters change by this bit, and "<" begins the pattern only.
            let letter = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
            matched = letter == pattern[matched] ? matched + 1 : letter == pattern[0] ? 1 : 0
            if matched == pattern.count { return true }
        }
        return false
    }
}

/// Why a file is not the GPX that can be read.
public enum GPXError: Error, Hashable, Sendable {
    /// Not well-formed XML, or with a prefix that is not declared.
    case malformed(line: Int)
    /// XML, but of another kind.
    case notGPX
    /// It declares a document type.
    case documentType
    /// A point without latitude or longitude, or with one that is no number or out of range.
    case badPosition(line: Int)
    /// A time that is not ISO 8601.
    case badTime(line: Int)
    /// More points than the caller wants.
    case tooManyPoints
}
