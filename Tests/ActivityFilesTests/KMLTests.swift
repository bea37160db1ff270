import Foundation
import Geo
import Testing

@testable import ActivityFiles

@Suite("KML")
struct KMLTests {
    @Test("times and places are paired by their order, wherever they stand", .enabled(if: Files.samples != nil))
    func openTracks() throws {
        let mixed = try ActivityFile.contents(of: Files.sample("opentracks-kml22_order_location_and_when.kml"))
        #expect(mixed.activities.count == 1)
        let points = mixed.activities[0].points
        #expect(points.map(\.place) == [Files.place(3, 14), Files.place(3, 14.001), Files.place(3, 14.002)])
        #expect(points.first?.time == ISO8601.milliseconds("2021-05-29T18:06:22.042Z"))
        #expect(throws: ActivityFileError.noPoints) {
            try ActivityFile.contents(of: Files.sample("opentracks-kml22_when_locations_different.kml"))
        }
    }

    @Test("tracks with arrays, lines and points, of KML 2.2 and 2.3")
    func made() throws {
        for prefix in ["gx:", ""] {
            let contents = try Files.read(
                """
                <kml xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><name>not this</name>
                <Placemark><name>Start</name><Point><coordinates>2,1,0</coordinates></Point></Placemark>
                <Placemark><name>Run</name><\(prefix)Track>
                <when>2020-01-01T10:00:00Z</when><when>2020-01-01T10:00:01Z</when><when>2020-01-01T10:00:02Z</when>
                <\(prefix)coord>2 1 7.5</\(prefix)coord><\(prefix)coord>nan 1 7</\(prefix)coord>
                <ExtendedData><SchemaData><\(prefix)SimpleArrayData name="heartrate"><\(prefix)value>99</\(prefix)value>
                </\(prefix)SimpleArrayData><\(prefix)SimpleArrayData name="power"><\(prefix)value>300</\(prefix)value>
                </\(prefix)SimpleArrayData></SchemaData></ExtendedData></\(prefix)Track></Placemark>
                <Placemark><name>Way</name><LineString><coordinates>
                2,1,3 2.1,1 x,1 181,0
                </coordinates></LineString></Placemark></Document></kml>
                """)
            #expect(contents.activities.map(\.name) == ["Run"])
            #expect(
                contents.activities[0].points == [
                    Activity.Point(
                        time: 1_577_872_800_000, place: Files.place(1, 2), elevation: 7.5, heartRate: 99)
                ])
            #expect(contents.activities[0].warnings == [.positions(1), .unevenLists])
            #expect(
                contents.courses == [
                    Course(
                        name: "Way",
                        points: [
                            Course.Point(place: Files.place(1, 2), elevation: 3),
                            Course.Point(place: Files.place(1, 2.1)),
                        ],
                        marks: [Course.Mark(name: "Start", place: Files.place(1, 2))])
                ])
        }
    }

    @Test("what is written is read as the same: places, milliseconds, pauses, hearts and steps")
    func roundTrip() throws {
        var run = Files.run()
        run.segments[1].points[3].time? += 125
        run.segments[1].points[4].place = nil
        let read = try Files.activity(KML.text(run))
        #expect(read.segments.map(\.points.count) == run.segments.map(\.points.count))
        for (mine, other) in zip(read.points, run.points) where other.place != nil { #expect(mine == other) }
        #expect(read.name == run.name)
        #expect(read.warnings.isEmpty)
    }
}

@Suite("GeoJSON")
struct GeoJSONTests {
    @Test("what is written is read as the same: places, milliseconds, pauses and hearts")
    func roundTrip() throws {
        var run = Files.run()
        run.segments[0].points[2].time? += 5
        for isPaused in [true, false] {
            if !isPaused { run.segments.removeLast() }
            let read = try Files.activity(GeoJSON.text(run))
            #expect(read.segments.map(\.points.count) == run.segments.map(\.points.count))
            for (mine, other) in zip(read.points, run.points) {
                var other = other
                other.cadence = nil
                #expect(mine == other)
            }
            #expect(read.name == run.name)
            #expect(read.warnings.isEmpty)
        }
        run.segments = [Activity.Segment([run.points[0]])]
        #expect(try Files.activity(GeoJSON.text(run)).points.map(\.time) == [run.points[0].time])
        #expect(
            try JSONSerialization.jsonObject(with: Data(GeoJSON.text(Activity(name: "\u{1}\"\\\n")).utf8))
                is [String: Any])
    }

    @Test("lines are courses, and with times in any of their places activities; members come in any order")
    func made() throws {
        let times = #"["2020-01-01T10:00:00Z",1577872801000,null]"#
        let line = #""coordinates":[[2,1,7.5],[2.1,1],[2.2,1]],"type":"LineString""#
        for properties in [
            #""coordTimes":\#(times),"heartRates":[99,null,100]"#, #""times":[\#(times)],"heart":[[99],[null,100]]"#,
            #""coordinateProperties":{"times":\#(times),"heart":[99,null,100]}"#,
        ] {
            let activity = try Files.activity(
                #"{"geometry":{\#(line)},"properties":{"name":"R","sport":"hiking",\#(properties)},"type":"Feature"}"#)
            #expect(activity.name == "R")
            #expect(activity.sport == .hiking)
            #expect(
                activity.points == [
                    Activity.Point(time: 1_577_872_800_000, place: Files.place(1, 2), elevation: 7.5, heartRate: 99),
                    Activity.Point(time: 1_577_872_801_000, place: Files.place(1, 2.1)),
                ])
            #expect(activity.warnings == [.untimed(1)])
        }
        let contents = try Files.read(
            """
            \u{feff} {"type":"FeatureCollection","x":[{}],"features":[
            {"type":"Feature","properties":null,"geometry":{\(line)}},null,{"type":"Feature","geometry":null},
            {"type":"Feature","properties":{"name":"Gate\\ud83c\\udfc1"},"geometry":{"type":"Point","coordinates":[3,4]}},
            {"type":"GeometryCollection","geometries":[{\(line)}]}]}
            """)
        #expect(contents.courses.map(\.points.count) == [3, 3])
        #expect(contents.courses[0].marks == [Course.Mark(name: "Gate🏁", place: Files.place(4, 3))])
    }

    @Test("what is no GeoJSON is refused")
    func refused() {
        for text in ["{}", "[]", #"{"type":"Topology"}"#, #"{"type":7}"#] {
            #expect(throws: ActivityFileError.notGeoJSON) { try Files.read(text) }
        }
        for text in [
            "{", "{} x", #"{"a":01}"#, #"{"a":tru}"#, #"{"a":1,}"#, "{\"a\":\"\u{1}\"}", #"{"a":"\x"}"#, "{a:1}",
        ] {
            #expect {
                try Files.read(text)
            } throws: { error in
                guard case ActivityFileError.malformedJSON = error else { return false }
                return true
            }
        }
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(throws: ActivityFileError.tooDeep) { try Files.read("{\"coordinates\":" + deep) }
        #expect(throws: ActivityFileError.tooDeep) { try Files.read("{\"a\":" + deep) }
        let long = String(repeating: "x", count: 2 << 20)
        #expect(throws: ActivityFileError.tooLong) { try Files.read("{\"\(long)\":1}") }
        var bounds = FileBounds()
        bounds.points = 1000
        let points = [String](repeating: "[1,2]", count: 1001).joined(separator: ",")
        #expect(throws: ActivityFileError.tooManyPoints) {
            try Files.read("{\"type\":\"LineString\",\"coordinates\":[\(points)]}", bounds: bounds)
        }
    }
}
