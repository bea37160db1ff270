/// Writes a zip archive (PKWARE's APPNOTE 6.3) from its beginning to its end, for whoever sends it as it is made.
///
/// Sizes and checksums follow each entry, since they are not known before it. What it holds until the end is the
/// directory: some 70 bytes and the name of each entry. Up to 65,534 entries and 4 GiB; the caller sends what each call
/// returns.
public struct ZipWriter {
    private struct Entry {
        var name: [UInt8]
        var start: Int
        var checksum: UInt32 = 0
        var packed = 0
        var unpacked = 0
    }

    private let date: (day: Int, time: Int)
    private var entries: [Entry] = []
    private var deflater: Deflater?
    /// Bytes so far.
    private var count = 0

    /// - Parameter time: When all entries were made, in milliseconds since 1970.
    public init(at time: Int64) {
        // 2026-11-29T19:18:00…, in UTC, since the format has no place for a zone.
        let numbers = (ISO8601.text(time) ?? "").split { !$0.isNumber }.compactMap { Int($0) }
        // The format begins with 1980.
        guard numbers.count >= 6, 1980...2107 ~= numbers[0] else {
            date = (1 << 5 | 1, 0)
            return
        }
        date = (
            (numbers[0] - 1980) << 9 | numbers[1] << 5 | numbers[2],
            numbers[3] << 11 | numbers[4] << 5 | numbers[5] / 2
        )
    }

    /// Begins an entry; the one before must have ended.
    ///
    /// - Parameters:
    ///   - name: Its path: `runs/1.gpx`.
    ///   - isPacked: Whether it is worth packing; pictures are packed already.
    /// - Returns: What to send.
    /// - Throws: ``ActivityFileError/noMemory``, ``ActivityFileError/tooManyEntries``.
    public mutating func begin(_ name: String, isPacked: Bool = true) throws(ActivityFileError) -> [UInt8] {
        guard entries.count < 0xfffe else { throw .tooManyEntries }
        deflater = try Deflater(isPacked: isPacked)
        let entry = Entry(name: Array(name.utf8), start: count)
        entries.append(entry)
        var bytes: [UInt8] = []
        bytes.append(0x0403_4b50, 4)
        head(entry, into: &bytes)
        // The name's length, and that of nothing more.
        bytes.append(entry.name.count, 2)
        bytes.append(0, 2)
        bytes += entry.name
        return sent(bytes)
    }

    /// Continues the entry that was begun.
    ///
    /// - Returns: What to send, perhaps nothing yet.
    public mutating func add(_ bytes: [UInt8]) -> [UInt8] {
        let last = entries.count - 1
        entries[last].unpacked += bytes.count
        let checksum = entries[last].checksum
        entries[last].checksum = bytes.withUnsafeBytes { Inflater.checksum(checksum, $0) }
        let packed = deflater.map { deflater in bytes.withUnsafeBytes { deflater.push($0) } } ?? []
        entries[last].packed += packed.count
        return sent(packed)
    }

    /// Ends the entry that was begun.
    ///
    /// - Returns: What to send.
    /// - Throws: ``ActivityFileError/unsupportedArchive`` when the archive is larger than its format has numbers for.
    public mutating func end() throws(ActivityFileError) -> [UInt8] {
        let last = entries.count - 1
        var bytes = deflater?.finish() ?? []
        deflater = nil
        entries[last].packed += bytes.count
        bytes.append(0x0807_4b50, 4)
        sizes(of: entries[last], into: &bytes)
        let all = sent(bytes)
        guard count <= 0xffff_fffe, entries[last].unpacked <= 0xffff_fffe else { throw .unsupportedArchive }
        return all
    }

    /// The directory, with which the archive ends.
    ///
    /// - Returns: What to send.
    public mutating func finish() -> [UInt8] {
        let start = count
        var bytes: [UInt8] = []
        for entry in entries {
            bytes.append(0x0201_4b50, 4)
            // Made by this version, on no system that has permissions.
            bytes.append(20, 2)
            head(entry, into: &bytes, sizes: true)
            bytes.append(entry.name.count, 2)
            // No extra field, no comment, the first disk, no attributes.
            bytes += [UInt8](repeating: 0, count: 12)
            bytes.append(entry.start, 4)
            bytes += entry.name
        }
        let size = bytes.count
        bytes.append(0x0605_4b50, 4)
        bytes.append(0, 4)
        bytes.append(entries.count, 2)
        bytes.append(entries.count, 2)
        bytes.append(size, 4)
        bytes.append(start, 4)
        bytes.append(0, 2)
        return sent(bytes)
    }

    /// What a local header and the directory have alike: from the version to the sizes.
    private func head(_ entry: Entry, into bytes: inout [UInt8], sizes hasSizes: Bool = false) {
        bytes.append(20, 2)
        // Sizes follow the content; names are UTF-8.
        bytes.append(1 << 3 | 1 << 11, 2)
        // Deflated, also where that is no smaller: some readers take no other entries whose sizes follow.
        bytes.append(8, 2)
        bytes.append(date.time, 2)
        bytes.append(date.day, 2)
        if hasSizes { sizes(of: entry, into: &bytes) } else { bytes += [UInt8](repeating: 0, count: 12) }
    }

    private func sizes(of entry: Entry, into bytes: inout [UInt8]) {
        bytes.append(Int(entry.checksum), 4)
        bytes.append(entry.packed, 4)
        bytes.append(entry.unpacked, 4)
    }

    private mutating func sent(_ bytes: [UInt8]) -> [UInt8] {
        count += bytes.count
        return bytes
    }
}

extension [UInt8] {
    /// A little-endian number, of which the lower bytes are kept.
    fileprivate mutating func append(_ number: Int, _ count: Int) {
        for index in 0..<count { append(UInt8(truncatingIfNeeded: number >> (8 * index))) }
    }
}
