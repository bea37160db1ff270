public import Geo

/// What a polling client says of its runner in one request; nil is “unchanged”.
public struct PollReport: Sendable {
    public var coordinate: Coordinate?
    /// Distance and time as the client reckons them itself.
    public var meters: Double?
    public var seconds: Double?
    public var isRunning: Bool?
    public var isInRoom: Bool?

    public init(
        coordinate: Coordinate? = nil, meters: Double? = nil, seconds: Double? = nil, isRunning: Bool? = nil,
        isInRoom: Bool? = nil
    ) {
        self.coordinate = coordinate
        self.meters = meters
        self.seconds = seconds
        self.isRunning = isRunning
        self.isInRoom = isInRoom
    }
}

extension Room {
    /// Takes what a polling client reports (live protocol, section 5).
    ///
    /// A place counts as a marker taken at the server's clock while the runner runs, and only moves them on the map
    /// otherwise. A poller that reports distance and time is shown with what it reports. Of a run that is measured here,
    /// all of it is a sign of life and nothing else; so is what a stranger says of a run of which its runner reports.
    ///
    /// - Parameters:
    ///   - report: what it says.
    ///   - number: the runner's.
    ///   - isAuthenticated: whether who says it has shown to be them.
    ///   - newRunKey: the identity of a run that begins.
    ///   - now: when it came, Unix milliseconds by the server's clock.
    /// - Returns: What to store and tell.
    /// - Throws: `noSuchRunner`, `roomClosed`, `roomFull` for somebody who comes back to a full room, `hasLeft` for
    ///   somebody who does not say so or was forgotten, `tooManyPauses`.
    public mutating func report(
        _ report: PollReport, from number: Int, isAuthenticated: Bool = false, newRunKey: () -> Int64, at now: Int64
    ) throws(RoomError) -> Decisions {
        guard !isClosed else { throw .roomClosed }
        let index = try index(of: number)
        var decisions = Decisions()
        if report.isInRoom == false {
            return runners[index].isInRoom ? try leave(number, at: now) : decisions
        }
        let isHeard = hearsReports(of: number, isAuthenticated: isAuthenticated)
        if isHeard, report.isRunning == false, runners[index].run.clock.isRunning,
            !runners[index].run.clock.mayPause
        {
            throw .tooManyPauses
        }
        if !runners[index].isInRoom {
            guard report.isInRoom == true, !runners[index].person.isNobody else { throw .hasLeft }
            decisions.merge(try join(runners[index].person, newRunKey: newRunKey(), at: now).decisions)
        }
        heard(from: index, at: now, into: &decisions)
        guard isHeard else { return decisions }
        if isAuthenticated { runners[index].run.isReportedByOwner = true }
        if report.isRunning == true, !runners[index].run.clock.isRunning {
            decisions.merge(try start(number, newRunKey: newRunKey(), at: now))
        } else if report.isRunning == false, runners[index].run.clock.isRunning {
            decisions.merge(try pause(number, at: now))
        }
        // Zeroes before the start are how a client clears its page, not a reckoning.
        let isReckoning = runners[index].run.isUnderWay || (report.meters ?? 0) > 0 || (report.seconds ?? 0) > 0
        if isReckoning, !runners[index].run.isFinished, report.meters != nil || report.seconds != nil {
            let old = runners[index].run.report
            runners[index].run.report = Run.Report(
                meters: max(0, report.meters ?? old?.meters ?? runners[index].run.meters),
                seconds: max(0, report.seconds ?? old?.seconds ?? runners[index].run.seconds(at: now)))
            decisions.changedRunners.insert(number)
        }
        if let coordinate = report.coordinate {
            if runners[index].run.clock.isRunning, runners[index].run.ids.newest < MarkerHistory.mostPolled {
                takePolledPlace(coordinate, of: index, at: now, into: &decisions)
            } else if !coordinate.isNullIsland {
                runners[index].reportedPlace = coordinate
                decisions.changedRunners.insert(number)
            }
        }
        touch(index)
        return decisions
    }

    private mutating func takePolledPlace(
        _ coordinate: Coordinate, of index: Int, at now: Int64, into decisions: inout Decisions
    ) {
        let marker = IncomingMarker(id: runners[index].run.ids.newest + 1, coordinate: coordinate, time: now)
        guard let taken = try? take([marker], of: index, offset: nil, at: now, numbering: .room) else { return }
        decisions.merge(taken)
    }

    /// Whether what is reported of somebody's run has a part in it, beside being a sign of life.
    public func hearsReports(of number: Int, isAuthenticated: Bool) -> Bool {
        !isMeasuredHere(number) && (isAuthenticated || !(runner(number)?.run.isReportedByOwner ?? false))
    }

    /// Whether the present run of somebody is the server's to measure, for markers have come from a phone that streams
    /// them: a poller has no say in it.
    private func isMeasuredHere(_ number: Int) -> Bool {
        isKnown(number) && runners[number - 1].isInRoom && runners[number - 1].run.isStreamed
            && !runners[number - 1].run.isFinished
    }
}
