import Geo

/// Writes the points of an activity as a table (RFC 4180), for spreadsheets.
public enum CSV {
    /// A line for each point, the pieces between pauses numbered from 1.
    ///
    /// Numbers and times only, so that no text of somebody becomes a formula. 90 bytes a point.
    /// Distances are those of the points, or reckoned by our rules from the place before in the same piece.
    public static func text(_ activity: Activity) -> String { blocks(activity).text }

    /// The same, in blocks.
    public static func blocks(_ activity: Activity) -> BlockText {
        var blocks = BlockText()
        blocks.add("time,latitude,longitude,elevation_m,distance_m,heart_rate_bpm,cadence_rpm,segment\r\n")
        var sum = 0.0
        for (index, segment) in activity.segments.enumerated() {
            var last: Coordinate?
            let distances = segment.points.map { point in
                if let place = point.place {
                    if let last { sum += last.distance(to: place) }
                    last = place
                }
                if let distance = point.distance { sum = distance }
                return sum
            }
            blocks.add(Array(zip(segment.points, distances))) { line, text in
                let (point, distance) = line
                let fields = [
                    point.time.flatMap(ISO8601.text), point.place?.latitudeText, point.place?.longitudeText,
                    point.elevation.map { Decimal.text($0, decimals: 1) }, Decimal.text(distance, decimals: 2),
                    point.heartRate.map { String($0) }, point.cadence.map { String($0) }, String(index + 1),
                ]
                text += fields.map { $0 ?? "" }.joined(separator: ",") + "\r\n"
            }
        }
        return blocks
    }

    /// A line of any table, with what people wrote in it.
    ///
    /// A text that a spreadsheet would take for a formula has an apostrophe before it, as spreadsheets themselves write
    /// what is none.
    public static func line(_ fields: [String]) -> String {
        fields.map(field).joined(separator: ",") + "\r\n"
    }

    private static func field(_ text: String) -> String {
        let isFormula = text.unicodeScalars.first.map { "=+-@＝＋－＠\t\r".unicodeScalars.contains($0) } ?? false
        let text = isFormula && Decimal.number(text) == nil ? "'" + text : text
        guard text.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
