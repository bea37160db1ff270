import Testing

@testable import Geo

/// A place in WGS-84 and in GCJ-02.
struct ShiftedPlace: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let wgs84: (latitude: Double, longitude: Double)
    let gcj02: (latitude: Double, longitude: Double)

    init(_ name: String, _ wgs84: (Double, Double), _ gcj02: (Double, Double)) {
        testDescription = name
        self.wgs84 = wgs84
        self.gcj02 = gcj02
    }
}

/// By `wgs2gcj` of the Python package `coord-convert` 0.2.1.
let shiftedPlaces: [ShiftedPlace] = [
    .init("Beijing", (39.905, 116.407), (39.90640346056698, 116.41324249156983)),
    .init("Shanghai", (31.2304, 121.4737), (31.22845773757727, 121.47822305927693)),
    .init("Shenzhen", (22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    .init("Hong Kong", (22.2783, 114.1747), (22.27555085289225, 114.17965007521609)),
    .init("Macau", (22.1987, 113.5439), (22.195760844510346, 113.54900330274944)),
    .init("Chengdu", (30.5728, 104.0668), (30.570346141080414, 104.06930547724922)),
    .init("the formula's centre", (35.0, 105.0), (34.99909863223526, 105.00328624145706)),
    .init("on 105° E", (28.5, 105.0), (28.49659183002534, 105.00293139032647)),
    .init("Ürümqi", (43.8256, 87.6168), (43.82680539311119, 87.61964994946926)),
    .init("Kashgar", (39.4704, 75.9898), (39.470627026037526, 75.99275499023025)),
    .init("Lhasa", (29.65, 91.1), (29.647300329055074, 91.10156828347536)),
    .init("Harbin", (45.8038, 126.535), (45.80578152514843, 126.54104035015793)),
    .init("Mohe", (53.48, 122.37), (53.48206012132788, 122.37755948832367)),
    .init("Sanya", (18.2528, 109.512), (18.251094495268237, 109.51608401030313)),
    .init("Jinghong", (22.0094, 100.7974), (22.006539264789065, 100.79852320451188)),
    .init("Yadong", (27.4844, 88.9067), (27.480665468237394, 88.90868664442915)),
    .init("Dandong", (40.1291, 124.3947), (40.13069744830776, 124.40053959277581)),
    .init("Manzhouli", (49.5978, 117.4308), (49.599762545305545, 117.43910302905661)),
]

@Suite("Coordinate system")
struct CoordinateSystemTests {
    @Test("places in China have the numbers of the known formula", arguments: shiftedPlaces)
    func forward(place: ShiftedPlace) throws {
        let coordinate = try Coordinate(latitude: place.wgs84.latitude, longitude: place.wgs84.longitude)
        let degrees = CoordinateSystem.gcj02.degrees(of: coordinate)
        #expect(abs(degrees.latitude - place.gcj02.latitude) < 1e-11)
        #expect(abs(degrees.longitude - place.gcj02.longitude) < 1e-11)
        #expect(CoordinateSystem.wgs84.degrees(of: coordinate) == place.wgs84)
    }

    @Test("their numbers name these places", arguments: shiftedPlaces)
    func backward(place: ShiftedPlace) throws {
        let coordinate = try CoordinateSystem.gcj02.coordinate(
            latitude: place.gcj02.latitude, longitude: place.gcj02.longitude)
        #expect(coordinate.latitude == place.wgs84.latitude)
        #expect(coordinate.longitude == place.wgs84.longitude)
    }

    @Test(
        "elsewhere both systems are the same numbers",
        arguments: [
            (51.5007, -0.1246), (35.6762, 139.6503), (37.5665, 126.978), (25.033, 121.5654), (21.0285, 105.8542),
            (47.9186, 106.917), (1.3521, 103.8198), (28.6139, 77.209), (27.7172, 85.324), (31.5204, 74.3587),
            (42.8746, 74.5698), (42.4907, 78.3936), (48.0718, 114.5356), (39.0392, 125.7625), (41.7956, 129.7758),
            (43.1155, 131.8855), (48.4827, 135.084), (14.5995, 120.9842), (22.9359, 97.7498), (17.9757, 102.6331),
            (-33.8688, 151.2093), (0, 0), (90, 180), (-90, -180),
        ])
    func identity(latitude: Double, longitude: Double) throws {
        let place = try CoordinateSystem.gcj02.coordinate(latitude: latitude, longitude: longitude)
        #expect(place == (try Coordinate(latitude: latitude, longitude: longitude)))
        #expect(CoordinateSystem.gcj02.degrees(of: place) == (latitude, longitude))
    }

    @Test("the inverse is exact to a micrometre")
    func inverse() {
        var random = SplitMix(seed: 4)
        for step in 0..<5000 {
            // Each tenth close to the meridian where the formula has a corner.
            let longitude =
                step % 10 == 0
                ? 105 + Double.random(in: -1e-7...1e-7, using: &random) : .random(in: 73...135, using: &random)
            let latitude = Double.random(in: 17...55, using: &random)
            let there = GCJ02.shifted(latitude: latitude, longitude: longitude)
            let back = GCJ02.unshifted(latitude: there.latitude, longitude: there.longitude)
            #expect(abs(back.latitude - latitude) * 111_700 < 1e-6)
            #expect(abs(back.longitude - longitude) * 111_700 < 1e-6)
        }
    }

    @Test("a place comes back from its numbers, or one that has the same numbers")
    func roundTrip() throws {
        var random = SplitMix(seed: 5)
        for _ in 0..<20_000 {
            let place = try Coordinate(
                latitude: .random(in: 16...56, using: &random), longitude: .random(in: 72...137, using: &random))
            let numbers = CoordinateSystem.gcj02.degrees(of: place)
            let back = try CoordinateSystem.gcj02.coordinate(latitude: numbers.latitude, longitude: numbers.longitude)
            if ShiftedArea.contains(place) { #expect(back == place) }
            let again = CoordinateSystem.gcj02.degrees(of: back)
            #expect(abs(again.latitude - numbers.latitude) < 1e-7)
            #expect(abs(again.longitude - numbers.longitude) < 1e-7)
        }
    }

    /// Corners and edges of the area, where the two sides of the rule meet.
    static let edges: [(latitude: Double, longitude: Double)] = [
        (29.5297, 97.0253), (42.8899, 79.4462), (39.3742, 124.143255), (20.414096, 107.975793), (25.398623, 119.921265),
        (22.284, 106.665), (35.4, 78.3), (27.8, 85), (42.8899, 75), (46, 115.4), (54.1415, 120), (41.2, 77.9),
    ]

    @Test("at the border numbers never wander", arguments: edges)
    func border(edge: (latitude: Double, longitude: Double)) throws {
        var random = SplitMix(seed: 6)
        for _ in 0..<3000 {
            // Numbers within about 1 km of the edge, on the grid on which the edges lie.
            let start = try Coordinate(
                latitude: edge.latitude + .random(in: -0.01...0.01, using: &random),
                longitude: edge.longitude + .random(in: -0.01...0.01, using: &random))
            let place = try CoordinateSystem.gcj02.coordinate(latitude: start.latitude, longitude: start.longitude)
            let numbers = CoordinateSystem.gcj02.degrees(of: place)
            let back = try CoordinateSystem.gcj02.coordinate(latitude: numbers.latitude, longitude: numbers.longitude)
            #expect(back == place)
        }
    }

    @Test("the very edge of the area converts like its inside")
    func edge() throws {
        for latitude in [29.5297, 30, 42.8899] {
            let place = try Coordinate(latitude: latitude, longitude: 124.143255)
            #expect(ShiftedArea.contains(place))
            let numbers = CoordinateSystem.gcj02.degrees(of: place)
            #expect(numbers.longitude != place.longitude)
            #expect(
                try CoordinateSystem.gcj02.coordinate(latitude: numbers.latitude, longitude: numbers.longitude) == place
            )
        }
    }

    @Test("numbers out of range are refused in both systems", arguments: CoordinateSystem.allCases)
    func outOfRange(system: CoordinateSystem) {
        #expect(throws: CoordinateError.latitudeOutOfRange) { try system.coordinate(latitude: 90.1, longitude: 116) }
        #expect(throws: CoordinateError.latitudeOutOfRange) { try system.coordinate(latitude: .nan, longitude: 116) }
        #expect(throws: CoordinateError.longitudeOutOfRange) { try system.coordinate(latitude: 40, longitude: 180.1) }
        #expect(throws: CoordinateError.longitudeOutOfRange) {
            try system.coordinate(latitude: 40, longitude: .infinity)
        }
    }

    @Test("systems are written as the protocol names them")
    func names() {
        #expect(CoordinateSystem(rawValue: "wgs84") == .wgs84)
        #expect(CoordinateSystem(rawValue: "gcj02") == .gcj02)
        #expect(CoordinateSystem(rawValue: "bd09") == nil)
    }
}
