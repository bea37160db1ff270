import Foundation
import Geo

/// Makes runs that nobody ran: laps of a park at 4 to 7 minutes a kilometre, as a phone would record them.
struct SyntheticRun {
    /// The middle of the park, WGS-84.
    var latitude = 40.0170
    var longitude = 116.3900
    /// The lap; nil for any around the middle of the park.
    var lap: Loop?
    /// Seconds a kilometre, one of which the runner keeps to.
    var pace = 240.0...420
    /// By which share of it the pace goes up and down.
    var unsteadiness = 0.06
    /// Metres outwards from the middle of the path at which the runner keeps.
    var aside = 0.0
    /// Seconds.
    var length = 60.0
    /// Whether the run goes on after ``length`` until the lap is full, so that it ends where it began.
    var endsWithLap = false
    /// Seconds from one marker to the next.
    var interval = 1.0
    /// How often the phone is quite wrong.
    var outlierChance = 0.004
    /// Whether the runner stops once, for a shoe lace.
    var hasPause = false
    /// When the runner stops beside, milliseconds since the start.
    var pauses: [Range<Int64>] = []

    /// The run that a generator decides; the same generator makes the same run.
    func plan(using generator: inout SeededGenerator) throws(CoordinateError) -> RunPlan {
        let loop =
            lap
            ?? Loop(
                latitude: latitude, longitude: longitude, length: .random(in: 900...1600, using: &generator),
                heading: .random(in: 0..<2 * .pi, using: &generator))
        let pace = Double.random(in: pace, using: &generator) / 1000  // seconds a metre
        let quality = Double.random(in: 0.6...1.6, using: &generator)
        var east = DriftingNoise(deviation: 1.6 * quality, correlation: 0.985)
        var north = DriftingNoise(deviation: 1.6 * quality, correlation: 0.985)
        var form = DriftingNoise(deviation: unsteadiness, correlation: 0.98)
        var radius = DriftingNoise(deviation: 1.2, correlation: 0.9)

        var plan = RunPlan(points: [], pauses: pauses)
        if hasPause, length >= 60 {
            let start = Int64(length * .random(in: 0.3...0.6, using: &generator) * 1000)
            plan.pauses.append(start..<start + Int64.random(in: 8000...20_000, using: &generator))
        }
        var distance = 0.0
        // Phones do not tick on the second, and not all at once.
        let step = interval * 1000
        var offset = Int64(.random(in: 0.1..<1.1, using: &generator) * step)
        var end = Double.infinity
        while distance < end {
            if offset > Int64(length * 1000), end == .infinity {
                guard endsWithLap else { break }
                end = (distance / loop.length).rounded(.up) * loop.length
            }
            let isPaused = plan.pauses.contains { $0.contains(offset) }
            let speed = isPaused ? 0.4 : (1 + form.next(using: &generator)) / pace
            let error = (east.next(using: &generator), north.next(using: &generator))
            let accuracy = max(2.5, 4.5 * quality + radius.next(using: &generator))
            var point = RunPlan.Point(
                offset: offset, place: try loop.place(at: distance, aside: aside, east: error.0, north: error.1),
                accuracy: Int((accuracy * 10).rounded()),
                altitude: Int(440 + 30 * sin(distance / loop.length * 2 * .pi)),
                heartRate: 128 + Int(min(32, distance / 20)) + Int(60 * form.next(using: &generator)))
            // Not at the end, so that it is plain where the runner was last.
            if generator.chance(outlierChance), offset > 5000, offset < Int64(length * 1000) - 5000 {
                let direction = Double.random(in: 0..<2 * .pi, using: &generator)
                let miss = Double.random(in: 60...300, using: &generator)
                point.place = try loop.place(
                    at: distance, east: miss * cos(direction), north: miss * sin(direction))
                // A phone may or may not know that it is wrong.
                point.accuracy = generator.chance(0.5) ? Int(miss * 10) : 150
            }
            if !isOnEdge(offset, of: plan.pauses) { plan.points.append(point) }
            distance += speed * interval
            offset += max(1, Int64(step * .random(in: 0.97...1.03, using: &generator)))
        }
        return plan
    }

    /// Whether a moment is so near a pause's beginning or end that the two clocks may differ about which comes first.
    ///
    /// The server takes a pause at the phone's time, but never ahead of its own; what lies within the error of the
    /// measured offset may come to lie on the other side.
    private func isOnEdge(_ offset: Int64, of pauses: [Range<Int64>]) -> Bool {
        pauses.contains { abs($0.lowerBound - offset) < 1000 || abs($0.upperBound - offset) < 1000 }
    }
}
