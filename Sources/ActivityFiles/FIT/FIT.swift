import Geo

/// Writes FIT, the format of watches (protocol 2.0).
public enum FIT {
    /// Seconds between the epochs of Unix and FIT, 1989-12-31T00:00:00Z.
    static let epoch: Int64 = 631_065_600
    static let degreesPerSemicircle = 180 / 0x1p31

    /// The file of an activity, with what Garmin's rules demand and the summaries last: file_id, the timer's start, the
    /// records with a stop and a start at each pause, the stop, laps, session, activity.
    ///
    /// Times are in whole seconds, places in 2⁻³¹ of a half circle. Points without a time are left out. 28 bytes a point.
    ///
    /// - Parameters:
    ///   - activity: With at least one time, all within FIT's: 1989-12-31 … 2126-02-07.
    ///   - offset: Seconds east of Greenwich of the clock on the wall, which is written beside the end.
    /// - Returns: The whole file.
    /// - Throws: ``ActivityFileError/noTimes``.
    public static func bytes(_ activity: Activity, offset: Int = 0) throws(ActivityFileError) -> [UInt8] {
        let log = TimedLog(activity)
        guard let first = log.start, let last = log.end, first <= last else { throw .noTimes }
        let (start, end) = (try seconds(first), try seconds(last))
        let sport: UInt8 =
            switch activity.sport {
            case .running: 1
            case .cycling: 2
            case .swimming: 5
            case .walking: 11
            case .hiking: 17
            case .other: 0
            }
        var file = FITEncoder()
        file.fileID(type: 4, created: start)
        file.define(1, as: 21, [(253, 0x86), (0, 0x00), (1, 0x00)])
        file.event(start, type: 0)
        let hasCadence = log.stretches.contains { $0.contains { $0.point.cadence != nil } }
        file.defineRecord(hasCadence: hasCadence)
        for (index, stretch) in log.stretches.enumerated() {
            if index > 0, let before = log.stretches[index - 1].last, let first = stretch.first {
                file.event(try seconds(before.time), type: 4)
                file.event(try seconds(first.time), type: 0)
            }
            for entry in stretch { file.record(entry, at: try seconds(entry.time), hasCadence: hasCadence) }
        }
        file.event(end, type: 4)

        let hasCalories = log.laps.contains { $0.calories > 0 } || activity.totals.calories != nil
        let calories: [(UInt8, UInt8)] = hasCalories ? [(11, 0x84)] : []
        file.define(
            3, as: 19,
            [
                (254, 0x84), (253, 0x86), (2, 0x86), (7, 0x86), (8, 0x86), (9, 0x86), (0, 0x00), (1, 0x00), (24, 0x00),
            ] + calories)
        for (index, lap) in log.laps.enumerated() {
            file.message(3)
            file.add(UInt16(clamping: index))
            file.add(try seconds(lap.end))
            file.add(try seconds(lap.start))
            file.add(UInt32(clamping: lap.end - lap.start))
            file.add(UInt32(clamping: lap.moving))
            file.add(hundredths(lap.distance))
            file.add([9, 1, lap.trigger == .distance ? 2 : lap.trigger == .end ? 7 : 0])
            if hasCalories { file.add(UInt16(clamping: lap.calories)) }
        }

        file.define(
            4, as: 18,
            [
                (254, 0x84), (253, 0x86), (2, 0x86), (7, 0x86), (8, 0x86), (9, 0x86), (0, 0x00), (1, 0x00), (5, 0x00),
                (6, 0x00), (25, 0x84), (26, 0x84), (28, 0x00),
            ] + calories)
        file.message(4)
        file.add(0 as UInt16)
        file.add(end)
        file.add(start)
        file.add(UInt32(clamping: activity.totals.elapsed ?? (last - first)))
        file.add(UInt32(clamping: log.moving))
        file.add(hundredths(log.distance))
        file.add([8, 1, sport, 0])
        file.add(0 as UInt16)
        file.add(UInt16(clamping: log.laps.count))
        file.add([0])
        if hasCalories { file.add(UInt16(clamping: activity.totals.calories ?? log.laps.map(\.calories).reduce(0, +))) }

        file.define(
            5, as: 34, [(253, 0x86), (0, 0x86), (1, 0x84), (2, 0x00), (3, 0x00), (4, 0x00), (5, 0x86)])
        file.message(5)
        file.add(end)
        file.add(UInt32(clamping: log.moving))
        file.add(1 as UInt16)
        file.add([0, 26, 1])
        file.add(UInt32(clamping: Int64(end) + Int64(offset)))
        return file.finish()
    }

