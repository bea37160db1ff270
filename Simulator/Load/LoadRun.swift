/// One load, from the first account to the last record.
struct LoadRun {
    /// What is loaded.
    enum Target {
        /// A server that is started for it.
        ///
        /// - executable: The path of `runroom`.
        /// - flags: More flags for it.
        /// - tls: Whether it speaks TLS.
        case program(executable: String, flags: [String], tls: Bool)
        /// One that is there.
        case url(String, trust: TLSTrust)
    }

    let engine: LoadEngine
    let figures: LoadFigures
    let evidence: Evidence

    /// Starts the server if need be, registers everybody, lets them run, and ends what it started.
    ///
    /// - Parameters:
    ///   - target: What is loaded.
    ///   - settings: By whom.
    ///   - prepared: Accounts and rooms that are there already; nil to make them.
    ///   - tick: Milliseconds for a server that is started; nil for its own.
    ///   - core: The processor that a started server is bound to.
    ///   - restartAt: Seconds after the start of the runs at which a started server is killed and started again.
    ///   - line: Where the progress is told.
    /// - Returns: What there is to say about it.
    /// - Throws: ``SimulatorError``.
    static func perform(
        _ target: Target, _ settings: LoadSettings, prepared: Preparation? = nil, tick: Int?, core: Int?,
        restartAt: Double? = nil, line: ProgressLine
    ) throws(SimulatorError) -> LoadRun {
        var started: StartedServer?
        let address: SocketAddress
        let meter: any ServerMeter
        switch target {
        case .program(let executable, let flags, let tls):
            let process = try StartedServer(
                executable: executable, settings: settings, tick: tick, flags: flags, tls: tls, core: core)
            started = process
            meter = process
            address = process.address
        case .url(let url, let trust):
            address = try CommandParts.address(of: url, trust: trust)
            meter = try MetricsMeter(address: address)
        }
        let lane = try HTTPLane(address: address)
        let preparation: Preparation
        if let prepared {
            preparation = prepared
        } else {
            preparation = try Preparation.prepare(
                settings, lane: lane, isCancelled: { Interruption.hasCome }, progress: line.showPreparation)
        }
        let engine = try LoadEngine(
            settings: settings, preparation: preparation, address: address, lane: lane, meter: meter)
        engine.onProgress = { line.show($0) }
        if let restartAt, let started {
            engine.restart = (restartAt, { () throws(SimulatorError) in try started.restart() })
        }
        engine.run(isInterrupted: { Interruption.hasCome })
        line.end()
        let run = LoadRun(engine: engine, figures: LoadFigures(engine), evidence: engine.evidence())
        // It must not compete with what comes next.
        started?.stop()
        return run
    }
}
