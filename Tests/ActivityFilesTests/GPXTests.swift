import Foundation
import Geo
import TestKit
import Testing

@testable import ActivityFiles

@Suite("GPX")
struct GPXTests {
    // MARK: - What is read

    @Test(
        "tracks, pieces and points of GPX 1.1 with Garmin's extensions under any prefix, declared or not",
        arguments: ["ns3:", "gpxtpx:", "", "undeclared:"])
    func garmin(prefix: String) throws {
        let contents = try Files.read(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <gpx creator="x" version="1.1" xmlns="http://www.topografix.com/GPX/1/1"
                 xmlns:ns3="http://www.garmin.com/xmlschemas/TrackPointExtension/v1"
                 xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v2">
              <metadata><name>not the track's</name><time>2019-06-15T09:42:00.000Z</time></metadata>
              <wpt lat="1" lon="2"><name>nor this</name></wpt>
              <trk>
                <name>Corenc &amp; back</name><type>running</type>
                <trkseg>
                  <trkpt lon="5.781761" lat="45.209877">
                    <name>a point's</name>
                    <ele>236.8</ele><time>2017-10-08T14:54:11.000Z</time>
                    <extensions><\(prefix)TrackPointExtension>
                      <\(prefix)atemp>30.0</\(prefix)atemp><\(prefix)hr>127</\(prefix)hr><\(prefix)cad>83.0</\(prefix)cad>
                    </\(prefix)TrackPointExtension></extensions>
                  </trkpt>
                </trkseg>
                <trkseg/>
                <trkseg><trkpt lat="-45.3" lon="-5.8"><time>2017-10-08T16:54:12.5+02:00</time></trkpt></trkseg>
              </trk>
              <trk/>
            </gpx>
            """)
        #expect(
            contents.activities == [
                Activity(
                    name: "Corenc & back", sport: .running, creator: "x",
                    segments: [
                        Activity.Segment([
                            Activity.Point(
                                time: 1_507_474_451_000, place: Files.place(45.209877, 5.781761), elevation: 236.8,
                                heartRate: 127, cadence: 83)
                        ]),
                        Activity.Segment([
                            Activity.Point(time: 1_507_474_452_500, place: Files.place(-45.3, -5.8))
                        ]),
                    ])
            ])
        #expect(contents.courses.isEmpty)
        #expect(contents.format == .gpx)
    }

    @Test("GPX 1.0, CDATA, and Amazfit's plain heartrate; the last of several counts")
    func amazfit() throws {
        let activity = try Files.activity(
            """
            <gpx version="1.0" xmlns="http://www.topografix.com/GPX/1/0"><trk><name><![CDATA[Früh <1>]]></name><trkseg>
            <trkpt lat="60.5" lon="24.9"><time>2018-05-14T09:54:12Z</time><speed>3</speed>
            <extensions><hr>80</hr><heartrate>89</heartrate></extensions></trkpt></trkseg></trk></gpx>
            """)
        #expect(activity.name == "Früh <1>")
        #expect(
            activity.points == [
                Activity.Point(time: 1_526_291_652_000, place: Files.place(60.5, 24.9), heartRate: 89)
            ])
    }

    @Test("routes, and tracks without times, are courses; waypoints are marks of the first")
    func courses() throws {
        let contents = try Files.read(
            """
            <gpx><wpt lat="3" lon="4"><name>Water</name></wpt>
            <rte><name>Lap</name><rtept lat="1" lon="2"><ele>7</ele></rtept><rtept lat="1.1" lon="2"/></rte>
            <trk><trkseg><trkpt lat="5" lon="6"/></trkseg></trk></gpx>
            """)
        #expect(contents.activities.isEmpty)
        #expect(
            contents.courses == [
                Course(
                    name: "Lap",
                    points: [
                        Course.Point(place: Files.place(1, 2), elevation: 7), Course.Point(place: Files.place(1.1, 2)),
                    ], marks: [Course.Mark(name: "Water", place: Files.place(3, 4))]),
                Course(points: [Course.Point(place: Files.place(5, 6))]),
            ])
    }

    @Test("a file without points is refused with a sentence", arguments: ["<gpx/>", "<gpx><trk><trkseg/></trk></gpx>"])
    func noPoints(text: String) {
        #expect(throws: ActivityFileError.noPoints) { try Files.read(text) }
    }

    @Test(
        "numbers that are none leave elevation and heart rate out", arguments: ["", "abc", "nan", "inf", "0x10", "1,5"])
    func badExtras(text: String) throws {
        let point = try point("<ele>\(text)</ele><extensions><hr>\(text)</hr><cad>\(text)</cad></extensions>")
        #expect(point.elevation == nil)
        #expect(point.heartRate == nil)
        #expect(point.cadence == nil)
    }

    @Test(
        "heart rates are whole beats of a living heart",
        arguments: [("0", nil), ("-5", nil), ("501", nil), ("1e99", nil), ("1", 1), ("151.6", 152), ("500", 500)])
    func heartRates(text: String, rate: Int?) throws {
        #expect(try point("<extensions><a:hr>\(text)</a:hr></extensions>").heartRate == rate)
    }

    @Test(
        "a point that is nowhere is left out with a warning, and the others stay",
        arguments: [
            "", "lat='1'", "lon='1'", "lat='' lon='1'", "lat='x' lon='1'", "lat='91' lon='1'", "lat='1' lon='-180.5'",
            "lat='nan' lon='1'", "lat='1' lon='inf'", "lat='1,5' lon='1'", "lat='1e400' lon='1'", "lat='0x1' lon='1'",
        ])
    func badPosition(attributes: String) throws {
        let time = "<time>2017-10-08T14:54:11Z</time>"
        let activity = try Files.activity(
            "<gpx><trk><trkseg><trkpt \(attributes)>\(time)</trkpt><trkpt lat='1' lon='2'>\(time)</trkpt></trkseg></trk></gpx>"
        )
        #expect(activity.points.map(\.place) == [Files.place(1, 2)])
        #expect(activity.warnings == [.positions(1)])
    }

    @Test(
        "a time that is none is none, and the file is read",
        arguments: ["", "yesterday", "2017-10-08", "2017-02-30T00:00:00Z", "2017-10-08T24:00:00Z", "1507474451"])
    func badTime(text: String) throws {
        let activity = try Files.activity(
            """
            <gpx><trk><trkseg><trkpt lat='1' lon='2'><time>\(text)</time></trkpt>
            <trkpt lat='1' lon='3'><time>2017-10-08T14:54:11Z</time></trkpt></trkseg></trk></gpx>
            """)
        #expect(activity.points.map(\.place) == [Files.place(1, 3)])
        #expect(activity.warnings == [.untimed(1)])
    }

    @Test("more points than wanted are refused, those that would be left out included")
    func tooMany() throws {
        let points = String(repeating: "<trkpt lat='1' lon='2'/><trkpt/>", count: 5)
        let file = Data("<gpx><trk><trkseg>\(points)</trkseg></trk></gpx>".utf8)
        var bounds = FileBounds()
        bounds.points = 9
        #expect(throws: ActivityFileError.tooManyPoints) { try ActivityFile.contents(of: file, bounds: bounds) }
        bounds.points = 10
        #expect(try ActivityFile.contents(of: file, bounds: bounds).courses[0].points.count == 5)
    }

    @Test(
        "tracks that follow each other within a day are one, those of other days their own, and the longest of several")
    func severalTracks() throws {
        func track(_ name: String, _ times: String...) -> String {
            let points = times.map { "<trkpt lat='1' lon='2'><time>\($0)</time></trkpt>" }.joined()
            return "<trk><name>\(name)</name><trkseg>\(points)</trkseg></trk>"
        }
        let later = track("b", "2020-01-01T11:00:00Z", "2020-01-01T12:00:00Z")
        let earlier = track("a", "2020-01-01T09:00:00Z", "2020-01-01T10:00:00Z")
        let following = try Files.read("<gpx>\(later)\(earlier)</gpx>")
        #expect(following.activities.map(\.name) == ["a"])
        #expect(following.activities[0].segments.map(\.points.count) == [2, 2])
        let inside = track("c", "2020-01-01T09:10:00Z", "2020-01-01T09:50:00Z")
        let overlapping = try Files.read("<gpx>\(inside)\(earlier)</gpx>")
        #expect(overlapping.activities.map(\.name) == ["a"])
        #expect(overlapping.activities[0].warnings == [.overlappingTracks(2)])
        let nextWeek = track("d", "2020-01-08T09:10:00Z")
        #expect(try Files.read("<gpx>\(nextWeek)\(earlier)</gpx>").activities.map(\.name) == ["a", "d"])
    }

    // MARK: - What is written

    @Test("what is written is read as the same: places, milliseconds, pauses, hearts and steps")
    func roundTrip() throws {
        var run = Files.run()
        run.segments[0].points[5].time? += 250
        let read = try Files.activity(GPX.text(run))
        #expect(read.segments == run.segments)
        #expect(read.name == run.name)
        #expect(read.sport == .running)
        #expect(read.creator == "RunRoom")
        #expect(read.warnings.isEmpty)
    }

    @Test("what XML reserves is escaped, and what it forbids left out")
    func escaping() throws {
        var run = Files.golden
        run.name = "a\u{0}b\u{8}c\u{fffe}d<>&\"'\r\n]]> 🏃"
        let text = GPX.text(run)
        #expect(try Files.activity(text).name == "abcd<>&\"'\r\n]]> 🏃")
        #expect(
            text.contains(
                "<trkpt lat=\"39.9050000\" lon=\"116.4070000\"><ele>44.0</ele><time>2024-11-23T08:20:00Z</time>"))
    }

    @Test("a course is written as a route with its marks, and read as the same")
    func courseRoundTrip() throws {
        let course = Course(
            name: "Runde & mehr",
            points: [
                Course.Point(place: Files.place(1, -2), elevation: 3.5),
                Course.Point(place: Files.place(-0.0000001, 180)),
            ],
            marks: [Course.Mark(name: "Ziel", place: Files.place(1, 2))])
        #expect(try Files.read(GPX.text(course)).courses == [course])
    }

    // MARK: - Real files

    @Test(
        "recordings of watches are read, and are as long as they say",
        .enabled(if: Files.tracks != nil, "no recordings"),
        arguments: [
            ("amazfit-9km.gpx", "Sport", 1216, 8500.0...9500),
            ("garmin-14km.gpx", "Sloatsburg Course", 4967, 13_300...15_000),
            ("garmin-4km.gpx", "Corenc Running", 502, 3500...4900),
        ])
    func recording(file: String, name: String, count: Int, metres: ClosedRange<Double>) throws {
        let folder = try #require(Files.tracks)
        let contents = try ActivityFile.contents(of: Data(contentsOf: folder.appending(path: file)))
        #expect(contents.activities.map(\.name) == [name])
        let activity = try #require(contents.activities.first)
        let points = activity.points
        #expect(points.count == count)
        #expect(points.allSatisfy { $0.time != nil && $0.elevation != nil && $0.place != nil })
        #expect(points.contains { $0.heartRate != nil })
        #expect(metres.contains(activity.reckonedDistance))

        let track = try points.enumerated().map { index, point in
            TrackPoint(
                id: Int32(index + 1), time: try #require(point.time), coordinate: try #require(point.place),
                altitude: point.elevation.map { Int32(($0 * 10).rounded()) }, heartRate: point.heartRate.map(Int32.init)
            )
        }
        let bytes = TrackCodec.encode(track)
        #expect(try TrackCodec.decode(bytes) == track)
        #expect(bytes.count < 6 * track.count)
    }

    @Test(
        "files of other programs with their peculiarities are read", .enabled(if: Files.samples != nil, "no samples"),
        arguments: [
            ("gpx1.1_with_extensions.gpx", 0, 0), ("gpx1.1_with_extensions_without_namespaces.gpx", 0, 0),
            ("route.gpx", 0, 1), ("cerknicko-without-times.gpx", 1, 6), ("opentracks-gpx_timezone.gpx", 1, 0),
            ("opentracks-legacy_gpx_trackpointextensions_incorrect.gpx", 1, 0), ("unicode_with_bom.gpx", 0, 0),
            ("track-with-empty-segment.gpx", 1, 0),
        ])
    func sample(name: String, activities: Int, courses: Int) throws {
        let data = try Files.sample(name)
        guard activities + courses > 0 else {
            #expect(throws: ActivityFileError.noPoints) { try ActivityFile.contents(of: data) }
            return
        }
        let contents = try ActivityFile.contents(of: data)
        #expect(contents.activities.count == activities)
        #expect(contents.courses.count == courses)
    }

    // MARK: -

    private func point(_ content: String) throws -> Activity.Point {
        let time = content.contains("<time>") ? "" : "<time>2017-10-08T14:54:11Z</time>"
        let activity = try Files.activity(
            "<gpx><trk><trkseg><trkpt lat='1' lon='2'>\(time)\(content)</trkpt></trkseg></trk></gpx>")
        return try #require(activity.points.first)
    }
}
