import ArgumentParser
import Foundation

/// `simulator curve`.
struct CurveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "curve", abstract: "Shows what a runner costs a server as there are more of them.",
        discussion: """
            Loads a new server for each of two rows of shapes: more and more runners in rooms of one size, and more and \
            more rooms of another. Along a row each runner makes the same work, so a server that scales shows a flat line. \
            Exits with 1 when a check of a load fails, or the curve rises beyond --max-growth.
            """)

    @Option(help: ArgumentHelp("The program to start (runroom).", valueName: "path")) var server: String
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("More flags for it, in one word, with blanks between.", valueName: "flags"))
    var serverFlags: String?
    @Flag(help: "Start it with TLS and a certificate of its own.") var tls = false
    @Option(help: "How many runners, in rooms of --room-size; 0 for none of these.")
    var runners = CurveSizes([1000, 2000, 5000, 10_000, 15_000])
    @Option(help: "Runners of a room of the first row.") var roomSize = 50
    @Option(help: "How many rooms of --small-room runners; 0 for none of these.")
    var rooms = CurveSizes([1, 10, 100, 1000])
    @Option(help: "Runners of a room of the second row.") var smallRoom = 10
    @Option(help: "Markers a second of each runner.") var rate = 1.0
    @Option(help: "Seconds for which markers are sent in each load.") var duration = 20.0
    @Option(help: "Connections that are begun in a second.") var connectRate = 1000.0
    @Option(help: "Decides everything that is random.") var seed: UInt64 = 1
    @Option(help: "Milliseconds of a tick (default: the server's own, 200).") var tick: Int?
    @Flag(help: "Bind the server to the first processor and the simulator to the last.") var pin = false
    @Option(help: "So many times what it costs at a row's first shape a marker may cost at any other: 1.3.")
    var maxGrowth: Double?
    @Option(help: ArgumentHelp("Write a report as JSON, and as a page beside it.", valueName: "file.json")) var report:
        String?

    func validate() throws {
        guard (1...10_000).contains(roomSize), (1...10_000).contains(smallRoom) else {
            throw ValidationError("A room has from 1 to 10000 runners.")
        }
        guard runners.values.allSatisfy({ $0 % roomSize == 0 }) else {
            throw ValidationError("--runners are in full rooms of --room-size.")
        }
        guard !shapes.isEmpty else { throw ValidationError("There must be a shape.") }
        guard rate > 0, rate <= 1000, duration >= 5, duration <= 3600, connectRate >= 1 else {
            throw ValidationError("--rate is up to 1000, --duration from 5 to 3600, --connect-rate at least 1.")
        }
        if let tick, !(10...60_000).contains(tick) { throw ValidationError("--tick must be from 10 to 60000.") }
        if let maxGrowth, maxGrowth < 1 { throw ValidationError("--max-growth is at least 1.") }
    }

    /// All loads in their order.
    private var shapes: [CostCurve.Shape] {
        runners.values.map { .init(row: .runners, rooms: $0 / roomSize, runners: roomSize) }
            + rooms.values.map { .init(row: .rooms, rooms: $0, runners: smallRoom) }
    }

    func run() throws {
        Interruption.watch()
        var settings = LoadSettings()
        settings.rate = rate
        settings.duration = duration
        settings.connectRate = connectRate
        settings.seed = seed
        let largest = shapes.map { $0.rooms * $0.runners }.max() ?? 0
        (settings.rooms, settings.runners) = (1, largest)
        try CommandParts.checkDescriptors(for: settings)
        let core = pin ? CommandParts.bindProcessors() : nil
        let line = ProgressLine()
        var curve = CostCurve(
            command: CommandLine.arguments.joined(separator: " "), date: Date().formatted(.iso8601))
        print(CostCurve.head)
        for shape in shapes where !Interruption.hasCome {
            (settings.rooms, settings.runners) = (shape.rooms, shape.runners)
            guard let run = try load(settings, core: core, line: line) else { break }
            let point = CostCurve.Point(shape: shape, figures: run.figures, checks: run.evidence.checks())
            curve.points.append(point)
            print(point.line)
        }
        let growth = curve.growthChecks(limit: maxGrowth)
        print(([""] + curve.verdicts + growth.flatMap(Summary.lines)).joined(separator: "\n"))
        if let report { try curve.write(to: report) }
        guard curve.points.allSatisfy({ $0.failures.isEmpty }), growth.allSatisfy(\.isPassed),
            curve.points.count == shapes.count
        else { throw ExitCode(1) }
    }

    /// One load of a new server; nil if it was interrupted: what was measured before is told all the same.
    private func load(_ settings: LoadSettings, core: Int?, line: ProgressLine) throws(SimulatorError) -> LoadRun? {
        do {
            let run = try LoadRun.perform(
                .program(executable: server, flags: CommandParts.words(in: serverFlags), tls: tls), settings,
                tick: tick, core: core, line: line)
            return run.engine.wasInterrupted ? nil : run
        } catch {
            guard error == .interrupted else { throw error }
            return nil
        }
    }
}

/// Numbers with commas between, in ascending order; `0` stands for none.
struct CurveSizes: ExpressibleByArgument, Equatable {
    var values: [Int]

    init(_ values: [Int]) { self.values = values }

    init?(argument: String) {
        if argument == "0" {
            values = []
            return
        }
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        let numbers = parts.compactMap { $0 }
        guard numbers.count == parts.count, numbers.allSatisfy({ (1...100_000).contains($0) }),
            zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        values = numbers
    }

    var defaultValueDescription: String { values.map(String.init).joined(separator: ",") }
}
