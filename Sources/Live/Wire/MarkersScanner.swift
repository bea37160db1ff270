import Geo
import Limits
import Rooms

/// A marker as a client sent it, its numbers checked for sense but not converted.
struct WireMarker: Hashable {
    /// 1 … 1,000,000.
    var id: Int32
    /// Degrees in the client's coordinate system, -90 … 90.
    var latitude: Double
    /// Degrees in the client's coordinate system, -180 … 180.
    var longitude: Double
    /// Unix milliseconds by the phone's clock, up to the end of the year 9999.
    var time: Int64
    /// Metres, up to 100,000; what is worse was sent as worse still.
    ///
    /// Negative where the receiver says that the place is not valid.
    var accuracy: Double?
    /// Metres, -20,000 … 100,000.
    var altitude: Double?
    /// Beats per minute, 0 … 500.
    var heartRate: Int32?
}

/// Reads the one message that comes all the time.
enum MarkersScanner {
    /// The markers of a message of the type `markers`.
    ///
    /// Keys may come in any order, in the message and in each marker; unknown ones are skipped, whatever their value.
    /// `null` is as good as absent for the keys that may be. About 0.1 µs a marker, and no allocation but the array.
    ///
    /// - Parameters:
    ///   - bytes: The whole message.
    ///   - maxMarkers: More are refused.
    /// - Returns: The markers in the order of the message, none if there are none.
    /// - Throws: `WireError` for the first thing that is wrong; then nothing of the message is to be believed.
    static func scan(_ bytes: UnsafeRawBufferPointer, maxMarkers: Int = Limit.Live.markersPerMessage) throws(WireError)
        -> [WireMarker]
    {
        try scan(bytes, maxMarkers: maxMarkers) { (marker, _) in marker }.markers
    }

    /// The same markers as a room takes them, made as they are read.
    ///
    /// - Parameters:
    ///   - bytes: The whole message.
    ///   - maxMarkers: More are refused.
    ///   - system: What the client's degrees mean.
    /// - Returns: The markers in the order of the message, and the number of the run to which they belong; nil for the
    ///   present one.
    /// - Throws: `WireError`, also for a place that is none in WGS-84.
    static func scan(
        _ bytes: UnsafeRawBufferPointer, maxMarkers: Int, in system: CoordinateSystem
    ) throws(WireError) -> (markers: [IncomingMarker], run: Int?) {
        try scan(bytes, maxMarkers: maxMarkers) { (marker, index) throws(WireError) in
            let coordinate: Coordinate
            do throws(CoordinateError) {
                coordinate = try system.coordinate(latitude: marker.latitude, longitude: marker.longitude)
            } catch {
                throw .badMarker(index, nil, "is nowhere on earth")
            }
            return IncomingMarker(
                id: marker.id, coordinate: coordinate, time: marker.time, accuracy: marker.accuracy,
                altitude: marker.altitude, heartRate: marker.heartRate)
        }
    }

    @inline(__always)
    private static func scan<Marker>(
        _ bytes: UnsafeRawBufferPointer, maxMarkers: Int, _ make: (WireMarker, Int) throws(WireError) -> Marker
    ) throws(WireError) -> (markers: [Marker], run: Int?) {
        var scanner = JSONScanner(bytes)
        scanner.skipSpace()
        guard scanner.next == UInt8(ascii: "{") else {
            try scanner.skipValue(depth: 1)
            throw .badMessage("A message is a JSON object.")
        }

        var hasType = false
        var markers: [Marker]?
        var run: Int?
        try scanner.object { (scanner, key) throws(WireError) in
            if scanner.equals(key, "type") {
                guard !hasType else { throw .badMessage("`type` is there twice.") }
                hasType = true
                guard scanner.next == UInt8(ascii: "\"") else { throw .badMessage("`type` is not a string.") }
                let type = try scanner.string()
                guard scanner.equals(type, "markers") else { throw .badMessage("`type` is not markers.") }
            } else if scanner.equals(key, "markers") {
                guard markers == nil else { throw .badMessage("`markers` is there twice.") }
                guard scanner.next == UInt8(ascii: "[") else { throw .badMessage("`markers` is not an array.") }
                markers = try Self.markers(&scanner, maxMarkers: maxMarkers, make)
            } else if scanner.equals(key, "run") {
                run = try Self.run(&scanner)
            } else {
                try scanner.skipValue(depth: 2)
            }
        }
        try scanner.expectEnd()
        guard hasType else { throw .badMessage("`type` is missing.") }
        guard let markers else { throw .badMessage("`markers` is missing.") }
        return (markers, run)
    }

    @inline(never) private static func run(_ scanner: inout JSONScanner) throws(WireError) -> Int? {
        if scanner.next == UInt8(ascii: "n"), scanner.starts(with: "null") {
            try scanner.literal("null")
            return nil
        }
        guard let number = scanner.number(), let run = scanner.integer(number), run > 0 else {
            throw .badMessage("`run` is the number of a run: 1, 2, 3 and so on.")
        }
        return Int(run)
    }

    @inline(__always)
    private static func markers<Marker>(
        _ scanner: inout JSONScanner, maxMarkers: Int, _ make: (WireMarker, Int) throws(WireError) -> Marker
    ) throws(WireError) -> [Marker] {
        var markers: [Marker] = []
        // The shortest marker of sense has about 50 bytes.
        markers.reserveCapacity(min(maxMarkers, (scanner.bytes.count - scanner.position) / 50 + 1))
        try scanner.array { (scanner) throws(WireError) in
            guard markers.count < maxMarkers else {
                throw WireError(
                    code: "too_many_markers", message: "A message has at most \(maxMarkers) markers; send several.")
            }
            markers.append(try make(try marker(&scanner, index: markers.count), markers.count))
        }
        return markers
    }

