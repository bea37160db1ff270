import Geo
import Limits

/// Reads GPX, the exchange format of tracks (https://www.topografix.com/GPX/1/1/), 1.0 and 1.1.
///
/// Each track is an activity, each route a course; waypoints are marks of the first course. Of a track that has no times
/// the rest of the world makes a route, and so does `Contents.checked`. What devices get wrong:
/// - A point without a position, or with one that is no number or out of range, is left out, with a warning.
/// - A time that cannot be read is none; so is an elevation.
/// - The heart rate is the `hr` or `heartrate` anywhere in a point's extensions, 1 … 500 (watches write 0 for “no
///   contact”), the cadence `cad` or `cadence`; the last one if there are several.
final class GPXReader: ActivityXML {
    private var tracks: [Activity] = []
    private var routes: [Course] = []
    private var marks: [Course.Mark] = []

    private var creator: String?
    private var track: Activity?
    private var segment = Activity.Segment()
    private var point: Activity.Point?
    private var misplaced = 0
    private var route: Course?
    private var routePoint: Course.Point?
    private var mark: Course.Mark?
    private var counter: PointCounter

    init(bounds: FileBounds) { counter = PointCounter(limit: bounds.points) }

    func begin(_ name: String, _ attributes: [String: String], path: [String]) throws(ActivityFileError) {
        switch (name, path.last) {
        case ("gpx", nil):
            creator = attributes["creator"]
        case ("trk", "gpx"):
            track = Activity(creator: creator)
            misplaced = 0
        case ("trkseg", "trk"):
            segment = Activity.Segment()
        case ("trkpt", "trkseg"):
            try counter.add()
            point = Self.place(attributes).map { Activity.Point(place: $0) }
            if point == nil { misplaced += 1 }
        case ("rte", "gpx"):
            route = Course()
        case ("rtept", "rte"):
            try counter.add()
            routePoint = Self.place(attributes).map { Course.Point(place: $0) }
        case ("wpt", "gpx"):
            try counter.add()
            mark = Self.place(attributes).map { Course.Mark(name: "", place: $0) }
        default:
            break
        }
    }

    func end(_ name: String, _ text: XMLText, path: [String]) throws(ActivityFileError) {
        switch (name, path.last) {
        case ("trk", "gpx"):
            if misplaced > 0 { track?.warnings.append(.positions(misplaced)) }
            if let track, tracks.count < Limit.Files.details { tracks.append(track) }
            track = nil
        case ("trkseg", "trk"):
            if !segment.points.isEmpty { track?.segments.append(segment) }
            segment = Activity.Segment()
        case ("trkpt", "trkseg"):
            if let point { segment.points.append(point) }
            point = nil
        case ("name", "trk"):
            track?.name = text.string
        case ("type", "trk"):
            if let word = text.string { track?.sport = Activity.Sport(word: word) ?? .other }
        case ("ele", "trkpt"):
            point?.elevation = text.number
        case ("time", "trkpt"):
            point?.time = text.string.flatMap(ISO8601.milliseconds)
        case ("hr", _), ("heartrate", _):
            guard point != nil, path.contains("extensions") else { break }
            if let rate = Decimal.whole(text.number, in: 1...500) { point?.heartRate = rate }
        case ("cad", _), ("cadence", _):
            guard point != nil, path.contains("extensions") else { break }
            if let cadence = Decimal.whole(text.number, in: 0...500) { point?.cadence = cadence }
        case ("rte", "gpx"):
            if let route, routes.count < Limit.Files.details { routes.append(route) }
            route = nil
        case ("rtept", "rte"):
            if let routePoint { route?.points.append(routePoint) }
            routePoint = nil
        case ("name", "rte"):
            route?.name = text.string
        case ("ele", "rtept"):
            routePoint?.elevation = text.number.flatMap { abs($0) <= 9_999 ? $0 : nil }
        case ("name", "wpt"):
            mark?.name = text.string ?? ""
        case ("wpt", "gpx"):
            if let mark, marks.count < Limit.Files.details { marks.append(mark) }
            mark = nil
        default:
            break
        }
    }

    func contents() -> ActivityFile.Contents {
        // A track without times is a way to go; which one it is depends on nothing but itself.
        let timed = tracks.filter(\.hasTimes)
        let untimed = tracks.filter { !$0.hasTimes }.map(Course.init).filter { !$0.points.isEmpty }
        var courses = routes.filter { !$0.points.isEmpty } + untimed
        if !courses.isEmpty { courses[0].marks = marks }
        return ActivityFile.Contents(format: .gpx, activities: Self.joined(timed), courses: courses)
    }

    /// The tracks of a file as activities: those that follow each other within a day are one; of those that overlap, the
    /// longest is taken.
    private static func joined(_ tracks: [Activity]) -> [Activity] {
        guard tracks.count > 1 else { return tracks }
        let spans = tracks.map { (start: $0.start ?? 0, end: $0.end ?? 0) }
        let order = tracks.indices.sorted { spans[$0].start < spans[$1].start }
        var groups: [[Int]] = []
        var end = Int64.min
        for index in order {
            if groups.isEmpty || spans[index].start - end > 86_400_000 {
                groups.append([index])
            } else {
                groups[groups.count - 1].append(index)
            }
            end = max(end, spans[index].end)
        }
        return groups.map { group in
            let overlaps = zip(group, group.dropFirst()).contains { spans[$1].start <= spans[$0].end }
            if overlaps {
                let longest = group.max { spans[$0].end - spans[$0].start < spans[$1].end - spans[$1].start }
                var activity = tracks[longest ?? group[0]]
                activity.warnings.append(.overlappingTracks(group.count))
                return activity
            }
            var activity = tracks[group[0]]
            for index in group.dropFirst() {
                activity.segments += tracks[index].segments
                activity.warnings += tracks[index].warnings
            }
            return activity
        }
    }

    private static func place(_ attributes: [String: String]) -> Coordinate? {
        Coordinate.read(latitude: Decimal.number(attributes["lat"]), longitude: Decimal.number(attributes["lon"]))
    }
}
