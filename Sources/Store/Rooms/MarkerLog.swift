import Geo

/// The newest markers of all rooms, a row for each commit of them: so it costs a sync and a few pages to have markers on
/// the disk, however many rooms they are of.
///
/// A journal row of each room would be a page of an index for each, fifty times a second. So it is written once a second,
/// with all of a room's markers since the last one, and takes the place of what the log has of them. What is left in the
/// log by a process that ended is brought into the journals when the database is opened.
///
/// ```text
/// row: head, section, section, …
/// section: room (8) │ sequence (8) │ time (8) │ length (4, all little-endian) │ the bytes of a journal row
/// head: a section of no room: 0 │ how many bytes follow it │ their CRC-32C │ 0
/// ```
/// Rows of before there was a head begin with their first section.
enum MarkerLog {
    struct Section: Hashable {
        var room: Int64
        var row: JournalRow
    }

    /// A row as it was read.
    struct Row: Hashable {
        /// Of a row that is damaged those that could be read: what is in them has a checksum of its own.
        var sections: [Section] = []
        /// What is wrong with it; nil for nothing.
        var damage: String?
    }

    private static let headSize = 28

    /// What a row holds of some sections.
    static func encode(_ sections: [Section]) -> [UInt8] {
        var bytes: [UInt8] = []
        for section in sections { append(section, to: &bytes) }
        return headed(bytes)
    }

    /// A row of sections that were appended to each other.
    static func headed(_ sections: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headSize + sections.count)
        for number in [0, Int64(sections.count), Int64(checksum(sections[...]))] { append(number, to: &bytes) }
        append(Int32(0), to: &bytes)
        return bytes + sections
    }

    static func append(_ section: Section, to bytes: inout [UInt8]) {
        for number in [section.room, section.row.sequence, section.row.time] { append(number, to: &bytes) }
        append(Int32(section.row.bytes.count), to: &bytes)
        bytes.append(contentsOf: section.row.bytes)
    }

    static func decode(_ bytes: [UInt8]) -> Row {
        var row = Row()
        var rest = bytes[...]
        while let section = takeSection(&rest) { row.sections.append(section) }
        if !rest.isEmpty || bytes.isEmpty { row.damage = "truncated" }
        guard let head = row.sections.first, head.room == 0 else { return row }
        row.sections.removeFirst()
        let body = bytes.dropFirst(headSize)
        if head.row.sequence != body.count || head.row.time != Int64(checksum(body)) { row.damage = "checksum" }
        return row
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var sum = CRC32C()
        sum.update(bytes)
        return sum.value
    }

    private static func takeSection(_ bytes: inout ArraySlice<UInt8>) -> Section? {
        var rest = bytes
        guard let room: Int64 = take(&rest), let sequence: Int64 = take(&rest), let time: Int64 = take(&rest),
            let count: Int32 = take(&rest), count >= 0, count <= rest.count
        else { return nil }
        let row = JournalRow(sequence: sequence, time: time, bytes: Array(rest.prefix(Int(count))))
        bytes = rest.dropFirst(Int(count))
        return Section(room: room, row: row)
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private static func take<Number: FixedWidthInteger>(_ bytes: inout ArraySlice<UInt8>) -> Number? {
        let size = Number.bitWidth / 8
        guard bytes.count >= size else { return nil }
        let number = bytes.prefix(size).reversed().reduce(Number(0)) { $0 << 8 | Number(truncatingIfNeeded: $1) }
        bytes = bytes.dropFirst(size)
        return number
    }
}
