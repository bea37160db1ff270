/// A recorded way out of a GPX file (`trk`).
public struct GPXTrack: Hashable, Sendable {
    /// What the user or the device called it.
    public var name: String?
    /// The kind of activity in the device's words, “running”, “Running” or “9” for example.
    public var type: String?
    /// Its uninterrupted pieces (`trkseg`), in the order of the file.
    ///
    /// A piece without points is left out.
    public var segments: [[GPXPoint]]

    /// A track from its parts.
    public init(name: String? = nil, type: String? = nil, segments: [[GPXPoint]] = []) {
        self.name = name
        self.type = type
        self.segments = segments
    }

    /// All points, the pieces joined.
    public var points: [GPXPoint] { Array(segments.joined()) }
}

/// A position of a track, as the file has it.
public struct GPXPoint: Hashable, Sendable {
    /// WGS-84 degrees north, -90 … 90.
    public var latitude: Double
    /// WGS-84 degrees east, -180 … 180.
    public var longitude: Double
    /// Metres above sea level.
    public var elevation: Double?
    /// Unix milliseconds.
    public var time: Int64?
    /// Beats per minute, 1 … 500.
    public var heartRate: Int?

    /// A point from its parts, whose ranges are the caller's care.
    public init(
        latitude: Double, longitude: Double, elevation: Double? = nil, time: Int64? = nil, heartRate: Int? = nil
    ) {
        self.latitude = latitude
        self.longitude = longitude
        self.elevation = elevation
        self.time = time
        self.heartRate = heartRate
    }
}
