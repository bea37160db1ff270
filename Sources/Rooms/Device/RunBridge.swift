import Limits

/// How a run numbers its markers once some have come from an app that does not number them: by their times, whoever
/// sends them, so that a position which is sent again is known and one that comes late finds its place.
struct RunBridge: Sendable {
    /// Milliseconds before the run's start at which the numbers begin: an early position has one too.
    static let lead: Int64 = 3_600_000

    /// The highest id before the first of them.
    let above: Int32
    /// Ids by which a phone that numbers its markers knows those of them that have come, less those of a poller.
    var numbered: MarkerIDs
    /// Of those, 1...durable are on disk.
    var durable: Int32 = 0
    /// It was put back after a restart, and such a phone has sent nothing since: what it does not send any more was
    /// acknowledged before.
    var isResumed = false

    /// - Parameters:
    ///   - above: The highest id that has come.
    ///   - numbered: Of a phone that numbers its markers, 1...numbered have come.
    init(above: Int32, numbered: Int32) {
        self.above = above
        self.numbered = MarkerIDs(through: max(0, numbered))
    }

    /// Notes markers of such a phone.
    mutating func note(_ markers: [IncomingMarker]) {
        let ids = markers.lazy.map(\.id).filter { (1...MarkerHistory.largestID).contains($0) }
        if isResumed, let first = ids.min() {
            isResumed = false
            numbered = MarkerIDs(through: max(numbered.contiguous, first - 1))
        }
        for id in ids { numbered.insert(id) }
    }

    /// The id of a marker by its time: one for each second.
    ///
    /// - Parameters:
    ///   - time: The marker's, in Unix milliseconds by the server's clock.
    ///   - start: When the run began.
    ///   - above: The highest id before the first of them.
    /// - Returns: The id; nil for a marker from long before the run, or too long after its start.
    static func id(at time: Int64, start: Int64, above: Int32) -> Int32? {
        let (elapsed, overflow) = time.subtractingReportingOverflow(start - lead)
        guard !overflow, elapsed >= 0 else { return nil }
        let id = Int64(above) + 1 + elapsed / 1000
        return id <= Int64(MarkerHistory.largestID) ? Int32(id) : nil
    }
}

extension Run {
    /// The id of a position that came without one, which is the first of them if there was none before; nil for one that
    /// is not of this run.
    func deviceID(at time: Int64) -> Int32? {
        guard let start = clock.start else { return nil }
        return RunBridge.id(at: time, start: start, above: bridge?.above ?? ids.newest)
    }

    /// The same markers by the numbers that a bridged run gives them; those that have none are dropped.
    func renumbered(_ markers: [IncomingMarker], offset: Int64) -> [IncomingMarker] {
        guard let bridge, let polledMarkers else { return markers }
        return markers.compactMap { marker in
            var marker = marker
            if marker.id <= bridge.above - polledMarkers {
                marker.id += polledMarkers
                return marker
            }
            let (time, overflow) = marker.time.addingReportingOverflow(offset)
            guard !overflow, let id = deviceID(at: time) else { return nil }
            marker.id = id
            return marker
        }
    }
}
