import Limits

/// Finds what is not for showing in the boxes of MP4 and QuickTime files (ISO/IEC 14496-12; Apple, QuickTime File
/// Format): each has its length, a type of four characters, and then bytes or other boxes.
///
/// What goes becomes a `free` box, of zeros. Besides boxes these are whole tracks: what is neither pictures nor sound may
/// be the places of the camera at each moment (`gpmd`, `camm`, `mebx`), or the same as subtitles, as drones write them.
/// Their samples lie among those of the others and are overwritten there.
struct BoxCleaner {
    private(set) var edits = VideoEdits()
    private var reader: VideoReader
    /// A track was taken out, whose samples the tables told.
    private var lacksTrack = false
    /// Samples stand in fragments, which the tables do not tell.
    private var isFragmented = false

    init(_ reader: VideoReader) { self.reader = reader }

    private struct Box {
        let start: Int
        /// Where what is in it begins.
        let body: Int
        let end: Int
        let type: String
    }

    /// What becomes of a box.
    private enum Rule {
        case keep
        /// What it has is overwritten.
        case padding
        /// Two times, after a byte of version and three of flags.
        case times
        /// What kind of data it is, and then a name.
        case handler
        /// So many times of boxes, by their type; all others go.
        case boxes(Container)
        case track
        case fragments
        /// Nobody can look into it.
        case refused
    }

    private enum Container {
        case file, movie, track, media, information, samples, fragment, trackFragment

        func rule(_ type: String) -> Rule? {
            if type == "free" || type == "skip" || type == "wide" { return .padding }
            return rules[type]
        }

        private var rules: [String: Rule] {
            switch self {
            case .file: Self.inFile
            case .movie: Self.inMovie
            case .track: Self.inTrack
            case .media: Self.inMedia
            case .information: Self.inInformation
            case .samples: Self.inSamples
            case .fragment: Self.inFragment
            case .trackFragment: Self.inTrackFragment
            }
        }

        private static let inFile: [String: Rule] = [
            "ftyp": .keep, "styp": .keep, "mdat": .keep, "sidx": .keep, "ssix": .keep, "mfra": .keep, "pdin": .keep,
            "moov": .boxes(.movie), "moof": .boxes(.fragment),
        ]
        private static let inMovie: [String: Rule] = [
            "mvhd": .times, "trak": .track, "mvex": .fragments, "iods": .keep, "ctab": .keep, "clip": .keep,
            "cmov": .refused, "rmra": .refused,
        ]
        private static let inTrack: [String: Rule] = [
            "tkhd": .times, "mdia": .boxes(.media), "edts": .keep, "tref": .keep, "tapt": .keep, "load": .keep,
            "clip": .keep, "matt": .keep, "imap": .keep,
        ]
        private static let inMedia: [String: Rule] = [
            "mdhd": .times, "hdlr": .handler, "elng": .keep, "minf": .boxes(.information),
        ]
        private static let inInformation: [String: Rule] = [
            "vmhd": .keep, "smhd": .keep, "nmhd": .keep, "gmhd": .keep, "hdlr": .handler, "dinf": .keep,
            "stbl": .boxes(.samples),
        ]
        private static let inSamples: [String: Rule] = Dictionary(
            uniqueKeysWithValues: [
                "stsd", "stts", "ctts", "cslg", "stss", "stsc", "stsz", "stz2", "stco", "co64", "sdtp", "sbgp", "sgpd",
                "subs", "saiz", "saio", "padb", "stdp", "stps", "stsh", "senc",
            ].map { ($0, Rule.keep) })
        private static let inFragment: [String: Rule] = ["mfhd": .keep, "traf": .boxes(.trackFragment)]
        private static let inTrackFragment: [String: Rule] = Dictionary(
            uniqueKeysWithValues: [
                "tfhd", "tfdt", "trun", "sdtp", "sbgp", "sgpd", "subs", "saiz", "saio", "senc",
            ].map { ($0, Rule.keep) })
    }

    /// Looks at the whole file.
    mutating func clean() throws(VideoReader.Failure) {
        try clean(0..<reader.count, of: .file)
        guard !(lacksTrack && isFragmented) else { throw .refused }
    }

    private mutating func clean(_ range: Range<Int>, of container: Container) throws(VideoReader.Failure) {
        var position = range.lowerBound
        while position < range.upperBound {
            guard let box = try box(at: position, in: range) else { return try freeRest(position..<range.upperBound) }
            switch container.rule(box.type) {
            case .keep: break
            case .padding: try blank(box.body..<box.end)
            case .times:
                let version = try reader.bytes(at: box.body, count: 1).first ?? 0
                try blank((box.body + 4..<box.body + (version == 0 ? 12 : 20)).clamped(to: box.body..<box.end))
            case .handler: try blank((box.body + 12..<max(box.end, box.body + 12)).clamped(to: box.body..<box.end))
            case .boxes(let inner):
                if case .fragment = inner { isFragmented = true }
                try clean(box.body..<box.end, of: inner)
            case .track: try cleanTrack(box)
            case .fragments: isFragmented = true
            case .refused: throw .refused
            case nil: try free(box)
            }
            position = box.end
        }
    }

    // MARK: - Boxes

