import Geo

/// What a run's markers amount to: its distance, its outline on the map, and where the runner was seen last.
struct Measurement: Sendable {
    private(set) var odometer: Odometer
    private(set) var outline = TrackOutline()
    /// Where the runner was seen last.
    private(set) var latest: Coordinate?
    /// Nothing but markers of poor accuracy has been seen yet.
    private var isLatestVague = false

    init(filter: MarkerFilter) { odometer = Odometer(filter: filter) }

    /// Of a run that is over.
    init(filter: MarkerFilter, meters: Double, way: SettledWay) {
        odometer = Odometer(filter: filter, meters: meters, lastCountedTime: way.lastCountedTime)
        outline = TrackOutline(way.outline)
        latest = way.latest
    }

    /// Takes the marker at `index`, the next one in `id` order, and notes its result in the history.
    ///
    /// - Complexity: O(1).
    mutating func take(at index: Int, in history: inout MarkerHistory, clock: RunClock) {
        let verdict = odometer.take(at: index, in: &history, clock: clock)
        let entry = history[index]
        if verdict == .counted { outline.append(entry.coordinate) }
        if entry.flags.contains(.ahead) || entry.coordinate.isNullIsland || verdict == .outdated { return }
        // Poor accuracy still tells where somebody is when nothing better is known.
        let isVague = verdict != .counted && (entry.accuracy ?? 0) > odometer.filter.worstAccuracy
        if latest == nil || verdict != .implausible && (!isVague || isLatestVague) {
            latest = entry.coordinate
            isLatestVague = isVague
        }
    }

    /// A moment from which the markers after it can be measured anew.
    struct Mark: Sendable {
        fileprivate var odometer: Odometer
        fileprivate var outline: TrackOutline.Mark
        fileprivate var latest: Coordinate?
        fileprivate var isLatestVague: Bool

        /// Whether what is made of a marker before it may still depend on those after it.
        var isDoubtful: Bool { odometer.isDoubting }
    }

    var mark: Mark {
        Mark(odometer: odometer, outline: outline.mark, latest: latest, isLatestVague: isLatestVague)
    }

    /// Forgets what was taken since; see ``TrackOutline/Mark`` for how much that may be.
    mutating func rewind(to mark: Mark) {
        odometer = mark.odometer
        outline.rewind(to: mark.outline)
        latest = mark.latest
        isLatestVague = mark.isLatestVague
    }

    /// Nobody winds back to a moment before this one any more.
    mutating func release(before mark: Mark) { outline.release(before: mark.outline) }
}

// MARK: - Bytes

extension Measurement {
    /// False, and what was written is none, when there can be no mark of it.
    func write(to writer: inout MarkWriter) -> Bool {
        guard odometer.write(to: &writer) else { return false }
        outline.write(to: &writer)
        writer.write(latest)
        writer.write(isLatestVague ? 1 : 0)
        return true
    }

    init(filter: MarkerFilter, from reader: inout MarkReader) throws(RunMark.Damage) {
        odometer = try Odometer(filter: filter, from: &reader)
        outline = try TrackOutline(from: &reader)
        latest = try reader.readCoordinate()
        isLatestVague = try reader.read(in: 0...1) == 1
    }
}
