import Foundation
import Geo

/// What the last row of a runner must say.
struct FinalRowJudge {
    var name: String
    /// By the room's `finished` event.
    var meters: Double?
    var seconds: Double?
    /// By the simulator's own reckoning.
    var reckonedMeters: Double
    /// The last one that was sent and is no error of the receiver; nil if there was none.
    var place: Coordinate?
    var system: CoordinateSystem

    /// What is wrong with a row, if anything.
    func fault(of row: ScreenRow) -> String? {
        guard row.state == .finished || row.state == .left else { return "sees \(name) as \(row.state) at the end" }
        if let place {
            let degrees = system.degrees(of: place)
            // Sent with seven decimals, shown with six; through GCJ-02 and back the seventh may be another.
            let tolerance = system == .wgs84 ? 0.6 : 1.6
            let isThere =
                abs(degrees.latitude * 1e6 - Double(row.latitude)) <= tolerance
                && abs(degrees.longitude * 1e6 - Double(row.longitude)) <= tolerance
            guard isThere else { return "sees \(name) at another place than where they were last" }
        }
        let shown = Double(row.distance) / 10
        if let meters, abs(shown - meters) > 0.05 + 1e-6 {
            return "sees \(name) at \(shown) m, the event said \(meters) m"
        }
        if let seconds, abs(Double(row.time) / 10 - seconds) > 0.05 + 1e-6 {
            return "sees \(name) after \(Double(row.time) / 10) s, the event said \(seconds) s"
        }
        guard abs(shown - reckonedMeters) <= max(2, reckonedMeters * 0.01) else {
            return String(format: "sees %@ at %.1f m, reckoned are %.1f m", name, shown, reckonedMeters)
        }
        return nil
    }
}
