import Geo

/// The markers of a run that a client measured itself, which are whatever it sent, for others than its owner.
///
/// What may be a place in them is not known but for the members that the clients of this server send: only those are
/// shown, and nothing of a marker that has not both degrees.
struct PostedMarkers {
    private let markers: [JSONValue]

    /// Beside the place; all numbers.
    private static let harmless = ["id", "time", "timestamp", "accuracy", "heartRate", "speed", "meters", "seconds"]

    /// - Throws: ``ServicesError/damaged(_:)`` for what is no JSON.
    init(_ bytes: [UInt8]) throws(ServicesError) {
        do {
            markers = try JSONValue(parsing: bytes).array ?? []
        } catch {
            throw .damaged("the markers of a record: \(error)")
        }
    }

    /// Those that may be shown, as a JSON array.
    ///
    /// What their degrees mean is nowhere said: a place is hidden if it is in either coordinate system.
    func bytes(by filter: PrivacyFilter) -> [UInt8] {
        JSONValue.array(
            markers.compactMap { marker in
                guard let object = marker.object, let latitude = object["latitude"]?.number,
                    let longitude = object["longitude"]?.number
                else { return nil }
                for system in CoordinateSystem.allCases {
                    guard let place = try? system.coordinate(latitude: latitude, longitude: longitude),
                        !filter.hides(place)
                    else { return nil }
                }
                var shown = JSONObject()
                for name in Self.harmless {
                    if let value = object[name], value.number != nil { shown[name] = value }
                }
                (shown["latitude"], shown["longitude"]) = (.number(latitude), .number(longitude))
                return .object(shown)
            }
        ).bytes
    }
}
