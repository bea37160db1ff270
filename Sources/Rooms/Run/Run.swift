import Geo

/// One run of one runner: its clock, its markers, and what they amount to.
struct Run: Sendable {
    /// The identity under which the run is stored, once, whatever is repeated or crashes in between.
    let key: Int64
    var clock = RunClock()
    private(set) var history = MarkerHistory()
    private(set) var odometer: Odometer
    private(set) var outline = TrackOutline()
    /// Where the runner was seen last.
    private(set) var latest: Coordinate?
    /// Nothing but markers of poor accuracy has been seen yet.
    private var isLatestVague = false
    /// The latest time of all markers, in whatever order they were dated.
    private var newestTime = Int64.min
    /// Markers 1...durable are on disk.
    var durable: Int32 = 0
    /// Markers that came since the journal was last taken.
    var unjournaled: [TrackPoint] = []
    /// Full kilometres that were told to the room; they are told once, even if corrections take one back.
    var announcedKilometers = 0
    /// The figures of somebody who reckons for themselves.
    var report: Report?
    /// What a settled run was stored with, in case its markers cannot be had again.
    var final: Report?
    /// Markers came back from the journal after the `finish`: the record may have been stored before them.
    var isRecordUncertain = false
    /// When the `finish` arrived, by the server's clock; late markers are taken for a while after it.
    var finishArrived: Int64?
    /// The run needs nothing from the journal any more.
    var isSettled = false

    /// Distance and time as a polling client reports them.
    struct Report: Hashable, Sendable, Codable {
        var meters: Double
        var seconds: Double
    }

    init(key: Int64, filter: MarkerFilter) {
        self.key = key
        odometer = Odometer(filter: filter)
    }

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

    /// What a finished run amounts to.
    var outcome: Report? { clock.ended.map { Report(meters: meters, seconds: seconds(at: $0)) } }

    /// Each full kilometre, to one decimal of a second.
    var splits: [Split] {
        var before = 0.0
        return odometer.kilometers.enumerated().map { index, milliseconds in
            defer { before = milliseconds }
            return Split(
                kilometer: index + 1, seconds: ((milliseconds - before) / 1000).toOneDecimal,
                total: (milliseconds / 1000).toOneDecimal)
        }
    }

    /// A settled run with this one's clock and figures, and none of its places.
    ///
    /// It has a key of its own: what is stored under the old one is not its. `now` is for the time of a run that has
    /// not ended.
    func withoutMarkers(key: Int64, at now: Int64) -> Run {
        var run = Run(key: key, filter: odometer.filter)
        run.clock = clock
        run.announcedKilometers = announcedKilometers
        run.finishArrived = finishArrived
        run.isSettled = true
        if hasStarted || report != nil { run.report = Report(meters: meters, seconds: seconds(at: now)) }
        return run
    }

    /// Takes new markers.
    ///
    /// - Parameter points: in any order, with repeats; those whose ids are known are dropped.
    /// - Returns: Whether any was new, and by how many metres those that came late changed the distance. What the
    ///   others added to it is progress.
    /// - Complexity: O(1) a marker in `id` order; O(*n*) once for all late ones of a call.
    mutating func add(_ points: some Collection<TrackPoint>) -> (isNew: Bool, correction: Double) {
        let newest = history.entries.last?.id ?? 0
        if Self.areAscending(points, after: newest) {
            for point in points { append(point) }
            return (!points.isEmpty, 0)
        }
        var unknown: [TrackPoint] = []
        for point in points.filter({ !history.contains(id: $0.id) }).sorted(by: { $0.id < $1.id })
        where point.id != unknown.last?.id {
            unknown.append(point)
        }
        let late = unknown.prefix { $0.id < newest }
        let before = odometer.meters
        if !late.isEmpty {
            unjournaled.append(contentsOf: late)
            newestTime = max(newestTime, late.lazy.map(\.time).max() ?? .min)
            history.merge(late.map(MarkerHistory.Entry.init))
            remeasure()
        }
        let correction = odometer.meters - before
        for point in unknown.dropFirst(late.count) { append(point) }
        return (!unknown.isEmpty, correction)
    }

    /// How many markers ``add(_:)`` would measure anew for these: all when one of them is late, none when all follow the
    /// newest or are known.
    ///
    /// - Complexity: O(*k* log *m*) for *k* of them and *m* markers of the run.
    func remeasuring(by markers: [IncomingMarker]) -> Int {
        let newest = history.entries.last?.id ?? 0
        for marker in markers where marker.id < newest && !history.contains(id: marker.id) { return history.count }
        return 0
    }

    private static func areAscending(_ points: some Collection<TrackPoint>, after id: Int32) -> Bool {
        var previous = id
        for point in points {
            guard point.id > previous else { return false }
            previous = point.id
        }
        return true
    }

    private mutating func append(_ point: TrackPoint) {
        unjournaled.append(point)
        newestTime = max(newestTime, point.time)
        history.append(MarkerHistory.Entry(point))
        measure(at: history.count - 1)
    }

    private mutating func measure(at index: Int) {
        let verdict = odometer.take(at: index, in: &history, clock: clock)
        let entry = history.entries[index]
        if verdict == .counted { outline.append(entry.coordinate) }
        if entry.flags.contains(.ahead) || entry.coordinate.isNullIsland { return }
        // Poor accuracy still tells where somebody is when nothing better is known.
        let isVague = verdict != .counted && (entry.accuracy ?? 0) > odometer.filter.worstAccuracy
        if latest == nil || verdict != .implausible && (!isVague || isLatestVague) {
            latest = entry.coordinate
            isLatestVague = isVague
        }
    }

    /// Reckons everything anew, after a marker came late or the clock was changed for a time that has passed.
    mutating func remeasure() {
        odometer = Odometer(filter: odometer.filter)
        outline = TrackOutline()
        latest = nil
        isLatestVague = false
        for index in history.entries.indices { measure(at: index) }
    }

    /// Whether a change of the clock at `time` says something new of any marker.
    func hasMarkers(since time: Int64) -> Bool { history.count > 0 && newestTime >= time }
}
