import ActivityFiles
import Foundation
import Geo
import Testing

@testable import Simulator

@Suite("Runs to simulate") struct TrackTests {
    func plan(seed: UInt64, length: Double = 600, hasPause: Bool = false) throws -> RunPlan {
        var generator = SeededGenerator(seed: seed)
        return try SyntheticRun(length: length, hasPause: hasPause).plan(using: &generator)
    }

    @Test("the same seed makes the same run, another one another")
    func seed() throws {
        #expect(try plan(seed: 7).points == plan(seed: 7).points)
        #expect(try plan(seed: 7).points != plan(seed: 8).points)
    }

    @Test("an invented run goes at 4 to 7 minutes a kilometre", arguments: 1...20 as ClosedRange<UInt64>)
    func pace(seed: UInt64) throws {
        let reckoning = try plan(seed: seed).reckoning(start: 1_732_350_000_000)
        let pace = reckoning.seconds(finishedAt: 0) / reckoning.meters * 1000
        #expect((215...455).contains(pace), "\(pace) s/km")
    }

    @Test("times rise, and outliers are rare but there")
    func shape() throws {
        let plans = try (1...20 as ClosedRange<UInt64>).map { try plan(seed: $0) }
        for plan in plans {
            #expect(zip(plan.points, plan.points.dropFirst()).allSatisfy { $0.offset < $1.offset })
            #expect((590...610).contains(plan.points.count))
        }
        let points = plans.map(\.points.count).reduce(0, +)
        let counted = plans.map { $0.reckoning(start: 0).countedMarkers }.reduce(0, +)
        #expect(counted < points)
        #expect(Double(counted) > Double(points) * 0.98)
    }

    @Test("a run with a pause has one, in which its clock stands")
    func pause() throws {
        let plan = try plan(seed: 3, hasPause: true)
        let pause = try #require(plan.pauses.first)
        let whole = Double(plan.length) / 1000
        let seconds = plan.reckoning(start: 0).seconds(finishedAt: 0)
        #expect(abs(whole - seconds - Double(pause.count) / 1000) < 2)
        #expect(plan.points.contains { pause.contains($0.offset) })
        for edge in [pause.lowerBound, pause.upperBound] {
            #expect(plan.points.allSatisfy { abs($0.offset - edge) >= 1000 })
        }
    }

    @Test("a lap is as long as it says")
    func lap() throws {
        let loop = Loop(latitude: 51.5, longitude: -0.1, length: 1200, heading: 1)
        let places = try (0...1200).map { try loop.place(at: Double($0)) }
        let way = zip(places, places.dropFirst()).map { $0.distance(to: $1) }.reduce(0, +)
        #expect(abs(way - 1200) < 0.5)
        #expect(places[0].distance(to: places[1200]) < 0.05)
    }

    @Test("points without time, or not later than the one before, are no markers")
    func recorded() {
        let longitudes = [2, 2, 2.0001, 2.0002, 2.0003]
        let places = longitudes.map { try? Coordinate(latitude: 1, longitude: $0) }
        let plan = RecordedRun.plan([
            Activity.Point(place: places[0]),
            Activity.Point(time: 5000, place: places[1], elevation: 44.04, heartRate: 120),
            Activity.Point(time: 5000, place: places[2]),
            Activity.Point(time: 4000, place: places[3]),
            Activity.Point(time: 6000, heartRate: 121),
            Activity.Point(time: 8000, place: places[4]),
        ])
        #expect(plan.points.map(\.offset) == [0, 3000])
        #expect(plan.points[0].altitude == 440)
        #expect(plan.points[0].heartRate == 120)
    }

    @Test("a file that is none is told of in a sentence")
    func unreadable() {
        #expect(
            throws: SimulatorError.unreadableFile(file: "x.gpx", reason: ActivityFileError.unknownFormat.description)
        ) {
            try RecordedRun.plan(file: Data("<html/>".utf8), name: "x.gpx")
        }
        let untimed = #"<gpx version="1.1"><trk><trkseg><trkpt lat="1" lon="2"/></trkseg></trk></gpx>"#
        #expect(throws: SimulatorError.unreadableFile(file: "y.gpx", reason: "It has no track with times.")) {
            try RecordedRun.plan(file: Data(untimed.utf8), name: "y.gpx")
        }
    }

    @Test("every format of recorded runs is run alike")
    func formats() throws {
        let points = try (0..<3).map { index in
            Activity.Point(
                time: 1_732_350_000_000 + Int64(index) * 1000,
                place: try Coordinate(latitude: 39.905 + Double(index) * 1e-4, longitude: 116.407), heartRate: 120)
        }
        let activity = Activity(segments: [Activity.Segment(points)])
        let expected = RecordedRun.plan(points)
        for file in [GPX.text(activity), try TCX.text(activity), KML.text(activity), GeoJSON.text(activity)] {
            #expect(try RecordedRun.plan(file: Data(file.utf8), name: "run").points == expected.points)
        }
        #expect(try RecordedRun.plan(file: Data(FIT.bytes(activity)), name: "run").points.count == 3)
        var zip = ZipWriter(at: 1_732_350_000_000)
        var archive = try zip.begin("run.gpx") + zip.add(Array(GPX.text(activity).utf8))
        archive += try zip.end() + zip.finish()
        #expect(try RecordedRun.plan(file: Data(archive), name: "run").points == expected.points)
    }
}