    // MARK: - One marker

    /// The keys of a marker, in the order in which one that is missing is told.
    private enum Key: UInt8 {
        case id, latitude, longitude, time, accuracy, altitude, heartRate

        var bit: UInt8 { 1 << rawValue }
        var name: String { "\(self)" }

        static let required: UInt8 = 0b1111

        /// By eight bytes at a time: this is asked seven times a marker.
        @inline(__always) init?(_ key: JSONString, _ scanner: JSONScanner) {
            let bytes = scanner.bytes
            if key.hasEscapes {
                self.init(escaped: scanner.text(of: key))
                return
            }
            switch key.end &- key.start {
            case 2 where scanner.equals(key, "id"):
                self = .id
            case 4 where scanner.equals(key, "time"):
                self = .time
            case 8:
                switch UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: key.start, as: UInt64.self)) {
                case 0x6c61_7469_7475_6465: self = .latitude
                case 0x6163_6375_7261_6379: self = .accuracy
                case 0x616c_7469_7475_6465: self = .altitude
                default: return nil
                }
            case 9:
                switch (
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: key.start, as: UInt64.self)),
                    bytes[key.start &+ 8]
                ) {
                case (0x6c6f_6e67_6974_7564, UInt8(ascii: "e")): self = .longitude
                case (0x6865_6172_7452_6174, UInt8(ascii: "e")): self = .heartRate
                default: return nil
                }
            default:
                return nil
            }
        }

        private init?(escaped name: String) {
            guard let key = (0...6).lazy.compactMap(Key.init(rawValue:)).first(where: { $0.name == name }) else {
                return nil
            }
            self = key
        }
    }

    @inline(__always)
    private static func marker(_ scanner: inout JSONScanner, index: Int) throws(WireError) -> WireMarker {
        guard scanner.next == UInt8(ascii: "{") else {
            throw .badMarker(index, nil, "is not an object")
        }
        var marker = WireMarker(id: 0, latitude: 0, longitude: 0, time: 0)
        var seen: UInt8 = 0
        try scanner.object { (scanner, name) throws(WireError) in
            guard let key = Key(name, scanner) else {
                try scanner.skipValue(depth: 4)
                return
            }
            guard seen & key.bit == 0 else { throw .badMarker(index, key.name, "is there twice") }
            seen |= key.bit

            if scanner.next == UInt8(ascii: "n"), key.bit & Key.required == 0, scanner.starts(with: "null") {
                try scanner.literal("null")
                return
            }
            let start = scanner.position
            guard let number = scanner.number() else { throw badNumber(scanner, at: start, index, key) }
            switch key {
            case .id:
                guard let id = scanner.integer(number), 1...Int64(Limit.Run.markerID) ~= id else {
                    throw outside(scanner, number, index, key, "an integer from 1 to 1000000")
                }
                marker.id = Int32(id)
            case .latitude:
                marker.latitude = scanner.double(number)
                guard abs(marker.latitude) <= 90 else { throw outside(scanner, number, index, key, "from -90 to 90") }
            case .longitude:
                marker.longitude = scanner.double(number)
                guard abs(marker.longitude) <= 180 else {
                    throw outside(scanner, number, index, key, "from -180 to 180")
                }
            case .time:
                guard let time = scanner.wholePart(number, in: Limit.Run.times) else {
                    throw outside(scanner, number, index, key, "from 0 to 253402300799999")
                }
                marker.time = time
            case .accuracy:
                let accuracy = scanner.double(number)
                guard accuracy.isFinite else { throw outside(scanner, number, index, key, "a number of metres") }
                marker.accuracy = min(accuracy, Limit.Run.accuracy)
            case .altitude:
                let altitude = scanner.double(number)
                guard Limit.Run.altitudes ~= altitude else {
                    throw outside(scanner, number, index, key, "from -20000 to 100000")
                }
                marker.altitude = altitude
            case .heartRate:
                guard let heartRate = scanner.wholePart(number, in: Limit.Run.heartRates) else {
                    throw outside(scanner, number, index, key, "from 0 to 500")
                }
                marker.heartRate = Int32(heartRate)
            }
        }
        if seen & Key.required != Key.required { throw missing(seen, index) }
        return marker
    }

    // MARK: - What is wrong

    @inline(never) private static func missing(_ seen: UInt8, _ index: Int) -> WireError {
        let key = Key(rawValue: UInt8((~seen).trailingZeroBitCount)) ?? .id
        return .badMarker(index, key.name, "is missing")
    }

    @inline(never) private static func outside(
        _ scanner: JSONScanner, _ number: JSONNumber, _ index: Int, _ key: Key, _ range: String
    ) -> WireError {
        let digits = String(decoding: scanner.bytes[number.start..<number.end].prefix(24), as: UTF8.self)
        return .badMarker(index, key.name, "is \(digits), not \(range)")
    }

    @inline(never) private static func badNumber(
        _ scanner: JSONScanner, at start: Int, _ index: Int, _ key: Key
    ) -> WireError {
        let kind =
            switch start < scanner.bytes.count ? scanner.bytes[start] : 0 {
            case UInt8(ascii: "\""): "is a string, not a number"
            case UInt8(ascii: "{"): "is an object, not a number"
            case UInt8(ascii: "["): "is an array, not a number"
            case UInt8(ascii: "t"), UInt8(ascii: "f"): "is a boolean, not a number"
            case UInt8(ascii: "n"): "is null, not a number"
            default: "is not a number as JSON writes them"
            }
        return .badMarker(index, key.name, kind)
    }
}
