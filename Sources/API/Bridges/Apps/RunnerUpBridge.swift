import Rooms
import Services

/// RunnerUp Live: JSON without a time, with what the runner has done.
enum RunnerUpBridge: Bridge {
    static func read(_ request: BridgeRequest) -> BridgeMessage {
        var message = BridgeMessage(.json(["result": "ok"]))
        guard let object = request.json, object.object != nil else { return message }
        switch object["runningEventType"]?.looseNumber {
        case 0: message.report.signal = .start
        case 2: message.report.signal = .pause
        case 3: message.report.signal = .finish(at: nil)
        case 6: message.report.signal = .discard
        default: break
        }
        message.add(
            latitude: object["lat"]?.looseNumber, longitude: object["long"]?.looseNumber, time: request.now,
            altitude: object["altitude"]?.looseNumber)
        return message
    }
}
