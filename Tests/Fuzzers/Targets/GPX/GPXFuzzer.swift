import ActivityFiles
import Foundation
import FileSupport
import Support

/// GPX: what is read is in range, can be written and read again, and takes no more than the file did.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzGPX(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = bytes(start, count)
    guard let contents = contents(of: bytes), contents.format == .gpx else { return 0 }
    for activity in contents.activities {
        require((activity.name ?? "").utf8.count <= 3 * count, "a name of \(activity.name ?? "")")
        guard let written = try? ActivityFile.contents(of: Data(GPX.text(activity).utf8)) else {
            require(false, "\(activity) written cannot be read")
            return 0
        }
        require(written.activities.count == 1, "\(activity) written is \(written)")
        require(written.activities[0].points.count == activity.points.count, "\(activity) written is \(written)")
        require(written.activities[0].points.map(\.place) == activity.points.map(\.place), "places of \(activity)")
        require(written.activities[0].points.map(\.time) == activity.points.map(\.time), "times of \(activity)")
    }
    for course in contents.courses {
        let written = try? ActivityFile.contents(of: Data(GPX.text(course).utf8))
        require(written?.courses.first?.points.map(\.place) == course.points.map(\.place), "the way of \(course)")
    }
    return 0
}
