/// Writes KML 2.2 with Google's extensions, in the order of their schemas.
public enum KML {
    /// The file of an activity: exactly one placemark with one `gx:MultiTrack`, as the strictest readers want it, and a
    /// `gx:Track` for each segment.
    ///
    /// Points without a time are left out. 130 bytes a point.
    public static func text(_ activity: Activity) -> String {
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
        for segment in activity.segments {
            let points = segment.points.compactMap { point in
                point.time.flatMap(ISO8601.text).map { (time: $0, point: point) }
            }
            guard !points.isEmpty else { continue }
            text += "<gx:Track>\n"
            for point in points { text += "<when>\(point.time)</when>\n" }
            for (_, point) in points {
                guard let place = point.place else {
                    text += "<gx:coord/>\n"
                    continue
                }
                text += "<gx:coord>\(place.longitudeText) \(place.latitudeText)"
                if let elevation = point.elevation { text += " \(Decimal.text(elevation, decimals: 1))" }
                text += "</gx:coord>\n"
            }
            if hasRates || hasCadences {
                text += "<ExtendedData><SchemaData schemaUrl=\"#run\">\n"
                if hasRates { text += array("heartrate", points.map(\.point.heartRate)) }
                if hasCadences { text += array("cadence", points.map(\.point.cadence)) }
                text += "</SchemaData></ExtendedData>\n"
            }
            text += "</gx:Track>\n"
        }
        return text + "</gx:MultiTrack>\n</Placemark>\n</Document>\n</kml>\n"
    }

    private static func field(_ name: String, _ title: String) -> String {
        "<gx:SimpleArrayField name=\"\(name)\" type=\"int\"><displayName>\(title)</displayName></gx:SimpleArrayField>"
    }

    private static func array(_ name: String, _ values: [Int?]) -> String {
        var text = "<gx:SimpleArrayData name=\"\(name)\">\n"
        for value in values { text += value.map { "<gx:value>\($0)</gx:value>\n" } ?? "<gx:value/>\n" }
        return text + "</gx:SimpleArrayData>\n"
    }
}
