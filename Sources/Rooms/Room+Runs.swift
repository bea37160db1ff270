public import Geo

/// A position as it comes from a phone.
public struct IncomingMarker: Sendable {
    /// 1...``MarkerHistory/largestID``, as its phone numbers them.
    public var id: Int32
    public var coordinate: Coordinate
    /// Unix milliseconds by the phone's clock.
    public var time: Int64
    /// Metres.
    public var accuracy: Double?
    /// Metres.
    public var altitude: Double?
    /// Beats per minute.
    public var heartRate: Int32?

    public init(
        id: Int32, coordinate: Coordinate, time: Int64, accuracy: Double? = nil, altitude: Double? = nil,
        heartRate: Int32? = nil
    ) {
        self.id = id
        self.coordinate = coordinate
        self.time = time
        self.accuracy = accuracy
        self.altitude = altitude
        self.heartRate = heartRate
    }
}

extension IncomingMarker {
    /// The marker as it is kept: by the server's clock and in its resolution, whatever numbers a client sent.
    ///
    /// Times end at ±2⁵² milliseconds, so that no difference of two overflows. The accuracy is rounded up, so that
    /// what is worse than a limit stays worse; by a negative one some receivers say that the place is not valid.
    fileprivate func point(offset: Int64) -> TrackPoint {
        let (corrected, overflow) = time.addingReportingOverflow(offset)
        let farthest = Int64(RunnerSnapshot.farthestTime)
        return TrackPoint(
            id: id, time: min(max(overflow ? time : corrected, -farthest), farthest), coordinate: coordinate,
            accuracy: accuracy.map { $0 >= 0 ? Int32(min(($0 * 10 - 1e-6).rounded(.up), 65_534)) : 65_534 },
            altitude: altitude.flatMap { $0.isNaN ? nil : Int32(min(max(($0 * 10).rounded(), -1e9), 1e9)) },
            heartRate: heartRate)
    }
}

extension Room {
    // MARK: - Start, pause, finish

    /// Begins a run, or resumes a paused one; after a finish it begins a new run.
    ///
    /// - Parameters:
    ///   - number: the runner's.
    ///   - time: when it happened by the phone's clock, if it is told later; bounded to what
    ///     ``moment(_:offset:of:now:)`` allows.
    ///   - offset: that clock's, as ``PhoneClock`` has it; so in every command.
    ///   - newRunKey: the identity of the run that begins here, if one does.
    ///   - now: when the command came, Unix milliseconds by the server's clock; so in every command.
    /// - Returns: What to store and tell; so from every command.
    /// - Throws: `alreadyRunning`, `hasLeft`, `noSuchRunner`, `roomClosed`.
    public mutating func start(
        _ number: Int, time: Int64? = nil, offset: Int64? = nil, newRunKey: @autoclosure () -> Int64, at now: Int64
    ) throws(RoomError) -> Decisions {
        let index = try presentIndex(of: number)
        guard !runners[index].run.clock.isRunning else { throw .alreadyRunning }
        var decisions = Decisions()
        heard(from: index, at: now, into: &decisions)
        if runners[index].run.isFinished {
            // Nobody disappears from the map between two runs.
            runners[index].reportedPlace = runners[index].position
            putAside(index, at: now, into: &decisions)
            runners[index].beginRun(key: newRunKey(), settings: settings)
        }
        let moment = moment(time, offset: offset, of: index, now: now)
        let before = Told(runners[index].run)
        runners[index].run.clock.resume(at: moment)
        clockChanged(index, since: moment, into: &decisions)
        touch(index)
        emit(.started(runner: number, run: runners[index].runNumber), at: now, into: &decisions)
        correct(index, from: before, at: now, into: &decisions)
        announceKilometers(index, at: now, into: &decisions)
        decisions.changedRunners.insert(number)
        return decisions
    }

