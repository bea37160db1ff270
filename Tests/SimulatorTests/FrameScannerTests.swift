import Testing

@testable import Simulator

@Suite("The scanner of frames") struct FrameScannerTests {
    func scan(_ text: String) -> (time: Int64, rows: [ScreenRow])? {
        var rows: [ScreenRow] = []
        let time = Array(text.utf8).withUnsafeBytes { FrameScanner.scan($0) { rows.append($0) } }
        return time.map { ($0, rows) }
    }

    /// By the general reader.
    func read(_ text: String) throws -> [ScreenRow] {
        let message = Array(text.utf8).withUnsafeBytes { bytes in
            Result { () throws(JSONError) in try ServerMessage(bytes) }
        }
        guard case .frame(let frame) = try message.get() else { return [] }
        return frame.runners.map(ScreenRow.init)
    }

    @Test(
        "says what the general reader says",
        arguments: [
            #"[3,39.90512,116.40711,1237.9,432.2,"running",1,0,0]"#,
            #"[3,-39.905123,-0.000001,0.0,0.0,"ready",null,null,null]"#, #"[1,null,null,0,0.0,"left",null,null,null]"#,
            #"[200,0,180,12.5,1,"paused",12,100.1,null],[7,1.5,-2.25,0.1,9.9,"offline",3,0.4,-1.5]"#,
            #"[9,89.999999,179.999999,99999.9,86400.0,"finished",200,1,1]"#, "",
        ])
    func agreement(rows: String) throws {
        let text = #"{"type":"frame","time":1732350000400,"runners":["# + rows + "]}"
        let scanned = try #require(scan(text))
        #expect(scanned.time == 1_732_350_000_400)
        #expect(scanned.rows == (try read(text)))
    }

    @Test(
        "gives up on anything but the plain form, and on what is no frame",
        arguments: [
            #"{"time":1,"type":"frame","runners":[]}"#, #"{"type":"frame", "time":1,"runners":[]}"#,
            #"{"type":"frame","time":1,"runners":[]} "#, #"{"type":"frame","time":1,"runners":[],"later":1}"#,
            #"{"type":"frame","time":1,"runners":[[1,2.1234567,3,4,5,"running",1,0,0]]}"#,
            #"{"type":"frame","time":1,"runners":[[1,2,3,4,5,"flying",1,0,0]]}"#,
            #"{"type":"frame","time":1,"runners":[[1,2,3,4,5,"running",1,0]]}"#,
            #"{"type":"frame","time":1,"runners":[[1,2,3,4,5,"running",1,0,0],]}"#,
            #"{"type":"frame","time":,"runners":[]}"#,
            #"{"type":"frame","time":1,"runners":[[99999999999,2,3,4,5,"ready",1,0,0]]}"#,
            #"{"type":"ack","marker":1}"#, "", "{",
        ])
    func refusal(text: String) {
        #expect(scan(text) == nil)
    }

    @Test("no beginning of a frame is taken for one")
    func cut() {
        let text = #"{"type":"frame","time":17,"runners":[[3,39.90512,116.40711,1237.9,432.2,"running",1,0.5,0]]}"#
        for count in 0..<text.utf8.count {
            #expect(scan(String(text.prefix(count))) == nil, "\(text.prefix(count))")
        }
        #expect(scan(text) != nil)
    }

    @Test(
        "the number behind a message's first bytes",
        arguments: [
            (#"{"type":"ack","marker":118}"#, 118), (#"{"type":"ack","marker":0}"#, 0),
            (#"{"type":"ack","marker":}"#, nil), (#"{"type":"ack","marker":1.5}"#, nil),
            (#"{"type":"ack","marker":12"#, nil),
            (#"{"type":"pong","marker":1}"#, nil), (#"{"type":"ack","marker":-1}"#, nil),
        ] as [(String, Int?)])
    func prefix(text: String, number: Int?) {
        let found = Array(text.utf8).withUnsafeBytes { MessagePrefix.number(in: $0, after: MessagePrefix.ack) }
        #expect(found == number)
    }
}