    /// The box that begins somewhere; nil for what is none.
    ///
    /// At the end of the file it may be cut off, as a download is that broke off.
    private mutating func box(at start: Int, in range: Range<Int>) throws(VideoReader.Failure) -> Box? {
        try reader.countPart()
        let head = Array(try reader.bytes(at: start, count: min(16, range.upperBound - start)))
        guard head.count >= 8 else { return nil }
        let isLast = range.upperBound == reader.count
        var body = start + 8
        var size = Self.number(head[0..<4])
        if size == 1 {
            guard head.count == 16 else { return nil }
            size = Self.number(head[8..<16])
            body = start + 16
        } else if size == 0, range.lowerBound == 0 {
            size = UInt64(range.upperBound - start)
        }
        guard size >= UInt64(body - start) else { return nil }
        let rest = UInt64(range.upperBound - start)
        guard size <= rest || isLast else { return nil }
        return Box(
            start: start, body: body, end: start + Int(min(size, rest)),
            type: String(decoding: head[4..<8], as: UTF8.self))
    }

    /// The first box of a type.
    private mutating func first(_ type: String, in outer: Box?) throws(VideoReader.Failure) -> Box? {
        guard let outer else { return nil }
        var position = outer.body
        while position < outer.end, let box = try box(at: position, in: outer.body..<outer.end) {
            if box.type == type { return box }
            position = box.end
        }
        return nil
    }

    private mutating func free(_ box: Box) throws(VideoReader.Failure) {
        edits.write(Array("free".utf8), at: box.start + 4)
        try blank(box.body..<box.end)
    }

    /// Makes a box of what is none.
    private mutating func freeRest(_ range: Range<Int>) throws(VideoReader.Failure) {
        try blank(range)
        guard range.count >= 8, let size = UInt32(exactly: range.count) else { return }
        edits.write(withUnsafeBytes(of: size.bigEndian) { Array($0) } + Array("free".utf8), at: range.lowerBound)
    }

    private mutating func blank(_ range: Range<Int>) throws(VideoReader.Failure) {
        edits.blank(range)
        guard edits.count <= Limit.Content.videoEdits else { throw .refused }
    }

    private static func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    // MARK: - Tracks

    private mutating func cleanTrack(_ track: Box) throws(VideoReader.Failure) {
        let media = try first("mdia", in: track)
        var handler = try first("hdlr", in: media)
        if let found = handler, found.end - found.body < 12 { handler = nil }
        let kind = try handler.map { handler throws(VideoReader.Failure) in
            String(decoding: try reader.bytes(at: handler.body + 8, count: 4), as: UTF8.self)
        }
        if let kind, ["vide", "soun", "auxv"].contains(kind) {
            return try clean(track.body..<track.end, of: .track)
        }
        lacksTrack = true
        let table = try first("stbl", in: try first("minf", in: media))
        if let table { try blankSamples(table) }
        try free(track)
    }

    /// Overwrites what the tables of a track tell of.
    private mutating func blankSamples(_ table: Box) throws(VideoReader.Failure) {
        guard let sizes = try first("stsz", in: table) else {
            // In a form that no camera writes.
            guard try first("stz2", in: table) == nil else { throw .refused }
            return
        }
        let chunks32 = try first("stco", in: table), chunks64 = try first("co64", in: table)
        guard let runs = try first("stsc", in: table), let chunks = chunks32 ?? chunks64 else { throw .refused }
        let fixed = Int(Self.number(try reader.bytes(at: sizes.body + 4, count: 4)))
        let sampleCount = Int(Self.number(try reader.bytes(at: sizes.body + 8, count: 4)))
        let size = try numbers(of: sizes, from: 8, width: 4, hasEntries: fixed == 0)
        let run = try numbers(of: runs, from: 4, width: 4, perEntry: 3)
        let offset = try numbers(of: chunks, from: 4, width: chunks32 == nil ? 8 : 4)

        var sample = 0, runIndex = 0
        for (index, start) in offset.enumerated() {
            while runIndex + 3 < run.count, run[runIndex + 3] <= UInt64(index + 1) { runIndex += 3 }
            guard runIndex + 1 < run.count else { throw .refused }
            let samples = min(Int(clamping: run[runIndex + 1]), sampleCount - sample)
            var length = 0
            if fixed > 0 {
                let (product, isBeyond) = samples.multipliedReportingOverflow(by: fixed)
                length = isBeyond ? reader.count : product
            } else {
                for number in sample..<sample + samples { length += Int(size[number]) }
            }
            sample += samples
            guard start < UInt64(reader.count) else { continue }
            try blank(Int(start)..<min(reader.count, Int(start) + min(length, reader.count)))
        }
    }

    /// The numbers of a table: how many entries there are stands before them, at an offset.
    private mutating func numbers(
        of box: Box, from offset: Int, width: Int, perEntry: Int = 1, hasEntries: Bool = true
    ) throws(VideoReader.Failure) -> [UInt64] {
        let count = Int(Self.number(try reader.bytes(at: box.body + offset, count: 4)))
        guard hasEntries else { return [] }
        let start = box.body + offset + 4, bytes = count * perEntry * width
        guard count <= Limit.Content.videoSamples, start + bytes <= box.end else { throw .refused }
        let table = try reader.table(start..<start + bytes)
        guard table.count == bytes else { throw .refused }
        return stride(from: 0, to: bytes, by: width).map { Self.number(table[$0..<$0 + width]) }
    }
}