    /// Stops the clock and the distance; the way between here and the next start is not bridged.
    ///
    /// - Parameters:
    ///   - number: the runner's.
    ///   - run: which of their runs is meant, 1, 2, 3 and so on; nil for the present one; so in every command.
    ///   - time: as of ``start(_:time:offset:newRunKey:at:)``.
    ///   - offset: as there.
    ///   - now: as there.
    /// - Returns: As there.
    /// - Throws: `notRunning`, `alreadyFinished`, `tooManyPauses`, `runSettled`, `noSuchRun`, `hasLeft`, `noSuchRunner`,
    ///   `roomClosed`.
    public mutating func pause(
        _ number: Int, run: Int? = nil, time: Int64? = nil, offset: Int64? = nil, at now: Int64
    ) throws(RoomError) -> Decisions {
        let index = try presentIndex(of: number)
        if try isEarlier(run, of: index) { throw .alreadyFinished }
        guard !runners[index].run.isFinished else { throw .alreadyFinished }
        guard runners[index].run.clock.isRunning else { throw .notRunning }
        guard runners[index].run.clock.mayPause else { throw .tooManyPauses }
        var decisions = Decisions()
        heard(from: index, at: now, into: &decisions)
        let moment = moment(time, offset: offset, of: index, now: now)
        let before = Told(runners[index].run)
        runners[index].run.clock.stop(at: moment)
        clockChanged(index, since: moment, into: &decisions)
        touch(index)
        emit(.paused(runner: number), at: now, into: &decisions)
        correct(index, from: before, at: now, into: &decisions)
        decisions.changedRunners.insert(number)
        return decisions
    }

    /// Ends the run and makes a record of it, if it is known to be its runner's: ``authenticated(_:)``.
    ///
    /// What a poller reported of it has no part in that: a record is measured.
    ///
    /// - Parameters:
    ///   - number: the runner's.
    ///   - run: as of ``pause(_:run:time:offset:at:)``.
    ///   - time: as there.
    ///   - offset: as there.
    ///   - now: as there.
    /// - Returns: As there.
    /// - Throws: `notStarted`, `alreadyFinished`, `runSettled`, `noSuchRun`, `hasLeft`, `noSuchRunner`, `roomClosed`.
    public mutating func finish(
        _ number: Int, run: Int? = nil, time: Int64? = nil, offset: Int64? = nil, at now: Int64
    ) throws(RoomError) -> Decisions {
        let index = try presentIndex(of: number)
        if try isEarlier(run, of: index) { throw .alreadyFinished }
        guard !runners[index].run.isFinished else { throw .alreadyFinished }
        guard runners[index].run.hasStarted else { throw .notStarted }
        var decisions = Decisions()
        heard(from: index, at: now, into: &decisions)
        runners[index].run.report = nil
        end(
            index, at: moment(time, offset: offset, of: index, now: now), told: time != nil, arrived: now,
            recorded: runners[index].run.isAuthenticated,
            into: &decisions)
        return decisions
    }

    /// The moment at which something happened that is told with the phone's time.
    ///
    /// At most 24 h back, ahead of now only as far as markers that have counted are, and never before what happened
    /// earlier in the run; what lies outside is moved to the nearest moment allowed, so that a wrong clock loses no run.
    ///
    /// Markers are ahead when the best sample of the phone's clock was long on its way. A `finish` of the same phone that
    /// was moved back to now would take them off the distance.
    private func moment(_ time: Int64?, offset: Int64? = nil, of index: Int, now: Int64) -> Int64 {
        let earliest = runners[index].run.clock.lastChange ?? .min
        let latest = max(now, runners[index].run.odometer.lastCountedTime ?? .min)
        guard let time else { return max(now, earliest) }
        let (corrected, overflow) = time.addingReportingOverflow(offset ?? 0)
        guard !overflow else { return max(now, earliest) }
        return max(min(max(corrected, now - 24 * 3_600_000), latest), earliest)
    }

    private mutating func clockChanged(_ index: Int, since moment: Int64, into decisions: inout Decisions) {
        if runners[index].run.clockChanged(since: moment) { decisions.recalls.insert(reference(to: index)) }
        makeRoomForBlocks(of: index, at: moment, into: &decisions)
    }

    private func reference(to index: Int) -> RunReference {
        RunReference(runner: runners[index].number, runKey: runners[index].run.key)
    }

