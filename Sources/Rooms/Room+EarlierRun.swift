/// The run before a runner's present one: when a new one begins, the last markers of the old one may still be under way.
extension Room {
    /// Whether a command means the run before the present one.
    ///
    /// - Parameters:
    ///   - run: which of the runner's runs it means; nil for the present one.
    ///   - index: the runner's.
    /// - Returns: False for the present one.
    /// - Throws: `runSettled` for one that is over for good, `noSuchRun` for one that has not begun.
    func isEarlier(_ run: Int?, of index: Int) throws(RoomError) -> Bool {
        guard let run, run != runners[index].runNumber else { return false }
        guard run < runners[index].runNumber else { throw .noSuchRun }
        guard run == runners[index].runNumber - 1, runners[index].earlier.first.map({ !$0.isSettled }) ?? false else {
            throw .runSettled
        }
        return true
    }

    /// Does something with the run before the present one in its place, so that whatever holds of a run holds of it.
    mutating func withEarlierRun<Result, Failure: Error>(
        of index: Int, _ body: (inout Room) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let present = runners[index].run
        let place = runners[index].reportedPlace
        runners[index].run = runners[index].earlier.removeLast()
        runners[index].isEarlierRunUp = true
        defer {
            runners[index].isEarlierRunUp = false
            // Of a settled one nothing is needed any more, once all of it has been told.
            if runners[index].run.isStillOfUse { runners[index].earlier.append(runners[index].run) }
            runners[index].run = present
            runners[index].reportedPlace = place
        }
        return try body(&self)
    }

    /// Keeps a finished run for its late markers, since another begins.
    mutating func putAside(_ index: Int, at now: Int64, into decisions: inout Decisions) {
        settleEarlierRun(of: index, at: now, into: &decisions)
        tellUntoldFinish(of: index, at: now, into: &decisions)
        // Three runs at once are more than anybody runs.
        runners[index].earlier = []
        let run = runners[index].run
        if run.isStillOfUse { runners[index].earlier.append(run) }
    }

    /// Settles the run before the present one, if there is one.
    mutating func settleEarlierRun(of index: Int, at now: Int64, into decisions: inout Decisions) {
        guard !runners[index].earlier.isEmpty else { return }
        withEarlierRun(of: index) { room in
            room.settle(index, into: &decisions)
            room.tellCorrection(of: index, at: now, into: &decisions)
            room.announceKilometers(index, at: now, into: &decisions)
        }
    }

    /// The blocks on disk are one run's: the run before ends for good when the present one has some.
    mutating func makeRoomForBlocks(of index: Int, at now: Int64, into decisions: inout Decisions) {
        guard !runners[index].earlier.isEmpty, runners[index].run.history.blockCount > 0 else { return }
        settleEarlierRun(of: index, at: now, into: &decisions)
    }
}

extension Run {
    /// Late markers may come, or something of it is still to be told.
    fileprivate var isStillOfUse: Bool { !isSettled || unannouncedKilometers > 0 || untoldCorrection != nil }
}
