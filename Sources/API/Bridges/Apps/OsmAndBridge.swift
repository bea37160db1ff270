import Services

/// OsmAnd's online tracking: a template of a query, in which accuracy is called `hdop`.
enum OsmAndBridge: Bridge {
    static func read(_ request: BridgeRequest) -> BridgeMessage {
        var message = BridgeMessage(.json(["result": "ok"]))
        let altitude = request.text("alt", "altitude")?.finiteNumber
        message.add(
            latitude: request.text("lat")?.finiteNumber, longitude: request.text("lon")?.finiteNumber,
            time: request.text("timestamp").flatMap(BridgeTime.milliseconds),
            accuracy: request.text("acc", "hdop")?.finiteNumber,
            // 0 is how it writes that there is none.
            altitude: altitude == 0 ? nil : altitude)
        return message
    }
}
