// stand-in until the scanner lands
struct WireError: Error { var code: String; var message: String }
struct WireMarker {
    var id: Int32; var latitude, longitude: Double; var time: Int64; var accuracy: Double?; var altitude: Double?;
    var heartRate: Int32?
}
enum JSONScanner {
    static func messageType(of bytes: UnsafeRawBufferPointer) throws(WireError) -> String { fatalError() }
}
enum MarkersScanner {
    static func scan(_ bytes: UnsafeRawBufferPointer, maxMarkers: Int) throws(WireError) -> [WireMarker] {
        fatalError()
    }
}
