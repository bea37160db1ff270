import Geo
import Limits

/// One run of one runner: its clock, its markers, and what they amount to.
struct Run: Sendable {
    /// The identity under which the run is stored, once, whatever is repeated or crashes in between.
    let key: Int64

    // In this order because there are ten thousand of them: what is asked for each frame and for each marker comes
    // first and lies together, what is needed once a minute or once in a run comes last.

    var clock = RunClock()
    /// The figures of somebody who reckons for themselves.
    var report: Report?
    /// When the `finish` arrived, by the server's clock; late markers are taken for a while after it.
    var finishArrived: Int64?
    /// The run needs nothing from the journal any more.
    var isSettled = false
    /// Its runner has shown, in this run, to be who they are said to be: only then does it become a record of theirs.
    var isAuthenticated = false
    /// A poller has shown to be its runner while it reported of it: nobody else has a say in it by reports.
    ///
    /// Not stored, since the next report says it again.
    var isReportedByOwner = false
    /// The blocks are needed, for ``recall(_:)``; until they come, nothing is sealed.
    private(set) var isRecalling = false
    /// Markers came after a start of which nothing is known any more: the row that held it was damaged.
    private var hasLostItsStart = false
    /// The run has ended, and what it came to is told when its markers have been read back.
    var isFinishUntold = false
    /// Markers came back from the journal after the `finish`: the record may have been stored before them.
    var isRecordUncertain = false
    /// Markers 1...durable are on disk.
    var durable: Int32 = 0
    private(set) var ids = MarkerIDs()
    /// How many of the first markers are places of a poller, once others have come, from a phone that streams them.
    ///
    /// The two number their markers without knowing of each other: a phone's `id` is the one here less this. From then on
    /// the run is the server's to measure, and a poller has no part in it.
    var polledMarkers: Int32?
    /// What was added to the phone's time of the newest counted marker; nil before the first, and after a restart.
    var countedOffset: Int64?
    /// Once positions have come that have no ids, how all are numbered.
    private(set) var bridge: RunBridge?
    private var measurement: Measurement
    private(set) var history = MarkerHistory()
    /// Markers that came since the journal was last taken.
    var unjournaled: [TrackPoint] = []
    /// The latest time of all markers, in whatever order they were dated.
    private var newestTime = Int64.min
    /// Full kilometres that were told to the room; they are told once, even if corrections take one back.
    var announcedKilometers = 0
    /// So many of them were told since a moment by the server's clock.
    var announced = (count: 0, since: Int64.min)
    /// When the room was last told that what was said of the distance no longer holds.
    var corrected = Int64.min
    /// What has changed since and is not told yet.
    var untoldCorrection: Correction?
    /// Where the next block is to end: after so many markers of the window; nil while that is not known.
    private var blockEnd: (count: Int, mark: Measurement.Mark)?
    private let blockLength: Int
    /// Before the first marker of the history's window.
    private var windowStart: Measurement.Mark
    /// Markers that came later than what is still in the window: they count once the blocks have been read back.
    private var overdue: [TrackPoint] = []
    /// Markers that are being put back after a restart, until all are there.
    private var restoring: [TrackPoint] = []
    /// It is being put back by its mark.
    private var isMarked = false
    /// How many blocks there were at the last checkpoint.
    private var markedBlocks = 0
    /// How many blocks had been read back for it.
    private var checkedBlocks = 0
    /// What was last asked to be read back; nil once the blocks have been made anew.
    private var asked: BlockSpan?
    /// What a settled run was stored with, in case its markers cannot be had again.
    var final: Report?
    /// It was put back by its ``SettledWay``: its markers are in its record and nowhere here.
    private(set) var isWithoutMarkers = false

    /// Distance and time as a polling client reports them.
    struct Report: Hashable, Sendable, Codable {
        var meters: Double
        var seconds: Double
    }

    /// A change of what was told.
    struct Correction: Sendable {
        /// By how much the distance changed, in metres.
        var meters = 0.0
        /// The kilometres as they were told before it.
        var splits: [Split]
    }

