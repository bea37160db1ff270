import Geo

/// Puts messages into a FIT file, all little-endian.
struct FITEncoder {
    /// The data, without header and checksum.
    private var data: [UInt8] = []

    /// Says what a local message is: a message of the profile with fields of these numbers and base types, and perhaps a
    /// text of so many bytes at the end.
    mutating func define(
        _ local: UInt8, as number: UInt16, _ fields: [(number: UInt8, type: UInt8)],
        text: (number: UInt8, size: Int)? = nil
    ) {
        data += [0x40 | local, 0, 0]
        add(number)
        data.append(UInt8(fields.count + (text == nil ? 0 : 1)))
        for field in fields { data += [field.number, Self.size(of: field.type), field.type] }
        if let text { data += [text.number, UInt8(text.size), 0x07] }
    }

    private static func size(of type: UInt8) -> UInt8 {
        switch type {
        case 0x83, 0x84: 2
        case 0x85, 0x86, 0x8c: 4
        default: 1
        }
    }

    /// Begins a message; its fields must follow in the order of the definition.
    mutating func message(_ local: UInt8) { data.append(local) }

    mutating func add(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
    }

    mutating func add(_ bytes: [UInt8]) { data += bytes }

    /// Latitude and longitude.
    mutating func add(_ place: Coordinate?) {
        add(place.map { Self.semicircles($0.latitude) } ?? .max)
        add(place.map { Self.semicircles($0.longitude) } ?? .max)
    }

    /// A text with the zero that ends it, cut between characters where it is too long.
    static func text(_ text: String, limit: Int = 64) -> [UInt8] {
        var bytes: [UInt8] = []
        for character in text {
            guard bytes.count + character.utf8.count < limit else { break }
            bytes += character.utf8.filter { $0 != 0 }
        }
        return bytes + [0]
    }

    private static func semicircles(_ degrees: Double) -> Int32 {
        // 180 degrees are 2³¹, which is -180 degrees; the number below is 8 mm away.
        Int32(min(max((degrees / FIT.degreesPerSemicircle).rounded(), -0x1p31), 0x1p31 - 2))
    }

    // MARK: - Messages of both kinds of file

    /// The message with which each file begins: in development, no product, number 1.
    mutating func fileID(type: UInt8, created: UInt32) {
        define(0, as: 0, [(0, 0x00), (1, 0x84), (2, 0x84), (3, 0x8c), (4, 0x86)])
        message(0)
        add([type])
        add(255 as UInt16)
        add(0 as UInt16)
        add(1 as UInt32)
        add(created)
    }

    /// An event of the timer, defined as local message 1.
    mutating func event(_ time: UInt32, type: UInt8) {
        message(1)
        add(time)
        add([0, type])
    }

    mutating func defineRecord(hasCadence: Bool) {
        define(
            2, as: 20,
            [(253, 0x86), (0, 0x85), (1, 0x85), (78, 0x86), (5, 0x86), (73, 0x86), (3, 0x02)]
                + (hasCadence ? [(4, 0x02)] : []))
    }

    mutating func record(_ entry: TimedLog.Entry, at time: UInt32, hasCadence: Bool) {
        message(2)
        add(time)
        add(entry.point.place)
        let elevation = entry.point.elevation.flatMap {
            -500...100_000 ~= $0 ? UInt32((($0 + 500) * 5).rounded()) : nil
        }
        add(elevation ?? .max)
        add(FIT.hundredths(entry.distance))
        let speed = (entry.speed * 1000).rounded()
        add(speed < 0xffff_ffff ? UInt32(speed) : .max)
        add([entry.point.heartRate.flatMap { 1...254 ~= $0 ? UInt8($0) : nil } ?? 0xff])
        if hasCadence { add([entry.point.cadence.flatMap { 0...254 ~= $0 ? UInt8($0) : nil } ?? 0xff]) }
    }

    /// The whole file.
    func finish() -> [UInt8] {
        // Protocol 2.0, profile 21.218.
        var file: [UInt8] = [14, 0x20, 0xe2, 0x52]
        withUnsafeBytes(of: UInt32(data.count).littleEndian) { file.append(contentsOf: $0) }
        file += ".FIT".utf8
        append(&file)
        file += data
        append(&file)
        return file
    }

    /// Appends the checksum of all that is there.
    private func append(_ file: inout [UInt8]) {
        var checksum = FITChecksum()
        checksum.add(file)
        withUnsafeBytes(of: checksum.value.littleEndian) { file.append(contentsOf: $0) }
    }
}
