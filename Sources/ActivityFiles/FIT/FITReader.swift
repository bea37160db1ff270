import Geo
import Limits

/// Reads FIT files of activities and courses, one or a chain of them.
///
/// - Records and events may be out of order, and are put into that of their times. Between a stop of the timer and the
///   next start it was paused.
/// - Summaries may come first, last or not at all; their own times are not used. Of several sessions each is an activity
///   of the records in its time.
/// - What is damaged or breaks off is read as far as it goes, with a warning.
enum FITReader {
    static func read(
        _ bytes: UnsafeRawBufferPointer, bounds: FileBounds
    ) throws(ActivityFileError) -> ActivityFile.Contents {
        guard FITDecoder.begins(bytes, at: 0) else { throw .malformedFIT }
        var contents = ActivityFile.Contents(format: .fit)
        var otherType: Int?
        var counter = PointCounter(limit: bounds.points)
        var start = 0
        var files = 0
        while start < bytes.count {
            guard FITDecoder.begins(bytes, at: start), files < Limit.Files.details else {
                // What follows is no further file of the chain.
                if let last = contents.activities.indices.last { contents.activities[last].warnings.append(.truncated) }
                break
            }
            files += 1
            var file = FITFile()
            let end = try FITDecoder.read(bytes, at: start, wanted: FITFile.isWanted) {
                message throws(ActivityFileError) in
                if message.number == FITFile.record || message.number == FITFile.coursePoint { try counter.add() }
                file.take(message)
            }
            start = end.next
            // What does not say its type is an activity if it has records.
            let type = file.type ?? 4
            switch type {
            case 6:
                contents.courses.append(file.course)
            case 4:
                guard !file.records.isEmpty else { break }
                var activities = file.activities
                for index in activities.indices {
                    if end.isTruncated { activities[index].warnings.append(.truncated) }
                    if end.isDamaged { activities[index].warnings.append(.checksum) }
                }
                contents.activities += activities
            default:
                otherType = otherType ?? type
            }
        }
        if contents.activities.isEmpty && contents.courses.isEmpty, let otherType { throw .fitType(otherType) }
        return contents
    }
}

/// What the messages of one file have told.
private struct FITFile {
    static let record: UInt16 = 20
    static let coursePoint: UInt16 = 32

    static func isWanted(_ number: UInt16) -> Bool {
        switch number {
        case 0, 18, 19, record, 21, 31, coursePoint: true
        default: false
        }
    }

    struct Session {
        var start: Int64
        var sport: Activity.Sport?
        var totals: Activity.Totals
    }

    var type: Int?
    private var creator: String?
    private(set) var records: [Activity.Point] = []
    /// The timer's starts and stops.
    private var timer: [(time: Int64, isStart: Bool)] = []
    private var sessions: [Session] = []
    private var laps: [Activity.Lap] = []
    private var name: String?
    private var marks: [Course.Mark] = []
    /// The distance of compressed speeds and distances, in sixteenths of a metre, and its last twelve bits.
    private var accumulated: (sum: Int, last: Int)?

    mutating func take(_ message: FITMessage) {
        switch message.number {
        case 0:
            type = message.integer(0).map(Int.init) ?? type
            creator = message.text(8) ?? message.integer(1).flatMap { Self.manufacturers[$0] } ?? creator
        case Self.record:
            records.append(point(message))
        case 21:
            guard message.integer(0) == 0, let time = message.time.map(Self.milliseconds),
                timer.count < Limit.Files.stops
            else { return }
            switch message.integer(1) {
            case 0: timer.append((time, true))
            case 1, 4, 8, 9: timer.append((time, false))
            default: break
            }
        case 18:
            guard sessions.count < Limit.Files.details, let start = message.integer(2) else { return }
            sessions.append(
                Session(
                    start: Self.milliseconds(UInt32(truncatingIfNeeded: start)),
                    sport: message.integer(5).map(Self.sport), totals: Self.totals(message)))
        case 19:
            guard laps.count < Limit.Files.details, let start = message.integer(2) else { return }
            let trigger: Activity.Lap.Trigger =
                switch message.integer(24) {
                case 2: .distance
                case 7: .end
                default: .manual
                }
            laps.append(
                Activity.Lap(
                    start: Self.milliseconds(UInt32(truncatingIfNeeded: start)), totals: Self.totals(message),
                    trigger: trigger))
        case 31:
            name = message.text(5) ?? name
        case Self.coursePoint:
            guard marks.count < Limit.Files.details, let place = Self.place(message.integer(2), message.integer(3))
            else { return }
            marks.append(Course.Mark(name: message.text(6) ?? "", place: place))
        default:
            break
        }
    }

    var course: Course {
        var course = Course(Activity(name: name, segments: [Activity.Segment(records)]))
        for index in course.points.indices where abs(course.points[index].elevation ?? 0) > 9_999 {
            course.points[index].elevation = nil
        }
        course.marks = marks
        return course
    }