    init(key: Int64, settings: RoomSettings) {
        precondition(settings.blockLength >= settings.filter.agreementSpan, "markers are sealed before they are judged")
        precondition(settings.blockLength * 3 < TrackOutline.capacity, "the outline cannot be wound back so far")
        self.key = key
        blockLength = settings.blockLength
        measurement = Measurement(filter: settings.filter)
        windowStart = measurement.mark
    }

    var odometer: Odometer { measurement.odometer }
    var outline: TrackOutline { measurement.outline }
    /// Where the runner was seen last.
    var latest: Coordinate? { measurement.latest }
    /// How many markers have come.
    var markerCount: Int { history.count + overdue.count }

    var hasStarted: Bool { clock.start != nil }
    var isFinished: Bool { clock.ended != nil }
    var isUnderWay: Bool { hasStarted && !isFinished }

    /// Metres as everybody is told.
    var meters: Double { report?.meters ?? odometer.meters }

    /// Seconds of running: up to now, or up to the last counted marker once finished.
    func seconds(at now: Int64) -> Double {
        if let report { return report.seconds }
        guard let start = clock.start, let ended = clock.ended else { return Double(clock.elapsed(at: now)) / 1000 }
        // Without a counted marker after the start the end itself is all there is to go by.
        guard let last = odometer.lastCountedTime, last > start else { return Double(clock.elapsed(at: ended)) / 1000 }
        return Double(clock.elapsed(at: last)) / 1000
    }

    /// Seconds of running up to the last counted marker: what decides between two who have come equally far.
    var secondsAtLatest: Double {
        report?.seconds ?? Double(clock.elapsed(at: odometer.lastCountedTime ?? .min)) / 1000
    }

    var isStreamed: Bool { polledMarkers != nil }

    /// The first marker of who streams has come.
    mutating func beginStream() {
        guard polledMarkers == nil else { return }
        polledMarkers = ids.newest
        report = nil
    }

    /// Of the markers that its phone knows, the highest such that it and all below it are on disk.
    var durableStreamed: Int32 {
        guard let polledMarkers else { return 0 }
        guard let bridge else { return max(0, durable - polledMarkers) }
        return max(bridge.durable, min(durable, bridge.above) - polledMarkers)
    }

    /// From now on markers are numbered by their times.
    ///
    /// - Parameter above: The highest id before the first of these.
    /// - Returns: Whether they were not before.
    mutating func beginBridge(above: Int32) -> Bool {
        guard bridge == nil else { return false }
        let polled = polledMarkers ?? 0
        bridge = RunBridge(above: above, numbered: min(ids.contiguous, above) - polled)
        return true
    }

    /// The same of a run that was put back.
    mutating func resumeBridge(above: Int32) {
        _ = beginBridge(above: above)
        bridge?.isResumed = true
    }

    /// Notes which markers of a phone that numbers them have come, if the run numbers them itself.
    mutating func noteNumbered(_ markers: [IncomingMarker]) {
        bridge?.note(markers)
    }

    /// Notes that those up to one are on disk.
    ///
    /// - Returns: Whether that was not known.
    mutating func noteDurable(_ numbered: Int32) -> Bool {
        guard let known = bridge?.durable, known < numbered else { return false }
        bridge?.durable = numbered
        return true
    }

    /// What a finished run amounts to.
    var outcome: Report? { clock.ended.map { Report(meters: meters, seconds: seconds(at: $0)) } }

    /// Each full kilometre, to one decimal of a second.
    var splits: [Split] { splits(0..<odometer.kilometers.count) }

    /// Those of some full kilometres, the first of which is 0.
    func splits(_ range: Range<Int>) -> [Split] { odometer.splits(range) }

    /// Those that have been told, as they are now.
    var toldSplits: [Split] { splits(0..<min(announcedKilometers, odometer.kilometers.count)) }

    /// How many full kilometres have not been told yet.
    var unannouncedKilometers: Int { max(0, odometer.kilometers.count - announcedKilometers) }

