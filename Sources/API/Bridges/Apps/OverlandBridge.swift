import HTTPTypes
import Rooms
import Services

/// Overland: batches of GeoJSON features, not always in order, with the ends of trips among them.
enum OverlandBridge: Bridge {
    static func read(_ request: BridgeRequest) -> BridgeMessage {
        // It asks for the name of an account before it sends.
        guard request.method != .get, request.method != .head else {
            return BridgeMessage(.json(["name": "RunRoom", "result": "ok"]))
        }
        var message = BridgeMessage(.json(["result": "ok"]))
        var newest = Int64.min, ended: Int64?
        for feature in (request.json?["locations"]?.array ?? []) + [request.json?["current"] ?? .null] {
            let properties = feature["properties"]
            if properties?["type"]?.string == "trip" {
                ended = max(ended ?? .min, properties?["end"]?.time ?? properties?["timestamp"]?.time ?? request.now)
                continue
            }
            guard properties?["action"] == nil, let time = properties?["timestamp"]?.time else { continue }
            let place = feature["geometry"]?["coordinates"]?.array ?? []
            guard place.count >= 2 else { continue }
            message.add(
                latitude: place[1].looseNumber, longitude: place[0].looseNumber, time: time,
                accuracy: properties?["horizontal_accuracy"]?.looseNumber,
                altitude: altitude(properties))
            guard time >= newest else { continue }
            newest = time
            message.setBattery(properties?["battery_level"]?.looseNumber, full: 1)
            if let trip = properties?["trip_id"]?.time { message.report.session = trip }
        }
        // A trip that began after another had ended goes on.
        if let ended, message.report.session.map({ $0 < ended }) ?? true { message.report.signal = .finish(at: ended) }
        return message
    }

    /// Metres; nil where it says that it does not know.
    private static func altitude(_ properties: JSONValue?) -> Double? {
        properties?["vertical_accuracy"]?.looseNumber ?? 0 < 0 ? nil : properties?["altitude"]?.looseNumber
    }
}
