import Rooms
import Services

/// OwnTracks in HTTP mode, on Android and iOS: one object of JSON, or nothing, answered with a list.
enum OwnTracksBridge: Bridge {
    /// Overland's mode for OwnTracks counts its seconds from 2001.
    private static let laterEpoch = 978_307_200.0

    static func read(_ request: BridgeRequest) -> BridgeMessage {
        var message = BridgeMessage(.noFriends)
        let objects = request.json?.array ?? request.json.map { [$0] } ?? []
        for object in objects {
            switch object["_type"]?.string {
            case "location": read(object, into: &message)
            case "transition":
                read(object, into: &message)
                if object["event"]?.string == "leave", object["desc"]?.string?.lowercased() == "start" {
                    // A place of tens of metres and a time of seconds to minutes: a hint where nothing else tells.
                    message.report.session = message.report.fixes.last?.time
                }
            default: break
            }
        }
        return message
    }

    private static func read(_ object: JSONValue, into message: inout BridgeMessage) {
        message.answer = .friends
        message.setBattery(object["batt"]?.looseNumber, full: 100)
        // What is sent for a ping may be an old place with the time of now.
        guard object["t"]?.string != "p" else { return }
        let seconds = object["tst"]?.looseNumber.map { $0 < 1_000_000_000 ? $0 + laterEpoch : $0 }
        message.add(
            latitude: object["lat"]?.looseNumber, longitude: object["lon"]?.looseNumber,
            time: seconds.flatMap { $0 > 0 && $0 < 4e12 ? Int64($0 * 1000) : nil },
            accuracy: object["acc"]?.looseNumber, altitude: object["alt"]?.looseNumber)
    }
}