    /// Ends a run under way.
    ///
    /// If its older markers have to be read back first, it is told what it came to when they are there: then that is what
    /// the record says too.
    private mutating func end(
        _ index: Int, at moment: Int64, told: Bool = false, arrived now: Int64, recorded: Bool,
        into decisions: inout Decisions
    ) {
        let before = Told(runners[index].run)
        runners[index].run.clock.end(at: moment, told: told)
        runners[index].run.finishArrived = now
        clockChanged(index, since: moment, into: &decisions)
        touch(index)
        decisions.changedRunners.insert(runners[index].number)
        if recorded, runners[index].run.isRecalling {
            runners[index].run.isFinishUntold = true
            return
        }
        correct(index, from: before, at: now, into: &decisions)
        tellFinish(of: index, recorded: recorded, at: now, into: &decisions)
    }

    /// Tells what a run came to, and makes a record of it.
    mutating func tellFinish(
        of index: Int, recorded: Bool = true, at now: Int64, into decisions: inout Decisions
    ) {
        runners[index].run.isFinishUntold = false
        // What is said afterwards corrects the finish.
        tellCorrection(of: index, isDue: true, at: now, into: &decisions)
        refreshStandings()
        let runner = runners[index]
        emit(
            .finished(
                RoomEvent.Finish(
                    runner: runner.number, meters: runner.run.meters.toOneDecimal,
                    seconds: runner.run.seconds(at: now).toOneDecimal, place: runner.place, runKey: runner.run.key,
                    isRecorded: recorded)),
            at: now, into: &decisions)
        if recorded {
            decisions.records.append(record(of: index))
        } else {
            // As of a run that is left: its markers are forgotten, where they led to is still shown.
            runners[index].reportedPlace = runners[index].position
            settle(index, into: &decisions)
        }
        decisions.changedRunners.insert(runner.number)
    }

    /// Tells of a finish for which nothing is waited any more.
    mutating func tellUntoldFinish(of index: Int, at now: Int64, into decisions: inout Decisions) {
        if runners[index].run.isFinishUntold { tellFinish(of: index, at: now, into: &decisions) }
    }

    /// Ends what is unfinished when its runner goes: a run of two markers becomes a record if it is known to be theirs,
    /// less is forgotten.
    ///
    /// A poller that reckons for itself stores its record itself.
    mutating func wrapUp(_ index: Int, at now: Int64, into decisions: inout Decisions) {
        let run = runners[index].run
        if run.isUnderWay, run.markerCount >= 2, run.report == nil {
            end(
                index, at: moment(nil, of: index, now: now), arrived: now, recorded: run.isAuthenticated,
                into: &decisions)
        } else if !run.isFinished {
            if run.clock.isRunning { runners[index].run.clock.stop(at: moment(nil, of: index, now: now)) }
            // Its markers are forgotten; where they led to is still shown.
            runners[index].reportedPlace = runners[index].position
            settle(index, into: &decisions)
        }
    }

    /// Ends the run of somebody who did not come back, at the time up to which it was a run.
    mutating func autoFinish(_ index: Int, at now: Int64, into decisions: inout Decisions) {
        let run = runners[index].run
        // The last change is the stronger bound: a server's clock that went back must not end a run before it.
        let end = max(min(run.odometer.lastCountedTime ?? runners[index].lastHeard, now), run.clock.lastChange ?? .min)
        self.end(
            index, at: end, arrived: now, recorded: run.isAuthenticated && run.markerCount >= 2 && run.report == nil,
            into: &decisions)
    }

    /// The run takes no more markers and needs no journal.
    mutating func settle(_ index: Int, into decisions: inout Decisions) {
        guard !runners[index].run.isSettled else { return }
        runners[index].run.isFinishUntold = false
        if runners[index].run.isRecordUncertain {
            runners[index].run.isRecordUncertain = false
            decisions.records.append(record(of: index))
        }
        runners[index].run.settle()
        decisions.settledRuns.append(reference(to: index))
        // One run has blocks: the one before, as long as it takes late markers, or else this one.
        if runners[index].earlier.allSatisfy({ $0.isSettled || $0.history.blockCount == 0 }) {
            decisions.voidBlocks.insert(runners[index].number)
        }
        decisions.changedRunners.insert(runners[index].number)
    }

