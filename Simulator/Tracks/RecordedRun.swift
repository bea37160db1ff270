import Foundation
import Geo

/// Reads runs that somebody ran, from GPX files.
enum RecordedRun {
    /// The first track of a file that has at least two points with times.
    ///
    /// Points whose time is not after the one before are left out, as no phone sends them.
    static func plan(gpx data: Data, name: String) throws(SimulatorError) -> RunPlan {
        let tracks: [GPXTrack]
        do {
            tracks = try GPX.parse(data)
        } catch {
            throw .unreadableGPX(file: name, reason: reason(error))
        }
        for track in tracks {
            let plan = plan(track.points)
            if plan.points.count > 1 { return plan }
        }
        throw .unreadableGPX(file: name, reason: "it has no track with times")
    }

    /// The plan of points with times.
    static func plan(_ points: [GPXPoint]) -> RunPlan {
        var plan = RunPlan(points: [])
        var start: Int64?
        for point in points {
            // The reader refuses positions out of range, so a place that cannot be made is one that it did not read.
            guard let time = point.time,
                let place = try? Coordinate(latitude: point.latitude, longitude: point.longitude)
            else { continue }
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

    private static func reason(_ error: GPXError) -> String {
        switch error {
        case .malformed(let line): "line \(line) is not well-formed XML"
        case .notGPX: "it is not GPX"
        case .documentType: "it declares a document type"
        case .badPosition(let line): "line \(line) has no position that makes sense"
        case .badTime(let line): "line \(line) has a time that cannot be read"
        case .tooManyPoints: "it has too many points"
        }
    }
}
