import Foundation
import Geo

/// What is to be simulated.
struct RunSettings: Sendable {
    /// Where the server is.
    var url: URL
    var rooms = 1
    /// In each room.
    var runners = 8
    /// In each room.
    var spectators = 0
    /// The one room to use, instead of new ones.
    var room: (runID: String, password: String)?
    /// How much faster than life.
    var speed = 1.0
    /// Seconds on the wall for which markers are sent; nil for as long as a recorded track takes.
    var duration: Double?
    /// What the clients speak.
    var system = CoordinateSystem.wgs84
    /// Runs follow each other until somebody stops the program.
    var keepsRunning = false
    /// Decides everything that is random.
    var seed: UInt64 = 1
    /// Tracks to run instead of invented ones.
    var recorded: [RunPlan] = []
    /// Where invented ones are, WGS-84 degrees.
    var places: [(latitude: Double, longitude: Double)] = RunSettings.parks
    /// The share of messages that come late, as after a tunnel.
    var lateShare = 0.003
    /// Mean seconds between cuts of a connection; nil for none but the network's own.
    var dropInterval: Double?

    /// Parks that people run in: Beijing's Olympic Forest, Chaoyang, Hyde Park, Central Park.
    static let parks: [(latitude: Double, longitude: Double)] = [
        (40.0170, 116.3900), (39.9445, 116.4760), (51.5073, -0.1657), (40.7745, -73.9712),
    ]

    /// The longest run that the server believes: `start` reaches at most 24 h back.
    static let longestRun: Int64 = 23 * 3_600_000

    var host: String { url.host ?? "" }
    var port: Int { url.port ?? (isSecure ? 443 : 80) }
    var isSecure: Bool { url.scheme == "https" }

    /// The plan of one runner's run, of which 0 is the first.
    func plan(room: Int, runner: Int, run: Int) throws(CoordinateError) -> RunPlan {
        let stream = UInt64(room) << 40 | UInt64(runner) << 20 | UInt64(run)
        var generator = SeededGenerator(seed: seed, stream: stream)
        if !recorded.isEmpty {
            let plan = recorded[(room * runners + runner + run) % recorded.count]
            let limit = duration.map { Int64($0 * speed * 1000) } ?? Self.longestRun
            return plan.prefix(min(limit, Self.longestRun))
        }
        let place = places[room % places.count]
        var length = (duration ?? 60) * speed
        if keepsRunning { length = .random(in: 240...900, using: &generator) }
        return try SyntheticRun(
            latitude: place.latitude, longitude: place.longitude, length: min(length, Double(Self.longestRun) / 1000),
            hasPause: keepsRunning ? generator.chance(0.5) : runner % 4 == 3
        ).plan(using: &generator)
    }
}
