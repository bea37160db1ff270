public import Geo

/// What of a settled run is still shown beside its figures: where it led, and when it passed which distance.
///
/// With it a room is read from disk without the tracks of all who have ever finished there: two kilobytes a run instead
/// of all of its markers, and nothing to be measured.
public struct SettledWay: Hashable, Sendable {
    /// Where the runner was seen last.
    let latest: Coordinate
    /// At most ``TrackOutline/capacity``.
    let outline: [Coordinate]
    /// When the last marker was that counted, Unix milliseconds; nil when none did.
    let lastCountedTime: Int64?
    /// Ascending; at most ``PassingTimes/capacity``.
    let passings: [Passing]
    /// Of the run's markers, the highest such that it and all below it are stored.
    let durable: Int32

    struct Passing: Hashable, Sendable {
        var centimetres: UInt32
        /// Unix milliseconds.
        var time: Int64
    }

    init(
        latest: Coordinate, outline: [Coordinate], lastCountedTime: Int64?, passings: [Passing], durable: Int32
    ) {
        self.latest = latest
        self.outline = outline
        self.lastCountedTime = lastCountedTime
        self.passings = passings
        self.durable = durable
    }
}

// MARK: - Bytes

/// As a track, which has a version and a checksum: points of several kinds, told by their flags.
extension SettledWay {
    private enum Kind: UInt8 {
        /// A point of the outline.
        case outline = 1
        /// A passing: the distance is in the place of the altitude, the time is its own.
        case passing = 2
        /// The last place, with the durable marker as its id.
        case latest = 3
        /// The time at which the last marker counted.
        case lastCounted = 4
    }

    /// The form in which it is stored.
    public var bytes: [UInt8] {
        func point(
            _ kind: Kind, _ coordinate: Coordinate, id: Int32 = 0, time: Int64 = 0, altitude: Int32? = nil
        ) -> TrackPoint {
            TrackPoint(id: id, time: time, coordinate: coordinate, altitude: altitude, flags: kind.rawValue)
        }
        var points = outline.map { point(.outline, $0) }
        points += passings.map { point(.passing, latest, time: $0.time, altitude: Int32(clamping: $0.centimetres)) }
        points.append(point(.latest, latest, id: durable))
        if let lastCountedTime { points.append(point(.lastCounted, latest, time: lastCountedTime)) }
        return TrackCodec.encode(points)
    }

    /// - Throws: `TrackCodecError` for what ``bytes`` did not write.
    public init(_ bytes: [UInt8]) throws(TrackCodecError) {
        var outline: [Coordinate] = []
        var passings: [Passing] = []
        var last: TrackPoint?
        var lastCountedTime: Int64?
        for point in try TrackCodec.decode(bytes) {
            guard point.time.magnitude <= RunnerSnapshot.farthestTime else { throw .malformed }
            switch Kind(rawValue: point.flags) {
            case .outline: outline.append(point.coordinate)
            case .passing:
                passings.append(Passing(centimetres: UInt32(clamping: point.altitude ?? 0), time: point.time))
            case .latest: last = point
            case .lastCounted: lastCountedTime = point.time
            case nil: throw .malformed
            }
        }
        guard let last, outline.count <= TrackOutline.capacity, passings.count <= PassingTimes.capacity,
            (0...MarkerHistory.largestID + MarkerHistory.mostPolled).contains(last.id)
        else { throw .malformed }
        self.init(
            latest: last.coordinate, outline: outline, lastCountedTime: lastCountedTime, passings: passings,
            durable: last.id)
    }
}

// MARK: - Runs

extension Run {
    /// What is to be kept of a settled run; nil of one that is not, or that was nowhere.
    var settledWay: SettledWay? {
        guard isSettled, isFinished, let latest else { return nil }
        return SettledWay(
            latest: latest, outline: outline.points, lastCountedTime: odometer.lastCountedTime,
            passings: history.passingTimes.map { SettledWay.Passing(centimetres: $0.centimetres, time: $0.time) },
            durable: durable)
    }
}