    /// A settled run with this one's clock and figures, and none of its places.
    ///
    /// It has a key of its own: what is stored under the old one is not its. `now` is for the time of a run that has
    /// not ended.
    func withoutMarkers(key: Int64, settings: RoomSettings, at now: Int64) -> Run {
        var run = Run(key: key, settings: settings)
        run.clock = clock
        run.announcedKilometers = announcedKilometers
        run.finishArrived = finishArrived
        run.isSettled = true
        if hasStarted || report != nil { run.report = Report(meters: meters, seconds: seconds(at: now)) }
        return run
    }

    // MARK: - Markers

    /// What new markers did to a run.
    struct Addition {
        /// Whether any of them was new.
        var isNew: Bool
        /// By how many metres those that came late changed the distance; what the others added to it is progress.
        var correction = 0.0
        /// Some came so late that the blocks must be read back, which nobody had asked for yet.
        var needsRecall = false
    }

    /// Takes new markers.
    ///
    /// - Parameter points: in any order, with repeats; those whose ids are known are dropped.
    /// - Returns: What they did.
    /// - Complexity: O(1) a marker in `id` order; O(*w*) once for all late ones of a call and *w* in the window.
    mutating func add(_ points: some Collection<TrackPoint>) -> Addition {
        if Self.areAscending(points, after: ids.newest) {
            for point in points { take(point) }
            return Addition(isNew: !points.isEmpty)
        }
        let newest = ids.newest
        var unknown: [TrackPoint] = []
        for point in points.filter({ !ids.contains($0.id) }).sorted(by: { $0.id < $1.id })
        where point.id != unknown.last?.id {
            unknown.append(point)
        }
        let late = unknown.prefix { $0.id < newest }
        var addition = Addition(isNew: !unknown.isEmpty)
        if !late.isEmpty {
            let before = odometer.meters
            addition.needsRecall = takeLate(late)
            addition.correction = odometer.meters - before
        }
        for point in unknown.dropFirst(late.count) { take(point) }
        return addition
    }

    /// How many markers ``add(_:)`` would measure anew for these: none when all follow the newest or are known, those in
    /// the window when one of them is late, all when one is so late that the blocks must be read back.
    ///
    /// - Complexity: O(*k* log *g*) for *k* of them and *g* gaps between the run's.
    func remeasuring(by markers: [IncomingMarker], above base: Int32) -> Int {
        var cost = 0
        for id in markers.lazy.map({ $0.id + base }) where id < ids.newest && !ids.contains(id) {
            if id < history.lastSealedID || windowStart.isDoubtful { return history.count }
            cost = history.entries.count
        }
        return cost
    }

    private static func areAscending(_ points: some Collection<TrackPoint>, after id: Int32) -> Bool {
        var previous = id
        for point in points {
            guard point.id > previous else { return false }
            previous = point.id
        }
        return true
    }

    private mutating func note(_ point: TrackPoint) {
        ids.insert(point.id)
        unjournaled.append(point)
        newestTime = max(newestTime, point.time)
    }

    private mutating func take(_ point: TrackPoint) {
        note(point)
        append(MarkerHistory.Entry(point))
    }

    /// - Returns: Whether the blocks are needed now and were not before.
    private mutating func takeLate(_ late: some Collection<TrackPoint>) -> Bool {
        for point in late { note(point) }
        // Whatever comes while the blocks are read is measured with them.
        let tooLate =
            isRecalling || windowStart.isDoubtful
            ? late.count : late.prefix { $0.id < history.lastSealedID }.count
        overdue.append(contentsOf: late.prefix(tooLate))
        if tooLate < late.count {
            history.merge(late.dropFirst(tooLate).map(MarkerHistory.Entry.init))
            remeasureWindow()
        }
        return tooLate > 0 && beginRecall()
    }

    // MARK: - Measuring

    private mutating func append(_ entry: MarkerHistory.Entry) {
        history.append(entry)
        measurement.take(at: history.count - 1, in: &history, clock: clock)
        seal()
    }

