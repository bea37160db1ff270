import Geo
import Limits

/// What phones say that come with single requests, and whose apps know nothing of this room: OwnTracks and the like.
extension Room {
    /// What came of a ``DeviceReport``.
    public struct DeviceOutcome: Sendable {
        /// To store and tell.
        public var decisions: Decisions
        /// False when positions came so late that they cannot be measured at the moment; they are to be sent again.
        public var isComplete = true
    }

    /// Takes what an app reports.
    ///
    /// Positions are measured as all markers are; those outside of a run say where its runner is, and no more. Where no
    /// signal says so, a run begins with the first position of a new recording, or with the first that is 20 m away from
    /// where the phone was seen before.
    ///
    /// - Parameters:
    ///   - report: what it says.
    ///   - number: the runner's, who is known to be theirs.
    ///   - newRunKey: the identity of a run that begins.
    ///   - now: when it came, Unix milliseconds by the server's clock.
    ///   - mayRemeasure: as of ``markers(_:from:run:offset:at:mayRemeasure:)``.
    /// - Returns: What came of it. What is known, or of no use, is no error.
    /// - Throws: `roomClosed`, `noSuchRunner`, `hasLeft` unless they begin a run, `roomFull`.
    public mutating func report(
        _ report: DeviceReport, from number: Int, newRunKey: () -> Int64, at now: Int64,
        mayRemeasure: (Int) -> Bool = { _ in true }
    ) throws(RoomError) -> DeviceOutcome {
        guard !isClosed else { throw .roomClosed }
        let index = try index(of: number)
        var outcome = DeviceOutcome(decisions: Decisions())
        if !runners[index].isInRoom {
            guard report.signal == .start, !runners[index].person.isNobody else { throw .hasLeft }
            outcome.decisions.merge(try join(runners[index].person, newRunKey: newRunKey(), at: now).decisions)
        }
        heard(from: index, at: now, into: &outcome.decisions)
        noteReport(of: index, at: now, into: &outcome.decisions)
        outcome.decisions.merge(authenticated(number))
        let fixes = report.fixes.sorted { $0.time < $1.time }
        if let moment = startOfRun(report, fixes, of: index, at: now),
            let started = try? start(number, time: moment, offset: 0, newRunKey: newRunKey(), at: now)
        {
            outcome.decisions.merge(started)
            outcome.decisions.merge(authenticated(number))
        }
        outcome.isComplete = takeFixes(fixes, of: index, at: now, mayRemeasure, into: &outcome.decisions)
        if outcome.isComplete { take(report.signal, of: number, at: now, into: &outcome.decisions) }
        return outcome
    }

    /// How often a runner's phone comes with a request, in milliseconds; nil for one that does not, or came once.
    public func reportInterval(of number: Int) -> Int64? { runner(number)?.device.first?.rhythm.interval }

    /// When the room last heard of somebody, Unix milliseconds.
    public func lastHeard(of number: Int) -> Int64? { runner(number)?.lastHeard }

    /// Notes that a phone has come; for how long it may be silent is then its own rhythm's to say.
    private mutating func noteReport(of index: Int, at now: Int64, into decisions: inout Decisions) {
        if runners[index].device.isEmpty { runners[index].device = [DeviceState()] }
        runners[index].device[0].rhythm.note(at: now)
        let isNew = runners[index].deviceGrace == nil
        runners[index].deviceGrace = runners[index].device[0].rhythm.grace
        if isNew { decisions.changedRunners.insert(runners[index].number) }
    }

    /// When the run began that a report begins; nil for none.
    private mutating func startOfRun(
        _ report: DeviceReport, _ fixes: [DeviceFix], of index: Int, at now: Int64
    ) -> Int64? {
        let run = runners[index].run
        guard !run.clock.isRunning else { return nil }
        if report.signal == .start { return now }
        guard !run.isUnderWay else { return nil }
        let usable = fixes.filter { $0.time <= now + settings.filter.clockTolerance }
        if let session = report.session {
            let ended = run.clock.ended ?? .min
            guard session > ended, let first = usable.first(where: { $0.time > ended }) else { return nil }
            return min(session, first.time)
        }
        // Who has finished goes home, and does not run again by that.
        guard !run.isFinished else { return nil }
        for fix in usable where fix.accuracy ?? 0 <= settings.filter.worstAccuracy {
            if runners[index].device[0].beginsRun(fix) { return fix.time }
        }
        return nil
    }

    /// - Returns: False when they are to be sent again.
    private mutating func takeFixes(
        _ fixes: [DeviceFix], of index: Int, at now: Int64, _ mayRemeasure: (Int) -> Bool,
        into decisions: inout Decisions
    ) -> Bool {
        guard let start = runners[index].run.clock.start else {
            if let last = fixes.last(where: { $0.time <= now + settings.filter.clockTolerance }) {
                runners[index].reportedPlace = last.coordinate
                decisions.changedRunners.insert(runners[index].number)
                touch(index)
            }
            return true
        }
        let earlier = runners[index].earlier.isEmpty ? 0 : fixes.prefix { $0.time < start }.count
        let isTaken = takeMarkers(fixes.dropFirst(earlier), of: index, at: now, mayRemeasure, into: &decisions)
        guard earlier > 0 else { return isTaken }
        var older = Decisions()
        let areOlderTaken = withEarlierRun(of: index) { room in
            room.takeMarkers(fixes.prefix(earlier), of: index, at: now, mayRemeasure, into: &older)
        }
        decisions.merge(older)
        return isTaken && areOlderTaken
    }

    private mutating func takeMarkers(
        _ fixes: ArraySlice<DeviceFix>, of index: Int, at now: Int64, _ mayRemeasure: (Int) -> Bool,
        into decisions: inout Decisions
    ) -> Bool {
        let run = runners[index].run
        let above = run.bridge?.above ?? run.ids.newest
        var markers: [IncomingMarker] = []
        for fix in fixes {
            guard let id = run.deviceID(at: fix.time), id != markers.last?.id else { continue }
            markers.append(
                IncomingMarker(
                    id: id, coordinate: fix.coordinate, time: fix.time, accuracy: fix.accuracy,
                    altitude: fix.altitude, heartRate: fix.heartRate))
        }
        guard !markers.isEmpty else { return true }
        do throws(RoomError) {
            let taken = try take(
                markers, of: index, offset: 0, at: now, numbering: .times, mayRemeasure: mayRemeasure)
            decisions.merge(taken)
        } catch {
            // A run that is over, or full, takes no more, and never will.
            return error != .tooManyLateMarkers
        }
        if runners[index].run.beginBridge(above: above) { decisions.changedRunners.insert(runners[index].number) }
        return true
    }

    private mutating func take(
        _ signal: DeviceReport.Signal?, of number: Int, at now: Int64, into decisions: inout Decisions
    ) {
        // What is not possible now was possible before: the request has come again, or too late.
        switch signal {
        case .start, nil: return
        case .pause: if let paused = try? pause(number, at: now) { decisions.merge(paused) }
        case .finish(let time):
            if let finished = try? finish(number, time: time, offset: 0, at: now) { decisions.merge(finished) }
        case .discard:
            runners[number - 1].run.isAuthenticated = runners[number - 1].run.isFinished
            if let left = try? leave(number, at: now) { decisions.merge(left) }
        }
    }
}
