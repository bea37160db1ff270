import Geo
import Testing

@testable import Rooms

/// Phones whose apps come with single requests and number nothing.
@Suite("What apps report of their runners")
struct DeviceTests {
    var meeting = Meeting()

    @discardableResult
    private mutating func report(_ number: Int, _ report: DeviceReport) throws -> Decisions {
        let key = meeting.newKey()
        return try meeting.room.report(report, from: number, newRunKey: { key }, at: meeting.now).decisions
    }

    private func fix(_ metres: Double, at time: Int64, accuracy: Double? = nil) -> DeviceFix {
        DeviceFix(coordinate: east(metres), time: time, accuracy: accuracy)
    }

    /// Somebody without a connection.
    private mutating func join(_ name: String = "ana") throws -> Int {
        let person = makePerson(name, account: Int64(meeting.room.runnerNumbers.count + 1))
        let key = meeting.newKey()
        let joined = try meeting.room.join(person, newRunKey: key, at: meeting.now)
        meeting.room.introduce(joined.number)
        return joined.number
    }

    @Test("positions in any order, and all of them again, are the markers of a run in time order")
    mutating func order() throws {
        let ana = try join()
        try meeting.start(ana)
        let fixes = (1...10).map { fix(Double($0) * 10, at: noon + Int64($0) * 4 * second) }
        meeting.wait(minute)
        for index in [4, 9, 0, 2, 7, 1, 8, 3, 6, 5] { try report(ana, DeviceReport(fixes: [fixes[index]])) }
        #expect(meeting.meters(ana).isNear(90))
        #expect(meeting.room.runner(ana)?.run.markerCount == 10)
        for fix in fixes.reversed() {
            #expect(try report(ana, DeviceReport(fixes: [fix])).newMarkers == 0)
        }
        #expect(meeting.meters(ana).isNear(90))
        #expect(
            meeting.room.runner(ana)?.run.history.entries.map(\.time) == fixes.map(\.time), "in the order of time")
        #expect(meeting.room.isAuthenticated(ana))
    }

    @Test("the id of a position is the second of its time, from an hour before the start")
    mutating func ids() throws {
        let ana = try join()
        try meeting.start(ana)
        try report(ana, DeviceReport(fixes: [fix(0, at: noon)]))
        #expect(meeting.room.runner(ana)?.run.ids.newest == 3601)
        try report(ana, DeviceReport(fixes: [fix(0, at: noon - hour)]))
        #expect(meeting.room.runner(ana)?.run.ids.contains(1) == true)
        #expect(try report(ana, DeviceReport(fixes: [fix(0, at: noon - hour - 1)])).newMarkers == 0)
        #expect(try report(ana, DeviceReport(fixes: [fix(0, at: .max), fix(0, at: .min)])).newMarkers == 0)
        #expect(try report(ana, DeviceReport(fixes: [fix(5, at: noon + 999)])).newMarkers == 0, "the same second")
    }

    @Test("two apps of one person at once are one run: a second counts once, and who is not sure adds no way")
    mutating func twoApps() throws {
        let ana = try join()
        try meeting.start(ana)
        var taken = 0
        for step in 0...30 {
            let time = noon + Int64(step) * 2 * second
            meeting.now = time + second
            taken += try report(ana, DeviceReport(fixes: [fix(Double(step) * 6, at: time, accuracy: 4)])).newMarkers
            // The other app says the same second from 8 m away, and the next from where it is not sure to be.
            let others = [
                fix(Double(step) * 6 + 8, at: time, accuracy: 4),
                fix(Double(step) * 6 + 40, at: time + second, accuracy: 80),
            ]
            for other in others { taken += try report(ana, DeviceReport(fixes: [other])).newMarkers }
        }
        #expect(meeting.meters(ana).isNear(180))
        #expect(taken == 62, "one a second, those that do not count among them")
        #expect(meeting.row(ana)?.position == east(180))
    }

    @Test("a position of an hour ahead is kept, and neither counts nor is the latest")
    mutating func ahead() throws {
        let ana = try join()
        try meeting.start(ana)
        try report(ana, DeviceReport(fixes: [fix(0, at: noon)]))
        #expect(try report(ana, DeviceReport(fixes: [fix(500, at: noon + hour)])).newMarkers == 1)
        for step in 1...100 {
            meeting.wait(second)
            try report(ana, DeviceReport(fixes: [fix(Double(step) * 3, at: meeting.now)]))
        }
        #expect(meeting.meters(ana).isNear(300))
        #expect(meeting.row(ana)?.position == east(300))
    }

    @Test("without a signal a run begins with the first position 20 m away")
    mutating func startByMoving() throws {
        let ana = try join()
        #expect(try report(ana, DeviceReport(fixes: [fix(0, at: noon)])).events.isEmpty)
        meeting.wait(minute)
        #expect(try report(ana, DeviceReport(fixes: [fix(19, at: meeting.now)])).events.isEmpty)
        #expect(meeting.row(ana)?.position == east(19))
        #expect(meeting.row(ana)?.state == .ready)
        meeting.wait(10 * second)
        let begun = meeting.now
        meeting.wait(minute)
        let decisions = try report(
            ana, DeviceReport(fixes: [fix(30, at: begun), fix(60, at: begun + 10 * second)]))
        #expect(decisions.kinds == [.started(runner: ana, run: 1)])
        #expect(meeting.room.times(of: ana).start == begun)
        #expect(meeting.meters(ana).isNear(30))
    }

    @Test("who is far from where they were long ago, or is not sure where they are, has not begun to run")
    mutating func noStart() throws {
        let ana = try join()
        try report(ana, DeviceReport(fixes: [fix(0, at: noon)]))
        meeting.wait(11 * minute)
        #expect(try report(ana, DeviceReport(fixes: [fix(900, at: meeting.now)])).events.isEmpty)
        meeting.wait(10 * second)
        #expect(try report(ana, DeviceReport(fixes: [fix(940, at: meeting.now, accuracy: 45)])).events.isEmpty)
        #expect(try report(ana, DeviceReport(fixes: [fix(2000, at: meeting.now + hour)])).events.isEmpty)
        #expect(meeting.row(ana)?.state == .ready)
    }

    @Test("a recording begins a run, and another one after the finish the next; an old one does not")
    mutating func sessions() throws {
        let ana = try join()
        let decisions = try report(ana, DeviceReport(fixes: [fix(0, at: noon + 2 * second)], session: noon))
        #expect(decisions.kinds == [.started(runner: ana, run: 1)])
        #expect(meeting.room.times(of: ana).start == noon)
        meeting.wait(minute)
        try report(ana, DeviceReport(fixes: [fix(150, at: meeting.now)], signal: .finish(at: nil), session: noon))
        #expect(meeting.row(ana)?.state == .finished)
        meeting.wait(minute)
        #expect(try report(ana, DeviceReport(fixes: [fix(300, at: meeting.now)], session: noon)).events.isEmpty)
        #expect(try report(ana, DeviceReport(fixes: [fix(400, at: meeting.now)])).events.isEmpty, "it goes home")
        let next = meeting.now
        let again = try report(ana, DeviceReport(fixes: [fix(300, at: next)], session: next))
        #expect(again.kinds == [.started(runner: ana, run: 2)])
    }

    @Test("start, pause, resume and finish are one run with a pause")
    mutating func signals() throws {
        let ana = try join()
        var kinds: [RoomEvent.Kind] = []
        for (index, signal) in ([.start, nil, nil, .pause, .start, nil, .finish(at: nil)] as [DeviceReport.Signal?])
            .enumerated()
        {
            kinds += try report(
                ana, DeviceReport(fixes: [fix(Double(index) * 10, at: meeting.now)], signal: signal)
            ).kinds
            meeting.wait(10 * second)
        }
        #expect(kinds.count == 4)
        #expect(kinds[1] == .paused(runner: ana))
        #expect(kinds[2] == .started(runner: ana, run: 1))
        #expect(meeting.room.runner(ana)?.run.clock.segments.count == 2)
        #expect(meeting.meters(ana).isNear(50), "the way in the pause is not bridged")
        #expect(meeting.row(ana)?.state == .finished)
    }

    @Test("a run that is thrown away leaves no record, and who begins another is back")
    mutating func discard() throws {
        let ana = try join()
        for step in 0...5 {
            try report(
                ana, DeviceReport(fixes: [fix(Double(step) * 5, at: meeting.now)], signal: step == 0 ? .start : nil))
            meeting.wait(2 * second)
        }
        let decisions = try report(ana, DeviceReport(signal: .discard))
        #expect(decisions.records.isEmpty)
        #expect(!meeting.room.isInRoom(ana))
        #expect(throws: RoomError.hasLeft) { try report(ana, DeviceReport(fixes: [fix(0, at: meeting.now)])) }
        try report(ana, DeviceReport(signal: .start))
        #expect(meeting.row(ana)?.state == .running)
    }

    @Test("a phone that reports every 10 s is never offline, one that comes each minute after three")
    mutating func offline() throws {
        let ana = try join()
        var kinds: [RoomEvent.Kind] = []
        func advance(_ meeting: inout Meeting) { kinds += meeting.room.advance(to: meeting.now).kinds }
        for _ in 0..<30 {
            try report(ana, DeviceReport(fixes: [fix(0, at: meeting.now)]))
            for _ in 0..<10 {
                meeting.wait(second)
                advance(&meeting)
            }
        }
        #expect(kinds.isEmpty)
        meeting.wait(51 * second)
        advance(&meeting)
        #expect(kinds == [.offline(runner: ana)])
        for _ in 0..<11 {
            try report(ana, DeviceReport(fixes: [fix(0, at: meeting.now)]))
            meeting.wait(minute)
        }
        kinds = []
        meeting.wait(minute)
        advance(&meeting)
        #expect(kinds.isEmpty)
        meeting.wait(minute)
        advance(&meeting)
        #expect(kinds == [.offline(runner: ana)])
        #expect(meeting.room.reportInterval(of: ana) == minute)
        #expect(meeting.room.snapshot(of: ana)?.deviceGrace == 3 * minute)
    }

    @Test("a page that numbers its markers and an app that does not make one way, and the page is acknowledged")
    mutating func pageAndApp() throws {
        let ana = try meeting.runner()
        try meeting.run(ana, (1...20).map { Double($0) * 3 })
        #expect(store() == 20)
        for step in 21...40 {
            meeting.wait(second)
            try report(ana, DeviceReport(fixes: [fix(Double(step) * 3, at: meeting.now)]))
        }
        #expect(meeting.meters(ana).isNear(114), "the last 3 m are not added yet")
        // Its screen is on again: some of its seconds are known, some are not.
        try meeting.send(ana, [marker(21, 63, at: noon + 21 * second), marker(22, 120, at: meeting.now)])
        meeting.wait(second)
        try meeting.send(ana, [marker(23, 123, at: meeting.now)])
        #expect(meeting.meters(ana).isNear(120))
        #expect(store() == 23)
        #expect(meeting.room.durableMarker(of: ana) == 23)
        #expect(meeting.room.violation == nil)
    }

    /// Stores what is there.
    ///
    /// - Returns: What the only runner is acknowledged.
    private mutating func store() -> Int32 {
        for acknowledgement in meeting.room.takeJournal().acknowledgements {
            _ = meeting.room.stored(acknowledgement)
        }
        return meeting.room.durableMarker(of: 1)
    }

    @Test("after a restart the run goes on by the same numbers")
    mutating func restart() throws {
        let ana = try join()
        try report(ana, DeviceReport(fixes: [fix(0, at: noon)], signal: .start))
        meeting.wait(10 * second)
        try report(ana, DeviceReport(fixes: [fix(30, at: meeting.now)]))
        let chunks = meeting.room.takeJournal().chunks
        let snapshot = try #require(meeting.room.snapshot(of: ana))
        var restored = Room(
            restoring: "159", epoch: "e1", people: [(makePerson("ana", account: 1), snapshot)], events: [],
            lastEvent: 0)
        for chunk in chunks { restored.restoreMarkers(chunk) }
        restored.restored(at: meeting.now)
        meeting.room = restored
        #expect(try report(ana, DeviceReport(fixes: [fix(30, at: meeting.now)])).newMarkers == 0)
        meeting.wait(10 * second)
        try report(ana, DeviceReport(fixes: [fix(60, at: meeting.now)]))
        #expect(meeting.meters(ana).isNear(60))
        meeting.wait(55 * second)
        #expect(meeting.room.advance(to: meeting.now).kinds.isEmpty)
    }

    @Test("markers that come late beyond what may be measured anew are to be sent again")
    mutating func tooLate() throws {
        let ana = try join()
        try meeting.start(ana)
        try report(ana, DeviceReport(fixes: [fix(10, at: noon + 4 * second)]))
        let outcome = try meeting.room.report(
            DeviceReport(fixes: [fix(0, at: noon)], signal: .finish(at: nil)), from: ana, newRunKey: { 99 },
            at: meeting.now, mayRemeasure: { _ in false })
        #expect(!outcome.isComplete)
        #expect(meeting.row(ana)?.state == .running)
    }

    @Test("each place before a run is to be stored")
    mutating func placesToStore() throws {
        let ana = try meeting.join()
        for step in 0..<3 {
            meeting.wait(minute)
            // Nearer than what begins a run.
            let fix = DeviceFix(coordinate: east(Double(step) * 2), time: meeting.now)
            let outcome = try meeting.room.report(
                DeviceReport(fixes: [fix]), from: ana, newRunKey: { 99 }, at: meeting.now)
            #expect(meeting.row(ana)?.position == fix.coordinate)
            #expect(outcome.decisions.changedRunners == [ana])
        }
    }
}
