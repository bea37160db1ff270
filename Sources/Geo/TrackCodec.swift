/// The form in which tracks lie on disk: columns of differences with a checksum.
///
///     1 byte    version, 1
///     32 bits   number of points
///     columns   id, time, latitude, longitude: `RiceColumn`s, one after the other without gaps
///               accuracy, altitude, heart rate, each: 2 bits, 0 nowhere, 1 everywhere, 2 in some points; for 2 a
///               column of zeros and ones says in which; for 1 and 2 the column of those that are there
///               flags: 2 bits, 0 all are 0, 1 a column follows
///     0-7 bits  zeros, up to a full byte
///     4 bytes   CRC-32C of all before it, little-endian
///
/// or, for a track that was written piece by piece,
///
///     1 byte    version, 2
///     4 bytes   number of pieces, little-endian
///     pieces    each: 4 bytes, little-endian, the number of its bytes; a track of version 1
///
/// Two hours at one marker a second with everything recorded take about 30 KB, a single marker about 30 bytes.
public enum TrackCodec {
    /// More points than this in one track are neither written nor read: 48 days at one a second.
    public static let maximumCount = 1 << 22

    private static let version: UInt8 = 1
    private static let piecesVersion: UInt8 = 2
    private static let checksumLength = 4
    /// Version, number of points, checksum; the columns take at least a byte.
    private static let minimumLength = 1 + 4 + checksumLength + 1

    /// Any order of ids and times is allowed and kept.
    ///
    /// Linear, about 0.1 µs a point. At most `maximumCount` points: more is a programmer's error.
    public static func encode(_ points: some Collection<TrackPoint>) -> [UInt8] {
        let points = Array(points)
        precondition(points.count <= maximumCount, "a track of \(points.count) points")
        var writer = BitWriter(reservingCapacity: 64 + points.count * 6)
        writer.write(UInt64(version), count: 8)
        writer.write(UInt64(points.count), count: 32)
        if points.count == 1 { writeColumns(of: points[0], to: &writer) } else { writeColumns(of: points, to: &writer) }

        var bytes = writer.finish()
        var checksum = CRC32C()
        checksum.update(bytes)
        withUnsafeBytes(of: checksum.value.littleEndian) { bytes.append(contentsOf: $0) }
        return bytes
    }

    private static func writeColumns(of points: [TrackPoint], to writer: inout BitWriter) {
        RiceColumn.write(points.lazy.map { Int64($0.id) }, to: &writer)
        RiceColumn.write(points.lazy.map { $0.time }, to: &writer)
        RiceColumn.write(points.lazy.map { Int64($0.coordinate.latitudeE7) }, to: &writer)
        RiceColumn.write(points.lazy.map { Int64($0.coordinate.longitudeE7) }, to: &writer)
        write(points.lazy.map { $0.accuracy }, to: &writer)
        write(points.lazy.map { $0.altitude }, to: &writer)
        write(points.lazy.map { $0.heartRate }, to: &writer)
        if points.allSatisfy({ $0.flags == 0 }) {
            writer.write(Presence.nowhere.rawValue, count: 2)
        } else {
            writer.write(Presence.everywhere.rawValue, count: 2)
            RiceColumn.write(points.lazy.map { Int64($0.flags) }, to: &writer)
        }
    }

    /// As of many, but without a collection for each column: journals are full of single points.
    private static func writeColumns(of point: TrackPoint, to writer: inout BitWriter) {
        RiceColumn.write(only: Int64(point.id), to: &writer)
        RiceColumn.write(only: point.time, to: &writer)
        RiceColumn.write(only: Int64(point.coordinate.latitudeE7), to: &writer)
        RiceColumn.write(only: Int64(point.coordinate.longitudeE7), to: &writer)
        write(point.accuracy, to: &writer)
        write(point.altitude, to: &writer)
        write(point.heartRate, to: &writer)
        write(point.flags == 0 ? nil : Int32(point.flags), to: &writer)
    }

    private static func write(_ value: Int32?, to writer: inout BitWriter) {
        guard let value else { return writer.write(Presence.nowhere.rawValue, count: 2) }
        writer.write(Presence.everywhere.rawValue, count: 2)
        RiceColumn.write(only: Int64(value), to: &writer)
    }

    /// A track of the points of several, one after the other.
    ///
    /// It costs next to nothing, and about 30 bytes for each of them.
    ///
    /// - Parameter tracks: as ``encode(_:)`` writes them, of at most ``maximumCount`` points together; they are not
    ///   looked into.
    /// - Returns: The track; of a single one that one itself.
    public static func join(_ tracks: [[UInt8]]) -> [UInt8] {
        if tracks.count == 1 { return tracks[0] }
        var bytes = [piecesVersion]
        bytes.reserveCapacity(tracks.reduce(5) { $0 + 4 + $1.count })
        withUnsafeBytes(of: UInt32(tracks.count).littleEndian) { bytes.append(contentsOf: $0) }
        for track in tracks {
            withUnsafeBytes(of: UInt32(track.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: track)
        }
        return bytes
    }

    /// The points that were encoded, to the last bit.
    ///
    /// Safe with any bytes: it reads each at most twice, and allocates in proportion to the points it finds, less than
    /// 6 KB for each byte of input and never for more than `maximumCount` points.
    ///
    /// - Throws: `TrackCodecError` for anything that `encode` does not write. No points are not an error.
    public static func decode(_ bytes: some Collection<UInt8>) throws(TrackCodecError) -> [TrackPoint] {
        // Arrays are not copied; slices and the like are.
        try Array(bytes).withUnsafeBytes { bytes in
            Result { () throws(TrackCodecError) in try decode(bytes) }
        }.get()
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) throws(TrackCodecError) -> [TrackPoint] {
        guard let first = bytes.first else { throw .truncated }
        guard first == piecesVersion else { return try decodePiece(bytes) }
        var rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        let count = try readLength(&rest)
        var points: [TrackPoint] = []
        for _ in 0..<count {
            let length = try readLength(&rest)
            guard length <= rest.count else { throw .truncated }
            points += try decodePiece(UnsafeRawBufferPointer(rebasing: rest.prefix(length)))
            guard points.count <= maximumCount else { throw .malformed }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(length))
        }
        guard rest.isEmpty else { throw .malformed }
        return points
    }

