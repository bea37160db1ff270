import ArgumentParser

/// The program `runroom`.
@main
struct RunRoomCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runroom",
        abstract: "The run-room server: people who run together see each other while they run.",
        subcommands: [
            ServeCommand.self, AdminCommand.self, BackupCommand.self, RestoreCommand.self, CheckCommand.self,
        ])
}
