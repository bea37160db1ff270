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
    /// - Parameters:
    ///   - run: The run.
    ///   - record: The same, with its way.
    /// - Returns: Nil for a run that its client measured, of which there are no times.
    /// - Throws: A problem when what is stored is damaged.
    static func of(_ run: NotedRecord, _ record: Record) throws(Problem) -> Activity? {
        guard case .live(let track) = record.track else { return nil }
        let points: [TrackPoint]
        do {
            points = try TrackCodec.decode(track)
        } catch {
            throw .internalError(cause: "the track of a record is damaged: \(error)")
        }
        let measured = WayMeasure.measure(
            points, from: record.start, to: record.end, pauses: record.pauses, by: MarkerFilter(for: run.file?.sport))
        var activity = Activity(name: run.notes.title)
        if let sport = run.file.flatMap({ Sport(rawValue: $0.sport) }) { activity.sport = sport }
        var pauses = record.pauses[...]
        var segment = Segment()
        var last = 0.0
        for (point, meters) in zip(points, measured.meters) {
            guard meters != nil || run.summary.source == .imported else { continue }
            last = meters ?? last
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
                    time: point.time, place: point.coordinate, elevation: point.altitude.map { Double($0) / 10 },
                    distance: last, heartRate: point.heartRate.map { Int($0) }))
        }
        if !segment.points.isEmpty { activity.segments.append(segment) }
        activity.totals = Totals(
            distance: record.meters, elapsed: activity.end.map { max(0, $0 - record.start) },
            moving: Int64((record.seconds * 1000).rounded()))
        activity.laps = try laps(of: record, from: activity.start ?? record.start, to: activity.end ?? record.end)
        return activity
    }

    /// Full kilometres, and what is left.
    private static func laps(of record: Record, from start: Int64, to end: Int64) throws(Problem) -> [Lap] {
        var laps: [Lap] = []
        var (began, meters, milliseconds) = (start, 0.0, Int64(0))
        for split in try splits(of: record) {
            let total = Int64((split.total * 1000).rounded())
            laps.append(
                Lap(
                    start: began, totals: Totals(distance: 1000, moving: max(0, total - milliseconds)),
                    trigger: .distance))
            (meters, milliseconds) = (Double(split.kilometer) * 1000, total)
            began = min(max(time(after: total, of: record), began), end)
        }
        let rest = Totals(
            distance: max(0, record.meters - meters),
            moving: max(0, Int64((record.seconds * 1000).rounded()) - milliseconds))
        return laps + [Lap(start: began, totals: rest, trigger: .end)]
    }

    /// When a run had been under way for so many milliseconds, pauses left out.
    private static func time(after milliseconds: Int64, of record: Record) -> Int64 {
        var time = record.start + milliseconds
        for pause in record.pauses where pause.lowerBound < time { time += pause.upperBound - pause.lowerBound }
        return time
    }

    private static func splits(of record: Record) throws(Problem) -> [Split] {
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
