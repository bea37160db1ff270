import ArgumentParser
import Foundation
import Geo

/// `simulator run`.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Lets runners run in rooms of a server.",
        discussion: """
            Registers runners, makes rooms, streams markers from invented laps of a park or from recorded runs, and at the end \
            compares what frames, events and records say with its own reckoning. Exits with 1 if anything is wrong.

            With --demo a room looks like life, for people to look at: up to \(Club.people.count) people with names, all \
            on one path, in real time, run after run until interrupted. They stop, lose signal and cheer now and then. \
            Their accounts are called by the room (demo-ana) and open with a password made of the room's, so that the same \
            people come back when it is started again; if such a name belongs to somebody else, it says so and ends. It \
            waits for a server that is started again, but ends with 1 when there has been none for two minutes.
            """)

    @Option(help: "Where the server is, with http, ws, https or wss.") var url = "http://127.0.0.1:8000"
    @OptionGroup var trust: TrustOptions
    @Option(help: "How many rooms.") var rooms = 1
    @Option(help: "How many runners in each room.") var runners = 8
    @Option(help: "How many spectators in each room.") var spectators = 0
    @Option(
        parsing: .upToNextOption,
        help: """
            Files of recorded runs to run, by turns, instead of invented laps: GPX, TCX, FIT, KML, KMZ or GeoJSON, in gzip \
            or zip too.
            """) var gpx: [String] = []
    @Option(help: "How much faster than life (default: 10, and 1 with --demo).") var speed: Double?
    @Option(help: "Seconds for which markers are sent (default: 60, or a recorded run to its end).") var duration:
        Double?
    @Option(help: "Use this room; it is made if it is not there. Needs --password.") var room: String?
    @Option(help: "The password of --room.") var password: String?
    @Option(help: "The coordinates that clients speak: wgs84 or gcj02.") var crs = "wgs84"
    @Option(help: "Where invented laps are: LATITUDE,LONGITUDE in WGS-84 (default: well-known parks).") var place:
        String?
    @Option(help: "Seconds between cuts of each runner's connection, on the average (default: none).") var drops:
        Double?
    @Option(help: "Decides everything that is random.") var seed: UInt64 = 1
    @Flag(help: "Go on with run after run until interrupted.") var keepRunning = false
    @Flag(help: "Make --room look like life, in real time, until interrupted. Needs --room and --password.")
    var demo = false

    func validate() throws {
        guard rooms >= 1, runners >= 1, spectators >= 0 else {
            throw ValidationError("There must be at least one room with at least one runner.")
        }
        let speed = speed ?? 10
        guard speed >= 1, speed <= 10_000 else { throw ValidationError("--speed must be from 1 to 10000.") }
        if let duration {
            guard duration >= 1, duration * speed <= Double(LoadSettings.longestRun) / 1000 else {
                throw ValidationError("--duration must be at least 1 s, and times --speed at most 23 h.")
            }
        }
        if let drops, drops < 1 { throw ValidationError("--drops must be at least 1 s.") }
        guard CoordinateSystem(rawValue: crs) != nil else { throw ValidationError("--crs must be wgs84 or gcj02.") }
        if room != nil {
            guard password != nil else { throw ValidationError("--room needs --password.") }
            guard rooms == 1 else { throw ValidationError("--room is one room; leave --rooms away.") }
        } else if password != nil {
            throw ValidationError("--password is that of --room, which is missing.")
        }
        if demo { try checkDemo() }
    }

    private func checkDemo() throws {
        guard room != nil else { throw ValidationError("--demo needs --room and --password.") }
        guard runners <= Club.people.count else {
            throw ValidationError("--demo has up to \(Club.people.count) runners.")
        }
        guard speed ?? 1 == 1, duration == nil, gpx.isEmpty, drops == nil else {
            throw ValidationError(
                "--demo runs in real time, to no end and in its own way: leave --speed, --duration, --gpx and --drops away."
            )
        }
    }

    func run() throws {
        Interruption.watch()
        let settings = try settings()
        try CommandParts.checkDescriptors(for: settings)
        let address = try CommandParts.address(of: url, trust: trust.trust)
        let lane = try HTTPLane(address: address)
        let line = ProgressLine()
        let preparation = try Preparation.prepare(
            settings, lane: lane, isCancelled: { Interruption.hasCome }, progress: line.showPreparation)
        let engine = try LoadEngine(
            settings: settings, preparation: preparation, address: address, lane: lane, meter: nil)
        engine.onProgress = { line.show($0) }
        engine.run(isInterrupted: { Interruption.hasCome })
        line.end()
        let evidence = engine.evidence()
        let summary = Summary(
            figures: LoadFigures(engine), checks: evidence.checks(), results: evidence.results,
            wasInterrupted: engine.wasInterrupted)
        print(summary.text)
        if let abandonment = engine.abandonment { throw abandonment }
        if !summary.checks.allSatisfy(\.isPassed) { throw ExitCode(1) }
    }

    private func settings() throws(SimulatorError) -> LoadSettings {
        var settings = LoadSettings()
        settings.rooms = rooms
        settings.runners = runners
        settings.spectators = spectators
        settings.speed = speed ?? (demo ? 1 : 10)
        settings.duration = duration
        settings.keepsRunning = keepRunning || demo
        settings.isLively = !demo
        settings.seed = seed
        settings.dropInterval = drops
        if let system = CoordinateSystem(rawValue: crs) { settings.system = system }
        if let room, let password { settings.room = (room, password) }
        if let place {
            let parts = place.split(separator: ",").compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
            guard parts.count == 2, abs(parts[0]) <= 85, abs(parts[1]) <= 180 else { throw .noPlace(place) }
            settings.places = [(parts[0], parts[1])]
        }
        settings.recorded = try CommandParts.plans(gpx: gpx)
        if demo {
            let (latitude, longitude) = settings.places[0]
            settings.club = Club(size: runners, latitude: latitude, longitude: longitude, seed: seed)
        }
        return settings
    }
}
