/// The directory of a zip archive, and what is in it.
///
/// Of the format (PKWARE's APPNOTE 6.3) what such exports use: stored or deflated entries, found by the central directory
/// at the end. What is encrypted, split over disks, or larger than 4 GiB is refused. Nothing is ever written to a file, so
/// that names are only names.
struct ZipArchive {
    struct Entry {
        /// The last component of its path, without what cannot be seen.
        var name: String
        fileprivate var isEncrypted: Bool
        fileprivate var method: UInt16
        fileprivate var checksum: UInt32
        fileprivate var packed: Int
        fileprivate var start: Int
    }

    let entries: [Entry]
    private let bytes: UnsafeRawBufferPointer

    /// Reads the directory of an archive whose bytes live as long as this value.
    init(_ bytes: UnsafeRawBufferPointer, bounds: FileBounds) throws(ActivityFileError) {
        self.bytes = bytes
        // At the end, but for a comment of up to 64 KiB.
        guard bytes.count >= 22 else { throw .malformedArchive }
        let last = bytes.count - 22
        guard
            let end = stride(from: last, through: max(0, last - 0xffff), by: -1).first(where: {
                Self.number(bytes, $0, 4) == 0x0605_4b50 && $0 + 22 + Self.number(bytes, $0 + 20, 2) == bytes.count
            })
        else { throw .malformedArchive }
        let (disk, count) = (Self.number(bytes, end + 4, 4), Self.number(bytes, end + 10, 2))
        let (size, start) = (Self.number(bytes, end + 12, 4), Self.number(bytes, end + 16, 4))
        guard disk == 0, Self.number(bytes, end + 8, 2) == count, count != 0xffff, start != 0xffff_ffff else {
            throw .unsupportedArchive
        }
        guard count <= bounds.entries else { throw .tooManyEntries }
        guard start + size <= end else { throw .malformedArchive }

        var entries: [Entry] = []
        var at = start
        for _ in 0..<count {
            guard at + 46 <= end, Self.number(bytes, at, 4) == 0x0201_4b50 else { throw .malformedArchive }
            let name = at + 46
            let nameCount = Self.number(bytes, at + 28, 2)
            let next = name + nameCount + Self.number(bytes, at + 30, 2) + Self.number(bytes, at + 32, 2)
            guard next <= end else { throw .malformedArchive }
            let path = bytes[name..<(name + nameCount)]
            if path.last != UInt8(ascii: "/"), path.last != UInt8(ascii: "\\") {
                entries.append(
                    Entry(
                        name: Self.label(path), isEncrypted: Self.number(bytes, at + 8, 2) & 1 == 1,
                        method: UInt16(Self.number(bytes, at + 10, 2)),
                        checksum: UInt32(Self.number(bytes, at + 16, 4)), packed: Self.number(bytes, at + 20, 4),
                        start: Self.number(bytes, at + 42, 4)))
            }
            at = next
        }
        self.entries = entries
    }

    /// Unpacks an entry, piece by piece; an error of `body` ends it.
    func unpack(
        _ entry: Entry, bounds: FileBounds, _ body: (UnsafeRawBufferPointer) throws(ActivityFileError) -> Void
    ) throws(ActivityFileError) {
        guard !entry.isEncrypted, entry.packed != 0xffff_ffff, entry.start != 0xffff_ffff else {
            throw .unsupportedArchive
        }
        guard entry.start + 30 <= bytes.count, Self.number(bytes, entry.start, 4) == 0x0403_4b50 else {
            throw .malformedArchive
        }
        let names = Self.number(bytes, entry.start + 26, 2) + Self.number(bytes, entry.start + 28, 2)
        let start = entry.start + 30 + names
        guard start + entry.packed <= bytes.count else { throw .malformedArchive }
        let packed = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + entry.packed)])
        var checksum: UInt32 = 0
        switch entry.method {
        case 0:
            checksum = Inflater.checksum(0, packed)
            try body(packed)
        case 8:
            let inflater = try Inflater(isGzip: false, bounds: bounds)
            try inflater.push(packed) { piece throws(ActivityFileError) in
                checksum = Inflater.checksum(checksum, piece)
                try body(piece)
            }
            guard inflater.isComplete else { throw .malformedPacking }
        default:
            throw .unsupportedArchive
        }
        guard checksum == entry.checksum else { throw .malformedPacking }
    }

    /// A little-endian number; the range must be there.
    private static func number(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ count: Int) -> Int {
        (0..<count).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
    }

    private static func label(_ path: some BidirectionalCollection<UInt8>) -> String {
        let separators: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "\\")]
        let start = path.lastIndex { separators.contains($0) }.map { path.index(after: $0) } ?? path.startIndex
        let text = String(decoding: path[start...].prefix(255), as: UTF8.self)
        return String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }))
    }
}
