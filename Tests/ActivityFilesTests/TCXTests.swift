import Foundation
import Geo
import Testing

@testable import ActivityFiles

@Suite("TCX")
struct TCXTests {
    @Test(
        "Garmin's file of three laps has the points, seconds and metres that others see",
        .enabled(if: Files.samples != nil, "no samples"))
    func garmin() throws {
        let activity = try #require(try ActivityFile.contents(of: Files.sample("garmin-3-laps.tcx")).activities.first)
        #expect(activity.sport == .running)
        #expect(activity.laps.count == 3)
        #expect(activity.laps.map(\.trigger) == [.distance, .distance, .end])
        #expect(activity.points.count == 384)
        #expect(activity.points.count { $0.place != nil } == 383)
        #expect(activity.points.count { $0.heartRate != nil } == 383)
        #expect(activity.totals.moving == 1_992_780)
        #expect(abs(try #require(activity.totals.distance) - 4689.24) < 0.02)
        #expect(activity.segments.count == 1)
    }

    @Test("laps, pauses, offsets, microseconds, prefixes, and cadences from the extension")
    func made() throws {
        let activity = try Files.activity(
            """
             \n<x:TrainingCenterDatabase xmlns:x="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"><x:Activities>
            <x:Activity Sport="Biking"><x:Id>2020-01-01T10:00:00Z</x:Id>
            <x:Lap StartTime="2020-01-01T10:00:00Z"><x:TotalTimeSeconds>12.5</x:TotalTimeSeconds>
            <x:DistanceMeters>30.25</x:DistanceMeters><x:Calories>7.6</x:Calories><x:TriggerMethod>Distance</x:TriggerMethod>
            <x:Track>
            <x:Trackpoint><x:Time>2020-01-01T11:00:00.000000+01:00</x:Time><x:Position><x:LatitudeDegrees>1</x:LatitudeDegrees>
            <x:LongitudeDegrees>2</x:LongitudeDegrees></x:Position><x:AltitudeMeters>100</x:AltitudeMeters></x:Trackpoint>
            <x:Trackpoint><x:Time>2020-01-01T10:00:05Z</x:Time><x:AltitudeMeters>0</x:AltitudeMeters>
            <x:HeartRateBpm><x:Value>99.6</x:Value></x:HeartRateBpm>
            <x:Extensions><TPX><RunCadence>83.0</RunCadence></TPX></x:Extensions></x:Trackpoint>
            </x:Track><x:Track>
            <x:Trackpoint><x:Time>2020-01-01T10:00:30Z</x:Time><x:Position><x:LatitudeDegrees>1.1</x:LatitudeDegrees>
            <x:LongitudeDegrees>2</x:LongitudeDegrees></x:Position><x:AltitudeMeters>100</x:AltitudeMeters></x:Trackpoint>
            </x:Track></x:Lap>
            <x:Lap StartTime="2020-01-01T10:00:31Z"><x:TotalTimeSeconds>1</x:TotalTimeSeconds><x:Track>
            <x:Trackpoint><x:Time>2020-01-01T10:00:31Z</x:Time><x:Position><x:LatitudeDegrees>91</x:LatitudeDegrees>
            <x:LongitudeDegrees>2</x:LongitudeDegrees></x:Position><x:Cadence>80</x:Cadence>
            <x:HeartRateBpm><x:Value>100</x:Value></x:HeartRateBpm></x:Trackpoint>
            </x:Track></x:Lap>
            <x:Creator><x:Name>Watch</x:Name></x:Creator></x:Activity></x:Activities></x:TrainingCenterDatabase>
            """)
        #expect(activity.sport == .cycling)
        #expect(activity.creator == "Watch")
        #expect(activity.totals == Activity.Totals(distance: 30.25, moving: 13_500, calories: 8))
        #expect(activity.laps.map(\.trigger) == [.distance, .end])
        #expect(activity.segments.map(\.points.count) == [2, 2])
        let start = try #require(ISO8601.milliseconds("2020-01-01T10:00:00Z"))
        #expect(
            activity.points == [
                Activity.Point(time: start, place: Files.place(1, 2), elevation: 100),
                Activity.Point(time: start + 5000, elevation: 0, heartRate: 100, cadence: 83),
                Activity.Point(time: start + 30_000, place: Files.place(1.1, 2), elevation: 100),
                Activity.Point(time: start + 31_000, heartRate: 100, cadence: 80),
            ])
        #expect(activity.warnings == [.positions(1)])
    }

    @Test("elevations of 0 between others that are far from it are none; those at the sea stay")
    func zeros() throws {
        func elevations(_ texts: String...) throws -> [Double?] {
            let points = texts.enumerated().map { index, text in
                """
                <Trackpoint><Time>2020-01-01T10:00:0\(index)Z</Time><Position><LatitudeDegrees>1</LatitudeDegrees>
                <LongitudeDegrees>2</LongitudeDegrees></Position><AltitudeMeters>\(text)</AltitudeMeters></Trackpoint>
                """
            }
            return try Files.activity(
                """
                <TrainingCenterDatabase><Activities><Activity><Lap><Track>\(points.joined())</Track></Lap></Activity>
                </Activities></TrainingCenterDatabase>
                """
            ).points.map(\.elevation)
        }
        #expect(try elevations("0", "120", "0", "0.0", "121", "0") == [0, 120, nil, nil, 121, 0])
        #expect(try elevations("1", "0", "-1") == [1, 0, -1])
    }

    @Test(
        "what is written is read as the same: milliseconds, pauses, laps, hearts and steps; a pause at a lap's end too")
    func roundTrip() throws {
        var run = Files.run()
        for pauseAtLap in [false, true] {
            if pauseAtLap { run.laps[1].start = 1_732_350_090_000 }
            let read = try Files.activity(TCX.text(run))
            #expect(read.segments.map(\.points.count) == [70, 50])
            for (mine, other) in zip(read.points, run.points) {
                var mine = mine
                mine.distance = nil
                #expect(mine == other)
            }
            #expect(read.laps.map(\.start) == run.laps.map(\.start))
            #expect(read.laps.map(\.trigger) == [.distance, .end])
            #expect(read.totals.moving == 118_000)
            #expect(abs(try #require(read.totals.distance) - run.reckonedDistance) < 0.02)
            #expect(abs(try #require(read.points.last?.distance) - run.reckonedDistance) < 0.01)
            #expect(read.name == run.name)
        }
    }

    @Test("an activity without times is no TCX")
    func noTimes() {
        let activity = Activity(segments: [Activity.Segment([Activity.Point(place: Files.place(1, 2))])])
        #expect(throws: ActivityFileError.noTimes) { try TCX.text(activity) }
        #expect(throws: ActivityFileError.noTimes) { try TCX.text(Activity()) }
    }

    @Test("courses with their marks are read")
    func courses() throws {
        let contents = try Files.read(
            """
            <TrainingCenterDatabase><Courses><Course><Name>Lap</Name><Lap><TotalTimeSeconds>1</TotalTimeSeconds></Lap><Track>
            <Trackpoint><Time>2020-01-01T10:00:00Z</Time><Position><LatitudeDegrees>1</LatitudeDegrees>
            <LongitudeDegrees>2</LongitudeDegrees></Position></Trackpoint></Track>
            <CoursePoint><Name>Top</Name><Position><LatitudeDegrees>1</LatitudeDegrees><LongitudeDegrees>3</LongitudeDegrees>
            </Position></CoursePoint></Course></Courses></TrainingCenterDatabase>
            """)
        #expect(contents.activities.isEmpty)
        #expect(
            contents.courses == [
                Course(
                    name: "Lap", points: [Course.Point(place: Files.place(1, 2))],
                    marks: [Course.Mark(name: "Top", place: Files.place(1, 3))])
            ])
    }
}
