/// What a floor sends: frames as long as a server's, made once and always the same.
struct FloorFrames {
    private let frameBytes: Int?
    /// By the number of rows, made when first needed.
    private var frames: [Int: [UInt8]] = [:]

    private static let head = #"{"type":"frame","time":1732350000400,"runners":["#
    private static let row = #"[7,39.905123,116.407110,1237.9,432.2,"running",17,12.5,4.1]"#

    static let ack = framed(#"{"type":"ack","marker":1}"#)

    /// - Parameter frameBytes: How long every frame is, to a row; nil for one row of a usual length for each marker.
    init(frameBytes: Int?) { self.frameBytes = frameBytes }

    /// A frame for so many markers, with its header.
    mutating func frame(markers: Int) -> [UInt8] {
        var rows = markers
        if let frameBytes {
            let width = Double(Self.row.utf8.count + 1)
            rows = max(1, Int((Double(frameBytes - Self.head.utf8.count - 1) / width).rounded()))
        }
        if let known = frames[rows] { return known }
        let text = Self.head + Array(repeating: Self.row, count: rows).joined(separator: ",") + "]}"
        let frame = Self.framed(text)
        frames[rows] = frame
        return frame
    }

    /// The answer to a join.
    static func joined(runner: Int?) -> [UInt8] {
        let columns = RunnerRow.columns.map { "\"\($0)\"" }.joined(separator: ",")
        return framed(
            """
            {"type":"joined","runID":"floor","epoch":"floor","event":0,"recovered":false,\
            "runner":\(runner.map(String.init) ?? "null"),"marker":0,"time":1732350000400,"columns":[\(columns)],\
            "people":[],"runners":[],"tracks":{},"events":[]}
            """)
    }

    private static func framed(_ text: String) -> [UInt8] {
        var frame: [UInt8] = []
        WebSocketWire.appendText(Array(text.utf8), to: &frame)
        return frame
    }
}