    /// Makes a block of the oldest markers when the window is full, and says where the next one is to end.
    ///
    /// A block ends where nothing is in doubt, so that the markers after it can be measured anew without it. Where there
    /// is no such place it ends in doubt, and must be read back for that.
    private mutating func seal() {
        if let end = blockEnd, history.entries.count >= end.count + blockLength, !isRecalling {
            history.seal(end.count)
            windowStart = end.mark
            measurement.release(before: windowStart)
            blockEnd = nil
        }
        let held = history.entries.count
        if blockEnd == nil, held >= blockLength, !measurement.odometer.isDoubting || held >= 2 * blockLength - 1 {
            blockEnd = (held, measurement.mark)
        }
    }

    /// Reckons anew what is in the window.
    private mutating func remeasureWindow() {
        measurement.rewind(to: windowStart)
        blockEnd = nil
        for entry in history.takeWindow() { append(entry) }
    }

    /// The clock was changed for a time that may have passed.
    ///
    /// - Parameter moment: before it everything is as it was: markers from before a start are never part of the run.
    /// - Returns: Whether the blocks are needed for that and were not before.
    mutating func clockChanged(since moment: Int64) -> Bool {
        let moment = hasLostItsStart ? .min : moment
        hasLostItsStart = false
        if needsBlocks(since: moment) { return beginRecall() }
        if newestTime >= moment, !isRecalling { remeasureWindow() }
        return false
    }

    /// Whether all of the run has to be measured anew for a change of its clock, with the markers of its blocks.
    func needsBlocks(forChangeAt moment: Int64) -> Bool { needsBlocks(since: hasLostItsStart ? .min : moment) }

    private func needsBlocks(since moment: Int64) -> Bool {
        newestTime >= moment && !isRecalling && history.sealedCount > 0
            && (history.newestSealedTime >= moment || windowStart.isDoubtful)
    }

    private mutating func beginRecall() -> Bool {
        defer { isRecalling = true }
        return !isRecalling
    }

    /// Reckons everything anew, with the markers of the blocks.
    ///
    /// The blocks are made anew too: number 0 takes the place of all that were made before.
    ///
    /// - Parameter stored: all markers of all blocks, with or without those of the blocks that nobody has taken yet.
    /// - Returns: False, and nothing has changed, when they are not that.
    /// - Complexity: O(*n*) for *n* markers of the run.
    mutating func recall(_ stored: [TrackPoint]) -> Bool {
        let sealed = stored.count < history.sealedCount ? stored + history.unstoredPoints : stored
        guard isRecalling, sealed.count == history.sealedCount else { return false }
        reckon(sealed + history.points + overdue)
        return true
    }

    /// Ends a recall that cannot succeed: reckons with the markers that there are.
    ///
    /// - Parameter sealed: markers of the run, as many of those in blocks among them as could be had; in any order, with
    ///   repeats.
    /// - Returns: Whether these are all.
    mutating func recallWhatIsLeft(_ sealed: [TrackPoint]) -> Bool {
        guard isRecalling else { return true }
        var seen = Set((history.points + overdue).map(\.id))
        let found = (history.unstoredPoints + sealed).filter { seen.insert($0.id).inserted }
        let isComplete = found.count == history.sealedCount
        reckon(found + history.points + overdue)
        return isComplete
    }

    /// Reckons a run of these markers.
    private mutating func reckon(_ points: [TrackPoint]) {
        let sealed = history.lastSealedID
        history = MarkerHistory()
        measurement = Measurement(filter: odometer.filter)
        windowStart = measurement.mark
        blockEnd = nil
        overdue = []
        isRecalling = false
        (markedBlocks, checkedBlocks, asked) = (0, 0, nil)
        for point in points.sorted(by: { $0.id < $1.id }) { append(MarkerHistory.Entry(point)) }
        journalWindow(through: sealed)
    }

