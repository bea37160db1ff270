import Limits

extension Room {
    // How a runner's run begins, rests and ends.

    /// Begins a run, or resumes a paused one; after a finish it begins a new run.
    ///
    /// - Parameters:
    ///   - number: the runner's.
    ///   - time: when it happened by the phone's clock, if it is told later; bounded to what
    ///     ``moment(_:offset:of:now:)`` allows.
    ///   - offset: that clock's, as ``PhoneClock`` has it; so in every command.
    ///   - newRunKey: the identity of the run that begins here, if one does.
    ///   - now: when the command came, Unix milliseconds by the server's clock; so in every command.
    ///   - mayRemeasure: asked when the time lies so long ago that the whole run has to be measured anew, which takes
    ///     0.7 µs for each of its markers. ``finish(_:run:time:offset:at:)`` asks nobody: a run ends once.
    /// - Returns: What to store and tell; so from every command.
    /// - Throws: `alreadyRunning`, `tooManyLateCommands`, `hasLeft`, `noSuchRunner`, `roomClosed`.
    public mutating func start(
        _ number: Int, time: Int64? = nil, offset: Int64? = nil, newRunKey: @autoclosure () -> Int64, at now: Int64,
        mayRemeasure: () -> Bool = { true }
    ) throws(RoomError) -> Decisions {
        let index = try presentIndex(of: number)
        guard !runners[index].run.clock.isRunning else { throw .alreadyRunning }
        if !runners[index].run.isFinished {
            try mayChangeClock(of: index, at: moment(time, offset: offset, of: index, now: now), mayRemeasure)
        }
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
    ///   - mayRemeasure: as there.
    /// - Returns: As there.
    /// - Throws: `notRunning`, `alreadyFinished`, `tooManyPauses`, `tooManyLateCommands`, `runSettled`, `noSuchRun`,
    ///   `hasLeft`, `noSuchRunner`, `roomClosed`.
    public mutating func pause(
        _ number: Int, run: Int? = nil, time: Int64? = nil, offset: Int64? = nil, at now: Int64,
        mayRemeasure: () -> Bool = { true }
    ) throws(RoomError) -> Decisions {
        let index = try presentIndex(of: number)
        if try isEarlier(run, of: index) { throw .alreadyFinished }
        guard !runners[index].run.isFinished else { throw .alreadyFinished }
        guard runners[index].run.clock.isRunning else { throw .notRunning }
        guard runners[index].run.clock.mayPause else { throw .tooManyPauses }
        let moment = moment(time, offset: offset, of: index, now: now)
        try mayChangeClock(of: index, at: moment, mayRemeasure)
        var decisions = Decisions()
        heard(from: index, at: now, into: &decisions)
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
    /// was moved back to now would take them off the distance. So would one whose clock is known better by then, from
    /// another connection: what comes after a marker by the same clock is not before it.
    private func moment(_ time: Int64?, offset: Int64? = nil, of index: Int, now: Int64) -> Int64 {
        let earliest = runners[index].run.clock.lastChange ?? .min
        let lastCounted = runners[index].run.odometer.lastCountedTime
        let latest = max(now, lastCounted ?? .min)
        guard let time else { return max(now, earliest) }
        var (corrected, overflow) = time.addingReportingOverflow(offset ?? 0)
        guard !overflow else { return max(now, earliest) }
        if let lastCounted, let known = runners[index].run.countedOffset,
            // Another clock, or one that was set, is farther off.
            (known - (offset ?? 0)).magnitude <= settings.filter.clockTolerance, time >= lastCounted - known
        {
            corrected = max(corrected, lastCounted)
        }
        return max(min(max(corrected, now - Limit.Run.longestGap), latest), earliest)
    }

    private func mayChangeClock(of index: Int, at moment: Int64, _ mayRemeasure: () -> Bool) throws(RoomError) {
        guard !runners[index].run.needsBlocks(forChangeAt: moment) || mayRemeasure() else {
            throw .tooManyLateCommands
        }
    }

    private mutating func clockChanged(_ index: Int, since moment: Int64, into decisions: inout Decisions) {
        if runners[index].run.clockChanged(since: moment) { decisions.recalls.insert(reference(to: index)) }
        makeRoomForBlocks(of: index, at: moment, into: &decisions)
    }

    func reference(to index: Int) -> RunReference {
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

    func record(of index: Int) -> FinishedRun {
        let runner = runners[index]
        let ended = runner.run.clock.ended ?? 0
        return FinishedRun(
            runKey: runner.run.key, account: runner.person.account, runner: runner.number,
            meters: runner.run.meters.toOneDecimal, seconds: runner.run.seconds(at: ended).toOneDecimal,
            start: runner.run.clock.start ?? ended, end: ended, pauses: runner.run.clock.pauses,
            splits: runner.run.splits,
            markerCount: runner.run.markerCount, blockCount: runner.run.history.blockCount,
            unstoredBlocks: runner.run.history.unstored,
            looseMarkers: runner.run.loosePoints,
            unmeasured: runner.run.isRecalling
                ? FinishedRun.Unmeasured(clock: runner.run.clock, report: runner.run.report, settings: settings) : nil)
    }
}
