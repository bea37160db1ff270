/// One recorded position of a run, in the resolution in which it is kept.
public struct TrackPoint: Hashable, Sendable {
    /// 1, 2, 3, … within its run.
    public var id: Int32
    /// Unix milliseconds.
    public var time: Int64
    public var coordinate: Coordinate
    /// Radius of the position's uncertainty in decimetres.
    public var accuracy: Int32?
    /// Above the ellipsoid or sea level, as the phone reckons, in decimetres.
    public var altitude: Int32?
    /// Beats per minute.
    public var heartRate: Int32?
    /// Eight bits whose meaning is the user's of the codec; 0 costs (almost) nothing.
    public var flags: UInt8

    public init(
        id: Int32, time: Int64, coordinate: Coordinate, accuracy: Int32? = nil, altitude: Int32? = nil,
        heartRate: Int32? = nil, flags: UInt8 = 0
    ) {
        self.id = id
        self.time = time
        self.coordinate = coordinate
        self.accuracy = accuracy
        self.altitude = altitude
        self.heartRate = heartRate
        self.flags = flags
    }
}
