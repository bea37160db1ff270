public import Geo

/// A position as it comes from a phone.
public struct IncomingMarker: Sendable {
    /// 1...``MarkerHistory/largestID``, as its phone numbers them.
    public var id: Int32
    public var coordinate: Coordinate
    /// Unix milliseconds by the phone's clock.
    public var time: Int64
    /// Metres.
    public var accuracy: Double?
    /// Metres.
    public var altitude: Double?
    /// Beats per minute.
    public var heartRate: Int32?

    public init(
        id: Int32, coordinate: Coordinate, time: Int64, accuracy: Double? = nil, altitude: Double? = nil,
        heartRate: Int32? = nil
    ) {
        self.id = id
        self.coordinate = coordinate
        self.time = time
        self.accuracy = accuracy
        self.altitude = altitude
        self.heartRate = heartRate
    }
}

extension IncomingMarker {
    /// The marker as it is kept: by the server's clock and in its resolution, whatever numbers a client sent.
    ///
    /// Times end at ±2⁵² milliseconds, so that no difference of two overflows. The accuracy is rounded up, so that
    /// what is worse than a limit stays worse; by a negative one some receivers say that the place is not valid.
    func point(offset: Int64) -> TrackPoint {
        let (corrected, overflow) = time.addingReportingOverflow(offset)
        let farthest = Int64(RunnerSnapshot.farthestTime)
        return TrackPoint(
            id: id, time: min(max(overflow ? time : corrected, -farthest), farthest), coordinate: coordinate,
            accuracy: accuracy.map { $0 >= 0 ? Int32(min(($0 * 10 - 1e-6).rounded(.up), 65_534)) : 65_534 },
            altitude: altitude.flatMap { $0.isNaN ? nil : Int32(min(max(($0 * 10).rounded(), -1e9), 1e9)) },
            heartRate: heartRate)
    }
}
