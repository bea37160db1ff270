import Geo
import Testing

@testable import Simulator

@Suite("A room's screens") struct RoomBoardTests {
    func bytes(_ rows: String, time: Int = 1) -> [UInt8] {
        Array(#"{"type":"frame","time":\#(time),"runners":[\#(rows)]}"#.utf8)
    }

    func row(_ number: Int, meters: Double, state: String = "running") -> String {
        #"[\#(number),39.9,116.4,\#(meters),9.0,"\#(state)",1,0,0]"#
    }

    func take(_ board: inout RoomBoard, _ bytes: [UInt8]) throws -> RoomBoard.Frame {
        let result = bytes.withUnsafeBytes { text in
            Result { () throws(JSONError) in try board.frame(text) { _ in .init() } }
        }
        return try result.get()
    }

    @Test("the same bytes are read once, however many are shown them")
    func once() throws {
        var board = RoomBoard()
        for _ in 0..<50 { _ = try take(&board, bytes(row(1, meters: 5))) }
        #expect(board.distinctFrames == 1)
        _ = try take(&board, bytes(row(1, meters: 6)))
        _ = try take(&board, bytes(row(1, meters: 5)))
        #expect(board.distinctFrames == 2)
    }

    @Test("a state is the same state in whatever frame it comes, and another one is another")
    func serials() throws {
        var board = RoomBoard()
        let first = try take(&board, bytes(row(1, meters: 5) + "," + row(2, meters: 7)))
        let later = try take(&board, bytes(row(2, meters: 7), time: 2))
        let other = try take(&board, bytes(row(2, meters: 8), time: 3))
        #expect(first.entries.map(\.number) == [1, 2])
        #expect(later.entries[0].serial == first.entries[1].serial)
        #expect(other.entries[0].serial != first.entries[1].serial)
        #expect(board.row(of: 2, serial: other.entries[0].serial)?.distance == 80)
        #expect(board.row(of: 2, serial: first.entries[1].serial)?.distance == 70)
    }

    @Test("each screen is held to the row that it was shown, even when others were shown newer ones")
    func screens() throws {
        var board = RoomBoard()
        var (ahead, behind) = (Screen(), Screen())
        let first = try take(&board, bytes(row(1, meters: 5)))
        let second = try take(&board, bytes(row(1, meters: 6, state: "finished")))
        for entry in first.entries {
            _ = ahead.show(entry)
            _ = behind.show(entry)
        }
        for entry in second.entries { _ = ahead.show(entry) }
        #expect(board.row(of: 1, serial: ahead[1].serial)?.state == .finished)
        #expect(board.row(of: 1, serial: behind[1].serial)?.state == .running)
        #expect(board.row(of: 1, serial: ahead[2].serial) == nil)
    }

    @Test("a row that is too old to be remembered is no row")
    func old() throws {
        var board = RoomBoard()
        let first = try take(&board, bytes(row(1, meters: 0)))
        for meters in 1...Int(RoomBoard.rememberedRows) { _ = try take(&board, bytes(row(1, meters: Double(meters)))) }
        #expect(board.row(of: 1, serial: first.entries[0].serial) == nil)
    }

    @Test("frames in another form are read all the same, and nonsense is an error")
    func forms() throws {
        var board = RoomBoard()
        let frame = try take(
            &board, Array(#"{"runners": [[1,39.9,116.4,5,9.0,"running",1,0,0]], "time": 7, "type": "frame"}"#.utf8))
        #expect(frame.time == 7)
        #expect(board.row(of: 1, serial: frame.entries[0].serial)?.distance == 50)
        #expect(throws: JSONError.self) { try take(&board, Array(#"{"type":"frame","time":1}"#.utf8)) }
        #expect(throws: JSONError.self) { try take(&board, bytes(row(0, meters: 5))) }
        #expect(throws: JSONError.self) { try take(&board, bytes(row(4_000_000, meters: 5))) }
    }

    @Test("a place sent with seven decimals is shown by either rounding of it, and by no other")
    func places() {
        var row = ScreenRow(number: 1)
        row.latitude = 39_905_123
        row.longitude = -116_400_000
        #expect(row.shows(latitudeE7: 399_051_234, longitudeE7: -1_164_000_004))
        #expect(row.shows(latitudeE7: 399_051_225, longitudeE7: -1_163_999_995))
        #expect(!row.shows(latitudeE7: 399_051_236, longitudeE7: -1_164_000_000))
        #expect(!ScreenRow(number: 1).shows(latitudeE7: 0, longitudeE7: 0))
    }
}

@Suite("The last row") struct FinalRowJudgeTests {
    func fault(_ change: (inout ScreenRow) -> Void) throws -> String? {
        var row = ScreenRow(number: 1)
        row.latitude = 39_905_123
        row.longitude = 116_407_000
        row.distance = 10_004
        row.time = 3000
        row.state = .finished
        change(&row)
        return FinalRowJudge(
            name: "ana", meters: 1000.4, seconds: 300, reckonedMeters: 1001,
            place: try Coordinate(latitude: 39.905_123_4, longitude: 116.407), system: .wgs84
        ).fault(of: row)
    }

    @Test("the right row passes, and each wrong value is told")
    func judgment() throws {
        #expect(try fault { _ in } == nil)
        #expect(try fault { $0.state = .running } != nil)
        #expect(try fault { $0.latitude += 2 } != nil)
        #expect(try fault { $0.longitude = ScreenRow.nowhere } != nil)
        #expect(try fault { $0.distance += 2 } != nil)
        #expect(try fault { $0.time -= 2 } != nil)
    }
}
