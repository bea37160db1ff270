import Limits

/// Finds what is not for showing in the elements of WebM files (RFC 8794, RFC 9559): each has an id, its length, which
/// may be unknown, and then bytes or other elements.
///
/// What goes becomes a `Void` element of zeros.
struct ElementCleaner {
    private(set) var edits = VideoEdits()
    private var reader: VideoReader

    init(_ reader: VideoReader) { self.reader = reader }

    private struct Element {
        let start: Int
        /// Where what is in it begins.
        let body: Int
        /// nil if it does not say: then it goes on until something begins that cannot be in it.
        let end: Int?
        let id: UInt32
    }

    private enum ID {
        static let header: UInt32 = 0x1A45_DFA3
        static let segment: UInt32 = 0x1853_8067
        static let info: UInt32 = 0x1549_A966
        static let tracks: UInt32 = 0x1654_AE6B
        static let trackEntry: UInt32 = 0xAE
        static let trackType: UInt32 = 0x83
        static let cluster: UInt32 = 0x1F43_B675
        static let void: UInt32 = 0xEC
        static let seekHead: UInt32 = 0x114D_9B74
        static let cues: UInt32 = 0x1C53_BB6B
        static let tags: UInt32 = 0x1254_C367
        static let chapters: UInt32 = 0x1043_A770
        static let attachments: UInt32 = 0x1941_A469

        /// Those that end a cluster of unknown length.
        static let outsideClusters: Set<UInt32> = [
            header, segment, info, tracks, cluster, seekHead, cues, tags, chapters, attachments,
        ]
        /// Timestamp, Position, PrevSize, SimpleBlock, BlockGroup, EncryptedBlock, SilentTracks.
        static let inClusters: Set<UInt32> = [0xE7, 0xA7, 0xAB, 0xA3, 0xA0, 0xAF, 0x5854]
        /// TimestampScale, Duration, MuxingApp, WritingApp.
        static let inInfo: Set<UInt32> = [0x2A_D7B1, 0x4489, 0x4D80, 0x5741]
        /// Name, CodecName, AttachmentLink: what somebody or some device calls a track.
        static let namesOfTracks: Set<UInt32> = [0x536E, 0x25_8688, 0x7446]
    }

    /// Looks at the whole file.
    mutating func clean() throws(VideoReader.Failure) {
        var position = 0
        while position < reader.count {
            guard let element = try element(at: position, before: reader.count) else {
                return try void(position..<reader.count)
            }
            let end = element.end ?? reader.count
            switch element.id {
            case ID.header where element.end != nil: break
            case ID.segment: try cleanSegment(element.body..<end)
            default: try void(position..<end)
            }
            position = end
        }
    }

    private mutating func cleanSegment(_ range: Range<Int>) throws(VideoReader.Failure) {
        var position = range.lowerBound
        while position < range.upperBound {
            guard let element = try element(at: position, before: range.upperBound) else {
                return try void(position..<range.upperBound)
            }
            guard element.id == ID.cluster || element.end != nil else { return try void(position..<range.upperBound) }
            var end = element.end ?? range.upperBound
            switch element.id {
            case ID.seekHead, ID.cues: break
            case ID.cluster: if element.end == nil { end = try cleanCluster(element.body..<range.upperBound) }
            case ID.info: try keep(ID.inInfo, in: element.body..<end)
            case ID.tracks: try cleanTracks(element.body..<end)
            default: try void(position..<end)
            }
            position = end
        }
    }

    /// Looks at a cluster that does not say how long it is.
    ///
    /// - Returns: Where it ends.
    private mutating func cleanCluster(_ range: Range<Int>) throws(VideoReader.Failure) -> Int {
        var position = range.lowerBound
        while position < range.upperBound {
            guard let element = try element(at: position, before: range.upperBound) else {
                try void(position..<range.upperBound)
                break
            }
            if ID.outsideClusters.contains(element.id) { return position }
            guard let end = element.end else {
                try void(position..<range.upperBound)
                break
            }
            if !ID.inClusters.contains(element.id) { try void(position..<end) }
            position = end
        }
        return range.upperBound
    }

