import Geo

extension Activity {
    /// The activity without what cannot be, and with a warning for each kind of thing that was taken away.
    ///
    /// Every import passes through it, so that what comes of a file has times that rise strictly, no days between two
    /// points for a clock that was set late, and elevations of this planet. In this order:
    /// 1. Beside points with times, those without are left out. An activity without any time is a route; its points stay.
    /// 2. What lies before a gap of more than a day, if it is less than a twentieth, is from before the clock was set; what
    ///    lies after one, if it is less than a twentieth, from a damaged end.
    /// 3. Points that are not later than the point before are left out, across pauses too.
    /// 4. Elevations beyond ±9,999 m are none.
    /// 5. Segments that are empty then disappear.
    ///
    /// Pure; cleaning twice changes nothing more.
    public func cleaned() -> Activity {
        var result = self
        if hasTimes {
            let untimed = result.drop { $0.time == nil }
            var (early, late, repeated) = (0, 0, 0)
            // What is cut may make that a gap lies near enough to an end: each round takes a part, so that there are few.
            while true {
                let cut = result.cutClockJumps()
                var last = Int64.min
                let dropped = result.drop { point in
                    guard let time = point.time, time > last else { return true }
                    last = time
                    return false
                }
                early += cut.early
                late += cut.late
                repeated += dropped
                if cut.early + cut.late + dropped == 0 { break }
            }
            if untimed > 0 { result.warnings.append(.untimed(untimed)) }
            if early > 0 { result.warnings.append(.clockBeforeFix(early)) }
            if late > 0 { result.warnings.append(.clockAfterEnd(late)) }
            if repeated > 0 { result.warnings.append(.repeatedTimes(repeated)) }
        }
        var elevations = 0
        for segment in result.segments.indices {
            for point in result.segments[segment].points.indices {
                guard let elevation = result.segments[segment].points[point].elevation, !(abs(elevation) <= 9_999)
                else { continue }
                result.segments[segment].points[point].elevation = nil
                elevations += 1
            }
        }
        if elevations > 0 { result.warnings.append(.elevations(elevations)) }
        result.segments.removeAll(where: \.points.isEmpty)
        return result
    }

    /// Metres by our rules: the shortest ways from place to place, nothing between segments.
    ///
    /// What a room would count may be less, since it does not believe every marker.
    public var reckonedDistance: Double {
        var sum = 0.0
        for segment in segments {
            var last: Coordinate?
            for place in segment.points.lazy.compactMap(\.place) {
                if let last { sum += last.distance(to: place) }
                last = place
            }
        }
        return sum
    }

    /// Takes points away, and says how many.
    private mutating func drop(where isBad: (Point) -> Bool) -> Int {
        var count = 0
        for index in segments.indices {
            let before = segments[index].points.count
            segments[index].points.removeAll(where: isBad)
            count += before - segments[index].points.count
        }
        return count
    }

    private static let day: Int64 = 86_400_000

    /// Takes away what a clock that was wrong has put days before and after the rest, and says how many points.
    private mutating func cutClockJumps() -> (early: Int, late: Int) {
        let times = segments.flatMap { $0.points.compactMap(\.time) }
        guard let first = times.first else { return (0, 0) }
        var (beginning, end) = (0, times.count)
        var last = first
        for (index, time) in times.enumerated() {
            // Either direction: a clock that was wrong may have been ahead.
            let (gap, isHuge) = time.subtractingReportingOverflow(last)
            if isHuge || gap.magnitude > UInt64(Self.day) {
                if index * 20 < times.count {
                    beginning = index
                } else if (times.count - index) * 20 < times.count {
                    end = index
                    break
                }
            }
            last = time
        }
        guard beginning > 0 || end < times.count else { return (0, 0) }
        var position = 0
        for index in segments.indices {
            let count = segments[index].points.count
            let first = max(beginning - position, 0)
            let last = min(end - position, count)
            segments[index].points = first < last ? Array(segments[index].points[first..<last]) : []
            position += count
        }
        return (beginning, times.count - end)
    }
}
