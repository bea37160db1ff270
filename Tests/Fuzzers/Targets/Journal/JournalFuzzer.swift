import Geo
import Rooms
import Support

@testable import Live

/// Journal rows on disk.
///
/// The first byte says what the others are: a row, a row without its checksum, or what is to be in one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJournal(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = bytes(start, count)
    guard let kind = bytes.first else { return 0 }
    switch kind % 3 {
    case 0: decode(Array(bytes.dropFirst()))
    case 1: decode(sealed(bytes.dropFirst()))
    default: encode(bytes.dropFirst())
    }
    return 0
}

private let (room, sequence): (Int64, Int64) = (159, 7)

/// With the checksum that it should have in this room.
private func sealed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var sum = CRC32C()
    sum.update(bytes)
    withUnsafeBytes(of: room.littleEndian) { sum.update($0) }
    withUnsafeBytes(of: sequence.littleEndian) { sum.update($0) }
    return bytes + withUnsafeBytes(of: sum.value.littleEndian) { Array($0) }
}

private func decode(_ bytes: [UInt8]) {
    guard let chunks = try? JournalCodec.decode(bytes, room: room, sequence: sequence) else { return }
    require(chunks.count <= bytes.count, "\(chunks.count) chunks of \(bytes.count) bytes")
    check(chunks)
}

private func check(_ chunks: [JournalChunk]) {
    let encoded = JournalCodec.encode(chunks, room: room, sequence: sequence)
    require(
        (try? JournalCodec.decode(encoded, room: room, sequence: sequence)) == chunks, "\(chunks) are read otherwise")
    require((try? JournalCodec.decode(encoded, room: room + 1, sequence: sequence)) == nil, "of another room")
    require((try? JournalCodec.decode(encoded, room: room, sequence: sequence - 1)) == nil, "of another sequence")
    guard let first = chunks.first else { return }
    guard let rest = JournalCodec.removing([first.runner], from: encoded, room: room, sequence: sequence) else {
        fatalError("nothing was removed")
    }
    require(
        (try? JournalCodec.decode(rest, room: room, sequence: sequence)) == chunks.filter { $0.runner != first.runner },
        "others were removed")
}

private func encode(_ bytes: ArraySlice<UInt8>) {
    var source = ByteSource(bytes)
    var chunks: [JournalChunk] = []
    while !source.isEmpty {
        var chunk = JournalChunk(
            runner: Int(source.integer() & Int64(Int32.max)), runKey: source.integer(), markers: [])
        for _ in 0..<source.byte() % 8 {
            guard
                let coordinate = try? Coordinate(
                    latitudeE7: Int32(source.integer() % 900_000_001),
                    longitudeE7: Int32(source.integer() % 1_800_000_001))
            else { continue }
            chunk.markers.append(
                TrackPoint(
                    id: Int32(truncatingIfNeeded: source.integer()), time: source.integer(), coordinate: coordinate,
                    flags: source.byte()))
        }
        chunks.append(chunk)
    }
    check(chunks)
    var rotten = JournalCodec.encode(chunks, room: room, sequence: sequence)
    rotten[Int(bytes.last ?? 0) % rotten.count] ^= 1 << ((bytes.first ?? 0) & 7)
    require((try? JournalCodec.decode(rotten, room: room, sequence: sequence)) == nil, "a bit was turned")
}
