import Geo
import TestKit
import Testing

@testable import Rooms

@Suite("What others see of somebody with a privacy zone")
struct PrivacyTests {
    var meeting = Meeting()
    /// Around the start, 500 m.
    private let zone = PrivacyZone(id: 1, place: east(0), radius: 500, center: east(0), seed: 6)

    /// Somebody who runs away from home, 10 m a marker.
    private mutating func runAway(_ markers: ClosedRange<Int>, _ ana: Int) throws {
        meeting.now = noon + Int64(markers.upperBound) * 3 * second
        try meeting.send(
            ana, markers.map { marker(Int32($0), Double($0) * 10, at: noon + Int64($0) * 3 * second) })
        meeting.room.refreshStandings()
    }

    private mutating func joined() throws -> Int {
        let ana = try meeting.join(makePerson("ana", account: 1, zones: [zone])).number
        try meeting.start(ana)
        return ana
    }

    @Test("no place inside, while distance, time and place in the standings go on; they themselves see it")
    mutating func inside() throws {
        let ana = try joined()
        try runAway(1...40, ana)
        let row = try #require(meeting.room.row(of: ana, at: meeting.now))
        #expect(row.position == nil && row.isHidden)
        #expect(abs(row.meters - 390) < 1 && row.place == 1 && row.gapMeters == 0 && row.seconds == 120)
        let own = try #require(meeting.room.row(of: ana, at: meeting.now, for: ana))
        #expect(own.position == east(400) && !own.isHidden)
        #expect(meeting.room.outline(of: ana) == [] && meeting.room.outline(of: ana, for: ana).count == 1)
        #expect(meeting.room.outlines(at: meeting.now).map(\.pieces.count) == [0])
        var told: [RunnerRow] = []
        meeting.room.rows(changedAfter: 0, at: meeting.now) { told.append($0) }
        #expect(told == [row])
    }

    @Test("a way that leaves a zone and comes back is cut before the edge, the same in each run's end and beginning")
    mutating func leaving() throws {
        let ana = try joined()
        try runAway(1...200, ana)
        let pieces = meeting.room.outline(of: ana)
        #expect(pieces.count == 1)
        let first = try #require(pieces.first?.first)
        let margin = zone.margin(inRun: meeting.room.runner(ana)?.run.key ?? 0)
        #expect(east(0).distance(to: first) >= 500 + margin && east(0).distance(to: first) <= 500 + margin + 20.1)
        #expect(meeting.room.row(of: ana, at: meeting.now)?.position == east(2000))
    }

    @Test("the place of a poller is hidden as well, and so is where somebody was before they left")
    mutating func polled() throws {
        let ana = try meeting.join(makePerson("ana", account: 1, zones: [zone])).number
        try meeting.report(ana, PollReport(coordinate: east(30)))
        #expect(meeting.room.row(of: ana, at: meeting.now)?.position == nil)
        try meeting.leave(ana)
        #expect(meeting.room.row(of: ana, at: meeting.now)?.position == nil)
        try meeting.join(makePerson("ana", account: 1, zones: [zone]))
        try meeting.report(ana, PollReport(coordinate: east(700)))
        #expect(meeting.room.row(of: ana, at: meeting.now)?.position == east(700))
    }

    @Test("a zone that is added hides what was shown, at once; one that is removed shows it again")
    mutating func changes() throws {
        let ana = try meeting.runner()
        try runAway(1...40, ana)
        #expect(meeting.room.row(of: ana, at: meeting.now)?.position == east(400))
        for zones in [[zone], []] {
            let (version, people) = (meeting.room.version, meeting.room.peopleVersion)
            meeting.room.update(makePerson("ana", account: 1, zones: zones))
            #expect(meeting.room.version > version && meeting.room.peopleVersion > people)
            meeting.room.refreshStandings()
            var told: [RunnerRow] = []
            meeting.room.rows(changedAfter: version, at: meeting.now) { told.append($0) }
            #expect(told.map(\.isHidden) == [!zones.isEmpty])
            #expect(meeting.room.outline(of: ana).isEmpty == !zones.isEmpty)
            #expect(meeting.room.hidesPlace(of: ana) == !zones.isEmpty)
        }
    }

    @Test("who has a zone elsewhere hides nothing, and can be shown what all others are")
    mutating func elsewhere() throws {
        let far = PrivacyZone(id: 1, place: east(50_000), radius: 500, center: east(50_000), seed: 6)
        let ana = try meeting.join(makePerson("ana", account: 1, zones: [far])).number
        try meeting.start(ana)
        try runAway(1...40, ana)
        #expect(!meeting.room.hidesPlace(of: ana))
        #expect(meeting.room.row(of: ana, at: meeting.now) == meeting.room.row(of: ana, at: meeting.now, for: ana))
    }

    @Test("a room that is read from disk hides what it hid")
    mutating func restored() throws {
        let ana = try joined()
        try runAway(1...40, ana)
        try meeting.finish(ana)
        let snapshot = try #require(meeting.room.snapshot(of: ana))
        var room = Room(
            restoring: "159", epoch: "e1", people: [(makePerson("ana", account: 1, zones: [zone]), snapshot)],
            events: [], lastEvent: 0)
        room.restoreMarkers(
            JournalChunk(
                runner: ana, runKey: snapshot.runKey,
                markers: [TrackPoint(id: 1, time: noon, coordinate: east(10))]))
        room.restored(at: meeting.now)
        let row = try #require(room.row(of: ana, at: meeting.now))
        #expect(row.isHidden && row.position == nil && room.outline(of: ana) == [])
        #expect(room.row(of: ana, at: meeting.now, for: ana)?.position == east(10))
    }
}
