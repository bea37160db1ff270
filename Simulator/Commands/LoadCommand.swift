import ArgumentParser
import Foundation

/// `simulator load`.
struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Loads a server, measures it, and checks what it says.",
        discussion: """
            Drives a server that is known by its address, or starts one and reads what it uses. Exits with 1 when a check \
            fails or a threshold is missed. Against a server that is already there, start that one with --rate-limits off.
            """)

    @Option(help: "Where the server is, with http, ws, https or wss (default: http://127.0.0.1:8000).") var url: String?
    @OptionGroup var trust: TrustOptions
    @Option(help: ArgumentHelp("Start this program (runroom) instead.", valueName: "path")) var server: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("More flags for it, in one word, with blanks between.", valueName: "flags"))
    var serverFlags: String?
    @Flag(help: "Start it with TLS and a certificate of its own.") var tls = false
    @OptionGroup var crowd: CrowdOptions
    @Option(help: "The share of the people who drop and come back a minute, 0 to 10.") var churn = 0.0
    @Option(help: "steady, race-start, reconnect-storm or tunnel.") var profile = LoadProfile.steady
    @Option(help: "Runners who join rooms of their own, as large as the others, while those run.") var latecomers = 0
    @Option(help: "Seconds after the start at which the first latecomer comes (default: half of the time).")
    var latecomersAt: Double?
    @Option(help: "Seconds in which the latecomers come; each starts to run within as many after the join.")
    var latecomersWithin = 5.0
    @Option(
        help: ArgumentHelp(
            "So many of the screens are awake, at one frame a second; the others take no frames, and phones send as the server asks.",
            valueName: "10%")) var lit: Share?
    @Flag(help: "With --lit: all screens of so many rooms are awake, and nobody looks at the others.")
    var litTogether = false
    @Flag(help: "Have handshakes not say which room is meant.") var noHint = false
    @Option(help: "Seconds that people may take to join before it goes on without them.") var patience = 30.0
    @Option(help: "Seconds by which phones' clocks are wrong, at most.") var clockError = 30.0
    @Option(
        parsing: .upToNextOption,
        help: "Files of recorded runs (GPX, TCX, FIT, KML) to run, by turns, instead of invented laps.") var gpx:
        [String] =
            []
    @Option(help: "Kill the started server with -9 after so many seconds and start it again.") var restartAt: Double?
    @Option(help: ArgumentHelp("Make accounts and rooms, write them to this file, and end.", valueName: "file.json"))
    var prepare: String?
    @Option(help: ArgumentHelp("Use the accounts and rooms of such a file.", valueName: "file.json"))
    var prepared: String?
    @Flag(help: "Measure the floor for the same shape afterwards, and say the ratios.") var floor = false
    @Option(help: "Seconds for which the floor is measured (default: as the load, at most 20).") var floorDuration:
        Double?
    @Option(help: "The most that one marker in a hundred may take to a screen: 250ms.") var maxP99: Threshold?
    @Option(help: "The most that it may take from the first latecomer's coming until all have joined: 10s.")
    var maxJoin: Threshold?
    @Option(help: "The most that one marker in a hundred may take to a screen of the other rooms meanwhile: 500ms.")
    var maxP99Meanwhile: Threshold?
    @Option(help: "The most that a frame may cost the server: 20us or 1.3x-floor.") var maxCpuPerFrame: Threshold?
    @Option(help: ArgumentHelp("Write a report as JSON, and as a page beside it.", valueName: "file.json")) var report:
        String?

    func validate() throws {
        guard url == nil || server == nil else { throw ValidationError("Give --url or --server, not both.") }
        guard restartAt == nil || server != nil else { throw ValidationError("--restart-at needs --server.") }
        guard serverFlags == nil || server != nil else { throw ValidationError("--server-flags needs --server.") }
        guard !tls || server != nil else { throw ValidationError("--tls needs --server; --url says it by https.") }
        guard !trust.isGiven || url != nil else { throw ValidationError("--cacert and --insecure need --url.") }
        guard (prepare == nil && prepared == nil) || server == nil else {
            throw ValidationError("--prepare and --prepared are about a server that stays: they need --url.")
        }
        guard prepare == nil || prepared == nil else {
            throw ValidationError("Give --prepare or --prepared, not both.")
        }
        guard (0...10).contains(churn) else { throw ValidationError("--churn must be from 0 to 10.") }
        guard latecomers >= 0 else { throw ValidationError("There cannot be fewer than no latecomers.") }
        guard (0...3600).contains(clockError) else { throw ValidationError("--clock-error must be from 0 to 3600.") }
        for (name, limit) in [("max-p99", maxP99), ("max-join", maxJoin), ("max-p99-meanwhile", maxP99Meanwhile)] {
            if let limit, limit.needsFloor { throw ValidationError("--\(name) is a time, like 250ms.") }
        }
        guard latecomers > 0 || (maxJoin == nil && maxP99Meanwhile == nil && latecomersAt == nil) else {
            throw ValidationError("Nobody comes late without --latecomers.")
        }
        if latecomers > 0 { try checkLatecomers() }
        guard lit == nil || (!floor && maxCpuPerFrame?.needsFloor != true) else {
            throw ValidationError("The floor knows no screens that sleep: give --lit without it.")
        }
        guard lit != nil || !litTogether else { throw ValidationError("--lit-together says how --lit is meant.") }
        guard serverFlags?.contains("--tick") != true else {
            throw ValidationError("Give --tick itself: the floor must know it too.")
        }
    }

    private func checkLatecomers() throws {
        let settings = settings()
        guard settings.latecomersStart >= settings.warmUp, latecomersWithin > 0,
            settings.latecomersStart + latecomersWithin + 1 <= settings.plannedDuration
        else {
            throw ValidationError(
                String(
                    format:
                        "The latecomers must come %.1f s after the start at the earliest, when the latencies of the "
                        + "others are measured, and have joined before the end.", settings.warmUp))
        }
    }

    /// All but what is in files.
    private func settings() -> LoadSettings {
        var settings = crowd.settings()
        settings.churn = churn
        settings.profile = profile
        settings.latecomers = latecomers
        settings.latecomersAt = latecomersAt
        settings.latecomersWithin = latecomersWithin
        settings.clockError = clockError
        settings.patience = patience
        settings.givesHint = !noHint
        settings.lit = lit?.value
        settings.isLitTogether = litTogether
        return settings
    }

    func run() throws {
        Interruption.watch()
        var settings = settings()
        settings.recorded = try CommandParts.plans(gpx: gpx)
        try CommandParts.checkDescriptors(for: settings)
        let core = crowd.bindProcessors()
        let line = ProgressLine()

        if let prepare {
            let address = try CommandParts.address(of: url ?? "http://127.0.0.1:8000", trust: trust.trust)
            let made = try Preparation.prepare(
                settings, lane: HTTPLane(address: address), isCancelled: { Interruption.hasCome },
                progress: line.showPreparation)
            line.end()
            return try made.write(to: prepare)
        }
        let prepared = try prepared.map { try Preparation.read(from: $0) }
        guard prepared?.isFor(settings) ?? true else {
            throw ValidationError("The prepared file is of other numbers of rooms and runners.")
        }

        let target: LoadRun.Target =
            if let server {
                .program(executable: server, flags: CommandParts.words(in: serverFlags), tls: tls)
            } else {
                .url(url ?? "http://127.0.0.1:8000", trust: trust.trust)
            }
        let run = try LoadRun.perform(
            target, settings, prepared: prepared, tick: crowd.tick, core: core, restartAt: restartAt, line: line)
        let (engine, figures) = (run.engine, run.figures)

        var checks = run.evidence.checks()
        let floorFigures = try measureFloor(settings, figures, core: core, line: line)
        if let maxP99 {
            checks.append(maxP99.check("p99 from marker to screen", value: figures.latency.p99.map { $0 * 1000 }))
        }
        if let maxJoin {
            checks.append(
                maxJoin.check("until all latecomers have joined", value: figures.storm?.seconds.map { $0 * 1e6 }))
        }
        if let maxP99Meanwhile {
            checks.append(
                maxP99Meanwhile.check(
                    "p99 from marker to screen in the live rooms meanwhile",
                    value: figures.storm?.live.p99.map { $0 * 1000 }))
        }
        if let maxCpuPerFrame {
            checks.append(
                maxCpuPerFrame.check(
                    "the server's CPU per frame", value: figures.cost.perFrame, floor: floorFigures?.cost.perFrame))
        }
        let result = LoadReport(
            command: CommandLine.arguments.joined(separator: " "), engine: engine, figures: figures,
            floor: floorFigures, checks: checks)
        print(
            Summary(figures: figures, floor: floorFigures, checks: checks, wasInterrupted: engine.wasInterrupted).text)
        if let report { try result.write(to: report) }
        if !checks.allSatisfy(\.isPassed) { throw ExitCode(1) }
    }

    private func measureFloor(
        _ settings: LoadSettings, _ figures: LoadFigures, core: Int?, line: ProgressLine
    ) throws(SimulatorError) -> LoadFigures? {
        guard floor || maxCpuPerFrame?.needsFloor == true, !Interruption.hasCome else { return nil }
        var shape = settings
        shape.duration = floorDuration ?? min(20, settings.plannedDuration)
        var floor = try FloorMeasurement.measure(
            shape, tick: crowd.tick ?? CommandParts.usualTick, frameBytes: figures.bytesPerFrame.map { Int($0) },
            core: core,
            isInterrupted: { Interruption.hasCome }, onProgress: { line.show($0) })
        line.end()
        if server == nil, crowd.tick == nil {
            floor.notes.append(
                "its tick is \(CommandParts.usualTick) ms, which servers have unless told otherwise; if that one was, say --tick"
            )
        }
        return floor
    }
}

extension LoadProfile: ExpressibleByArgument {}

/// A part of the whole, as `10%` or `0.1`.
struct Share: ExpressibleByArgument {
    /// From 0 to 1.
    let value: Double

    init?(argument: String) {
        let isPercentage = argument.hasSuffix("%")
        guard let number = Double(argument.dropLast(isPercentage ? 1 : 0)) else { return nil }
        value = isPercentage ? number / 100 : number
        guard (0...1).contains(value) else { return nil }
    }
}

extension Threshold: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}
