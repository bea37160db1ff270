import Geo
import Rooms
import Services

/// What a request of an app says, and what the app is to be answered when that is on disk.
struct BridgeMessage: Hashable, Sendable {
    /// Of its run.
    var report = DeviceReport()
    /// Of its battery, in percent.
    var battery: Int?
    /// Its runner calls for help.
    var isAlarm = false
    var answer: BridgeAnswer

    init(_ answer: BridgeAnswer) { self.answer = answer }

    /// Adds a position, if it is one.
    ///
    /// - Parameters:
    ///   - latitude: Degrees.
    ///   - longitude: Degrees.
    ///   - time: Unix milliseconds.
    ///   - accuracy: Metres; what is not more than 0 is not known.
    ///   - altitude: Metres.
    ///   - heartRate: Beats per minute.
    mutating func add(
        latitude: Double?, longitude: Double?, time: Int64?, accuracy: Double? = nil, altitude: Double? = nil,
        heartRate: Double? = nil
    ) {
        guard let latitude, let longitude, let time,
            let place = try? Coordinate(latitude: latitude, longitude: longitude), !place.isNullIsland
        else { return }
        report.fixes.append(
            DeviceFix(
                coordinate: place, time: time, accuracy: accuracy.flatMap { $0 > 0 && $0.isFinite ? $0 : nil },
                altitude: altitude.flatMap { $0.isFinite && abs($0) < 20_000 ? $0 : nil },
                heartRate: heartRate.flatMap { (1...300).contains($0) ? Int32($0) : nil }))
    }

    /// Takes a battery's level.
    ///
    /// - Parameters:
    ///   - level: What was told; less than 0 is not known.
    ///   - full: What it is when full.
    mutating func setBattery(_ level: Double?, full: Double) {
        guard let level, level >= 0, level <= full else { return }
        battery = Int((level / full * 100).rounded())
    }
}

/// What an app is answered.
enum BridgeAnswer: Hashable, Sendable {
    case json(JSONValue)
    case xml(String)
    /// The others of the room as OwnTracks shows them; an empty list where there is nothing to tell.
    case friends
    /// An empty list in OwnTracks' words.
    case noFriends
}

/// An app as its requests are read: pure, so that what an app sends can be tested to the byte.
protocol Bridge {
    /// What a request says; one that is not understood says nothing, and is answered as if all were well.
    static func read(_ request: BridgeRequest) -> BridgeMessage
}

extension Devices.App {
    /// What reads its requests.
    var bridge: any Bridge.Type {
        switch self {
        case .owntracks: OwnTracksBridge.self
        case .traccar: TraccarBridge.self
        case .osmand: OsmAndBridge.self
        case .gpslogger: GPSLoggerBridge.self
        case .runnerup: RunnerUpBridge.self
        case .overland: OverlandBridge.self
        case .ulogger: ULoggerBridge.self
        case .mapmytracks: MapMyTracksBridge.self
        case .phonetrack: PhoneTrackBridge.self
        case .colota, .any: AnyAppBridge.self
        }
    }
}
