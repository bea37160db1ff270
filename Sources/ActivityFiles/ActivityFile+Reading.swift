public import Foundation

extension ActivityFile {
    /// What became of one file, which may be one of an archive.
    public struct Item: Sendable {
        /// Its name in the archive, for people to see and never as a path; nil for a file that came by itself.
        public var name: String?
        public var result: Result<Contents, ActivityFileError>

        init(name: String?, result: Result<Contents, ActivityFileError>) {
            self.name = name
            self.result = result
        }
    }

    /// Reads a file, or all files of an archive, whatever they are called: GPX, TCX, FIT, KML and GeoJSON, each of them
    /// perhaps in gzip, and a zip of them, which may be a KMZ or the whole export of another service.
    ///
    /// In an archive what is of no known format is passed over without a word, as exports hold pictures and tables too; of
    /// a KMZ the first KML is read. Takes some microseconds a point and returns when it is done: not for an event loop.
    ///
    /// - Parameters:
    ///   - data: The file; a large archive is best mapped.
    ///   - bounds: What it may take.
    ///   - body: Is told of each file, one after the other, so that no more than one is in memory.
    public static func read(_ data: Data, bounds: FileBounds = FileBounds(), _ body: (Item) -> Void) {
        data.withUnsafeBytes { bytes in
            guard ContentKind.of(bytes, isWhole: true) == .zip else {
                let result = Result { () throws(ActivityFileError) in
                    let reader = ActivityFileReader(bounds: bounds)
                    try reader.push(bytes)
                    return try reader.finish()
                }
                return body(Item(name: nil, result: result))
            }
            do throws(ActivityFileError) {
                try readArchive(bytes, bounds: bounds, body)
            } catch {
                body(Item(name: nil, result: .failure(error)))
            }
        }
    }

    /// The contents of a single file, or of the first of an archive that can be read.
    public static func contents(
        of data: Data, bounds: FileBounds = FileBounds()
    ) throws(ActivityFileError) -> Contents {
        var first: Result<Contents, ActivityFileError>?
        read(data, bounds: bounds) { item in
            if case .success? = first { return }
            if case .failure? = first, case .failure = item.result { return }
            first = item.result
        }
        guard let first else { throw .unknownFormat }
        return try first.get()
    }

    private static func readArchive(
        _ bytes: UnsafeRawBufferPointer, bounds: FileBounds, _ body: (Item) -> Void
    ) throws(ActivityFileError) {
        guard bytes.count <= bounds.archive else { throw .tooLarge }
        let archive = try ZipArchive(bytes, bounds: bounds)
        var entries = archive.entries
        if let map = entries.first(where: { $0.name.lowercased().hasSuffix(".kml") }), !entries.contains(where: isOther)
        {
            entries = [map]
        }
        var unpacked = 0
        var hasItem = false
        for entry in entries {
            let reader = ActivityFileReader(bounds: bounds, isInArchive: true)
            let result = Result { () throws(ActivityFileError) in
                try archive.unpack(entry, bounds: bounds) { piece throws(ActivityFileError) in
                    unpacked += piece.count
                    // Entries may overlap, and unpack together to more than each of them may.
                    guard unpacked <= bounds.archive else { throw .tooLarge }
                    guard unpacked <= 1 << 20 + bounds.ratio * bytes.count else { throw .tooPacked }
                    try reader.push(piece)
                }
                return try reader.finish()
            }
            switch result {
            case .failure(.unknownFormat), .failure(.notGeoJSON): continue
            case .failure(.malformedJSON) where !entry.name.lowercased().hasSuffix(".geojson"): continue
            default: break
            }
            hasItem = true
            body(Item(name: entry.name, result: result))
            // What is beyond the bounds of the whole ends the whole.
            guard unpacked <= bounds.archive, unpacked <= 1 << 20 + bounds.ratio * bytes.count else { return }
        }
        if !hasItem { throw .unknownFormat }
    }

    private static func isOther(_ entry: ZipArchive.Entry) -> Bool {
        let name = entry.name.lowercased()
        return [".gpx", ".tcx", ".fit", ".gz", ".geojson", ".json", ".kmz"].contains { name.hasSuffix($0) }
    }
}

/// What a file is by its first bytes.
enum ContentKind {
    case xml, json, fit, gzip, zip

    /// How much is looked at: blanks before an XML declaration are rarely more than some lines.
    static let head = 4096

