import Geo
import Testing

@Suite("Coordinate")
struct CoordinateTests {
    @Test("degrees round to the nearest 1e-7")
    func rounding() throws {
        let place = try Coordinate(latitude: 39.90500004, longitude: -116.40699996)
        #expect(place.latitudeE7 == 399_050_000)
        #expect(place.longitudeE7 == -1_164_070_000)
        #expect(place.latitude == 39.905)
        #expect(place.longitude == -116.407)
    }

    @Test("poles and the antimeridian are places", arguments: [(90.0, 180.0), (-90.0, -180.0), (-0.0, 0.0)])
    func extremes(latitude: Double, longitude: Double) throws {
        let place = try Coordinate(latitude: latitude, longitude: longitude)
        #expect(place.latitude == latitude)
        #expect(place.longitude == longitude)
        let stored = try Coordinate(latitudeE7: place.latitudeE7, longitudeE7: place.longitudeE7)
        #expect(stored == place)
    }

    @Test(
        "what is beyond a pole, or no number, is no latitude",
        arguments: [90.00000001, -91, .nan, .infinity, -.infinity, 1e300])
    func badLatitude(latitude: Double) {
        #expect(throws: CoordinateError.latitudeOutOfRange) { try Coordinate(latitude: latitude, longitude: 0) }
    }

    @Test(
        "what is beyond the antimeridian, or no number, is no longitude",
        arguments: [180.00000001, -181, .nan, .infinity, -.infinity, -1e300])
    func badLongitude(longitude: Double) {
        #expect(throws: CoordinateError.longitudeOutOfRange) { try Coordinate(latitude: 0, longitude: longitude) }
    }

    @Test("stored numbers out of range are refused, the smallest integer too")
    func badStored() {
        for latitude in [900_000_001, -900_000_001, .min, .max] as [Int32] {
            #expect(throws: CoordinateError.latitudeOutOfRange) {
                try Coordinate(latitudeE7: latitude, longitudeE7: 0)
            }
        }
        for longitude in [1_800_000_001, -1_800_000_001, .min, .max] as [Int32] {
            #expect(throws: CoordinateError.longitudeOutOfRange) {
                try Coordinate(latitudeE7: 0, longitudeE7: longitude)
            }
        }
    }
}
