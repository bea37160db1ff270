import TestKit
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

/// Cities of China, those at its borders and shores above all.
private let cities: [ShiftedCity] = [
    .init("Dandong", 40.1291, 124.3947), .init("Ji'an", 41.1253, 126.194), .init("Changbai", 41.4195, 128.2037),
    .init("Tumen", 42.966, 129.843), .init("Hunchun", 42.8625, 130.3658), .init("Suifenhe", 44.3964, 131.1514),
    .init("Hulin", 45.762, 132.937), .init("Raohe", 46.798, 134.013), .init("Fuyuan", 48.364, 134.308),
    .init("Heihe", 50.2456, 127.5286), .init("Beiji", 53.48, 122.37), .init("Manzhouli", 49.5978, 117.4308),
    .init("Erenhot", 43.6533, 111.977), .init("Jeminay", 47.434, 85.875), .init("Tacheng", 46.7453, 82.986),
    .init("Alashankou", 45.171, 82.57), .init("Khorgas", 44.207, 80.413), .init("Kashgar", 39.4704, 75.9898),
    .init("Wuqia", 39.719, 75.259), .init("Tashkurgan", 37.7727, 75.227), .init("Burang", 30.294, 81.177),
    .init("Gyirong", 28.396, 85.327), .init("Nyalam", 28.156, 85.982), .init("Yadong", 27.4844, 88.9067),
    .init("Ruili", 24.0127, 97.8517), .init("Wanding", 24.085, 98.069), .init("Daluo", 21.69, 100.042),
    .init("Jinghong", 22.0094, 100.7974), .init("Mohan", 21.19, 101.692), .init("Hekou", 22.529, 103.939),
    .init("Pingxiang", 22.094, 106.767), .init("Dongxing", 21.547, 107.972), .init("Sanya", 18.2528, 109.512),
    .init("Haikou", 20.044, 110.199), .init("Weizhou, an island", 21.045, 109.12), .init("Zhuhai", 22.223, 113.55),
    .init("Shenzhen", 22.541, 114.058), .init("Xiamen", 24.444, 118.078), .init("Pingtan", 25.503, 119.79),
    .init("Zhoushan", 29.985, 122.207), .init("Shengsi", 30.727, 122.451), .init("Shanghai", 31.2304, 121.4737),
    .init("the bridge over Hangzhou Bay", 30.45, 121.12), .init("Qingdao", 36.061, 120.383),
    .init("Chengshantou", 37.395, 122.698), .init("Dalian", 38.914, 121.6147), .init("Changhai", 39.272, 122.588),
    .init("Beijing", 39.905, 116.407), .init("Hong Kong", 22.2783, 114.1747), .init("Macau", 22.1987, 113.5439),
]

/// Cities of the neighbours, those that face one of China's above all.
private let neighbours: [ShiftedCity] = [
    .init("Pokhara", 28.2096, 83.9856), .init("Thimphu", 27.4728, 89.639), .init("Gangtok", 27.3389, 88.6065),
    .init("Dibrugarh", 27.4728, 94.912), .init("Almora", 29.5971, 79.6591), .init("Kotdwar", 29.746, 78.522),
    .init("Myitkyina", 25.383, 97.396), .init("Sainshand", 44.8824, 110.1163), .init("Khovd", 48.0056, 91.6419),
    .init("Altai", 46.3722, 96.2583), .init("Ölgii", 48.9683, 89.9625), .init("Ayagoz", 47.9645, 80.434),
    .init("Zaysan", 47.4667, 84.8667), .init("Kanggye", 40.9695, 126.585), .init("Sinuiju", 40.1006, 124.3981),
    .init("Manpo", 41.154, 126.29), .init("Hyesan", 41.4017, 128.1778), .init("Namyang", 42.95, 129.867),
    .init("Khasan", 42.431, 130.643), .init("Pogranichny", 44.407, 131.388), .init("Vladivostok", 43.1155, 131.8855),
    .init("Khabarovsk", 48.4827, 135.084), .init("Leninskoye", 47.936, 132.618),
    .init("Blagoveshchensk", 50.2907, 127.5272), .init("Zabaykalsk", 49.651, 117.327),
    .init("Choibalsan", 48.0718, 114.5356), .init("Zamyn-Üüd", 43.714, 111.903), .init("Zharkent", 44.163, 80),
    .init("Dostyk", 45.254, 82.485), .init("Karakol", 42.4907, 78.3936), .init("Sost", 36.69, 74.82),
    .init("Leh", 34.1526, 77.5771), .init("Kathmandu", 27.7172, 85.324), .init("Haa", 27.387, 89.281),
    .init("Tawang", 27.586, 91.865), .init("Muse", 23.993, 97.902), .init("Mong La", 21.67, 100.033),
    .init("Lào Cai", 22.486, 103.97), .init("Lạng Sơn", 21.853, 106.761), .init("Móng Cái", 21.524, 107.966),
    .init("Taipei", 25.033, 121.5654), .init("Jincheng on Kinmen", 24.432, 118.318),
    .init("Nangan of Matsu", 26.151, 119.933), .init("Seoul", 37.5665, 126.978), .init("Ulan Bator", 47.9186, 106.917),
]

struct ShiftedCity: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let place: (latitude: Double, longitude: Double)

    init(_ name: String, _ latitude: Double, _ longitude: Double) {
        testDescription = name
        place = (latitude, longitude)
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

    @Test("cities of China are shifted up to its borders and on its islands", arguments: cities)
    func inside(city: ShiftedCity) throws {
        let place = try Coordinate(latitude: city.place.latitude, longitude: city.place.longitude)
        let numbers = CoordinateSystem.gcj02.degrees(of: place)
        #expect(numbers == GCJ02.shifted(latitude: place.latitude, longitude: place.longitude))
        #expect(
            try CoordinateSystem.gcj02.coordinate(latitude: numbers.latitude, longitude: numbers.longitude) == place)
    }

    @Test("cities across the border are not", arguments: neighbours)
    func outside(city: ShiftedCity) throws {
        let place = try Coordinate(latitude: city.place.latitude, longitude: city.place.longitude)
        #expect(CoordinateSystem.gcj02.degrees(of: place) == (place.latitude, place.longitude))
        #expect(
            try CoordinateSystem.gcj02.coordinate(latitude: place.latitude, longitude: place.longitude) == place)
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
        for _ in 0..<Seeds.count(of: 20_000) {
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

    /// Some corners of the outline, where the two sides of the rule meet.
    static let edges: [(latitude: Double, longitude: Double)] = ShiftedOutline.rings.flatMap { ring in
        stride(from: 0, to: ring.count, by: max(2, ring.count / 16 / 2 * 2)).map {
            (latitude: Double(ring[$0]) / 1000, longitude: Double(ring[$0 + 1]) / 1000)
        }
    }

    @Test("at the border numbers never wander", arguments: edges)
    func border(edge: (latitude: Double, longitude: Double)) throws {
        var random = SplitMix(seed: 6)
        for _ in 0..<1000 {
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
