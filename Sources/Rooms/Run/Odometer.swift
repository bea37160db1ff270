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
/// Markers that cannot be judged (poor accuracy, 0,0, a pause) pass without touching the state.
struct Odometer: Sendable {
    /// A place and the moment at which the runner was there.
    private struct Fix {
        var coordinate: Coordinate
        var time: Int64
    }

    /// A marker that would need too much speed, waiting for others that agree with it.
    private struct Candidate {
        var index: Int
        var entry: MarkerHistory.Entry
    }

    let filter: MarkerFilter

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
    private var segment: Int?
    private var previousTime: Int64?
    private var candidates: [Candidate] = []

    init(filter: MarkerFilter) { self.filter = filter }

    /// What became of a marker.
    enum Verdict {
        /// It is part of the way.
        case counted
        /// It says where the runner is, but adds nothing: in a pause, or of poor accuracy.
        case ignored
        /// It is an error of the receiver or of a clock.
        case implausible
    }

    /// Takes the marker at `index`, the next one in `id` order, and notes its result in the history.
    ///
    /// - Complexity: O(1), without allocation while markers count.
    @discardableResult
    mutating func take(at index: Int, in history: inout MarkerHistory, clock: RunClock) -> Verdict {
        let entry = history.entries[index]
        let verdict = judge(entry, at: index, in: &history, clock: clock)
        history.setResult(at: index, counted: verdict == .counted, centimetres: UInt32(clamping: Int64(meters * 100)))
        return verdict
    }

    private mutating func judge(
        _ entry: MarkerHistory.Entry, at index: Int, in history: inout MarkerHistory, clock: RunClock
    ) -> Verdict {
        if entry.flags.contains(.ahead) || entry.coordinate.isNullIsland { return .implausible }
        defer { previousTime = entry.time }
        if let previousTime, entry.time <= previousTime { return .implausible }
        if let accuracy = entry.accuracy, accuracy > filter.worstAccuracy { return .ignored }
        guard let start = clock.start, !(entry.flags.contains(.beforeStart) && entry.time < start),
            let segment = clock.segment(containing: entry.time, tolerance: filter.clockTolerance)
        else { return .ignored }
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
        if isReachable(entry, from: last) {
            advance(to: entry, from: last, clock: clock)
            return .counted
        }
        return doubt(entry, at: index, in: &history, clock: clock)
    }

    private func isReachable(_ entry: MarkerHistory.Entry, from fix: Fix) -> Bool {
        let milliseconds = entry.time - fix.time
        guard milliseconds > 0 else { return false }
        return fix.coordinate.distance(to: entry.coordinate) <= filter.topSpeed * Double(milliseconds) / 1000
    }

    private mutating func settle(on entry: MarkerHistory.Entry) {
        anchor = entry.coordinate
        last = Fix(coordinate: entry.coordinate, time: entry.time)
        lastCountedTime = max(lastCountedTime ?? .min, entry.time)
        candidates.removeAll(keepingCapacity: true)
    }

    private mutating func advance(to entry: MarkerHistory.Entry, from fix: Fix, clock: RunClock) {
        if let anchor {
            let step = anchor.distance(to: entry.coordinate)
            if step > max(filter.stillness, (entry.accuracy ?? 0) / 2) {
                noteKilometers(from: fix.time, to: entry.time, step: step, clock: clock)
                meters += step
                self.anchor = entry.coordinate
            }
        }
        last = Fix(coordinate: entry.coordinate, time: entry.time)
        lastCountedTime = max(lastCountedTime ?? .min, entry.time)
        candidates.removeAll(keepingCapacity: true)
    }

    /// Notes when each full kilometre within the next `step` metres was passed.
    ///
    /// The interpolation begins at the last counted marker, not where the anchor was set: somebody who waited at a
    /// crossing spent that time at the anchor, not on the step.
    private mutating func noteKilometers(from: Int64, to: Int64, step: Double, clock: RunClock) {
        while meters + step >= Double(kilometers.count + 1) * 1000 {
            let share = (Double(kilometers.count + 1) * 1000 - meters) / step
            let start = Double(clock.elapsed(at: from))
            kilometers.append(start + share * (Double(clock.elapsed(at: to)) - start))
        }
    }

    private mutating func doubt(
        _ entry: MarkerHistory.Entry, at index: Int, in history: inout MarkerHistory, clock: RunClock
    ) -> Verdict {
        if let previous = candidates.last,
            !isReachable(entry, from: Fix(coordinate: previous.entry.coordinate, time: previous.entry.time))
        {
            candidates.removeAll(keepingCapacity: true)
        }
        candidates.append(Candidate(index: index, entry: entry))
        guard candidates.count >= filter.agreeingMarkers else { return .implausible }
        // They agree: the way to the first of them is unknown and adds nothing, the way along them counts.
        let agreed = candidates
        settle(on: agreed[0].entry)
        history.setResult(at: agreed[0].index, counted: true, centimetres: UInt32(clamping: Int64(meters * 100)))
        for (previous, next) in zip(agreed, agreed.dropFirst()) {
            let fix = Fix(coordinate: previous.entry.coordinate, time: previous.entry.time)
            advance(to: next.entry, from: fix, clock: clock)
            history.setResult(at: next.index, counted: true, centimetres: UInt32(clamping: Int64(meters * 100)))
        }
        return .counted
    }
}

extension Coordinate {
    /// 0,0: what receivers say when they know nothing.
    var isNullIsland: Bool { latitudeE7 == 0 && longitudeE7 == 0 }
}
