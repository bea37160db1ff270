import Geo

/// Writes the parts of a ``RunMark``: whole numbers in seven bits a byte, doubles with every bit, places as differences.
struct MarkWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ value: Int64) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func write(_ value: Int) { write(Int64(value)) }

    mutating func write(_ value: Int32) { write(Int64(value)) }

    mutating func write(_ value: Int64?) {
        write(value == nil ? 0 : 1)
        if let value { write(value) }
    }

    mutating func write(_ value: UInt32) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ value: Double) {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ coordinates: [Coordinate]) {
        write(coordinates.count)
        var last: (latitude: Int64, longitude: Int64) = (0, 0)
        for coordinate in coordinates {
            write(Int64(coordinate.latitudeE7) - last.latitude)
            write(Int64(coordinate.longitudeE7) - last.longitude)
            last = (Int64(coordinate.latitudeE7), Int64(coordinate.longitudeE7))
        }
    }

    /// A place that may be none.
    mutating func write(_ coordinate: Coordinate?) { write(coordinate.map { [$0] } ?? []) }

}

/// Reads what ``MarkWriter`` wrote, and believes no number that is not in the range in which it must be.
struct MarkReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func read(in range: ClosedRange<Int64>) throws(RunMark.Damage) -> Int64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            guard let byte = rest.popFirst() else { throw .truncated }
            value |= UInt64(byte & 0x7F) << shift
            guard byte < 0x80 else { continue }
            let number = Int64(bitPattern: (value >> 1) ^ (0 &- (value & 1)))
            guard range.contains(number) else { throw .malformed }
            return number
        }
        throw .malformed
    }

    mutating func read(in range: ClosedRange<Int>) throws(RunMark.Damage) -> Int {
        Int(try read(in: Int64(range.lowerBound)...Int64(range.upperBound)))
    }

    mutating func read(in range: ClosedRange<Int32>) throws(RunMark.Damage) -> Int32 {
        Int32(try read(in: Int64(range.lowerBound)...Int64(range.upperBound)))
    }

    /// Unix milliseconds of which differences do not overflow.
    mutating func readTime() throws(RunMark.Damage) -> Int64 {
        let farthest = Int64(RunnerSnapshot.farthestTime)
        return try read(in: -farthest...farthest)
    }

    mutating func readOptionalTime() throws(RunMark.Damage) -> Int64? {
        try read(in: 0...1) == 1 ? try readTime() : nil
    }

    mutating func readWord() throws(RunMark.Damage) -> UInt32 {
        guard rest.count >= 4 else { throw .truncated }
        defer { rest = rest.dropFirst(4) }
        return rest.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func readDouble(in range: ClosedRange<Double>) throws(RunMark.Damage) -> Double {
        guard rest.count >= 8 else { throw .truncated }
        let pattern = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        rest = rest.dropFirst(8)
        let value = Double(bitPattern: pattern)
        guard range.contains(value) else { throw .malformed }
        return value
    }

    mutating func readCoordinates(atMost most: Int) throws(RunMark.Damage) -> [Coordinate] {
        let count = try read(in: 0...most)
        var last: (latitude: Int64, longitude: Int64) = (0, 0)
        var coordinates: [Coordinate] = []
        coordinates.reserveCapacity(count)
        for _ in 0..<count {
            last.latitude += try read(in: -(1 << 32)...(1 << 32))
            last.longitude += try read(in: -(1 << 32)...(1 << 32))
            guard let latitude = Int32(exactly: last.latitude), let longitude = Int32(exactly: last.longitude),
                let coordinate = try? Coordinate(latitudeE7: latitude, longitudeE7: longitude)
            else { throw .malformed }
            coordinates.append(coordinate)
        }
        return coordinates
    }

    /// A place that may be none.
    mutating func readCoordinate() throws(RunMark.Damage) -> Coordinate? { try readCoordinates(atMost: 1).first }
}
