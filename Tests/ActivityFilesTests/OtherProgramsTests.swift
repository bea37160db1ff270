import Foundation
import Geo
import Testing

@testable import ActivityFiles

/// Files for `.ci/formats`, which reads them with other people's programs.
@Suite("Files for other programs", .enabled(if: Files.formats != nil, "RUNROOM_FORMATS names no folder"))
struct OtherProgramsTests {
    @Test("a run of two hours with a pause in every format, and its way as a course")
    func write() throws {
        let folder = try #require(Files.formats)
        let run = Files.run(seconds: 7200, pauseAt: 3000, pause: 300)
        let course = Course(
            name: run.name, points: Course(run).points.enumerated().filter { $0.offset % 20 == 0 }.map(\.element),
            marks: [Course.Mark(name: "Wasser & Brot", place: Files.place(39.95, 116.4))])
        let texts = [
            "run.gpx": GPX.text(run), "run.tcx": try TCX.text(run), "run.kml": KML.text(run),
            "run.geojson": GeoJSON.text(run), "run.csv": CSV.text(run), "course.gpx": GPX.text(course),
        ]
        for (name, text) in texts { try Data(text.utf8).write(to: folder.appending(path: name)) }
        try Data(FIT.bytes(run, offset: 8 * 3600)).write(to: folder.appending(path: "run.fit"))
        try Data(FIT.bytes(course)).write(to: folder.appending(path: "course.fit"))
        let place = { (point: Activity.Point) in "\(point.place?.latitude ?? 0) \(point.place?.longitude ?? 0)" }
        let expected = run.points.map { "\(($0.time ?? 0) / 1000) \(place($0)) \($0.heartRate ?? 0)" }
        try Data((expected.joined(separator: "\n") + "\n").utf8).write(to: folder.appending(path: "expected.txt"))
        #expect(expected.count == 7200)
    }
}
