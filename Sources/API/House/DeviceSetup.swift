import Foundation
import Services

/// How an app is set up so that it reports here often enough for running: what a person is shown once, when the device is
/// made.
struct DeviceSetup: Sendable {
    let app: Devices.App
    /// Scheme and host.
    let base: String
    /// Of the device.
    let secret: String
    /// What the app calls itself.
    let name: String
    /// The person's.
    let username: String

    /// What is typed into the app.
    var address: String { base + "/bridge/\(app.rawValue)/\(secret)" + template }

    /// What the app fills in itself.
    private var template: String {
        switch app {
        case .osmand: "?lat={0}&lon={1}&timestamp={2}&acc={3}&alt={4}"
        case .gpslogger: "?lat=%LAT&lon=%LON&timestamp=%TIMESTAMP&acc=%ACC&alt=%ALT&start=%STARTTIMESTAMP&bat=%BATT"
        case .owntracks, .traccar, .runnerup, .overland, .ulogger, .mapmytracks, .phonetrack, .colota, .any: ""
        }
    }

    /// What sets the app up when it is opened on the phone; nil where the app has nothing of the kind.
    var link: String? {
        switch app {
        case .owntracks:
            "owntracks:///config?inline=" + Self.encoded(Data(configuration.bytes).base64EncodedString())
        case .traccar:
            "org.traccar.client://x?url=\(Self.encoded(address))&id=\(Self.encoded(name))&accuracy=highest&distance=0"
                + "&interval=2&angle=0&heartbeat=0&buffer=true&stop_detection=false&wakelock=true"
        case .overland: "overland://setup?url=\(Self.encoded(address))&device_id=\(Self.encoded(name))"
        case .osmand, .gpslogger, .runnerup, .ulogger, .mapmytracks, .phonetrack, .colota, .any: nil
        }
    }

    /// The text of a picture for the phone's camera.
    var code: String { link ?? address }

    private var configuration: JSONValue {
        [
            "_type": "configuration", "mode": 3, "url": .string(address), "username": .string(username),
            "deviceId": .string(name), "tid": .string(String(username.prefix(2))), "monitoring": 2,
            "moveModeLocatorInterval": 3, "locatorInterval": 3, "locatorDisplacement": 0,
        ]
    }

    /// What else is to be set by hand, by the names that the app gives it.
    var settings: JSONValue {
        switch app {
        case .owntracks:
            [
                "mode": "HTTP", "url": .string(address), "monitoring": "Move", "moveModeLocatorInterval": 3,
                "locatorInterval": 3, "locatorDisplacement": 0, "payload encryption": "off",
            ]
        case .traccar:
            [
                "url": .string(address), "accuracy": "highest", "distance": 0, "interval": 2, "angle": 0,
                "stop_detection": false, "buffer": true, "wakelock": true,
            ]
        case .osmand:
            [
                "web address": .string(address), "tracking interval": "2 s", "time buffer": "24 h",
                "trip recording": "on",
            ]
        case .gpslogger:
            [
                "URL": .string(address), "logging interval": "2 s", "log to custom URL": "on", "log to CSV": "on",
                "auto send": "on", "allow auto sending": "when stopped",
            ]
        case .runnerup: ["server address": .string(address), "user name": "", "password": ""]
        case .overland:
            [
                "receiver endpoint": .string(address), "send interval": "5 s", "desired accuracy": "best",
                "activity type": "fitness", "pause automatically": "off", "logging mode": "all data",
            ]
        case .ulogger:
            [
                "server URL": .string(address), "username": .string(username), "password": "any",
                "minimum time": "2 s", "live synchronization": "on",
            ]
        case .mapmytracks:
            ["URL": .string(address), "user": .string(username), "password": "any", "live tracking": "on"]
        case .phonetrack: ["address": .string(address), "minimum time": "2 s", "minimum distance": "0 m"]
        case .colota:
            [
                "endpoint": .string(address), "template": "custom", "interval": "5 s", "preset": "instant",
                "pause zones": "off",
            ]
        case .any: ["address": .string(address), "interval": "2 s"]
        }
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}
