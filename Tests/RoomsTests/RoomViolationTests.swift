import Geo
import Testing

@testable import Rooms

/// What no command brings about is noticed before it is stored, and ends nothing by itself.
///
/// That it never is noticed where nothing is wrong is checked by the random commands.
@Suite("Violations") struct RoomViolationTests {
    private func room() throws -> Room {
        var room = Room(id: "159", epoch: "e")
        for account in 1...3 {
            _ = try room.join(
                Person(account: Int64(account), username: "r\(account)", nickname: "R", avatar: "", zones: []),
                newRunKey: Int64(account), at: noon)
        }
        _ = try room.start(1, newRunKey: 9, at: noon)
        _ = try room.markers(
            [IncomingMarker(id: 1, coordinate: try Coordinate(latitude: 48, longitude: 11), time: noon + 1000)],
            from: 1,
            at: noon + 1000)
        return room
    }

    @Test("a room that commands have made has none") func none() throws {
        #expect(try room().violation == nil)
    }

    @Test("a number that is another's, and somebody who stands nowhere") func runners() throws {
        var swapped = try room()
        swapped.runners.swapAt(0, 1)
        #expect(swapped.violation == .runners)
        var nowhere = try room()
        nowhere.standings.removeLast()
        #expect(nowhere.violation == .runners)
    }

    @Test("an event that is numbered and not there") func events() throws {
        var room = try room()
        room.restoreLog([], lastEvent: 3)
        #expect(room.violation == nil, "a room whose old events are gone")
        room.restoreLog([RoomEvent(number: 7, time: 1, kind: .closed)], lastEvent: 7)
        #expect(room.violation == nil)
    }

    @Test("more is promised than has come") func promise() throws {
        var room = try room()
        room.runners[0].run.durable = 1
        #expect(room.violation == nil)
        room.runners[0].run.durable = 2
        #expect(room.violation == .promise)
    }

    @Test("a clock that is told something out of order stays as it was, and says so") func clock() throws {
        for command in 0..<5 {
            var room = try room()
            room.runners[0].run.clock.stop(at: noon + 10)
            let before = room.runners[0].run.clock
            switch command {
            case 0: room.runners[0].run.clock.stop(at: noon + 20)
            case 1: room.runners[0].run.clock.resume(at: noon + 9)
            case 2: room.runners[0].run.clock.end(at: noon + 9, told: false)
            case 3: room.runners[1].run.clock.end(at: noon + 20, told: false)
            default: room.runners[1].run.clock.stop(at: noon + 20)
            }
            #expect(room.violation == .clock)
            #expect(room.runners[0].run.clock.segments == before.segments)
            #expect(room.runners[0].run.clock.ended == nil && room.runners[1].run.clock.ended == nil)
        }
    }

    @Test("a marker out of order in a window") func window() throws {
        func entry(_ id: Int32) throws -> MarkerHistory.Entry {
            MarkerHistory.Entry(
                TrackPoint(id: id, time: noon, coordinate: try Coordinate(latitude: 48, longitude: 11)))
        }
        var history = MarkerHistory()
        history.append(try entry(3))
        #expect(!history.isBroken)
        history.append(try entry(3))
        #expect(history.isBroken)
        var sealed = MarkerHistory()
        for id: Int32 in 1...4 { sealed.append(try entry(id)) }
        sealed.seal(2)
        sealed.merge([try entry(2)])
        #expect(sealed.isBroken)
    }
}
