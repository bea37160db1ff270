public import Geo
import Limits

/// Whether somebody who runs stays where they are: all their places for so long were next to one.
///
/// Places come in the order of their times. After a silence nobody can say what was in between, so it begins anew.
struct StillnessWatch: Sendable {
    private var place: Coordinate
    private var since: Int64
    private(set) var newest: Int64
    private var isTold = false

    /// Begins at a place.
    init(at point: TrackPoint) { (place, since, newest) = (point.coordinate, point.time, point.time) }

    /// Takes the next place; one that is older than the newest says nothing.
    ///
    /// - Parameters:
    ///   - point: Where they were.
    ///   - start: Since when they have been running; what was before counts for nothing.
    mutating func note(_ point: TrackPoint, runningSince start: Int64) {
        guard point.time > newest else { return }
        let isSilent = point.time - newest > Limit.Safety.silence
        newest = point.time
        guard isSilent || since < start || place.distance(to: point.coordinate) > Limit.Safety.stillRadius else {
            return
        }
        (place, since, isTold) = (point.coordinate, point.time, false)
    }

    /// Whether it is time to call for help: they have not moved for so long, and it was not said yet.
    ///
    /// It is said once, until they have moved.
    ///
    /// - Parameter now: The newest place must not be older than a silence then.
    /// - Returns: False after it was true.
    mutating func takeCall(at now: Int64) -> Bool {
        guard !isTold, newest - since >= Limit.Safety.still, now - newest <= Limit.Safety.silence else { return false }
        isTold = true
        return true
    }
}

/// Somebody has not moved for a while though they run.
public struct Stillness: Hashable, Sendable {
    public var account: Int64
    public var place: Coordinate
    /// When they were there, Unix milliseconds.
    public var time: Int64
}
