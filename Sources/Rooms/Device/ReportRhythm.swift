import Geo

/// How often a runner's phone reports, of one that comes with single requests.
struct ReportRhythm: Hashable, Sendable {
    /// So many intervals are looked at.
    static let length = 10
    /// Milliseconds for which it may always be silent.
    static let leastGrace: Int64 = 60_000

    private var last: Int64?
    /// Milliseconds between requests, the oldest first.
    private var intervals: [Int64] = []

    /// A request has come.
    ///
    /// - Parameter now: Unix milliseconds by the server's clock.
    mutating func note(at now: Int64) {
        if let last, now > last {
            if intervals.count == Self.length { intervals.removeFirst() }
            intervals.append(now - last)
        }
        last = max(now, last ?? now)
    }

    /// The usual time between two of them, in milliseconds; nil before the second.
    var interval: Int64? { intervals.isEmpty ? nil : intervals.sorted()[intervals.count / 2] }

    /// How long it may be silent before its runner shows as offline, in milliseconds.
    var grace: Int64 { max(Self.leastGrace, 3 * (interval ?? 0)) }
}

/// What a room keeps in memory of somebody whose phone comes with single requests.
struct DeviceState: Hashable, Sendable {
    /// Metres from where the phone was first seen, beyond which its runner runs.
    static let startDistance = 20.0
    /// Milliseconds after which the place where it was first seen is forgotten.
    static let anchorAge: Int64 = 600_000

    var rhythm = ReportRhythm()
    /// Where the phone was when its runner had not begun to run.
    private var anchor: DeviceFix?

    /// Looks at a position of somebody who has not begun to run.
    ///
    /// - Returns: Whether it is the first of a run.
    mutating func beginsRun(_ fix: DeviceFix) -> Bool {
        guard let known = anchor, fix.time >= known.time, fix.time - known.time <= Self.anchorAge else {
            anchor = fix
            return false
        }
        let doubt = max(Self.startDistance, fix.accuracy ?? 0, known.accuracy ?? 0)
        guard known.coordinate.distance(to: fix.coordinate) > doubt else { return false }
        anchor = nil
        return true
    }
}
