import Geo
import Limits

/// Reads TCX (Garmin's TrainingCenterDatabase v2): activities with laps, and courses.
///
/// A lap's further `Track` elements are stretches after a pause. Laps follow each other without one, unless the time
/// between their points is more than the lap before says that it lasted. Points without a position keep their heart rate.
/// The cadence stands in the point, or in the extension `TPX`; an elevation of exactly 0 between others that are far from
/// it is none, as some watches write it.
final class TCXReader: ActivityXML {
    private var activities: [Activity] = []
    private var courses: [Course] = []

    private var activity: Activity?
    private var lap: Activity.Lap?
    /// The stretch that goes on, over laps.
    private var segment = Activity.Segment()
    /// The tracks that the lap has had.
    private var tracksOfLap = 0
    /// Milliseconds between the points of the lap, without pauses.
    private var covered: Int64 = 0
    /// How long the lap before says that it lasted, beyond the time between its points; nil when it does not say.
    private var uncovered: Int64?
    /// Whether the next point is the lap's first.
    private var isFirstOfLap = false
    private var point: Activity.Point?
    private var position: (latitude: Double?, longitude: Double?)?
    private var misplaced = 0

    private var course: Course?
    private var mark: (name: String, place: Coordinate?)?
    private var counter: PointCounter

    init(bounds: FileBounds) { counter = PointCounter(limit: bounds.points) }

    func begin(_ name: String, _ attributes: [String: String], path: [String]) throws(ActivityFileError) {
        switch (name, path.last) {
        case ("Activity", _):
            activity = Activity(sport: attributes["Sport"].map { Activity.Sport(word: $0) ?? .other } ?? .other)
            segment = Activity.Segment()
            uncovered = nil
            misplaced = 0
        case ("Lap", "Activity"):
            lap = attributes["StartTime"].flatMap(ISO8601.milliseconds).map { Activity.Lap(start: $0) }
            tracksOfLap = 0
            covered = 0
            isFirstOfLap = true
        case ("Course", "Courses"):
            course = Course()
        case ("CoursePoint", "Course"):
            try counter.add()
            mark = ("", nil)
        case ("Track", _):
            if tracksOfLap > 0 { endSegment() }
            tracksOfLap += 1
        case ("Trackpoint", _):
            try counter.add()
            point = Activity.Point()
        case ("Position", _):
            position = (nil, nil)
        default:
            break
        }
    }

    func end(_ name: String, _ text: XMLText, path: [String]) throws(ActivityFileError) {
        switch (name, path.last) {
        case ("LatitudeDegrees", "Position"): position?.latitude = text.number
        case ("LongitudeDegrees", "Position"): position?.longitude = text.number
        case ("Position", let parent): endPosition(of: parent)
        case (_, "Trackpoint"): endPart(name, text)
        case ("Value", "HeartRateBpm") where point != nil:
            if let rate = Decimal.whole(text.number, in: 1...500) { point?.heartRate = rate }
        case ("RunCadence", _) where point != nil:
            if let cadence = Decimal.whole(text.number, in: 0...500) { point?.cadence = cadence }
        case ("Trackpoint", _):
            if let point { add(point) }
            point = nil
        case (_, "Lap"): endPartOfLap(name, text)
        case ("Lap", "Activity"):
            if let lap, activity?.laps.count ?? 0 < Limit.Files.details { activity?.laps.append(lap) }
            uncovered = lap?.totals.moving.map { $0 - covered }
            lap = nil
        case ("Notes", "Activity"): activity?.name = text.string
        case ("Name", "Creator"): activity?.creator = text.string
        case ("Name", "Course"): course?.name = text.string
        case ("Name", "CoursePoint"): mark?.name = text.string ?? ""
        case ("CoursePoint", "Course"):
            if let mark, let place = mark.place, course?.marks.count ?? 0 < Limit.Files.details {
                course?.marks.append(Course.Mark(name: mark.name, place: place))
            }
            mark = nil
        case ("Course", "Courses"):
            if let course, courses.count < Limit.Files.details { courses.append(course) }
            course = nil
        case ("Activity", _): endActivity()
        default: break
        }
    }

