import Services

/// Whatever sends its fields by names that are in use: Colota, Locus Map, and what people write themselves; one position in
/// a query, a form or JSON, or several in lists with commas.
enum AnyAppBridge: Bridge {
    static func read(_ request: BridgeRequest) -> BridgeMessage {
        var message = BridgeMessage(.json(["result": "ok"]))
        message.setBattery(request.text("bat", "batt", "battery")?.finiteNumber, full: 100)
        if let times = request.text("timestamps") {
            addLists(of: request, times, to: &message)
        } else {
            message.add(
                latitude: request.text("lat", "latitude")?.finiteNumber,
                longitude: request.text("lon", "lng", "long", "longitude")?.finiteNumber,
                time: request.text("timestamp", "time", "tst", "ts", "datetime").flatMap(BridgeTime.milliseconds),
                accuracy: request.text("acc", "accuracy", "hacc", "horizontal_accuracy")?.finiteNumber,
                altitude: request.text("alt", "altitude", "ele")?.finiteNumber,
                heartRate: request.text("hr", "heartrate", "bpm")?.finiteNumber)
        }
        return message
    }

    /// A list may end with a comma.
    private static func addLists(of request: BridgeRequest, _ times: String, to message: inout BridgeMessage) {
        func list(_ text: String?) -> [String] { (text ?? "").split(separator: ",").map(String.init) }
        let latitudes = list(request.text("latitudes")), longitudes = list(request.text("longitudes"))
        for (index, time) in list(times).enumerated() {
            guard latitudes.indices.contains(index), longitudes.indices.contains(index) else { return }
            message.add(
                latitude: latitudes[index].finiteNumber, longitude: longitudes[index].finiteNumber,
                time: BridgeTime.milliseconds(time))
        }
    }
}
