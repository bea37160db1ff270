import ArgumentParser

@main
struct SimulatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulator",
        abstract: "Sends fake runners into run rooms and checks what the server makes of them.",
        subcommands: [
            RunCommand.self, LoadCommand.self, CurveCommand.self, JoinsCommand.self, FloorCommand.self,
            FloorServerCommand.self,
        ])
}