    /// The file of a course, for a watch to lead along: with invented times at an even pace, as the format has no others.
    ///
    /// - Parameters:
    ///   - course: With at least one point.
    ///   - start: Unix milliseconds of the first point, within FIT's times.
    ///   - pace: Milliseconds a metre.
    /// - Returns: The whole file.
    /// - Throws: ``ActivityFileError/noPoints``, ``ActivityFileError/noTimes``.
    public static func bytes(
        _ course: Course, start: Int64 = 1_577_836_800_000, pace: Double = 360
    ) throws(ActivityFileError) -> [UInt8] {
        guard let first = course.points.first, let last = course.points.last else { throw .noPoints }
        let distances = course.distances
        let begin = try seconds(start)
        let length = distances.last ?? 0
        // At least a second between points, so that times rise.
        let offsets = distances.enumerated().map { max(Int64($0.offset), Int64(($0.element * pace / 1000).rounded())) }
        var times: [UInt32] = []
        for offset in offsets {
            let time = max(Int64(begin) + offset, (times.last.map { Int64($0) + 1 }) ?? 0)
            guard let time = UInt32(exactly: time) else { throw .noTimes }
            times.append(time)
        }
        let end = times.last ?? begin
        var file = FITEncoder()
        file.fileID(type: 6, created: begin)
        let name = FITEncoder.text(course.name ?? "Course")
        file.define(0, as: 31, [(4, 0x00)], text: (5, name.count))
        file.message(0)
        file.add([1])
        file.add(name)

        file.define(
            3, as: 19,
            [
                (254, 0x84), (253, 0x86), (2, 0x86), (3, 0x85), (4, 0x85), (5, 0x85), (6, 0x85), (7, 0x86), (8, 0x86),
                (9, 0x86), (0, 0x00), (1, 0x00),
            ])
        file.message(3)
        file.add(0 as UInt16)
        file.add(end)
        file.add(begin)
        for place in [first.place, last.place] { file.add(place) }
        for _ in 0..<2 { file.add((end - begin).multipliedReportingOverflow(by: 1000).partialValue) }
        file.add(hundredths(length))
        file.add([9, 1])

        file.define(1, as: 21, [(253, 0x86), (0, 0x00), (1, 0x00)])
        file.event(begin, type: 0)
        if !course.marks.isEmpty {
            // Each at the point that is nearest, as a watch tells of it there.
            let size = course.marks.map { FITEncoder.text($0.name, limit: 32).count }.max() ?? 1
            file.define(
                4, as: 32, [(254, 0x84), (1, 0x86), (2, 0x85), (3, 0x85), (4, 0x86), (5, 0x00)], text: (6, size))
            for (index, mark) in course.marks.enumerated() {
                let nearest = course.points.indices.min {
                    course.points[$0].place.distance(to: mark.place) < course.points[$1].place.distance(to: mark.place)
                }
                file.message(4)
                file.add(UInt16(clamping: index))
                file.add(times[nearest ?? 0])
                file.add(mark.place)
                file.add(hundredths(distances[nearest ?? 0]))
                file.add([0])
                let text = FITEncoder.text(mark.name, limit: 32)
                file.add(text + [UInt8](repeating: 0, count: size - text.count))
            }
        }
        file.defineRecord(hasCadence: false)
        for (index, point) in course.points.enumerated() {
            let entry = TimedLog.Entry(
                point: Activity.Point(place: point.place, elevation: point.elevation), time: 0,
                distance: distances[index], speed: 1000 / pace)
            file.record(entry, at: times[index], hasCadence: false)
        }
        file.event(end, type: 9)
        return file.finish()
    }

    /// Seconds since FIT's epoch, where they are no invalid value and no time since power-up.
    private static func seconds(_ milliseconds: Int64) throws(ActivityFileError) -> UInt32 {
        let seconds = Int64((Double(milliseconds) / 1000).rounded()) - epoch
        guard 0x1000_0000..<0xffff_ffff ~= seconds else { throw .noTimes }
        return UInt32(seconds)
    }

    static func hundredths(_ metres: Double) -> UInt32 {
        let value = (metres * 100).rounded()
        return value >= 0 && value < 0xffff_ffff ? UInt32(value) : 0xffff_ffff
    }
}
