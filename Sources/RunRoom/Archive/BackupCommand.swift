import ArgumentParser
import Foundation

/// `runroom backup`: a copy of everything, from a server that goes on running.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the database and the media into one file, while the server runs.",
        discussion: """
            The file is a tar archive. It appears under its name when it is whole and on the disk; a backup that fails \
            leaves what was there before. The server neither waits nor stops.
            """)

    @OptionGroup var data: DataOptions
    @Option(help: ArgumentHelp("The backup.", valueName: "file")) var to: String

    func run() async throws {
        try await Terminal.run {
            let result = try BackupArchive.write(directory: data.directory, to: to)
            Terminal.say("\(to): the database and \(result.media) media files, \(result.bytes) bytes.")
        }
    }
}

/// `runroom restore`: a data directory from a backup.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a data directory of a backup.",
        discussion: "The directory must be empty or not exist; it appears when everything in it is whole.")

    @Option(help: ArgumentHelp("The backup.", valueName: "file")) var from: String
    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Terminal.run {
            let media = try BackupArchive.restore(from, to: data.directory)
            Terminal.say("\(data.directory): the database and \(media) media files.")
        }
    }
}