    private static func readLength(_ bytes: inout UnsafeRawBufferPointer) throws(TrackCodecError) -> Int {
        guard bytes.count >= 4 else { throw .truncated }
        defer { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(4)) }
        return Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
    }

    private static func decodePiece(_ bytes: UnsafeRawBufferPointer) throws(TrackCodecError) -> [TrackPoint] {
        guard let first = bytes.first else { throw .truncated }
        guard first == version else { throw .unknownVersion(first) }
        guard bytes.count >= minimumLength else { throw .truncated }
        let content = UnsafeRawBufferPointer(rebasing: bytes.dropLast(checksumLength))
        var checksum = CRC32C()
        checksum.update(content)
        let stored = bytes.loadUnaligned(fromByteOffset: content.count, as: UInt32.self)
        guard checksum.value == UInt32(littleEndian: stored) else { throw .checksumMismatch }

        var reader = BitReader(content)
        reader.skip(8)
        let count = Int(reader.read(32))
        guard count <= maximumCount else { throw .malformed }
        let ids = try RiceColumn.read(count: count, from: &reader)
        let times = try RiceColumn.read(count: count, from: &reader)
        let latitudes = try RiceColumn.read(count: count, from: &reader)
        let longitudes = try RiceColumn.read(count: count, from: &reader)
        var accuracies = try OptionalColumn(count: count, from: &reader)
        var altitudes = try OptionalColumn(count: count, from: &reader)
        var heartRates = try OptionalColumn(count: count, from: &reader)
        var flags: [Int64]?
        switch Presence(rawValue: reader.read(2)) {
        case .nowhere: break
        case .everywhere: flags = try RiceColumn.read(count: count, from: &reader)
        case .somewhere, nil: throw .malformed
        }
        // Less than a byte is left, and it is empty.
        guard !reader.hasOverrun, reader.remaining < 8, reader.read(reader.remaining) == 0 else { throw .malformed }

        var points: [TrackPoint] = []
        points.reserveCapacity(count)
        for index in 0..<count {
            let coordinate: Coordinate
            do {
                coordinate = try Coordinate(
                    latitudeE7: narrow(latitudes[index]), longitudeE7: narrow(longitudes[index]))
            } catch {
                throw .malformed
            }
            points.append(
                TrackPoint(
                    id: try narrow(ids[index]), time: times[index], coordinate: coordinate,
                    accuracy: try accuracies.next(at: index), altitude: try altitudes.next(at: index),
                    heartRate: try heartRates.next(at: index), flags: try narrow(flags?[index] ?? 0)))
        }
        return points
    }

    /// In which points an optional value is.
    private enum Presence: UInt64 {
        case nowhere, everywhere, somewhere
    }

    private static func write(_ values: some RandomAccessCollection<Int32?>, to writer: inout BitWriter) {
        let present = values.reduce(0) { $1 == nil ? $0 : $0 + 1 }
        if present == 0 {
            writer.write(Presence.nowhere.rawValue, count: 2)
        } else if present == values.count {
            writer.write(Presence.everywhere.rawValue, count: 2)
            RiceColumn.write(values.lazy.map { Int64($0 ?? 0) }, to: &writer)
        } else {
            writer.write(Presence.somewhere.rawValue, count: 2)
            RiceColumn.write(values.lazy.map { $0 == nil ? 0 : 1 }, to: &writer)
            RiceColumn.write(values.compactMap { $0.map(Int64.init) }, to: &writer)
        }
    }

    /// An optional column that is read from the first point to the last.
    private struct OptionalColumn {
        private var isPresent: [Int64]?
        private var values: [Int64] = []
        private var position = 0

        init(count: Int, from reader: inout BitReader) throws(TrackCodecError) {
            switch Presence(rawValue: reader.read(2)) {
            case .nowhere:
                break
            case .everywhere:
                values = try RiceColumn.read(count: count, from: &reader)
            case .somewhere:
                let mask = try RiceColumn.read(count: count, from: &reader)
                var present = 0
                for bit in mask {
                    guard bit == 0 || bit == 1 else { throw .malformed }
                    present += Int(bit)
                }
                isPresent = mask
                values = try RiceColumn.read(count: present, from: &reader)
            case nil:
                throw .malformed
            }
        }

        mutating func next(at index: Int) throws(TrackCodecError) -> Int32? {
            guard position < values.count, isPresent?[index] != 0 else { return nil }
            defer { position += 1 }
            return try narrow(values[position])
        }
    }

    private static func narrow<T: FixedWidthInteger>(_ value: Int64) throws(TrackCodecError) -> T {
        guard let narrow = T(exactly: value) else { throw .malformed }
        return narrow
    }
}

/// Why bytes are not a track.
public enum TrackCodecError: Error, Hashable, Sendable {
    /// Too few bytes to be a track at all. A track cut off later mostly shows as a wrong checksum.
    case truncated
    case checksumMismatch
    /// Written by a later program, or no track.
    case unknownVersion(UInt8)
    /// The checksum is right and the content is not: not written by `encode`.
    case malformed
}