    /// The kind; nil for none of them, and for too little to know, unless nothing follows.
    static func of(_ bytes: UnsafeRawBufferPointer, isWhole: Bool) -> ContentKind? {
        if bytes.count >= 12, bytes[8..<12].elementsEqual(".FIT".utf8) { return .fit }
        // Too short to know that it is no FIT, whose header may begin with any of the below.
        guard bytes.count >= 12 || isWhole else { return nil }
        let start = Array(bytes.prefix(4))
        if start.starts(with: [0x1f, 0x8b]) { return .gzip }
        if start == [0x50, 0x4b, 3, 4] || start == [0x50, 0x4b, 5, 6] { return .zip }
        // UTF-16, by its mark or its first “<”.
        if [[0xff, 0xfe], [0xfe, 0xff], [0x3c, 0], [0, 0x3c]].contains(Array(start.prefix(2))) { return .xml }
        switch bytes.dropFirst(margin(bytes)).first {
        case UInt8(ascii: "<"): return .xml
        case UInt8(ascii: "{"), UInt8(ascii: "["): return .json
        default: return nil
        }
    }

    /// The bytes before the beginning of a text: a mark of UTF-8, and blanks before or after.
    static func margin(_ bytes: UnsafeRawBufferPointer) -> Int {
        func blanks(_ start: Int) -> Int { bytes[start...].prefix { XMLText.isBlank($0) }.count }
        var count = blanks(0)
        if bytes[count...].starts(with: [0xef, 0xbb, 0xbf]) {
            count += 3
            count += blanks(count)
        }
        return count
    }
}

/// Reads one file as it comes; what is XML, packed or not, is not kept.
public final class ActivityFileReader {
    private enum State {
        /// Not enough to know what it is.
        case beginning
        case xml(XMLReader, ActivityXMLReader)
        case gzip(Inflater, ActivityFileReader)
        /// Kept whole: what cannot be read before its end is there.
        case kept(ContentKind)
    }

    private let bounds: FileBounds
    private let isInArchive: Bool
    private let isUnpacked: Bool
    private var state = State.beginning
    private var bytes: [UInt8] = []
    private var count = 0

    /// A reader of a file that came by itself.
    public convenience init(bounds: FileBounds = FileBounds()) { self.init(bounds: bounds, isInArchive: false) }

    init(bounds: FileBounds, isInArchive: Bool, isUnpacked: Bool = false) {
        self.bounds = bounds
        self.isInArchive = isInArchive
        self.isUnpacked = isUnpacked
    }

    /// Reads on.
    ///
    /// - Throws: What is wrong as soon as it is known. Then nothing more may be pushed.
    public func push(_ piece: UnsafeRawBufferPointer) throws(ActivityFileError) {
        count += piece.count
        guard count <= bounds.bytes else { throw .tooLarge }
        switch state {
        case .beginning:
            bytes.append(contentsOf: piece)
            try begin(isWhole: false)
        case .xml(let reader, _):
            try reader.push(piece)
        case .gzip(let inflater, let inner):
            try inflater.push(piece) { piece throws(ActivityFileError) in try inner.push(piece) }
        case .kept:
            bytes.append(contentsOf: piece)
        }
    }

    /// Ends the file.
    ///
    /// - Returns: What it holds, cleaned; at least one activity or course.
    public func finish() throws(ActivityFileError) -> ActivityFile.Contents {
        if case .beginning = state { try begin(isWhole: true) }
        switch state {
        case .beginning:
            throw .unknownFormat
        case .xml(let reader, let document):
            try reader.finish()
            return try document.contents().checked()
        case .gzip(let inflater, let inner):
            guard inflater.isComplete else { throw .malformedPacking }
            return try inner.finish()
        case .kept(let kind):
            let bounds = bounds
            return try bytes.withRawBytes { bytes throws(ActivityFileError) in
                kind == .fit
                    ? try FITReader.read(bytes, bounds: bounds)
                    : try GeoJSONReader.read(
                        UnsafeRawBufferPointer(rebasing: bytes.dropFirst(ContentKind.margin(bytes))), bounds: bounds)
            }.checked()
        }
    }

    private func begin(isWhole: Bool) throws(ActivityFileError) {
        let (kind, margin) = bytes.withUnsafeBytes { bytes in
            (ContentKind.of(bytes, isWhole: isWhole), ContentKind.margin(bytes))
        }
        guard let kind else {
            guard isWhole || bytes.count >= ContentKind.head else { return }
            throw .unknownFormat
        }
        switch kind {
        case .xml:
            let document = ActivityXMLReader(bounds: bounds)
            state = .xml(try XMLReader(document, bounds: bounds), document)
        case .gzip:
            guard !isUnpacked else { throw .nestedArchive }
            let inflater = try Inflater(isGzip: true, bounds: bounds)
            state = .gzip(inflater, ActivityFileReader(bounds: bounds, isInArchive: isInArchive, isUnpacked: true))
        case .zip:
            throw isInArchive || isUnpacked ? .nestedArchive : .unsupportedArchive
        case .json, .fit:
            state = .kept(kind)
            return
        }
        // What was kept to know what it is goes the way of all that follows.
        let head = bytes
        bytes = []
        count -= head.count
        try head.withRawBytes { head throws(ActivityFileError) in
            try push(kind == .xml ? UnsafeRawBufferPointer(rebasing: head.dropFirst(margin)) : head)
        }
    }
}
