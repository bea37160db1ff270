import Rooms
import Services

/// The protocol of MapMyTracks, as OruxMaps speaks it: forms with a `request`, answered with XML.
///
/// An activity is named by when it began.
enum MapMyTracksBridge: Bridge {
    static func read(_ request: BridgeRequest) -> BridgeMessage {
        let named = request.text("activity_id")
        switch request.text("request") {
        case "start_activity":
            let second = request.now / 1000
            var message = BridgeMessage(
                .xml("<type>activity_started</type><activity_id>\(second)</activity_id>"))
            message.report.session = second * 1000
            addPoints(of: request, to: &message)
            return message
        case "update_activity":
            var message = BridgeMessage(.xml("<type>activity_updated</type>"))
            message.report.session = named.flatMap(BridgeTime.recording)
            addPoints(of: request, to: &message)
            return message
        case "stop_activity":
            var message = BridgeMessage(.xml("<type>activity_stopped</type>"))
            message.report.signal = .finish(at: nil)
            return message
        default:
            return BridgeMessage(.xml("<type>error</type><reason>unsupported</reason>"))
        }
    }

    /// `lat lon alt time`, again and again, with blanks between them.
    private static func addPoints(of request: BridgeRequest, to message: inout BridgeMessage) {
        let numbers = (request.text("points") ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        for start in stride(from: 0, to: numbers.count - 3, by: 4) {
            message.add(
                latitude: numbers[start].finiteNumber, longitude: numbers[start + 1].finiteNumber,
                time: BridgeTime.milliseconds(numbers[start + 3]), altitude: numbers[start + 2].finiteNumber)
        }
    }
}
