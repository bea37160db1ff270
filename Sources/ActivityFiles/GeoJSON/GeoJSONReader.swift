import Geo
import Limits

/// Reads GeoJSON (RFC 7946), and what togeojson adds to it.
///
/// A line is a course, and an activity if its feature has times: `coordTimes` or `times` among the properties or in their
/// `coordinateProperties`, with `heart`, `heartRates` or `heartRate` beside. The lines of a MultiLineString are segments.
/// Points with a name are marks of the first course.
struct GeoJSONReader {
    /// A feature, or a geometry on its way to be one.
    private struct Feature {
        var name: String?
        var sport: Activity.Sport?
        var times: [Int64?] = []
        var heartRates: [Int?] = []
        var shapes: [Shape] = []
    }

    private struct Shape {
        var type: String?
        /// 1 for a position, 2 for a line, 3 for several.
        var level = 0
        var positions: [(place: Coordinate?, elevation: Double?)] = []
        /// Where lines end in `positions`.
        var ends: [Int] = []
    }

    private var contents = ActivityFile.Contents(format: .geoJSON)
    private var marks: [Course.Mark] = []
    private var isGeoJSON = false
    private var points: PointCounter
    private var values: PointCounter

    static func read(
        _ bytes: UnsafeRawBufferPointer, bounds: FileBounds
    ) throws(ActivityFileError) -> ActivityFile.Contents {
        var reader = JSONReader(bytes, bounds: bounds)
        var geo = GeoJSONReader(bounds: bounds)
        guard try reader.peek() == UInt8(ascii: "{") else { throw .notGeoJSON }
        if let feature = try geo.object(&reader) { geo.add(feature) }
        try reader.finish()
        guard geo.isGeoJSON else { throw .notGeoJSON }
        if !geo.contents.courses.isEmpty { geo.contents.courses[0].marks = geo.marks }
        return geo.contents
    }

    private init(bounds: FileBounds) {
        points = PointCounter(limit: bounds.points)
        values = PointCounter(limit: 4 * bounds.points)
    }

    private static let types: Set<String> = [
        "FeatureCollection", "Feature", "GeometryCollection", "Point", "MultiPoint", "LineString", "MultiLineString",
        "Polygon", "MultiPolygon",
    ]

    /// An object of GeoJSON of any type, its members in any order.
    ///
    /// A collection hands its features on by itself.
    private mutating func object(_ reader: inout JSONReader) throws(ActivityFileError) -> Feature? {
        guard try reader.peek() == UInt8(ascii: "{") else {
            try reader.skip()
            return nil
        }
        var feature = Feature()
        var shape: Shape?
        var type: String?
        try reader.object { key, reader throws(ActivityFileError) in
            switch key {
            case "type": type = try reader.text()
            case "coordinates": shape = try coordinates(&reader)
            case "geometry":
                if let geometry = try object(&reader) { feature.shapes += geometry.shapes }
            case "geometries":
                try list(&reader) { geo, reader throws(ActivityFileError) in
                    if let geometry = try geo.object(&reader) { feature.shapes += geometry.shapes }
                }
            case "features":
                try list(&reader) { geo, reader throws(ActivityFileError) in
                    if let feature = try geo.object(&reader) { geo.add(feature) }
                }
            case "properties": try properties(&reader, &feature)
            default: try reader.skip()
            }
        }
        guard let type, Self.types.contains(type) else { return nil }
        isGeoJSON = true
        if var shape {
            shape.type = type
            feature.shapes.append(shape)
        }
        return feature
    }

    private mutating func list(
        _ reader: inout JSONReader, _ body: (inout GeoJSONReader, inout JSONReader) throws(ActivityFileError) -> Void
    ) throws(ActivityFileError) {
        guard try reader.peek() == UInt8(ascii: "[") else { return try reader.skip() }
        try reader.array { reader throws(ActivityFileError) in try body(&self, &reader) }
    }

    private mutating func coordinates(_ reader: inout JSONReader) throws(ActivityFileError) -> Shape? {
        guard try reader.peek() == UInt8(ascii: "[") else {
            try reader.skip()
            return nil
        }
        var shape = Shape()
        shape.level = try positions(&reader, &shape)
        return shape
    }

