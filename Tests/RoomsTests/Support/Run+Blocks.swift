import Geo

@testable import Rooms

extension Run {
    /// The markers in blocks; `stored` has at least those blocks that were taken to the disk.
    ///
    /// A test whose blocks are missing or cannot be read ends.
    func sealedPoints(stored: [[UInt8]] = []) -> [TrackPoint] {
        let taken = history.blockCount - history.unstored.count
        precondition(taken <= stored.count, "blocks are missing")
        do {
            return try (stored.prefix(taken) + history.unstored).flatMap { try TrackCodec.decode($0) }
        } catch {
            preconditionFailure("a block cannot be read: \(error)")
        }
    }

    /// Every marker that came, in `id` order.
    func allPoints(stored: [[UInt8]] = []) -> [TrackPoint] {
        (sealedPoints(stored: stored) + loosePoints).sorted { $0.id < $1.id }
    }

    /// The run as it would be if all of its markers stayed in memory and had come in order.
    func reckonedAtOnce(_ points: [TrackPoint]) -> (measurement: Measurement, history: MarkerHistory) {
        var history = MarkerHistory()
        var measurement = Measurement(filter: odometer.filter)
        for (index, point) in points.enumerated() {
            history.append(MarkerHistory.Entry(point))
            measurement.take(at: index, in: &history, clock: clock)
        }
        return (measurement, history)
    }
}

extension FinishedRun {
    /// The record's track, of a run none of whose blocks were taken to the disk before it ended.
    var markers: [TrackPoint] {
        var run = self
        do {
            return try TrackCodec.decode(run.completeTrack(with: []))
        } catch {
            preconditionFailure("the track cannot be read: \(error)")
        }
    }
}
