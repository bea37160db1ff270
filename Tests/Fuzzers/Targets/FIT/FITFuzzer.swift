import ActivityFiles
import Foundation
import FileSupport
import Support

/// FIT: what is read is in range, and what is written of it is read as the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFIT(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let contents = contents(of: bytes(start, count)) else { return 0 }
    for activity in contents.activities {
        requireWritable(activity)
        // Other formats have parts of a second, and 180 degrees.
        guard contents.format == .fit, let written = try? FIT.bytes(activity) else { continue }
        let read = try? ActivityFile.contents(of: Data(written)).activities
        let points = read?.first?.points
        require(points?.map(\.time) == activity.points.map(\.time), "\(activity) is read as \(read ?? [])")
        require(points?.map(\.place) == activity.points.map(\.place), "\(activity) is read as \(read ?? [])")
    }
    for course in contents.courses { _ = try? FIT.bytes(course) }
    return 0
}
