import Foundation
import Geo
import Testing

@testable import ActivityFiles

/// Files of other programs, which are not ours to hand on, and small ones made here.
enum Files {
    /// Recordings and samples of others: named by an environment variable, or beside the checkouts.
    static func folder(_ name: String, variable: String) -> URL? {
        let checkout = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
        var candidates = ["../shared/\(name)", "../../shared/\(name)"].map { checkout.appending(path: $0) }
        if let path = ProcessInfo.processInfo.environment[variable] { candidates = [URL(filePath: path)] }
        return candidates.map(\.standardizedFileURL).first { FileManager.default.fileExists(atPath: $0.path) }
    }

    static let tracks = folder("tracks", variable: "RUNROOM_TRACKS")
    static let samples = folder("samples", variable: "RUNROOM_SAMPLES")

    /// Where `.ci/formats` wants files for other programs.
    static let formats = ProcessInfo.processInfo.environment["RUNROOM_FORMATS"].map { URL(filePath: $0) }

    static func sample(_ name: String) throws -> Data {
        try Data(contentsOf: #require(samples).appending(path: name))
    }

    static func read(
        _ text: String, bounds: FileBounds = FileBounds()
    ) throws(ActivityFileError) -> ActivityFile.Contents {
        try ActivityFile.contents(of: Data(text.utf8), bounds: bounds)
    }

    /// The one activity of a text.
    static func activity(_ text: String) throws -> Activity {
        let contents = try read(text)
        #expect(contents.activities.count == 1)
        return try #require(contents.activities.first)
    }

    /// FIT as its records are, before cleaning.
    static func fit(_ data: Data) throws -> ActivityFile.Contents {
        try Array(data).withRawBytes { bytes throws(ActivityFileError) in
            try FITReader.read(bytes, bounds: FileBounds())
        }
    }

    static func place(_ latitude: Double, _ longitude: Double) -> Coordinate {
        // Numbers of a test, in range.
        try! Coordinate(latitude: latitude, longitude: longitude)
    }

    /// The run of the golden FIT file: three points in twenty seconds.
    static let golden = Activity(
        segments: [
            Activity.Segment([
                Activity.Point(
                    time: 1_732_350_000_000, place: place(39.9050, 116.4070), elevation: 44.0, distance: 0,
                    heartRate: 120),
                Activity.Point(
                    time: 1_732_350_010_000, place: place(39.9053, 116.4070), elevation: 44.2, distance: 33.3,
                    heartRate: 140),
                Activity.Point(
                    time: 1_732_350_020_000, place: place(39.9056, 116.4070), elevation: 44.4, distance: 66.6),
            ])
        ])

    /// The golden FIT file: written by hand from Garmin's rules, and read alike by Garmin's own kit, fitdecode and
    /// gpsbabel.
    static let goldenFIT: [UInt8] = bytes(
        hexadecimal: """
            0e20e2525e0100002e464954480a40000000000500010001028402028403048c0404860004ff000000010000003044a44141\
            0000150003fd0486000100010100013044a4410000420000140007fd04860004850104854e04860504864904860301020230\
            44a441ca7b601c663fc752a00a0000000000000000000078023a44a441c589601c663fc752a10a0000020d0000020d00008c\
            024444a441c197601c663fc752a20a0000041a0000020d0000ff014444a4410004430000130009fe0284fd04860204860704\
            860804860904860001000101001801000300004444a4413044a441204e0000204e0000041a000009010744000012000dfe02\
            84fd04860204860704860804860904860001000101000501000601001902841a02841c01000400004444a4413044a441204e\
            0000204e0000041a0000080101000000010000450000220007fd0486000486010284020100030100040100050486054444a4\
            41204e00000100001a01c4b4a4417ea2
            """)

    static func bytes(hexadecimal text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// A run of two stretches with a pause, laps, and all that a point can have.
    static func run(seconds: Int = 120, pauseAt: Int = 70, pause: Int = 45) -> Activity {
        var segments = [Activity.Segment(), Activity.Segment()]
        for second in 0..<seconds {
            let isAfter = second >= pauseAt
            let time = 1_732_350_000_000 + Int64(second + (isAfter ? pause : 0)) * 1000
            segments[isAfter ? 1 : 0].points.append(
                Activity.Point(
                    time: time,
                    place: place(39.905 + Double(second) * 2.71e-5, 116.407 - Double(second) * 0.93e-5),
                    elevation: 44 + Double(second % 7) * 0.2, heartRate: second % 9 == 3 ? nil : 120 + second % 40,
                    cadence: 80 + second % 5))
        }
        return Activity(
            name: "Früh & <spät> \"加油\"", sport: .running, segments: segments,
            laps: [
                Activity.Lap(start: 1_732_350_000_000, trigger: .distance),
                Activity.Lap(start: 1_732_350_040_000, trigger: .manual),
            ])
    }
}
