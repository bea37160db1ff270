public import Geo

/// Measures a run that is over along its track, by the rules by which it was measured while it lasted.
public enum WayMeasure {
    /// How far a run had come at each of its markers.
    ///
    /// A record does not say when its run was paused: what somebody walked in a pause while their phone told its place is
    /// part of this.
    ///
    /// - Parameters:
    ///   - points: The run's markers, with ascending ids.
    ///   - start: Unix milliseconds.
    ///   - end: The same.
    ///   - filter: Which markers count.
    /// - Returns: Metres by marker; nil for one that does not count.
    /// - Complexity: O(n).
    public static func meters(
        along points: [TrackPoint], from start: Int64, to end: Int64, by filter: MarkerFilter = MarkerFilter()
    ) -> [Double?] {
        var clock = RunClock()
        clock.resume(at: start)
        clock.end(at: max(start, end), told: false)
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
        return indices.map { index in
            guard let index, history[index].isCounted else { return nil }
            return Double(history[index].centimetres) / 100
        }
    }
}
