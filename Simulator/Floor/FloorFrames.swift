/// What a floor sends: frames as long as a server's, made once and always the same.
struct FloorFrames {
    private let row: [UInt8]
    /// By the number of rows, made when first needed.
    private var frames: [Int: [UInt8]] = [:]

    static let ack = framed(#"{"type":"ack","marker":1}"#)

    /// - Parameter rowBytes: How long a row is, with its comma; at least 40.
    init(rowBytes: Int) {
        let head = #"[1,39.905123,116.407110,"#
        let tail = #".9,432.2,"running",1,0.0,0.0]"#
        // Metres take up what is missing.
        let digits = max(1, rowBytes - 1 - head.utf8.count - tail.utf8.count)
        row = Array((head + "1" + String(repeating: "0", count: digits - 1) + tail).utf8)
    }

    /// A frame with so many rows, with its header.
    mutating func frame(rows: Int) -> [UInt8] {
        if let known = frames[rows] { return known }
        var payload = Array(#"{"type":"frame","time":1732350000400,"runners":["#.utf8)
        for number in 0..<rows {
            if number > 0 { payload.append(UInt8(ascii: ",")) }
            payload += row
        }
        payload += Array("]}".utf8)
        var frame: [UInt8] = []
        WebSocketWire.appendText(payload, to: &frame)
        frames[rows] = frame
        return frame
    }

    /// The answer to a join.
    static func joined(runner: Int?) -> [UInt8] {
        let columns = RunnerRow.columns.map { "\"\($0)\"" }.joined(separator: ",")
        return framed(
            """
            {"type":"joined","runID":"floor","epoch":"floor","event":0,"recovered":false,"runner":\(runner.map(String.init) ?? "null"),\
            "marker":0,"time":1732350000400,"columns":[\(columns)],"people":[],"runners":[],"tracks":{},"events":[]}
            """)
    }

    private static func framed(_ text: String) -> [UInt8] {
        var frame: [UInt8] = []
        WebSocketWire.appendText(Array(text.utf8), to: &frame)
        return frame
    }
}
