import Geo

/// A plan with what must come of it: reckoned once, whoever runs it.
final class PlannedRun: Sendable {
    let plan: RunPlan
    /// By id: the newest marker before it that a screen may show; 0 if there is none.
    let previousShown: [Int32]
    /// The newest marker that a screen may show at the end.
    let lastShown: Int32
    /// By the simulator's own reckoning.
    let meters: Double
    /// By the simulator's own reckoning.
    let seconds: Double

    init(_ plan: RunPlan) {
        self.plan = plan
        var reckoner = DistanceReckoner(start: 0, pauses: plan.pauses)
        var previous: [Int32] = [0]
        previous.reserveCapacity(plan.points.count + 1)
        var shown: Int32 = 0
        for index in plan.points.indices {
            previous.append(shown)
            let before = reckoner.countedMarkers
            reckoner.add(plan.marker(index + 1, start: 0))
            // What is not counted is an error of the receiver, and not where the runner is.
            if reckoner.countedMarkers > before { shown = Int32(index + 1) }
        }
        previousShown = previous
        lastShown = shown
        meters = reckoner.meters
        seconds = reckoner.seconds(finishedAt: plan.points.last?.offset ?? 0)
    }

    /// The newest marker up to `highest` at the place of a row, looked for among the last few; 0 if it is none.
    func marker(shownBy row: ScreenRow, upTo highest: Int, system: CoordinateSystem) -> Int32 {
        let lowest = max(1, highest - Self.searchedMarkers)
        guard highest >= lowest, highest <= plan.points.count else { return 0 }
        for id in stride(from: highest, through: lowest, by: -1) {
            let place = plan.points[id - 1].place
            switch system {
            case .wgs84:
                if row.shows(latitudeE7: place.latitudeE7, longitudeE7: place.longitudeE7) { return Int32(id) }
            case .gcj02:
                let degrees = system.degrees(of: place)
                // The server's way to WGS-84 and back may cost a unit of the sixth decimal.
                let (latitude, longitude) = (degrees.latitude * 1e6, degrees.longitude * 1e6)
                if abs(latitude - Double(row.latitude)) < 1.5, abs(longitude - Double(row.longitude)) < 1.5 {
                    return Int32(id)
                }
            }
        }
        return 0
    }

    /// A row shows one of the markers last sent; after a tunnel it may be some way back.
    private static let searchedMarkers = 600
}
