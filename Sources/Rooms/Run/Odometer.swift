import Geo

/// Measures a run: takes its markers in `id` order, decides which count, and sums the way between them.
///
/// ```text
///             counts                        too far off (1st, 2nd)
///   ┌───────────────────────┐          ┌──────────────────────────┐
///   ▼                       │          ▼                          │
/// following ──too far off──► doubting(1 candidate) ──agrees──► doubting(2)
///   ▲                                  │ ▲                        │
///   │◄──── a marker counts ────────────┘ └── disagrees: starts over with it
///   └◄──── the third agrees: re-anchored on the first of the three ┘
/// ```
/// Markers that cannot be judged (poor accuracy, 0,0, a pause) pass without touching the state, unless there are so many
/// that a candidate is forgotten.
struct Odometer: Sendable {
    /// A place and the moment at which the runner was there.
    private struct Fix {
        var coordinate: Coordinate
        var time: Int64
    }

    /// A marker that is too far off, waiting for others that agree with it.
    private struct Candidate {
        var index: Int
        var entry: MarkerHistory.Entry
        /// Metres from the candidate before.
        var step: Double

        var fix: Fix { Fix(coordinate: entry.coordinate, time: entry.time) }
    }

    /// Metres so far.
    private(set) var meters = 0.0
    /// Running time in milliseconds at each full kilometre.
    private(set) var kilometers: [Double] = []
    /// The place up to which the distance has been added.
    private var anchor: Coordinate?
    /// The last marker that counted, wherever within the stillness radius it was.
    private var last: Fix?
    /// The time of the last marker that counted, or the latest of them if clocks went back.
    private(set) var lastCountedTime: Int64?
    /// The earliest of their times.
    private var firstCountedTime = Int64.max
    private var segment: Int?
    private var previousTime: Int64?
    private var candidates: [Candidate] = []
    let filter: MarkerFilter

    init(filter: MarkerFilter) { self.filter = filter }

    /// Of a run that is over: it says what it came to, and measures nothing any more.
    init(filter: MarkerFilter, meters: Double, lastCountedTime: Int64?) {
        self.filter = filter
        self.meters = meters
        self.lastCountedTime = lastCountedTime
    }

    /// What became of a marker.
    enum Verdict {
        /// It is part of the way.
        case counted
        /// It says where the runner is, but adds nothing: in a pause, or of poor accuracy.
        case ignored
        /// It is an error of the receiver or of a clock.
        case implausible
        /// A place from long before the run, as a receiver gives it before it knows better: it says nothing.
        case outdated
    }

    /// Whether what is made of a marker before may still depend on those that come.
    var isDoubting: Bool { !candidates.isEmpty }

    /// Some full kilometres, the first of which is 0, to one decimal of a second.
    func splits(_ range: Range<Int>) -> [Split] {
        range.map { index in
            let seconds = kilometers[index] - (index == 0 ? 0 : kilometers[index - 1])
            return Split(
                kilometer: index + 1, seconds: (seconds / 1000).toOneDecimal,
                total: (kilometers[index] / 1000).toOneDecimal)
        }
    }

    /// Takes the marker at `index`, the next one in `id` order, and notes its result in the history.
    ///
    /// - Complexity: O(1), without allocation while markers count.
    @discardableResult
    mutating func take(at index: Int, in history: inout MarkerHistory, clock: RunClock) -> Verdict {
        let entry = history[index]
        let verdict = judge(entry, at: index, in: &history, clock: clock)
        history.setResult(at: index, counted: verdict == .counted, centimetres: centimetres)
        return verdict
    }

    private var centimetres: UInt32 { UInt32(clamping: Int64(meters * 100)) }

    private mutating func judge(
        _ entry: MarkerHistory.Entry, at index: Int, in history: inout MarkerHistory, clock: RunClock
    ) -> Verdict {
        if entry.flags.contains(.ahead) || entry.coordinate.isNullIsland { return .implausible }
        if entry.flags.contains(.stale) { return .outdated }
        defer { previousTime = entry.time }
        if let previousTime, entry.time <= previousTime { return .implausible }
        if let accuracy = entry.accuracy, accuracy > filter.worstAccuracy { return .ignored }
        guard let start = clock.start, !(entry.flags.contains(.beforeStart) && entry.time < start),
            let segment = clock.segment(containing: entry.time, tolerance: filter.clockTolerance)
        else { return .ignored }
        if entry.time < start - filter.longestGap { return .outdated }
        if segment != self.segment {
            // The way between a pause and the next start is not bridged.
            self.segment = segment
            anchor = nil
            last = nil
        }
        guard let last else {
            settle(on: entry)
            return .counted
        }
        if let step = reachableStep(to: entry, from: last) {
            advance(to: entry, from: last, step: step, clock: clock)
            return .counted
        }
        return doubt(entry, at: index, in: &history, clock: clock)
    }

    /// The metres from a fix to a marker; nil when nobody runs so fast, or so far in one step.
    private func reachableStep(to entry: MarkerHistory.Entry, from fix: Fix) -> Double? {
        let milliseconds = entry.time - fix.time
        guard milliseconds > 0, milliseconds <= filter.longestGap else { return nil }
        let step = fix.coordinate.distance(to: entry.coordinate)
        return step <= min(filter.topSpeed * Double(milliseconds) / 1000, filter.longestStep) ? step : nil
    }

    private mutating func settle(on entry: MarkerHistory.Entry) {
        anchor = entry.coordinate
        note(entry)
    }

