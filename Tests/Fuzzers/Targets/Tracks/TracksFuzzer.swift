import Support

@testable import Geo

/// Tracks on disk.
///
/// The first byte says what the others are: a track, a track without its checksum, points, or the numbers of a column.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTracks(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = bytes(start, count)
    guard let kind = bytes.first else { return 0 }
    switch kind & 3 {
    case 0: decode(Array(bytes.dropFirst()))
    case 1: decode(sealed(bytes.dropFirst()))
    case 2: encodePoints(bytes.dropFirst())
    default: encodeColumn(bytes.dropFirst())
    }
    return 0
}

/// With the checksum that it should have.
private func sealed(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var sum = CRC32C()
    sum.update(bytes)
    return bytes + withUnsafeBytes(of: sum.value.littleEndian) { Array($0) }
}

private func decode(_ bytes: [UInt8]) {
    guard let points = try? TrackCodec.decode(bytes) else { return }
    // 128 points that never change take six bits in each of four columns.
    require(points.count <= 128 * (bytes.count * 8 / 24 + 1), "\(points.count) points of \(bytes.count) bytes")
    let again = TrackCodec.encode(points)
    require((try? TrackCodec.decode(again)) == points, "encoded and decoded is something else")
}

private func encodePoints(_ bytes: ArraySlice<UInt8>) {
    var source = ByteSource(bytes)
    var points: [TrackPoint] = []
    while !source.isEmpty {
        let present = source.byte()
        func optional(_ bit: UInt8) -> Int32? { present & bit == 0 ? nil : Int32(truncatingIfNeeded: source.integer()) }
        let latitude = Int32(source.integer() % 900_000_001)
        let longitude = Int32(source.integer() % 1_800_000_001)
        guard let coordinate = try? Coordinate(latitudeE7: latitude, longitudeE7: longitude) else {
            fatalError("\(latitude), \(longitude) are no place")
        }
        points.append(
            TrackPoint(
                id: Int32(truncatingIfNeeded: source.integer()), time: source.integer(), coordinate: coordinate,
                accuracy: optional(1), altitude: optional(2), heartRate: optional(4),
                flags: present & 8 == 0 ? 0 : source.byte()))
    }
    let encoded = TrackCodec.encode(points)
    require(encoded.count <= 40 + points.count * 8 * 12, "\(encoded.count) bytes of \(points.count) points")
    require((try? TrackCodec.decode(encoded)) == points, "\(points) is decoded as something else")
    // Rot, and a torn write.
    if let place = bytes.last.map({ Int($0) % encoded.count }) {
        var rotten = encoded
        rotten[place] ^= 1 << (bytes[bytes.startIndex] & 7)
        require((try? TrackCodec.decode(rotten)) == nil, "a bit was turned and nobody saw it")
        require((try? TrackCodec.decode(encoded.prefix(place))) == nil, "cut off, and nobody saw it")
    }
}

private func encodeColumn(_ bytes: ArraySlice<UInt8>) {
    var source = ByteSource(bytes)
    var values: [Int64] = []
    while !source.isEmpty { values.append(source.integer()) }
    var writer = BitWriter(reservingCapacity: 0)
    writer.write(0x2a, count: 7)
    RiceColumn.write(values, to: &writer)
    let written = writer.finish()
    require(written.count <= 4 + values.count * 11, "\(written.count) bytes of \(values.count) numbers")
    withExactCopy(of: written) { copy in
        var reader = BitReader(UnsafeRawBufferPointer(copy))
        require(reader.read(7) == 0x2a, "bits before a column")
        require((try? RiceColumn.read(count: values.count, from: &reader)) == values, "\(values) are read otherwise")
        require(!reader.hasOverrun && reader.remaining < 8, "\(reader.remaining) bits are left")
    }
}