    private func record(of index: Int) -> FinishedRun {
        let runner = runners[index]
        let ended = runner.run.clock.ended ?? 0
        return FinishedRun(
            runKey: runner.run.key, account: runner.person.account, runner: runner.number,
            meters: runner.run.meters.toOneDecimal, seconds: runner.run.seconds(at: ended).toOneDecimal,
            start: runner.run.clock.start ?? ended, end: ended, splits: runner.run.splits,
            markerCount: runner.run.markerCount, blockCount: runner.run.history.blockCount,
            unstoredBlocks: runner.run.history.unstored,
            looseMarkers: runner.run.loosePoints,
            unmeasured: runner.run.isRecalling
                ? FinishedRun.Unmeasured(clock: runner.run.clock, report: runner.run.report, settings: settings) : nil)
    }

    // MARK: - Markers

    /// Takes positions of the present run, or late ones of that before it: measures them, and keeps them for the journal.
    ///
    /// - Parameters:
    ///   - markers: in any order, with repeats; a known `id` is ignored, so that clients may resend.
    ///   - number: the runner's.
    ///   - run: as of ``pause(_:run:time:offset:at:)``.
    ///   - offset: of the clock by which they are dated; nil when it has not been measured.
    ///   - now: when they came, Unix milliseconds by the server's clock.
    ///   - mayRemeasure: asked, when one of them is late, whether all markers of the run may be measured anew, with
    ///     their number.
    /// - Returns: What to store and tell beside the markers themselves, which ``takeJournal()`` has.
    /// - Throws: `hasLeft`, `noSuchRunner`, `roomClosed`, `noSuchRun`; `alreadyFinished` when the present run ended and its
    ///   late markers are in, `runSettled` when that holds of the one that is meant; `tooManyMarkers`, also for an `id`
    ///   beyond ``MarkerHistory/largestID``; `tooManyLateMarkers` when they may not be measured. Then none of them is
    ///   kept. A marker that does not count is not an error.
    /// - Complexity: O(1) for each marker in `id` order.
    public mutating func markers(
        _ markers: [IncomingMarker], from number: Int, run: Int? = nil, offset: Int64? = nil, at now: Int64,
        mayRemeasure: (Int) -> Bool = { _ in true }
    ) throws(RoomError) -> Decisions {
        let index = try presentIndex(of: number)
        guard try isEarlier(run, of: index) else {
            return try take(markers, of: index, offset: offset, at: now, mayRemeasure: mayRemeasure)
        }
        return try withEarlierRun(of: index) { (room) throws(RoomError) in
            do throws(RoomError) {
                return try room.take(markers, of: index, offset: offset, at: now, mayRemeasure: mayRemeasure)
            } catch .alreadyFinished {
                throw .runSettled
            }
        }
    }

    /// Who has given markers their ids.
    enum Numbering {
        /// The phone that sends them.
        case phone
        /// The room, to the places of a poller.
        case room
        /// The run, by their times.
        case times
    }