    /// An activity for each session, or one of all records.
    var activities: [Activity] {
        // Stable, and what has no time stays behind the record before it.
        var last = Int64.min
        let keys = records.map { point in
            last = point.time ?? last
            return last
        }
        let order = records.indices.sorted { keys[$0] != keys[$1] ? keys[$0] < keys[$1] : $0 < $1 }
        let sorted = order.map { records[$0] }
        let laps = laps.sorted { $0.start < $1.start }
        let sessions = sessions.sorted { $0.start < $1.start }
        guard sessions.count > 1 else {
            var activity = segmented(sorted)
            activity.laps = laps
            if let session = sessions.first {
                activity.sport = session.sport ?? .other
                activity.totals = session.totals
            }
            return [activity]
        }
        return sessions.indices.compactMap { index in
            let start = index == 0 ? Int64.min : sessions[index].start
            let end = index + 1 < sessions.count ? sessions[index + 1].start : Int64.max
            guard start < end else { return nil }
            var activity = segmented(sorted.filter { start..<end ~= $0.time ?? .min })
            guard !activity.segments.isEmpty else { return nil }
            activity.laps = laps.filter { start..<end ~= $0.start }
            activity.sport = sessions[index].sport ?? .other
            activity.totals = sessions[index].totals
            return activity
        }
    }

    /// The records in stretches between a stop of the timer and the next start.
    private func segmented(_ records: [Activity.Point]) -> Activity {
        var activity = Activity(creator: creator)
        // A start at the time of a stop ends the pause; so does the first before any stop, which begins none.
        let events = timer.enumerated().sorted {
            $0.element.time != $1.element.time ? $0.element.time < $1.element.time : $0.offset < $1.offset
        }.map(\.element)
        var pauses: [(from: Int64, to: Int64)] = []
        var stop: Int64?
        for event in events {
            if !event.isStart {
                stop = stop ?? event.time
            } else if let from = stop {
                pauses.append((from, event.time))
                stop = nil
            }
        }
        var segment = Activity.Segment()
        var pause = pauses[...]
        var paused = 0
        for record in records {
            if let time = record.time {
                while let next = pause.first, time >= next.to, time > next.from {
                    if !segment.points.isEmpty { activity.segments.append(segment) }
                    segment = Activity.Segment()
                    pause = pause.dropFirst()
                }
                if let next = pause.first, time > next.from, time < next.to {
                    paused += 1
                    continue
                }
            }
            segment.points.append(record)
        }
        if !segment.points.isEmpty { activity.segments.append(segment) }
        if paused > 0 { activity.warnings.append(.paused(paused)) }
        return activity
    }

    // MARK: - Fields

    private mutating func point(_ message: FITMessage) -> Activity.Point {
        var point = Activity.Point(time: message.time.map(Self.milliseconds))
        point.place = Self.place(message.integer(0), message.integer(1))
        // The enhanced one is the finer.
        point.elevation = (message.scaled(78, by: 5) ?? message.scaled(2, by: 5)).map { $0 - 500 }
        point.distance = message.scaled(5, by: 100) ?? compressedDistance(message)
        point.heartRate = message.integer(3).flatMap { 1...500 ~= $0 ? Int($0) : nil }
        point.cadence = message.integer(4).flatMap { 0...500 ~= $0 ? Int($0) : nil }
        return point
    }

    /// Metres of the field that packs speed and distance into three bytes.
    private mutating func compressedDistance(_ message: FITMessage) -> Double? {
        guard case .bytes(let bytes)? = message[8], bytes.count == 3 else { return nil }
        let distance = Int(bytes[1]) >> 4 | Int(bytes[2]) << 4
        if let before = accumulated {
            accumulated = (before.sum + (distance - before.last) & 0xfff, distance)
        } else {
            accumulated = (distance, distance)
        }
        return accumulated.map { Double($0.sum) / 16 }
    }

    private static func totals(_ message: FITMessage) -> Activity.Totals {
        Activity.Totals(
            distance: message.scaled(9, by: 100), elapsed: message.integer(7), moving: message.integer(8),
            calories: message.integer(11).map(Int.init))
    }

    private static func milliseconds(_ time: UInt32) -> Int64 { (Int64(time) + FIT.epoch) * 1000 }

    private static func place(_ latitude: Int64?, _ longitude: Int64?) -> Coordinate? {
        guard let latitude, let longitude else { return nil }
        return Coordinate.read(
            latitude: Double(latitude) * FIT.degreesPerSemicircle,
            longitude: Double(longitude) * FIT.degreesPerSemicircle)
    }

    private static func sport(_ number: Int64) -> Activity.Sport {
        switch number {
        case 1: .running
        case 2: .cycling
        case 5: .swimming
        case 11: .walking
        case 17: .hiking
        default: .other
        }
    }

    private static let manufacturers: [Int64: String] = [
        1: "Garmin", 23: "Suunto", 32: "Wahoo", 123: "Polar", 265: "Strava", 294: "COROS", 339: "Zepp",
    ]
}