    /// Brings markers of the window into the journal once more: those that were in blocks which are made anew, and end
    /// earlier now.
    ///
    /// What lies before a checkpoint is in its blocks and nowhere else, and those are about to be replaced.
    private mutating func journalWindow(through id: Int32) {
        guard history.entries.first?.id ?? .max <= id else { return }
        let waiting = Set(unjournaled.map(\.id))
        unjournaled += history.points.prefix { $0.id <= id }.filter { !waiting.contains($0.id) }
    }

    // MARK: - Storing

    /// The markers that are in no block.
    var loosePoints: [TrackPoint] { overdue.isEmpty ? history.points : history.points + overdue }

    mutating func takeBlocks() -> [(number: Int, bytes: [UInt8])] { history.takeBlocks() }

    mutating func putBack(_ blocks: [TrackBlock]) {
        if !isSettled { history.putBack(blocks) }
    }

    /// The run takes no more markers and needs neither journal nor blocks.
    mutating func settle() {
        isSettled = true
        unjournaled = []
        history.dropUnstoredBlocks()
    }

    /// Puts stored markers back; ``restored()`` follows when all are there.
    ///
    /// - Parameter points: in any order, with repeats.
    mutating func restore(_ points: [TrackPoint]) {
        for point in points where !ids.contains(point.id) {
            ids.insert(point.id)
            newestTime = max(newestTime, point.time)
            restoring.append(point)
        }
        durable = ids.contiguous
    }

    /// Puts a settled run back without its markers.
    mutating func restore(_ way: SettledWay) { keep(way, meters: final?.meters ?? 0) }

    /// Keeps of a settled run this and its figures, and nothing of its markers.
    mutating func keep(_ way: SettledWay, meters: Double) {
        isWithoutMarkers = true
        measurement = Measurement(filter: odometer.filter, meters: meters, way: way)
        history = MarkerHistory(passings: way.passings)
        windowStart = measurement.mark
        blockEnd = nil
        overdue = []
        ids = MarkerIDs(through: way.durable)
        durable = way.durable
    }

    /// Some were put back, and ``restored()`` has not followed.
    var isUnmeasured: Bool { !restoring.isEmpty }

    /// All stored markers are there.
    mutating func restored() {
        guard isUnmeasured else { return isMarked = false }
        hasLostItsStart = !hasStarted && restoring.contains { !MarkerFlags(rawValue: $0.flags).contains(.beforeStart) }
        if needsAllMarkers { forgetMark() }
        if isMarked {
            for point in restoring.sorted(by: { $0.id < $1.id }) { append(MarkerHistory.Entry(point)) }
        } else {
            reckon(restoring)
        }
        isMarked = false
        restoring = []
        if isSettled { history.dropUnstoredBlocks() }
    }
}

// MARK: - Marks

extension Run {
    /// What the markers in blocks have come to; nil when there are none, or it still depends on others.
    func mark(_ settings: RoomSettings) -> RunMark? {
        guard history.sealedCount > 0, !isRecalling, !windowStart.isDoubtful, !isWithoutMarkers else { return nil }
        var (measurement, sealed) = (measurement, history)
        measurement.rewind(to: windowStart)
        _ = sealed.takeWindow()
        sealed.dropUnstoredBlocks()
        return RunMark(
            runKey: key, rules: RunMark.rules(of: settings), clock: clock.stamp(through: history.newestSealedTime),
            ids: ids.prefix(through: history.lastSealedID), measurement: measurement, history: sealed)
    }

    /// Whether enough has come since the last checkpoint for another one, and all blocks that it would lean on have been
    /// taken to the disk; of a run for which alone older journal rows are there, whatever has come.
    private func isCheckpointDue(isLagging: Bool) -> Bool {
        guard !isRecalling, !isFinished, !isSettled else { return false }
        return isLagging
            ? history.unstored.isEmpty
            : history.blockCount >= markedBlocks + Limit.Run.markedBlocks && history.unstored.count <= 1
    }

