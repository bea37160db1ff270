import ArgumentParser
import Dispatch
import Foundation
import Geo
import LWS
import Logging

/// `simulator run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Lets runners run in rooms of a server.",
        discussion: """
            Registers runners, makes rooms, streams markers from invented laps of a park or from GPX files, and at the end \
            compares what frames, events and records say with its own reckoning. Exits with 1 if anything is wrong.
            """)

    @Option(help: "Where the server is.") var url = "http://127.0.0.1:8000"
    @Option(help: "How many rooms.") var rooms = 1
    @Option(help: "How many runners in each room.") var runners = 8
    @Option(help: "How many spectators in each room.") var spectators = 0
    @Option(parsing: .upToNextOption, help: "GPX files to run, by turns, instead of invented laps.") var gpx: [String] =
        []
    @Option(help: "How much faster than life.") var speed = 10.0
    @Option(help: "Seconds for which markers are sent (default: 60, or a GPX track to its end).") var duration: Double?
    @Option(help: "Use this room; it is made if it is not there. Needs --password.") var room: String?
    @Option(help: "The password of --room.") var password: String?
    @Option(help: "The coordinates that clients speak: wgs84 or gcj02.") var crs = "wgs84"
    @Option(help: "Where invented laps are: LATITUDE,LONGITUDE in WGS-84 (default: well-known parks).") var place:
        String?
    @Option(help: "Seconds between cuts of each runner's connection, on the average (default: none).") var drops:
        Double?
    @Option(help: "Decides everything that is random.") var seed: UInt64 = 1
    @Flag(help: "Go on with run after run until interrupted.") var keepRunning = false
    @Flag(help: "Tell of every connection that closes.") var verbose = false

    func validate() throws {
        guard rooms >= 1, runners >= 1, spectators >= 0 else {
            throw ValidationError("There must be at least one room with at least one runner.")
        }
        guard speed >= 1, speed <= 10_000 else { throw ValidationError("--speed must be from 1 to 10000.") }
        if let duration {
            guard duration >= 1, duration * speed <= Double(RunSettings.longestRun) / 1000 else {
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
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let settings = try settings()
        let rest = RESTClient(base: settings.url)
        let progressLine = ProgressLine()
        let preparation = try await Preparation.prepare(settings, client: rest) {
            progressLine.showPreparation($0, of: $1)
        }
        var logger = Logger(label: "simulator", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = verbose ? .debug : .warning

        let simulation: Simulation
        let loop: EventLoop
        do throws(LWSError) {
            loop = try EventLoop(name: "simulator")
            simulation = try Simulation(
                settings: settings, preparation: preparation, rest: rest, loop: loop, logger: logger)
        } catch {
            throw SimulatorError.noLoop("\(error)")
        }
        let interruption = interruption(of: simulation)
        let reporter = Task {
            var line = progressLine
            while !Task.isCancelled {
                line.show(await simulation.progress())
                try await Task.sleep(for: .seconds(1))
            }
        }
        await simulation.run()
        reporter.cancel()
        interruption.cancel()
        // Its error is the cancellation.
        _ = await reporter.result
        progressLine.end()
        let summary = Summary(evidence: await simulation.evidence(), wasInterrupted: await simulation.wasInterrupted)
        print(summary.text)
        if !summary.isPassed { throw ExitCode(1) }
    }

    private func settings() throws(SimulatorError) -> RunSettings {
        guard let address = URL(string: url), let scheme = address.scheme, ["http", "https"].contains(scheme),
            let host = address.host, !host.isEmpty
        else { throw .badURL(url) }
        var settings = RunSettings(url: address)
        settings.rooms = rooms
        settings.runners = runners
        settings.spectators = spectators
        settings.speed = speed
        settings.duration = duration
        settings.keepsRunning = keepRunning
        settings.seed = seed
        settings.dropInterval = drops
        if let system = CoordinateSystem(rawValue: crs) { settings.system = system }
        if let room, let password { settings.room = (room, password) }
        if let place {
            let parts = place.split(separator: ",").compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
            guard parts.count == 2, abs(parts[0]) <= 85, abs(parts[1]) <= 180 else { throw .noPlace(place) }
            settings.places = [(parts[0], parts[1])]
        }
        for file in gpx {
            let data: Data
            do {
                data = try Data(contentsOf: URL(fileURLWithPath: file))
            } catch {
                throw .unreadableGPX(file: file, reason: "there is no such file, or it must not be read")
            }
            settings.recorded.append(try RecordedRun.plan(gpx: data, name: file))
        }
        return settings
    }

    /// Ctrl-C ends the run with its summary; the second one ends the program.
    private func interruption(of simulation: Simulation) -> any DispatchSourceSignal {
        signal(SIGINT, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        source.setEventHandler {
            signal(SIGINT, SIG_DFL)
            Task { await simulation.interrupt() }
        }
        source.activate()
        return source
    }
}
