import Geo

/// One run of one runner: its clock, its markers, and what they amount to.
struct Run: Sendable {
    /// The identity under which the run is stored, once, whatever is repeated or crashes in between.
    let key: Int64
    var clock = RunClock()
    private(set) var history = MarkerHistory()
    private(set) var odometer: Odometer
    private(set) var outline = TrackOutline()
    /// Where the runner was seen last, and when by the marker's time.
    private(set) var latest: (coordinate: Coordinate, time: Int64)?
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
        guard let ended = clock.ended else { return Double(clock.elapsed(at: now)) / 1000 }
        // Without a counted marker the end itself is all there is to go by.
        return Double(clock.elapsed(at: min(odometer.lastCountedTime ?? ended, ended + odometer.filter.clockTolerance)))
            / 1000
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

    /// Takes new markers.
    ///
    /// - Parameter points: in any order, with repeats; those whose ids are known are dropped.
    /// - Returns: Whether any was new, and whether one of them came late, so that what was reckoned before may have
    ///   changed.
    /// - Complexity: O(1) a marker in `id` order; O(*n*) once for all late ones of a call.
    mutating func add(_ points: [TrackPoint]) -> (isNew: Bool, isLate: Bool) {
        var late: [TrackPoint] = []
        var isNew = false
        for point in points where !history.contains(id: point.id) {
            if late.isEmpty, point.id > history.entries.last?.id ?? 0 {
                append(point)
            } else {
                late.append(point)
            }
            isNew = true
        }
        guard !late.isEmpty else { return (isNew, false) }
        late.sort { $0.id < $1.id }
        let known = history
        late = late.enumerated().filter { index, point in
            !known.contains(id: point.id) && (index == 0 || late[index - 1].id != point.id)
        }.map(\.element)
        guard !late.isEmpty else { return (isNew, false) }
        unjournaled.append(contentsOf: late)
        history.merge(late.map(MarkerHistory.Entry.init))
        remeasure()
        return (true, true)
    }

    private mutating func append(_ point: TrackPoint) {
        unjournaled.append(point)
        history.append(MarkerHistory.Entry(point))
        measure(at: history.count - 1)
    }

    private mutating func measure(at index: Int) {
        let verdict = odometer.take(at: index, in: &history, clock: clock)
        let entry = history.entries[index]
        if verdict == .counted { outline.append(entry.coordinate) }
        // Poor accuracy still tells where somebody is when nothing better is known.
        let isShown = verdict == .counted || (verdict == .ignored && !isVague(entry)) || latest == nil
        if isShown, !entry.flags.contains(.ahead), !entry.coordinate.isNullIsland, entry.time >= latest?.time ?? .min {
            latest = (entry.coordinate, entry.time)
        }
    }

    private func isVague(_ entry: MarkerHistory.Entry) -> Bool {
        (entry.accuracy ?? 0) > odometer.filter.worstAccuracy
    }

    /// Reckons everything anew, after a marker came late or the clock was changed for a time that has passed.
    mutating func remeasure() {
        odometer = Odometer(filter: odometer.filter)
        outline = TrackOutline()
        latest = nil
        for index in history.entries.indices { measure(at: index) }
    }

    /// The time of the newest marker that could be affected by a change of the clock at `time`.
    func hasMarkers(after time: Int64) -> Bool {
        // Not only the last one: times may disagree with ids.
        history.entries.reversed().prefix(1000).contains { $0.time > time }
    }
}
