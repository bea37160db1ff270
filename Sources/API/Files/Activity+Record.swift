import ActivityFiles
import Endpoints
import Geo
import Rooms
import Services
import Store

extension Activity {
    /// A run that is over, as other programs read it.
    ///
    /// Of a run in a room the markers that count, since nobody was where the others say; of one that came in a file all
    /// that the file had. Pauses part it, full kilometres are its laps, and its figures are those of the record, so that
    /// other programs show the same. The same record always gives the same.
    ///
    /// - Parameter shown: The run, as it is shown to whom it is for: what is hidden from them has no place.
    /// - Returns: Nil for a run that its client measured, of which there are no times.
    /// - Throws: A problem when what is stored is damaged.
    static func of(_ shown: ShownRun) throws(Problem) -> Activity? {
        guard case .measured(let points) = shown.way else { return nil }
        let run = shown.run, record = run.summary
        var activity = Activity(name: run.notes.title)
        if let sport = run.file.flatMap({ Sport(rawValue: $0.sport) }) { activity.sport = sport }
        var pauses = record.pauses[...]
        var segment = Segment()
        var last = 0.0
        for point in points {
            guard point.meters != nil || record.source == .imported else { continue }
            last = point.meters ?? last
            var isNew = false
            while let pause = pauses.first, pause.upperBound <= point.time {
                isNew = true
                pauses.removeFirst()
            }
            if isNew, !segment.points.isEmpty {
                activity.segments.append(segment)
                segment = Segment()
            }
            segment.points.append(
                Point(
                    time: point.time, place: point.place, elevation: point.altitude, distance: last,
                    heartRate: point.heartRate))
        }
        if !segment.points.isEmpty { activity.segments.append(segment) }
        activity.totals = Totals(
            distance: record.meters, elapsed: activity.end.map { max(0, $0 - record.startAt) },
            moving: Int64((record.seconds * 1000).rounded()))
        activity.laps = try laps(of: record, from: activity.start ?? record.startAt, to: activity.end ?? record.endAt)
        return activity
    }

    /// Full kilometres, and what is left.
    private static func laps(of record: RecordSummary, from start: Int64, to end: Int64) throws(Problem) -> [Lap] {
        var laps: [Lap] = []
        // Read once: it is JSON.
        let pauses = record.pauses
        var (began, meters, milliseconds) = (start, 0.0, Int64(0))
        for split in try splits(of: record) {
            let total = Int64((split.total * 1000).rounded())
            laps.append(
                Lap(
                    start: began, totals: Totals(distance: 1000, moving: max(0, total - milliseconds)),
                    trigger: .distance))
            (meters, milliseconds) = (Double(split.kilometer) * 1000, total)
            began = min(max(time(after: total, from: record.startAt, pauses: pauses), began), end)
        }
        let rest = Totals(
            distance: max(0, record.meters - meters),
            moving: max(0, Int64((record.seconds * 1000).rounded()) - milliseconds))
        return laps + [Lap(start: began, totals: rest, trigger: .end)]
    }

    /// When a run had been under way for so many milliseconds, pauses left out.
    private static func time(
        after milliseconds: Int64, from start: Int64, pauses: [Range<Int64>]
    ) -> Int64 {
        var time = start + milliseconds
        for pause in pauses where pause.lowerBound < time { time += pause.upperBound - pause.lowerBound }
        return time
    }

    private static func splits(of record: RecordSummary) throws(Problem) -> [Split] {
        guard let text = record.splits else { return [] }
        do {
            return (try JSONValue(parsing: text).array ?? []).compactMap { entry in
                guard let kilometer = entry["kilometer"]?.number, let seconds = entry["seconds"]?.number,
                    let total = entry["total"]?.number, let number = Int(exactly: kilometer),
                    (0...1e9).contains(total)
                else { return nil }
                return Split(kilometer: number, seconds: seconds, total: total)
            }
        } catch {
            throw .internalError(cause: "the splits of a record are damaged: \(error.message)")
        }
    }
}
