import Geo

/// What a runner is going to do: where they will be at which time of the run.
struct RunPlan: Sendable {
    /// A marker before it has an id and a time of the clock.
    struct Point: Hashable, Sendable {
        /// Milliseconds since the start.
        var offset: Int64
        var place: Coordinate
        /// Decimetres.
        var accuracy: Int?
        /// Decimetres.
        var altitude: Int?
        /// Beats per minute.
        var heartRate: Int?
    }

    /// In order of their offsets; the markers' ids are 1, 2, 3, ….
    var points: [Point]
    /// From pause to resumption, milliseconds since the start, in order.
    var pauses: [Range<Int64>] = []

    /// Milliseconds from the start to the last point.
    var length: Int64 { points.last?.offset ?? 0 }

    /// The marker with an id, in a run that started at a time of the clock.
    func marker(_ id: Int, start: Int64) -> Marker {
        let point = points[id - 1]
        return Marker(
            id: id, time: start + point.offset, place: point.place, accuracy: point.accuracy,
            altitude: point.altitude, heartRate: point.heartRate)
    }

    /// What the rules of the protocol make of it.
    func reckoning(start: Int64) -> DistanceReckoner {
        var reckoner = DistanceReckoner(
            start: start, pauses: pauses.map { start + $0.lowerBound..<start + $0.upperBound })
        for id in points.indices { reckoner.add(marker(id + 1, start: start)) }
        return reckoner
    }

    /// The part of the first `milliseconds`.
    func prefix(_ milliseconds: Int64) -> RunPlan {
        RunPlan(
            points: Array(points.prefix { $0.offset <= milliseconds }),
            pauses: pauses.filter { $0.upperBound <= milliseconds })
    }
}
