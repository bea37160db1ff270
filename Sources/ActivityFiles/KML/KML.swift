import Geo

/// Writes KML 2.2 with Google's extensions, in the order of their schemas.
public enum KML {
    /// The file of an activity: exactly one placemark with one `gx:MultiTrack`, as the strictest readers want it, and a
    /// `gx:Track` for each segment.
    ///
    /// Points without a time are left out. 130 bytes a point.
    public static func text(_ activity: Activity) -> String { blocks(activity).text }

    /// The same, in blocks.
    public static func blocks(_ activity: Activity) -> BlockText {
        let points = activity.points
        let hasRates = points.contains { $0.heartRate != nil }
        let hasCadences = points.contains { $0.cadence != nil }
        let name = activity.name.map { "<name>\($0.inXML)</name>" } ?? ""
        var text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">
            <Document>\(name)

            """
        if hasRates || hasCadences {
            text += "<Schema id=\"run\">"
            if hasRates { text += field("heartrate", "Heart rate") }
            if hasCadences { text += field("cadence", "Cadence") }
            text += "</Schema>\n"
        }
        text += "<Placemark>\(name)\n<gx:MultiTrack>\n"
        var blocks = BlockText()
        blocks.add(text)
        for segment in activity.segments {
            let points = segment.points.filter { $0.time.flatMap(ISO8601.text) != nil }
            guard !points.isEmpty else { continue }
            blocks.add("<gx:Track>\n")
            blocks.add(points) { point, text in
                text += "<when>\(point.time.flatMap(ISO8601.text) ?? "")</when>\n"
            }
            blocks.add(points) { point, text in write(point.place, point.elevation, to: &text) }
            if hasRates || hasCadences {
                blocks.add("<ExtendedData><SchemaData schemaUrl=\"#run\">\n")
                if hasRates { add("heartrate", of: points, to: &blocks) { $0.heartRate } }
                if hasCadences { add("cadence", of: points, to: &blocks) { $0.cadence } }
                blocks.add("</SchemaData></ExtendedData>\n")
            }
            blocks.add("</gx:Track>\n")
        }
        blocks.add("</gx:MultiTrack>\n</Placemark>\n</Document>\n</kml>\n")
        return blocks
    }

    private static func write(_ place: Coordinate?, _ elevation: Double?, to text: inout String) {
        guard let place else {
            text += "<gx:coord/>\n"
            return
        }
        text += "<gx:coord>\(place.longitudeText) \(place.latitudeText)"
        if let elevation { text += " \(Decimal.text(elevation, decimals: 1))" }
        text += "</gx:coord>\n"
    }

    private static func field(_ name: String, _ title: String) -> String {
        "<gx:SimpleArrayField name=\"\(name)\" type=\"int\"><displayName>\(title)</displayName></gx:SimpleArrayField>"
    }

    private static func add(
        _ name: String, of points: [Activity.Point], to blocks: inout BlockText,
        _ value: @escaping @Sendable (Activity.Point) -> Int?
    ) {
        blocks.add("<gx:SimpleArrayData name=\"\(name)\">\n")
        blocks.add(points) { point, text in
            text += value(point).map { "<gx:value>\($0)</gx:value>\n" } ?? "<gx:value/>\n"
        }
        blocks.add("</gx:SimpleArrayData>\n")
    }
}
