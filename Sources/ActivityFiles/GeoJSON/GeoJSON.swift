/// Writes GeoJSON (RFC 7946).
public enum GeoJSON {
    /// The file of an activity: one line, or a line for each segment, and in the properties `coordTimes` and `heartRates`,
    /// as mapbox/togeojson writes them.
    ///
    /// Points without a place are left out. A line must have two positions, so that a segment of one has its only point
    /// twice, which an import drops again. 90 bytes a point.
    public static func text(_ activity: Activity) -> String { blocks(activity).text }

    /// The same, in blocks.
    public static func blocks(_ activity: Activity) -> BlockText {
        let lines = activity.segments.map { segment in
            let points = segment.points.filter { $0.place != nil }
            return points.count == 1 ? points + points : points
        }.filter { !$0.isEmpty }
        let isSingle = lines.count == 1
        var text = "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"properties\":{"
        if let name = activity.name { text += "\"name\":\(string(name))," }
        text += "\"sport\":\"\(activity.sport.rawValue)\""
        var blocks = BlockText()
        blocks.add(text)
        if activity.hasTimes {
            blocks.add(",\"coordTimes\":")
            add(lines, isSingle, to: &blocks) { $0.time.flatMap(ISO8601.text).map { "\"\($0)\"" } ?? "null" }
        }
        if lines.contains(where: { $0.contains { $0.heartRate != nil } }) {
            blocks.add(",\"heartRates\":")
            add(lines, isSingle, to: &blocks) { $0.heartRate.map { String($0) } ?? "null" }
        }
        blocks.add("},\"geometry\":")
        if lines.isEmpty {
            blocks.add("null")
        } else {
            blocks.add("{\"type\":\"\(isSingle ? "LineString" : "MultiLineString")\",\"coordinates\":")
            add(lines, isSingle, to: &blocks) { point in
                guard let place = point.place else { return "[]" }
                let elevation = point.elevation.map { "," + Decimal.text($0, decimals: 1) } ?? ""
                return "[\(place.longitudeText),\(place.latitudeText)\(elevation)]"
            }
            blocks.add("}")
        }
        blocks.add("}]}\n")
        return blocks
    }

    private static func add(
        _ lines: [[Activity.Point]], _ isSingle: Bool, to blocks: inout BlockText,
        _ value: @escaping @Sendable (Activity.Point) -> String
    ) {
        guard !isSingle else { return blocks.add(list: lines[0], value) }
        blocks.add("[")
        for (index, line) in lines.enumerated() {
            if index > 0 { blocks.add(",\n") }
            blocks.add(list: line, value)
        }
        blocks.add("]")
    }

    private static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
