public import Geo

/// A position as the app of a phone reports it that does not number its positions.
public struct DeviceFix: Hashable, Sendable {
    public var coordinate: Coordinate
    /// Unix milliseconds, as satellites or the phone tell it.
    public var time: Int64
    /// Metres; nil where the app does not know.
    public var accuracy: Double?
    /// Metres.
    public var altitude: Double?
    /// Beats per minute.
    public var heartRate: Int32?

    public init(
        coordinate: Coordinate, time: Int64, accuracy: Double? = nil, altitude: Double? = nil,
        heartRate: Int32? = nil
    ) {
        self.coordinate = coordinate
        self.time = time
        self.accuracy = accuracy
        self.altitude = altitude
        self.heartRate = heartRate
    }
}

/// What such an app says of its runner in one request.
public struct DeviceReport: Hashable, Sendable {
    /// What the runner has done on the phone.
    public enum Signal: Hashable, Sendable {
        /// Begun, or gone on.
        case start
        case pause
        /// At a time in Unix milliseconds; nil for now.
        case finish(at: Int64?)
        /// Thrown the run away.
        case discard
    }

    /// In any order, with repeats.
    public var fixes: [DeviceFix]
    /// Told after the positions were, but for a start.
    public var signal: Signal?
    /// When the recording began that the positions are of, in Unix milliseconds; nil where the app does not tell
    /// recordings apart.
    public var session: Int64?

    public init(fixes: [DeviceFix] = [], signal: Signal? = nil, session: Int64? = nil) {
        self.fixes = fixes
        self.signal = signal
        self.session = session
    }
}
