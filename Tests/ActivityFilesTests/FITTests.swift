import Foundation
import Geo
import TestKit
import Testing

@testable import ActivityFiles

@Suite("FIT")
struct FITTests {
    // MARK: - What is written

    @Test("the golden file comes out byte for byte, and is read as what it was made of")
    func golden() throws {
        #expect(Files.goldenFIT.count == 366)
        let bytes = try FIT.bytes(Files.golden, offset: 8 * 3600)
        #expect(bytes == Files.goldenFIT)
        var checksum = FITChecksum()
        checksum.add(bytes)
        #expect(checksum.value == 0)

        let activity = try #require(try ActivityFile.contents(of: Data(bytes)).activities.first)
        #expect(activity.points.count == 3)
        for (read, written) in zip(activity.points, Files.golden.points) {
            #expect(read.time == written.time)
            #expect(read.place == written.place)
            #expect(read.heartRate == written.heartRate)
            #expect(abs(try #require(read.elevation) - (written.elevation ?? 0)) < 1e-9)
            #expect(abs(try #require(read.distance) - (written.distance ?? 0)) < 1e-9)
        }
        #expect(activity.sport == .running)
        #expect(activity.totals == Activity.Totals(distance: 66.6, elapsed: 20_000, moving: 20_000))
        #expect(
            activity.laps == [
                Activity.Lap(start: 1_732_350_000_000, totals: activity.totals, trigger: .end)
            ])
        #expect(activity.warnings.isEmpty)
    }

    @Test("the checksum is CRC-16/ARC")
    func checksum() {
        var checksum = FITChecksum()
        checksum.add("123456789".utf8)
        #expect(checksum.value == 0xbb3d)
    }

    @Test("what is written is read as the same: seconds, pauses, laps, hearts and steps, places within a semicircle")
    func roundTrip() throws {
        let run = Files.run()
        let read = try #require(try ActivityFile.contents(of: Data(FIT.bytes(run))).activities.first)
        #expect(read.segments.map(\.points.count) == [70, 50])
        for (read, written) in zip(read.points, run.points) {
            #expect(read.time == written.time)
            #expect(read.heartRate == written.heartRate)
            #expect(read.cadence == written.cadence)
            let (mine, others) = (try #require(read.place), try #require(written.place))
            #expect(abs(mine.latitude - others.latitude) <= 1.01e-7)
            #expect(abs(mine.longitude - others.longitude) <= 1.01e-7)
            #expect(abs(try #require(read.elevation) - (written.elevation ?? 0)) < 0.11)
        }
        #expect(read.laps.map(\.start) == run.laps.map(\.start))
        #expect(read.laps.map(\.trigger) == [.distance, .end])
        #expect(read.totals.elapsed == 164_000)
        #expect(read.totals.moving == 118_000)
        #expect(read.laps.compactMap(\.totals.moving) == [40_000, 78_000])
        #expect(abs(try #require(read.totals.distance) - run.reckonedDistance) < 0.01)
        #expect(abs(read.laps.compactMap(\.totals.distance).reduce(0, +) - run.reckonedDistance) < 0.02)
        #expect(read.warnings.isEmpty)
    }

    @Test(
        "what FIT has no time for is refused", arguments: [nil, 0, 631_065_599_000, 5_000_000_000_000_000] as [Int64?])
    func badTimes(time: Int64?) {
        let point = Activity.Point(time: time, place: Files.place(1, 2))
        #expect(throws: ActivityFileError.noTimes) { try FIT.bytes(Activity(segments: [Activity.Segment([point])])) }
    }

    @Test("a course is written with its marks and read as the same, at the antimeridian too")
    func course() throws {
        let course = Course(
            name: "Küstenlauf",
            points: [
                Course.Point(place: Files.place(1, 179.9999), elevation: 3.4),
                Course.Point(place: Files.place(1.001, -179.9999)),
            ], marks: [Course.Mark(name: "Wasser", place: Files.place(1, 179.9999))])
        let contents = try ActivityFile.contents(of: Data(FIT.bytes(course)))
        #expect(contents.activities.isEmpty)
        let read = try #require(contents.courses.first)
        #expect(read.name == "Küstenlauf")
        #expect(read.marks.map(\.name) == ["Wasser"])
        #expect(read.points.map(\.place) == course.points.map(\.place))
        #expect(abs(try #require(read.points[0].elevation) - 3.4) < 1e-9)
        #expect(read.points[1].elevation == nil)
    }

    // MARK: - Files of devices

    @Test(
        "files of devices have as many records, positions, laps, seconds and metres as other programs say",
        .enabled(if: Files.samples != nil, "no samples"),
        arguments: [
            Sample("activity-small-fenix2-run.fit", 2809, 2809, 4, 2832.0, 9008.22),
            Sample("garmin-fenix-5-run.fit", 21, 21, 1, 56.887, 157.56),
            Sample("2013-02-06-12-11-14.fit", 590, 583, 5, 2625.14, 4835.38),
            Sample("Activity.fit", 14, 14, 1, 13.749, 5.73),
            Sample("chained-activity-settings.fit", 14, 14, 1, 13.749, 5.73),
            Sample("chained-corrupt-header.fit", 14, 14, 1, 13.749, 5.73, [.truncated]),
            Sample("strava-android-app-201.10-b1218918.fit", 473, 237, 1, 3558, 11_274.04, [.truncated]),
        ])
    func samples(sample: Sample) throws {
        let activities = try Files.fit(Files.sample(sample.name)).activities
        #expect(activities.count == 1)
        let activity = try #require(activities.first)
        #expect(activity.points.count == sample.records)
        #expect(activity.points.count { $0.place != nil } == sample.positions)
        #expect(activity.laps.count == sample.laps)
        #expect(activity.totals.elapsed == Int64((sample.seconds * 1000).rounded()))
        #expect(abs(try #require(activity.totals.distance) - sample.metres) < 0.005)
        #expect(activity.warnings.filter { $0 == .checksum || $0 == .truncated } == sample.warnings)
        let clean = activity.cleaned()
        #expect(zip(clean.points, clean.points.dropFirst()).allSatisfy { ($0.time ?? 0) < ($1.time ?? 0) })
    }

    struct Sample: Sendable, CustomTestStringConvertible {
        let name: String
        let records, positions, laps: Int
        let seconds, metres: Double
        let warnings: [Activity.Warning]

        init(
            _ name: String, _ records: Int, _ positions: Int, _ laps: Int, _ seconds: Double, _ metres: Double,
            _ warnings: [Activity.Warning] = []
        ) {
            self.name = name
            (self.records, self.positions, self.laps) = (records, positions, laps)
            (self.seconds, self.metres, self.warnings) = (seconds, metres, warnings)
        }

        var testDescription: String { name }
    }

    @Test("the first and last point of Garmin's run are where others see them", .enabled(if: Files.samples != nil))
    func ends() throws {
        let activity = try #require(try Files.fit(Files.sample("activity-small-fenix2-run.fit")).activities.first)
        let first = try #require(activity.points.first)
        #expect(first.time == ISO8601.milliseconds("2015-08-15T14:45:08Z"))
        #expect(first.place == Files.place(58.959183, 5.728839) || abs((first.place?.latitude ?? 0) - 58.959183) < 1e-6)
        #expect(abs(try #require(first.place?.longitude) - 5.728839) < 1e-6)
        #expect(first.elevation == 55)
        #expect(first.heartRate == 69)
        let last = try #require(activity.points.last)
        #expect(last.time == ISO8601.milliseconds("2015-08-15T15:32:21Z"))
        #expect(abs(try #require(last.distance) - 9007.07) < 0.005)
        let other = try #require(try Files.fit(Files.sample("garmin-fenix-5-run.fit")).activities.first?.points.first)
        #expect(other.time == ISO8601.milliseconds("2017-06-11T14:34:09Z"))
        #expect(abs(try #require(other.place?.latitude) - 38.229787) < 1e-6)
        #expect(abs(try #require(other.place?.longitude) + 122.633704) < 1e-6)
    }

    @Test("developers' fields are passed over", .enabled(if: Files.samples != nil))
    func developerFields() throws {
        let activity = try #require(try Files.fit(Files.sample("DeveloperData.fit")).activities.first)
        #expect(activity.points.count == 3)
        #expect(activity.points.compactMap(\.heartRate).count == 3)
    }

    // MARK: - Made files

    @Test("compressed times go on from the last full one, around their thirty-two seconds")
    func compressedTimes() throws {
        var file = FITEncoder()
        file.fileID(type: 4, created: 1_101_284_400)
        file.define(0, as: 20, [(253, 0x86), (3, 0x02)])
        file.message(0)
        file.add(1_101_284_400 as UInt32)  // 16 beyond a multiple of 32
        file.add([100])
        file.define(1, as: 20, [(3, 0x02)])
        for (offset, rate) in [(20, 101), (31, 102), (2, 103), (2, 104), (1, 105)] as [(UInt8, UInt8)] {
            file.add([0x80 | 1 << 5 | offset, rate])
        }
        let activity = try #require(try Files.fit(Data(file.finish())).activities.first)
        #expect(activity.points.compactMap(\.heartRate) == [100, 101, 102, 103, 104, 105])
        let first = try #require(activity.points.first?.time)
        #expect(activity.points.compactMap { $0.time.map { ($0 - first) / 1000 } } == [0, 4, 15, 18, 18, 49])
    }

    @Test("big-endian files, arrays, misaligned sizes, empty fields and unknown messages are read")
    func oddDefinitions() throws {
        var file = FITEncoder()
        file.fileID(type: 4, created: 1_101_284_400)
        // An unknown message of 255 fields of 255 bytes, and a record, big-endian.
        file.add([0x41, 0, 0, 0xff, 0xff, 255] + (0..<255).flatMap { [UInt8($0), 255, 0x0d] as [UInt8] })
        file.add([1] + [UInt8](repeating: 0xaa, count: 255 * 255))
        file.add([0x42, 0, 1, 0, 20, 6, 253, 4, 0x86, 0, 4, 0x85, 1, 4, 0x85, 78, 8, 0x86, 5, 3, 0x86, 3, 0, 0x02])
        file.add([2, 0x41, 0xa4, 0x44, 0x30, 0x1c, 0x60, 0x7b, 0xca, 0x52, 0xc7, 0x3f, 0x66])
        file.add([0, 0, 0x0a, 0xa0, 0, 0, 0, 1, 1, 2, 3])
        // A message of no fields at all.
        file.add([0x43, 0, 0, 20, 0, 0, 3])
        let activity = try #require(try Files.fit(Data(file.finish())).activities.first)
        let point = try #require(activity.points.first)
        #expect(
            point
                == Activity.Point(
                    time: 1_732_350_000_000, place: Files.place(39.905, 116.407), elevation: 44))
    }

    @Test("a file that defines ten messages anew before each record is read")
    func manyDefinitions() throws {
        let created: UInt32 = 1_101_284_400
        var file = FITEncoder()
        file.fileID(type: 4, created: created)
        for number in 0..<200 as Range<UInt32> {
            for local in 1...10 as ClosedRange<UInt8> {
                file.define(local, as: 20, [(253, 0x86), (0, 0x85), (1, 0x85)])
            }
            file.message(UInt8(number % 10) + 1)
            file.add(created + number)
            // 10° north, and east by a metre each second.
            file.add(119_304_647 as UInt32)
            file.add(119_304_647 + number * 109)
        }
        let activity = try #require(try Files.fit(Data(file.finish())).activities.first)
        #expect(activity.points.count == 200)
        #expect(activity.points.map(\.time) == (0..<200).map { 1_732_350_000_000 + $0 * 1000 })
    }

    @Test("records and events may be out of order, and summaries first")
    func disorder() throws {
        var file = FITEncoder()
        file.fileID(type: 4, created: 1_101_284_400)
        file.define(4, as: 18, [(253, 0x86), (2, 0x86), (7, 0x86), (8, 0x86), (9, 0x86), (5, 0x00)])
        file.message(4)
        for number in [7, 1_101_284_400, 40_000, 20_000, 12_345] as [UInt32] { file.add(number) }
        file.add([17])
        file.define(1, as: 21, [(253, 0x86), (0, 0x00), (1, 0x00)])
        file.event(1_101_284_430, type: 0)
        file.event(1_101_284_410, type: 4)
        file.event(1_101_284_440, type: 4)
        file.event(1_101_284_400, type: 0)
        file.define(2, as: 20, [(253, 0x86), (3, 0x02)])
        for second in [40, 0, 10, 20, 30] as [UInt32] {
            file.message(2)
            file.add(1_101_284_400 + second)
            file.add([100 + UInt8(second)])
        }
        let activity = try #require(try Files.fit(Data(file.finish())).activities.first)
        #expect(activity.segments.map { $0.points.compactMap(\.heartRate) } == [[100, 110], [130, 140]])
        #expect(activity.warnings == [.paused(1)])
        #expect(activity.totals == Activity.Totals(distance: 123.45, elapsed: 40_000, moving: 20_000))
        #expect(activity.sport == .hiking)
    }

    @Test("each session of several is an activity of the records in its time")
    func multisport() throws {
        var file = FITEncoder()
        file.fileID(type: 4, created: 1_101_284_400)
        file.define(4, as: 18, [(2, 0x86), (7, 0x86), (5, 0x00)])
        for (start, sport) in [(1_101_285_000, 2), (1_101_284_400, 5)] as [(UInt32, UInt8)] {
            file.message(4)
            file.add(start)
            file.add(600_000 as UInt32)
            file.add([sport])
        }
        file.define(2, as: 20, [(253, 0x86), (3, 0x02)])
        for second in [0, 300, 600, 900] as [UInt32] {
            file.message(2)
            file.add(1_101_284_400 + second)
            file.add([UInt8(second / 10 + 60)])
        }
        let activities = try Files.fit(Data(file.finish())).activities
        #expect(activities.map(\.sport) == [.swimming, .cycling])
        #expect(activities.map { $0.points.compactMap(\.heartRate) } == [[60, 90], [120, 150]])
    }

    @Test("files of other kinds are refused with their number, alone and in a chain only if nothing else is there")
    func otherKinds() throws {
        var file = FITEncoder()
        file.fileID(type: 15, created: 1_101_284_400)
        let other = file.finish()
        #expect(throws: ActivityFileError.fitType(15)) { try ActivityFile.contents(of: Data(other)) }
        let chain = other + Files.goldenFIT + other
        #expect(try ActivityFile.contents(of: Data(chain)).activities.map(\.points.count) == [3])
    }

    // MARK: - Damage

    @Test("the golden file cut at any byte is refused, or read as far as it goes with a warning")
    func cut() throws {
        for count in 0..<Files.goldenFIT.count {
            guard let contents = try? ActivityFile.contents(of: Data(Files.goldenFIT.prefix(count))) else { continue }
            let activity = try #require(contents.activities.first)
            #expect(activity.warnings.contains(.truncated), "\(count) bytes")
            #expect(activity.points == Array(try goldenPoints().prefix(activity.points.count)), "\(count) bytes")
        }
        #expect(try ActivityFile.contents(of: Data(Files.goldenFIT.dropLast())).activities[0].points.count == 3)
    }

    @Test("the golden file with any byte turned over is refused or warned of, unless only the header knows")
    func flipped() throws {
        for index in Files.goldenFIT.indices {
            for mask in [0x01, 0x80, 0xff] as [UInt8] {
                var bytes = Files.goldenFIT
                bytes[index] ^= mask
                guard let contents = try? ActivityFile.contents(of: Data(bytes)) else { continue }
                #expect(contents.activities.count <= 3)
                for activity in contents.activities {
                    #expect(!activity.warnings.isEmpty, "byte \(index)")
                    #expect(activity.points.count <= 32)
                }
            }
        }
    }

    @Test("headers that say nothing follows, and a million of them, come to an end")
    func emptyHeaders() throws {
        let empty: [UInt8] = [14, 0x20, 0, 0, 0, 0, 0, 0] + Array(".FIT".utf8) + [0, 0]
        #expect(throws: ActivityFileError.noPoints) { try ActivityFile.contents(of: Data(empty)) }
        let many = [[UInt8]](repeating: empty, count: 200_000).flatMap { $0 }
        #expect(throws: ActivityFileError.self) { try ActivityFile.contents(of: Data(many)) }
        // A byte of data in each: a chain that goes on.
        let small: [UInt8] = [12, 0x20, 0, 0, 1, 0, 0, 0] + Array(".FIT".utf8) + [0x40, 0, 0]
        let chain = Files.goldenFIT + [[UInt8]](repeating: small, count: 200_000).flatMap { $0 }
        #expect(try ActivityFile.contents(of: Data(chain)).activities.count == 1)
        for size in [0, 1, 11, 255] as [UInt8] {
            #expect(throws: ActivityFileError.malformedFIT) {
                try ActivityFile.contents(of: Data([size] + empty.dropFirst()))
            }
        }
    }

    @Test("more points than wanted are refused")
    func tooMany() throws {
        var bounds = FileBounds()
        bounds.points = 2
        #expect(throws: ActivityFileError.tooManyPoints) {
            try ActivityFile.contents(of: Data(Files.goldenFIT), bounds: bounds)
        }
    }

    private func goldenPoints() throws -> [Activity.Point] {
        try ActivityFile.contents(of: Data(Files.goldenFIT)).activities[0].points
    }
}
