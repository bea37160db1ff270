import Geo

/// An activity as formats of devices write it: points with times and distances, in laps, in stretches between pauses.
struct TimedLog {
    /// A point with what every record must have.
    struct Entry {
        var point: Activity.Point
        /// Unix milliseconds.
        var time: Int64
        /// Metres from the start.
        var distance: Double
        /// Metres a second since the point before in its stretch; 0 for the first.
        var speed: Double
    }

    struct Lap {
        /// Unix milliseconds.
        var start: Int64
        var end: Int64
        /// Milliseconds.
        var moving: Int64
        /// Metres.
        var distance: Double
        var calories: Int
        var trigger: Activity.Lap.Trigger
        /// The points between pauses, none of them empty.
        var stretches: [[Entry]]

        /// Of the points that have one, within what a byte says.
        var heartRates: (average: Int, maximum: Int)? {
            let rates = stretches.joined().compactMap(\.point.heartRate).filter { 1...255 ~= $0 }
            guard let maximum = rates.max() else { return nil }
            return (Int((Double(rates.reduce(0, +)) / Double(rates.count)).rounded()), maximum)
        }
    }

    /// The points between pauses, none of them empty.
    private(set) var stretches: [[Entry]] = []
    private(set) var laps: [Lap] = []
    /// Metres of the whole.
    private(set) var distance = 0.0
    /// Milliseconds of the whole, without pauses.
    private(set) var moving: Int64 = 0

    var start: Int64? { stretches.first?.first?.time }
    var end: Int64? { stretches.last?.last?.time }

    init(_ activity: Activity) {
        var sum = 0.0
        for segment in activity.segments {
            var stretch: [Entry] = []
            var last: Coordinate?
            for point in segment.points {
                guard let time = point.time, ISO8601.writable ~= time else { continue }
                if let place = point.place {
                    if let last { sum += last.distance(to: place) }
                    last = place
                }
                // The point's own distance wins, and what follows is reckoned from there.
                if let distance = point.distance { sum = max(0, distance) }
                var speed = 0.0
                if let before = stretch.last, time > before.time {
                    speed = max(0, sum - before.distance) / (Double(time - before.time) / 1000)
                }
                stretch.append(Entry(point: point, time: time, distance: sum, speed: speed))
            }
            if !stretch.isEmpty { stretches.append(stretch) }
        }
        distance = activity.totals.distance ?? sum
        moving = activity.totals.moving ?? stretches.map { Self.span($0) }.reduce(0, +)
        laps = makeLaps(activity)
    }

    private static func span(_ stretch: [Entry]) -> Int64 {
        guard let first = stretch.first, let last = stretch.last else { return 0 }
        return max(0, last.time - first.time)
    }

    /// The laps with their points; a point on the border is the first of the next.
    private func makeLaps(_ activity: Activity) -> [Lap] {
        guard let start, let end else { return [] }
        var starts = activity.laps.filter { start...max(start, end) ~= $0.start }
        if starts.first?.start != start {
            // What lies before the first lap belongs to it.
            if starts.isEmpty {
                let totals = activity.laps.count == 1 ? activity.laps[0].totals : activity.totals
                starts = [Activity.Lap(start: start, totals: totals, trigger: .end)]
            } else {
                starts[0].start = start
            }
        }
        var laps = starts.enumerated().map { index, lap in
            Lap(
                start: lap.start, end: index + 1 < starts.count ? starts[index + 1].start : end, moving: 0, distance: 0,
                calories: max(0, lap.totals.calories ?? 0), trigger: lap.trigger, stretches: [])
        }
        var current = 0
        for stretch in stretches {
            var rest = stretch[...]
            while !rest.isEmpty {
                while current + 1 < laps.count, let first = rest.first, first.time >= laps[current + 1].start {
                    current += 1
                }
                let border = current + 1 < laps.count ? laps[current + 1].start : .max
                let part = rest.prefix { $0.time < border }
                // A time that goes back belongs to the lap that goes on.
                let taken = part.isEmpty ? rest.prefix(1) : part
                laps[current].stretches.append(Array(taken))
                rest = rest.dropFirst(taken.count)
                // The way to the border is of the lap that ends there.
                if let last = taken.last {
                    let upTo = rest.first?.time ?? last.time
                    laps[current].moving += max(0, upTo - (taken.first?.time ?? upTo))
                }
            }
        }
        var before = 0.0
        for index in laps.indices {
            let next = index + 1 < laps.count ? laps[index + 1].stretches.first?.first?.distance : nil
            let reached = next ?? laps[index].stretches.last?.last?.distance ?? before
            laps[index].distance = starts[index].totals.distance ?? max(0, reached - before)
            laps[index].moving = starts[index].totals.moving ?? laps[index].moving
            before = reached
        }
        if laps.count == 1 {
            laps[0].distance = starts[0].totals.distance ?? distance
            laps[0].moving = starts[0].totals.moving ?? moving
        }
        laps[laps.count - 1].trigger = .end
        return laps
    }
}
