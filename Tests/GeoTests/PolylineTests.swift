import Testing

@testable import Geo

@Suite("Encoded polylines") struct PolylineTests {
    @Test("the example of the format's page is written as it is there")
    func example() throws {
        let points = try [(38.5, -120.2), (40.7, -120.95), (43.252, -126.453)].map {
            try Coordinate(latitude: $0.0, longitude: $0.1)
        }
        let line = Polyline.encode(points, in: .wgs84, decimals: 5)
        #expect(String(decoding: line, as: UTF8.self) == "_p~iF~ps|U_ulLnnqC_mqNvxq`@")
    }

    @Test("a way is read back to the last decimal, wherever it leads")
    func roundTrip() throws {
        let places = [
            (0.0, 0.0), (-89.999999, 179.999999), (90.0, -180.0), (48.1234567, 11.5), (48.123457, 11.5000004),
        ]
        let points = try places.map { try Coordinate(latitude: $0.0, longitude: $0.1) }
        let read = Self.decode(Polyline.encode(points, in: .wgs84))
        #expect(read.count == places.count)
        for (read, place) in zip(read, places) {
            #expect(abs(read.0 - place.0) <= 0.5000001e-6 && abs(read.1 - place.1) <= 0.5000001e-6)
        }
        #expect(Polyline.encode([], in: .wgs84).isEmpty)
    }

    private static func decode(_ bytes: [UInt8]) -> [(Double, Double)] {
        var values: [Int] = [], value = 0, shift = 0
        for byte in bytes {
            let group = Int(byte) - 63
            value |= (group & 0x1F) << shift
            shift += 5
            if group < 0x20 {
                values.append(value & 1 == 1 ? ~(value >> 1) : value >> 1)
                (value, shift) = (0, 0)
            }
        }
        var places: [(Double, Double)] = [], (latitude, longitude) = (0, 0)
        for index in stride(from: 0, to: values.count - 1, by: 2) {
            latitude += values[index]
            longitude += values[index + 1]
            places.append((Double(latitude) / 1e6, Double(longitude) / 1e6))
        }
        return places
    }
}
