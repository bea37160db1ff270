import ActivityFiles
import Foundation
import Geo
import TestKit
import Testing

@testable import Rooms

/// A run that somebody recorded, and what `reference/reckon.py` reckons of it.
///
/// The numbers are that script's output: the protocol's rules written a second time, in another language, with Karney's
/// geodesics of the Python package geographiclib 2.1.
struct RecordedRun: Sendable, CustomTestStringConvertible {
    var name: String
    var markers: Int
    var counted: Int
    /// Metres along the markers that count, of the places as the watch wrote them.
    var written: Double
    /// The same of places rounded to 7 decimals, as they are kept.
    var metres: Double
    var seconds: Double
    /// Seconds since the start at each full kilometre.
    var kilometres: [Double]

    var testDescription: String { name }

    /// Where the recordings lie; they are nobody's to copy, and not needed to build.
    static let folder: URL = {
        if let named = ProcessInfo.processInfo.environment["RUNROOM_TRACKS"] { return URL(filePath: named) }
        let checkout = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let nearby = ["../shared/tracks", "../../shared/tracks"].map { checkout.appending(path: $0).standardized }
        return nearby.first { FileManager.default.fileExists(atPath: $0.path) } ?? nearby[0]
    }()

    static var areThere: Bool {
        all.allSatisfy { FileManager.default.fileExists(atPath: folder.appending(path: $0.name).path) }
    }

    static let all = [
        RecordedRun(
            name: "amazfit-9km.gpx", markers: 1216, counted: 1215, written: 8747.065, metres: 8747.057, seconds: 2531,
            kilometres: [307.59, 620.39, 902.14, 1197.99, 1485.09, 1761.44, 2027.35, 2318.78]),
        RecordedRun(
            name: "garmin-14km.gpx", markers: 4967, counted: 4967, written: 14011.961, metres: 14020.314,
            seconds: 4989,
            kilometres: [
                323.92, 600.76, 875.10, 1211.92, 1749.27, 2195.24, 2651.74, 3127.32, 3659.28, 3919.75, 4182.67,
                4447.18, 4718.66, 4981.83,
            ]),
        RecordedRun(
            name: "garmin-4km.gpx", markers: 502, counted: 502, written: 4388.132, metres: 4388.130, seconds: 2818,
            kilometres: [520.91, 1122.50, 1972.52, 2552.19]),
    ]

    private static let loaded: [String: Result<[IncomingMarker], any Error>] = Dictionary(
        uniqueKeysWithValues: all.map { run in (run.name, Result { try run.read() }) })

    /// The run's markers, read once.
    func load() throws -> [IncomingMarker] { try #require(Self.loaded[name]).get() }

    private func read() throws -> [IncomingMarker] {
        let points = try ActivityFile.contents(of: Data(contentsOf: Self.folder.appending(path: name))).activities
            .flatMap(\.points)
        return try points.enumerated().map { index, point in
            IncomingMarker(
                id: Int32(index + 1),
                coordinate: try #require(point.place),
                time: try #require(point.time), altitude: point.elevation, heartRate: point.heartRate.map { Int32($0) })
        }
    }
}

@Suite("Recorded runs", .enabled(if: RecordedRun.areThere, "the recordings are not here"))
struct RecordedRunTests {
    private func check(_ run: RecordedRun, _ record: FinishedRun) {
        // By the same rules from the same numbers only the last decimal may differ.
        #expect(record.meters.isNear(run.metres, within: 0.06))
        #expect(record.meters.isNear(run.written, within: run.written / 1000))
        #expect(record.seconds == run.seconds)
        #expect(record.markers.count == run.markers)
        #expect(record.splits.count == run.kilometres.count)
        for (split, seconds) in zip(record.splits, run.kilometres) {
            #expect(split.total.isNear(seconds, within: 0.06))
        }
    }

    @Test("marker by marker a room comes to the distance, time and splits of the reference", arguments: RecordedRun.all)
    func live(run: RecordedRun) throws {
        let markers = try run.load()
        var meeting = Meeting()
        meeting.now = markers[0].time
        let ana = try meeting.runner()
        var splits: [Split] = []
        for marker in markers {
            meeting.now = marker.time + 300
            splits += try meeting.send(ana, [marker]).splits
        }
        #expect(meeting.counted(ana).count == run.counted)
        let record = try #require(try meeting.finish(ana).records.first)
        #expect(record.splits == splits)
        check(run, record)
        #expect(meeting.room.brokenInvariants(at: meeting.now, isThorough: true).isEmpty)
    }

    @Test("sent late, in any order and twice, it comes to the same", arguments: RecordedRun.all)
    func late(run: RecordedRun) throws {
        let markers = try run.load()
        var meeting = Meeting()
        meeting.now = try #require(markers.last).time
        let ana = try meeting.join()
        try meeting.start(ana, time: markers[0].time)
        var random = SplitMix(seed: 1)
        var messages = stride(from: 0, to: markers.count, by: 400).map { Array(markers[$0...].prefix(400)) }
        messages.shuffle(using: &random)
        var splits: [Split] = []
        for message in messages + [messages[0]] {
            splits += try meeting.send(ana, message.shuffled(using: &random)).splits
        }
        let record = try #require(try meeting.finish(ana).records.first)
        check(run, record)
        // What was too much at once comes a second later.
        meeting.wait(second)
        splits += meeting.room.advance(to: meeting.now).splits
        #expect(splits.map(\.kilometer) == Array(1...run.kilometres.count), "each was told once")
    }

    @Test("restored from what a journal holds, it is the same run", arguments: RecordedRun.all)
    func restored(run: RecordedRun) throws {
        let markers = try run.load()
        var meeting = Meeting()
        meeting.now = markers[0].time
        let ana = try meeting.runner()
        for message in stride(from: 0, to: markers.count, by: 500).map({ Array(markers[$0...].prefix(500)) }) {
            meeting.now = try #require(message.last).time
            try meeting.send(ana, message)
        }
        let chunk = try #require(meeting.room.takeJournal().chunks.first)
        let stored = TrackCodec.encode(chunk.markers)
        let snapshot = try #require(meeting.room.snapshot(of: ana))
        var restored = Room(
            restoring: "159", epoch: "e1", people: [(try #require(meeting.room.person(ana)), snapshot)], events: [],
            lastEvent: meeting.room.lastEvent)
        restored.restoreMarkers(
            JournalChunk(runner: ana, runKey: chunk.runKey, markers: try TrackCodec.decode(stored)))
        restored.restored(at: meeting.now)
        #expect(restored.row(of: ana, at: meeting.now)?.meters == meeting.meters(ana))
        #expect(restored.runner(ana)?.run.splits == meeting.room.runner(ana)?.run.splits)
        #expect(restored.durableMarker(of: ana) == Int32(run.markers))
    }
}
