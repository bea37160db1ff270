import ActivityFiles
import Foundation
import Geo
import Limits
import Rooms
import Store

/// Why a file that can be read is no run.
enum ImportRefusal: String, Error, CustomStringConvertible {
    case noTimes = "no_times"
    case noPlaces = "no_places"
    case tooLong = "too_large"

    /// A sentence for its owner.
    var description: String {
        switch self {
        case .noTimes: "It has a way and no times: that is a course, and no run."
        case .noPlaces: "It has no places: it was recorded without satellites, or under a roof."
        case .tooLong:
            "It lasts more than \(Limit.Files.days) days, or goes farther than \(Limit.Files.kilometers) kilometres."
        }
    }
}

extension ImportedRecord {
    /// A run as it is kept, of what a file tells of it.
    ///
    /// The way is measured as a room would have measured it, pauses left out; the file's own figures stand beside that.
    /// Where only the heart was measured the rate goes to the place before or after it, if that has none and is near in
    /// time. Takes a microsecond a point, so not on an event loop.
    ///
    /// - Parameters:
    ///   - activity: Clean, as ``ActivityFile`` hands it out.
    ///   - format: Of the file.
    /// - Throws: ``ImportRefusal``.
    init(_ activity: Activity, from format: ActivityFile.Format) throws(ImportRefusal) {
        guard activity.hasTimes else { throw .noTimes }
        var points: [TrackPoint] = []
        var gaps: [Range<Int64>] = []
        for segment in activity.segments {
            let count = points.count
            Self.add(segment, to: &points)
            guard count > 0, points.count > count, points[count - 1].time < points[count].time else { continue }
            gaps.append(points[count - 1].time..<points[count].time)
        }
        // Before 1970 nobody ran with a watch: its clock was not set.
        guard let first = points.first, let last = points.last, points.count > 1 else { throw .noPlaces }
        guard first.time > 0 else { throw .noTimes }
        // Within that a way has no more kilometres than can be counted.
        guard last.time - first.time <= Limit.Files.days * 86_400_000 else { throw .tooLong }
        // With more than a run may have, the shortest are none.
        let longest = gaps.sorted { $0.upperBound - $0.lowerBound > $1.upperBound - $1.lowerBound }
        let pauses = longest.prefix(Limit.Run.pauses).sorted { $0.lowerBound < $1.lowerBound }
        let measured = WayMeasure.measure(
            points, from: first.time, to: last.time, pauses: pauses, by: MarkerFilter(for: activity.sport.rawValue))
        guard measured.splits.count <= Limit.Files.kilometers else { throw .tooLong }
        // Of fewer places than kilometres hardly one has a time, and the database would keep more of times than of places.
        let splits = measured.splits.count <= points.count ? measured.splits : []
        var seconds = measured.seconds
        let told = activity.totals.moving.map { Double($0) / 1000 }
        // Some devices say how long somebody stood, and not when.
        if pauses.isEmpty, let told, told > 0 { seconds = min(seconds, told) }
        self.init(
            meters: Self.rounded(measured.total), seconds: Self.rounded(seconds), startAt: first.time,
            endAt: last.time, pauses: RecordPauses(pauses), splits: Self.text(of: splits),
            track: TrackCodec.encode(points), points: points.count, first: first.coordinate, last: last.coordinate,
            title: activity.name,
            file: RunFile(
                format: format.word, sport: activity.sport.rawValue,
                meters: activity.totals.distance.flatMap(Self.amount), seconds: told.flatMap(Self.amount)))
    }

    /// Milliseconds within which a heart rate belongs to a place.
    private static let nearness: Int64 = 5_000

    private static func add(_ segment: Activity.Segment, to points: inout [TrackPoint]) {
        let begin = points.count
        var rate: (time: Int64, beats: Int32)?
        for point in segment.points {
            guard let time = point.time else { continue }
            let beats = point.heartRate.map { Int32($0) }
            guard let place = point.place else {
                guard let beats else { continue }
                if points.count > begin, points[points.count - 1].heartRate == nil,
                    time - points[points.count - 1].time <= nearness
                {
                    points[points.count - 1].heartRate = beats
                } else {
                    rate = (time, beats)
                }
                continue
            }
            let near = rate.flatMap { time - $0.time <= nearness ? $0.beats : nil }
            rate = nil
            points.append(
                TrackPoint(
                    id: Int32(points.count + 1), time: time, coordinate: place,
                    altitude: point.elevation.map { Int32(($0 * 10).rounded()) }, heartRate: beats ?? near))
        }
    }

    /// As in the events of a room.
    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    /// What a file says, if it can be.
    private static func amount(_ value: Double) -> Double? {
        value >= 0 && value <= Limit.Content.amount ? value : nil
    }

    private static func text(of splits: [Split]) -> String {
        (try? JSONEncoder().encode(splits)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    }
}

extension ActivityFile.Format {
    /// As the database and `/v1` have it.
    var word: String { self == .geoJSON ? "geojson" : "\(self)" }
}
