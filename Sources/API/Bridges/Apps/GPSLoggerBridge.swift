import Rooms
import Services

/// GPSLogger for Android, with its own address: a query, a form or JSON by the names of the template that is handed out.
///
/// Each position is a request of its own, in any order, and comes again with the file that is sent at the end.
enum GPSLoggerBridge: Bridge {
    static func read(_ request: BridgeRequest) -> BridgeMessage {
        var message = BridgeMessage(.json(["result": "ok"]))
        message.setBattery(request.text("bat", "batt", "battery")?.finiteNumber, full: 100)
        message.report.session = request.text("start", "starttimestamp").flatMap(BridgeTime.milliseconds)
        let altitude = request.text("alt", "altitude")?.finiteNumber
        message.add(
            latitude: request.text("lat", "latitude")?.finiteNumber,
            longitude: request.text("lon", "longitude")?.finiteNumber,
            time: request.text("timestamp", "time").flatMap(BridgeTime.milliseconds),
            accuracy: request.text("acc", "accuracy")?.finiteNumber,
            // 0.0 is how it writes that there is none.
            altitude: altitude == 0 ? nil : altitude)
        return message
    }
}