    /// Says what is to be read back for a checkpoint; nil when none is due.
    mutating func askForBlocks(of runner: Int, isLagging: Bool) -> BlockSpan? {
        guard isCheckpointDue(isLagging: isLagging) else { return nil }
        let end = isLagging ? history.blockCount : history.blockCount - 1
        asked = BlockSpan(
            run: RunReference(runner: runner, runKey: key), blocks: checkedBlocks..<max(checkedBlocks, end),
            isLagging: isLagging)
        return asked
    }

    /// Takes a checkpoint, when these are the blocks that it leans on.
    ///
    /// - Parameters:
    ///   - sound: What has been read back.
    ///   - settings: By what rules the run is measured.
    /// - Returns: Nil when the blocks have been made anew since, or there are more: it is asked again then.
    mutating func takeCheckpoint(after sound: BlockSpan, _ settings: RoomSettings) -> Checkpoint? {
        guard asked == sound else { return nil }
        asked = nil
        guard isCheckpointDue(isLagging: sound.isLagging),
            sound.blocks.upperBound >= history.blockCount - (sound.isLagging ? 0 : 1)
        else { return nil }
        (markedBlocks, checkedBlocks) = (history.blockCount, sound.blocks.upperBound)
        return Checkpoint(
            run: sound.run, marker: sound.isLagging ? history.lastSealedID : history.lastIDBeforeNewestBlock,
            mark: mark(settings), loose: sound.isLagging ? loosePoints : nil)
    }

    /// Puts the run back as it was at a mark; the markers after it follow by ``restore(_:)-swift.method``.
    ///
    /// - Returns: False, and nothing has changed, when it is not this run's, or does not fit what else is known of it.
    mutating func restore(_ mark: RunMark, _ settings: RoomSettings) -> Bool {
        guard mark.runKey == key, !isSettled, !isUnmeasured, mark.rules == RunMark.rules(of: settings),
            mark.clock == clock.stamp(through: mark.history.newestSealedTime)
        else { return false }
        isMarked = true
        measurement = mark.measurement
        windowStart = measurement.mark
        history = mark.history
        ids = mark.ids
        durable = ids.contiguous
        newestTime = max(newestTime, history.newestSealedTime)
        markedBlocks = history.blockCount
        checkedBlocks = history.blockCount - 1
        return true
    }

    /// Has the run measured anew and its blocks made anew, since one of them is damaged.
    ///
    /// - Parameter damaged: What was read back.
    /// - Returns: Whether the blocks are needed for that and were not before.
    mutating func mendBlocks(of damaged: BlockSpan) -> Bool {
        guard asked == damaged, !isSettled else { return false }
        asked = nil
        return beginRecall()
    }

    /// Whether the mark is of no use, since markers lie before it that had not come then.
    var needsAllMarkers: Bool { isMarked && restoring.contains { $0.id < history.lastSealedID } }

    /// Leaves the run to be measured from its first marker, with those that were put back since the mark.
    mutating func forgetMark() {
        guard isMarked else { return }
        isMarked = false
        measurement = Measurement(filter: odometer.filter)
        windowStart = measurement.mark
        history = MarkerHistory()
        ids = MarkerIDs()
        (markedBlocks, checkedBlocks, asked) = (0, 0, nil)
        for id in restoring.map(\.id).sorted() { ids.insert(id) }
        durable = ids.contiguous
    }

    /// Forgets the blocks that were made anew while the run was put back and are on disk as they are, if that holds of
    /// all that are there; else those on disk are replaced.
    ///
    /// - Parameter stored: those on disk, by their numbers.
    mutating func dropBlocks(stored: [Int: [UInt8]]) {
        let made = history.blockCount
        let unstored = history.unstored
        let first = made - unstored.count
        let differs = unstored.enumerated().contains { (stored[first + $0.offset] ?? $0.element) != $0.element }
        guard !differs, stored.keys.allSatisfy({ $0 < made }) else { return journalWindow(through: .max) }
        history.dropBlocks { stored[$0] == $1 }
    }
}