    /// Takes markers of a runner's run.
    mutating func take(
        _ markers: [IncomingMarker], of index: Int, offset: Int64?, at now: Int64, numbering: Numbering = .phone,
        mayRemeasure: (Int) -> Bool = { _ in true }
    ) throws(RoomError) -> Decisions {
        guard !runners[index].run.isSettled, settleDeadline(of: index).map({ now < $0 }) ?? true else {
            throw .alreadyFinished
        }
        let isFirst = numbering != .room && !runners[index].run.isStreamed && !markers.isEmpty
        var base: Int32 = 0
        let sent = markers
        var markers = markers
        if numbering == .phone {
            if runners[index].run.bridge == nil {
                base = runners[index].run.polledMarkers ?? runners[index].run.ids.newest
            } else {
                markers = runners[index].run.renumbered(markers, offset: offset ?? 0)
            }
        }
        guard hasRoom(for: markers, above: base, at: index) else { throw .tooManyMarkers }
        let cost = runners[index].run.remeasuring(by: markers, above: base)
        guard cost == 0 || mayRemeasure(cost) else { throw .tooManyLateMarkers }
        var decisions = Decisions()
        heard(from: index, at: now, into: &decisions)
        if isFirst {
            runners[index].run.beginStream()
            decisions.changedRunners.insert(runners[index].number)
        }
        let start = runners[index].run.clock.start
        let latest = now + settings.filter.clockTolerance
        // Of a clock that is not known nobody can say that it was before the start.
        let earliest = offset == nil ? nil : start.map { $0 - settings.filter.clockTolerance }
        let meters = runners[index].run.meters
        // Only late markers change what was told.
        let before = cost > 0 || runners[index].run.isFinished ? Told(runners[index].run) : Told(meters: meters)
        let waiting = runners[index].run.unjournaled.count
        let added = runners[index].run.add(
            markers.lazy.map { marker in
                var point = marker.point(offset: offset ?? 0)
                point.id += base
                var flags: MarkerFlags = start != nil ? [] : .beforeStart
                if point.time > latest { flags.insert(.ahead) }
                if let earliest, point.time < earliest { flags.insert(.stale) }
                point.flags = flags.rawValue
                return point
            })
        if numbering == .phone { runners[index].run.noteNumbered(sent) }
        guard added.isNew else { return decisions }
        decisions.newMarkers = runners[index].run.unjournaled.count - waiting
        if added.needsRecall { decisions.recalls.insert(reference(to: index)) }
        if runners[index].run.latest != nil { runners[index].reportedPlace = nil }
        touch(index)
        if runners[index].run.isFinished {
            // The distance was told as final: whatever comes now corrects it.
            if !runners[index].run.isFinishUntold {
                correct(index, from: before, at: now, into: &decisions)
                decisions.records.append(record(of: index))
            }
        } else if runners[index].run.report == nil {
            correct(index, from: before, to: meters + added.correction, at: now, into: &decisions)
        }
        announceKilometers(index, at: now, into: &decisions)
        makeRoomForBlocks(of: index, at: now, into: &decisions)
        return decisions
    }

    /// Takes the markers of a run's blocks, which ``Decisions/recalls`` asked for, and measures the run with those that
    /// came too late for what was in memory.
    ///
    /// - Parameters:
    ///   - sealed: all markers of all blocks that were stored of the run.
    ///   - number: the runner's.
    ///   - runKey: of the run.
    ///   - now: Unix milliseconds by the server's clock.
    /// - Returns: What to store and tell, nothing when the run needs them no longer; nil, and nothing has changed, when
    ///   these are not all markers of its blocks.
    /// - Complexity: O(*n*) for *n* markers of the run.
    public mutating func recall(_ sealed: [TrackPoint], of number: Int, runKey: Int64, at now: Int64) -> Decisions? {
        guard let index = try? index(of: number) else { return Decisions() }
        if runners[index].earlier.first?.key == runKey {
            return withEarlierRun(of: index) { $0.recall(sealed, at: index, now: now) }
        }
        guard runners[index].run.key == runKey else { return Decisions() }
        return recall(sealed, at: index, now: now)
    }

    /// As ``recall(_:of:runKey:at:)``, when blocks of the run are lost: the run is measured with those markers that there
    /// are, and goes on.
    ///
    /// - Parameters:
    ///   - markers: of the run, in any order, with repeats, from wherever they are.
    ///   - number: as there.
    ///   - runKey: as there.
    ///   - now: as there.
    /// - Returns: What to store and tell, and whether these are all markers of the run.
    public mutating func recallWhatIsLeft(
        _ markers: [TrackPoint], of number: Int, runKey: Int64, at now: Int64
    ) -> (decisions: Decisions, isComplete: Bool) {
        guard let index = try? index(of: number) else { return (Decisions(), true) }
        if runners[index].earlier.first?.key == runKey {
            return withEarlierRun(of: index) { $0.recallWhatIsLeft(markers, at: index, now: now) }
        }
        guard runners[index].run.key == runKey else { return (Decisions(), true) }
        return recallWhatIsLeft(markers, at: index, now: now)
    }

