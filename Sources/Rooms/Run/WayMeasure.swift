public import Geo

/// Measures a run that is over along its track, by the rules by which it was measured while it lasted.
public enum WayMeasure {
    /// What a way comes to.
    public struct Measured: Hashable, Sendable {
        /// Metres by marker, in their order; nil for one that does not count.
        public var meters: [Double?]
        /// Seconds of running up to the last marker that counts.
        public var seconds: Double
        /// Each full kilometre.
        public var splits: [Split]
        /// Metres of the whole.
        public var total: Double
    }

    /// How far a run had come at each of its markers, and what it came to.
    ///
    /// - Parameters:
    ///   - points: The run's markers, with ascending ids.
    ///   - start: Unix milliseconds.
    ///   - end: The same.
    ///   - pauses: When it stood, within that and in the order of time. Of a record of a server that did not keep them what
    ///     somebody walked in a pause while their phone told its place is part of this.
    ///   - filter: Which markers count.
    /// - Returns: As a room would have told it.
    /// - Complexity: O(n).
    public static func measure(
        _ points: [TrackPoint], from start: Int64, to end: Int64, pauses: [Range<Int64>] = [],
        by filter: MarkerFilter = MarkerFilter()
    ) -> Measured {
        let end = max(start, end)
        var clock = RunClock()
        clock.resume(at: start)
        for pause in pauses where start <= pause.lowerBound && pause.upperBound <= end {
            clock.stop(at: pause.lowerBound)
            // One at the end of which the run ended has no other stretch behind it.
            if pause.upperBound < end { clock.resume(at: pause.upperBound) }
        }
        clock.end(at: end, told: false)
        var history = MarkerHistory(expecting: points.count)
        var odometer = Odometer(filter: filter)
        var lastID: Int32 = 0
        var indices: [Int?] = []
        for point in points {
            // What is out of its order, as no track is that was written here, does not count.
            guard point.id > lastID else {
                indices.append(nil)
                continue
            }
            lastID = point.id
            indices.append(history.count)
            history.append(MarkerHistory.Entry(point))
            odometer.take(at: history.count - 1, in: &history, clock: clock)
        }
        let meters = indices.map { index -> Double? in
            guard let index, history[index].isCounted else { return nil }
            return Double(history[index].centimetres) / 100
        }
        let last = odometer.lastCountedTime.flatMap { $0 > start ? $0 : nil } ?? end
        return Measured(
            meters: meters, seconds: Double(clock.elapsed(at: last)) / 1000,
            splits: odometer.splits(odometer.kilometers.indices), total: odometer.meters)
    }
}
