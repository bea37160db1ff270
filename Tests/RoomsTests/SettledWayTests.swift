import Geo
import Testing

@testable import Rooms

/// What is kept of a run that is over, so that its markers need not be read to show it.
@Suite("The way of a settled run")
struct SettledWayTests {
    var meeting = Meeting()

    /// Two runs over the same way, one of which is over.
    private mutating func finished(metres: Double) throws -> (ana: Int, bo: Int, journal: MarkerBatch) {
        let ana = try meeting.runner("ana")
        let bo = try meeting.runner("bo")
        for place in stride(from: 0, through: metres, by: 10) {
            meeting.wait(2 * second)
            try meeting.send(ana, [marker(meeting.nextID(ana), place, at: meeting.now)])
            try meeting.send(bo, [marker(meeting.nextID(bo), place / 2, at: meeting.now)])
        }
        try meeting.finish(ana)
        meeting.wait(30 * second)
        _ = meeting.room.advance(to: meeting.now)
        let journal = meeting.room.takeJournal()
        for acknowledgement in journal.acknowledgements { _ = meeting.room.stored(acknowledgement) }
        return (ana, bo, journal)
    }

    private func restored(_ room: Room, ways: [Int: SettledWay]) throws -> Room {
        let people = try room.runnerNumbers.map { number in
            (person: try #require(room.person(number)), snapshot: try #require(room.snapshot(of: number)))
        }
        var restored = Room(
            restoring: room.id, epoch: room.epoch, settings: room.settings, people: people, events: [], lastEvent: 0)
        for (number, way) in ways { restored.restoreWay(way, of: number) }
        return restored
    }

    @Test("there is none before a run is settled, and none of who has been nowhere")
    mutating func none() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, from: 0, to: 50)
        #expect(meeting.room.settledWay(of: ana) == nil)
        try meeting.finish(ana)
        #expect(meeting.room.settledWay(of: ana) == nil)
        meeting.wait(30 * second)
        _ = meeting.room.advance(to: meeting.now)
        #expect(meeting.room.settledWay(of: ana) != nil)
        let bo = try meeting.runner("bo")
        try meeting.finish(bo)
        meeting.wait(30 * second)
        _ = meeting.room.advance(to: meeting.now)
        #expect(meeting.room.settledWay(of: bo) == nil)
        #expect(meeting.room.settledWay(of: 99) == nil)
    }

    @Test("a room restored with it shows what it showed, without a marker", arguments: [100.0, 1_500, 6_000])
    mutating func shown(metres: Double) throws {
        let (ana, bo, journal) = try finished(metres: metres)
        let way = try #require(meeting.room.settledWay(of: ana))
        let read = try SettledWay(way.bytes)
        #expect(read == way)
        #expect(way.bytes.count < 4_096)
        var room = try restored(meeting.room, ways: [ana: read])
        #expect(room.finishedRunKeys.isEmpty, "its record is not needed")
        // The other's run is under way: its markers come back.
        for chunk in journal.chunks where chunk.runner == bo { room.restoreMarkers(chunk) }
        room.restored(at: meeting.now)
        meeting.room.refreshStandings()
        #expect(room.violation == nil)
        #expect(room.row(of: ana, at: meeting.now) == meeting.room.row(of: ana, at: meeting.now))
        #expect(room.outline(of: ana) == meeting.room.outline(of: ana))
        #expect(room.durableMarker(of: ana) == meeting.room.durableMarker(of: ana))
        let (one, two) = (room.row(of: bo, at: meeting.now), meeting.room.row(of: bo, at: meeting.now))
        #expect(one?.place == two?.place && one?.gapMeters == two?.gapMeters)
        let gaps = try (#require(one?.gapSeconds), #require(two?.gapSeconds))
        #expect(gaps.0.isNear(gaps.1, within: 0.5 + gaps.1 / 100))
        #expect(room.settledWay(of: ana)?.outline == way.outline)
        var snapshots = try (#require(room.snapshot(of: ana)), #require(meeting.room.snapshot(of: ana)))
        // When they were heard last is counted anew.
        snapshots.0.lastHeard = snapshots.1.lastHeard
        #expect(snapshots.0 == snapshots.1)
        #expect(throws: RoomError.alreadyFinished) {
            try room.markers([marker(1, 0, at: noon)], from: ana, at: meeting.now)
        }
    }

    @Test("of a run that is not over it is passed over")
    mutating func foreign() throws {
        let (ana, bo, _) = try finished(metres: 100)
        let way = try #require(meeting.room.settledWay(of: ana))
        let room = try restored(meeting.room, ways: [bo: way, 99: way])
        #expect(room.outline(of: bo).isEmpty && room.durableMarker(of: bo) == 0)
    }

    @Test("bytes that were not written so are refused")
    mutating func damaged() throws {
        let (ana, _, _) = try finished(metres: 100)
        var bytes = try #require(meeting.room.settledWay(of: ana)).bytes
        bytes[7] ^= 1
        #expect(throws: TrackCodecError.self) { try SettledWay(bytes) }
        // Sound as a track, and no way.
        let points = [TrackPoint(id: 1, time: 0, coordinate: east(0))]
        #expect(throws: TrackCodecError.malformed) { try SettledWay(TrackCodec.encode(points)) }
        let many = (0...200).map { TrackPoint(id: $0, time: 0, coordinate: east(0), flags: 1) }
        #expect(throws: TrackCodecError.malformed) {
            try SettledWay(TrackCodec.encode(many + [TrackPoint(id: 1, time: 0, coordinate: east(0), flags: 3)]))
        }
        let absurd = TrackPoint(id: 1, time: .max, coordinate: east(0), flags: 3)
        #expect(throws: TrackCodecError.malformed) { try SettledWay(TrackCodec.encode([absurd])) }
    }
}