    private mutating func recallWhatIsLeft(
        _ markers: [TrackPoint], at index: Int, now: Int64
    ) -> (decisions: Decisions, isComplete: Bool) {
        guard runners[index].run.isRecalling, !runners[index].run.isSettled else { return (Decisions(), true) }
        let before = Told(runners[index].run)
        let isComplete = runners[index].run.recallWhatIsLeft(markers)
        return (recalled(index, before, at: now), isComplete)
    }

    private mutating func recall(_ sealed: [TrackPoint], at index: Int, now: Int64) -> Decisions? {
        guard runners[index].run.isRecalling, !runners[index].run.isSettled else { return Decisions() }
        let before = Told(runners[index].run)
        return runners[index].run.recall(sealed) ? recalled(index, before, at: now) : nil
    }

    private mutating func recalled(_ index: Int, _ before: Told, at now: Int64) -> Decisions {
        var decisions = Decisions()
        touch(index)
        correct(index, from: before, at: now, into: &decisions)
        if runners[index].run.isFinishUntold {
            tellFinish(of: index, at: now, into: &decisions)
        } else if runners[index].run.isFinished {
            decisions.records.append(record(of: index))
        }
        announceKilometers(index, at: now, into: &decisions)
        makeRoomForBlocks(of: index, at: now, into: &decisions)
        return decisions
    }

    private func hasRoom(for markers: [IncomingMarker], above base: Int32, at index: Int) -> Bool {
        guard markers.allSatisfy({ $0.id <= MarkerHistory.largestID }) else { return false }
        if runners[index].run.markerCount + markers.count <= MarkerHistory.capacity { return true }
        // Near the limit the repeats are told from the new ones.
        let ids = runners[index].run.ids
        let new = Set(markers.lazy.map { $0.id + base }.filter { !ids.contains($0) })
        return runners[index].run.markerCount + new.count <= MarkerHistory.capacity
    }

    /// What the room was told of a run.
    private struct Told {
        var meters: Double
        var splits: [Split] = []

        init(meters: Double) { self.meters = meters }

        init(_ run: Run) {
            meters = run.meters
            splits = run.toldSplits
        }
    }

    /// Tells the room when what was said of a distance no longer holds: at once, or with what else changes until it may
    /// be told.
    private mutating func correct(
        _ index: Int, from before: Told, to after: Double? = nil, at now: Int64, into decisions: inout Decisions
    ) {
        let after = after ?? runners[index].run.meters
        let change = after - before.meters
        guard abs(change) > 1 || runners[index].run.untoldCorrection != nil else { return }
        runners[index].run.untoldCorrection =
            runners[index].run.untoldCorrection ?? Run.Correction(splits: before.splits)
        runners[index].run.untoldCorrection?.meters += change
        tellCorrection(of: index, to: after, at: now, into: &decisions)
    }

    /// Tells the room of what has changed in a distance, if there is something and it may be told yet.
    ///
    /// - Parameters:
    ///   - index: Whose.
    ///   - after: What the distance is now; nil for that of all markers.
    ///   - isDue: Whether it does not wait any longer.
    ///   - now: Unix milliseconds.
    ///   - decisions: Gets the event.
    mutating func tellCorrection(
        of index: Int, to after: Double? = nil, isDue: Bool = false, at now: Int64, into decisions: inout Decisions
    ) {
        guard let correction = runners[index].run.untoldCorrection,
            isDue || runners[index].run.correctionDeadline(settings).map({ now >= $0 }) ?? false
        else { return }
        runners[index].run.untoldCorrection = nil
        // What one took the next may have given back.
        guard abs(correction.meters) > 1 else { return }
        runners[index].run.corrected = now
        let after = after ?? runners[index].run.meters
        let known = correction.splits
        let splits = runners[index].run.toldSplits.filter { split in
            !known.indices.contains(split.kilometer - 1) || known[split.kilometer - 1] != split
        }
        emit(
            .corrected(
                runner: runners[index].number, from: (after - correction.meters).toOneDecimal, to: after.toOneDecimal,
                splits: Array(splits.prefix(settings.correctedSplits)), run: runners[index].numberOfEarlierRun),
            at: now, into: &decisions)
        decisions.changedRunners.insert(runners[index].number)
    }

