public import Geo
import Limits

extension Room {
    // What is measured of the positions that come, and what is told of it.

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
        let lastCounted = runners[index].run.odometer.lastCountedTime
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
        if runners[index].run.odometer.lastCountedTime != lastCounted {
            runners[index].run.countedOffset = offset ?? 0
        }
        decisions.newMarkers = runners[index].run.unjournaled.count - waiting
        if fresh.last != index { fresh.append(index) }
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
        if runners[index].person.callsWhenStill {
            watchStillness(of: index, by: markers, offset: offset ?? 0, at: now, into: &decisions)
        }
        return decisions
    }

    /// Looks whether a runner moves, for who wants others to be called when they do not.
    private mutating func watchStillness(
        of index: Int, by markers: [IncomingMarker], offset: Int64, at now: Int64, into decisions: inout Decisions
    ) {
        guard !runners[index].isEarlierRunUp, runners[index].run.clock.isRunning,
            let start = runners[index].run.clock.segments.last?.start
        else { return }
        let latest = now + settings.filter.clockTolerance
        let points = markers.map { $0.point(offset: offset) }.sorted { $0.time < $1.time }
        for point in points
        where start...max(start, latest) ~= point.time
            && point.accuracy ?? 0 <= Int32(Limit.Safety.stillAccuracy * 10)
        {
            if runners[index].stillness.isEmpty { runners[index].stillness = [StillnessWatch(at: point)] }
            runners[index].stillness[0].note(point, runningSince: start)
        }
        guard !runners[index].stillness.isEmpty, runners[index].stillness[0].takeCall(at: now),
            let place = runners[index].run.latest
        else { return }
        decisions.still.append(
            Stillness(
                account: runners[index].person.account, place: place, time: runners[index].stillness[0].newest))
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
    struct Told {
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
    mutating func correct(
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
}