    private mutating func note(_ entry: MarkerHistory.Entry) {
        last = Fix(coordinate: entry.coordinate, time: entry.time)
        lastCountedTime = max(lastCountedTime ?? .min, entry.time)
        firstCountedTime = min(firstCountedTime, entry.time)
        candidates.removeAll(keepingCapacity: true)
    }

    /// How far the run can have come at all.
    ///
    /// The filter follows a clock that goes back, but not for ever: the same hours are not run through again and again.
    private var farthest: Double {
        let last = lastCountedTime ?? 0
        let time = last - min(firstCountedTime, last) + filter.repeatedTime
        return filter.topSpeed * Double(time) / 1000
    }

    /// Counts a marker that is `step` metres from the one counted before it.
    private mutating func advance(to entry: MarkerHistory.Entry, from fix: Fix, step: Double, clock: RunClock) {
        note(entry)
        if let anchor {
            // Of somebody who moves the two are one place, and one measurement is enough.
            let step = anchor == fix.coordinate ? step : anchor.distance(to: entry.coordinate)
            if step > max(filter.stillness, (entry.accuracy ?? 0) / 2) {
                let step = min(step, farthest - meters)
                if step > 0 {
                    noteKilometers(from: fix.time, to: entry.time, step: step, clock: clock)
                    meters += step
                }
                self.anchor = entry.coordinate
            }
        }
    }

    /// Notes when each full kilometre within the next `step` metres was passed.
    ///
    /// The interpolation begins at the last counted marker, not where the anchor was set: somebody who waited at a
    /// crossing spent that time at the anchor, not on the step.
    private mutating func noteKilometers(from: Int64, to: Int64, step: Double, clock: RunClock) {
        while meters + step >= Double(kilometers.count + 1) * 1000 {
            let share = (Double(kilometers.count + 1) * 1000 - meters) / step
            let start = Double(clock.elapsed(at: from))
            let passed = start + share * (Double(clock.elapsed(at: to)) - start)
            // A clock that went back makes no kilometre end before it began.
            kilometers.append(max(passed, kilometers.last ?? 0))
        }
    }

    private mutating func doubt(
        _ entry: MarkerHistory.Entry, at index: Int, in history: inout MarkerHistory, clock: RunClock
    ) -> Verdict {
        // Before these there may be markers that are no longer in the window.
        candidates.removeAll { index - $0.index >= filter.agreementSpan }
        var step = 0.0
        if let previous = candidates.last {
            if let reached = reachableStep(to: entry, from: previous.fix) {
                step = reached
            } else {
                candidates.removeAll(keepingCapacity: true)
            }
        }
        candidates.append(Candidate(index: index, entry: entry, step: step))
        guard candidates.count >= filter.agreeingMarkers else { return .implausible }
        // They agree: the way to the first of them is unknown and adds nothing, the way along them counts.
        let agreed = candidates
        settle(on: agreed[0].entry)
        history.setResult(at: agreed[0].index, counted: true, centimetres: centimetres)
        for (previous, next) in zip(agreed, agreed.dropFirst()) {
            // What lies between them does not count but is as far along: the distances are searched by halving.
            for between in (previous.index + 1)..<next.index {
                history.setDistance(at: between, centimetres: centimetres)
            }
            advance(to: next.entry, from: previous.fix, step: next.step, clock: clock)
            history.setResult(at: next.index, counted: true, centimetres: centimetres)
        }
        return .counted
    }
}

extension Coordinate {
    /// 0,0: what receivers say when they know nothing.
    package var isNullIsland: Bool { latitudeE7 == 0 && longitudeE7 == 0 }
}

// MARK: - Bytes

extension Odometer {
    /// False, and what was written is none, when it is in doubt, or has more kilometres than a mark may have.
    func write(to writer: inout MarkWriter) -> Bool {
        guard !isDoubting, kilometers.count <= RunMark.mostKilometers else { return false }
        writer.write(meters)
        writer.write(kilometers.count)
        for kilometer in kilometers { writer.write(kilometer) }
        writer.write(anchor)
        writer.write(last?.coordinate)
        for time in [last?.time, lastCountedTime, firstCountedTime == .max ? nil : firstCountedTime, previousTime] {
            writer.write(time)
        }
        writer.write(segment.map(Int64.init))
        return true
    }

    init(filter: MarkerFilter, from reader: inout MarkReader) throws(RunMark.Damage) {
        self.filter = filter
        meters = try reader.readDouble(in: 0...RunnerSnapshot.largestAmount)
        for _ in 0..<(try reader.read(in: 0...RunMark.mostKilometers)) {
            kilometers.append(try reader.readDouble(in: (kilometers.last ?? 0)...RunnerSnapshot.largestAmount))
        }
        anchor = try reader.readCoordinate()
        let place = try reader.readCoordinate()
        let time = try reader.readOptionalTime()
        lastCountedTime = try reader.readOptionalTime()
        firstCountedTime = try reader.readOptionalTime() ?? .max
        previousTime = try reader.readOptionalTime()
        segment = try reader.readOptionalTime().map { Int(truncatingIfNeeded: $0) }
        if let place, let time { last = Fix(coordinate: place, time: time) }
        guard (place == nil) == (time == nil), kilometers.count == Int(meters / 1000),
            firstCountedTime <= lastCountedTime ?? .max, (firstCountedTime == .max) == (lastCountedTime == nil)
        else { throw .malformed }
    }
}
