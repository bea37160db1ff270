/// Writes GPX 1.1, in the order of its schema.
public enum GPX {
    /// What the server calls itself in files.
    static let creator = "RunRoom"

    /// The file of an activity: one track, one segment for each of its own, heart rates and cadences in Garmin's
    /// TrackPointExtension v1, which most programs know.
    ///
    /// Points without a place are left out. 150 bytes a point.
    public static func text(_ activity: Activity) -> String { blocks(activity).text }

    /// The same, in blocks.
    public static func blocks(_ activity: Activity) -> BlockText {
        var text = head
        text += "<metadata>"
        if let name = activity.name { text += "<name>\(name.inXML)</name>" }
        if let start = activity.start.flatMap(ISO8601.text) { text += "<time>\(start)</time>" }
        text += "</metadata>\n<trk>"
        if let name = activity.name { text += "<name>\(name.inXML)</name>" }
        text += "<type>\(activity.sport.rawValue)</type>\n"
        var blocks = BlockText()
        blocks.add(text)
        for segment in activity.segments {
            blocks.add("<trkseg>\n")
            blocks.add(segment.points) { point, text in write(point, to: &text) }
            blocks.add("</trkseg>\n")
        }
        blocks.add("</trk>\n</gpx>\n")
        return blocks
    }

    private static func write(_ point: Activity.Point, to text: inout String) {
        guard let place = point.place else { return }
        text += "<trkpt lat=\"\(place.latitudeText)\" lon=\"\(place.longitudeText)\">"
        if let elevation = point.elevation { text += "<ele>\(Decimal.text(elevation, decimals: 1))</ele>" }
        if let time = point.time.flatMap(ISO8601.text) { text += "<time>\(time)</time>" }
        // The schema: hr 1 … 255, cad 0 … 254.
        let rate = point.heartRate.flatMap { 1...255 ~= $0 ? $0 : nil }
        let cadence = point.cadence.flatMap { 0...254 ~= $0 ? $0 : nil }
        if rate != nil || cadence != nil {
            text += "<extensions><gpxtpx:TrackPointExtension>"
            if let rate { text += "<gpxtpx:hr>\(rate)</gpxtpx:hr>" }
            if let cadence { text += "<gpxtpx:cad>\(cadence)</gpxtpx:cad>" }
            text += "</gpxtpx:TrackPointExtension></extensions>"
        }
        text += "</trkpt>\n"
    }

    /// The file of a course: its marks, and a route.
    public static func text(_ course: Course) -> String {
        var text = head
        text += "<metadata>"
        if let name = course.name { text += "<name>\(name.inXML)</name>" }
        text += "</metadata>\n"
        for mark in course.marks {
            text += "<wpt lat=\"\(mark.place.latitudeText)\" lon=\"\(mark.place.longitudeText)\">"
            text += "<name>\(mark.name.inXML)</name></wpt>\n"
        }
        text += "<rte>"
        if let name = course.name { text += "<name>\(name.inXML)</name>" }
        text += "\n"
        for point in course.points {
            text += "<rtept lat=\"\(point.place.latitudeText)\" lon=\"\(point.place.longitudeText)\">"
            if let elevation = point.elevation { text += "<ele>\(Decimal.text(elevation, decimals: 1))</ele>" }
            text += "</rtept>\n"
        }
        return text + "</rte>\n</gpx>\n"
    }

    private static let head = """
        <?xml version="1.0" encoding="UTF-8"?>
        <gpx version="1.1" creator="\(creator)" xmlns="http://www.topografix.com/GPX/1/1" \
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
        xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1" \
        xsi:schemaLocation="http://www.topografix.com/GPX/1/1 http://www.topografix.com/GPX/1/1/gpx.xsd">

        """
}
