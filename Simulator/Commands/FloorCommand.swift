import ArgumentParser

/// `simulator floor`.
struct FloorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floor", abstract: "Measures what a load costs the bare machine.",
        discussion: """
            Starts a process that reads what a server would read and writes as many bytes to as many sockets at the same \
            ticks, and does nothing else, and drives it with the same crowd. What a server costs beyond it is its own.
            """)

    @OptionGroup var crowd: CrowdOptions
    @Option(help: "Bytes of every frame (default: as many as there are rows for the markers of a tick).")
    var frameBytes: Int?

    func run() throws {
        Interruption.watch()
        let settings = crowd.settings()
        try CommandParts.checkDescriptors(for: settings)
        let core = crowd.bindProcessors()
        let line = ProgressLine()
        let figures = try FloorMeasurement.measure(
            settings, tick: crowd.tick ?? CommandParts.usualTick, frameBytes: frameBytes, core: core,
            isInterrupted: { Interruption.hasCome }, onProgress: { line.show($0) })
        line.end()
        print((["", "The floor:"] + figures.lines).joined(separator: "\n"))
    }
}
