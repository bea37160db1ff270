import ActivityFiles
import Foundation
import Geo
import Testing

private enum Recordings {
    /// Where the recordings lie; they are nobody's to copy, and not needed to build.
    static let folder: URL? = {
        if let named = ProcessInfo.processInfo.environment["RUNROOM_TRACKS"] { return URL(filePath: named) }
        let checkout = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let nearby = ["../shared/tracks", "../../shared/tracks"].map { checkout.appending(path: $0).standardized }
        return nearby.first { FileManager.default.fileExists(atPath: $0.appending(path: "garmin-4km.gpx").path) }
    }()
}

/// Runs that people recorded, sent through the real server.
@Suite("Recorded runs", .inTurn, .enabled(if: Recordings.folder != nil, "the recordings are not here"))
struct RecordedRunTests {
    struct Recording: Sendable, CustomTestStringConvertible {
        var name: String
        /// What the protocol's rules give, reckoned in another language with Karney's geodesics (geographiclib 2.1):
        /// see the tests of `Rooms`.
        var meters: Double
        var seconds: Double
        var kilometers: [Double]

        var testDescription: String { name }
    }

    @Test(
        "the frame, the event, the record and REST have the same distance, and it is that of the reference",
        arguments: [
            Recording(
                name: "amazfit-9km.gpx", meters: 8747.057, seconds: 2531,
                kilometers: [307.59, 620.39, 902.14, 1197.99, 1485.09, 1761.44, 2027.35, 2318.78]),
            Recording(
                name: "garmin-14km.gpx", meters: 14020.314, seconds: 4989,
                kilometers: [
                    323.92, 600.76, 875.10, 1211.92, 1749.27, 2195.24, 2651.74, 3127.32, 3659.28, 3919.75, 4182.67,
                    4447.18, 4718.66, 4981.83,
                ]),
            Recording(
                name: "garmin-4km.gpx", meters: 4388.130, seconds: 2818,
                kilometers: [520.91, 1122.50, 1972.52, 2552.19]),
        ])
    func replay(_ recording: Recording) async throws {
        let file = try #require(Recordings.folder).appending(path: recording.name)
        let points = try ActivityFile.contents(of: Data(contentsOf: file)).activities.flatMap(\.points)
        let first = try #require(points.first?.time)
        let last = try #require(points.last?.time)
        // As if it had ended a minute ago: a phone that was without a signal all the way.
        let shift = Way.now - 60_000 - last
        let markers = try points.enumerated().map { index, point -> [String: Any] in
            let place = try #require(point.place)
            var marker: [String: Any] = [
                "id": index + 1, "latitude": place.latitude, "longitude": place.longitude,
                "time": try #require(point.time) + shift,
            ]
            marker["altitude"] = point.elevation
            marker["heartRate"] = point.heartRate
            return marker
        }
        let server = try await ServerProcess.shared()
        let room = try await REST.newRoom(port: server.port)
        let (spectator, _) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let runner = try await Runner.enter(room, port: server.port)
        runner.phone.send(["type": "start", "time": first + shift])
        runner.send(markers)
        try await runner.phone.next("ack") { $0.int("marker") == markers.count }
        runner.phone.send(["type": "finish"])
        let finish = try await spectator.event("finished")
        let meters = try #require(finish.double("meters"))
        // The reference has the places rounded to 7 decimals, as they are kept: only the last digit may differ.
        #expect(abs(meters - recording.meters) < 0.06)
        #expect(finish.double("seconds") == recording.seconds)
        // A run that comes at once has its kilometres told ten a second.
        _ = try await spectator.event("split") { $0.int("kilometer") == recording.kilometers.count }
        let splits = spectator.all("event").filter { $0.kind == "split" }
        #expect(splits.compactMap { $0.int("kilometer") } == Array(1...recording.kilometers.count))
        for (split, seconds) in zip(splits, recording.kilometers) {
            #expect(abs(split.double("total")! - seconds) < 0.06)
        }
        let row = try await spectator.row(of: runner.number, "finish") { $0.state == "finished" }
        #expect(row.meters == meters && row.seconds == recording.seconds)
        let record = try #require(try await runner.rest.records().first)
        #expect(record.meters == meters && record.seconds == recording.seconds)
        #expect(record.markerIDs == Array(1...markers.count))
        #expect(record.splits.count == splits.count)
        let shown = try await runner.rest.runner(runner.rest.username, in: room)
        #expect(
            shown["meters"] as? Double == meters && (shown["seconds"] as? NSNumber)?.doubleValue == recording.seconds)
        // A late viewer sees the way, thinned.
        let (_, late) = try await Phone.joined(port: server.port, room: room, ["role": "spectator"])
        let track = try #require((late.json["tracks"] as? [String: [[Double]]])?["\(runner.number)"])
        #expect((100...200).contains(track.count))
        let (from, to) = (try #require(points.first?.place), try #require(points.last?.place))
        #expect(abs(track[0][0] - from.latitude) < 2e-7)
        #expect(abs(track[track.count - 1][1] - to.longitude) < 2e-7)
        #expect(!spectator.all("event").contains { $0.kind == "corrected" })
    }
}
