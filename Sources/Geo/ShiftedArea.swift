/// Where GCJ-02 differs from WGS-84: mainland China.
///
/// Most programs shift everything in one rectangle of 72-138° E, 0.8-55.8° N, and so put runners in Seoul, Hanoi and
/// Ulan Bator into the wrong street. This is the other rule of the field, the six rectangles of `IsInsideChina` less six
/// (found since 2012 in many map libraries), less some more where neighbours' cities lay inside. Hong Kong and Macau are
/// shifted, as on the maps of Tencent and AutoNavi, Taiwan is not. Within some ten kilometres of a land border the rule
/// may be wrong; nothing is lost by that, as `CoordinateSystem` inverts whatever the rule says.
enum ShiftedArea {
    /// In WGS-84.
    static func contains(_ place: Coordinate) -> Bool {
        guard bounds.contains(place) else { return false }
        return regions.contains { $0.contains(place) } && !exceptions.contains { $0.contains(place) }
    }

    /// Whether a place in the area could have these numbers in GCJ-02; cheap, and never wrong with a no.
    static func mayShow(_ numbers: Coordinate) -> Bool { widenedBounds.contains(numbers) }

    private struct Rectangle {
        let north: Int32
        let west: Int32
        let south: Int32
        let east: Int32

        init(_ north: Double, _ west: Double, _ south: Double, _ east: Double) {
            func e7(_ degrees: Double) -> Int32 { Int32((degrees * 1e7).rounded()) }
            (self.north, self.west, self.south, self.east) = (e7(north), e7(west), e7(south), e7(east))
        }

        func contains(_ place: Coordinate) -> Bool {
            place.latitudeE7 <= north && place.latitudeE7 >= south && place.longitudeE7 >= west
                && place.longitudeE7 <= east
        }
    }

    private static let bounds = Rectangle(54.1415, 73.1246, 17.871542, 135.0002)
    /// By more than any shift of the formula, which stays below 0.02°.
    private static let widenedBounds = Rectangle(54.1615, 73.1046, 17.851542, 135.0202)

    private static let regions = [
        Rectangle(42.8899, 73.1246, 29.5297, 124.143255),
        Rectangle(29.5297, 97.0253, 20.414096, 124.367395),
        Rectangle(54.1415, 109.6872, 39.3742, 135.0002),
        Rectangle(49.2204, 79.4462, 42.8899, 96.33),
        Rectangle(29.5297, 82.9684, 26.7186, 97.0352),
        Rectangle(20.414096, 107.975793, 17.871542, 111.744104),
    ]

    private static let exceptions = [
        Rectangle(25.398623, 119.921265, 21.785006, 122.497559),  // Taiwan
        Rectangle(22.284, 101.8652, 20.0988, 106.665),  // Hanoi and the north of Laos
        Rectangle(21.5422, 106.4525, 20.4878, 108.051),  // Haiphong
        Rectangle(55.8175, 109.0323, 50.3257, 119.127),  // Chita
        Rectangle(55.8175, 127.4568, 49.5574, 137.0227),  // the Amur
        Rectangle(44.8922, 131.2662, 42.5692, 137.0227),  // Vladivostok

        Rectangle(35.4, 73.1246, 29.5297, 78.3),  // Lahore, Chandigarh, Srinagar
        Rectangle(27.8, 82.9684, 26.7186, 88.0),  // Kathmandu
        Rectangle(27.25, 88.0, 26.7186, 91.5),  // Darjeeling, the south of Bhutan
        Rectangle(42.8899, 73.1246, 41.2, 77.9),  // Bishkek, Naryn
        Rectangle(42.8899, 77.9, 42.1, 79.4),  // Karakol
        Rectangle(50.3257, 109.6872, 46.0, 115.4),  // Choibalsan
        Rectangle(40.9, 126.3, 39.3742, 131.2662),  // Hamhung
        Rectangle(41.9, 128.5, 40.9, 131.2662),  // Chongjin
        Rectangle(23.6, 97.0253, 20.414096, 98.6),  // Lashio
        Rectangle(21.05, 98.6, 20.414096, 101.8652),  // the east of Myanmar
    ]
}