    private mutating func cleanTracks(_ range: Range<Int>) throws(VideoReader.Failure) {
        try forEach(in: range) { cleaner, entry, end throws(VideoReader.Failure) in
            guard entry.id == ID.trackEntry else { return try cleaner.void(entry.start..<end) }
            try cleaner.forEach(in: entry.body..<end) { cleaner, part, end throws(VideoReader.Failure) in
                if ID.namesOfTracks.contains(part.id) { try cleaner.void(part.start..<end) }
                guard part.id == ID.trackType else { return }
                // Pictures, sound, both, subtitles; of others the data may tell places, and stands in clusters.
                guard end - part.body <= 8 else { throw .refused }
                let type = try cleaner.reader.bytes(at: part.body, count: end - part.body)
                    .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                guard [1, 2, 3, 17].contains(type) else { throw .refused }
            }
        }
    }

    private mutating func keep(_ ids: Set<UInt32>, in range: Range<Int>) throws(VideoReader.Failure) {
        try forEach(in: range) { cleaner, element, end throws(VideoReader.Failure) in
            if !ids.contains(element.id) { try cleaner.void(element.start..<end) }
        }
    }

    /// Looks at elements of known length; what is none goes, and all behind it.
    private mutating func forEach(
        in range: Range<Int>, _ look: (inout Self, Element, Int) throws(VideoReader.Failure) -> Void
    ) throws(VideoReader.Failure) {
        var position = range.lowerBound
        while position < range.upperBound {
            guard let element = try element(at: position, before: range.upperBound), let end = element.end else {
                return try void(position..<range.upperBound)
            }
            try look(&self, element, end)
            position = end
        }
    }

    // MARK: - Elements

    /// The element that begins somewhere; nil for what is none.
    ///
    /// At the end of the file it may be cut off.
    private mutating func element(at start: Int, before limit: Int) throws(VideoReader.Failure) -> Element? {
        try reader.countPart()
        let head = Array(try reader.bytes(at: start, count: min(12, limit - start)))
        // RFC 8794, section 4: the leading zeros of the first byte tell how many bytes follow it.
        guard let first = head.first, first >= 0x10 else { return nil }
        let idBytes = first.leadingZeroBitCount + 1
        guard head.count > idBytes, head[idBytes] > 0 else { return nil }
        let sizeBytes = head[idBytes].leadingZeroBitCount + 1
        guard head.count >= idBytes + sizeBytes else { return nil }
        let id = head[..<idBytes].reduce(0) { $0 << 8 | UInt32($1) }
        let mask = UInt64(1) << (7 * sizeBytes) - 1
        let size = head[idBytes..<idBytes + sizeBytes].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } & mask
        let body = start + idBytes + sizeBytes
        guard size < mask else { return Element(start: start, body: body, end: nil, id: id) }
        let rest = UInt64(limit - body)
        guard size <= rest || limit == reader.count else { return nil }
        return Element(start: start, body: body, end: body + Int(min(size, rest)), id: id)
    }

    /// Makes an element of nothing of a range.
    private mutating func void(_ range: Range<Int>) throws(VideoReader.Failure) {
        edits.blank(range)
        guard edits.count <= Limit.Content.videoEdits else { throw .refused }
        guard range.count >= 2 else { return }
        if range.count <= 128 {
            edits.write([UInt8(ID.void), 0x80 | UInt8(range.count - 2)], at: range.lowerBound)
        } else {
            let size = UInt64(range.count - 9) | 1 << 56
            edits.write([UInt8(ID.void)] + withUnsafeBytes(of: size.bigEndian) { Array($0) }, at: range.lowerBound)
        }
    }
}
