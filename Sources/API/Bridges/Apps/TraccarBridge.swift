import Services

/// Traccar Client in its three generations: parameters in the query, in a form, or a location of JSON.
enum TraccarBridge: Bridge {
    static func read(_ request: BridgeRequest) -> BridgeMessage {
        var message = BridgeMessage(.json(["status": "success"]))
        if let location = request.json?["location"], location.object != nil {
            read(location, into: &message)
        } else {
            read(request, into: &message)
        }
        return message
    }

    private static func read(_ request: BridgeRequest, into message: inout BridgeMessage) {
        message.isAlarm = request.text("alarm") == "sos"
        message.setBattery(request.text("batt", "battery")?.finiteNumber, full: 100)
        guard !["false", "0"].contains(request.text("valid")) else { return }
        let pair = request.text("location")?.split(separator: ",").map(String.init) ?? []
        message.add(
            latitude: (request.text("lat") ?? pair.first)?.finiteNumber,
            longitude: (request.text("lon") ?? pair.dropFirst().first)?.finiteNumber,
            time: request.text("timestamp").flatMap(BridgeTime.milliseconds),
            accuracy: request.text("accuracy")?.finiteNumber, altitude: request.text("altitude")?.finiteNumber)
    }

    private static func read(_ location: JSONValue, into message: inout BridgeMessage) {
        message.isAlarm = location["extras"]?["alarm"]?.string == "sos"
        message.setBattery(location["battery"]?["level"]?.looseNumber, full: 1)
        let place = location["coords"]
        message.add(
            latitude: place?["latitude"]?.looseNumber, longitude: place?["longitude"]?.looseNumber,
            time: location["timestamp"]?.time, accuracy: place?["accuracy"]?.looseNumber,
            altitude: place?["altitude"]?.looseNumber)
    }
}
