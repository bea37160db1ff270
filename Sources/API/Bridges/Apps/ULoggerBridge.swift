import Rooms
import Services

/// uLogger: forms with an `action`, behind a login that is a mere formality here.
///
/// A track is named by when it was added, so that each of its positions says which recording it is of.
enum ULoggerBridge: Bridge {
    static func read(_ request: BridgeRequest) -> BridgeMessage {
        switch request.text("action") {
        case "addtrack": return BridgeMessage(.json(["error": false, "trackid": .int(request.now / 1000)]))
        case "addpos":
            var message = BridgeMessage(.json(["error": false]))
            message.report.session = request.text("trackid").flatMap(BridgeTime.recording)
            message.add(
                latitude: request.text("lat")?.finiteNumber, longitude: request.text("lon")?.finiteNumber,
                time: request.text("time").flatMap(BridgeTime.milliseconds),
                accuracy: request.text("accuracy")?.finiteNumber, altitude: request.text("altitude")?.finiteNumber)
            return message
        default: return BridgeMessage(.json(["error": false]))
        }
    }
}

extension BridgeTime {
    /// When a recording began whose name was given here: the second of that, since 1970; nil for a name of elsewhere.
    static func recording(_ name: String) -> Int64? {
        guard let second = Int64(name), (1_000_000_000...4_000_000_000).contains(second) else { return nil }
        return second * 1000
    }
}
