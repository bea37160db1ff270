import Foundation
import Geo
import Rooms

/// The state of a runner, as it stands in their row.
///
/// ```text
/// version (1) │ JSON of the RunnerSnapshot │ CRC-32C of all before, and of the row's room and runner (4, little-endian)
/// ```
/// Rows of before there was a version are the JSON alone, and begin with its brace.
enum SnapshotCodec {
    private static let version: UInt8 = 1
    private static let brace = UInt8(ascii: "{")

    /// - Returns: nil for a snapshot that JSON cannot hold.
    static func encode(_ snapshot: RunnerSnapshot, room: Int64, _ encoder: JSONEncoder) -> [UInt8]? {
        guard let json = try? encoder.encode(snapshot) else { return nil }
        var bytes = [version] + json
        let sum = checksum(bytes[...], room: room, runner: snapshot.number)
        withUnsafeBytes(of: sum.littleEndian) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Reads a state, and believes it only if a runner of this number can have come to it.
    ///
    /// - Throws: ``JournalCodec/Damage`` for anything else.
    static func decode(
        _ bytes: [UInt8], room: Int64, runner: Int, _ decoder: JSONDecoder
    ) throws(JournalCodec.Damage) -> RunnerSnapshot {
        var json = bytes[...]
        if bytes.first != brace {
            guard bytes.count >= 5 else { throw JournalCodec.Damage(reason: "truncated") }
            let stored = bytes.suffix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let sum = checksum(bytes.dropLast(4), room: room, runner: runner)
            guard stored == sum else { throw JournalCodec.Damage(reason: "checksum") }
            guard bytes.first == version else { throw JournalCodec.Damage(reason: "unknown version") }
            json = bytes.dropFirst().dropLast(4)
        }
        guard let snapshot = try? decoder.decode(RunnerSnapshot.self, from: Data(json)) else {
            throw JournalCodec.Damage(reason: "cannot be read")
        }
        guard snapshot.number == runner, snapshot.isPossible else { throw JournalCodec.Damage(reason: "impossible") }
        return snapshot
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>, room: Int64, runner: Int) -> UInt32 {
        var sum = CRC32C()
        sum.update(bytes)
        withUnsafeBytes(of: room.littleEndian) { sum.update($0) }
        withUnsafeBytes(of: Int64(runner).littleEndian) { sum.update($0) }
        return sum.value
    }
}
