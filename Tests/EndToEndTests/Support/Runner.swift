import Foundation

/// Somebody in a room: an account, a connection, and what the server said to the join.
struct Runner {
    let rest: REST
    let room: String
    let phone: Phone
    let joined: Phone.Message

    var number: Int { joined.int("runner") ?? -1 }

    /// Registers somebody, connects, and joins.
    static func enter(
        _ room: String, as stem: String = "runner", port: Int, _ more: [String: Any] = [:]
    ) async throws -> Runner {
        try await Runner.enter(room, by: try await REST.registered(stem, port: port), more)
    }

    /// Connects somebody who is registered, and joins.
    static func enter(_ room: String, by rest: REST, _ more: [String: Any] = [:]) async throws -> Runner {
        let (phone, joined) = try await Phone.joined(port: rest.port, room: room, token: rest.token, more)
        return Runner(rest: rest, room: room, phone: phone, joined: joined)
    }

    /// Sends markers in messages of at most 250, and waits until all up to the highest are on disk.
    @discardableResult
    func sendAndAwaitAck(_ markers: [[String: Any]]) async throws -> Phone.Message {
        send(markers)
        let last = markers.compactMap { $0["id"] as? Int }.max() ?? 0
        return try await phone.next("ack") { ($0.int("marker") ?? 0) >= last }
    }

    func send(_ markers: [[String: Any]]) {
        for start in stride(from: 0, to: markers.count, by: 250) {
            phone.send(["type": "markers", "markers": Array(markers[start..<min(start + 250, markers.count)])])
        }
    }
}

/// A straight way north from the Marienplatz, where a degree of latitude has so many metres.
enum Way {
    static let latitude = 48.1372
    static let longitude = 11.5755
    /// By the series for the meridian on WGS-84; good to a centimetre a kilometre.
    static let metersPerDegree =
        111_132.954 - 559.822 * cos(2 * latitude * .pi / 180) + 1.175
        * cos(4 * latitude * .pi / 180)

    static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    static func latitude(at meters: Double) -> Double { latitude + meters / metersPerDegree }

    static func marker(_ id: Int, _ meters: Double, at time: Int64, east: Double = 0) -> [String: Any] {
        ["id": id, "latitude": latitude(at: meters), "longitude": longitude + east, "time": time, "accuracy": 5.0]
    }

    /// Markers of somebody who runs steadily: number 1 is at the start, `stride` metres and `interval` seconds apart.
    static func markers(
        _ ids: ClosedRange<Int>, from start: Int64, stride: Double, interval: Double
    ) -> [[String: Any]] {
        ids.map { marker($0, Double($0 - 1) * stride, at: start + Int64(Double($0 - 1) * interval * 1000)) }
    }
}