    /// How deep an array of positions is: 1 for a position itself.
    private mutating func positions(_ reader: inout JSONReader, _ shape: inout Shape) throws(ActivityFileError) -> Int {
        var numbers: [Double?] = []
        var inner = 0
        try reader.array { reader throws(ActivityFileError) in
            if try reader.peek() == UInt8(ascii: "[") {
                inner = max(inner, try positions(&reader, &shape))
            } else {
                let number = try reader.number()
                if numbers.count < 3 { numbers.append(number) }
            }
        }
        if inner == 0 {
            guard !numbers.isEmpty else { return 1 }
            try points.add()
            let place = numbers.count >= 2 ? Coordinate.read(latitude: numbers[1], longitude: numbers[0]) : nil
            shape.positions.append((place, numbers.count > 2 ? numbers[2] : nil))
        } else if inner == 1 {
            shape.ends.append(shape.positions.count)
        }
        return inner + 1
    }

    private mutating func properties(
        _ reader: inout JSONReader, _ feature: inout Feature
    ) throws(ActivityFileError) {
        guard try reader.peek() == UInt8(ascii: "{") else { return try reader.skip() }
        try reader.object { key, reader throws(ActivityFileError) in
            switch key {
            case "name": feature.name = try reader.text()
            case "sport", "type", "activity":
                let word = try reader.text()
                feature.sport = word.flatMap { Activity.Sport(word: $0) } ?? feature.sport
            case "coordTimes", "times":
                feature.times = []
                try flat(&reader) { reader throws(ActivityFileError) in
                    if try reader.peek() == UInt8(ascii: "\"") {
                        feature.times.append(try reader.text().flatMap(ISO8601.milliseconds))
                    } else {
                        feature.times.append(try reader.number().flatMap { abs($0) < 1e15 ? Int64($0) : nil })
                    }
                }
            case "heart", "heartRates", "heartRate":
                feature.heartRates = []
                try flat(&reader) { reader throws(ActivityFileError) in
                    feature.heartRates.append(Decimal.whole(try reader.number(), in: 1...500))
                }
            case "coordinateProperties": try properties(&reader, &feature)
            default: try reader.skip()
            }
        }
    }

    /// The values of arrays, however deep inside each other, one after the other.
    private mutating func flat(
        _ reader: inout JSONReader, _ body: (inout JSONReader) throws(ActivityFileError) -> Void
    ) throws(ActivityFileError) {
        guard try reader.peek() == UInt8(ascii: "[") else { return try reader.skip() }
        try reader.array { reader throws(ActivityFileError) in
            if try reader.peek() == UInt8(ascii: "[") { return try flat(&reader, body) }
            try values.add()
            try body(&reader)
        }
    }

    private mutating func add(_ feature: Feature) {
        guard contents.activities.count + contents.courses.count + marks.count < Limit.Files.details else { return }
        var segments: [Activity.Segment] = []
        var position = 0
        var misplaced = 0
        var isUneven = false
        for shape in feature.shapes {
            switch shape.type {
            case "LineString", "MultiLineString":
                if !feature.times.isEmpty, feature.times.count != shape.positions.count { isUneven = true }
                var start = 0
                for end in shape.ends {
                    var segment = Activity.Segment()
                    for (place, elevation) in shape.positions[start..<end] {
                        defer { position += 1 }
                        guard let place else {
                            misplaced += 1
                            continue
                        }
                        let rate = position < feature.heartRates.count ? feature.heartRates[position] : nil
                        let time = position < feature.times.count ? feature.times[position] : nil
                        segment.points.append(
                            Activity.Point(time: time, place: place, elevation: elevation, heartRate: rate))
                    }
                    if !segment.points.isEmpty { segments.append(segment) }
                    start = end
                }
            case "Point":
                if let place = shape.positions.first?.place, let name = feature.name {
                    marks.append(Course.Mark(name: name, place: place))
                }
            default: break
            }
        }
        guard !segments.isEmpty else { return }
        var activity = Activity(name: feature.name, segments: segments)
        activity.sport = feature.sport ?? .running
        if misplaced > 0 { activity.warnings.append(.positions(misplaced)) }
        if isUneven { activity.warnings.append(.unevenLists) }
        if activity.hasTimes {
            contents.activities.append(activity)
        } else {
            var course = Course(activity)
            for index in course.points.indices where abs(course.points[index].elevation ?? 0) > 9_999 {
                course.points[index].elevation = nil
            }
            contents.courses.append(course)
        }
    }
}