    /// Tells the room of full kilometres: of some at a time, so that no message makes more events than people can run.
    mutating func announceKilometers(_ index: Int, at now: Int64, into decisions: inout Decisions) {
        guard let due = runners[index].run.announcementDeadline(settings), now >= due else { return }
        if now - settings.splitInterval >= runners[index].run.announced.since {
            runners[index].run.announced = (0, now)
        }
        let first = runners[index].run.announcedKilometers
        let count = min(
            runners[index].run.unannouncedKilometers, settings.splitsAtOnce - runners[index].run.announced.count)
        for split in runners[index].run.splits(first..<first + count) {
            emit(
                .split(
                    runner: runners[index].number, kilometer: split.kilometer, seconds: split.seconds,
                    total: split.total, run: runners[index].numberOfEarlierRun),
                at: now, into: &decisions)
        }
        runners[index].run.announcedKilometers += count
        runners[index].run.announced.count += count
        decisions.changedRunners.insert(runners[index].number)
    }

    // MARK: - Journal

    /// How many markers wait for the journal.
    public var unjournaledCount: Int {
        runners.indices.reduce(0) { sum, index in
            let earlier = runners[index].earlier.first?.unjournaled.count ?? 0
            return sum + runners[index].run.unjournaled.count + earlier
        }
    }

    /// The markers that came since the last call, for the journal, and the blocks that were sealed; what is on disk once
    /// they are, is said with them.
    public mutating func takeJournal() -> MarkerBatch {
        var journal = MarkerBatch()
        for index in runners.indices {
            if !runners[index].earlier.isEmpty {
                withEarlierRun(of: index) { $0.takeJournal(of: index, into: &journal) }
            }
            takeJournal(of: index, into: &journal)
        }
        return journal
    }

    private mutating func takeJournal(of index: Int, into journal: inout MarkerBatch) {
        let number = runners[index].number
        if !runners[index].run.unjournaled.isEmpty {
            let key = runners[index].run.key
            journal.chunks.append(
                JournalChunk(runner: number, runKey: key, markers: runners[index].run.unjournaled))
            // The chunk has the buffer now.
            runners[index].run.unjournaled = []
            #if PLANTED_FAULT
            // For the drills to find: it promises what lies behind a gap.
            let promised = runners[index].run.ids.newest
            #else
            let promised = runners[index].run.ids.contiguous
            #endif
            var acknowledgement = Acknowledgement(runner: number, runKey: key, marker: promised)
            acknowledgement.numbered = runners[index].run.bridge?.numbered.contiguous
            journal.acknowledgements.append(acknowledgement)
        }
        if !runners[index].run.history.unstored.isEmpty {
            for block in runners[index].run.takeBlocks() {
                journal.blocks.append(
                    TrackBlock(
                        runner: number, runKey: runners[index].run.key, number: block.number, bytes: block.bytes))
            }
        }
    }

    /// Notes that markers are committed and synced.
    ///
    /// - Returns: Whether that says more than was known, so that an `ack` is due.
    public mutating func stored(_ acknowledgement: Acknowledgement) -> Bool {
        guard let index = try? index(of: acknowledgement.runner),
            runners[index].run.key == acknowledgement.runKey
        else { return false }
        if let numbered = acknowledgement.numbered, runners[index].run.noteDurable(numbered) {
            runners[index].run.durable = max(runners[index].run.durable, acknowledgement.marker)
            return true
        }
        guard runners[index].run.durable < acknowledgement.marker else { return false }
        runners[index].run.durable = acknowledgement.marker
        return true
    }

    /// Of the markers that the runner's phones have numbered, the highest id such that it and all below it are stored.
    public func durableMarker(of number: Int) -> Int32 {
        isKnown(number) ? runners[number - 1].run.durableStreamed : 0
    }

    /// Which of their runs in the room a runner's present one is: 1, 2, 3 and so on; nil for a number that nobody has.
    public func runNumber(of number: Int) -> Int? { isKnown(number) ? runners[number - 1].runNumber : nil }

    /// The identity of a runner's present run.
    public func runKey(of number: Int) -> Int64? { isKnown(number) ? runners[number - 1].run.key : nil }
}
