import Geo
import Limits

/// Reads KML 2.2 with Google's `gx:Track`, and 2.3 with its own `Track`.
///
/// A placemark with tracks is an activity, with a segment for each; times and places are paired by their order, wherever
/// they stand in the track. A `LineString` is a course, a placemark with a `Point` a mark of the first course. Heart rates
/// and cadences come from the arrays `heartrate` and `cadence`.
final class KMLReader: ActivityXML {
    private var activities: [Activity] = []
    private var courses: [Course] = []
    private var marks: [Course.Mark] = []

    private var placemark: Activity?
    private var lines: [[Course.Point]] = []
    private var mark: Coordinate?

    private struct Track {
        var times: [Int64?] = []
        var places: [(place: Coordinate, elevation: Double?)?] = []
        var heartRates: [Int?] = []
        var cadences: [Int?] = []
    }
    private var track: Track?
    private var array: String?
    private var misplaced = 0
    private var isUneven = false
    /// A time and a place are a point together, so they are counted each for itself.
    private var times: PointCounter
    private var places: PointCounter
    private var values: PointCounter

    init(bounds: FileBounds) {
        times = PointCounter(limit: bounds.points)
        places = PointCounter(limit: bounds.points)
        values = PointCounter(limit: 4 * bounds.points)
    }

    func begin(_ name: String, _ attributes: [String: String], path: [String]) throws(ActivityFileError) {
        switch name {
        case "Placemark":
            placemark = Activity()
            lines = []
            mark = nil
            misplaced = 0
            isUneven = false
        case "Track":
            track = Track()
        case "SimpleArrayData":
            array = attributes["name"]
        default:
            break
        }
    }

    func end(_ name: String, _ text: XMLText, path: [String]) throws(ActivityFileError) {
        switch (name, path.last) {
        case ("name", "Placemark"): placemark?.name = text.string
        case ("when", "Track"):
            try times.add()
            track?.times.append(text.string.flatMap(ISO8601.milliseconds))
        case ("coord", "Track"):
            try places.add()
            let parts = text.utf8.split(whereSeparator: XMLText.isBlank)
            track?.places.append(place(parts))
        case ("value", "SimpleArrayData"):
            try values.add()
            switch array {
            case "heartrate": track?.heartRates.append(Decimal.whole(text.number, in: 1...500))
            case "cadence": track?.cadences.append(Decimal.whole(text.number, in: 0...500))
            default: break
            }
        case ("SimpleArrayData", _): array = nil
        case ("Track", _): endTrack()
        case ("coordinates", "LineString"): try endLine(text)
        case ("coordinates", "Point"):
            mark = place(text.trimmed.split(separator: UInt8(ascii: ",")))?.place
        case ("Placemark", _): endPlacemark()
        default: break
        }
    }

    func contents() -> ActivityFile.Contents {
        var courses = courses
        if !courses.isEmpty { courses[0].marks = marks }
        return ActivityFile.Contents(format: .kml, activities: activities, courses: courses)
    }

    /// Longitude, latitude and perhaps altitude; nil for none, and for what is no place.
    private func place(_ parts: [ArraySlice<UInt8>]) -> (place: Coordinate, elevation: Double?)? {
        guard !parts.isEmpty else { return nil }
        guard parts.count >= 2,
            let place = Coordinate.read(latitude: Decimal.number(parts[1]), longitude: Decimal.number(parts[0]))
        else {
            misplaced += 1
            return nil
        }
        return (place, parts.count > 2 ? Decimal.number(parts[2]) : nil)
    }

    private func endTrack() {
        guard let track else { return }
        self.track = nil
        if track.times.count != track.places.count { isUneven = true }
        var segment = Activity.Segment()
        for (index, (time, place)) in zip(track.times, track.places).enumerated() {
            let rate = index < track.heartRates.count ? track.heartRates[index] : nil
            guard place != nil || rate != nil else { continue }
            segment.points.append(
                Activity.Point(
                    time: time, place: place?.place, elevation: place?.elevation, heartRate: rate,
                    cadence: index < track.cadences.count ? track.cadences[index] : nil))
        }
        if !segment.points.isEmpty { placemark?.segments.append(segment) }
    }

    private func endLine(_ text: XMLText) throws(ActivityFileError) {
        var points: [Course.Point] = []
        for tuple in text.utf8.split(whereSeparator: XMLText.isBlank) {
            try places.add()
            guard let place = place(tuple.split(separator: UInt8(ascii: ","))) else { continue }
            let elevation = place.elevation.flatMap { abs($0) <= 9_999 ? $0 : nil }
            points.append(Course.Point(place: place.place, elevation: elevation))
        }
        lines.append(points)
    }

    private func endPlacemark() {
        guard var placemark else { return }
        self.placemark = nil
        if misplaced > 0 { placemark.warnings.append(.positions(misplaced)) }
        if isUneven { placemark.warnings.append(.unevenLists) }
        guard activities.count + courses.count + marks.count < Limit.Files.details else { return }
        if !placemark.segments.isEmpty { activities.append(placemark) }
        for line in lines where !line.isEmpty { courses.append(Course(name: placemark.name, points: line)) }
        if let mark { marks.append(Course.Mark(name: placemark.name ?? "", place: mark)) }
    }
}
