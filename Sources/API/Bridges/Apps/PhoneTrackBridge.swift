import Services

/// PhoneTrack: as any app does, or many positions at a time as lists of JSON.
enum PhoneTrackBridge: Bridge {
    static func read(_ request: BridgeRequest) -> BridgeMessage {
        guard let points = request.json?["points"]?.array else {
            var message = AnyAppBridge.read(request)
            message.answer = done
            return message
        }
        var message = BridgeMessage(done)
        for point in points {
            // lat, lon, timestamp, alt, acc, bat, and what is not of use.
            guard let values = point.array, values.count >= 3 else { continue }
            func number(_ index: Int) -> Double? { values.indices.contains(index) ? values[index].looseNumber : nil }
            message.add(
                latitude: number(0), longitude: number(1), time: values[2].time, accuracy: number(4),
                altitude: number(3))
            message.setBattery(number(5), full: 100)
        }
        return message
    }

    private static let done = BridgeAnswer.json(["done": 1, "friends": []])
}
