import ArgumentParser

/// `simulator joins`.
struct JoinsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "joins", abstract: "Measures what it costs a server that somebody comes back to a room.",
        discussion: """
            Starts a server with one room in which people have run for a while, cuts them off and lets them come back, \
            again and again, and tells the server's CPU for each of them: from the connection to the last byte of \
            `joined`, with the end of the connection before it.
            """)

    @Option(help: ArgumentHelp("The program to start (runroom).", valueName: "path")) var server: String
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("More flags for it, in one word, with blanks between.", valueName: "flags"))
    var serverFlags: String?
    @Flag(help: "Start it with TLS and a certificate of its own.") var tls = false
    @Option(help: "Runners of the room.") var runners = 50
    @Option(help: "Minutes for which they have run.") var minutes = 60
    @Option(help: "How many come back for each figure.") var joins = 5000
    @Flag(help: "Bind the server to the first processor and the simulator to the last.") var pin = false

    func validate() throws {
        guard (1...1000).contains(runners) else { throw ValidationError("--runners must be from 1 to 1000.") }
        guard (1...600).contains(minutes) else { throw ValidationError("--minutes must be from 1 to 600.") }
        guard joins >= 1 else { throw ValidationError("--joins must be at least 1.") }
    }

    func run() throws {
        Interruption.watch()
        TCP.raiseDescriptorLimit()
        let core = pin ? CommandParts.bindProcessors() : nil
        let measurement = try JoinMeasurement(
            executable: server, flags: CommandParts.words(in: serverFlags), tls: tls, runners: runners,
            minutes: minutes, joins: joins, core: core)
        print("The server's CPU for one who comes back to a room of \(runners) after \(minutes) minutes:")
        try measurement.measure { print($0.line) }
    }
}
