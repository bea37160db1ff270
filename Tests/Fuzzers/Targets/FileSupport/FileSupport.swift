public import ActivityFiles
import Foundation
import Support

/// Small ones, so that inputs of some hundred bytes reach them.
public let fuzzBounds: FileBounds = {
    var bounds = FileBounds()
    bounds.bytes = 64 << 10
    bounds.archive = 64 << 10
    bounds.points = 50
    bounds.entries = 10
    bounds.depth = 20
    bounds.text = 2000
    return bounds
}()

/// What a file holds, which must be the same in whatever pieces it comes, and in range; nil if it is refused.
public func contents(of bytes: [UInt8]) -> ActivityFile.Contents? {
    let outcomes = cuttings(of: bytes).map { pieces in
        Result { () throws(ActivityFileError) in
            let reader = ActivityFileReader(bounds: fuzzBounds)
            for piece in pieces {
                let error = withExactCopy(of: piece) { piece -> ActivityFileError? in
                    do throws(ActivityFileError) {
                        try reader.push(UnsafeRawBufferPointer(piece))
                        return nil
                    } catch {
                        return error
                    }
                }
                if let error { throw error }
            }
            return try reader.finish()
        }
    }
    let whole = try? outcomes[0].get()
    for outcome in outcomes.dropFirst() {
        require((try? outcome.get()) == whole, "\(outcome) in pieces, \(outcomes[0]) at once")
    }
    if let whole { requireRange(whole) }
    return whole
}

/// Checks what is promised of contents.
public func requireRange(_ contents: ActivityFile.Contents) {
    require(!contents.activities.isEmpty || !contents.courses.isEmpty, "nothing")
    var count = contents.courses.reduce(0) { $0 + $1.points.count + $1.marks.count }
    for activity in contents.activities {
        let points = activity.points
        count += points.count
        require(!points.isEmpty && activity.segments.allSatisfy { !$0.points.isEmpty }, "empty segments in \(activity)")
        for point in points {
            require(point.elevation.map { abs($0) <= 9_999 } ?? true, "an elevation of \(point)")
            require(point.heartRate.map { 1...500 ~= $0 } ?? true, "a heart rate of \(point)")
            require(point.cadence.map { 0...500 ~= $0 } ?? true, "a cadence of \(point)")
            require(point.distance?.isFinite ?? true, "a distance of \(point)")
        }
        let times = points.compactMap(\.time)
        require(times.count == points.count && zip(times, times.dropFirst()).allSatisfy { $0 < $1 }, "times \(times)")
        require(activity.cleaned() == activity, "\(activity) is not clean")
    }
    require(count <= fuzzBounds.points, "\(count) points")
}

/// Writes an activity in every format and reads it again.
public func requireWritable(_ activity: Activity) {
    _ = CSV.text(activity)
    var texts = [KML.text(activity)]
    if let text = try? TCX.text(activity) { texts.append(text) }
    if activity.points.contains(where: { $0.place != nil }) { texts += [GPX.text(activity), GeoJSON.text(activity)] }
    let places = activity.points.compactMap(\.place)
    for text in texts where !places.isEmpty {
        let read = try? ActivityFile.contents(of: Data(text.utf8)).activities
        require(read?.first?.points.compactMap(\.place) == places, "\(text) of \(activity) is read as \(read ?? [])")
    }
    _ = try? FIT.bytes(activity)
}
