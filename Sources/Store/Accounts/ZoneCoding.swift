import Foundation
import Geo

/// Privacy zones as they are kept: with their account, so that nobody can be read without them.
enum ZoneCoding {
    private struct Row: Codable {
        var id: Int64
        var latitudeE7: Int32
        var longitudeE7: Int32
        var radius: Int
        var centerLatitudeE7: Int32
        var centerLongitudeE7: Int32
        var seed: UInt64
    }

    /// Zones as JSON; nil for none, as most have.
    static func encode(_ zones: [PrivacyZone]) throws(StoreError) -> String? {
        if zones.isEmpty { return nil }
        let rows = zones.map { zone in
            Row(
                id: zone.id, latitudeE7: zone.place.latitudeE7, longitudeE7: zone.place.longitudeE7,
                radius: zone.radius, centerLatitudeE7: zone.center.latitudeE7,
                centerLongitudeE7: zone.center.longitudeE7, seed: zone.seed)
        }
        do {
            return String(decoding: try JSONEncoder().encode(rows), as: UTF8.self)
        } catch {
            throw .corrupt("zones cannot be written")
        }
    }

    /// Reads what ``encode(_:)`` wrote; what cannot be read hides everything, rather than nothing.
    static func decode(_ text: String?) -> [PrivacyZone] {
        guard let text else { return [] }
        do {
            return try JSONDecoder().decode([Row].self, from: Data(text.utf8)).map { row in
                PrivacyZone(
                    id: row.id, place: try Coordinate(latitudeE7: row.latitudeE7, longitudeE7: row.longitudeE7),
                    radius: row.radius,
                    center: try Coordinate(latitudeE7: row.centerLatitudeE7, longitudeE7: row.centerLongitudeE7),
                    seed: row.seed)
            }
        } catch {
            return [.everywhere]
        }
    }
}
