/// Files of activities and courses, in the formats that watches, phones and other services write.
public enum ActivityFile {
    /// The formats that are read.
    public enum Format: Hashable, Sendable {
        case gpx, tcx, fit, kml, geoJSON
    }

    /// What a file holds.
    public struct Contents: Hashable, Sendable {
        public var format: Format
        /// What somebody went, with times, in the order of time where the file has several.
        public var activities: [Activity]
        /// What is to be gone, and tracks without times.
        public var courses: [Course]

        /// Contents from their parts.
        public init(format: Format, activities: [Activity] = [], courses: [Course] = []) {
            self.format = format
            self.activities = activities
            self.courses = courses
        }

        /// The contents as they are handed out: activities are clean, those without times are courses, and there is
        /// something of either.
        func checked() throws(ActivityFileError) -> Contents {
            var result = Contents(format: format)
            for activity in activities.lazy.map({ $0.cleaned() }) {
                guard activity.hasTimes else {
                    let course = Course(activity)
                    if !course.points.isEmpty { result.courses.append(course) }
                    continue
                }
                result.activities.append(activity)
            }
            result.courses += courses.filter { !$0.points.isEmpty }
            guard !result.activities.isEmpty || !result.courses.isEmpty else { throw .noPoints }
            return result
        }
    }
}
