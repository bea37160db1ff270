import Geo
import Rooms

/// One journal row: the new markers of all runners of a room since the last commit.
///
/// ```text
/// version (1) │ chunk, chunk, … │ CRC-32C of all before, and of the row's room and sequence (4, little-endian)
/// chunk: runner (varint) │ run key (8, little-endian) │ length (varint) │ track, as TrackCodec writes it
/// ```
/// The checksum covers where the row belongs, so that a row which came to stand under another room is found too.
enum JournalCodec {
    private static let version: UInt8 = 1

    static func encode(_ chunks: [JournalChunk], room: Int64, sequence: Int64) -> [UInt8] {
        var bytes: [UInt8] = [version]
        for chunk in chunks {
            append(UInt64(chunk.runner), to: &bytes)
            withUnsafeBytes(of: chunk.runKey.littleEndian) { bytes.append(contentsOf: $0) }
            let track = TrackCodec.encode(chunk.markers)
            append(UInt64(track.count), to: &bytes)
            bytes.append(contentsOf: track)
        }
        let sum = checksum(bytes[...], room: room, sequence: sequence)
        withUnsafeBytes(of: sum.littleEndian) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// - Throws: ``Damage`` for anything that ``encode(_:room:sequence:)`` did not write for this room and sequence.
    static func decode(_ bytes: [UInt8], room: Int64, sequence: Int64) throws(Damage) -> [JournalChunk] {
        guard bytes.count >= 5 else { throw Damage(reason: "truncated") }
        let body = bytes.dropLast(4)
        let stored = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard stored == checksum(body, room: room, sequence: sequence) else { throw Damage(reason: "checksum") }
        guard body.first == version else { throw Damage(reason: "unknown version") }
        var rest = body.dropFirst()
        var chunks: [JournalChunk] = []
        while !rest.isEmpty {
            let runner = try readVarint(&rest)
            guard rest.count >= 8 else { throw Damage(reason: "truncated") }
            let key = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            rest = rest.dropFirst(8)
            let length = try readVarint(&rest)
            guard length <= UInt64(rest.count), runner <= UInt64(Int32.max) else { throw Damage(reason: "truncated") }
            do {
                let markers = try TrackCodec.decode(rest.prefix(Int(length)))
                chunks.append(
                    JournalChunk(runner: Int(runner), runKey: Int64(bitPattern: key), markers: markers))
            } catch {
                throw Damage(reason: "track: \(error)")
            }
            rest = rest.dropFirst(Int(length))
        }
        return chunks
    }

    /// A row without the markers of some runners.
    ///
    /// - Returns: nil when it has none of them, and for a row that cannot be read, which stays as it is.
    static func removing(_ runners: Set<Int>, from bytes: [UInt8], room: Int64, sequence: Int64) -> [UInt8]? {
        guard let chunks = try? decode(bytes, room: room, sequence: sequence) else { return nil }
        let rest = chunks.filter { !runners.contains($0.runner) }
        return rest.count == chunks.count ? nil : encode(rest, room: room, sequence: sequence)
    }

    /// A row that is not what was written.
    struct Damage: Error, Hashable {
        var reason: String
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>, room: Int64, sequence: Int64) -> UInt32 {
        var sum = CRC32C()
        sum.update(bytes)
        withUnsafeBytes(of: room.littleEndian) { sum.update($0) }
        withUnsafeBytes(of: sequence.littleEndian) { sum.update($0) }
        return sum.value
    }

    private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func readVarint(_ bytes: inout ArraySlice<UInt8>) throws(Damage) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 63, by: 7) {
            guard let byte = bytes.popFirst() else { throw Damage(reason: "truncated") }
            value |= UInt64(byte & 0x7F) << UInt64(shift)
            if byte < 0x80 { return value }
        }
        throw Damage(reason: "number too long")
    }
}
