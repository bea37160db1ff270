import ArgumentParser
import Glibc
import Services

/// Where the program begins.
@main
enum Program {
    static func main() async {
        // Whatever this program makes, databases, archives, sockets, is its owner's alone.
        umask(0o077)
        OpenSSLLifetime.extendBeyondExit()
        await RunRoomCommand.main()
    }
}

/// The program `runroom`.
struct RunRoomCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runroom",
        abstract: "The run-room server: people who run together see each other while they run.",
        subcommands: [
            ServeCommand.self, AdminCommand.self, ImportCommand.self, BackupCommand.self, RestoreCommand.self,
            CheckCommand.self,
            ConfigCommand.self,
        ])
}
