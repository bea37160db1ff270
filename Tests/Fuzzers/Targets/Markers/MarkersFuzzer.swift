import Geo
import Rooms
import Services
import Support

@testable import Live

/// Messages of markers: the scanner for them against the one for any message, and against the general JSON reader.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMarkers(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = bytes(start, count)
    let (type, markers) = withExactCopy(of: bytes) { copy in
        let copy = UnsafeRawBufferPointer(copy)
        return (
            Result { () throws(WireError) in try JSONScanner.messageType(of: copy) },
            Result { () throws(WireError) in try MarkersScanner.scan(copy, maxMarkers: 20) }
        )
    }
    switch (type, markers) {
    case (.success(let type), .success(let markers)):
        require(type == "markers", "markers of a message of the type \(type)")
        require(markers.count <= 20, "more markers than may be")
        compare(markers, with: bytes)
    case (.failure(let error), .success):
        fatalError("markers of what is no message: \(error.message)")
    case (.success, .failure(let error)):
        require(error.code != "bad_json", "one scanner takes for no JSON what the other reads: \(error.message)")
    case (.failure, .failure):
        break
    }
    for system in CoordinateSystem.allCases { convert(bytes, markers, in: system) }
    return 0
}

/// A room gets the same markers, at places on earth.
private func convert(_ bytes: [UInt8], _ markers: Result<[WireMarker], WireError>, in system: CoordinateSystem) {
    let incoming = withExactCopy(of: bytes) { copy in
        Result { () throws(WireError) in
            try MarkersScanner.scan(UnsafeRawBufferPointer(copy), maxMarkers: 20, in: system)
        }
    }
    guard case .success(let markers) = markers else {
        if case .success = incoming { fatalError("a room gets markers of a message that is refused") }
        return
    }
    guard case .success(let (taken, run)) = incoming else { return }
    require(run.map { $0 > 0 } ?? true, "a run numbered \(run ?? 0)")
    require(taken.map(\.id) == markers.map(\.id) && taken.map(\.time) == markers.map(\.time), "other markers")
    for marker in taken {
        let degrees = system.degrees(of: marker.coordinate)
        require(abs(degrees.latitude) <= 90.01 && abs(degrees.longitude) <= 180.01, "degrees \(degrees)")
    }
}

/// What the general reader, which shares nothing with the scanner, makes of the same bytes.
private func compare(_ markers: [WireMarker], with bytes: [UInt8]) {
    let value: JSONValue
    do {
        value = try JSONValue(parsing: bytes)
    } catch {
        // A number beyond all doubles is none for it; the scanner skips it where it means nothing.
        return require(error.message.contains("too large"), "the general reader refuses: \(error.message)")
    }
    guard case .object(let object) = value, case .array(let elements)? = object["markers"] else {
        fatalError("the general reader finds no markers")
    }
    require(elements.count == markers.count, "\(markers.count) markers of \(elements.count)")
    for (marker, element) in zip(markers, elements) {
        guard case .object(let fields) = element else { fatalError("a marker is not an object") }
        func number(_ name: String) -> Double? { fields[name]?.number }
        require(number("id") == Double(marker.id), "id")
        require(number("latitude") == marker.latitude, "latitude")
        require(number("longitude") == marker.longitude, "longitude")
        require(number("time")?.rounded(.towardZero) == Double(marker.time), "time")
        require(number("accuracy").map { min($0, 100_000) } == marker.accuracy, "accuracy")
        require(number("altitude") == marker.altitude, "altitude")
        require(number("heartRate").map { $0.rounded(.towardZero) } == marker.heartRate.map(Double.init), "heartRate")
    }
}