    func contents() -> ActivityFile.Contents {
        ActivityFile.Contents(format: .tcx, activities: activities, courses: courses)
    }

    private func endPosition(of parent: String?) {
        guard let position else { return }
        let place = Coordinate.read(latitude: position.latitude, longitude: position.longitude)
        switch parent {
        case "Trackpoint":
            point?.place = place
            if place == nil { misplaced += 1 }
        case "CoursePoint":
            mark?.place = place
        default:
            break
        }
        self.position = nil
    }

    private func endPart(_ name: String, _ text: XMLText) {
        switch name {
        case "Time": point?.time = text.string.flatMap(ISO8601.milliseconds)
        case "AltitudeMeters": point?.elevation = text.number
        case "DistanceMeters": point?.distance = text.number
        case "Cadence": if let cadence = Decimal.whole(text.number, in: 0...500) { point?.cadence = cadence }
        default: break
        }
    }

    private func endPartOfLap(_ name: String, _ text: XMLText) {
        switch name {
        case "TotalTimeSeconds":
            lap?.totals.moving = text.number.flatMap { 0...1e9 ~= $0 ? Int64(($0 * 1000).rounded()) : nil }
        case "DistanceMeters": lap?.totals.distance = text.number.flatMap { 0...1e9 ~= $0 ? $0 : nil }
        case "Calories": lap?.totals.calories = Decimal.whole(text.number, in: 0...1_000_000)
        case "TriggerMethod": lap?.trigger = text.string == "Distance" ? .distance : .manual
        default: break
        }
    }

    private func add(_ point: Activity.Point) {
        if course != nil {
            guard let place = point.place else { return }
            let elevation = point.elevation.flatMap { abs($0) <= 9_999 ? $0 : nil }
            course?.points.append(Course.Point(place: place, elevation: elevation))
        } else if point != Activity.Point() {
            if let time = point.time {
                if let last = segment.points.last?.time, time > last {
                    let gap = time - last
                    if isFirstOfLap {
                        // The lap before lasted until its last point rather than until now.
                        if gap >= 3000, let uncovered, uncovered < gap / 2 { endSegment() }
                    } else {
                        covered += gap
                    }
                }
                isFirstOfLap = false
            }
            segment.points.append(point)
        }
    }

    private func endSegment() {
        if !segment.points.isEmpty { activity?.segments.append(segment) }
        segment = Activity.Segment()
    }

    private func endActivity() {
        endSegment()
        guard var activity else { return }
        self.activity = nil
        if misplaced > 0 { activity.warnings.append(.positions(misplaced)) }
        if let last = activity.laps.indices.last, activity.laps[last].trigger == .manual {
            activity.laps[last].trigger = .end
        }
        let totals = activity.laps.map(\.totals)
        if !totals.isEmpty {
            let distances = totals.compactMap(\.distance)
            activity.totals.distance = distances.isEmpty ? nil : distances.reduce(0, +)
            let times = totals.compactMap(\.moving)
            activity.totals.moving = times.isEmpty ? nil : times.reduce(0, +)
            let calories = totals.compactMap(\.calories)
            activity.totals.calories = calories.isEmpty ? nil : calories.reduce(0, +)
        }
        Self.removeZeros(&activity)
        if activities.count < Limit.Files.details { activities.append(activity) }
    }

    /// Takes away elevations of exactly 0 between others that are more than 10 m from it.
    private static func removeZeros(_ activity: inout Activity) {
        for segment in activity.segments.indices {
            let elevations = activity.segments[segment].points.map(\.elevation)
            guard elevations.contains(0), elevations.contains(where: { abs($0 ?? 0) > 10 }) else { continue }
            var before: Double?
            var zeros: [Int] = []
            for (index, elevation) in elevations.enumerated() {
                guard let elevation else { continue }
                if elevation == 0 {
                    zeros.append(index)
                    continue
                }
                if let before, abs(before) > 10, abs(elevation) > 10 {
                    for zero in zeros { activity.segments[segment].points[zero].elevation = nil }
                }
                zeros.removeAll(keepingCapacity: true)
                before = elevation
            }
        }
    }
}
