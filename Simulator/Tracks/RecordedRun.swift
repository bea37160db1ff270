import ActivityFiles
import Foundation
import Geo

/// Reads runs that somebody ran, from the files of watches and phones.
enum RecordedRun {
    /// The first activity of a file that has at least two points with times.
    ///
    /// Points whose time is not after the one before are left out, as no phone sends them.
    static func plan(file data: Data, name: String) throws(SimulatorError) -> RunPlan {
        let contents: ActivityFile.Contents
        do {
            contents = try ActivityFile.contents(of: data)
        } catch {
            throw .unreadableFile(file: name, reason: error.description)
        }
        for activity in contents.activities {
            let plan = plan(activity.points)
            if plan.points.count > 1 { return plan }
        }
        throw .unreadableFile(file: name, reason: "It has no track with times.")
    }

    /// The plan of points with times.
    static func plan(_ points: [Activity.Point]) -> RunPlan {
        var plan = RunPlan(points: [])
        var start: Int64?
        for point in points {
            guard let time = point.time, let place = point.place else { continue }
            let offset = time - (start ?? time)
            if let last = plan.points.last, offset <= last.offset { continue }
            start = start ?? time
            plan.points.append(
                RunPlan.Point(
                    offset: offset, place: place, altitude: point.elevation.map { Int(($0 * 10).rounded()) },
                    heartRate: point.heartRate))
        }
        return plan
    }
}
